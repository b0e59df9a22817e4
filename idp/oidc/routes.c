#include "oidc/oidc.h"

enum { AUTHORIZE_MAX = 16 * 1024, TOKEN_MAX = 16 * 1024 }; /* bytes of a body */

const struct http_route oidc_routes[] = {
    { HTTP_GET, "/.well-known/openid-configuration", oidc_discovery, HTTP_INLINE | HTTP_API,
      HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/.well-known/oauth-authorization-server", oidc_discovery, HTTP_INLINE | HTTP_API,
      HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/jwks", oidc_jwks, HTTP_INLINE | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/authorize", oidc_authorize, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, "/authorize", oidc_authorize, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM,
      AUTHORIZE_MAX },
    { HTTP_POST, "/token", oidc_token, HTTP_INLINE | HTTP_API, HTTP_BODY_FORM, TOKEN_MAX },
    { HTTP_GET, "/userinfo", oidc_userinfo, HTTP_WORKER | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_POST, "/userinfo", oidc_userinfo, HTTP_WORKER | HTTP_API, HTTP_BODY_FORM, TOKEN_MAX },
    { HTTP_GET, "/end-session", oidc_end_session, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, "/end-session", oidc_end_session, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM,
      AUTHORIZE_MAX },
};
const size_t oidc_route_count = sizeof oidc_routes / sizeof oidc_routes[0];
