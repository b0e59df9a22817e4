/* record.h - small things the record types share. Private to idp/state. */
#ifndef STATE_RECORD_H
#define STATE_RECORD_H

#include "state/handle.h"
#include "state/sql.h"

enum { ID_TRIES = 4 }; /* two rows born in one second with the same 30 bits of chance: try again */

/* Copies columns FIRST … FIRST + N - 1, all texts, into the arena. Errors: NO_MEMORY. */
NODISCARD err_t record_texts(struct arena *a, const struct sql_row *row, int first,
                             struct str *const *out, size_t n);
/* True if the 32 bytes in COLUMN are those. Constant time. */
bool record_hash_is(const struct sql_row *row, int column,
                    const unsigned char hash[HANDLE_HASH_LEN]);

#endif
