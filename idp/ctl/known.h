/* known.h - what the directory holds already, by a key, to compare with. */
#ifndef CTL_KNOWN_H
#define CTL_KNOWN_H

#include "ctl/item.h"
#include "ctl/strmap.h"

struct known_entry {
    struct str dn;
    struct str parent;            /* naming value of the entry above */
    const struct dir_attr *attrs; /* as asked for, values in byte order */
    size_t attr_count;
};

struct known {
    struct arena *arena;
    const char *const *attrs;
    struct known_entry *list;
    size_t count, cap;
};

/* Reads every entry of that class with these attributes (NULL-terminated, kept). */
NODISCARD err_t known_read(struct directory *d, struct arena *a, const char *object_class,
                           const char *const *attrs, struct known *out);

/* Values of an attribute; none when it was not asked for. */
struct dir_attr known_values(const struct known_entry *e, const char *attr);
struct str known_value(const struct known_entry *e, const char *attr); /* the first, or empty */

#endif
