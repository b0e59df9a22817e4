/* follow.c - the thread that keeps what is in memory what the directory has. */
#include "people/internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 250,              /* how often freshness is noted while nothing happens */
    RETRY_MS = 500,             /* after the directory did not answer */
    PERSON_ARENA_MAX = 1 << 20, /* bytes, of one person */
};

struct following {
    struct people *p;
    char (*persons)[UUID_LEN]; /* of one round */
    bool load;                 /* everybody must be read (again) */
    bool rules;                /* the registry must reload */
    bool loading;
    bool clean; /* the cache was emptied when following began, and holds nothing older */
    unsigned reloads;
    char (*dirty)[UUID_LEN]; /* changed while everybody is being read */
    size_t dirty_count, dirty_cap;
};

/* ---- the queue ---- */

void people_changed(struct people *p, const struct dir_changes *changes)
{
    pthread_mutex_lock(&p->queue_lock);
    p->what |= changes->what;
    for (size_t i = 0; i < changes->person_count; i++) {
        if (p->changed_count == DIR_CHANGED_PERSONS_MAX) {
            p->what |= DIR_CHANGE_RESYNC;
            break;
        }
        memcpy(p->changed[p->changed_count++], changes->persons[i].ptr, UUID_LEN);
    }
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->queue_lock);
}

static unsigned take_queue(struct following *f, size_t *count)
{
    struct people *p = f->p;
    pthread_mutex_lock(&p->queue_lock);
    unsigned what = p->what;
    *count = p->changed_count;
    memcpy(f->persons, p->changed, *count * sizeof *p->changed);
    p->what = 0;
    p->changed_count = 0;
    pthread_mutex_unlock(&p->queue_lock);
    return what;
}

static void queue_again(struct people *p, const char id[UUID_LEN])
{
    struct str text = str_from(id, UUID_LEN);
    struct dir_changes again = { DIR_CHANGE_PEOPLE, &text, 1 };
    people_changed(p, &again);
}

/* ---- one person ---- */

static err_t refresh(struct people *p, const char text[UUID_LEN])
{
    struct arena *a = NULL;
    struct dir_person person;
    unsigned char id[ID_LEN];
    if (!id_parse(str_from(text, UUID_LEN), id))
        return ERR(OK);
    TRY(arena_new(PERSON_ARENA_MAX, &a));
    err_t e = directory_person_by_id(p->directory, a, str_from(text, UUID_LEN), &person);
    if (err_ok(e))
        e = keep_changed(p, id, &person);
    else if (e.code == ERR_NOT_FOUND)
        e = keep_changed(p, id, NULL);
    arena_free(a);
    if (err_ok(e))
        atomic_fetch_add(&p->refreshed, 1);
    return e;
}

static void remember_dirty(struct following *f, const char id[UUID_LEN])
{
    if (f->dirty_count == f->dirty_cap) {
        size_t cap = f->dirty_cap == 0 ? 256 : 2 * f->dirty_cap;
        void *grown = realloc(f->dirty, cap * sizeof *f->dirty);
        if (grown == NULL) {
            f->load = true; /* once more, then */
            return;
        }
        f->dirty = grown;
        f->dirty_cap = cap;
    }
    memcpy(f->dirty[f->dirty_count++], id, UUID_LEN);
}

static bool refresh_all(struct following *f, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        if (f->loading)
            remember_dirty(f, f->persons[i]);
        if (err_ok(refresh(f->p, f->persons[i])))
            continue;
        queue_again(f->p, f->persons[i]);
        all = false;
    }
    return all;
}

/* ---- the rules ---- */

static bool reload_rules(struct following *f)
{
    err_t e = registry_reload(f->p->registry);
    if (err_ok(e))
        e = keep_rules(f->p);
    bool retry = !err_ok(e) && e.code != ERR_CONFIG; /* wrong rules stay wrong until they change */
    if (err_ok(e))
        log_event(LOG_INFO, "registry.reloaded", LOG_INT("generation", (int64_t)++f->reloads));
    else
        log_event(LOG_WARNING, "registry.reload_failed", LOG_ERR(e));
    return !retry;
}

/* Anything may have changed: a cache forgets all it has, which it can read again. (When everybody is
 * kept they stay until everybody has been read again; the age says how old that is.) */
static bool forget(struct following *f)
{
    struct table *t = NULL;
    if (keep_is_searchable(f->p))
        return true;
    f->clean = err_ok(table_new(0, &t)) && err_ok(keep_table(f->p, t, false));
    if (!f->clean)
        table_free(t);
    return f->clean;
}

/* ---- what has changed, one round; false: try again later ---- */

static bool catch_up(struct following *f)
{
    size_t count = 0;
    unsigned what = take_queue(f, &count);
    f->rules = f->rules || (what & (DIR_CHANGE_MODEL | DIR_CHANGE_RESYNC)) != 0;
    f->load = f->load || (what & DIR_CHANGE_RESYNC) != 0;
    if ((what & DIR_CHANGE_RESYNC) != 0)
        (void)forget(f);
    bool people = refresh_all(f, count); /* first: a right may have been taken away */
    if (f->rules && reload_rules(f))
        f->rules = false;
    return people && !f->rules;
}

static void note_freshness(struct following *f)
{
    struct dir_stats stats;
    struct people *p = f->p;
    directory_stats(p->directory, &stats); /* before the queue: what was told by then is in it */
    pthread_mutex_lock(&p->queue_lock);
    bool idle = p->what == 0 && p->changed_count == 0;
    pthread_mutex_unlock(&p->queue_lock);
    bool known = keep_is_searchable(p) ? !f->load && !f->loading : f->clean;
    if (idle && !f->rules && known)
        atomic_store(&p->fresh_ms, stats.last_told_ms);
}

/* Between two pages: changes do not wait until everybody has been read. */
static err_t on_page(void *ctx)
{
    struct following *f = ctx;
    bool again = f->load;
    pthread_mutex_lock(&f->p->queue_lock);
    bool closing = f->p->closing;
    pthread_mutex_unlock(&f->p->queue_lock);
    f->load = false;
    (void)catch_up(f);
    f->load = f->load || again;
    note_freshness(f);
    return closing ? ERR(CONFLICT) : ERR(OK);
}

static err_t load(struct following *f)
{
    struct people *p = f->p;
    struct table *t = NULL;
    f->load = false;
    f->loading = true;
    f->dirty_count = 0;
    err_t e = p->cache_only ? ERR(TOO_LARGE) : load_all(p, on_page, f, &t);
    f->loading = false;
    if (e.code == ERR_TOO_LARGE) {
        if (!p->cache_only)
            log_event(LOG_NOTICE, "people.not_resident",
                      LOG_INT("more_than", (int64_t)p->resident_max));
        p->cache_only = true;
        e = table_new(p->cache_max, &t);
    }
    if (err_ok(e))
        e = keep_table(p, t, !p->cache_only);
    if (!err_ok(e)) {
        f->load = true;
        return e;
    }
    for (size_t i = 0; i < f->dirty_count; i++)
        queue_again(p, f->dirty[i]);
    f->clean = true;
    atomic_fetch_add(&p->loads, 1);
    return e;
}

/* ---- the thread ---- */

/* Until something is queued, or MS have passed; true when it is time to end. */
static bool wait_for_work(struct people *p, int64_t ms, bool whatever_is_queued)
{
    int64_t until = clock_mono_ms() + ms;
    struct timespec ts = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
    pthread_mutex_lock(&p->queue_lock);
    while (!p->closing && (whatever_is_queued || p->what == 0) && clock_mono_ms() < until)
        (void)pthread_cond_timedwait(&p->wake, &p->queue_lock, &ts);
    bool closing = p->closing;
    pthread_mutex_unlock(&p->queue_lock);
    return closing;
}

static void *run(void *arg)
{
    struct people *p = arg;
    struct following f = { .p = p, .load = true };
    bool good = true;
    f.persons = calloc(DIR_CHANGED_PERSONS_MAX, sizeof *f.persons);
    while (f.persons != NULL && !wait_for_work(p,
                                               f.load && good ? 0
                                               : good         ? LOOK_MS
                                                              : RETRY_MS,
                                               !good)) {
        good = catch_up(&f);
        if (f.load) {
            err_t e = load(&f);
            if (!err_ok(e))
                log_event(LOG_WARNING, "people.load_failed", LOG_ERR(e));
            good = good && err_ok(e);
        }
        note_freshness(&f);
    }
    free(f.persons);
    free(f.dirty);
    return NULL;
}

err_t follow_start(struct people *p)
{
    if (pthread_create(&p->thread, NULL, run, p) != 0)
        return ERR(LIBRARY);
    p->started = true;
    return ERR(OK);
}

void follow_end(struct people *p)
{
    pthread_mutex_lock(&p->queue_lock);
    p->closing = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->queue_lock);
    if (p->started)
        pthread_join(p->thread, NULL);
}
