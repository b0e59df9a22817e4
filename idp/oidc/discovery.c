/* discovery.c - what this provider can do; nothing is promised that is not done. */
#include "base/buf.h"
#include "base/jsonw.h"
#include "keys/keys.h"
#include "oidc/oidc.h"
#include "service.h"

enum { METADATA_MAX = 8 * 1024, URI_MAX = 2048, CACHE_S = 300 };

static void endpoint(struct buf *b, const char *name, struct str issuer, const char *path)
{
    struct buf uri;
    buf_init(&uri, URI_MAX);
    buf_add(&uri, issuer);
    buf_add(&uri, str_of(path));
    jsonw_str(b, name, buf_str(&uri));
    buf_done(&uri);
}

static void list(struct buf *b, const char *name, const char *words)
{
    struct str rest = str_of(words), word;
    jsonw_open(b, name, '[');
    while (str_next(&rest, ' ', &word))
        jsonw_str(b, NULL, word);
    jsonw_close(b, ']');
}

static void metadata(struct buf *b, struct str issuer)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "issuer", issuer);
    endpoint(b, "authorization_endpoint", issuer, "/authorize");
    endpoint(b, "token_endpoint", issuer, "/token");
    endpoint(b, "userinfo_endpoint", issuer, "/userinfo");
    endpoint(b, "jwks_uri", issuer, "/jwks");
    endpoint(b, "end_session_endpoint", issuer, "/end-session");
    list(b, "scopes_supported", "openid profile email");
    list(b, "response_types_supported", "code");
    list(b, "response_modes_supported", "query");
    list(b, "grant_types_supported", "authorization_code client_credentials");
    list(b, "subject_types_supported", "public");
    list(b, "id_token_signing_alg_values_supported", "ES256");
    list(b, "token_endpoint_auth_methods_supported", "client_secret_basic private_key_jwt");
    list(b, "token_endpoint_auth_signing_alg_values_supported", "ES256");
    list(b, "code_challenge_methods_supported", "S256");
    list(b, "acr_values_supported", "eidas1 eidas2");
    list(b, "prompt_values_supported", "none login select_account");
    list(b, "ui_locales_supported", "fr en");
    list(b, "claims_supported",
         "sub iss aud exp iat auth_time acr amr sid nonce name given_name family_name "
         "preferred_username email structure entitlements");
    jsonw_bool(b, "authorization_response_iss_parameter_supported", true);
    jsonw_bool(b, "claims_parameter_supported", false);
    jsonw_bool(b, "request_parameter_supported", false);
    jsonw_bool(b, "request_uri_parameter_supported", false);
    jsonw_close(b, '}');
}

err_t oidc_discovery(struct http_request *req, struct http_response *resp)
{
    const struct service *svc = req->app;
    struct buf b;
    struct str body;
    buf_init(&b, METADATA_MAX);
    metadata(&b, svc->issuer);
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(req->arena, buf_str(&b), &body);
    buf_done(&b);
    TRY(e);
    http_response_json(resp, 200, body);
    http_response_cacheable(resp, CACHE_S);
    http_response_header(resp, "Access-Control-Allow-Origin", STR("*"));
    return ERR(OK);
}

err_t oidc_jwks(struct http_request *req, struct http_response *resp)
{
    const struct service *svc = req->app;
    http_response_json(resp, 200, keys_jwks(svc->keys));
    http_response_cacheable(resp, CACHE_S);
    http_response_header(resp, "Access-Control-Allow-Origin", STR("*"));
    return ERR(OK);
}
