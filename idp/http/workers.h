/* workers.h - a fixed number of threads and a bounded queue of jobs for them. */
#ifndef HTTP_WORKERS_H
#define HTTP_WORKERS_H

#include "base/err.h"

#include <stdint.h>

struct worker_job {
    struct worker_job *next;             /* private */
    void (*run)(struct worker_job *job); /* on a worker; the job may be gone when it returns */
};

struct workers; /* opaque */

/* Errors: NO_MEMORY, LIBRARY (a thread could not be started). */
NODISCARD err_t workers_new(unsigned threads, unsigned queue_max, struct workers **out);

/* Takes a place in the queue; false when it is full. Whoever has one calls workers_push(), which
 * then cannot fail: between the two the connection is suspended. */
bool workers_reserve(struct workers *w);
void workers_push(struct workers *w, struct worker_job *job);

uint64_t workers_queued(struct workers *w);

/* Runs what is queued, joins the threads, frees. NULL is fine. No push may follow. */
void workers_free(struct workers *w);

#endif
