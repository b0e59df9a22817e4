/* es256.h - inside lib/token: a signature as r || s, the form of JOSE (RFC 7518 section 3.4), and
 * as DER, the form of OpenSSL (RFC 3279 section 2.2.3). Not for others. */
#ifndef TOKEN_ES256_H
#define TOKEN_ES256_H

#include "token/jws.h"

enum { ES256_COORD = 32, ES256_SIG = 64 }; /* bytes of x, y, r, s; of r || s */
enum { ES256_DER_MAX = 72 };               /* bytes: two 33-byte integers with their headers */

/* Errors: CRYPTO (not such a DER), NO_MEMORY. */
NODISCARD err_t es256_raw_of_der(const unsigned char *der, size_t len,
                                 unsigned char raw[ES256_SIG]);
NODISCARD err_t es256_der_of_raw(const unsigned char raw[ES256_SIG],
                                 unsigned char der[ES256_DER_MAX], size_t *len);

/* Signs TEXT as it is: the harnesses of tests make tokens with it that jws_sign() would not.
 * Errors: CRYPTO, NO_MEMORY. */
NODISCARD err_t es256_sign(const struct jws_signer *s, struct str text,
                           unsigned char raw[ES256_SIG]);

#endif
