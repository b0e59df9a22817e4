#include "people/internal.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS_MIN = 1024 };

static uint64_t hash_id(const unsigned char id[ID_LEN])
{
    return str_hash(str_from((const char *)id, ID_LEN), 1);
}

err_t table_new(size_t persons, struct table **out)
{
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ERR(NO_MEMORY);
    t->cap = persons + persons / 4 + CELLS_MIN;
    t->mask = 1;
    while (t->mask < 2 * t->cap)
        t->mask = 2 * t->mask + 1;
    t->cells = calloc(t->cap, sizeof *t->cells);
    t->by_id = calloc(t->mask + 1, sizeof *t->by_id);
    t->by_login = calloc(t->mask + 1, sizeof *t->by_login);
    if (t->cells == NULL || t->by_id == NULL || t->by_login == NULL) {
        table_free(t);
        return ERR(NO_MEMORY);
    }
    *out = t;
    return ERR(OK);
}

void table_free(struct table *t)
{
    if (t == NULL)
        return;
    free(t->cells);
    free(t->by_id);
    free(t->by_login);
    free(t);
}

void table_free_all(struct table *t)
{
    for (size_t i = 0; t != NULL && i < t->used; i++)
        free(atomic_load_explicit(&t->cells[i], memory_order_relaxed));
    table_free(t);
}

size_t table_bytes(const struct table *t)
{
    return sizeof *t + t->cap * sizeof *t->cells + 2 * (t->mask + 1) * sizeof *t->by_id +
           t->person_bytes;
}

static struct person *in_cell(const struct table *t, uint32_t cell)
{
    return atomic_load_explicit(&t->cells[cell], memory_order_acquire);
}

struct person *table_by_id(const struct table *t, const unsigned char id[ID_LEN])
{
    for (size_t at = hash_id(id) & t->mask;; at = (at + 1) & t->mask) {
        uint32_t number = atomic_load_explicit(&t->by_id[at], memory_order_acquire);
        if (number == 0)
            return NULL;
        struct person *p = in_cell(t, number - 1);
        if (p != NULL && memcmp(p->id, id, ID_LEN) == 0)
            return p;
    }
}

static bool has_login(const struct person *p, struct str folded)
{
    char own[DIR_LOGIN_MAX];
    size_t len = 0;
    return login_fold(person_login(p), own, &len) && str_eq(str_from(own, len), folded);
}

struct person *table_by_login(const struct table *t, struct str folded)
{
    for (size_t at = str_hash(folded, 2) & t->mask;; at = (at + 1) & t->mask) {
        uint32_t number = atomic_load_explicit(&t->by_login[at], memory_order_acquire);
        if (number == 0)
            return NULL;
        struct person *p = in_cell(t, number - 1);
        if (p != NULL && has_login(p, folded))
            return p;
    }
}

/* Every person put takes at most one slot of each index (a new login takes another): counted as a
 * cell, so that the indexes stay half empty. */
bool table_is_full(const struct table *t) { return t->used >= t->cap; }

static void add_to(_Atomic(uint32_t) *slots, size_t mask, uint64_t hash, uint32_t cell)
{
    size_t at = hash & mask;
    while (atomic_load_explicit(&slots[at], memory_order_relaxed) != 0)
        at = (at + 1) & mask;
    atomic_store_explicit(&slots[at], cell + 1, memory_order_release);
}

static void index_login(struct table *t, const struct person *p)
{
    char folded[DIR_LOGIN_MAX];
    size_t len = 0;
    if (login_fold(person_login(p), folded, &len))
        add_to(t->by_login, t->mask, str_hash(str_from(folded, len), 2), p->cell);
}

static void count(struct table *t, const struct person *p, bool more)
{
    size_t sign = more ? 1 : (size_t)-1; /* modulo arithmetic */
    t->persons += sign;
    t->assignments += sign * p->count;
    t->person_bytes += sign * person_bytes(p);
}

void table_put(struct table *t, struct person *new, struct person **old)
{
    struct person *before = table_by_id(t, new->id);
    char folded[DIR_LOGIN_MAX];
    size_t len = 0;
    count(t, new, true);
    *old = before;
    if (before == NULL) {
        new->cell = (uint32_t)t->used++;
        atomic_store_explicit(&t->cells[new->cell], new, memory_order_release);
        atomic_store_explicit(&t->visible, t->used, memory_order_release);
        add_to(t->by_id, t->mask, hash_id(new->id), new->cell);
        index_login(t, new);
        return;
    }
    count(t, before, false);
    bool renamed =
        !login_fold(person_login(new), folded, &len) || !has_login(before, str_from(folded, len));
    new->cell = before->cell;
    atomic_store_explicit(&t->cells[new->cell], new, memory_order_release);
    if (renamed) {
        index_login(t, new);
        t->used++; /* a cell given up for the slot that was taken */
        atomic_store_explicit(&t->visible, t->used, memory_order_release);
    }
}

struct person *table_remove(struct table *t, const unsigned char id[ID_LEN])
{
    struct person *p = table_by_id(t, id);
    if (p == NULL)
        return NULL;
    count(t, p, false);
    atomic_store_explicit(&t->cells[p->cell], NULL, memory_order_release);
    return p;
}

struct person *table_evict(struct table *t, size_t *hand)
{
    for (size_t looked = 0; looked < 2 * t->used; looked++) {
        size_t at = (*hand)++ % t->used;
        struct person *p = in_cell(t, (uint32_t)at);
        if (p == NULL || atomic_exchange_explicit(&p->used, false, memory_order_relaxed))
            continue;
        count(t, p, false);
        atomic_store_explicit(&t->cells[at], NULL, memory_order_release);
        return p;
    }
    return NULL;
}
