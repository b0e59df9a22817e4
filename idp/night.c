#include "night.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "history/duties.h"
#include "registry/registry.h"
#include "state/state.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { LOOK_EVERY_MS = 5000, RETRY_AFTER_S = 300 };

struct night {
    struct service *svc;
    pthread_t thread;
    pthread_mutex_t lock; /* for the waiting */
    pthread_cond_t wake;
    atomic_bool stop;
};

static err_t last_job(struct state_tx *tx, void *arg) { return duties_last(tx, arg); }

static err_t check(struct night *n, int64_t now, int64_t *found)
{
    struct service *svc = n->svc;
    const struct view *v = registry_take(svc->registry);
    err_t e = duties_check(svc->state, svc->directory, v->snapshot, now, &n->stop, found);
    registry_give(svc->registry, v);
    return e;
}

/* Returns when to look again at the earliest. */
static int64_t look(struct night *n, int64_t now)
{
    int64_t last = 0, found = 0;
    err_t e = state_read(n->svc->state, last_job, &last);
    if (err_ok(e) && !duties_is_due(now, last, (int)n->svc->config->duties_hour))
        return now;
    if (err_ok(e))
        e = check(n, now, &found);
    if (err_ok(e)) {
        log_event(found > 0 ? LOG_NOTICE : LOG_INFO, "duties.checked", LOG_INT("found", found));
        return now;
    }
    if (!atomic_load(&n->stop))
        log_event(LOG_WARNING, "duties.failed", LOG_ERR(e));
    return now + RETRY_AFTER_S;
}

static void wait_a_little(struct night *n)
{
    int64_t wake_ms = clock_now_ms() + LOOK_EVERY_MS;
    struct timespec until = { .tv_sec = wake_ms / 1000, .tv_nsec = wake_ms % 1000 * 1000000 };
    pthread_mutex_lock(&n->lock);
    if (!atomic_load(&n->stop))
        (void)pthread_cond_timedwait(&n->wake, &n->lock, &until);
    pthread_mutex_unlock(&n->lock);
}

static void *run(void *arg)
{
    struct night *n = arg;
    int64_t not_before = 0;
    while (!atomic_load(&n->stop)) {
        int64_t now = clock_now();
        if (now >= not_before)
            not_before = look(n, now);
        wait_a_little(n);
    }
    return NULL;
}

err_t night_start(struct service *svc, struct night **out)
{
    struct night *n = calloc(1, sizeof *n);
    if (n == NULL)
        return ERR(NO_MEMORY);
    n->svc = svc;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->wake, NULL);
    if (pthread_create(&n->thread, NULL, run, n) != 0) {
        free(n);
        return ERR(LIBRARY);
    }
    *out = n;
    return ERR(OK);
}

void night_stop(struct night *n)
{
    if (n == NULL)
        return;
    pthread_mutex_lock(&n->lock);
    atomic_store(&n->stop, true);
    pthread_cond_signal(&n->wake);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    pthread_mutex_destroy(&n->lock);
    pthread_cond_destroy(&n->wake);
    free(n);
}
