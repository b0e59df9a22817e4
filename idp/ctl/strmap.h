/* strmap.h - texts to numbers, in an arena: the indexes of a load.
 *
 * Keys are borrowed and must live as long as the map. Open addressing, never more than half full.
 */
#ifndef CTL_STRMAP_H
#define CTL_STRMAP_H

#include "base/arena.h"

struct strmap {
    struct arena *arena;
    struct strmap_slot *slots; /* NULL while empty */
    size_t cap, count;
};

void strmap_init(struct strmap *m, struct arena *a);
bool strmap_get(const struct strmap *m, struct str key, size_t *value);
bool strmap_has(const struct strmap *m, struct str key);
/* Replaces what was there. Errors: NO_MEMORY. */
NODISCARD err_t strmap_put(struct strmap *m, struct str key, size_t value);

/* "A<US>B": a key of two parts; the unit separator occurs in no checked value. Errors: NO_MEMORY. */
NODISCARD err_t strmap_pair(struct arena *a, struct str x, struct str y, struct str *out);

#endif
