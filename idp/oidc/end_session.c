/* end_session.c - an application asks to sign the person out (OpenID RP-Initiated Logout 1.0).
 *
 * With an id_token_hint that we signed for the session of this browser the person is signed out at
 * once; otherwise she is asked first (section 6: anybody can send her here). She is sent back only
 * to an address that the application has registered.
 */
#include "login/login.h"
#include "oidc/oidc.h"
#include "token/jwt.h"

#include <string.h>

struct leave {
    struct call *c;
    const struct client *client; /* who asks; NULL: not known */
    bool hinted;                 /* the hint is of this browser's session */
    struct str uri, state;       /* where to go on; uri empty: our own page */
};

static struct str parameter(const struct call *c, const char *name)
{
    return c->req->method == HTTP_POST ? http_form(c->req, name) : http_query(c->req, name);
}

/* `aud` is checked against the clients we know, so any is accepted here. */
static err_t read_hint(struct leave *l, struct str hint)
{
    struct call *c = l->c;
    struct jwt token = { .claims = NULL };
    struct jwt_expect want = { .typ = STR_INIT("JWT"),
                               .issuer = c->svc->issuer,
                               .any_audience = true };
    err_t e = jwt_verify_undated(hint, c->svc->own_keys, &want, &token);
    if (!err_ok(e))
        return err_class_of(e) == ERR_CLASS_INTERNAL ? e : ERR(OK); /* no hint, then */
    for (size_t i = 0; i < c->view->client_count && l->client == NULL; i++)
        if (jwt_has_audience(&token, c->view->clients[i].id))
            l->client = &c->view->clients[i];
    l->hinted = c->signed_in && str_eq(token.sid, c->session.sid) && l->client != NULL;
    jwt_done(&token);
    return ERR(OK);
}

/* False: what the application says contradicts itself, or is not registered. */
static bool understand(struct leave *l)
{
    struct call *c = l->c;
    struct str id = parameter(c, "client_id");
    struct str uri = parameter(c, "post_logout_redirect_uri");
    if (id.ptr != NULL && l->client != NULL && !str_eq(id, l->client->id))
        return false;
    if (l->client == NULL)
        l->client = view_client(c->view, id);
    if (uri.len == 0)
        return true;
    if (l->client == NULL || !client_has_post_logout_uri(l->client, uri))
        return false;
    l->uri = uri;
    l->state = parameter(c, "state");
    return true;
}

static err_t go_on(struct leave *l)
{
    struct buf b;
    struct str uri;
    if (l->uri.len == 0)
        return call_page(l->c, 200, "signed_out", json_pack("{s:s}", "sign_in_url", "/"));
    buf_init(&b, 8192);
    buf_add(&b, l->uri);
    if (l->state.len > 0)
        uri_add(&b, "state", l->state);
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(l->c->arena, buf_str(&b), &uri);
    buf_done(&b);
    TRY(e);
    call_redirect(l->c, uri);
    return ERR(OK);
}

static void carry(json_t *hidden, const char *name, struct str value)
{
    if (value.len > 0)
        json_array_append_new(hidden,
                              json_pack("{s:s, s:o}", "name", name, "value", call_json(value)));
}

static err_t ask(struct leave *l)
{
    struct call *c = l->c;
    char csrf[CALL_CSRF_LEN + 1];
    TRY(call_csrf(c, csrf));
    json_t *hidden = json_array();
    if (l->client != NULL)
        carry(hidden, "client_id", l->client->id);
    carry(hidden, "post_logout_redirect_uri", l->uri);
    carry(hidden, "state", l->state);
    if (l->uri.len > 0)
        http_response_form_action(c->resp, l->uri);
    json_t *data = json_pack("{s:s, s:s, s:o, s:o}", "action", "/end-session", "csrf", csrf,
                             "person", call_json(c->session.login), "hidden", hidden);
    call_put(data, "stay_url", STR("/"));
    return call_page(c, 200, "confirm_sign_out", data);
}

static bool is_confirmed(struct leave *l)
{
    return l->c->req->method == HTTP_POST &&
           str_eq(http_form(l->c->req, "decision"), STR("sign_out")) &&
           call_csrf_ok(l->c, http_form(l->c->req, "csrf"));
}

static err_t end_session(struct call *c)
{
    struct leave l = { .c = c };
    struct str hint = parameter(c, "id_token_hint");
    if (hint.len > 0)
        TRY(read_hint(&l, hint));
    if (!understand(&l))
        return call_problem(c, 400,
                            "post_logout_redirect_uri: not registered for this application");
    if (c->signed_in && !l.hinted && !is_confirmed(&l))
        return ask(&l);
    if (c->signed_in)
        TRY(call_end_session(c));
    return go_on(&l);
}

err_t oidc_end_session(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, end_session);
}
