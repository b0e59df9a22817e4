/* keeper.c - housekeeping: what nobody asks for and somebody must do. */
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "directory/directory.h"
#include "history/history.h"
#include "journal/journal.h"
#include "night.h"
#include "start.h"
#include "state/state.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { PURGE_EVERY_S = 60, PURGE_LIMIT = 1000 };

struct keeper {
    struct service *svc;
    pthread_t thread;
    struct night *night;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

struct purge {
    int64_t now, retention, deleted;
};

static err_t purge_job(struct state_tx *tx, void *arg)
{
    struct purge *p = arg;
    int64_t past = 0;
    TRY(state_purge(tx, p->now, PURGE_LIMIT, &p->deleted));
    TRY(history_purge(tx, p->now - p->retention, PURGE_LIMIT, &past));
    p->deleted += past;
    return ERR(OK);
}

static void purge(struct service *svc)
{
    struct purge p = { clock_now(), svc->config->history_retention, PURGE_LIMIT };
    err_t e = ERR(OK);
    while (err_ok(e) && p.deleted >= PURGE_LIMIT)
        e = state_write(svc->state, purge_job, &p);
    if (!err_ok(e))
        log_event(LOG_WARNING, "state.purge_failed", LOG_ERR(e));
}

/* Tells once that the directory went, once that it came back. */
static void watch_directory(struct service *svc, bool *was_up)
{
    bool up = directory_is_up(svc->directory);
    if (up == *was_up)
        return;
    *was_up = up;
    log_event(up ? LOG_NOTICE : LOG_ERROR, up ? "directory.up" : "directory.down",
              LOG_INT("up", up));
    err_t e = up ? service_tell(svc, JOURNAL_DIRECTORY_UP, NULL)
                 : service_tell(svc, JOURNAL_DIRECTORY_DOWN,
                                JOURNAL_DATA({ "error", STR_INIT("directory_down") }));
    if (!err_ok(e))
        log_event(LOG_WARNING, "journal.failed", LOG_ERR(e));
}

/* True when it is time to stop; false after a second. */
static bool wait_a_second(struct keeper *k)
{
    int64_t wake_ms = clock_now_ms() + 1000;
    struct timespec until = { .tv_sec = wake_ms / 1000, .tv_nsec = wake_ms % 1000 * 1000000 };
    pthread_mutex_lock(&k->lock);
    if (!k->stop)
        pthread_cond_timedwait(&k->wake, &k->lock, &until);
    bool stop = k->stop;
    pthread_mutex_unlock(&k->lock);
    return stop;
}

static void *keep(void *arg)
{
    struct keeper *k = arg;
    bool was_up = true;
    for (int64_t second = 0; !wait_a_second(k); second++) {
        watch_directory(k->svc, &was_up);
        if (second % PURGE_EVERY_S == 0)
            purge(k->svc);
    }
    return NULL;
}

err_t keeper_start(struct service *svc, struct keeper **out)
{
    struct keeper *k = calloc(1, sizeof *k);
    if (k == NULL)
        return ERR(NO_MEMORY);
    k->svc = svc;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->wake, NULL);
    err_t e = night_start(svc, &k->night);
    if (err_ok(e) && pthread_create(&k->thread, NULL, keep, k) != 0)
        e = ERR(LIBRARY);
    if (!err_ok(e)) {
        night_stop(k->night);
        free(k);
        return e;
    }
    *out = k;
    return ERR(OK);
}

void keeper_stop(struct keeper *k)
{
    if (k == NULL)
        return;
    night_stop(k->night);
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->wake);
    free(k);
}
