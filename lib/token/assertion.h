/* assertion.h - a client proves who it is with a signed JWT (RFC 7523 section 3, the method
 * private_key_jwt of OpenID Connect Core 1.0 section 9).
 *
 * `iss` and `sub` are the client's id, `aud` is our issuer and nothing else (a string, or an array
 * of that one string: an assertion meant for two servers can be replayed at the other), `jti` is
 * there, and `exp` is at most five minutes ahead. Spending the `jti` once, until `exp`, is the
 * caller's: it needs the state store.
 */
#ifndef TOKEN_ASSERTION_H
#define TOKEN_ASSERTION_H

#include "token/jwt.h"

enum {
    ASSERTION_LIFE_MAX = 300, /* seconds from now to exp */
    ASSERTION_LEEWAY = 30,    /* seconds of tolerated clock difference */
    ASSERTION_JTI_MAX = 128,  /* bytes */
};

/* Which client claims to speak: `sub`, unverified, to find its keys with. Appended to OUT.
 * Errors: TOKEN_MALFORMED, TOKEN_FORGED (algorithm), NO_MEMORY, TOO_LARGE. */
NODISCARD err_t assertion_client(struct str assertion, struct buf *out);

struct assertion_expect {
    struct str client_id; /* must be both iss and sub */
    struct str issuer;    /* ours: must be the only aud */
    int64_t now;          /* seconds, UTC */
};
/* Errors: those of jwt_verify(); TOKEN_MALFORMED for a missing jti or a life that is too long.
 * The caller owns *out: jwt_done(). */
NODISCARD err_t assertion_verify(struct str assertion, const struct jwks *keys,
                                 const struct assertion_expect *want, struct jwt *out);
/* Makes one, for a client (libhabilis, the agent): appended to OUT, valid for 60 seconds. */
NODISCARD err_t assertion_sign(struct jws_signer *signer, const struct assertion_expect *claims,
                               struct buf *out);

#endif
