/* entry.h - the form in which a person is recorded. Private to idp/history.
 *
 *   {"id":"…","login":"…","active":true,"assignments":[{"id":"…","profile":"IDE","structure":"A-MAS",
 *    "start":1704146400,"end":1893538800,"contract":"CDD"}]}
 *
 * Instants are seconds; `end` is absent when there is none. The digest is the sum, modulo 2^256, of
 * the SHA-256 of each assignment and of the person without them: it does not depend on the order in
 * which they are told, so that everybody can be compared while the directory is read once.
 */
#ifndef HISTORY_ENTRY_H
#define HISTORY_ENTRY_H

#include "base/buf.h"
#include "directory/directory.h"
#include "token/hash.h"

enum { ENTRY_MAX = 2 * 1024 * 1024 }; /* bytes of the text */

/* Adds to DIGEST, which starts as zeros. Errors: BAD_UTF8, TOO_LARGE, NO_MEMORY, CRYPTO. */
NODISCARD err_t entry_digest_person(unsigned char digest[SHA256_LEN], const struct dir_person *p);
NODISCARD err_t entry_digest_assignment(unsigned char digest[SHA256_LEN],
                                        const struct dir_assignment *a);
/* The same of a person with all her assignments. */
NODISCARD err_t entry_digest(const struct dir_person *p, unsigned char digest[SHA256_LEN]);

void entry_write(struct buf *b, const struct dir_person *p);
/* What entry_write() wrote, into the arena. Errors: STATE_BROKEN, NO_MEMORY. */
NODISCARD err_t entry_read(struct arena *a, struct str text, struct dir_person *out);

#endif
