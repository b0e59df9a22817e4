#include "history/duties.h"

#include "history/uuid.h"

#include <stdlib.h>
#include <string.h>

/* ---- one person ---- */

static bool overlap(const struct dir_assignment *a, const struct dir_assignment *b, int64_t now,
                    int64_t *from, int64_t *until)
{
    *from = a->start > b->start ? a->start : b->start;
    *until = a->end < b->end ? a->end : b->end;
    return *from<*until && * until> now;
}

struct telling {
    const struct snapshot *snapshot;
    int64_t now;
    duties_fn *fn;
    void *ctx;
};

static err_t tell_pair(const struct telling *t, const struct dir_person *p,
                       const struct dir_assignment *a, const struct dir_assignment *b)
{
    struct duties_finding f = { .person = p, .a = a, .b = b };
    if (!overlap(a, b, t->now, &f.from, &f.until) ||
        !engine_is_incompatible(t->snapshot, a->profile, b->profile, &f.reason))
        return ERR(OK);
    if (str_cmp(a->profile, b->profile) > 0) {
        f.a = b;
        f.b = a;
    }
    return t->fn(t->ctx, &f);
}

err_t duties_of_person(const struct snapshot *s, const struct dir_person *p, int64_t now,
                       duties_fn *fn, void *ctx)
{
    const struct telling t = { s, now, fn, ctx };
    for (size_t i = 0; p->active && i < p->assignment_count; i++)
        for (size_t j = i + 1; j < p->assignment_count; j++)
            TRY(tell_pair(&t, p, &p->assignments[i], &p->assignments[j]));
    return ERR(OK);
}

/* ---- everybody: those who may be concerned are found in one reading, then read one by one ---- */

enum { PERSON_ARENA_MAX = 16 * 1024 * 1024 }; /* bytes */

struct held {
    unsigned char person[UUID_BYTES];
    int profile;
    int64_t start, end;
};

struct search {
    struct directory *directory;
    const struct snapshot *snapshot;
    int64_t now;
    const atomic_bool *stop;
    size_t profiles;
    bool *pairs; /* profiles x profiles: incompatible; [i, i]: with some other */
    struct held *held;
    size_t count, cap;
    duties_fn *fn;
    void *ctx;
};

static bool *pair_at(const struct search *x, size_t a, size_t b)
{
    return &x->pairs[a * x->profiles + b];
}

static err_t make_pairs(struct search *x)
{
    struct str reason;
    x->profiles = (size_t)engine_profile_count(x->snapshot);
    x->pairs = calloc(x->profiles * x->profiles + 1, sizeof *x->pairs);
    if (x->pairs == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < x->profiles; i++)
        for (size_t j = 0; j < i; j++) {
            struct str a = engine_profile_at(x->snapshot, (int)i).code;
            struct str b = engine_profile_at(x->snapshot, (int)j).code;
            if (!engine_is_incompatible(x->snapshot, a, b, &reason))
                continue;
            *pair_at(x, i, j) = *pair_at(x, j, i) = true;
            *pair_at(x, i, i) = *pair_at(x, j, j) = true;
        }
    return ERR(OK);
}

static err_t on_person(void *ctx, const struct dir_person *p)
{
    (void)ctx;
    (void)p;
    return ERR(OK);
}

static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *a)
{
    struct search *x = ctx;
    struct held held = { .profile = engine_profile(x->snapshot, a->profile),
                         .start = a->start,
                         .end = a->end };
    void *list = x->held;
    if (held.profile == ENGINE_NONE || a->end <= x->now || !uuid_pack(person, held.person) ||
        !*pair_at(x, (size_t)held.profile, (size_t)held.profile))
        return ERR(OK);
    err_t e = list_room(&list, x->count, &x->cap, sizeof held);
    x->held = list;
    TRY(e);
    x->held[x->count++] = held;
    return ERR(OK);
}

static err_t go_on(const struct search *x)
{
    return x->stop != NULL && atomic_load(x->stop) ? ERR(OVERLOADED) : ERR(OK);
}

static err_t on_page(void *ctx) { return go_on(ctx); }

static int compare(const void *x, const void *y)
{
    return memcmp(((const struct held *)x)->person, ((const struct held *)y)->person, UUID_BYTES);
}

static bool is_concerned(const struct search *x, const struct held *of, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (of[i].profile != of[j].profile && of[i].start < of[j].end &&
                of[j].start < of[i].end &&
                *pair_at(x, (size_t)of[i].profile, (size_t)of[j].profile))
                return true;
    return false;
}

static err_t look_closer(const struct search *x, const unsigned char id[UUID_BYTES])
{
    char text[UUID_LEN];
    struct arena *a = NULL;
    struct dir_person p;
    uuid_unpack(id, text);
    TRY(arena_new(PERSON_ARENA_MAX, &a));
    err_t e = directory_person_by_id(x->directory, a, str_from(text, sizeof text), &p);
    if (err_ok(e))
        e = duties_of_person(x->snapshot, &p, x->now, x->fn, x->ctx);
    else if (e.code == ERR_NOT_FOUND)
        e = ERR(OK); /* gone meanwhile */
    arena_free(a);
    return e;
}

static err_t look_at_each(const struct search *x)
{
    for (size_t at = 0, n = 0; at < x->count; at += n) {
        for (n = 1; at + n < x->count && compare(&x->held[at], &x->held[at + n]) == 0; n++)
            ;
        TRY(go_on(x));
        if (is_concerned(x, &x->held[at], n))
            TRY(look_closer(x, x->held[at].person));
    }
    return ERR(OK);
}

static err_t search(struct search *x)
{
    const struct dir_each to = { on_person, on_assignment, on_page, x };
    TRY(make_pairs(x));
    TRY(directory_each_person(x->directory, &to));
    if (x->count > 1)
        qsort(x->held, x->count, sizeof *x->held, compare);
    return look_at_each(x);
}

err_t duties_find(struct directory *d, const struct snapshot *s, int64_t now,
                  const atomic_bool *stop, duties_fn *fn, void *ctx)
{
    struct search x = {
        .directory = d, .snapshot = s, .now = now, .stop = stop, .fn = fn, .ctx = ctx
    };
    err_t e = search(&x);
    free(x.held);
    free(x.pairs);
    return e;
}
