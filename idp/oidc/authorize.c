/* authorize.c - the authorization endpoint: checks first, then answer at once or begin a sign-in.
 *
 * Until client_id and redirect_uri are known to belong together, nothing is sent anywhere: the person
 * gets a page (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11). After that every error goes to the
 * application, with state and iss.
 */
#include "base/access.h"
#include "login/login.h"
#include "oidc/oidc.h"
#include "token/pkce.h"

#include <string.h>

enum { PARAMETER_MAX = 2048, SCOPE_MAX = 512 }; /* bytes */

/* What goes back to the application; error NULL: none. */
struct refusal {
    const char *error, *description;
};

#define REFUSE(e, d) ((struct refusal){ e, d })
static const struct refusal nothing_wrong = { NULL, NULL };

static struct str parameter(const struct call *c, const char *name)
{
    return c->req->method == HTTP_POST ? http_form(c->req, name) : http_query(c->req, name);
}

/* ---- one check each ---- */

static struct refusal check_response_type(const struct call *c, struct auth_request *r)
{
    (void)r;
    struct str type = parameter(c, "response_type");
    if (type.len == 0)
        return REFUSE("invalid_request", "response_type is missing");
    if (!str_eq(type, STR("code")))
        return REFUSE("unsupported_response_type", "only response_type=code");
    struct str mode = parameter(c, "response_mode");
    return mode.ptr == NULL || str_eq(mode, STR("query"))
               ? nothing_wrong
               : REFUSE("invalid_request", "only response_mode=query");
}

static struct refusal check_unsupported(const struct call *c, struct auth_request *r)
{
    (void)r;
    if (parameter(c, "request").ptr != NULL)
        return REFUSE("request_not_supported", "request objects are not supported");
    if (parameter(c, "request_uri").ptr != NULL)
        return REFUSE("request_uri_not_supported", "request_uri is not supported");
    return nothing_wrong;
}

static struct refusal check_state(const struct call *c, struct auth_request *r)
{
    if (r->state.len > PARAMETER_MAX)
        return REFUSE("invalid_request", "state is too long");
    r->nonce = parameter(c, "nonce");
    r->has_nonce = r->nonce.ptr != NULL;
    return r->nonce.len > PARAMETER_MAX ? REFUSE("invalid_request", "nonce is too long")
                                        : nothing_wrong;
}

/* RFC 7636 section 4.3, RFC 9700 section 2.1.1: always, S256 only. */
static struct refusal check_pkce(const struct call *c, struct auth_request *r)
{
    r->challenge = parameter(c, "code_challenge");
    if (r->challenge.len == 0)
        return REFUSE("invalid_request", "code_challenge is missing");
    if (!str_eq(parameter(c, "code_challenge_method"), STR("S256")))
        return REFUSE("invalid_request", "code_challenge_method must be S256");
    return pkce_is_challenge(r->challenge)
               ? nothing_wrong
               : REFUSE("invalid_request", "code_challenge is malformed");
}

/* What is asked for and registered. The rest is left out, and the answer's `scope` says so
 * (RFC 6749 section 3.3; OpenID Connect Core 1.0 section 3.1.2.1: unknown values are ignored). */
static err_t common_scope(struct arena *a, struct str asked, struct str registered, struct str *out)
{
    struct str word;
    struct buf b;
    buf_init(&b, SCOPE_MAX);
    while (str_next(&asked, ' ', &word)) {
        if (word.len == 0 || !str_in_list(registered, ' ', word) ||
            str_in_list(buf_str(&b), ' ', word))
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

static struct refusal check_scope(const struct call *c, struct auth_request *r)
{
    const struct client *client = view_client(c->view, r->client_id);
    struct str asked = parameter(c, "scope");
    if (asked.len > SCOPE_MAX)
        return REFUSE("invalid_scope", "scope is too long");
    if (!err_ok(common_scope(c->arena, asked, client->scope, &r->scope)))
        return REFUSE("server_error", "no memory");
    return str_in_list(r->scope, ' ', STR("openid"))
               ? nothing_wrong
               : REFUSE("invalid_scope", "scope must contain openid");
}

static struct refusal check_prompt(const struct call *c, struct auth_request *r, bool *none)
{
    struct str rest = parameter(c, "prompt"), word;
    bool other = false;
    *none = false;
    while (str_next(&rest, ' ', &word)) {
        if (str_eq(word, STR("none")))
            *none = true;
        else if (str_eq(word, STR("login")))
            r->prompt_login = other = true;
        else if (str_eq(word, STR("select_account")))
            r->prompt_structure = other = true;
        else if (str_eq(word, STR("consent")))
            other = true; /* first-party applications: there is nothing to consent to */
        else
            return REFUSE("invalid_request", "unknown prompt value");
    }
    return *none && other ? REFUSE("invalid_request", "prompt=none goes with nothing else")
                          : nothing_wrong;
}

static struct refusal check_max_age(const struct call *c, struct auth_request *r)
{
    const struct client *client = view_client(c->view, r->client_id);
    struct str text = parameter(c, "max_age");
    r->max_age = client->max_age;
    if (text.ptr == NULL)
        return nothing_wrong;
    if (!str_to_i64(text, &r->max_age) || r->max_age < 0)
        return REFUSE("invalid_request", "max_age is not a number of seconds");
    return nothing_wrong;
}

/* In order of preference; the first that exists here is what is asked for (OpenID Connect Core 1.0
 * section 3.1.2.1). A level that no method reaches cannot be promised. */
static struct refusal check_acr(const struct call *c, struct auth_request *r)
{
    struct str rest = parameter(c, "acr_values"), word;
    bool asked = false;
    r->acr = ACCESS_EIDAS1;
    while (str_next(&rest, ' ', &word)) {
        enum access_acr level = access_acr_of(word);
        asked = asked || level == ACCESS_EIDAS3;
        if (level == ACCESS_EIDAS1 || level == ACCESS_EIDAS2) {
            r->acr = (int)level;
            return nothing_wrong;
        }
    }
    return asked ? REFUSE("unmet_authentication_requirements", "no method here reaches eidas3")
                 : nothing_wrong;
}

static struct refusal check_hints(const struct call *c, struct auth_request *r)
{
    r->login_hint = parameter(c, "login_hint");
    if (r->login_hint.len > DIR_LOGIN_MAX || !str_is_printable(r->login_hint))
        r->login_hint = STR(""); /* a hint, no more */
    return nothing_wrong;
}

static struct refusal check_all(const struct call *c, struct auth_request *r, bool *none)
{
    static struct refusal (*const checks[])(const struct call *, struct auth_request *) = {
        check_unsupported, check_response_type, check_state, check_scope,
        check_pkce,        check_max_age,       check_acr,   check_hints,
    };
    for (size_t i = 0; i < COUNT(checks); i++) {
        struct refusal found = checks[i](c, r);
        if (found.error != NULL)
            return found;
    }
    return check_prompt(c, r, none);
}

/* ---- answers ---- */

static err_t refuse(struct call *c, const struct auth_request *r, struct refusal why)
{
    struct str uri;
    TRY(auth_response_error(c->arena, r, c->svc->issuer, why.error, why.description, &uri));
    call_redirect(c, uri);
    return ERR(OK);
}

/* Which error prompt=none gives for the step that is due (OpenID Connect Core 1.0 section 3.1.2.6). */
static struct refusal silent_refusal(const char *due)
{
    if (strcmp(due, "refused") == 0)
        return REFUSE("access_denied", "this person has no assignment now");
    if (strcmp(due, "structure") == 0 || strcmp(due, "identity") == 0)
        return REFUSE("account_selection_required", NULL);
    if (strcmp(due, "charter") == 0 || strcmp(due, "enrol") == 0)
        return REFUSE("interaction_required", NULL);
    return REFUSE("login_required", NULL);
}

static err_t answer(struct call *c, const struct auth_request *r, bool none)
{
    struct login l;
    const char *due = NULL;
    TRY(login_try_session(c, r, &l, &due));
    if (due == NULL) {
        err_t e = login_answer_from_session(&l);
        if (e.code != ERR_NOT_FOUND) /* ended between two statements: sign in again */
            return e;
        due = "password";
    }
    return none ? refuse(c, r, silent_refusal(due)) : login_begin(c, r, true);
}

/* An unknown client or address: told to the person, since there is nobody else to tell. */
static const char *check_client(const struct call *c, struct auth_request *r)
{
    r->client_id = parameter(c, "client_id");
    r->redirect_uri = parameter(c, "redirect_uri");
    const struct client *client = view_client(c->view, r->client_id);
    if (client == NULL || (client->grants & CLIENT_GRANT_CODE) == 0)
        return "client_id: unknown application";
    if (!client_has_redirect_uri(client, r->redirect_uri))
        return "redirect_uri: not registered for this application";
    return NULL;
}

static err_t authorize(struct call *c)
{
    struct auth_request r = { .max_age = -1 };
    bool none = false;
    const char *wrong = check_client(c, &r);
    if (wrong != NULL)
        return call_problem(c, 400, wrong);
    r.state = parameter(c, "state");
    r.has_state = r.state.ptr != NULL;
    struct refusal why = check_all(c, &r, &none);
    if (why.error != NULL && r.state.len > PARAMETER_MAX)
        r.has_state = false;
    return why.error != NULL ? refuse(c, &r, why) : answer(c, &r, none);
}

err_t oidc_authorize(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, authorize);
}
