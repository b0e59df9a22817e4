#include "engine/snapshot.h"

static uint32_t tag_of(uint64_t hash) { return (uint32_t)(hash >> 32); }

err_t index_build(struct arena *a, const struct str *keys, size_t count, struct index *out)
{
    uint64_t size = 2;
    while (size < 2 * (uint64_t)count)
        size *= 2;
    struct index x = { .keys = keys, .mask = size - 1 };
    x.slots = arena_array(a, size, sizeof *x.slots);
    if (x.slots == NULL)
        return ERR(NO_MEMORY);
    for (uint64_t i = 0; i < size; i++)
        x.slots[i].number = ENGINE_NONE;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = str_hash(keys[i], 0), at = hash & x.mask;
        while (x.slots[at].number != ENGINE_NONE)
            at = (at + 1) & x.mask;
        x.slots[at] = (struct slot){ tag_of(hash), (int32_t)i };
    }
    *out = x;
    return ERR(OK);
}

int index_find(const struct index *x, struct str key)
{
    uint64_t hash = str_hash(key, 0);
    for (uint64_t at = hash & x->mask;; at = (at + 1) & x->mask) {
        const struct slot *slot = &x->slots[at];
        if (slot->number == ENGINE_NONE)
            return ENGINE_NONE;
        if (slot->tag == tag_of(hash) && str_eq(x->keys[slot->number], key))
            return slot->number;
    }
}
