/* jwt.h - claims: JSON Web Tokens verified for one purpose each (RFC 7519, RFC 8725).
 *
 * A verifier says which kind of token it wants; no token of another kind passes, even if the same
 * issuer signed it (RFC 8725 section 3.11). Times are NumericDates, seconds since 1970-01-01 UTC;
 * fractions are cut. Nothing reads a clock.
 */
#ifndef TOKEN_JWT_H
#define TOKEN_JWT_H

#include "token/jws.h"

struct jwt_expect {
    struct str typ;      /* "at+jwt" (RFC 9068): exactly that. "JWT": that, or no typ at all */
    struct str issuer;   /* `iss` must be this, byte for byte; never empty */
    struct str audience; /* must be in `aud`; never empty, unless any_audience */
    bool any_audience;   /* the issuer itself reads its own token: `aud` is not looked at */
    int64_t now;         /* seconds, UTC */
    int64_t leeway;      /* seconds of tolerated clock difference, 0 to 300 */
};

struct jwt {
    struct json_t *claims; /* owned: the payload, an object */
    /* Borrowed from the claims: live as long as this struct. Empty or 0 when absent. */
    struct str iss, sub, jti, client_id, azp, nonce, acr, sid, scope, at_hash;
    int64_t exp, nbf, iat, auth_time;
};

/* Shape, algorithm, key, signature, and only then the payload: typ, iss, aud, exp (required, the
 * token is dead AT exp + leeway), nbf and iat (not in the future by more than the leeway).
 * A known claim of the wrong JSON type is TOKEN_MALFORMED.
 * Errors: TOKEN_MALFORMED, TOKEN_FORGED, TOKEN_UNKNOWN_KEY, TOKEN_WRONG_TYPE, TOKEN_WRONG_ISSUER,
 * TOKEN_WRONG_AUDIENCE, TOKEN_EXPIRED, TOKEN_NOT_YET, NO_MEMORY, CRYPTO. On failure *out is
 * untouched; otherwise the caller owns it: jwt_done(). */
NODISCARD err_t jwt_verify(struct str token, const struct jwks *keys, const struct jwt_expect *want,
                           struct jwt *out);
/* The same without the dates: for `id_token_hint` (OpenID Connect RP-Initiated Logout 1.0
 * section 2), which may have expired. `now` and `leeway` are not looked at. */
NODISCARD err_t jwt_verify_undated(struct str token, const struct jwks *keys,
                                   const struct jwt_expect *want, struct jwt *out);
void jwt_done(struct jwt *t); /* zeroed is fine */

/* True if AUDIENCE is the `aud` string or one of the `aud` array (RFC 7519 section 4.1.3). */
bool jwt_has_audience(const struct jwt *t, struct str audience);
/* A string claim; empty when absent or of another type. Borrowed from T. */
struct str jwt_text(const struct jwt *t, const char *name);
/* True if claim NAME is an array of strings that contains WORD. */
bool jwt_list_has(const struct jwt *t, const char *name, struct str word);

/* `at_hash` of an access token (OpenID Connect Core 1.0 section 3.1.3.6 with ES256): 22 base64url
 * characters, no NUL. Errors: CRYPTO. */
enum { JWT_AT_HASH_LEN = 22 };
NODISCARD err_t jwt_at_hash(struct str access_token, char out[JWT_AT_HASH_LEN]);

#endif
