/* pkce.h - proof key for code exchange, S256 only (RFC 7636).
 *
 * The method "plain" does not exist here: RFC 9700 section 2.1.1 wants S256.
 */
#ifndef TOKEN_PKCE_H
#define TOKEN_PKCE_H

#include "base/str.h"

enum { PKCE_CHALLENGE_LEN = 43, PKCE_VERIFIER_LEN = 43 }; /* of a challenge; of our verifiers */

/* True for the form of an S256 challenge: 43 canonical base64url characters (section 4.2). */
bool pkce_is_challenge(struct str challenge);

/* A fresh verifier: 256 random bits in base64url (section 4.1). No NUL. */
void pkce_verifier(char out[PKCE_VERIFIER_LEN]);

/* Errors: MALFORMED (not 43 to 128 unreserved characters, section 4.1), CRYPTO. No NUL. */
NODISCARD err_t pkce_challenge(struct str verifier, char out[PKCE_CHALLENGE_LEN]);

/* Section 4.6. Errors: MALFORMED (the verifier's form), DENIED (another verifier), CRYPTO. */
NODISCARD err_t pkce_check(struct str verifier, struct str challenge);

#endif
