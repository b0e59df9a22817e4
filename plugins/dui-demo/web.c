#include "web.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS = 4, /* one may wait for the sign-in server while the others go on */
    CONNECTIONS = 200,
    IDLE_S = 20,
    BODY_MAX = 16 * 1024,
    URI_MAX = 16 * 1024,
    CONNECTION_MEMORY = 48 * 1024,
};

struct web {
    struct MHD_Daemon *daemon;
    const struct app *app;
    char csp[400];
};

struct field {
    const char *name;
    char value[FIELD_MAX + 1];
    size_t len;
    bool seen;
};

/* One request, from its first line to its last byte. */
struct exchange {
    char *uri; /* as it came */
    bool started, bad_form;
    size_t received;
    struct MHD_PostProcessor *form;
    struct field fields[3];
};

static const unsigned char style[] = {
#include "style.inc"
};

/* UTF-8 (jansson makes no string of anything else), without the controls that no form sends. */
static bool is_text(const char *s)
{
    json_t *j = json_string(s);
    bool fine = j != NULL;
    json_decref(j);
    for (; fine && *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        fine = (c >= 0x20 && c != 0x7F) || c == '\t' || c == '\r' || c == '\n';
    }
    return fine;
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
    (void)cls;
    (void)conn;
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->uri = strlen(uri) <= URI_MAX ? strdup(uri) : NULL;
    x->fields[0].name = "csrf";
    x->fields[1].name = "cible";
    x->fields[2].name = "texte";
    return x;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct exchange *x = *state;
    (void)cls;
    (void)conn;
    (void)how;
    if (x == NULL)
        return;
    if (x->form != NULL)
        MHD_destroy_post_processor(x->form);
    free(x->uri);
    explicit_bzero(x, sizeof *x);
    free(x);
    *state = NULL;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_field(void *cls, enum MHD_ValueKind kind, const char *key,
                                const char *filename, const char *type, const char *encoding,
                                const char *data, uint64_t offset, size_t size)
{
    struct exchange *x = cls;
    struct field *f = NULL;
    (void)kind;
    (void)type;
    (void)encoding;
    for (size_t i = 0; i < sizeof x->fields / sizeof x->fields[0]; i++)
        if (strcmp(x->fields[i].name, key) == 0)
            f = &x->fields[i];
    bool again = f != NULL && offset == 0 && f->seen && f->len > 0;
    if (f == NULL || filename != NULL || again || f->len + size > FIELD_MAX) {
        x->bad_form = true;
        return MHD_NO;
    }
    f->seen = true;
    if (size > 0)
        memcpy(f->value + f->len, data, size);
    f->len += size;
    return MHD_YES;
}

static void receive(struct exchange *x, const char *data, size_t len)
{
    x->received += len;
    bool readable = !x->bad_form && x->received <= BODY_MAX && x->form != NULL;
    x->bad_form = !readable || MHD_post_process(x->form, data, len) != MHD_YES;
}

static bool fields_are_text(const struct exchange *x)
{
    for (size_t i = 0; i < sizeof x->fields / sizeof x->fields[0]; i++)
        if (strlen(x->fields[i].value) != x->fields[i].len || !is_text(x->fields[i].value))
            return false;
    return true;
}

static const char *value_of(struct MHD_Connection *conn, enum MHD_ValueKind kind, const char *name)
{
    const char *v = MHD_lookup_connection_value(conn, kind, name);
    return v != NULL ? v : "";
}

static void put_headers(const struct web *w, const struct answer *a, struct MHD_Response *r)
{
    char cookie[200];
    const char *const headers[][2] = {
        { "Content-Type", a->type },
        { "Content-Security-Policy", w->csp },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Referrer-Policy", "same-origin" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cache-Control", a->type[5] == 'c' ? "max-age=3600" : "no-store" }, /* text/css */
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(r, headers[i][0], headers[i][1]);
    if (a->location != NULL)
        MHD_add_response_header(r, "Location", a->location);
    for (int i = 0; i < a->cookie_count; i++) {
        (void)snprintf(cookie, sizeof cookie, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax%s",
                       a->cookie_name[i], a->cookie_value[i],
                       a->cookie_value[i][0] == '\0' ? "; Max-Age=0" : "");
        MHD_add_response_header(r, "Set-Cookie", cookie);
    }
}

static enum MHD_Result send_answer(const struct web *w, struct MHD_Connection *conn,
                                   struct answer *a)
{
    static char nothing[] = "";
    struct MHD_Response *r = MHD_create_response_from_buffer(
        a->body.len, a->body.ptr != NULL ? a->body.ptr : nothing, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result queued = MHD_NO;
    if (r != NULL) {
        put_headers(w, a, r);
        queued = MHD_queue_response(conn, (unsigned)a->status, r);
        MHD_destroy_response(r);
    }
    out_free(&a->body);
    free(a->location);
    explicit_bzero(a, sizeof *a);
    return queued;
}

static enum MHD_Result send_style(const struct web *w, struct MHD_Connection *conn)
{
    struct answer a = { .status = 200, .type = "text/css; charset=utf-8" };
    out_raw(&a.body, (const char *)style);
    return send_answer(w, conn, &a);
}

static enum MHD_Result answer(const struct web *w, struct MHD_Connection *conn, const char *path,
                              bool post, struct exchange *x)
{
    struct answer a = { .status = 500 };
    const char *query = strchr(x->uri, '?');
    const struct request req = { .app = w->app,
                                 .post = post,
                                 .path = path,
                                 .query = query != NULL ? query + 1 : "",
                                 .to = value_of(conn, MHD_GET_ARGUMENT_KIND, "vers"),
                                 .state = value_of(conn, MHD_GET_ARGUMENT_KIND, "state"),
                                 .instance = value_of(conn, MHD_GET_ARGUMENT_KIND, "instance"),
                                 .until = value_of(conn, MHD_GET_ARGUMENT_KIND, "until"),
                                 .visit = value_of(conn, MHD_COOKIE_KIND, COOKIE_VISIT),
                                 .browser = value_of(conn, MHD_COOKIE_KIND, COOKIE_BROWSER),
                                 .done = value_of(conn, MHD_GET_ARGUMENT_KIND, "fait")[0] == '1',
                                 .csrf = x->fields[0].value,
                                 .target = x->fields[1].value,
                                 .text = x->fields[2].value,
                                 .bad_form = x->bad_form || !fields_are_text(x) };
    if (!post && strcmp(path, "/style.css") == 0)
        return send_style(w, conn);
    app_answer(&req, &a);
    return send_answer(w, conn, &a);
}

static enum MHD_Result refuse(const struct web *w, struct MHD_Connection *conn, int status)
{
    struct answer a = { .status = status, .type = "text/plain; charset=utf-8" };
    out_raw(&a.body, status == 405 ? "Méthode refusée.\n" : "Adresse trop longue.\n");
    return send_answer(w, conn, &a);
}

/* Called with the headers, then with each piece of the body, then once more when it is complete. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **state)
{
    const struct web *w = cls;
    struct exchange *x = *state;
    bool post = strcmp(method, "POST") == 0;
    (void)version;
    if (x == NULL)
        return MHD_NO;
    if (!x->started) {
        x->started = true;
        if (post)
            x->form = MHD_create_post_processor(conn, 4096, on_field, x);
        return MHD_YES;
    }
    if (*data_len > 0) {
        receive(x, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    if (x->uri == NULL)
        return refuse(w, conn, 414);
    if (!post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(w, conn, 405);
    if (x->form != NULL && MHD_destroy_post_processor(x->form) != MHD_YES)
        x->bad_form = true;
    x->bad_form = x->bad_form || (post && x->form == NULL);
    x->form = NULL;
    return answer(w, conn, url, post, x);
}

struct web *web_start(const struct web_options *o, const struct app *app)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(o->port) };
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL || inet_pton(AF_INET, o->address, &at.sin_addr) != 1) {
        free(w);
        return NULL;
    }
    w->app = app;
    (void)snprintf(w->csp, sizeof w->csp,
                   "default-src 'none'; style-src 'self'; form-action 'self' %s; base-uri 'none'; "
                   "frame-ancestors 'none'",
                   app->issuer);
    w->daemon = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, on_request, w,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_HTTPS_MEM_CERT, o->certificate,
        MHD_OPTION_HTTPS_MEM_KEY, o->key, MHD_OPTION_HTTPS_PRIORITIES,
        "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (w->daemon == NULL) {
        free(w);
        return NULL;
    }
    return w;
}

unsigned short web_port(const struct web *w)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info != NULL ? info->port : 0;
}

void web_stop(struct web *w)
{
    if (w == NULL)
        return;
    MHD_stop_daemon(w->daemon);
    free(w);
}
