/* jws.h - JSON Web Signature, compact form, ES256 (RFC 7515; RFC 7518 section 3.4).
 *
 *   base64url(header) "." base64url(payload) "." base64url(r || s)      at most JWS_MAX bytes
 *
 * The algorithm is the verifier's, never the token's: there is one, and a header that names any
 * other ("none", HS256 with our public key as the secret) is refused before a key is looked up.
 * Refused too: `crit` (we implement no extension, RFC 7515 section 4.1.11), `b64`, a key inside
 * the header (`jwk`, `jku`, `x5u`, `x5c`: ignored as sources of keys, which come from the verifier
 * only), duplicate members, and text that is not the canonical base64url of its bytes.
 *
 * Signers may be shared by any number of threads.
 */
#ifndef TOKEN_JWS_H
#define TOKEN_JWS_H

#include "token/jwk.h"

#include <stdint.h>

enum { JWS_MAX = 16 * 1024, JWS_TYP_MAX = 32 }; /* bytes */

struct jws_signer; /* a private key, ready to sign */

/* Takes a reference to KEY, which must be an EC P-256 private key.
 * Errors: MALFORMED (another kind of key), NO_MEMORY, CRYPTO. */
NODISCARD err_t jws_signer_new(struct evp_pkey_st *key, struct jws_signer **out);
/* PKCS#8 or SEC1 PEM without a passphrase. Same errors, and TOO_LARGE (JWK_MAX). */
NODISCARD err_t jws_signer_of_pem(struct str pem, struct jws_signer **out);
/* A fresh key, for tests and tools. Errors: NO_MEMORY, CRYPTO. */
NODISCARD err_t jws_signer_generate(struct jws_signer **out);
void jws_signer_free(struct jws_signer *s); /* NULL is fine */

const struct jwk *jws_signer_jwk(const struct jws_signer *s); /* borrowed: the public half */
uint64_t jws_signer_count(const struct jws_signer *s);        /* signatures made since it was new */

/* Appends the token to OUT: header {"alg":"ES256","kid":…,"typ":TYP}, payload as given. TYP is
 * 1 to JWS_TYP_MAX characters of a media type ("at+jwt"), or empty for no `typ`.
 * Errors: MALFORMED (typ), TOO_LARGE (JWS_MAX, or what OUT may hold), NO_MEMORY, CRYPTO. On
 * failure OUT's contents are unspecified and its failure is not set. */
NODISCARD err_t jws_sign(struct jws_signer *s, struct str typ, struct str payload, struct buf *out);

/* The header of a token, and what it covers. Not to be believed before jws_check(). */
struct jws {
    struct str signed_part;      /* borrowed from the token: header "." payload */
    struct str payload;          /* borrowed from the token, still base64url */
    char kid[JWK_KID_MAX + 1];   /* NUL-terminated; empty: none */
    char typ[JWS_TYP_MAX + 1];   /* lower case, without "application/" (RFC 7515 section 4.1.9) */
    unsigned char signature[64]; /* r || s */
};

/* Reads the shape and the header; checks nothing against a key. *out borrows TOKEN.
 * Errors: TOKEN_MALFORMED, TOKEN_FORGED (an algorithm that is not ES256), NO_MEMORY. */
NODISCARD err_t jws_parse(struct str token, struct jws *out);

/* The key of KEYS that the token names, else, for a token without kid, the only key there is.
 * Errors: TOKEN_UNKNOWN_KEY; TOKEN_FORGED (the signature is not this key's), CRYPTO. */
NODISCARD err_t jws_check(const struct jws *jws, const struct jwks *keys);

/* Appends the decoded payload. Errors: TOKEN_MALFORMED, NO_MEMORY, TOO_LARGE. */
NODISCARD err_t jws_payload(const struct jws *jws, struct buf *out);

#endif
