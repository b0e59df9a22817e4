/* claims.h - what our tokens say.
 *
 * Access tokens after RFC 9068: the audience is the application's code; `structure` and
 * `entitlements` (grammar: lib/token/entitlement.h) speak for the active structure only.
 */
#ifndef OIDC_CLAIMS_H
#define OIDC_CLAIMS_H

#include "base/rng.h"
#include "login/rights.h"
#include "service.h"

/* Everything that the tokens of one answer say. Texts are borrowed. */
struct grant {
    struct str client_id, audience, scope, nonce, sid, amr;
    const struct dir_person *person;
    const struct place *place;
    int acr;
    int64_t auth_time, now;
    int64_t expires;        /* of the access token; cut by claims_access() */
    char jti[UUID_LEN + 1]; /* of the access token */
};

enum { CLAIMS_MAX = 12 * 1024 }; /* bytes: with its signature a token fits in JWS_MAX */

/* The payload of the access token. Cuts g->expires to what it rests on; DENIED when nothing is left.
 * Errors: those of rights_entitlements(), TOO_LARGE. */
NODISCARD err_t claims_access(const struct service *svc, const struct view *v, struct arena *a,
                              struct grant *g, struct str *out);
/* The payload of the ID token (OpenID Connect Core 1.0 section 2). */
NODISCARD err_t claims_id(const struct service *svc, struct arena *a, const struct grant *g,
                          struct str access_token, struct str *out);
/* name, given_name… as far as SCOPE asks for them (OpenID Connect Core 1.0 section 5.4). */
void claims_person(struct buf *b, const struct dir_person *p, struct str scope);

/* A client that speaks for itself. */
NODISCARD err_t claims_client(const struct service *svc, struct arena *a, const struct grant *g,
                              struct str *out);

#endif
