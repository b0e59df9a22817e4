#include "ctl/effect.h"

#include "base/date.h"

#include <stdlib.h>
#include <string.h>

enum { SETS_MAX = 256, HOUR = 3600 };

/* ---- what circumstances a grant asks for ---- */

enum {
    ASKS_2F = 1,
    ASKS_PSC = 2,
    ASKS_MOTIF = 4,
    ASKS_URGENCE = 8,
    ASKS_PRESENCE = 16,
    ASKS_SUPERVISE = 32,
    ASKS_OTHER = 64, /* an owner who is known and another */
    ASKS_SELF = 128, /* an owner who is herself */
};

/* Night is tried with every set, as is day; dates and obligations need no circumstance. */
static unsigned circumstances(const struct effect_row *row)
{
    static const struct {
        const char *condition;
        unsigned bit;
    } table[] = {
        { "2f", ASKS_2F },
        { "psc", ASKS_PSC },
        { "motif", ASKS_MOTIF },
        { "urgence", ASKS_URGENCE },
        { "presence_physique", ASKS_PRESENCE },
        { "supervise", ASKS_SUPERVISE },
        { "pas_soi_meme", ASKS_OTHER },
    };
    unsigned bits = str_eq(row->scope, STR("soi")) ? ASKS_SELF : 0;
    for (size_t i = 0; i < COUNT(table); i++)
        if (str_in_list(row->conditions, ',', str_of(table[i].condition)))
            bits |= table[i].bit;
    return bits;
}

void effect_day(int64_t days, struct effect_world *w)
{
    int64_t midnight = date_paris_midnight(days);
    w->noon = midnight + 12 * HOUR;
    w->night = midnight + 22 * HOUR;
    /* the clock may have moved in between */
    w->noon += date_paris_offset(midnight) - date_paris_offset(w->noon);
    w->night += date_paris_offset(midnight) - date_paris_offset(w->night);
}

/* ---- profiles that differ ---- */

/* A profile of either side, and what of it differs. */
struct profile {
    struct str code;
    struct effect_rows before, after;
    struct effect_row *touched; /* rights that differ, with the scopes they differ in */
    size_t touched_count;
};

struct finder {
    struct arena *arena;
    const struct effect_world *world;
    const struct engine_person *people;
    struct profile *profiles; /* in byte order of codes */
    size_t profile_count;
    struct effects effects;
    /* of the person being looked at */
    bool *places;
    int place_count;
    struct effect_row *rights;
    size_t right_count, right_cap;
    struct engine_subject *was, *is;
};

static bool has_row(const struct effect_rows *rows, const struct effect_row *row)
{
    return rows->count > 0 &&
           bsearch(row, rows->list, rows->count, sizeof *row, effect_cmp_row) != NULL;
}

static size_t add_missing(struct profile *p, const struct effect_rows *from,
                          const struct effect_rows *in, size_t n)
{
    for (size_t i = 0; i < from->count; i++)
        if (!has_row(in, &from->list[i]))
            p->touched[n++] = from->list[i];
    return n;
}

/* Rights that a `jamais` names, as rows that reach the establishment. */
static err_t never_rows(struct finder *f, const struct cat *c, const struct cat_profile *p,
                        struct effect_rows *out)
{
    size_t room = 1;
    for (size_t i = 0; p != NULL && i < p->nevers.count; i++)
        room += p->nevers.list[i].actions.len + 64;
    out->list = arena_array(f->arena, room, sizeof *out->list);
    if (out->list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; p != NULL && i < p->nevers.count; i++) {
        const struct cat_never *n = &p->nevers.list[i];
        const struct cat_resource *r = cat_resource(c, n->resource);
        struct effect_row row = { .resource = n->resource, .scope = STR("etab") };
        struct str rest = n->actions;
        if (str_eq(rest, STR("*")) && r != NULL)
            rest = r->actions;
        while (out->count < room && str_next(&rest, '|', &row.action))
            out->list[out->count++] = row;
    }
    if (out->count > 1)
        qsort(out->list, out->count, sizeof *out->list, effect_cmp_row);
    return ERR(OK);
}

static err_t compare_profile(struct finder *f, const struct cat_profile *was,
                             const struct cat_profile *is, struct profile *p)
{
    const struct cat *before = f->world->before_rules, *after = f->world->after_rules;
    struct effect_rows never_before = { .count = 0 }, never_after = { .count = 0 };
    if (was != NULL)
        TRY(effect_rows_of(f->arena, before, was, &p->before));
    if (is != NULL)
        TRY(effect_rows_of(f->arena, after, is, &p->after));
    TRY(never_rows(f, before, was, &never_before));
    TRY(never_rows(f, after, is, &never_after));
    size_t room = p->before.count + p->after.count + never_before.count + never_after.count + 1;
    p->touched = arena_array(f->arena, room, sizeof *p->touched);
    if (p->touched == NULL)
        return ERR(NO_MEMORY);
    size_t n = add_missing(p, &p->before, &p->after, 0);
    n = add_missing(p, &p->after, &p->before, n);
    n = add_missing(p, &never_before, &never_after, n);
    p->touched_count = add_missing(p, &never_after, &never_before, n);
    return ERR(OK);
}

static int by_code(const void *x, const void *y)
{
    const struct profile *a = x, *b = y;
    return str_cmp(a->code, b->code);
}

static err_t compare_profiles(struct finder *f)
{
    const struct cat *before = f->world->before_rules, *after = f->world->after_rules;
    f->profiles = arena_array(f->arena, before->profile_count + after->profile_count + 1,
                              sizeof *f->profiles);
    if (f->profiles == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < before->profile_count; i++) {
        const struct cat_profile *p = &before->profiles[i];
        struct profile *out = &f->profiles[f->profile_count++];
        out->code = p->code;
        TRY(compare_profile(f, p, cat_profile(after, p->code), out));
    }
    for (size_t i = 0; i < after->profile_count; i++) {
        const struct cat_profile *p = &after->profiles[i];
        if (cat_profile(before, p->code) != NULL)
            continue;
        struct profile *out = &f->profiles[f->profile_count++];
        out->code = p->code;
        TRY(compare_profile(f, NULL, p, out));
    }
    if (f->profile_count > 1)
        qsort(f->profiles, f->profile_count, sizeof *f->profiles, by_code);
    return ERR(OK);
}

static const struct profile *profile_of(const struct finder *f, struct str code)
{
    struct profile key = { .code = code };
    if (f->profile_count == 0)
        return NULL;
    return bsearch(&key, f->profiles, f->profile_count, sizeof *f->profiles, by_code);
}

/* ---- where a person may be touched, and in what ---- */

static int top_of(const struct snapshot *s, int i, bool og_only)
{
    int at = i;
    for (int above = i; above != ENGINE_NONE;) {
        struct engine_structure x = engine_structure_at(s, above);
        if (og_only && x.kind == STRUCTURE_OG)
            return above;
        at = above;
        above = x.parent;
    }
    return og_only ? i : at;
}

/* The widest place that a scope reaches from structure I. */
static int reach(const struct snapshot *s, struct str scope, int i)
{
    int establishment = engine_establishment_of(s, i);
    if (str_eq(scope, STR("groupement")))
        return top_of(s, i, false);
    if (str_eq(scope, STR("og")))
        return top_of(s, i, true);
    if (str_eq(scope, STR("unite")) || establishment == ENGINE_NONE)
        return i;
    return establishment;
}

static err_t add_right(struct finder *f, const struct effect_row *row)
{
    for (size_t i = 0; i < f->right_count; i++)
        if (effect_cmp_right(&f->rights[i], row) == 0)
            return ERR(OK);
    if (f->right_count == f->right_cap) {
        size_t cap = f->right_cap == 0 ? 64 : 2 * f->right_cap;
        struct effect_row *bigger = arena_array(f->arena, cap, sizeof *bigger);
        if (bigger == NULL)
            return ERR(NO_MEMORY);
        if (f->rights != NULL)
            memcpy(bigger, f->rights, f->right_count * sizeof *bigger);
        f->rights = bigger;
        f->right_cap = cap;
    }
    f->rights[f->right_count++] = *row;
    return ERR(OK);
}

static err_t touch(struct finder *f, const struct engine_assignment *held)
{
    const struct profile *p = profile_of(f, held->profile);
    const struct snapshot *s = f->world->after;
    int at = engine_structure(s, held->structure);
    for (size_t i = 0; p != NULL && at != ENGINE_NONE && i < p->touched_count; i++) {
        TRY(add_right(f, &p->touched[i]));
        if (str_eq(p->touched[i].scope, STR("soi")))
            continue; /* asked without a place */
        int from = reach(s, p->touched[i].scope, at);
        for (int j = from; j <= engine_structure_at(s, from).last; j++)
            f->places[j] = true;
    }
    return ERR(OK);
}

/* ---- the sets of circumstances for one right ---- */

struct sets {
    unsigned list[SETS_MAX]; /* a set is eight bits */
    size_t count;
};

static void add_set(struct sets *s, unsigned set)
{
    if ((set & ASKS_SELF) != 0 && (set & ASKS_OTHER) != 0)
        return; /* nobody is both */
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i] == set)
            return;
    s->list[s->count++] = set;
}

static void add_sets_of(struct sets *s, const struct effect_rows *rows,
                        const struct effect_row *right)
{
    for (size_t i = 0; i < rows->count; i++)
        if (effect_cmp_right(&rows->list[i], right) == 0)
            add_set(s, circumstances(&rows->list[i]));
}

/* Those that some row of hers asks for, and what two of them ask for together: a permit rests on one
 * row before and on one row after. */
static void sets_of(const struct finder *f, const struct engine_person *who,
                    const struct effect_row *right, struct sets *out)
{
    out->count = 0;
    for (size_t i = 0; i < who->assignment_count; i++) {
        const struct profile *p = profile_of(f, who->assignments[i].profile);
        if (p == NULL)
            continue;
        add_sets_of(out, &p->before, right);
        add_sets_of(out, &p->after, right);
    }
    size_t single = out->count;
    for (size_t i = 0; i < single; i++)
        for (size_t j = 0; j < i; j++)
            add_set(out, out->list[i] | out->list[j]);
}

/* ---- one question to both ---- */

static struct engine_question question(const struct engine_person *who,
                                       const struct effect_row *right, unsigned set)
{
    struct engine_question q = {
        .resource = right->resource,
        .action = right->action,
        .motif = (set & ASKS_MOTIF) != 0 ? STR("motif") : STR(""),
        .urgence = (set & ASKS_URGENCE) != 0,
        .presence_physique = (set & ASKS_PRESENCE) != 0,
        .supervise = (set & ASKS_SUPERVISE) != 0,
        .acr = (set & ASKS_2F) != 0 ? ACCESS_EIDAS2 : ACCESS_EIDAS1,
        .psc = (set & ASKS_PSC) != 0,
    };
    if ((set & ASKS_SELF) != 0)
        q.owner = who->id;
    else if ((set & ASKS_OTHER) != 0)
        q.owner = STR("somebody-else");
    q.owner_is_known = q.owner.len > 0;
    return q;
}

/* Which of the three kinds it is, as bits. */
static unsigned compare(const struct finder *f, const struct engine_question *q)
{
    struct engine_decision was, is;
    engine_decide(f->world->before, f->was, q, &was);
    engine_decide(f->world->after, f->is, q, &is);
    bool before = was.effect == ENGINE_PERMIT, after = is.effect == ENGINE_PERMIT;
    if (!before && !after)
        return 0;
    if (before != after)
        return 1U << (after ? EFFECT_GAINS : EFFECT_LOSES);
    /* words that both know have the same bits in both */
    if (was.obligations != is.obligations || was.trace != is.trace)
        return 1U << EFFECT_CHANGES;
    return 0;
}

static err_t add_effect(struct finder *f, struct effect e)
{
    struct effects *x = &f->effects;
    if (x->count == x->cap) {
        size_t cap = x->cap == 0 ? 1024 : 2 * x->cap;
        struct effect *bigger = arena_array(f->arena, cap, sizeof *bigger);
        if (bigger == NULL)
            return ERR(NO_MEMORY);
        if (x->list != NULL)
            memcpy(bigger, x->list, x->count * sizeof *bigger);
        x->list = bigger;
        x->cap = cap;
    }
    x->list[x->count++] = e;
    return ERR(OK);
}

static err_t look_at(struct finder *f, uint32_t person, const struct effect_row *right, int place,
                     const struct sets *sets)
{
    const struct engine_person *who = &f->people[person];
    unsigned kinds = 0;
    for (size_t i = 0; i < sets->count; i++) {
        if (place != ENGINE_NONE && (sets->list[i] & ASKS_SELF) != 0)
            continue;
        struct engine_question q = question(who, right, sets->list[i]);
        if (place != ENGINE_NONE)
            q.structure = engine_structure_at(f->world->after, place).code;
        q.now = f->world->noon;
        kinds |= compare(f, &q);
        q.now = f->world->night;
        kinds |= compare(f, &q);
    }
    for (unsigned kind = EFFECT_GAINS; kind <= EFFECT_CHANGES; kind++)
        if ((kinds & 1U << kind) != 0)
            TRY(add_effect(f, (struct effect){ (enum effect_kind)kind, right->resource,
                                               right->action, place, person }));
    return ERR(OK);
}

/* ---- one person ---- */

static err_t resolve(struct finder *f, const struct engine_person *who)
{
    size_t size = engine_subject_size(who);
    void *was = arena_alloc(f->arena, size), *is = arena_alloc(f->arena, size);
    if (was == NULL || is == NULL)
        return ERR(NO_MEMORY);
    TRY(engine_person_resolve(f->world->before, who, was, size, &f->was));
    return engine_person_resolve(f->world->after, who, is, size, &f->is);
}

static err_t look_at_person(struct finder *f, uint32_t person)
{
    const struct engine_person *who = &f->people[person];
    struct sets sets;
    f->right_count = 0;
    memset(f->places, 0, (size_t)f->place_count * sizeof *f->places);
    for (size_t i = 0; who->active && i < who->assignment_count; i++)
        TRY(touch(f, &who->assignments[i]));
    if (f->right_count == 0)
        return ERR(OK);
    TRY(resolve(f, who));
    for (size_t i = 0; i < f->right_count; i++) {
        sets_of(f, who, &f->rights[i], &sets);
        TRY(look_at(f, person, &f->rights[i], ENGINE_NONE, &sets));
        for (int place = 0; place < f->place_count; place++)
            if (f->places[place])
                TRY(look_at(f, person, &f->rights[i], place, &sets));
    }
    return ERR(OK);
}

static int by_effect(const void *x, const void *y)
{
    const struct effect *a = x, *b = y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = str_cmp(a->resource, b->resource);
    if (order == 0)
        order = str_cmp(a->action, b->action);
    if (order != 0)
        return order;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return a->person < b->person ? -1 : a->person > b->person;
}

err_t effect_find(struct arena *a, const struct effect_world *w, const struct engine_person *people,
                  size_t count, struct effects *out)
{
    struct finder f = { .arena = a, .world = w, .people = people };
    f.place_count = engine_structure_count(w->after);
    f.places = arena_array(a, (size_t)f.place_count + 1, sizeof *f.places);
    if (f.places == NULL)
        return ERR(NO_MEMORY);
    TRY(compare_profiles(&f));
    for (size_t i = 0; i < count; i++)
        TRY(look_at_person(&f, (uint32_t)i));
    if (f.effects.count > 1)
        qsort(f.effects.list, f.effects.count, sizeof *f.effects.list, by_effect);
    *out = f.effects;
    return ERR(OK);
}

/* ---- is somebody left ---- */

/* Where she holds a profile, under every circumstance at once. */
static bool may_somewhere(const struct snapshot *s, const struct engine_subject *subject,
                          const struct engine_person *who, struct engine_question q)
{
    struct engine_decision d = { .effect = ENGINE_UNDECIDED };
    for (size_t i = 0; i < who->assignment_count && d.effect != ENGINE_PERMIT; i++) {
        q.structure = who->assignments[i].structure;
        engine_decide(s, subject, &q, &d);
    }
    return d.effect == ENGINE_PERMIT;
}

err_t effect_somebody_may(struct arena *a, const struct snapshot *s, int64_t now,
                          const struct people *people, const struct effect_row *right, bool *out)
{
    unsigned all = ASKS_2F | ASKS_PSC | ASKS_MOTIF | ASKS_URGENCE | ASKS_PRESENCE | ASKS_SUPERVISE |
                   ASKS_OTHER;
    bool found = false;
    for (size_t i = 0; i < people->count && !found; i++) {
        struct engine_subject *subject;
        struct engine_question q = question(&people->list[i], right, all);
        size_t size = engine_subject_size(&people->list[i]);
        void *memory = arena_alloc(a, size);
        if (memory == NULL)
            return ERR(NO_MEMORY);
        TRY(engine_person_resolve(s, &people->list[i], memory, size, &subject));
        q.now = now;
        found = may_somewhere(s, subject, &people->list[i], q);
    }
    *out = found;
    return ERR(OK);
}
