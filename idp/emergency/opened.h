/* opened.h - the emergencies that are open now, in memory, for decisions.
 *
 * Loaded at the start, anew after each write of this process (opened_reload()) and once a second, which
 * is how what another node wrote arrives: a decision of that node's neighbours may lag by a second. When
 * the state has not answered for OPENED_STALE_S, nothing counts as open: an error never permits.
 *
 * Reading does no I/O and takes a read lock for the time of a binary search: event threads may.
 */
#ifndef EMERGENCY_OPENED_H
#define EMERGENCY_OPENED_H

#include "base/arena.h"
#include "engine/engine.h"

struct state;
struct opened; /* opaque; any number of threads */

enum { OPENED_STALE_S = 10 };

/* Loads, then starts the thread that keeps it fresh. ST is borrowed. Errors: STATE_DOWN, NO_MEMORY,
 * LIBRARY. The caller owns *out. */
NODISCARD err_t opened_start(struct state *st, struct opened **out);
void opened_stop(struct opened *o); /* before state_close(); NULL is fine */

/* Reads the state again, as of NOW. On failure what is known stays. Not from an event thread. */
NODISCARD err_t opened_reload(struct opened *o, int64_t now);

/* Those of PERSON open at NOW, texts copied to the arena, for `struct engine_person`. O NULL: none.
 * Errors: NO_MEMORY. */
struct opened_list {
    struct engine_emergency *list;
    size_t count;
};
NODISCARD err_t opened_of(struct opened *o, struct arena *a, struct str person, int64_t now,
                          struct opened_list *out);

/* A permit rested on emergency ID (the `id` of the engine_emergency whose index is in the decision).
 * Never blocks; the first use is written to the state and the journal within a second. Whoever journals
 * the decision itself does so as for any other. */
void opened_used(struct opened *o, struct str id);

#endif
