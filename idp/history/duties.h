/* duties.h - people who hold two profiles that one person may not hold for overlapping periods.
 *
 * Such a pair never changes a decision (docs/access-model.md section 4). It is refused when assigning
 * (habilisctl load) and looked for over the whole base each night, future overlaps included: a journal
 * record for each that is new, one for each that is over, and a count for the metrics.
 */
#ifndef HISTORY_DUTIES_H
#define HISTORY_DUTIES_H

#include "directory/directory.h"
#include "engine/engine.h"
#include "state/state.h"

#include <stdatomic.h>

/* Two assignments of one person; A's profile comes first in byte order. Borrowed for the call. */
struct duties_finding {
    const struct dir_person *person;
    const struct dir_assignment *a, *b;
    struct str reason;   /* of the rule, for people */
    int64_t from, until; /* [from, until[: both at once; UNTIL INT64_MAX: no end is known */
};
typedef err_t duties_fn(void *ctx, const struct duties_finding *finding);

/* The pairs of P that overlap now or later, in the order of her assignments; none of a person who is
 * suspended. FN's first failure ends it and is returned. */
NODISCARD err_t duties_of_person(const struct snapshot *s, const struct dir_person *p, int64_t now,
                                 duties_fn *fn, void *ctx);

/* Everybody. Memory: some 40 bytes for each assignment of a profile that some rule names. STOP (may
 * be NULL) set by another thread ends it with OVERLOADED. Errors: those of directory.h and of FN. */
NODISCARD err_t duties_find(struct directory *d, const struct snapshot *s, int64_t now,
                            const atomic_bool *stop, duties_fn *fn, void *ctx);

/* ---- the nightly check ---- */

/* Is the check of the latest HOUR o'clock in Paris still to be made, the last one having been made at
 * LAST (0: never)? HOUR 0 to 23. */
bool duties_is_due(int64_t now, int64_t last, int hour);
/* When it was last made to its end, by any node on this database; 0: never. */
NODISCARD err_t duties_last(struct state_tx *tx, int64_t *out);

/* duties_find(), then journals `duties_conflict` for each finding that was not known and
 * `duties_resolved` for each known one that is no more. *count: findings there are. */
NODISCARD err_t duties_check(struct state *st, struct directory *d, const struct snapshot *s,
                             int64_t now, const atomic_bool *stop, int64_t *count);
/* Findings of the last check. */
NODISCARD err_t duties_count(struct state_tx *tx, int64_t *out);

#endif
