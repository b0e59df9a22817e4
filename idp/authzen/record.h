/* record.h - decisions on their way to the journal.
 *
 * A refusal, and what the rules put under `trace` or an emergency allowed, is on the disk before the
 * answer leaves (record_now, on a worker: the state's writer puts those of all workers that wait into
 * one transaction). A sampled permit is queued and written within a second (record_soon).
 */
#ifndef AUTHZEN_RECORD_H
#define AUTHZEN_RECORD_H

#include "base/rng.h"
#include "journal/journal.h"

struct state;
struct decision_log; /* opaque; thread-safe */

/* Texts of the outside, cut to fit; empty: nothing to say. */
struct record {
    enum journal_event event;
    int64_t at_ms;
    char person[UUID_LEN];     /* zero bytes: nobody known */
    char assignment[UUID_LEN]; /* or emergency, that it rests on */
    bool has_person, has_assignment;
    char asked[65]; /* the subject's id, when nobody has it */
    char client[129], structure[101], session[37], network[65];
    char resource[101], action[65], id[129], reason[33], request[65], moment[21];
};

/* Cuts SRC to fit, between characters, without control characters. */
#define RECORD_PUT(field, src) record_put(field, sizeof(field), src)
void record_put(char *out, size_t cap, struct str src);

NODISCARD err_t decision_log_new(struct state *st, struct decision_log **out);
void decision_log_free(struct decision_log *r); /* writes what is queued; NULL is fine */

/* Blocks until all COUNT are on the disk. Errors: those of state_write(). */
NODISCARD err_t record_now(struct decision_log *r, const struct record *list, size_t count);
/* Never blocks; false when the queue is full: then it must be record_now(). */
bool record_soon(struct decision_log *r, const struct record *record);

#endif
