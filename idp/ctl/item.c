#include "ctl/item.h"

#include <stdlib.h>
#include <string.h>

int item_compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static err_t make_room(struct items *items)
{
    if (items->count < items->cap)
        return ERR(OK);
    size_t cap = items->cap == 0 ? 64 : 2 * items->cap;
    struct item *bigger = arena_array(items->arena, cap, sizeof *bigger);
    if (bigger == NULL)
        return ERR(NO_MEMORY);
    if (items->count > 0)
        memcpy(bigger, items->list, items->count * sizeof *bigger);
    items->list = bigger;
    items->cap = cap;
    return ERR(OK);
}

err_t item_add(struct items *items, const char *object_class, const char *container,
               struct str code, struct str parent, struct item **out)
{
    TRY(make_room(items));
    struct item *it = &items->list[items->count++];
    *it = (struct item){ .object_class = object_class, .container = container, .key = code };
    it->rdns[it->rdn_count++] = (struct dir_rdn){ "habilisCode", code };
    if (parent.len > 0)
        it->rdns[it->rdn_count++] = (struct dir_rdn){ "habilisCode", parent };
    *out = it;
    return item_set(items, it, "habilisCode", code);
}

void item_set_values(struct item *it, const char *attr, struct str *values, size_t count)
{
    if (count > 1)
        qsort(values, count, sizeof *values, item_compare_str);
    it->attrs[it->attr_count++] = (struct dir_attr){ attr, values, count };
}

err_t item_set(struct items *items, struct item *it, const char *attr, struct str value)
{
    struct str *one = arena_alloc(items->arena, sizeof *one);
    if (one == NULL)
        return ERR(NO_MEMORY);
    *one = value;
    item_set_values(it, attr, one, value.len > 0 ? 1 : 0);
    return ERR(OK);
}

err_t item_set_list(struct items *items, struct item *it, const char *attr, struct str list,
                    char sep)
{
    size_t n = 0, most = 1;
    struct str part;
    for (size_t i = 0; i < list.len; i++)
        most += list.ptr[i] == sep;
    struct str *values = arena_array(items->arena, most, sizeof *values);
    if (values == NULL)
        return ERR(NO_MEMORY);
    while (str_next(&list, sep, &part))
        if (part.len > 0)
            values[n++] = part;
    item_set_values(it, attr, values, n);
    return ERR(OK);
}
