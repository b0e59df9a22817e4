#include "people/internal.h"

#include <stdlib.h>

enum {
    NAMES_TEXT_MAX = 64 * 1024 * 1024, /* bytes: a ceiling against runaways */
    SLOTS_FIRST = 1024,
};

err_t names_init(struct names *n)
{
    *n = (struct names){ .mask = SLOTS_FIRST - 1 };
    TRY(arena_new(NAMES_TEXT_MAX, &n->text));
    n->slots = calloc(SLOTS_FIRST, sizeof *n->slots);
    return n->slots == NULL ? ERR(NO_MEMORY) : ERR(OK);
}

void names_done(struct names *n)
{
    arena_free(n->text);
    free(n->list);
    free(n->slots);
}

/* The slot of CODE, or the free one where it would go. */
static size_t slot_of(const struct names *n, const uint32_t *slots, size_t mask, struct str code)
{
    size_t at = str_hash(code, 0) & mask;
    while (slots[at] != 0 && !str_eq(n->list[slots[at] - 1], code))
        at = (at + 1) & mask;
    return at;
}

static err_t grow(struct names *n)
{
    if (n->count == n->cap) {
        size_t cap = n->cap == 0 ? SLOTS_FIRST / 2 : 2 * n->cap;
        struct str *list = realloc(n->list, cap * sizeof *list);
        if (list == NULL)
            return ERR(NO_MEMORY);
        n->list = list;
        n->cap = cap;
    }
    if (2 * (n->count + 1) <= n->mask)
        return ERR(OK);
    size_t mask = 2 * n->mask + 1;
    uint32_t *slots = calloc(mask + 1, sizeof *slots);
    if (slots == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < n->count; i++)
        slots[slot_of(n, slots, mask, n->list[i])] = (uint32_t)i + 1;
    free(n->slots);
    n->slots = slots;
    n->mask = mask;
    return ERR(OK);
}

err_t names_add(struct names *n, struct str code, uint32_t *out)
{
    size_t at = slot_of(n, n->slots, n->mask, code);
    if (n->slots[at] != 0) {
        *out = n->slots[at] - 1;
        return ERR(OK);
    }
    TRY(grow(n));
    TRY(arena_str(n->text, code, &n->list[n->count]));
    at = slot_of(n, n->slots, n->mask, code);
    *out = (uint32_t)n->count++;
    n->slots[at] = *out + 1;
    return ERR(OK);
}

err_t map_new(const struct names *n, const struct snapshot *s, struct map **out)
{
    struct map *m = malloc(sizeof *m + n->count * sizeof m->list[0]);
    if (m == NULL)
        return ERR(NO_MEMORY);
    m->count = n->count;
    for (size_t i = 0; i < n->count; i++)
        m->list[i] = (struct mapped){ n->list[i], engine_profile(s, n->list[i]),
                                      engine_structure(s, n->list[i]) };
    *out = m;
    return ERR(OK);
}
