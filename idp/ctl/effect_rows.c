#include "ctl/effect.h"

#include <stdlib.h>

int effect_cmp_right(const struct effect_row *a, const struct effect_row *b)
{
    int order = str_cmp(a->resource, b->resource);
    return order != 0 ? order : str_cmp(a->action, b->action);
}

int effect_cmp_row(const void *x, const void *y)
{
    const struct effect_row *a = x, *b = y;
    int order = effect_cmp_right(a, b);
    if (order == 0)
        order = str_cmp(a->scope, b->scope);
    return order != 0 ? order : str_cmp(a->conditions, b->conditions);
}

static size_t actions_of(const struct cat_grants *grants)
{
    size_t n = 0;
    for (size_t i = 0; i < grants->count; i++) {
        n++;
        for (size_t j = 0; j < grants->list[i].actions.len; j++)
            n += grants->list[i].actions.ptr[j] == '|';
    }
    return n;
}

static err_t add_rows(struct arena *a, const struct cat_grants *grants, struct effect_rows *out)
{
    for (size_t i = 0; i < grants->count; i++) {
        const struct cat_grant *g = &grants->list[i];
        struct effect_row row = { .resource = g->resource, .scope = g->scope };
        struct str rest = g->actions;
        TRY(cat_sorted_words(a, g->conditions, ',', &row.conditions));
        while (str_next(&rest, '|', &row.action))
            out->list[out->count++] = row;
    }
    return ERR(OK);
}

err_t effect_rows_of(struct arena *a, const struct cat *c, const struct cat_profile *p,
                     struct effect_rows *out)
{
    struct effect_rows rows = { .count = 0 };
    struct str rest = p->lots, code;
    size_t room = actions_of(&p->grants) + 1;
    while (str_next(&rest, '|', &code)) {
        const struct cat_lot *lot = cat_lot(c, code);
        room += lot == NULL ? 0 : actions_of(&lot->grants);
    }
    rows.list = arena_array(a, room, sizeof *rows.list);
    if (rows.list == NULL)
        return ERR(NO_MEMORY);
    TRY(add_rows(a, &p->grants, &rows));
    rest = p->lots;
    while (str_next(&rest, '|', &code)) {
        const struct cat_lot *lot = cat_lot(c, code);
        if (lot != NULL)
            TRY(add_rows(a, &lot->grants, &rows));
    }
    if (rows.count > 1)
        qsort(rows.list, rows.count, sizeof *rows.list, effect_cmp_row);
    *out = rows;
    return ERR(OK);
}
