/* login.c - the authorization code flow, from the client's side (OpenID Connect Core 1.0 section 3.1,
 * RFC 6749 section 4.1, RFC 7636, RFC 9207). */
#include "base/clock.h"
#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "client/client.h"
#include "http/form.h"
#include "token/assertion.h"
#include "token/hash.h"
#include "token/json.h"
#include "token/pkce.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHANCE = 32, /* random bytes of state and nonce */
    URL_MAX = 8 * 1024,
    QUERY_MAX = 8 * 1024,
    FORM_MAX = 16 * 1024,
    ANSWER_MAX = 64 * 1024,
    ERROR_MAX = 64,
    LIFE_MAX = 3600, /* seconds: an opaque access token is not kept longer */
};

struct habilis_login {
    char state[BASE64URL_LEN(CHANCE) + 1];
    char nonce[BASE64URL_LEN(CHANCE) + 1];
    char verifier[PKCE_VERIFIER_LEN];
    char error[ERROR_MAX + 1];
    char *url;
    int64_t max_age;
    bool finished;
};

static void random_text(char out[BASE64URL_LEN(CHANCE) + 1])
{
    unsigned char chance[CHANCE];
    rng_fill(chance, sizeof chance);
    base64url_encode(out, chance, sizeof chance);
    out[BASE64URL_LEN(CHANCE)] = '\0';
    wipe(chance, sizeof chance);
}

static void put_if(struct buf *b, struct str name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        form_put(b, name, str_of(value));
}

static err_t write_url(const struct habilis *h, const char *endpoint,
                       const struct habilis_login_options *o, const struct habilis_login *l,
                       struct buf *b)
{
    char challenge[PKCE_CHALLENGE_LEN];
    TRY(pkce_challenge(str_from(l->verifier, sizeof l->verifier), challenge));
    buf_add(b, str_of(endpoint));
    buf_add_char(b, str_has_char(str_of(endpoint), '?') ? '&' : '?');
    form_put(b, STR("response_type"), STR("code"));
    form_put(b, STR("client_id"), str_of(h->client_id));
    form_put(b, STR("redirect_uri"), str_of(h->redirect_uri));
    form_put(b, STR("scope"), str_of(h->scope));
    form_put(b, STR("state"), str_of(l->state));
    form_put(b, STR("nonce"), str_of(l->nonce));
    form_put(b, STR("code_challenge"), str_from(challenge, sizeof challenge));
    form_put(b, STR("code_challenge_method"), STR("S256"));
    put_if(b, STR("acr_values"), o->acr_values);
    put_if(b, STR("prompt"), o->prompt);
    put_if(b, STR("login_hint"), o->login_hint);
    put_if(b, STR("ui_locales"), o->ui_locales);
    if (o->max_age > 0) {
        buf_add(b, STR("&max_age="));
        buf_add_i64(b, o->max_age);
    }
    buf_add_char(b, '\0');
    return buf_err(b);
}

static err_t prepare(struct habilis *h, const struct habilis_login_options *o,
                     struct habilis_login *l)
{
    const struct provider_metadata *m = NULL;
    struct buf b;
    TRY(provider_metadata(h->provider, &m));
    random_text(l->state);
    random_text(l->nonce);
    pkce_verifier(l->verifier);
    l->max_age = o->max_age;
    buf_init(&b, URL_MAX);
    err_t e = write_url(h, m->authorization_endpoint, o, l, &b);
    if (err_ok(e)) {
        l->url = strdup(b.ptr);
        e = l->url != NULL ? ERR(OK) : ERR(NO_MEMORY);
    } else if (e.code == ERR_TOO_LARGE) {
        e = ERR(CONFIG);
    }
    buf_done(&b);
    return e;
}

enum habilis_status habilis_login_start(struct habilis *h,
                                        const struct habilis_login_options *options,
                                        struct habilis_login **out)
{
    const struct habilis_login_options none = { .size = sizeof none };
    const struct habilis_login_options *o = options != NULL ? options : &none;
    if (h == NULL || out == NULL || o->size != sizeof *o || o->max_age < 0)
        return HABILIS_MISUSE;
    struct habilis_login *l = calloc(1, sizeof *l);
    if (l == NULL)
        return HABILIS_NO_MEMORY;
    err_t e = prepare(h, o, l);
    if (!err_ok(e)) {
        habilis_login_free(l);
        return status_of(e);
    }
    *out = l;
    return HABILIS_OK;
}

const char *habilis_login_url(const struct habilis_login *login) { return login->url; }
const char *habilis_login_state(const struct habilis_login *login) { return login->state; }
const char *habilis_login_error(const struct habilis_login *login) { return login->error; }

void habilis_login_free(struct habilis_login *login)
{
    if (login == NULL)
        return;
    free(login->url);
    wipe(login, sizeof *login);
    free(login);
}

/* RFC 6749 section 4.1.2.1: an error is printable ASCII without quotes; anything else is not one. */
static void keep_error(struct habilis_login *l, struct str error)
{
    size_t n = 0;
    for (; n < error.len && n < ERROR_MAX; n++) {
        char c = error.ptr[n];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        l->error[n] = fine ? c : '?';
    }
    l->error[n] = '\0';
}

/* State first: an answer to a question that was not ours is not looked at further. */
static err_t check_callback(const struct habilis *h, struct habilis_login *l, bool needs_iss,
                            const struct form *f, struct str *code)
{
    struct str iss = form_get(f, STR("iss")), error = form_get(f, STR("error"));
    if (!ct_str_equal(form_get(f, STR("state")), str_of(l->state)))
        return ERR(TOKEN_FORGED);
    if (iss.ptr == NULL ? needs_iss : !str_eq(iss, provider_issuer(h->provider)))
        return ERR(TOKEN_WRONG_ISSUER); /* RFC 9207 section 2.4 */
    if (error.len > 0) {
        keep_error(l, error);
        return ERR(DENIED);
    }
    *code = form_get(f, STR("code"));
    return code->len > 0 ? ERR(OK) : ERR(MALFORMED);
}

static err_t put_client(const struct habilis *h, struct buf *form)
{
    struct buf assertion;
    if (h->signer == NULL)
        return ERR(OK);
    const struct assertion_expect claims = { .client_id = str_of(h->client_id),
                                             .issuer = provider_issuer(h->provider),
                                             .now = clock_now() };
    buf_init(&assertion, JWS_MAX);
    err_t e = assertion_sign(h->signer, &claims, &assertion);
    if (err_ok(e)) {
        form_put(form, STR("client_id"), str_of(h->client_id));
        form_put(form, STR("client_assertion_type"),
                 STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        form_put(form, STR("client_assertion"), buf_str(&assertion));
    }
    buf_done(&assertion);
    return e;
}

/* RFC 6749 section 2.3.1: id and secret are form-encoded before Basic. */
static err_t encoded(const char *text, struct buf *out)
{
    url_part(out, str_of(text));
    buf_add_char(out, '\0');
    return buf_err(out);
}

static err_t post_form(struct habilis *h, const char *endpoint, const char *form,
                       struct http_result *r)
{
    struct http_call call = { .url = endpoint, .form = form, .body_max = ANSWER_MAX };
    struct buf user, password;
    buf_init(&user, FORM_MAX);
    buf_init(&password, FORM_MAX);
    err_t e = ERR(OK);
    if (h->signer == NULL) {
        e = encoded(h->client_id, &user);
        if (err_ok(e))
            e = encoded(h->client_secret, &password);
        call.user = user.ptr;
        call.password = password.ptr;
    }
    if (err_ok(e))
        e = http_client_call(h->http, &call, r);
    buf_done(&user);
    buf_done(&password);
    return e.code == ERR_MALFORMED ? ERR(PEER_BAD_ANSWER) : e;
}

err_t token_request(struct habilis *h, struct buf *form, struct http_result *r)
{
    const struct provider_metadata *m = NULL;
    TRY(provider_metadata(h->provider, &m));
    TRY(put_client(h, form));
    buf_add_char(form, '\0');
    TRY(buf_err(form));
    return post_form(h, m->token_endpoint, form->ptr, r);
}

static err_t exchange(struct habilis *h, const struct habilis_login *l, struct str code,
                      struct http_result *r)
{
    struct buf form;
    buf_init(&form, FORM_MAX);
    form_put(&form, STR("grant_type"), STR("authorization_code"));
    form_put(&form, STR("code"), code);
    form_put(&form, STR("redirect_uri"), str_of(h->redirect_uri));
    form_put(&form, STR("code_verifier"), str_from(l->verifier, sizeof l->verifier));
    err_t e = token_request(h, &form, r);
    buf_done(&form);
    return e;
}

/* A 400 or 401 with an error is the server's word; any other failure is the server's trouble. */
static err_t refused(struct habilis_login *l, int status, const json_t *answer)
{
    struct str error;
    if (status >= 500 || !json_text(answer, "error", &error))
        return status >= 500 ? ERR(PEER_DOWN) : ERR(PEER_BAD_ANSWER);
    keep_error(l, error);
    return ERR(DENIED);
}

static err_t read_answer(const json_t *answer, int64_t now, struct session_source *s)
{
    struct str type;
    const json_t *life = json_object_get(answer, "expires_in");
    if (!json_text(answer, "token_type", &type) || !str_eq_ignore_case(type, STR("Bearer")) ||
        !json_text(answer, "access_token", &s->access_token) || s->access_token.len == 0 ||
        !json_text(answer, "id_token", &s->id_token) || s->id_token.len == 0)
        return ERR(PEER_BAD_ANSWER);
    json_int_t seconds = json_is_integer(life) ? json_integer_value(life) : 0;
    s->expires = now + (seconds > 0 && seconds < LIFE_MAX ? seconds : LIFE_MAX);
    return ERR(OK);
}

static err_t make_session(struct habilis *h, struct habilis_login *l, const struct http_result *r,
                          struct habilis_session **out)
{
    json_t *answer = NULL;
    struct session_source from = { .nonce = str_of(l->nonce),
                                   .max_age = l->max_age,
                                   .now = clock_now() };
    err_t e = json_read(buf_str(&r->body), ANSWER_MAX, &answer);
    if (!err_ok(e))
        return e.code == ERR_NO_MEMORY ? e
               : r->status >= 500      ? ERR(PEER_DOWN)
                                       : ERR(PEER_BAD_ANSWER);
    e = r->status == 200 ? read_answer(answer, from.now, &from) : refused(l, r->status, answer);
    if (err_ok(e))
        e = session_new(h, &from, out);
    json_decref(answer);
    return e;
}

static err_t finish(struct habilis *h, struct habilis_login *l, struct arena *a, struct str query,
                    struct habilis_session **out)
{
    struct form form;
    struct str code;
    struct http_result r;
    const struct provider_metadata *m = NULL;
    if (query.len > QUERY_MAX)
        return ERR(TOO_LARGE);
    TRY(form_parse(a, query, false, &form));
    TRY(provider_metadata(h->provider, &m));
    TRY(check_callback(h, l, m->sends_iss, &form, &code));
    TRY(exchange(h, l, code, &r));
    err_t e = make_session(h, l, &r, out);
    buf_done(&r.body);
    return e;
}

enum habilis_status habilis_login_finish(struct habilis *h, struct habilis_login *login,
                                         const char *query, struct habilis_session **out)
{
    struct arena *a = NULL;
    if (h == NULL || login == NULL || query == NULL || out == NULL || login->finished)
        return HABILIS_MISUSE;
    login->finished = true;
    err_t e = arena_new(ARENA_DEFAULT_MAX, &a);
    if (err_ok(e))
        e = finish(h, login, a, str_of(query), out);
    arena_free(a);
    /* A dead ID token is as bad as a forged one here: nobody is signed in either way. */
    return e.code == ERR_TOKEN_EXPIRED ? HABILIS_NOT_GENUINE : status_of(e);
}
