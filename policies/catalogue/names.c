#include "catalogue/names.h"

#include <stdlib.h>

err_t names_add(struct names *n, struct name name)
{
    n->list = cat_grown(n->arena, n->list, n->count, &n->cap, sizeof *n->list);
    if (n->list == NULL)
        return ERR(NO_MEMORY);
    n->list[n->count++] = name;
    return ERR(OK);
}

/* The same code twice: the one written first comes first. */
static int by_code(const void *x, const void *y)
{
    const struct name *a = x, *b = y;
    int order = str_cmp(a->code, b->code);
    if (order != 0)
        return order;
    return a->origin < b->origin ? -1 : a->origin > b->origin;
}

void names_sort(struct names *n)
{
    if (n->count > 1)
        qsort(n->list, n->count, sizeof *n->list, by_code);
}

const struct name *names_find(const struct names *n, struct str code)
{
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(n->list[middle].code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n->count && str_eq(n->list[low].code, code) ? &n->list[low] : NULL;
}

err_t names_suggest(const struct names *n, struct str wrong, struct str *out)
{
    struct str *words = arena_array(n->arena, n->count + 1, sizeof *words);
    struct str *labels = arena_array(n->arena, n->count + 1, sizeof *labels);
    if (words == NULL || labels == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < n->count; i++) {
        words[i] = n->list[i].code;
        labels[i] = n->list[i].label;
    }
    return cat_suggestion(n->arena, wrong, words, labels, n->count, out);
}
