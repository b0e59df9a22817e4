#include "base/clock.h"
#include "base/secret.h"
#include "client/client.h"
#include "http/form.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 64 * 1024, URL_MAX = 32 * 1024 }; /* bytes; a URL may carry an ID token */

static const char *const status_names[] = {
    [HABILIS_OK] = "ok",
    [HABILIS_NO_MEMORY] = "out of memory",
    [HABILIS_MISUSE] = "an argument that cannot be right",
    [HABILIS_UNAVAILABLE] = "the sign-in server does not answer as it should",
    [HABILIS_UNTRUSTED] = "the sign-in server's certificate is not trusted",
    [HABILIS_NOT_GENUINE] = "not from the sign-in server, or not for this application",
    [HABILIS_REFUSED] = "the sign-in server refused",
    [HABILIS_EXPIRED] = "expired",
    [HABILIS_FAILED] = "internal failure",
};

const char *habilis_status_name(enum habilis_status status)
{
    return (unsigned)status < COUNT(status_names) ? status_names[status] : "unknown";
}

enum habilis_status status_of(err_t e)
{
    switch (e.code) {
    case ERR_OK:
        return HABILIS_OK;
    case ERR_NO_MEMORY:
        return HABILIS_NO_MEMORY;
    case ERR_PEER_UNTRUSTED:
        return HABILIS_UNTRUSTED;
    case ERR_TOKEN_EXPIRED:
        return HABILIS_EXPIRED;
    case ERR_CONFIG:
        return HABILIS_MISUSE;
    case ERR_DENIED:
        return HABILIS_REFUSED;
    default:
        break;
    }
    switch (err_class_of(e)) {
    case ERR_CLASS_UNAVAILABLE:
        return HABILIS_UNAVAILABLE;
    case ERR_CLASS_CALLER: /* what the browser or the server sent */
    case ERR_CLASS_DENIED:
        return HABILIS_NOT_GENUINE;
    case ERR_CLASS_INTERNAL:
    case ERR_CLASS_SUCCESS:
        break;
    }
    return HABILIS_FAILED;
}

static bool is_url(const char *text, bool insecure_http)
{
    struct str s = str_of(text);
    return s.len > 0 && str_is_printable(s) && !str_has_char(s, '#') && !str_has_char(s, ' ') &&
           (str_starts(s, STR("https://")) || (insecure_http && str_starts(s, STR("http://"))));
}

static bool config_is_sound(const struct habilis_config *c)
{
    bool plain = c->insecure_http == 1;
    bool has_secret = c->client_secret != NULL && c->client_secret[0] != '\0';
    return is_url(c->issuer, plain) && !str_has_char(str_of(c->issuer), '?') &&
           is_url(c->redirect_uri, plain) && c->client_id != NULL && c->client_id[0] != '\0' &&
           has_secret != (c->client_key_pem != NULL) && c->timeout_ms >= 0 &&
           (c->post_logout_uri == NULL || is_url(c->post_logout_uri, plain));
}

static err_t copy(struct arena *a, const char *text, const char *otherwise, const char **out)
{
    const char *from = text != NULL ? text : otherwise;
    return from != NULL ? arena_cstr(a, str_of(from), out) : ERR(OK);
}

static err_t fill(struct habilis *h, const struct habilis_config *c)
{
    const struct http_client_options options = { .ca_file = c->ca_file,
                                                 .total_ms = c->timeout_ms,
                                                 .plain_http = c->insecure_http == 1 };
    TRY(arena_new(CONFIG_MAX, &h->arena));
    TRY(copy(h->arena, c->client_id, NULL, &h->client_id));
    TRY(copy(h->arena, c->client_secret, NULL, &h->client_secret));
    TRY(copy(h->arena, c->redirect_uri, NULL, &h->redirect_uri));
    TRY(copy(h->arena, c->post_logout_uri, NULL, &h->post_logout_uri));
    TRY(copy(h->arena, c->audience, c->client_id, &h->audience));
    TRY(copy(h->arena, c->scope, "openid profile", &h->scope));
    if (c->client_key_pem != NULL) {
        err_t e = jws_signer_of_pem(str_of(c->client_key_pem), &h->signer);
        TRY(err_class_of(e) == ERR_CLASS_CALLER ? ERR(CONFIG) : e);
    }
    TRY(http_client_new(&options, &h->http));
    return provider_new(str_of(c->issuer), h->http, &h->provider);
}

enum habilis_status habilis_open(const struct habilis_config *config, struct habilis **out)
{
    if (config == NULL || out == NULL || config->size != sizeof *config || !config_is_sound(config))
        return HABILIS_MISUSE;
    struct habilis *h = calloc(1, sizeof *h);
    if (h == NULL)
        return HABILIS_NO_MEMORY;
    if (pthread_mutex_init(&h->own_lock, NULL) != 0) {
        free(h);
        return HABILIS_NO_MEMORY;
    }
    err_t e = fill(h, config);
    if (!err_ok(e)) {
        habilis_close(h);
        return status_of(e);
    }
    *out = h;
    return HABILIS_OK;
}

void habilis_close(struct habilis *h)
{
    if (h == NULL)
        return;
    provider_free(h->provider);
    http_client_free(h->http);
    jws_signer_free(h->signer);
    arena_free(h->arena);
    habilis_free(h->own_token);
    pthread_mutex_destroy(&h->own_lock);
    free(h);
}

static err_t write_logout(const struct habilis *h, const struct habilis_session *s,
                          const char *state, struct buf *b)
{
    struct str hint = str_of(s->text[HABILIS_ID_TOKEN]);
    bool has_query = str_has_char(buf_str(b), '?');
    buf_add_char(b, has_query ? '&' : '?');
    form_put(b, STR("client_id"), str_of(h->client_id));
    if (hint.len > 0)
        form_put(b, STR("id_token_hint"), hint);
    if (h->post_logout_uri != NULL)
        form_put(b, STR("post_logout_redirect_uri"), str_of(h->post_logout_uri));
    if (state != NULL)
        form_put(b, STR("state"), str_of(state));
    buf_add_char(b, '\0');
    return buf_err(b);
}

enum habilis_status habilis_logout_url(struct habilis *h, const struct habilis_session *s,
                                       const char *state, char **out)
{
    const struct provider_metadata *m = NULL;
    if (h == NULL || s == NULL || out == NULL)
        return HABILIS_MISUSE;
    err_t e = provider_metadata(h->provider, &m);
    if (err_ok(e) && m->end_session_endpoint == NULL)
        e = ERR(PEER_BAD_ANSWER);
    if (!err_ok(e))
        return status_of(e);
    struct buf b;
    buf_init(&b, URL_MAX);
    buf_add(&b, str_of(m->end_session_endpoint));
    e = write_logout(h, s, state, &b);
    if (err_ok(e)) {
        *out = strdup(b.ptr);
        e = *out != NULL ? ERR(OK) : ERR(NO_MEMORY);
    }
    buf_done(&b);
    return status_of(e);
}

void habilis_free(char *text)
{
    if (text != NULL)
        wipe(text, strlen(text));
    free(text);
}
