#include "history/recorder.h"

#include "base/clock.h"
#include "base/log.h"
#include "history/everybody.h"
#include "history/history.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BATCH = 32,                          /* persons in one transaction: sign-ins share the writer */
    TRIES = 4,                           /* readings of a person who keeps changing */
    SEEN_EVERY_S = 60,                   /* how often "the watch hears" is noted */
    HEARS_WITHIN_MS = 10000,             /* a watch silent for longer hears nothing */
    PERSON_ARENA_MAX = 16 * 1024 * 1024, /* bytes; of a batch */
};

struct recorder {
    struct recorder_parts parts;
    pthread_t thread;
    atomic_bool stop;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool resync;
    struct uuid persons[DIR_CHANGED_PERSONS_MAX];
    size_t person_count;

    /* of the thread alone */
    struct uuid batch[DIR_CHANGED_PERSONS_MAX];
    uint64_t view_number; /* of the view recorded last */
    bool complete;        /* everybody was compared since the latest resynchronisation */
    int64_t seen;         /* when that the watch hears was noted last */
    enum err_code failed; /* what was logged last: once, not each second */
};

/* ---- what the watch tells ---- */

static bool is_waiting(const struct recorder *r, struct str id)
{
    for (size_t i = 0; i < r->person_count; i++)
        if (str_eq(str_from(r->persons[i].text, UUID_LEN), id))
            return true;
    return false;
}

static void add_waiting(struct recorder *r, struct str id)
{
    if (id.len != UUID_LEN || is_waiting(r, id))
        return;
    if (r->person_count == DIR_CHANGED_PERSONS_MAX)
        r->resync = true;
    else
        memcpy(r->persons[r->person_count++].text, id.ptr, UUID_LEN);
}

void recorder_changed(struct recorder *r, const struct dir_changes *changes)
{
    pthread_mutex_lock(&r->lock);
    if ((changes->what & DIR_CHANGE_RESYNC) != 0)
        r->resync = true;
    if ((changes->what & DIR_CHANGE_PEOPLE) != 0)
        for (size_t i = 0; i < changes->person_count; i++)
            add_waiting(r, changes->persons[i]);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

/* ---- rules ---- */

struct rules_job {
    struct history_rules rules;
    int64_t now;
    bool known;
};

static err_t known_job(struct state_tx *tx, void *arg)
{
    struct rules_job *j = arg;
    return history_has_rules(tx, j->rules.digest, &j->known);
}

static err_t rules_job(struct state_tx *tx, void *arg)
{
    const struct rules_job *j = arg;
    return history_record_rules(tx, &j->rules, j->now, NULL);
}

static err_t record_view(struct recorder *r, const struct view *v)
{
    struct rules_job j = { .now = v->loaded };
    TRY(history_rules_of(v->rules, v->rule_count, &j.rules));
    TRY(state_read(r->parts.state, known_job, &j));
    if (!j.known)
        TRY(state_write(r->parts.state, rules_job, &j));
    r->view_number = v->number;
    return ERR(OK);
}

static err_t record_rules(struct recorder *r)
{
    const struct view *v = registry_take(r->parts.registry);
    err_t e = v->number == r->view_number ? ERR(OK) : record_view(r, v);
    registry_give(r->parts.registry, v);
    return e;
}

/* ---- persons ---- */

struct person_job {
    const struct uuid *ids;
    size_t count;
    struct dir_person persons[BATCH];
    bool gone[BATCH], changed[BATCH];
    int64_t now;
};

static struct str id_at(const struct uuid *ids, size_t i)
{
    return str_from(ids[i].text, UUID_LEN);
}

static err_t persons_job(struct state_tx *tx, void *arg)
{
    struct person_job *j = arg;
    for (size_t i = 0; i < j->count; i++)
        TRY(history_record_person(tx, id_at(j->ids, i), j->gone[i] ? NULL : &j->persons[i], j->now,
                                  &j->changed[i]));
    return ERR(OK);
}

static err_t read_batch(struct recorder *r, struct arena *a, struct person_job *j)
{
    for (size_t i = 0; i < j->count; i++) {
        err_t e = directory_person_by_id(r->parts.directory, a, id_at(j->ids, i), &j->persons[i]);
        j->gone[i] = e.code == ERR_NOT_FOUND;
        if (!err_ok(e) && !j->gone[i])
            return e;
    }
    j->now = clock_now();
    return state_write(r->parts.state, persons_job, j);
}

/* Another node may have read a newer version and written it before ours, which is then wrong though it
 * came last: who was written is read once more, until nothing is written. */
static err_t record_batch(struct recorder *r, const struct uuid *ids, size_t count)
{
    struct uuid again[BATCH];
    memcpy(again, ids, count * sizeof *ids);
    for (int tries = 0; count > 0 && tries < TRIES; tries++) {
        struct arena *a = NULL;
        struct person_job j = { .ids = again, .count = count };
        size_t left = 0;
        TRY(arena_new(PERSON_ARENA_MAX, &a));
        err_t e = read_batch(r, a, &j);
        arena_free(a);
        TRY(e);
        for (size_t i = 0; i < count; i++)
            if (j.changed[i])
                again[left++] = again[i];
        count = left;
    }
    return ERR(OK);
}

static err_t record_persons(struct recorder *r, const struct uuid *ids, size_t count)
{
    for (size_t at = 0; at < count; at += BATCH) {
        if (atomic_load(&r->stop))
            return ERR(OVERLOADED);
        TRY(record_batch(r, ids + at, count - at < BATCH ? count - at : BATCH));
    }
    return ERR(OK);
}

/* ---- everybody ---- */

static err_t complete_job(struct state_tx *tx, void *arg)
{
    return history_note_complete(tx, *(const int64_t *)arg);
}

static err_t seen_job(struct state_tx *tx, void *arg)
{
    return history_note_seen(tx, *(const int64_t *)arg);
}

static err_t compare_everybody(struct recorder *r)
{
    struct uuid *list = NULL;
    size_t count = 0;
    int64_t started = clock_now();
    r->complete = false;
    TRY(everybody_differing(r->parts.directory, r->parts.state, &r->stop, &list, &count));
    err_t e = record_persons(r, list, count);
    free(list);
    TRY(e);
    if (count > 0)
        log_event(LOG_INFO, "history.compared", LOG_INT("differed", (int64_t)count));
    int64_t now = clock_now();
    TRY(state_write(r->parts.state, complete_job, &now));
    r->complete = true;
    r->seen = started;
    return ERR(OK);
}

static err_t note_seen(struct recorder *r)
{
    struct dir_stats stats;
    int64_t now = clock_now();
    directory_stats(r->parts.directory, &stats);
    bool hears = stats.last_sync_ms != 0 && clock_mono_ms() - stats.last_sync_ms < HEARS_WITHIN_MS;
    if (!r->complete || !hears || now - r->seen < SEEN_EVERY_S)
        return ERR(OK);
    TRY(state_write(r->parts.state, seen_job, &now));
    r->seen = now;
    return ERR(OK);
}

/* ---- the thread ---- */

static void log_once(struct recorder *r, err_t e)
{
    if (e.code != r->failed && !err_ok(e) && !atomic_load(&r->stop))
        log_event(LOG_WARNING, "history.failed", LOG_ERR(e));
    r->failed = e.code;
}

/* Takes what is waiting; after a failure all of it is to be compared again. */
static err_t work(struct recorder *r)
{
    pthread_mutex_lock(&r->lock);
    bool resync = r->resync;
    size_t count = r->person_count;
    memcpy(r->batch, r->persons, count * sizeof *r->batch);
    r->resync = false;
    r->person_count = 0;
    pthread_mutex_unlock(&r->lock);

    err_t e = record_rules(r);
    err_t people = resync ? compare_everybody(r) : record_persons(r, r->batch, count);
    if (!err_ok(people)) {
        pthread_mutex_lock(&r->lock);
        r->resync = true;
        pthread_mutex_unlock(&r->lock);
        return people;
    }
    TRY(e);
    return note_seen(r);
}

/* At most a second; after a failure a whole one, whatever comes. */
static void wait_for_work(struct recorder *r, bool failed)
{
    int64_t wake_ms = clock_now_ms() + 1000;
    struct timespec until = { .tv_sec = wake_ms / 1000, .tv_nsec = wake_ms % 1000 * 1000000 };
    int code = 0;
    pthread_mutex_lock(&r->lock);
    while (code == 0 && !atomic_load(&r->stop) && (failed || (!r->resync && r->person_count == 0)))
        code = pthread_cond_timedwait(&r->wake, &r->lock, &until);
    pthread_mutex_unlock(&r->lock);
}

static void *run(void *arg)
{
    struct recorder *r = arg;
    while (!atomic_load(&r->stop)) {
        err_t e = work(r);
        log_once(r, e);
        wait_for_work(r, !err_ok(e));
    }
    return NULL;
}

err_t recorder_start(const struct recorder_parts *parts, struct recorder **out)
{
    struct recorder *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR(NO_MEMORY);
    r->parts = *parts;
    r->failed = ERR_OK;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        free(r);
        return ERR(LIBRARY);
    }
    *out = r;
    return ERR(OK);
}

void recorder_stop(struct recorder *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->stop, true);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    free(r);
}
