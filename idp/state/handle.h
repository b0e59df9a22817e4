/* handle.h - making and reading handles (state.h). Private to idp/state.
 *
 *   TAG "_" base64url(id, 8 bytes big-endian || secret, 32 bytes)
 *
 * The id is the row's key: the instant of birth in its high bits, so that rows born together lie
 * together, and chance below. It is no secret. The secret's SHA-256, over the tag too, is stored;
 * 256 random bits need no salt and no slow hash.
 */
#ifndef STATE_HANDLE_H
#define STATE_HANDLE_H

#include "state/state.h"

enum handle_tag { HANDLE_SESSION = 's', HANDLE_CODE = 'c', HANDLE_BROWSER = 'b' };

enum { HANDLE_HASH_LEN = 32, HANDLE_SECRET_LEN = 32 };

struct handle_row {
    int64_t id;
    unsigned char hash[HANDLE_HASH_LEN];
};

int64_t handle_id(int64_t now); /* for a new row born at NOW; positive */

/* A new secret for the row OUT->id. Errors: CRYPTO. */
NODISCARD err_t handle_make(enum handle_tag tag, struct handle *text, struct handle_row *out);

/* The same with a secret that the caller made. */
NODISCARD err_t handle_of(enum handle_tag tag, const unsigned char secret[HANDLE_SECRET_LEN],
                          struct handle *text, struct handle_row *out);

/* *valid false: not a handle of that kind. *out is then an id and a hash that no row has, so that
 * the caller goes through the same look-up. Errors: CRYPTO. */
NODISCARD err_t handle_read(enum handle_tag tag, struct str text, struct handle_row *out,
                            bool *valid);

#endif
