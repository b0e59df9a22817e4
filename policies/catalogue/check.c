#include "catalogue/names.h"

#include "engine/engine.h"

enum { WORDS_MAX = 64 };

struct checker {
    struct arena *arena;
    const struct cat *cat;
    struct cat_problems *problems;
    struct names applications, resources, holders /* profiles and lots */, profiles, lots;
};

#define AT(c, origin)  cat_place_of((c)->cat, origin)
#define SHOWN(c, text) STR_ARG(cat_shown((c)->arena, text))

/* ---- the names ---- */

static err_t collect(struct checker *c)
{
    const struct cat *k = c->cat;
    for (size_t i = 0; i < k->application_count; i++) {
        const struct cat_application *x = &k->applications[i];
        TRY(names_add(&c->applications, (struct name){ x->code, x->label, x->origin, i }));
    }
    for (size_t i = 0; i < k->resource_count; i++) {
        const struct cat_resource *x = &k->resources[i];
        TRY(names_add(&c->resources, (struct name){ x->code, x->label, x->origin, i }));
    }
    for (size_t i = 0; i < k->profile_count; i++) {
        struct name x = { k->profiles[i].code, k->profiles[i].label, k->profiles[i].origin, i };
        TRY(names_add(&c->profiles, x));
        TRY(names_add(&c->holders, x));
    }
    for (size_t i = 0; i < k->lot_count; i++) {
        struct name x = { k->lots[i].code, k->lots[i].label, k->lots[i].origin, i };
        TRY(names_add(&c->lots, x));
        TRY(names_add(&c->holders, x));
    }
    names_sort(&c->applications);
    names_sort(&c->resources);
    names_sort(&c->profiles);
    names_sort(&c->lots);
    names_sort(&c->holders);
    return ERR(OK);
}

static void check_twice(struct checker *c, const struct names *n, const char *what)
{
    for (size_t i = 1; i < n->count; i++) {
        const struct name *before = &n->list[i - 1], *x = &n->list[i];
        if (!str_eq(before->code, x->code))
            continue;
        struct cat_place first = AT(c, before->origin);
        cat_problem_add(c->problems, AT(c, x->origin), "%s %.*s déjà défini : %s, ligne %u", what,
                        SHOWN(c, x->code), first.file == NULL ? "" : first.file, first.line);
    }
}

static err_t unknown(struct checker *c, const struct names *n, const char *what, struct str code,
                     uint64_t origin)
{
    struct str hint;
    if (names_find(n, code) != NULL)
        return ERR(OK);
    TRY(names_suggest(n, code, &hint));
    cat_problem_add(c->problems, AT(c, origin), "%s %.*s%.*s", what, SHOWN(c, code), STR_ARG(hint));
    return ERR(OK);
}

/* ---- rights ---- */

static err_t unknown_action(struct checker *c, const struct cat_resource *r, struct str action,
                            uint64_t origin)
{
    struct str words[WORDS_MAX], rest = r->actions, hint;
    size_t count = 0;
    while (count < WORDS_MAX && str_next(&rest, '|', &words[count]))
        count++;
    TRY(cat_suggestion(c->arena, action, words, NULL, count, &hint));
    cat_problem_add(c->problems, AT(c, origin), "%.*s n'a pas l'action « %.*s »%.*s",
                    SHOWN(c, r->code), SHOWN(c, action), STR_ARG(hint));
    return ERR(OK);
}

/* ACTIONS: "a|b", or "*". */
static err_t check_actions(struct checker *c, struct str resource, struct str actions,
                           uint64_t origin)
{
    struct str action;
    const struct name *found = names_find(&c->resources, resource);
    if (found == NULL)
        return unknown(c, &c->resources, "ressource inconnue :", resource, origin);
    const struct cat_resource *r = &c->cat->resources[found->number];
    if (str_eq(actions, STR("*")))
        return ERR(OK);
    while (str_next(&actions, '|', &action))
        if (!str_in_list(r->actions, '|', action))
            TRY(unknown_action(c, r, action, origin));
    return ERR(OK);
}

/* RIGHT: "RESOURCE:action". */
static err_t check_right(struct checker *c, struct str right, uint64_t origin)
{
    struct str resource;
    if (!str_cut(&right, ':', &resource))
        return unknown(c, &c->resources, "droit mal formé :", right, origin);
    return check_actions(c, resource, right, origin);
}

static bool has_all(struct str list, struct str wanted)
{
    struct str word;
    while (str_next(&wanted, ',', &word))
        if (!str_in_list(list, ',', word))
            return false;
    return true;
}

/* An action that both rows give, with the same scope and conditions. */
static bool repeats(const struct cat_grant *a, const struct cat_grant *b, struct str *action)
{
    struct str rest = b->actions;
    if (!str_eq(a->resource, b->resource) || !str_eq(a->scope, b->scope) ||
        !has_all(a->conditions, b->conditions) || !has_all(b->conditions, a->conditions))
        return false;
    while (str_next(&rest, '|', action))
        if (str_in_list(a->actions, '|', *action))
            return true;
    return false;
}

static err_t check_grants(struct checker *c, const struct cat_grants *grants)
{
    struct str action;
    for (size_t i = 0; i < grants->count; i++) {
        const struct cat_grant *g = &grants->list[i];
        TRY(check_actions(c, g->resource, g->actions, g->origin));
        for (size_t j = 0; j < i; j++)
            if (repeats(&grants->list[j], g, &action)) {
                cat_problem_add(c->problems, AT(c, g->origin),
                                "« %.*s » est déjà donné ligne %u, avec la même portée et les "
                                "mêmes conditions",
                                SHOWN(c, action), AT(c, grants->list[j].origin).line);
                break;
            }
    }
    return ERR(OK);
}

/* ---- definitions ---- */

static err_t check_resources(struct checker *c)
{
    for (size_t i = 0; i < c->cat->resource_count; i++) {
        const struct cat_resource *r = &c->cat->resources[i];
        TRY(check_actions(c, r->code, r->no_emergency, r->origin));
        TRY(unknown(c, &c->applications, "application inconnue :", r->application, r->origin));
    }
    return ERR(OK);
}

static err_t check_profiles(struct checker *c)
{
    for (size_t i = 0; i < c->cat->profile_count; i++) {
        const struct cat_profile *p = &c->cat->profiles[i];
        struct str rest = p->lots, lot;
        TRY(check_grants(c, &p->grants));
        for (size_t j = 0; j < p->nevers.count; j++)
            TRY(check_actions(c, p->nevers.list[j].resource, p->nevers.list[j].actions,
                              p->nevers.list[j].origin));
        while (str_next(&rest, '|', &lot))
            TRY(unknown(c, &c->lots, "lot inconnu :", lot, p->origin));
    }
    for (size_t i = 0; i < c->cat->lot_count; i++)
        TRY(check_grants(c, &c->cat->lots[i].grants));
    return ERR(OK);
}

/* ---- constraints ---- */

static err_t check_incompatibilities(struct checker *c)
{
    const struct cat *k = c->cat;
    for (size_t i = 0; i < k->incompatibility_count; i++) {
        const struct cat_incompatibility *x = &k->incompatibilities[i];
        TRY(unknown(c, &c->profiles, "profil inconnu :", x->a, x->origin));
        TRY(unknown(c, &c->profiles, "profil inconnu :", x->b, x->origin));
        for (size_t j = 0; j < i; j++)
            if (str_eq(k->incompatibilities[j].a, x->a) && str_eq(k->incompatibilities[j].b, x->b))
                cat_problem_add(c->problems, AT(c, x->origin),
                                "cette incompatibilité est déjà écrite ligne %u",
                                AT(c, k->incompatibilities[j].origin).line);
    }
    for (size_t i = 0; i < k->right_pair_count; i++) {
        const struct cat_right_pair *x = &k->right_pairs[i];
        TRY(check_right(c, x->a, x->origin));
        TRY(check_right(c, x->b, x->origin));
        for (size_t j = 0; j < i; j++)
            if (str_eq(k->right_pairs[j].a, x->a) && str_eq(k->right_pairs[j].b, x->b))
                cat_problem_add(c->problems, AT(c, x->origin),
                                "cette incompatibilité est déjà écrite ligne %u",
                                AT(c, k->right_pairs[j].origin).line);
    }
    return ERR(OK);
}

/* The row that gives RIGHT ("RESOURCE:action"), or NULL. */
static const struct cat_grant *giver(const struct cat_grants *grants, struct str right)
{
    struct str resource;
    if (!str_cut(&right, ':', &resource))
        return NULL;
    for (size_t i = 0; i < grants->count; i++)
        if (str_eq(grants->list[i].resource, resource) &&
            str_in_list(grants->list[i].actions, '|', right))
            return &grants->list[i];
    return NULL;
}

/* Its lots count. */
static const struct cat_grant *giver_of(struct checker *c, const struct cat_profile *p,
                                        struct str right)
{
    struct str rest = p->lots, lot;
    const struct cat_grant *found = giver(&p->grants, right);
    while (found == NULL && str_next(&rest, '|', &lot)) {
        const struct name *n = names_find(&c->lots, lot);
        if (n != NULL)
            found = giver(&c->cat->lots[n->number].grants, right);
    }
    return found;
}

static void check_right_pairs(struct checker *c)
{
    for (size_t i = 0; i < c->cat->profile_count; i++) {
        const struct cat_profile *p = &c->cat->profiles[i];
        for (size_t j = 0; j < c->cat->right_pair_count; j++) {
            const struct cat_right_pair *pair = &c->cat->right_pairs[j];
            const struct cat_grant *b = giver_of(c, p, pair->b);
            if (b == NULL || giver_of(c, p, pair->a) == NULL)
                continue;
            cat_problem_add(c->problems, AT(c, b->origin),
                            "le profil %.*s réunirait %.*s et %.*s : %.*s", SHOWN(c, p->code),
                            SHOWN(c, pair->a), SHOWN(c, pair->b), SHOWN(c, pair->reason));
        }
    }
}

/* ---- emergencies ---- */

/* What a lot gives and a resource keeps from every emergency. */
static void check_opened(struct checker *c, const struct cat_lot *lot)
{
    for (size_t i = 0; i < lot->grants.count; i++) {
        const struct cat_grant *g = &lot->grants.list[i];
        const struct name *n = names_find(&c->resources, g->resource);
        struct str rest = g->actions, action;
        while (n != NULL && str_next(&rest, '|', &action)) {
            struct str kept = c->cat->resources[n->number].no_emergency;
            if (str_eq(kept, STR("*")) || str_in_list(kept, '|', action))
                cat_problem_add(c->problems, AT(c, g->origin),
                                "une urgence n'ouvre jamais %.*s:%.*s (hors_urgence)",
                                SHOWN(c, g->resource), SHOWN(c, action));
        }
    }
}

static err_t check_emergencies(struct checker *c)
{
    struct names codes = { .arena = c->arena };
    for (size_t i = 0; i < c->cat->emergency_count; i++) {
        const struct cat_emergency *x = &c->cat->emergencies[i];
        struct str rest = x->told, profile;
        const struct name *lot = names_find(&c->lots, x->lot);
        TRY(names_add(&codes, (struct name){ x->code, x->label, x->origin, i }));
        TRY(unknown(c, &c->applications, "application inconnue :", x->code, x->origin));
        TRY(unknown(c, &c->lots, "lot inconnu :", x->lot, x->origin));
        TRY(check_right(c, x->open_right, x->origin));
        TRY(check_right(c, x->review_right, x->origin));
        while (str_next(&rest, '|', &profile))
            TRY(unknown(c, &c->profiles, "profil inconnu :", profile, x->origin));
        if (lot != NULL)
            check_opened(c, &c->cat->lots[lot->number]);
    }
    names_sort(&codes);
    check_twice(c, &codes, "urgence");
    return ERR(OK);
}

/* ---- what is left to the engine ---- */

static err_t check_compiled(struct checker *c)
{
    struct model *m = NULL;
    struct snapshot *s = NULL;
    struct problem why = { .what = MODEL_NONE };
    TRY(model_new(&m));
    err_t e = cat_model(c->cat, m);
    if (err_ok(e))
        e = engine_compile(m, &s, &why);
    if (e.code == ERR_CONFIG) {
        cat_problem_add(c->problems, AT(c, why.origin), "« %.*s » : %s", SHOWN(c, why.code),
                        model_problem_fr(why.what));
        e = ERR(OK);
    }
    snapshot_unref(s);
    model_free(m);
    return e;
}

err_t cat_check(struct arena *a, const struct cat *cat, struct cat_problems *p)
{
    struct checker c = { .arena = a, .cat = cat, .problems = p };
    size_t before = cat_problems_count(p);
    c.applications.arena = c.resources.arena = c.holders.arena = a;
    c.profiles.arena = c.lots.arena = a;
    TRY(collect(&c));
    check_twice(&c, &c.applications, "application");
    check_twice(&c, &c.resources, "ressource");
    check_twice(&c, &c.holders, "profil ou lot");
    TRY(check_resources(&c));
    TRY(check_profiles(&c));
    TRY(check_incompatibilities(&c));
    check_right_pairs(&c);
    TRY(check_emergencies(&c));
    return cat_problems_count(p) == before ? check_compiled(&c) : ERR(OK);
}
