/* table.h - what the tables of the recorded past have in common. Private to idp/history. */
#ifndef HISTORY_TABLE_H
#define HISTORY_TABLE_H

#include "state/sql.h"
#include "token/hash.h"

#define IN_FORCE INT64_MAX /* the end of what has none yet */

#define MARK_RULES  "rules"  /* the past of the rules can be told from then on */
#define MARK_PEOPLE "people" /* that of persons */
#define MARK_SEEN   "seen"   /* the watch heard changes then */
#define MARK_DUTIES "duties" /* latest check of incompatible pairs */

/* OTHERWISE when there is no such mark. */
NODISCARD err_t mark_get(struct state_tx *tx, const char *name, int64_t otherwise, int64_t *out);
NODISCARD err_t mark_put(struct state_tx *tx, const char *name, int64_t at);

/* Column COLUMN of ROW. Errors: STATE_BROKEN (another length). */
NODISCARD err_t digest_get(const struct sql_row *row, int column, unsigned char out[SHA256_LEN]);

static inline int64_t later_of(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
