#include "engine/compile.h"

#include <stdlib.h>

/* ---- jamais: one more bit set for the profiles that have some ---- */

static err_t read_never(struct compiler *c, const struct never_def *d, uint64_t **sets)
{
    int profile = index_find(&c->s->profile_index, d->profile);
    if (profile == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_PROFILE, "never", d->profile, d->origin);
    if (sets[profile] == NULL)
        sets[profile] = compile_array(c, c->s->right_words, sizeof **sets);
    if (sets[profile] == NULL)
        return ERR(NO_MEMORY);
    return compile_rights(c, d->resource, d->actions, "never", d->origin, sets[profile]);
}

static err_t compile_nevers(struct compiler *c)
{
    struct snapshot *s = c->s;
    const struct never_def *defs = c->m->nevers.at;
    size_t count = (size_t)s->bundle_count;
    uint64_t **sets = compile_scratch(c, count, sizeof *sets);
    struct bundle *bundles = compile_array(c, count, sizeof *bundles);
    if (sets == NULL || bundles == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < c->m->nevers.count; i++)
        TRY(read_never(c, &defs[i], sets));
    for (size_t i = 0; i < count; i++) {
        bundles[i] = s->bundles[i];
        bundles[i].never = sets[i];
    }
    s->bundles = bundles;
    return ERR(OK);
}

/* ---- fermetures ---- */

struct closing { /* one right of one closure */
    int right;
    uint32_t closure;
};

static const char in[] = "closure";

/* "RESOURCE:actions", each side may be "*". */
static err_t add_item(struct compiler *c, const struct closure_def *d, struct str item,
                      uint64_t *set)
{
    const struct snapshot *s = c->s;
    struct str actions = item, resource, action;
    if (!str_cut(&actions, ':', &resource) || actions.len == 0)
        return compile_problem(c, MODEL_BAD_RIGHT, in, item, d->origin);
    if (!str_eq(resource, STR("*")))
        return compile_rights(c, resource, actions, in, d->origin, set);
    bool all = str_eq(actions, STR("*"));
    for (int i = 0; all && i < s->right_count; i++)
        bit_put(set, i);
    while (!all && str_next(&actions, '|', &action)) {
        bool found = false;
        for (int i = 0; i < s->right_count; i++)
            if (str_eq(s->right_actions[i], action)) {
                bit_put(set, i);
                found = true;
            }
        if (!found)
            return compile_problem(c, MODEL_UNKNOWN_ACTION, in, action, d->origin);
    }
    return ERR(OK);
}

static err_t read_rights(struct compiler *c, const struct closure_def *d, uint64_t *set)
{
    struct str rest = d->rights, item;
    if (rest.len == 0)
        return compile_problem(c, MODEL_BAD_RIGHT, in, d->code, d->origin);
    while (str_next(&rest, ',', &item))
        TRY(add_item(c, d, item, set));
    return ERR(OK);
}

static size_t count_items(struct str list, char sep)
{
    struct str part;
    size_t n = 0;
    while (str_next(&list, sep, &part))
        n++;
    return n;
}

static err_t find_place(struct compiler *c, const struct closure_def *d, struct str code, int *out)
{
    *out = index_find(&c->s->structure_index, code);
    return *out != ENGINE_NONE ? ERR(OK)
                               : compile_problem(c, MODEL_UNKNOWN_STRUCTURE, in, code, d->origin);
}

static err_t read_closure(struct compiler *c, const struct closure_def *d, struct closure *closure,
                          int32_t *excepts)
{
    struct str rest = d->except, code;
    int at = ENGINE_NONE;
    if (d->from >= d->until)
        return compile_problem(c, MODEL_BAD_PERIOD, in, d->code, d->origin);
    TRY(find_place(c, d, d->structure, &at));
    closure->place = at;
    closure->from = d->from;
    closure->until = d->until;
    for (closure->except_count = 0; str_next(&rest, '|', &code); closure->except_count++) {
        TRY(find_place(c, d, code, &at));
        excepts[closure->except_first + closure->except_count] = at;
    }
    return ERR(OK);
}

static err_t read_closures(struct compiler *c, const struct named *list, uint64_t *sets)
{
    const struct closure_def *defs = c->m->closures.at;
    size_t count = c->m->closures.count, excepts = 0;
    for (size_t i = 0; i < count; i++)
        excepts += count_items(defs[i].except, '|');
    struct closure *closures = compile_array(c, count, sizeof *closures);
    int32_t *except = compile_array(c, excepts, sizeof *except);
    if (closures == NULL || except == NULL)
        return ERR(NO_MEMORY);
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        const struct closure_def *d = &defs[list[i].def];
        closures[i].except_first = next;
        TRY(read_closure(c, d, &closures[i], except));
        TRY(read_rights(c, d, sets + i * c->s->right_words));
        next += closures[i].except_count;
    }
    c->s->closures = closures;
    c->s->closure_count = count;
    c->s->closure_excepts = except;
    return ERR(OK);
}

/* For each right the closures that list it, so that a decision looks at those only. */
static err_t index_closures(struct compiler *c, const uint64_t *sets)
{
    struct snapshot *s = c->s;
    size_t count = c->m->closures.count, total = 0;
    for (size_t w = 0; w < count * s->right_words; w++)
        total += (size_t)__builtin_popcountll(sets[w]);
    uint32_t *first = compile_array(c, (size_t)s->right_count + 1, sizeof *first);
    uint32_t *list = compile_array(c, total, sizeof *list);
    if (first == NULL || list == NULL)
        return ERR(NO_MEMORY);
    uint32_t n = 0;
    for (int right = 0; right < s->right_count; right++) {
        first[right] = n;
        for (size_t i = 0; i < count; i++)
            if (bit_get(sets + i * s->right_words, right))
                list[n++] = (uint32_t)i;
    }
    first[s->right_count] = n;
    s->closures_of_right = first;
    s->right_closures = list;
    return ERR(OK);
}

static err_t compile_closures(struct compiler *c)
{
    const struct closure_def *defs = c->m->closures.at;
    size_t count = c->m->closures.count;
    struct named *list = compile_scratch(c, count, sizeof *list);
    uint64_t *sets = compile_scratch(c, count * c->s->right_words, sizeof *sets);
    if (list == NULL || sets == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct named){ defs[i].code, (uint32_t)i, defs[i].origin };
    TRY(compile_sort(c, list, count, in));
    TRY(read_closures(c, list, sets));
    return index_closures(c, sets);
}

err_t compile_prohibitions(struct compiler *c)
{
    TRY(compile_nevers(c));
    return compile_closures(c);
}

/* ---- separation of duties ---- */

static int by_pair(const void *a, const void *b)
{
    const struct incompatibility *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static err_t read_incompatibility(struct compiler *c, const struct incompatibility_def *d,
                                  struct incompatibility *out)
{
    const char *const what = "incompatibility";
    int a = index_find(&c->s->profile_index, d->a), b = index_find(&c->s->profile_index, d->b);
    if (a == ENGINE_NONE || b == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_PROFILE, what, a == ENGINE_NONE ? d->a : d->b,
                               d->origin);
    if (a == b)
        return compile_problem(c, MODEL_SAME_PROFILE, what, d->a, d->origin);
    out->a = a < b ? a : b;
    out->b = a < b ? b : a;
    return compile_copy(c, d->reason, &out->reason);
}

err_t compile_incompatibilities(struct compiler *c)
{
    const struct incompatibility_def *defs = c->m->incompatibilities.at;
    size_t count = c->m->incompatibilities.count;
    struct incompatibility *list = compile_array(c, count, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        TRY(read_incompatibility(c, &defs[i], &list[i]));
        for (size_t k = 0; k < i; k++)
            if (by_pair(&list[i], &list[k]) == 0)
                return compile_problem(c, MODEL_DUPLICATE, "incompatibility", defs[i].a,
                                       defs[i].origin);
    }
    qsort(list, count, sizeof *list, by_pair);
    c->s->incompatibilities = list;
    c->s->incompatibility_count = count;
    return ERR(OK);
}
