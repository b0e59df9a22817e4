#include "base/clock.h"
#include "http/accept_language.h"
#include "http/cookie.h"
#include "http/internal.h"

#include <jansson.h>
#include <string.h>

struct exchange *exchange_new(struct http_server *s, struct MHD_Connection *conn, const char *uri)
{
    struct arena *a = NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == NULL || info->socket_context == NULL || !err_ok(arena_new(ARENA_DEFAULT_MAX, &a)))
        return NULL;
    struct exchange *x = arena_alloc(a, sizeof *x);
    if (x == NULL || !err_ok(arena_str(a, str_of(uri), &x->uri))) {
        arena_free(a);
        return NULL;
    }
    x->req.arena = a;
    x->req.app = s->site.app;
    x->req.now = clock_now();
    x->req.start_ms = clock_mono_ms();
    x->server = s;
    x->conn = conn;
    x->watch = info->socket_context;
    x->uri_at = uri;
    response_init(&x->resp, &x->req);
    buf_init(&x->body, HTTP_BODY_LIMIT);
    return x;
}

void exchange_free(struct exchange *x)
{
    struct arena *a = x->req.arena; /* X itself is in it */
    buf_done(&x->body);
    json_decref(x->json);
    arena_free(a);
}

static void refuse(struct exchange *x, int status, err_t why)
{
    if (x->refused != 0)
        return;
    x->refused = status;
    x->why = why;
}

/* ---- headers ---- */

/* Fields that have one value and decide something: a second one is an attack or a mistake. */
static bool is_single(struct str name)
{
    static const struct str names[] = {
        STR_INIT("authorization"),
        STR_INIT("content-length"),
        STR_INIT("content-type"),
        STR_INIT("dpop"),
        STR_INIT("host"),
        STR_INIT("origin"),
        STR_INIT("transfer-encoding"),
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_ignore_case(names[i], name))
            return true;
    return false;
}

struct header_reader {
    struct exchange *x;
    struct form_field *fields;
    size_t count, bytes;
    struct str cookies; /* all Cookie headers, joined */
    struct str forwarded_for;
};

/* A ", "- or "; "-joined list; on a lack of memory the request is refused. */
static void join(struct exchange *x, struct str *list, const char *separator, struct str more)
{
    struct str out;
    if (list->len == 0)
        *list = more;
    else if (err_ok(arena_printf(x->req.arena, &out, "%.*s%s%.*s", STR_ARG(*list), separator,
                                 STR_ARG(more))))
        *list = out;
    else
        refuse(x, MHD_HTTP_INTERNAL_SERVER_ERROR, ERR(NO_MEMORY));
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char u = (unsigned char)s.ptr[i];
        if ((u < 0x20 && u != '\t') || u == 0x7F)
            return true;
    }
    return false;
}

static enum MHD_Result read_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_len, const char *text, size_t text_len)
{
    struct header_reader *r = cls;
    struct str name = str_from(key, key_len);
    struct str value = text == NULL ? STR("") : str_from(text, text_len);
    struct form so_far = { r->fields, r->count };
    (void)kind;
    r->bytes += name.len + value.len;
    if (r->count == HEADERS_MAX || r->bytes > HEADER_BYTES_MAX) {
        refuse(r->x, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, ERR(TOO_LARGE));
        return MHD_NO;
    }
    if (!cookie_name_ok(name) || has_control(value))
        refuse(r->x, MHD_HTTP_BAD_REQUEST, ERR(MALFORMED));
    if (is_single(name)) {
        r->x->req.headers = so_far;
        if (http_header(&r->x->req, key).ptr != NULL)
            refuse(r->x, MHD_HTTP_BAD_REQUEST, ERR(DUPLICATE));
    }
    if (str_eq_ignore_case(name, STR("cookie")))
        join(r->x, &r->cookies, "; ", value);
    if (str_eq_ignore_case(name, STR("x-forwarded-for")))
        join(r->x, &r->forwarded_for, ", ", value);
    r->fields[r->count++] = (struct form_field){ name, value };
    return MHD_YES;
}

static void read_headers(struct exchange *x)
{
    struct header_reader r = { .x = x };
    r.fields = arena_array(x->req.arena, HEADERS_MAX, sizeof *r.fields);
    if (r.fields == NULL) {
        refuse(x, MHD_HTTP_INTERNAL_SERVER_ERROR, ERR(NO_MEMORY));
        return;
    }
    (void)MHD_get_connection_values_n(x->conn, MHD_HEADER_KIND, read_header, &r);
    x->req.headers = (struct form){ r.fields, r.count };
    if (!err_ok(cookie_parse(x->req.arena, r.cookies, &x->req.cookies)))
        refuse(x, MHD_HTTP_INTERNAL_SERVER_ERROR, ERR(NO_MEMORY));
    x->req.lang =
        accept_language_english(http_header(&x->req, "accept-language")) ? HTTP_EN : HTTP_FR;
    net_describe(net_client(&x->server->trusted, watch_address(x->watch), r.forwarded_for),
                 x->server->ipv6_prefix, &x->req.peer);
}

/* ---- request line ---- */

/* The library hands the URI on as a C string; its version string follows it in the same buffer.
 * When they do not touch, the URI had a NUL in it and we have seen a part only. */
static bool uri_is_whole(const struct exchange *x, const char *version)
{
    return (uintptr_t)version == (uintptr_t)x->uri_at + x->uri.len + 1;
}

/* RFC 9112 section 3.2.2: a server must accept the absolute form; its authority says nothing that
 * we act on. */
static struct str strip_authority(struct str uri)
{
    size_t skip = str_starts(uri, STR("https://")) ? 8 : str_starts(uri, STR("http://")) ? 7 : 0;
    if (skip == 0)
        return uri;
    while (skip < uri.len && uri.ptr[skip] != '/' && uri.ptr[skip] != '?')
        skip++;
    return str_from(uri.ptr + skip, uri.len - skip);
}

static void find_route(struct exchange *x, unsigned method)
{
    struct router_match m = router_find(x->server->router, x->req.path, method);
    x->req.rest = m.rest;
    x->req.route = m.route != NULL ? m.route : m.any;
    x->allowed = m.allowed;
    if (m.any == NULL)
        refuse(x, MHD_HTTP_NOT_FOUND, ERR(NOT_FOUND));
    else if (m.route == NULL && method == HTTP_OPTIONS)
        refuse(x, MHD_HTTP_NO_CONTENT, ERR(OK));
    else if (m.route == NULL)
        refuse(x, MHD_HTTP_METHOD_NOT_ALLOWED, ERR(MALFORMED));
}

static void read_uri(struct exchange *x, struct str method)
{
    struct str query = strip_authority(x->uri), path;
    unsigned bit = router_method(method);
    x->req.method = (enum http_method)bit;
    x->req.head = str_eq(method, STR("HEAD"));
    if (bit == HTTP_OPTIONS && str_eq(x->uri, STR("*"))) {
        x->allowed = HTTP_GET | HTTP_POST;
        refuse(x, MHD_HTTP_NO_CONTENT, ERR(OK));
        return;
    }
    if (!str_cut(&query, '?', &path)) {
        path = query;
        query = STR("");
    }
    err_t e = form_decode_path(x->req.arena, path, &x->req.path);
    if (!err_ok(e)) {
        refuse(x, http_status_of(e), e);
        return;
    }
    find_route(x, bit);
    bool repeats = x->req.route != NULL && (x->req.route->flags & HTTP_REPEATS) != 0;
    if (x->refused == 0) {
        e = form_parse(x->req.arena, query, repeats, &x->req.query);
        if (!err_ok(e))
            refuse(x, MHD_HTTP_BAD_REQUEST, e);
    }
}

/* ---- body ---- */

static size_t body_max(const struct http_route *route)
{
    if (route->body == HTTP_BODY_NONE)
        return 0;
    return route->body_max != 0 ? route->body_max : HTTP_BODY_DEFAULT_MAX;
}

static bool media_type_ok(enum http_body body, struct str header)
{
    struct str type = header;
    (void)str_cut(&header, ';', &type);
    type = str_trim(type);
    switch (body) {
    case HTTP_BODY_FORM:
        return str_eq_ignore_case(type, STR("application/x-www-form-urlencoded"));
    case HTTP_BODY_JSON:
        return str_eq_ignore_case(type, STR("application/json")) ||
               (str_starts(type, STR("application/")) && str_ends(type, STR("+json")));
    case HTTP_BODY_NONE:
    case HTTP_BODY_RAW:
        break;
    }
    return true;
}

/* RFC 9112 section 6: what could be read as two different requests by two servers is refused. */
static void check_framing(struct exchange *x)
{
    struct str length = http_header(&x->req, "content-length");
    struct str coding = http_header(&x->req, "transfer-encoding");
    int64_t announced = 0;
    if (coding.ptr != NULL && (length.ptr != NULL || !str_eq_ignore_case(coding, STR("chunked")))) {
        x->has_body = true;
        refuse(x, MHD_HTTP_BAD_REQUEST, ERR(MALFORMED));
        return;
    }
    if (length.ptr != NULL && (!str_to_i64(length, &announced) || announced < 0))
        refuse(x, MHD_HTTP_BAD_REQUEST, ERR(MALFORMED));
    x->has_body = coding.ptr != NULL || announced > 0;
    if (x->refused != 0 || !x->has_body)
        return;
    size_t max = body_max(x->req.route);
    x->body.max = max;
    if ((uint64_t)announced > max)
        refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, ERR(TOO_LARGE));
    else if (!media_type_ok(x->req.route->body, http_header(&x->req, "content-type")))
        refuse(x, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, ERR(MALFORMED));
}

void exchange_begin(struct exchange *x, const char *method, const char *version)
{
    if (!uri_is_whole(x, version))
        refuse(x, MHD_HTTP_BAD_REQUEST, ERR(MALFORMED));
    read_headers(x);
    read_uri(x, str_of(method));
    check_framing(x);
}

void exchange_body(struct exchange *x, const char *data, size_t len)
{
    if (x->refused != 0) /* read and forgotten; the deadline ends it */
        return;
    buf_add(&x->body, str_from(data, len));
    if (err_ok(buf_err(&x->body)))
        return;
    bool large = buf_err(&x->body).code == ERR_TOO_LARGE;
    refuse(x, large ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_INTERNAL_SERVER_ERROR,
           buf_err(&x->body));
}

void exchange_end(struct exchange *x)
{
    if (x->refused != 0)
        return;
    x->req.body = buf_str(&x->body);
    if (x->req.route->body != HTTP_BODY_FORM)
        return;
    bool repeats = (x->req.route->flags & HTTP_REPEATS) != 0;
    err_t e = form_parse(x->req.arena, x->req.body, repeats, &x->req.form);
    if (!err_ok(e))
        refuse(x, MHD_HTTP_BAD_REQUEST, e);
}

/* ---- what handlers ask ---- */

struct str http_query(const struct http_request *req, const char *name)
{
    return form_get(&req->query, str_of(name));
}

struct str http_form(const struct http_request *req, const char *name)
{
    return form_get(&req->form, str_of(name));
}

struct str http_cookie(const struct http_request *req, const char *name)
{
    return form_get(&req->cookies, str_of(name));
}

struct str http_header(const struct http_request *req, const char *name)
{
    for (size_t i = 0; i < req->headers.count; i++)
        if (str_eq_ignore_case(req->headers.fields[i].name, str_of(name)))
            return req->headers.fields[i].value;
    return (struct str){ NULL, 0 };
}
