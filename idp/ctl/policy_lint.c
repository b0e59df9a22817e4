/* habilisctl policy lint - rules that are allowed and yet worth a look. */
#include "ctl/policy.h"

#include "base/access.h"
#include "ctl/strmap.h"

#include <stdio.h>
#include <string.h>

struct lint {
    struct arena *arena;
    const struct cat *cat;
    const struct people *people; /* NULL: files alone */
    size_t count;
};

static void say(struct lint *l, uint64_t origin, struct str who, const char *what)
{
    struct cat_place at = cat_place_of(l->cat, origin);
    if (at.file != NULL)
        (void)printf("%s:%u : ", at.file, at.line);
    (void)printf("%.*s : %s\n", STR_ARG(cat_shown(l->arena, who)), what);
    l->count++;
}

/* "HOLDER, RESOURCE" */
static struct str named(struct lint *l, struct str holder, struct str resource)
{
    struct str out;
    return err_ok(arena_printf(l->arena, &out, "%.*s, %.*s", STR_ARG(holder), STR_ARG(resource)))
               ? out
               : holder;
}

/* ---- grants ---- */

/* How far a scope reaches, of those that contain one another; 0: compares with none but itself. */
static int width(struct str scope)
{
    static const char *const order[] = { "unite", "etab", "og", "groupement" };
    if (str_eq(scope, STR("etabs")))
        scope = STR("etab"); /* the same to decide */
    for (size_t i = 0; i < COUNT(order); i++)
        if (str_eq(scope, str_of(order[i])))
            return (int)i + 1;
    return 0;
}

static bool is_subset(struct str small, struct str large, char sep)
{
    struct str one;
    while (str_next(&small, sep, &one))
        if (!str_in_list(large, sep, one))
            return false;
    return true;
}

/* Whatever A permits, B permits too, in the same holder. `file` gives less than `etab`: an obligation. */
static bool is_subsumed(const struct cat_grant *a, const struct cat_grant *b)
{
    bool reaches = str_eq(a->scope, b->scope) ||
                   (width(a->scope) > 0 && width(a->scope) <= width(b->scope)) ||
                   (str_eq(a->scope, STR("file")) && width(b->scope) >= 2);
    return reaches && str_eq(a->resource, b->resource) && is_subset(a->actions, b->actions, '|') &&
           is_subset(b->conditions, a->conditions, ',');
}

static bool has_unknown_condition(struct str conditions)
{
    struct str one;
    while (str_next(&conditions, ',', &one))
        if (access_kind_of(one) == ACCESS_KIND_NEVER || access_kind_of(one) == ACCESS_KIND_FILE)
            return true;
    return false;
}

static void lint_grants(struct lint *l, struct str holder, const struct cat_grants *grants)
{
    for (size_t i = 0; i < grants->count; i++) {
        const struct cat_grant *g = &grants->list[i];
        if (has_unknown_condition(g->conditions))
            say(l, g->origin, named(l, holder, g->resource),
                "condition inconnue : ce droit n'est jamais accordé");
        for (size_t j = 0; j < grants->count; j++) {
            bool twice = is_subsumed(&grants->list[j], g) && j > i; /* each of two alike: once */
            if (j != i && !twice && is_subsumed(g, &grants->list[j])) {
                say(l, g->origin, named(l, holder, g->resource),
                    "droit inutile : une autre ligne du même profil le donne déjà");
                break;
            }
        }
    }
}

/* ---- actions that nobody is given ---- */

static bool gives(const struct cat_grants *grants, struct str resource, struct str action)
{
    for (size_t i = 0; i < grants->count; i++)
        if (str_eq(grants->list[i].resource, resource) &&
            str_in_list(grants->list[i].actions, '|', action))
            return true;
    return false;
}

static bool is_given(const struct cat *c, struct str resource, struct str action)
{
    for (size_t i = 0; i < c->profile_count; i++)
        if (gives(&c->profiles[i].grants, resource, action))
            return true;
    for (size_t i = 0; i < c->lot_count; i++)
        if (gives(&c->lots[i].grants, resource, action))
            return true;
    return false;
}

static void lint_actions(struct lint *l)
{
    for (size_t i = 0; i < l->cat->resource_count; i++) {
        const struct cat_resource *r = &l->cat->resources[i];
        struct str rest = r->actions, action, what;
        while (str_next(&rest, '|', &action))
            if (!is_given(l->cat, r->code, action) &&
                err_ok(
                    arena_printf(l->arena, &what, "%.*s:%.*s", STR_ARG(r->code), STR_ARG(action))))
                say(l, r->origin, what, "aucun profil n'a ce droit");
    }
}

static bool is_used(const struct cat *c, struct str lot)
{
    for (size_t i = 0; i < c->profile_count; i++)
        if (str_in_list(c->profiles[i].lots, '|', lot))
            return true;
    for (size_t i = 0; i < c->emergency_count; i++)
        if (str_eq(c->emergencies[i].lot, lot))
            return true;
    return false;
}

/* ---- what people hold ---- */

struct use {
    bool held, several; /* by somebody; by somebody in two structures or more */
};

static struct use use_of(const struct people *people, struct str profile)
{
    struct use u = { false, false };
    for (size_t i = 0; i < people->count && !u.several; i++) {
        const struct engine_person *p = &people->list[i];
        struct str first = STR("");
        for (size_t j = 0; j < p->assignment_count; j++) {
            const struct engine_assignment *a = &p->assignments[j];
            if (!str_eq(a->profile, profile))
                continue;
            if (u.held && first.len > 0 && !str_eq(first, a->structure))
                u.several = true;
            u.held = true;
            first = a->structure;
        }
    }
    return u;
}

static void lint_use(struct lint *l, const struct cat_profile *p)
{
    struct use u = use_of(l->people, p->code);
    if (!u.held) {
        say(l, p->origin, p->code, "personne ne tient ce profil");
        return;
    }
    for (size_t i = 0; i < p->grants.count && !u.several; i++)
        if (str_eq(p->grants.list[i].scope, STR("etabs"))) {
            say(l, p->grants.list[i].origin, p->code,
                "portée « etabs », alors que chacun ne tient ce profil que dans une structure : "
                "« etab » dirait la même chose");
            return; /* once a profile */
        }
}

/* ---- the command ---- */

static int lint(struct lint *l)
{
    for (size_t i = 0; i < l->cat->profile_count; i++) {
        const struct cat_profile *p = &l->cat->profiles[i];
        lint_grants(l, p->code, &p->grants);
        if (p->grants.count == 0 && p->lots.len == 0)
            say(l, p->origin, p->code, "profil sans aucun droit");
        if (l->people != NULL)
            lint_use(l, p);
    }
    for (size_t i = 0; i < l->cat->lot_count; i++) {
        const struct cat_lot *lot = &l->cat->lots[i];
        lint_grants(l, lot->code, &lot->grants);
        if (!is_used(l->cat, lot->code))
            say(l, lot->origin, lot->code, "lot qu'aucun profil ni aucune urgence n'utilise");
    }
    lint_actions(l);
    if (l->count == 0)
        (void)printf("rien à signaler\n");
    return l->count == 0 ? CTL_DONE : CTL_FAILED;
}

static int lint_files(struct arena *a, const char *dir)
{
    struct cat c;
    struct lint l = { .arena = a, .cat = &c };
    return policy_files(a, dir, &c) ? lint(&l) : CTL_FAILED;
}

static int lint_directory(struct ctl *ctl, struct arena *a)
{
    struct rules now;
    struct people people;
    struct lint l = { .arena = a, .cat = &now.cat, .people = &people };
    if (!policy_directory(ctl, a, &now))
        return CTL_FAILED;
    err_t e = people_read(ctl->directory, a, &people);
    return err_ok(e) ? lint(&l) : ctl_fail("lecture des personnes : %s", ctl_reason(e));
}

static int run(struct ctl *ctl, int argc, char **argv)
{
    struct arena *a = policy_arena();
    if (a == NULL)
        return CTL_FAILED;
    int status = argc > 0 ? lint_files(a, argv[0]) : lint_directory(ctl, a);
    arena_free(a);
    return status;
}

const struct ctl_command ctl_policy_lint = {
    .words = "policy lint",
    .usage = "[DOSSIER]",
    .help = "droits inutiles ou trop larges, profils que personne ne tient ; de l'annuaire, ou du "
            "dossier",
    .least = 0,
    .most = 1,
    .run = run,
};
