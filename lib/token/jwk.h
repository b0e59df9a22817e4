/* jwk.h - public keys for ES256: EC P-256 as JWK (RFC 7517, RFC 7518 section 6.2) or PEM.
 *
 * Only what verifies ES256 becomes a key. A single JWK of another kind is refused; in a set it is
 * skipped, since a set may carry keys for others (RFC 7517 section 5). A JWK with a private part
 * is never accepted: whoever sent it has leaked it.
 *
 * A key and a set are immutable once made and may be shared by any number of threads.
 */
#ifndef TOKEN_JWK_H
#define TOKEN_JWK_H

#include "base/buf.h"
#include "base/str.h"

struct jwk;
struct jwks;
struct json_t;      /* jansson */
struct evp_pkey_st; /* EVP_PKEY of OpenSSL */

enum {
    JWK_MAX = 4 * 1024,   /* bytes of one JWK or PEM */
    JWKS_MAX = 64 * 1024, /* bytes of a set */
    JWKS_MAX_KEYS = 32,   /* members of "keys", usable or not */
    JWK_KID_MAX = 128,    /* bytes of a kid: printable ASCII */
    JWK_THUMBPRINT_LEN = 43,
};

/* One JWK. Duplicate members, a point not on the curve, a coordinate that is not exactly 32 bytes
 * of canonical base64url, a private part, `use` other than sig, `alg` other than ES256 and
 * `key_ops` without verify are MALFORMED. Errors: MALFORMED, TOO_LARGE, NO_MEMORY, CRYPTO. */
NODISCARD err_t jwk_parse(struct str json, struct jwk **out);
NODISCARD err_t jwk_of_json(const struct json_t *object, struct jwk **out); /* the same, parsed */
/* "BEGIN PUBLIC KEY" (SubjectPublicKeyInfo). Same errors. */
NODISCARD err_t jwk_of_pem(struct str pem, struct jwk **out);
/* The public half of KEY, whatever KEY holds; takes no reference. Same errors. */
NODISCARD err_t jwk_of_pkey(const struct evp_pkey_st *key, struct jwk **out);
void jwk_free(struct jwk *k); /* NULL is fine */

/* The `kid` that came with the key, else its thumbprint (RFC 7638, SHA-256). Borrowed from K. */
struct str jwk_kid(const struct jwk *k);
struct str jwk_thumbprint(const struct jwk *k);

/* Appends {"kty":"EC","crv":"P-256","x":…,"y":…,"kid":…,"use":"sig","alg":"ES256"}. */
void jwk_put(const struct jwk *k, struct buf *out);

/* An empty set; keys are added before it is shared. Errors: NO_MEMORY. */
NODISCARD err_t jwks_new(struct jwks **out);
/* {"keys":[…]}. Errors: MALFORMED (not such an object), TOO_LARGE (bytes or keys), DUPLICATE (two
 * usable keys with one kid), NO_MEMORY. A set without one usable key is accepted, and empty. */
NODISCARD err_t jwks_parse(struct str json, struct jwks **out);
NODISCARD err_t jwks_of_json(const struct json_t *object, struct jwks **out);
void jwks_free(struct jwks *s); /* NULL is fine */

/* Takes K, also on failure. Errors: TOO_LARGE (JWKS_MAX_KEYS), DUPLICATE (kid). */
NODISCARD err_t jwks_add(struct jwks *s, struct jwk *k);

size_t jwks_count(const struct jwks *s);
const struct jwk *jwks_at(const struct jwks *s, size_t i);         /* borrowed */
const struct jwk *jwks_find(const struct jwks *s, struct str kid); /* NULL when not there */
void jwks_put(const struct jwks *s, struct buf *out);              /* appends {"keys":[…]} */

#endif
