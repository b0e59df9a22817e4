#include "login/request.h"

#include "base/buf.h"
#include "base/jsonw.h"
#include "http/http.h"
#include "web/call.h"

#include <jansson.h>

enum { STORED_MAX = 16 * 1024, URI_MAX = 8 * 1024 };

/* Both structs are plain text, numbers and flags: one row a member. */
struct member {
    const char *name;
    enum { TEXT, INT, LONG, FLAG } kind;
    size_t offset;
};

#define ROW(type, kind, field)              \
    {                                       \
#field, kind, offsetof(type, field) \
    }

static const struct member request_members[] = {
    ROW(struct auth_request, TEXT, client_id),    ROW(struct auth_request, TEXT, next),
    ROW(struct auth_request, TEXT, redirect_uri), ROW(struct auth_request, TEXT, scope),
    ROW(struct auth_request, TEXT, state),        ROW(struct auth_request, TEXT, nonce),
    ROW(struct auth_request, TEXT, challenge),    ROW(struct auth_request, TEXT, login_hint),
    ROW(struct auth_request, INT, acr),           ROW(struct auth_request, LONG, max_age),

    ROW(struct auth_request, FLAG, prompt_login), ROW(struct auth_request, FLAG, has_state),
    ROW(struct auth_request, FLAG, has_nonce),    ROW(struct auth_request, FLAG, prompt_structure),
};

static const struct member progress_members[] = {
    ROW(struct progress, INT, acr),        ROW(struct progress, TEXT, amr),
    ROW(struct progress, LONG, auth_time), ROW(struct progress, LONG, second_factor),
    ROW(struct progress, TEXT, structure), ROW(struct progress, TEXT, credential),
    ROW(struct progress, TEXT, sealed),    ROW(struct progress, TEXT, sid),
    ROW(struct progress, FLAG, identity),
};

static const void *const_at(const void *base, size_t offset) { return (const char *)base + offset; }

static void *at(void *base, size_t offset) { return (char *)base + offset; }

static void write_member(struct buf *b, const struct member *m, const void *base)
{
    const void *from = const_at(base, m->offset);
    switch (m->kind) {
    case TEXT:
        jsonw_str_if(b, m->name, *(const struct str *)from);
        break;
    case INT:
        jsonw_int(b, m->name, *(const int *)from);
        break;
    case LONG:
        jsonw_int(b, m->name, *(const int64_t *)from);
        break;
    case FLAG:
        jsonw_bool(b, m->name, *(const bool *)from);
        break;
    }
}

static err_t finish(struct arena *a, struct buf *b, struct str *out)
{
    err_t e = buf_err(b);
    if (err_ok(e))
        e = arena_str(a, buf_str(b), out);
    buf_done(b);
    return e;
}

static err_t write_all(struct arena *a, const struct member *members, size_t count,
                       const void *base, struct str *out)
{
    struct buf b;
    buf_init(&b, STORED_MAX);
    jsonw_open(&b, NULL, '{');
    for (size_t i = 0; i < count; i++)
        write_member(&b, &members[i], base);
    jsonw_close(&b, '}');
    return finish(a, &b, out);
}

static err_t read_member(struct arena *a, const struct member *m, const json_t *object, void *base)
{
    const json_t *value = json_object_get(object, m->name);
    void *to = at(base, m->offset);
    switch (m->kind) {
    case TEXT:
        return arena_str(a, str_from(json_string_value(value), json_string_length(value)), to);
    case INT:
        *(int *)to = (int)json_integer_value(value);
        break;
    case LONG:
        *(int64_t *)to = json_integer_value(value);
        break;
    case FLAG:
        *(bool *)to = json_is_true(value);
        break;
    }
    return ERR(OK);
}

static err_t read_all(struct arena *a, const struct member *members, size_t count, struct str json,
                      void *base)
{
    json_t *object = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
    err_t e = json_is_object(object) ? ERR(OK) : ERR(BUG);
    for (size_t i = 0; err_ok(e) && i < count; i++)
        e = read_member(a, &members[i], object, base);
    json_decref(object);
    return e;
}

err_t auth_request_write(struct arena *a, const struct auth_request *r, struct str *out)
{
    return write_all(a, request_members, COUNT(request_members), r, out);
}

err_t auth_request_read(struct arena *a, struct str json, struct auth_request *out)
{
    struct auth_request r = { .acr = 1 };
    TRY(read_all(a, request_members, COUNT(request_members), json, &r));
    *out = r;
    return ERR(OK);
}

err_t progress_write(struct arena *a, const struct progress *p, struct str *out)
{
    return write_all(a, progress_members, COUNT(progress_members), p, out);
}

err_t progress_read(struct arena *a, struct str json, struct progress *out)
{
    struct progress p = { .acr = 0 };
    TRY(read_all(a, progress_members, COUNT(progress_members), json, &p));
    *out = p;
    return ERR(OK);
}

static err_t finish_response(struct arena *a, const struct auth_request *r, struct str issuer,
                             struct buf *b, struct str *uri)
{
    if (r->has_state)
        uri_add(b, "state", r->state);
    uri_add(b, "iss", issuer);
    return finish(a, b, uri);
}

err_t auth_response_code(struct arena *a, const struct auth_request *r, struct str issuer,
                         struct str code, struct str *uri)
{
    struct buf b;
    buf_init(&b, URI_MAX);
    buf_add(&b, r->redirect_uri);
    uri_add(&b, "code", code);
    return finish_response(a, r, issuer, &b, uri);
}

err_t auth_response_error(struct arena *a, const struct auth_request *r, struct str issuer,
                          const char *error, const char *description, struct str *uri)
{
    struct buf b;
    buf_init(&b, URI_MAX);
    buf_add(&b, r->redirect_uri);
    uri_add(&b, "error", str_of(error));
    if (description != NULL)
        uri_add(&b, "error_description", str_of(description));
    return finish_response(a, r, issuer, &b, uri);
}
