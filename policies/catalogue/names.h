/* names.h - codes that exist, to look up and to suggest. Internal to this folder. */
#ifndef CATALOGUE_NAMES_H
#define CATALOGUE_NAMES_H

#include "catalogue/shape.h"

struct name {
    struct str code, label;
    uint64_t origin;
    size_t number; /* in the list it comes from */
};
struct names {
    struct arena *arena;
    struct name *list; /* in byte order of codes after names_sort() */
    size_t count, cap;
};

NODISCARD err_t names_add(struct names *n, struct name name);
void names_sort(struct names *n);
const struct name *names_find(const struct names *n, struct str code); /* NULL: not there */
/* ", vouliez-vous IDE ?" or nothing. */
NODISCARD err_t names_suggest(const struct names *n, struct str wrong, struct str *out);

#endif
