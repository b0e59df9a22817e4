#include "people/internal.h"

#include "engine/search.h"

#include <stdlib.h>
#include <string.h>

/* The LIMIT smallest ids of those who may, in a heap with the largest on top. */
struct best {
    const struct person **heap;
    size_t count, limit;
};

static bool is_after(const struct person *a, const struct person *b)
{
    return memcmp(a->id, b->id, ID_LEN) > 0;
}

static void swap(const struct person **a, const struct person **b)
{
    const struct person *c = *a;
    *a = *b;
    *b = c;
}

static void sift_up(struct best *b, size_t i)
{
    for (; i > 0 && is_after(b->heap[i], b->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&b->heap[i], &b->heap[(i - 1) / 2]);
}

static void sift_down(struct best *b, size_t i)
{
    for (;;) {
        size_t largest = i;
        for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < b->count; k++)
            if (is_after(b->heap[k], b->heap[largest]))
                largest = k;
        if (largest == i)
            return;
        swap(&b->heap[i], &b->heap[largest]);
        i = largest;
    }
}

static void offer(struct best *b, const struct person *p)
{
    if (b->count < b->limit) {
        b->heap[b->count] = p;
        sift_up(b, b->count++);
    } else if (is_after(b->heap[0], p)) {
        b->heap[0] = p;
        sift_down(b, 0);
    }
}

static int by_id(const void *a, const void *b)
{
    return memcmp((*(const struct person *const *)a)->id, (*(const struct person *const *)b)->id,
                  ID_LEN);
}

/* ---- one person ---- */

struct searching {
    const struct people_now *now;
    const struct people_search *search;
    const struct engine_sieve *sieve;
    struct engine_held *held; /* room for one person, grown as needed */
    void *subject;
    size_t held_cap, subject_cap;
};

static bool grow(void **memory, size_t *cap, size_t size)
{
    if (size <= *cap)
        return true;
    void *grown = realloc(*memory, 2 * size);
    if (grown == NULL)
        return false;
    *memory = grown;
    *cap = 2 * size;
    return true;
}

static err_t decide(struct searching *s, const struct person *p, bool *may)
{
    char id[UUID_LEN];
    struct engine_subject *subject = NULL;
    struct engine_decision d;
    id_text(p->id, id);
    struct engine_numbered n = {
        str_from(id, UUID_LEN), person_login(p), p->active, s->held, p->count, NULL, 0
    };
    if (!grow(&s->subject, &s->subject_cap, engine_numbered_size(&n)))
        return ERR(NO_MEMORY);
    TRY(engine_numbered_resolve(s->now->view->snapshot, &n, s->subject, s->subject_cap, &subject));
    engine_decide(s->now->view->snapshot, subject, s->search->question, &d);
    *may = d.effect == ENGINE_PERMIT && !(s->search->unconditional && d.obligations != 0);
    return ERR(OK);
}

static err_t look_at(struct searching *s, const struct person *p, bool *may)
{
    void *held = s->held;
    *may = false;
    if (!p->active)
        return ERR(OK);
    if (!grow(&held, &s->held_cap, ((size_t)p->count + 1) * sizeof *s->held))
        return ERR(NO_MEMORY);
    s->held = held;
    bool worth = false;
    for (size_t i = 0; i < p->count; i++) {
        person_held(s->now, p, i, &s->held[i]);
        worth = worth || engine_sieve_lets(s->sieve, &s->held[i]);
    }
    return worth ? decide(s, p, may) : ERR(OK);
}

/* ---- everybody ---- */

static err_t look_at_all(struct searching *s, struct best *best, size_t *total, size_t *left)
{
    const struct table *t = s->now->private->table;
    unsigned char after[ID_LEN] = { 0 };
    bool from_start = !id_parse(s->search->after, after);
    size_t visible = atomic_load_explicit(&t->visible, memory_order_acquire);
    for (size_t i = 0; i < visible; i++) {
        const struct person *p = atomic_load_explicit(&t->cells[i], memory_order_acquire);
        bool may = false;
        if (p == NULL)
            continue;
        TRY(look_at(s, p, &may));
        if (!may)
            continue;
        ++*total;
        if (!from_start && memcmp(p->id, after, ID_LEN) <= 0)
            continue;
        ++*left;
        offer(best, p);
    }
    return ERR(OK);
}

err_t people_who_can(const struct people_now *now, const struct people_search *search,
                     struct arena *a, struct people_page *out)
{
    struct searching s = { .now = now, .search = search };
    struct best best = { .limit = search->limit };
    struct engine_sieve *sieve = NULL;
    size_t total = 0, left = 0;
    *out = (struct people_page){ .list = NULL };
    if (!now->searchable)
        return ERR(CONFLICT);
    err_t e = engine_sieve_new(now->view->snapshot, search->question, a, &sieve);
    if (e.code == ERR_NOT_FOUND)
        return ERR(OK);
    TRY(e);
    s.sieve = sieve;
    best.heap = arena_array(a, best.limit + 1, sizeof *best.heap);
    if (best.heap == NULL)
        return ERR(NO_MEMORY);
    e = look_at_all(&s, &best, &total, &left);
    free(s.held);
    free(s.subject);
    TRY(e);
    if (best.count > 1)
        qsort(best.heap, best.count, sizeof *best.heap, by_id);
    *out = (struct people_page){ best.heap, best.count, total, left > best.count };
    return ERR(OK);
}
