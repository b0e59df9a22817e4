/* anchor.h - the file beside the database that says how far the journal goes.
 *
 *   "habilis-anchor-1 " seq, 20 digits " " hash, 64 hex " " mac, 64 hex "\n"      168 bytes
 *
 * Two such lines at most, written in turn: a write cut off by a power failure spoils one, and the
 * other still holds. The true line with the higher seq counts. Private to idp/journal.
 */
#ifndef JOURNAL_ANCHOR_H
#define JOURNAL_ANCHOR_H

#include "journal/chain.h"

enum anchor_file { ANCHOR_FILE_ABSENT, ANCHOR_FILE_TRUE, ANCHOR_FILE_FALSE };

/* KEY NULL: well-formed counts as true. An empty file is absent. Errors: IO. */
NODISCARD err_t anchor_read(const char *path, const unsigned char *key, enum anchor_file *state,
                            struct chain_point *out);

struct anchor {
    int fd; /* -1: closed */
    unsigned slot;
    unsigned char key[JOURNAL_KEY_LEN];
};
/* Creates the file, mode 0600, if there is none. Errors: IO. */
NODISCARD err_t anchor_open(struct anchor *a, const char *path,
                            const unsigned char key[JOURNAL_KEY_LEN]);
/* The file was moved away: starts a new one under the same name. Errors: IO. */
NODISCARD err_t anchor_reopen(struct anchor *a, const char *path);
/* Survives kill -9; a power cut too if SYNC. Errors: IO, CRYPTO. */
NODISCARD err_t anchor_write(struct anchor *a, const struct chain_point *point, bool sync);
void anchor_close(struct anchor *a); /* wipes the key */

#endif
