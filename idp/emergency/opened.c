#include "emergency/opened.h"

#include "base/clock.h"
#include "base/log.h"
#include "journal/journal.h"
#include "state/emergency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOAD_ARENA_MAX = 64 * 1024 * 1024, PENDING_MAX = 64 };

/* What was read at one instant; ordered by person. */
struct loaded {
    struct arena *arena;
    struct emergencies all;
    int64_t at; /* clock_mono_ms() */
};

struct pending {
    char id[UUID_LEN];
    int64_t at;
};

struct opened {
    struct state *state;
    pthread_rwlock_t lock; /* of `now` */
    struct loaded now;
    pthread_mutex_t reload; /* one at a time */

    pthread_mutex_t small; /* of what follows */
    pthread_cond_t wake;
    struct pending pending[PENDING_MAX];
    size_t pending_count;
    bool stop;
    pthread_t thread;
    bool started;
};

/* ---- loading ---- */

struct load {
    struct arena *arena;
    struct emergencies found;
    int64_t now;
};

static err_t load_job(struct state_tx *tx, void *arg)
{
    struct load *l = arg;
    return emergency_list_open(tx, l->arena, l->now, &l->found);
}

static int by_person(const void *a, const void *b)
{
    const struct emergency *x = a, *y = b;
    int order = str_cmp(x->person, y->person);
    return order != 0 ? order : str_cmp(x->id, y->id);
}

static void swap_in(struct opened *o, const struct load *l)
{
    pthread_rwlock_wrlock(&o->lock);
    struct arena *old = o->now.arena;
    o->now = (struct loaded){ l->arena, l->found, clock_mono_ms() };
    pthread_rwlock_unlock(&o->lock);
    arena_free(old);
}

err_t opened_reload(struct opened *o, int64_t now)
{
    struct load l = { .now = now };
    TRY(arena_new(LOAD_ARENA_MAX, &l.arena));
    pthread_mutex_lock(&o->reload); /* or an older reading could replace a newer one */
    err_t e = state_read(o->state, load_job, &l);
    if (err_ok(e)) {
        if (l.found.count > 1)
            qsort(l.found.list, l.found.count, sizeof *l.found.list, by_person);
        swap_in(o, &l);
    } else {
        arena_free(l.arena);
    }
    pthread_mutex_unlock(&o->reload);
    return e;
}

/* ---- reading ---- */

static size_t first_of(const struct emergencies *all, struct str person)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(all->list[middle].person, person) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static err_t copy(struct arena *a, const struct emergency *x, struct engine_emergency *out)
{
    out->start = x->opened;
    out->end = x->ends;
    TRY(arena_str(a, x->id, &out->id));
    TRY(arena_str(a, x->lot, &out->lot));
    TRY(arena_str(a, x->structure, &out->structure));
    TRY(arena_str(a, x->resource, &out->resource));
    return arena_str(a, x->instance, &out->instance);
}

static err_t copy_all(const struct emergencies *all, struct arena *a, struct str person,
                      int64_t now, struct opened_list *out)
{
    size_t first = first_of(all, person), end = first;
    while (end < all->count && str_eq(all->list[end].person, person))
        end++;
    if (end == first)
        return ERR(OK);
    out->list = arena_array(a, end - first, sizeof *out->list);
    if (out->list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = first; i < end; i++)
        if (all->list[i].opened <= now && now < all->list[i].ends)
            TRY(copy(a, &all->list[i], &out->list[out->count++]));
    return ERR(OK);
}

err_t opened_of(struct opened *o, struct arena *a, struct str person, int64_t now,
                struct opened_list *out)
{
    struct opened_list found = { NULL, 0 };
    err_t e = ERR(OK);
    *out = found;
    if (o == NULL)
        return ERR(OK);
    pthread_rwlock_rdlock(&o->lock);
    if (o->now.all.count > 0 && clock_mono_ms() - o->now.at < INT64_C(1000) * OPENED_STALE_S)
        e = copy_all(&o->now.all, a, person, now, &found);
    pthread_rwlock_unlock(&o->lock);
    if (err_ok(e))
        *out = found;
    return e;
}

/* ---- first use ---- */

static bool is_pending(const struct opened *o, struct str id)
{
    for (size_t i = 0; i < o->pending_count; i++)
        if (str_eq(str_from(o->pending[i].id, UUID_LEN), id))
            return true;
    return false;
}

static bool is_used(struct opened *o, struct str id)
{
    bool used = false;
    pthread_rwlock_rdlock(&o->lock);
    for (size_t i = 0; i < o->now.all.count; i++)
        if (str_eq(o->now.all.list[i].id, id))
            used = o->now.all.list[i].used != 0;
    pthread_rwlock_unlock(&o->lock);
    return used;
}

/* When there is no room, a later decision notes it again: the state says that it was not used yet. */
void opened_used(struct opened *o, struct str id)
{
    if (o == NULL || id.len != UUID_LEN || is_used(o, id))
        return;
    pthread_mutex_lock(&o->small);
    if (o->pending_count < PENDING_MAX && !is_pending(o, id)) {
        struct pending *p = &o->pending[o->pending_count++];
        memcpy(p->id, id.ptr, UUID_LEN);
        p->at = clock_now();
        pthread_cond_signal(&o->wake);
    }
    pthread_mutex_unlock(&o->small);
}

struct use {
    struct pending what;
    struct arena *arena;
};

static err_t use_job(struct state_tx *tx, void *arg)
{
    struct use *u = arg;
    struct emergency x;
    bool first = false;
    struct str id = str_from(u->what.id, UUID_LEN);
    TRY(emergency_use(tx, id, u->what.at, &first));
    if (!first)
        return ERR(OK);
    TRY(emergency_find(tx, u->arena, id, &x));
    struct journal_entry entry = { .event = JOURNAL_EMERGENCY_USED,
                                   .at_ms = u->what.at * 1000,
                                   .actor = x.person,
                                   .subject = x.id,
                                   .structure = x.structure,
                                   .session = x.sid };
    return journal_append(tx, &entry);
}

static err_t write_use(struct opened *o, const struct pending *p)
{
    struct use u = { .what = *p };
    TRY(arena_new(ARENA_DEFAULT_MAX, &u.arena));
    err_t e = state_write(o->state, use_job, &u);
    arena_free(u.arena);
    return e;
}

/* One at a time, and forgotten when it is written: until then opened_used() does not add it again. */
static void write_uses(struct opened *o)
{
    for (;;) {
        pthread_mutex_lock(&o->small);
        bool any = o->pending_count > 0;
        struct pending p = o->pending[0];
        pthread_mutex_unlock(&o->small);
        if (!any)
            return;
        err_t e = write_use(o, &p);
        if (!err_ok(e)) {
            log_event(LOG_WARNING, "emergency.use_not_written", LOG_ERR(e));
            return; /* tried again in a second */
        }
        pthread_mutex_lock(&o->small);
        o->pending_count--;
        memmove(&o->pending[0], &o->pending[1], o->pending_count * sizeof o->pending[0]);
        pthread_mutex_unlock(&o->small);
    }
}

/* ---- the thread ---- */

static bool wait_a_second(struct opened *o)
{
    int64_t wake_ms = clock_now_ms() + 1000;
    struct timespec until = { .tv_sec = wake_ms / 1000, .tv_nsec = wake_ms % 1000 * 1000000 };
    pthread_mutex_lock(&o->small);
    if (!o->stop && o->pending_count == 0)
        pthread_cond_timedwait(&o->wake, &o->small, &until);
    bool stop = o->stop;
    pthread_mutex_unlock(&o->small);
    return stop;
}

static void *keep(void *arg)
{
    struct opened *o = arg;
    bool failing = false;
    while (!wait_a_second(o)) {
        write_uses(o);
        err_t e = opened_reload(o, clock_now());
        if (!err_ok(e) && !failing)
            log_event(LOG_ERROR, "emergency.reload_failed", LOG_ERR(e));
        failing = !err_ok(e);
        if (failing) { /* or a use that cannot be written would spin */
            struct timespec pause = { .tv_sec = 1 };
            nanosleep(&pause, NULL);
        }
    }
    write_uses(o);
    return NULL;
}

err_t opened_start(struct state *st, struct opened **out)
{
    struct opened *o = calloc(1, sizeof *o);
    if (o == NULL)
        return ERR(NO_MEMORY);
    o->state = st;
    pthread_rwlock_init(&o->lock, NULL);
    pthread_mutex_init(&o->reload, NULL);
    pthread_mutex_init(&o->small, NULL);
    pthread_cond_init(&o->wake, NULL);
    err_t e = opened_reload(o, clock_now());
    if (err_ok(e)) {
        o->started = pthread_create(&o->thread, NULL, keep, o) == 0;
        e = o->started ? ERR(OK) : ERR(LIBRARY);
    }
    if (!err_ok(e)) {
        opened_stop(o);
        return e;
    }
    *out = o;
    return ERR(OK);
}

void opened_stop(struct opened *o)
{
    if (o == NULL)
        return;
    if (o->started) {
        pthread_mutex_lock(&o->small);
        o->stop = true;
        pthread_cond_signal(&o->wake);
        pthread_mutex_unlock(&o->small);
        pthread_join(o->thread, NULL);
    }
    arena_free(o->now.arena);
    pthread_cond_destroy(&o->wake);
    pthread_mutex_destroy(&o->small);
    pthread_mutex_destroy(&o->reload);
    pthread_rwlock_destroy(&o->lock);
    free(o);
}
