/* bearer.h - which client calls: its access token (RFC 6750), verified once and then remembered.
 *
 * What is remembered is the digest of the token, until it expires; the client is looked up in the
 * registry every time, so that one that was removed is refused at once. A token must be one that the
 * client got in its own name, for its own application, with the scope `authzen`.
 */
#ifndef AUTHZEN_BEARER_H
#define AUTHZEN_BEARER_H

#include "http/http.h"
#include "registry/registry.h"
#include "service.h"

struct bearer_cache; /* opaque; thread-safe */

NODISCARD err_t bearer_cache_new(struct bearer_cache **out);
void bearer_cache_free(struct bearer_cache *c); /* NULL is fine */

struct bearer_refusal {
    int status;        /* 401 or 403; 0: not refused */
    const char *error; /* of RFC 6750 section 3.1; NULL: no token was sent */
    const char *text;
};
/* *out is borrowed from V; NULL when *refusal says why. Errors: CRYPTO, NO_MEMORY. */
NODISCARD err_t bearer_client(struct bearer_cache *cache, const struct service *svc,
                              const struct view *v, const struct http_request *req,
                              const struct client **out, struct bearer_refusal *refusal);

#endif
