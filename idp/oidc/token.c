/* token.c - the token endpoint (RFC 6749 section 3.2): a code, or a client's own name, for tokens. */
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "config/config.h"
#include "journal/journal.h"
#include "keys/keys.h"
#include "oidc/claims.h"
#include "oidc/client_auth.h"
#include "oidc/oidc.h"
#include "state/code.h"
#include "state/session.h"
#include "state/state.h"
#include "token/pkce.h"

#include <string.h>

enum { ANSWER_MAX = 48 * 1024 };

/* One call of the endpoint. */
struct exchange {
    struct service *svc;
    struct http_request *req;
    struct http_response *resp;
    const struct view *view;
    const struct client *client;
    struct code code;
    err_t verdict;   /* of the code: OK, NOT_FOUND, CODE_SPENT, DENIED */
    const char *why; /* for the client's developer */
    int64_t session_ends;
    struct grant grant;
};

/* ---- answers ---- */

static err_t oauth_error(struct exchange *x, int status, const char *error, const char *text)
{
    http_response_json_error(x->resp, status, error, text);
    http_response_header(x->resp, "Pragma", STR("no-cache"));
    return ERR(OK);
}

/* RFC 6749 section 5.2: 401, and the scheme that the client may have used. */
static err_t unknown_client(struct exchange *x)
{
    http_response_header(x->resp, "WWW-Authenticate", STR("Basic realm=\"habilis\""));
    return oauth_error(x, 401, "invalid_client", "client authentication failed");
}

static err_t send_tokens(struct exchange *x, struct str access, struct str id)
{
    struct buf b;
    struct str body;
    buf_init(&b, ANSWER_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_str(&b, "access_token", access);
    jsonw_str(&b, "token_type", STR("Bearer"));
    jsonw_int(&b, "expires_in", x->grant.expires - x->grant.now);
    jsonw_str_if(&b, "id_token", id);
    jsonw_str(&b, "scope", x->grant.scope);
    jsonw_close(&b, '}');
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(x->req->arena, buf_str(&b), &body);
    buf_done(&b);
    TRY(e);
    http_response_json(x->resp, 200, body);
    http_response_header(x->resp, "Pragma", STR("no-cache"));
    return ERR(OK);
}

/* ---- journal ---- */

static struct journal_entry entry_of(const struct exchange *x, enum journal_event event,
                                     const struct journal_datum *data)
{
    return (struct journal_entry){ .event = event,
                                   .at_ms = clock_now_ms(),
                                   .actor = x->code.person,
                                   .client = x->client->id,
                                   .structure = x->code.structure,
                                   .session = x->code.sid,
                                   .network = str_of(x->req->peer.network),
                                   .data = data };
}

/* ---- the code ---- */

static const char *check_code(const struct exchange *x)
{
    if (!str_eq(x->code.client_id, x->client->id))
        return "the code was issued to another client";
    if (!str_eq(x->code.redirect_uri, http_form(x->req, "redirect_uri")))
        return "redirect_uri is not the one of the authorization request";
    if (!err_ok(pkce_check(http_form(x->req, "code_verifier"), x->code.challenge)))
        return "code_verifier does not match";
    return NULL;
}

/* A verdict about the code is no failure of the store. */
static bool is_verdict(err_t e)
{
    return err_ok(e) || e.code == ERR_NOT_FOUND || e.code == ERR_CODE_SPENT;
}

/* Reads code and session; nothing is spent yet, so that a directory that is away costs the person
 * nothing: the application may try again. */
static err_t look_job(struct state_tx *tx, void *arg)
{
    struct exchange *x = arg;
    struct session session;
    x->verdict = code_look(tx, x->req->arena, http_form(x->req, "code"), x->req->now, &x->code);
    if (!err_ok(x->verdict))
        return is_verdict(x->verdict) ? ERR(OK) : x->verdict;
    x->why = check_code(x);
    x->verdict = session_find_sid(tx, x->req->arena, x->code.sid, x->req->now, &session);
    x->session_ends = session.expires;
    return is_verdict(x->verdict) ? ERR(OK) : x->verdict;
}

/* Whoever had the code first may be a thief: the session that both rest on ends
 * (RFC 6749 section 4.1.2). */
static err_t replayed_job(struct state_tx *tx, struct exchange *x)
{
    struct journal_entry entry =
        entry_of(x, JOURNAL_CODE_REPLAYED, JOURNAL_DATA({ "family", x->code.family }));
    err_t e = session_end_sid(tx, x->code.sid);
    if (!err_ok(e) && e.code != ERR_NOT_FOUND)
        return e;
    return journal_append(tx, &entry);
}

/* Spends the code; *verdict as code_take() says. What another client brings is not its own: nothing of
 * it is told. */
static err_t spend(struct state_tx *tx, struct exchange *x)
{
    struct code code;
    x->verdict = code_take(tx, x->req->arena, http_form(x->req, "code"), x->req->now, &code);
    if (!is_verdict(x->verdict))
        return x->verdict;
    bool known = x->verdict.code != ERR_NOT_FOUND;
    x->code = known && str_eq(code.client_id, x->client->id) ? code : (struct code){ .acr = 0 };
    return x->verdict.code == ERR_CODE_SPENT && x->code.sid.len > 0 ? replayed_job(tx, x) : ERR(OK);
}

/* Returns OK whatever the verdict, so that a code that was shown once stays spent. */
static err_t refuse_job(struct state_tx *tx, void *arg)
{
    struct exchange *x = arg;
    TRY(spend(tx, x));
    struct journal_entry entry = entry_of(
        x, JOURNAL_TOKEN_REFUSED,
        JOURNAL_DATA({ "error", STR_INIT("invalid_grant") }, { "reason", str_of(x->why) }));
    return journal_append(tx, &entry);
}

static err_t refuse_grant(struct exchange *x, const char *why)
{
    x->why = why;
    TRY(state_write(x->svc->state, refuse_job, x));
    return oauth_error(x, 400, "invalid_grant", why);
}

static const char code_is_nothing[] = "the code is unknown, expired or already used";

/* The code is spent and the tokens are told of in one transaction, after they were made: of any number
 * of callers one is answered with them. */
static err_t issue_job(struct state_tx *tx, void *arg)
{
    struct exchange *x = arg;
    TRY(spend(tx, x));
    if (!err_ok(x->verdict))
        return ERR(OK);
    struct journal_entry entry = entry_of(
        x, JOURNAL_TOKEN_ISSUED,
        JOURNAL_DATA({ "jti", str_from(x->grant.jti, UUID_LEN) }, { "family", x->code.family }));
    return journal_append(tx, &entry);
}

static err_t make_grant(struct exchange *x, const struct dir_person *person,
                        const struct places *places)
{
    char jti[UUID_LEN];
    int64_t life = x->req->now + x->svc->config->token_lifetime;
    uuid_v4(jti);
    x->grant = (struct grant){ .client_id = x->client->id,
                               .audience = x->client->application,
                               .scope = x->code.scope,
                               .nonce = x->code.nonce,
                               .sid = x->code.sid,
                               .amr = x->code.amr,
                               .person = person,
                               .place = places_find(places, x->code.structure),
                               .acr = x->code.acr,
                               .auth_time = x->code.auth_time,
                               .now = x->req->now,
                               .expires = life < x->session_ends ? life : x->session_ends };
    memcpy(x->grant.jti, jti, sizeof jti);
    return x->grant.place == NULL ? ERR(DENIED) : ERR(OK);
}

static err_t sign_and_send(struct exchange *x)
{
    struct arena *a = x->req->arena;
    struct str payload, access, id;
    TRY(claims_access(x->svc, x->view, a, &x->grant, &payload));
    TRY(keys_sign(x->svc->keys, a, STR("at+jwt"), payload, &access));
    TRY(claims_id(x->svc, a, &x->grant, access, &payload));
    TRY(keys_sign(x->svc->keys, a, STR("JWT"), payload, &id));
    TRY(state_write(x->svc->state, issue_job, x));
    return err_ok(x->verdict) ? send_tokens(x, access, id)
                              : oauth_error(x, 400, "invalid_grant", code_is_nothing);
}

/* The person as she is now: an assignment that ended a second ago gives nothing any more. */
static err_t exchange_for(struct exchange *x)
{
    struct dir_person person;
    struct places places;
    err_t e = directory_person_by_id(x->svc->directory, x->req->arena, x->code.person, &person);
    if (e.code == ERR_NOT_FOUND || (err_ok(e) && !person.active))
        return refuse_grant(x, "the account is closed");
    TRY(e);
    TRY(rights_places(x->view, x->req->arena, &person, x->req->now, &places));
    e = make_grant(x, &person, &places);
    if (err_ok(e))
        e = sign_and_send(x);
    return e.code == ERR_DENIED ? refuse_grant(x, "no assignment at this structure any more") : e;
}

static err_t grant_code(struct exchange *x)
{
    if (http_form(x->req, "code").len == 0)
        return oauth_error(x, 400, "invalid_request", "code is missing");
    TRY(state_read(x->svc->state, look_job, x));
    if (!err_ok(x->verdict))
        return refuse_grant(x, code_is_nothing);
    return x->why != NULL ? refuse_grant(x, x->why) : exchange_for(x);
}

/* ---- a client in its own name ---- */

/* What speaks of a person means nothing here. */
static bool is_personal(struct str scope)
{
    return str_in_list(STR("openid profile email"), ' ', scope);
}

static bool may_ask(const struct client *client, struct str scope)
{
    struct str word;
    while (str_next(&scope, ' ', &word))
        if (!str_in_list(client->scope, ' ', word) || is_personal(word))
            return false;
    return true;
}

/* Asked for nothing: all that is registered (RFC 6749 section 3.3, the default of our choice). */
static err_t default_scope(struct arena *a, const struct client *client, struct str *out)
{
    struct str rest = client->scope, word;
    struct buf b;
    buf_init(&b, rest.len + 1);
    while (str_next(&rest, ' ', &word)) {
        if (word.len == 0 || is_personal(word))
            continue;
        if (b.len > 0)
            buf_add_char(&b, ' ');
        buf_add(&b, word);
    }
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(a, buf_str(&b), out);
    buf_done(&b);
    return e;
}

/* Nothing is stored: the token is short, names its client, and gives no person's rights. */
static err_t grant_client(struct exchange *x)
{
    char jti[UUID_LEN];
    struct str payload, access, scope = http_form(x->req, "scope");
    if (!may_ask(x->client, scope))
        return oauth_error(x, 400, "invalid_scope", "this client may not ask for that scope");
    if (scope.len == 0)
        TRY(default_scope(x->req->arena, x->client, &scope));
    uuid_v4(jti);
    x->grant = (struct grant){ .client_id = x->client->id,
                               .audience = x->client->application,
                               .scope = scope,
                               .now = x->req->now,
                               .expires = x->req->now + x->svc->config->token_lifetime };
    memcpy(x->grant.jti, jti, sizeof jti);
    TRY(claims_client(x->svc, x->req->arena, &x->grant, &payload));
    TRY(keys_sign(x->svc->keys, x->req->arena, STR("at+jwt"), payload, &access));
    return send_tokens(x, access, STR(""));
}

/* ---- the endpoint ---- */

static const struct grant_row {
    const char *name;
    enum client_grant bit;
    err_t (*run)(struct exchange *x);
} grants[] = {
    { "authorization_code", CLIENT_GRANT_CODE, grant_code },
    { "client_credentials", CLIENT_GRANT_CREDENTIALS, grant_client },
};

/* A client's own token is a hash and a signature: made where the request arrived. A code, or a client's
 * assertion that is spent, needs the state. */
static bool needs_worker(const struct http_request *req)
{
    return http_form(req, "client_assertion").ptr != NULL ||
           !str_eq(http_form(req, "grant_type"), STR("client_credentials"));
}

static err_t run(struct exchange *x)
{
    struct str type = http_form(x->req, "grant_type");
    err_t e = client_authenticate(x->view, x->req, &x->client);
    if (e.code == ERR_DENIED)
        return unknown_client(x);
    TRY(e);
    if (type.len == 0)
        return oauth_error(x, 400, "invalid_request", "grant_type is missing");
    for (size_t i = 0; i < COUNT(grants); i++) {
        if (!str_eq(type, str_of(grants[i].name)))
            continue;
        if ((x->client->grants & (unsigned)grants[i].bit) == 0)
            return oauth_error(x, 400, "unauthorized_client", "not registered for this grant");
        return grants[i].run(x);
    }
    return oauth_error(x, 400, "unsupported_grant_type", NULL);
}

err_t oidc_token(struct http_request *req, struct http_response *resp)
{
    struct exchange x = { .svc = req->app, .req = req, .resp = resp, .verdict = ERR(OK) };
    if (!req->on_worker && needs_worker(req)) {
        http_response_later(resp);
        return ERR(OK);
    }
    x.view = registry_take(x.svc->registry);
    err_t e = run(&x);
    registry_give(x.svc->registry, x.view);
    return e;
}
