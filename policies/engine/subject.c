#include "engine/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* One block: the struct, its holds, then the characters of the texts it keeps. */
size_t engine_subject_size(const struct engine_person *p)
{
    size_t size = sizeof(struct engine_subject) + p->id.len + p->login.len;
    size += (p->assignment_count + p->emergency_count) * sizeof(struct hold);
    for (size_t i = 0; i < p->emergency_count; i++)
        size += p->emergencies[i].instance.len;
    return size;
}

/* While resolving, `instance` of a hold is the id it is sorted by. */
static int by_id(const void *a, const void *b)
{
    const struct hold *x = a, *y = b;
    int order = str_cmp(x->instance, y->instance);
    if (order != 0)
        return order;
    if (x->bundle != y->bundle)
        return x->bundle < y->bundle ? -1 : 1;
    if (x->structure != y->structure)
        return x->structure < y->structure ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static void add_assignments(const struct snapshot *s, const struct engine_person *p,
                            struct engine_subject *out)
{
    for (size_t i = 0; i < p->assignment_count; i++) {
        const struct engine_assignment *a = &p->assignments[i];
        struct hold h = { .structure = index_find(&s->structure_index, a->structure),
                          .bundle = index_find(&s->profile_index, a->profile),
                          .start = a->start,
                          .end = a->end,
                          .source = (uint32_t)i,
                          .resource = ENGINE_NONE,
                          .instance = a->id };
        if (h.structure == ENGINE_NONE || h.bundle == ENGINE_NONE)
            continue;
        out->holds[out->count++] = h;
        if (s->bundles[h.bundle].never != NULL)
            out->may_be_forbidden = true;
    }
    qsort(out->holds, out->count, sizeof *out->holds, by_id);
    for (size_t i = 0; i < out->count; i++)
        out->holds[i].instance = STR("");
}

void engine_add_emergencies(const struct snapshot *s, const struct engine_emergency *list,
                            size_t count, struct engine_subject *out)
{
    size_t first = out->count;
    for (size_t i = 0; i < count; i++) {
        const struct engine_emergency *x = &list[i];
        struct hold h = { .structure = index_find(&s->structure_index, x->structure),
                          .bundle = index_find(&s->lot_index, x->lot),
                          .start = x->start,
                          .end = x->end,
                          .source = (uint32_t)i,
                          .is_emergency = true,
                          .resource = ENGINE_NONE,
                          .instance = x->id };
        if (x->resource.len > 0)
            h.resource = index_find(&s->resource_index, x->resource);
        bool lost = x->resource.len > 0 && h.resource == ENGINE_NONE;
        if (h.structure == ENGINE_NONE || h.bundle == ENGINE_NONE || lost)
            continue;
        h.bundle += s->profile_count;
        out->holds[out->count++] = h;
    }
    qsort(out->holds + first, out->count - first, sizeof *out->holds, by_id);
    for (size_t i = first; i < out->count; i++)
        out->holds[i].instance = list[out->holds[i].source].instance;
}

/* Moves TEXT into the block at *at. */
static struct str settle(struct str text, char **at)
{
    struct str copy = str_from(*at, text.len);
    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

err_t engine_person_resolve(const struct snapshot *s, const struct engine_person *p, void *memory,
                            size_t size, struct engine_subject **out)
{
    if (size < engine_subject_size(p))
        return ERR(TOO_LARGE);
    struct engine_subject *subject = memory;
    memset(subject, 0, sizeof *subject);
    subject->of = s;
    subject->active = p->active;
    add_assignments(s, p, subject);
    engine_add_emergencies(s, p->emergencies, p->emergency_count, subject);
    char *at = (char *)&subject->holds[p->assignment_count + p->emergency_count];
    subject->id = settle(p->id, &at);
    subject->login = settle(p->login, &at);
    for (size_t i = 0; i < subject->count; i++)
        subject->holds[i].instance = settle(subject->holds[i].instance, &at);
    *out = subject;
    return ERR(OK);
}

/* ---- what a person holds now; emergencies do not count as a place to work ---- */

static bool counts(const struct snapshot *s, const struct engine_subject *p, const struct hold *h,
                   int64_t now)
{
    return p->of == s && p->active && !h->is_emergency && is_live(h, now) &&
           is_open(s, h->structure, now);
}

bool engine_has_live_assignment(const struct snapshot *s, const struct engine_subject *p,
                                int64_t now)
{
    for (size_t i = 0; i < p->count; i++)
        if (counts(s, p, &p->holds[i], now))
            return true;
    return false;
}

bool engine_needs_second_factor(const struct snapshot *s, const struct engine_subject *p,
                                int64_t now)
{
    for (size_t i = 0; i < p->count; i++)
        if (counts(s, p, &p->holds[i], now) && s->profiles[p->holds[i].bundle].needs_second_factor)
            return true;
    return false;
}

/* The smallest number of a structure where P works now above AFTER, with its end. */
static bool next_place(const struct snapshot *s, const struct engine_subject *p, int64_t now,
                       int after, struct engine_place *out)
{
    struct engine_place best = { ENGINE_NONE, MODEL_ALWAYS };
    for (size_t i = 0; i < p->count; i++) {
        const struct hold *h = &p->holds[i];
        if (!counts(s, p, h, now) || h->structure <= after)
            continue;
        if (best.structure == ENGINE_NONE || h->structure < best.structure)
            best = (struct engine_place){ h->structure, h->end };
        else if (h->structure == best.structure && h->end > best.until)
            best.until = h->end;
    }
    if (best.structure == ENGINE_NONE)
        return false;
    if (best.until > s->places[best.structure].open_until)
        best.until = s->places[best.structure].open_until;
    *out = best;
    return true;
}

size_t engine_places(const struct snapshot *s, const struct engine_subject *p, int64_t now,
                     struct engine_place *out, size_t cap)
{
    struct engine_place place = { ENGINE_NONE, 0 };
    size_t count = 0;
    for (; next_place(s, p, now, place.structure, &place); count++)
        if (count < cap)
            out[count] = place;
    return count;
}

size_t engine_profiles_at(const struct snapshot *s, const struct engine_subject *p, int structure,
                          int64_t now, int *out, size_t cap)
{
    size_t count = 0;
    for (int last = ENGINE_NONE;; count++) {
        int best = ENGINE_NONE;
        for (size_t i = 0; i < p->count; i++) {
            const struct hold *h = &p->holds[i];
            if (counts(s, p, h, now) && h->structure == structure && h->bundle > last &&
                (best == ENGINE_NONE || h->bundle < best))
                best = h->bundle;
        }
        if (best == ENGINE_NONE)
            return count;
        if (count < cap)
            out[count] = best;
        last = best;
    }
}

static bool holds_now(const struct engine_subject *p, int profile, int64_t now)
{
    for (size_t i = 0; i < p->count; i++)
        if (!p->holds[i].is_emergency && p->holds[i].bundle == profile &&
            is_live(&p->holds[i], now))
            return true;
    return false;
}

bool engine_next_conflict(const struct snapshot *s, const struct engine_subject *p, int64_t now,
                          size_t *iter, struct engine_conflict *out)
{
    while (p->of == s && p->active && *iter < s->incompatibility_count) {
        const struct incompatibility *x = &s->incompatibilities[(*iter)++];
        if (!holds_now(p, x->a, now) || !holds_now(p, x->b, now))
            continue;
        *out = (struct engine_conflict){ s->bundle_codes[x->a], s->bundle_codes[x->b], x->reason };
        return true;
    }
    return false;
}
