/* oidc.h - the OpenID provider's endpoints (OpenID Connect Core 1.0, OAuth 2.0 after RFC 9700).
 *
 *   /.well-known/openid-configuration   OpenID Connect Discovery 1.0, RFC 8414
 *   /jwks                               RFC 7517
 *   /authorize                          authorization code with PKCE S256 only
 *   /token                              authorization_code, client_credentials
 *   /userinfo                           OpenID Connect Core 1.0 section 5.3
 *   /end-session                        OpenID Connect RP-Initiated Logout 1.0
 */
#ifndef OIDC_OIDC_H
#define OIDC_OIDC_H

#include "http/http.h"

extern const struct http_route oidc_routes[];
extern const size_t oidc_route_count;

NODISCARD err_t oidc_discovery(struct http_request *req, struct http_response *resp);
NODISCARD err_t oidc_jwks(struct http_request *req, struct http_response *resp);
NODISCARD err_t oidc_authorize(struct http_request *req, struct http_response *resp);
NODISCARD err_t oidc_token(struct http_request *req, struct http_response *resp);
NODISCARD err_t oidc_userinfo(struct http_request *req, struct http_response *resp);
NODISCARD err_t oidc_end_session(struct http_request *req, struct http_response *resp);

#endif
