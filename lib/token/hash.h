/* hash.h - SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), in one call each.
 *
 * Errors: CRYPTO (OpenSSL refused; nothing the caller did). On failure OUT is unspecified. An HMAC
 * of text that somebody else chose is a secret: wipe it, and compare with ct_equal().
 */
#ifndef TOKEN_HASH_H
#define TOKEN_HASH_H

#include "base/str.h"

enum { SHA256_LEN = 32, SHA256_B64_LEN = 43 }; /* bytes; base64url characters */

NODISCARD err_t sha256(struct str data, unsigned char out[SHA256_LEN]);
/* base64url without padding, no NUL: how RFC 7636, RFC 7638 and `at_hash` write a digest. */
NODISCARD err_t sha256_b64(struct str data, char out[SHA256_B64_LEN]);
NODISCARD err_t hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_LEN]);

#endif
