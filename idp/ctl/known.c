#include "ctl/known.h"

#include <string.h>

static err_t make_room(struct known *k)
{
    if (k->count < k->cap)
        return ERR(OK);
    size_t cap = k->cap == 0 ? 64 : 2 * k->cap;
    struct known_entry *bigger = arena_array(k->arena, cap, sizeof *bigger);
    if (bigger == NULL)
        return ERR(NO_MEMORY);
    if (k->count > 0)
        memcpy(bigger, k->list, k->count * sizeof *bigger);
    k->list = bigger;
    k->cap = cap;
    return ERR(OK);
}

static err_t on_found(void *ctx, const struct dir_found *f)
{
    struct known *k = ctx;
    struct known_entry e = { .attr_count = 0 };
    struct dir_attr *attrs;
    size_t n = 0;
    while (k->attrs[n] != NULL)
        n++;
    TRY(make_room(k));
    attrs = arena_array(k->arena, n + 1, sizeof *attrs);
    if (attrs == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        attrs[i].name = k->attrs[i];
        TRY(dir_found_values(f, k->arena, k->attrs[i], &attrs[i].values, &attrs[i].count));
    }
    TRY(dir_found_dn(f, k->arena, &e.dn));
    TRY(dir_found_parent(f, k->arena, &e.parent));
    e.attrs = attrs;
    e.attr_count = n;
    k->list[k->count++] = e;
    return ERR(OK);
}

err_t known_read(struct directory *d, struct arena *a, const char *object_class,
                 const char *const *attrs, struct known *out)
{
    struct known k = { .arena = a, .attrs = attrs };
    TRY(directory_each(d, object_class, attrs, on_found, &k));
    *out = k;
    return ERR(OK);
}

struct dir_attr known_values(const struct known_entry *e, const char *attr)
{
    for (size_t i = 0; i < e->attr_count; i++)
        if (str_eq(str_of(e->attrs[i].name), str_of(attr)))
            return e->attrs[i];
    return (struct dir_attr){ .name = attr };
}

struct str known_value(const struct known_entry *e, const char *attr)
{
    struct dir_attr x = known_values(e, attr);
    return x.count > 0 ? x.values[0] : STR("");
}
