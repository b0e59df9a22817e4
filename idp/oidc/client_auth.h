/* client_auth.h - which application is calling the token endpoint, and proof of it.
 *
 *   client_secret_basic   RFC 6749 section 2.3.1: both halves form-encoded
 *   private_key_jwt       RFC 7523 section 3, aud = our issuer, jti spent once
 *
 * A client uses the one method it is registered for; two at once are refused (RFC 6749 section 2.3).
 */
#ifndef OIDC_CLIENT_AUTH_H
#define OIDC_CLIENT_AUTH_H

#include "http/http.h"
#include "registry/registry.h"
#include "service.h"

/* *out is borrowed from V. Errors: DENIED (whatever is wrong: the answer is one and the same, its
 * reason is in the log), and those of the state store. */
NODISCARD err_t client_authenticate(const struct view *v, struct http_request *req,
                                    const struct client **out);

#endif
