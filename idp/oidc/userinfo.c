/* userinfo.c - who the bearer of an access token is (OpenID Connect Core 1.0 section 5.3, RFC 6750). */
#include "base/jsonw.h"
#include "oidc/claims.h"
#include "oidc/oidc.h"
#include "state/session.h"
#include "state/state.h"
#include "token/jwt.h"

enum { USERINFO_MAX = 8 * 1024 };

struct ask {
    struct service *svc;
    struct http_request *req;
    struct http_response *resp;
    struct jwt token;
};

/* RFC 6750 section 3: without a token no error code; the body says it in JSON as well. */
static err_t challenge(struct ask *a, int status, const char *error, const char *text)
{
    struct str header;
    if (error == NULL) {
        http_response_header(a->resp, "WWW-Authenticate", STR("Bearer realm=\"habilis\""));
        http_response_json_error(a->resp, status, "invalid_request", text);
        return ERR(OK);
    }
    TRY(arena_printf(a->req->arena, &header,
                     "Bearer realm=\"habilis\", error=\"%s\", error_description=\"%s\"", error,
                     text));
    http_response_header(a->resp, "WWW-Authenticate", header);
    http_response_json_error(a->resp, status, error, text);
    return ERR(OK);
}

static err_t session_job(struct state_tx *tx, void *arg)
{
    struct ask *a = arg;
    struct session session;
    return session_find_sid(tx, a->req->arena, a->token.sid, a->req->now, &session);
}

static err_t send_claims(struct ask *a, const struct dir_person *person)
{
    struct buf b;
    struct str body;
    buf_init(&b, USERINFO_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_str(&b, "sub", person->id);
    claims_person(&b, person, a->token.scope);
    jsonw_close(&b, '}');
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(a->req->arena, buf_str(&b), &body);
    buf_done(&b);
    TRY(e);
    http_response_json(a->resp, 200, body);
    return ERR(OK);
}

/* The token was good when it was made; session and account must still be. */
static err_t answer(struct ask *a)
{
    struct dir_person person;
    if (!str_in_list(a->token.scope, ' ', STR("openid")) || a->token.sid.len == 0)
        return challenge(a, 403, "insufficient_scope", "the scope openid is needed");
    err_t e = state_read(a->svc->state, session_job, a);
    if (e.code == ERR_NOT_FOUND)
        return challenge(a, 401, "invalid_token", "the session has ended");
    TRY(e);
    e = directory_person_by_id(a->svc->directory, a->req->arena, a->token.sub, &person);
    if (e.code == ERR_NOT_FOUND || (err_ok(e) && !person.active))
        return challenge(a, 401, "invalid_token", "the account is closed");
    TRY(e);
    return send_claims(a, &person);
}

static err_t run(struct ask *a)
{
    struct str header = http_header(a->req, "Authorization"), scheme;
    if (header.ptr == NULL)
        return challenge(a, 401, NULL, "a Bearer token is needed");
    if (!str_cut(&header, ' ', &scheme) || !str_eq_ignore_case(scheme, STR("Bearer")))
        return challenge(a, 401, NULL, "a Bearer token is needed");
    struct jwt_expect want = { .typ = STR_INIT("at+jwt"),
                               .issuer = a->svc->issuer,
                               .any_audience = true,
                               .now = a->req->now };
    err_t e = jwt_verify(header, a->svc->own_keys, &want, &a->token);
    if (err_class_of(e) == ERR_CLASS_CALLER || err_class_of(e) == ERR_CLASS_DENIED)
        return challenge(a, 401, "invalid_token", "the token is not valid any more, or never was");
    TRY(e);
    e = answer(a);
    jwt_done(&a->token);
    return e;
}

err_t oidc_userinfo(struct http_request *req, struct http_response *resp)
{
    struct ask a = { .svc = req->app, .req = req, .resp = resp };
    return run(&a);
}
