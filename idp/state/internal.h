/* internal.h - the insides of `struct state`, shared by state.c and writer.c. */
#ifndef STATE_INTERNAL_H
#define STATE_INTERNAL_H

#include "state/sql.h"

#include <pthread.h>
#include <semaphore.h>

/* One call of state_write(); lives on the stack of the thread that waits for `done`. */
struct queued {
    state_job *job;
    void *arg;
    err_t result;
    sem_t done;
    struct queued *next;
};

struct writer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct queued *first, *last;
    size_t waiting, queue_max;
    bool stopping;
};

struct state {
    struct sql_counters counters;
    struct state_conn write_conn; /* of the writer thread */
    struct writer writer;
    struct state_hooks hooks;
    bool read_only;

    pthread_mutex_t pool_lock; /* of what follows */
    pthread_cond_t pool_free;
    struct state_conn *readers;
    struct state_conn **idle; /* stack of the readers nobody uses */
    size_t reader_count, idle_count;

    pthread_mutex_t why_lock;
    struct state_why why;
};

NODISCARD err_t writer_start(struct state *st, size_t queue_max);
void writer_stop(struct state *st); /* after the jobs that wait */
void state_note_why(struct state *st, const struct state_why *why);

#endif
