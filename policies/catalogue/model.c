#include "catalogue/shape.h"

#include <stdlib.h>

/* ---- look-ups ---- */

struct cat_place cat_place_of(const struct cat *c, uint64_t origin)
{
    if (origin == 0 || origin >= c->origin_count)
        return (struct cat_place){ 0 };
    return c->origins[origin];
}

const struct cat_profile *cat_profile(const struct cat *c, struct str code)
{
    for (size_t i = 0; i < c->profile_count; i++)
        if (str_eq(c->profiles[i].code, code))
            return &c->profiles[i];
    return NULL;
}

const struct cat_resource *cat_resource(const struct cat *c, struct str code)
{
    for (size_t i = 0; i < c->resource_count; i++)
        if (str_eq(c->resources[i].code, code))
            return &c->resources[i];
    return NULL;
}

const struct cat_lot *cat_lot(const struct cat *c, struct str code)
{
    for (size_t i = 0; i < c->lot_count; i++)
        if (str_eq(c->lots[i].code, code))
            return &c->lots[i];
    return NULL;
}

/* ---- lists ---- */

enum { SORTED_MAX = 256 };

static int by_bytes(const void *x, const void *y)
{
    const struct str *a = x, *b = y;
    return str_cmp(*a, *b);
}

static int by_action(const void *x, const void *y)
{
    const struct str *a = x, *b = y;
    return cat_cmp_actions(*a, *b);
}

static err_t sorted(struct arena *a, struct str list, char sep,
                    int (*compare)(const void *, const void *), struct str *out)
{
    struct str words[SORTED_MAX], all = STR("");
    size_t count = 0;
    while (count < SORTED_MAX && str_next(&list, sep, &words[count]))
        count++;
    if (list.len > 0)
        return ERR(TOO_LARGE);
    if (count > 1)
        qsort(words, count, sizeof *words, compare);
    for (size_t i = 0; i < count; i++)
        TRY(arena_printf(a, &all, "%.*s%.*s%.*s", STR_ARG(all), i > 0 ? 1 : 0, &sep,
                         STR_ARG(words[i])));
    *out = all;
    return ERR(OK);
}

err_t cat_sorted_actions(struct arena *a, struct str actions, struct str *out)
{
    return sorted(a, actions, '|', by_action, out);
}

err_t cat_sorted_words(struct arena *a, struct str words, char sep, struct str *out)
{
    return sorted(a, words, sep, by_bytes, out);
}

/* ---- into the engine's model ---- */

static err_t add_grants(struct model *m, struct str holder, const struct cat_grants *grants)
{
    for (size_t i = 0; i < grants->count; i++) {
        const struct cat_grant *g = &grants->list[i];
        TRY(model_add_grant(m, &(struct grant_def){ .profile = holder,
                                                    .resource = g->resource,
                                                    .actions = g->actions,
                                                    .scope = g->scope,
                                                    .conditions = g->conditions,
                                                    .note = g->note,
                                                    .origin = g->origin }));
    }
    return ERR(OK);
}

static err_t add_profile(struct model *m, const struct cat_profile *p)
{
    struct str rest = p->lots, lot;
    TRY(model_add_profile(m, &(struct profile_def){ .code = p->code,
                                                    .label = p->label,
                                                    .family = p->family,
                                                    .auth_min = p->auth_min,
                                                    .max_days = (int)p->max_days,
                                                    .origin = p->origin }));
    while (str_next(&rest, '|', &lot))
        TRY(model_add_lot_use(
            m, &(struct lot_use_def){ .profile = p->code, .lot = lot, .origin = p->origin }));
    for (size_t i = 0; i < p->nevers.count; i++)
        TRY(model_add_never(m, &(struct never_def){ .profile = p->code,
                                                    .resource = p->nevers.list[i].resource,
                                                    .actions = p->nevers.list[i].actions,
                                                    .origin = p->nevers.list[i].origin }));
    return add_grants(m, p->code, &p->grants);
}

static err_t add_resource(struct model *m, const struct cat_resource *r)
{
    return model_add_resource(m, &(struct resource_def){ .code = r->code,
                                                         .application = r->application,
                                                         .label = r->label,
                                                         .actions = r->actions,
                                                         .sensitivity = r->sensitivity,
                                                         .no_emergency = r->no_emergency,
                                                         .origin = r->origin });
}

err_t cat_model(const struct cat *c, struct model *m)
{
    for (size_t i = 0; i < c->application_count; i++) {
        const struct cat_application *x = &c->applications[i];
        TRY(model_add_application(
            m,
            &(struct application_def){ .code = x->code, .label = x->label, .origin = x->origin }));
    }
    for (size_t i = 0; i < c->resource_count; i++)
        TRY(add_resource(m, &c->resources[i]));
    for (size_t i = 0; i < c->profile_count; i++)
        TRY(add_profile(m, &c->profiles[i]));
    for (size_t i = 0; i < c->lot_count; i++) {
        const struct cat_lot *x = &c->lots[i];
        TRY(model_add_lot(
            m, &(struct lot_def){ .code = x->code, .label = x->label, .origin = x->origin }));
        TRY(add_grants(m, x->code, &x->grants));
    }
    for (size_t i = 0; i < c->incompatibility_count; i++) {
        const struct cat_incompatibility *x = &c->incompatibilities[i];
        TRY(model_add_incompatibility(
            m, &(struct incompatibility_def){
                   .a = x->a, .b = x->b, .reason = x->reason, .origin = x->origin }));
    }
    return ERR(OK);
}
