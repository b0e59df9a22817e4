/* search.h - who may, and what may she: the same decisions asked the other way round.
 *
 * Every result was decided by engine_decide(): nothing here knows the rules. What is skipped without a
 * decision cannot be a permit. Results that carry obligations are permits all the same: ask again with
 * the decision when that matters.
 */
#ifndef ENGINE_SEARCH_H
#define ENGINE_SEARCH_H

#include "base/arena.h"
#include "engine/engine.h"

/* ---- persons kept as numbers, for those who keep many ---- */

/* An assignment whose codes were looked up in the snapshot, ENGINE_NONE for what it lacks. */
struct engine_held {
    int profile, structure;
    int64_t start, end;
};

/* LIST in byte order of the assignments' ids. */
struct engine_numbered {
    struct str id, login;
    bool active;
    const struct engine_held *list;
    size_t count;
    const struct engine_emergency *emergencies;
    size_t emergency_count;
};

/* The same subject as engine_person_resolve() makes of the same assignments in that order: some tens of
 * nanoseconds. SIZE at least engine_numbered_size(). Errors: TOO_LARGE (SIZE too small). */
size_t engine_numbered_size(const struct engine_numbered *p);
NODISCARD err_t engine_numbered_resolve(const struct snapshot *s, const struct engine_numbered *p,
                                        void *memory, size_t size, struct engine_subject **out);

/* ---- who can ---- */

/* What of Q (subject apart) is the same for everybody: made once, tried on each assignment. */
struct engine_sieve; /* opaque; lives in the arena it was made in, as long as the snapshot */
/* Errors: NOT_FOUND (nobody can: resource, action or structure unknown), NO_MEMORY. */
NODISCARD err_t engine_sieve_new(const struct snapshot *s, const struct engine_question *q,
                                 struct arena *a, struct engine_sieve **out);
/* False: this assignment gives no permit to anybody. True: decide. */
bool engine_sieve_lets(const struct engine_sieve *x, const struct engine_held *h);

/* ---- what can she ---- */

/* The actions of Q's resource that SUBJECT may do (Q->action is not looked at), by number
 * (engine_action_at()); at most CAP are written, how many there are is returned. */
size_t engine_what_can(const struct snapshot *s, const struct engine_subject *subject,
                       const struct engine_question *q, int *out, size_t cap);
/* The structures where SUBJECT has the right of Q (Q->structure is not looked at), in pre-order. */
size_t engine_where_can(const struct snapshot *s, const struct engine_subject *subject,
                        const struct engine_question *q, int *out, size_t cap);

#endif
