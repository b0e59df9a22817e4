/* item.h - what the directory should hold of the files: entries, compared later with what it holds.
 *
 * An item lists every attribute that its file decides, those without a value too, so that an emptied
 * cell takes the attribute away; other attributes of the entry are not touched.
 */
#ifndef CTL_ITEM_H
#define CTL_ITEM_H

#include "directory/entries.h"

enum { ITEM_ATTRS_MAX = 24 };

struct item {
    const char *object_class; /* structural, one a kind of item */
    struct str key;           /* unique among items of the class */
    const char *container;    /* "structures" */
    struct dir_rdn rdns[2];
    size_t rdn_count;
    struct dir_attr attrs[ITEM_ATTRS_MAX];
    size_t attr_count;
    bool once; /* made when absent, never modified: the attributes are only a start */
};

struct items {
    struct arena *arena;
    struct item *list;
    size_t count, cap;
};

/* A new item named habilisCode=CODE in ou=CONTAINER, below habilisCode=PARENT unless that is empty;
 * valid until the next item_add(). Errors: NO_MEMORY. */
NODISCARD err_t item_add(struct items *items, const char *object_class, const char *container,
                         struct str code, struct str parent, struct item **out);
/* One value; the empty one is none. */
NODISCARD err_t item_set(struct items *items, struct item *it, const char *attr, struct str value);
/* VALUES are sorted in place, and kept. */
void item_set_values(struct item *it, const char *attr, struct str *values, size_t count);
/* Parts of LIST, which is separated by SEP. */
NODISCARD err_t item_set_list(struct items *items, struct item *it, const char *attr,
                              struct str list, char sep);

int item_compare_str(const void *a, const void *b); /* of struct str, for qsort() */

#endif
