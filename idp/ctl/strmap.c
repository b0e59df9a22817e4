#include "ctl/strmap.h"

struct strmap_slot {
    struct str key;
    size_t value;
    bool used;
};

enum { FIRST_CAP = 64 };

void strmap_init(struct strmap *m, struct arena *a) { *m = (struct strmap){ .arena = a }; }

/* The slot of KEY, or the free one where it belongs. */
static struct strmap_slot *find(struct strmap_slot *slots, size_t cap, struct str key)
{
    size_t i = (size_t)str_hash(key, 0) & (cap - 1);
    while (slots[i].used && !str_eq(slots[i].key, key))
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

bool strmap_get(const struct strmap *m, struct str key, size_t *value)
{
    if (m->slots == NULL)
        return false;
    const struct strmap_slot *s = find(m->slots, m->cap, key);
    if (s->used)
        *value = s->value;
    return s->used;
}

bool strmap_has(const struct strmap *m, struct str key)
{
    size_t ignored;
    return strmap_get(m, key, &ignored);
}

static err_t grow(struct strmap *m)
{
    size_t cap = m->cap == 0 ? FIRST_CAP : 2 * m->cap;
    struct strmap_slot *slots = arena_array(m->arena, cap, sizeof *slots);
    if (slots == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].used)
            *find(slots, cap, m->slots[i].key) = m->slots[i];
    m->slots = slots;
    m->cap = cap;
    return ERR(OK);
}

err_t strmap_put(struct strmap *m, struct str key, size_t value)
{
    if (2 * (m->count + 1) > m->cap)
        TRY(grow(m));
    struct strmap_slot *s = find(m->slots, m->cap, key);
    if (!s->used)
        m->count++;
    *s = (struct strmap_slot){ .key = key, .value = value, .used = true };
    return ERR(OK);
}

err_t strmap_pair(struct arena *a, struct str x, struct str y, struct str *out)
{
    return arena_printf(a, out, "%.*s\x1f%.*s", STR_ARG(x), STR_ARG(y));
}
