/* table.h - the journal's rows. Private to idp/journal. */
#ifndef JOURNAL_TABLE_H
#define JOURNAL_TABLE_H

#include "journal/chain.h"
#include "state/sql.h"

/* The last record; seq 0 and zeros when there is none. */
NODISCARD err_t table_tail(struct state_tx *tx, struct chain_point *out);
/* Errors: STATE_BROKEN (a hash of another length). The texts borrow ROW. */
NODISCARD err_t table_record(const struct sql_row *row, struct journal_record *out);
/* Column COLUMN of ROW. Errors: STATE_BROKEN (not 32 bytes). */
NODISCARD err_t table_hash(const struct sql_row *row, int column,
                           unsigned char out[JOURNAL_HASH_LEN]);

#endif
