#include "http/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct worker_job *first, **end; /* under lock, as are the next three */
    unsigned queued, queue_max;      /* places taken */
    bool stopping;
    unsigned started;
    pthread_t threads[];
};

static struct worker_job *take(struct workers *w)
{
    struct worker_job *job = NULL;
    pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stopping)
        pthread_cond_wait(&w->wake, &w->lock);
    job = w->first;
    if (job != NULL) {
        w->first = job->next;
        if (w->first == NULL)
            w->end = &w->first;
        w->queued--;
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}

static void *work(void *arg)
{
    struct workers *w = arg;
    struct worker_job *job = NULL;
    while ((job = take(w)) != NULL)
        job->run(job);
    return NULL;
}

err_t workers_new(unsigned threads, unsigned queue_max, struct workers **out)
{
    struct workers *w = calloc(1, sizeof *w + threads * sizeof w->threads[0]);
    if (w == NULL)
        return ERR(NO_MEMORY);
    w->end = &w->first;
    w->queue_max = queue_max;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    for (; w->started < threads; w->started++) {
        if (pthread_create(&w->threads[w->started], NULL, work, w) != 0) {
            workers_free(w);
            return ERR(LIBRARY);
        }
    }
    *out = w;
    return ERR(OK);
}

bool workers_reserve(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    bool room = w->queued < w->queue_max;
    if (room)
        w->queued++;
    pthread_mutex_unlock(&w->lock);
    return room;
}

void workers_push(struct workers *w, struct worker_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&w->lock);
    *w->end = job;
    w->end = &job->next;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

uint64_t workers_queued(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t n = w->queued;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void workers_free(struct workers *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->started; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
