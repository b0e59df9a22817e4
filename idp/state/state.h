/* state.h - what the service must remember: one database, one group-committing writer.
 *
 * Everything is read and written inside a transaction, by functions that take a `struct state_tx`:
 *
 *   state_write(st, job, arg)  runs JOB on the writer thread, inside a savepoint of a transaction
 *                              shared with the other jobs that wait; returns when the transaction
 *                              is on the disk. OK means: survives kill -9 and power loss.
 *   state_read(st, job, arg)   runs JOB on the calling thread, on a snapshot that has every write
 *                              that was acknowledged before.
 *
 * A job that returns a failure is rolled back, alone. So a job whose refusal must leave a trace (a
 * code that stays spent, a counter that stays up, a journal record) returns OK and gives its
 * verdict through ARG. A job must not block, must not call state_write() or state_read(), and may
 * be run on another thread than the caller's, which waits meanwhile: ARG may point to its stack.
 *
 * Both may be called by any thread but an event thread: they block. Texts given in are copied;
 * texts that come out live in the arena given.
 *
 * Time is always given: seconds, UTC. Record types: session.h, flow.h, code.h, spent.h,
 * throttle.h, emergency.h, outbox.h. The journal (idp/journal) appends to the same transactions.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include "base/arena.h"

struct state;    /* opaque; thread-safe */
struct state_tx; /* one transaction; valid during the job only */

enum {
    STATE_QUEUE_DEFAULT = 1024, /* jobs that may wait for the writer */
    STATE_BUSY_DEFAULT_MS = 2000,
    STATE_READERS_DEFAULT = 4,
};

struct state_options {
    const char *path; /* the database file; its folder exists, is ours and nobody else's to write */
    size_t queue_max; /* 0: STATE_QUEUE_DEFAULT */
    int busy_ms;      /* wait for another process's lock; 0: STATE_BUSY_DEFAULT_MS */
    size_t readers;   /* read connections; 0: STATE_READERS_DEFAULT */
    bool read_only;   /* for habilisctl: nothing is created or migrated, no state_write() */
};

/* What the database said, for the log of whoever asked: never shown to a person signing in. */
struct state_why {
    char text[200]; /* NUL-terminated, "" when there is nothing to say */
};

/* Creates the file (mode 0600) if there is none and brings its schema up to date. WHY may be NULL.
 * Errors: STATE_DOWN (cannot be opened, locked, full, not writable), STATE_BROKEN (not our database,
 * damaged, or made by a newer habilis), NO_MEMORY. The caller owns *out. */
NODISCARD err_t state_open(const struct state_options *options, struct state_why *why,
                           struct state **out);
/* Finishes the jobs that wait, then closes. Nobody may be inside state_write() or state_read().
 * NULL is fine. */
void state_close(struct state *st);

typedef err_t state_job(struct state_tx *tx, void *arg);

/* Errors: those of JOB; OVERLOADED (the queue is full: JOB did not run); STATE_DOWN (locked, full,
 * unwritable: nothing was kept, whatever JOB returned). */
NODISCARD err_t state_write(struct state *st, state_job *job, void *arg);
/* Errors: those of JOB; STATE_DOWN. Writing inside a read job is a BUG. */
NODISCARD err_t state_read(struct state *st, state_job *job, void *arg);

/* The reason of the latest STATE_DOWN or STATE_BROKEN, for the log. */
void state_why(struct state *st, struct state_why *out);

/* Deletes what expired, at most LIMIT rows of each kind; *deleted (may be NULL) counts them, and
 * when it is LIMIT or more there may be more to do. Run it every minute, in its own state_write(). */
NODISCARD err_t state_purge(struct state_tx *tx, int64_t now, int64_t limit, int64_t *deleted);

struct state_counters {
    uint64_t statements;      /* run since state_open(), all connections */
    uint64_t commits;         /* write transactions made durable */
    uint64_t jobs;            /* write jobs run, successful or not */
    uint64_t full_scan_steps; /* rows visited by a scan of a whole table: stays 0 */
    uint64_t vm_steps;        /* work done by the database's own machine, for tests of cost */
};
void state_counters(const struct state *st, struct state_counters *out);

/* Hooks of the writer thread, one owner (the journal): BEFORE runs in the transaction just before
 * it is committed, a failure of it fails every job of the transaction; AFTER runs when it is
 * durable and before any caller is told. Both only when a job called state_tx_mark(). Set them
 * before the first state_write(); NULL removes. */
struct state_hooks {
    err_t (*before_commit)(struct state_tx *tx, void *arg);
    void (*after_commit)(void *arg);
    void *arg;
};
void state_set_hooks(struct state *st, const struct state_hooks *hooks);
void state_tx_mark(struct state_tx *tx);

/* Handles are what the outside holds: a tag, a time-ordered row number and a 256-bit secret of
 * which only the SHA-256 is kept. Tags keep a handle of one kind from being tried as another. */
enum { HANDLE_LEN = 56 }; /* "s_" and 54 characters of base64url */

struct handle {
    char text[HANDLE_LEN]; /* no NUL; a secret: cookie or code, never logged */
};
static inline struct str handle_str(const struct handle *h)
{
    return str_from(h->text, sizeof h->text);
}

#endif
