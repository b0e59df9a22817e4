#include "authzen/record.h"

#include "base/clock.h"
#include "base/log.h"
#include "state/state.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUEUE = 1024, WRITE_EVERY_MS = 200 };

struct decision_log {
    struct state *state;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct record *queue;
    size_t count;
    bool stop;
    pthread_t thread;
    bool started;
    struct record *batch; /* the thread's own */
};

void record_put(char *out, size_t cap, struct str src)
{
    size_t n = src.len < cap ? src.len : cap - 1;
    while (n > 0 && n < src.len && ((unsigned char)src.ptr[n] & 0xC0) == 0x80)
        n--; /* in the middle of a character */
    if (n > 0)
        memcpy(out, src.ptr, n);
    out[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7F)
            out[i] = ' ';
}

/* ---- into the journal ---- */

struct job {
    const struct record *list;
    size_t count;
};

static err_t append(struct state_tx *tx, const struct record *r)
{
    struct journal_datum data[10];
    size_t n = 0;
    const struct {
        const char *key;
        struct str text;
    } all[] = {
        { "resource", str_of(r->resource) },
        { "action", str_of(r->action) },
        { "reason", str_of(r->reason) },
        { "id", str_of(r->id) },
        { "asked", str_of(r->asked) },
        { "assignment", str_from(r->assignment, r->has_assignment ? UUID_LEN : 0) },
        { "request", str_of(r->request) },
        { "at", str_of(r->moment) },
    };
    for (size_t i = 0; i < COUNT(all); i++)
        if (i < 3 || all[i].text.len > 0) /* the first three are required */
            data[n++] = (struct journal_datum){ all[i].key, all[i].text };
    data[n] = (struct journal_datum){ NULL, { "", 0 } };
    struct journal_entry entry = { .event = r->event,
                                   .at_ms = r->at_ms,
                                   .actor = str_from(r->person, r->has_person ? UUID_LEN : 0),
                                   .client = str_of(r->client),
                                   .structure = str_of(r->structure),
                                   .session = str_of(r->session),
                                   .network = str_of(r->network),
                                   .data = data };
    return journal_append(tx, &entry);
}

static err_t append_all(struct state_tx *tx, void *arg)
{
    const struct job *job = arg;
    for (size_t i = 0; i < job->count; i++)
        TRY(append(tx, &job->list[i]));
    return ERR(OK);
}

err_t record_now(struct decision_log *r, const struct record *list, size_t count)
{
    struct job job = { list, count };
    return count == 0 ? ERR(OK) : state_write(r->state, append_all, &job);
}

/* ---- later ---- */

bool record_soon(struct decision_log *r, const struct record *record)
{
    pthread_mutex_lock(&r->lock);
    bool room = r->count < QUEUE;
    if (room)
        r->queue[r->count++] = *record;
    pthread_mutex_unlock(&r->lock);
    return room;
}

/* Takes what is queued into the thread's batch; false when there is nothing and it is time to stop. */
static bool next_batch(struct decision_log *r, size_t *count)
{
    int64_t until = clock_mono_ms() + WRITE_EVERY_MS;
    struct timespec ts = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
    pthread_mutex_lock(&r->lock);
    while (!r->stop && clock_mono_ms() < until)
        (void)pthread_cond_timedwait(&r->wake, &r->lock, &ts);
    *count = r->count;
    memcpy(r->batch, r->queue, *count * sizeof *r->batch);
    r->count = 0;
    bool more = *count > 0 || !r->stop;
    pthread_mutex_unlock(&r->lock);
    return more;
}

static void *run(void *arg)
{
    struct decision_log *r = arg;
    size_t count = 0;
    while (next_batch(r, &count)) {
        err_t e = record_now(r, r->batch, count);
        if (!err_ok(e))
            log_event(LOG_ERROR, "authzen.permits_not_journalled", LOG_INT("count", (int64_t)count),
                      LOG_ERR(e));
    }
    return NULL;
}

static bool init_sync(struct decision_log *r)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_mutex_init(&r->lock, NULL) == 0 && pthread_cond_init(&r->wake, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok;
}

err_t decision_log_new(struct state *st, struct decision_log **out)
{
    struct decision_log *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR(NO_MEMORY);
    r->state = st;
    bool sync = init_sync(r);
    r->queue = calloc(QUEUE, sizeof *r->queue);
    r->batch = calloc(QUEUE, sizeof *r->batch);
    r->started = sync && r->queue != NULL && r->batch != NULL &&
                 pthread_create(&r->thread, NULL, run, r) == 0;
    if (!r->started) {
        decision_log_free(r);
        return ERR(LIBRARY);
    }
    *out = r;
    return ERR(OK);
}

void decision_log_free(struct decision_log *r)
{
    if (r == NULL)
        return;
    if (r->started) {
        pthread_mutex_lock(&r->lock);
        r->stop = true;
        pthread_cond_signal(&r->wake);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
    }
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r->queue);
    free(r->batch);
    free(r);
}
