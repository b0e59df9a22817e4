#include "http/router.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct row {
    struct str path;
    const struct http_route *route;
};

struct router {
    struct row *rows; /* exact rows by path, then prefix rows, the longest first */
    size_t exact, count;
};

static const struct {
    struct str name;
    unsigned bit;
} methods[] = {
    { STR_INIT("GET"), HTTP_GET },         { STR_INIT("HEAD"), HTTP_GET },
    { STR_INIT("POST"), HTTP_POST },       { STR_INIT("PUT"), HTTP_PUT },
    { STR_INIT("PATCH"), HTTP_PATCH },     { STR_INIT("DELETE"), HTTP_DELETE },
    { STR_INIT("OPTIONS"), HTTP_OPTIONS },
};

static const char *what_is_wrong(const struct http_route *r)
{
    struct str path = str_of(r->path);
    if (!str_starts(path, STR("/")))
        return "the path does not start with '/'";
    if ((r->flags & HTTP_PREFIX) != 0 && !str_ends(path, STR("/")))
        return "a prefix does not end in '/'";
    if (r->methods == 0 || r->handler == NULL)
        return "no method or no handler";
    if (r->body_max > HTTP_BODY_LIMIT)
        return "the body may be too large";
    if ((r->methods & HTTP_GET) != 0 && r->body != HTTP_BODY_NONE)
        return "a GET with a body";
    return NULL;
}

static int compare_exact(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return str_cmp(x->path, y->path);
}

static int compare_prefix(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->path.len != y->path.len)
        return x->path.len > y->path.len ? -1 : 1;
    return str_cmp(x->path, y->path);
}

static const char *find_overlap(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count && str_eq(rows[j].path, rows[i].path); j++)
            if ((rows[i].route->methods & rows[j].route->methods) != 0)
                return rows[i].route->path;
    return NULL;
}

static err_t refuse(const char *path, const char *why)
{
    log_event(LOG_ERROR, "http.route", LOG_TEXT("path", path), LOG_TEXT("reason", why));
    return ERR(CONFIG);
}

static err_t fill(struct router *r, const struct http_route *routes, size_t count)
{
    size_t prefix = count;
    for (size_t i = 0; i < count; i++) {
        const char *why = what_is_wrong(&routes[i]);
        if (why != NULL)
            return refuse(routes[i].path, why);
        struct row row = { str_of(routes[i].path), &routes[i] };
        if ((routes[i].flags & HTTP_PREFIX) != 0)
            r->rows[--prefix] = row;
        else
            r->rows[r->exact++] = row;
    }
    r->count = count;
    qsort(r->rows, r->exact, sizeof *r->rows, compare_exact);
    qsort(r->rows + r->exact, count - r->exact, sizeof *r->rows, compare_prefix);
    const char *twice = find_overlap(r->rows, r->exact);
    if (twice == NULL)
        twice = find_overlap(r->rows + r->exact, count - r->exact);
    return twice == NULL ? ERR(OK) : refuse(twice, "two rows for one method");
}

err_t router_new(const struct http_route *routes, size_t count, struct router **out)
{
    struct router *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR(NO_MEMORY);
    r->rows = calloc(count > 0 ? count : 1, sizeof *r->rows);
    err_t e = r->rows == NULL ? ERR(NO_MEMORY) : fill(r, routes, count);
    if (!err_ok(e)) {
        router_free(r);
        return e;
    }
    *out = r;
    return ERR(OK);
}

void router_free(struct router *r)
{
    if (r == NULL)
        return;
    free(r->rows);
    free(r);
}

/* The first of the rows for PATH among the exact ones; r->exact when there is none. */
static size_t first_exact(const struct router *r, struct str path)
{
    size_t low = 0, high = r->exact;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(r->rows[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->exact && str_eq(r->rows[low].path, path) ? low : r->exact;
}

static size_t first_prefix(const struct router *r, struct str path)
{
    size_t i = r->exact;
    while (i < r->count && !str_starts(path, r->rows[i].path))
        i++;
    return i;
}

static void match_rows(const struct router *r, size_t first, size_t end, unsigned method,
                       struct router_match *m)
{
    for (size_t i = first; i < end && str_eq(r->rows[i].path, r->rows[first].path); i++) {
        const struct http_route *route = r->rows[i].route;
        m->allowed |= route->methods;
        if (m->any == NULL)
            m->any = route;
        if ((route->methods & method) != 0)
            m->route = route;
    }
}

struct router_match router_find(const struct router *r, struct str path, unsigned method)
{
    struct router_match m = { NULL, NULL, 0, { NULL, 0 } };
    size_t i = first_exact(r, path);
    if (i < r->exact) {
        match_rows(r, i, r->exact, method, &m);
        return m;
    }
    i = first_prefix(r, path);
    if (i < r->count) {
        size_t skip = r->rows[i].path.len;
        m.rest = str_from(path.ptr + skip, path.len - skip);
        match_rows(r, i, r->count, method, &m);
    }
    return m;
}

void router_allow(unsigned allowed, char out[ROUTER_ALLOW_LEN])
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(methods); i++) {
        if (((allowed | HTTP_OPTIONS) & methods[i].bit) == 0)
            continue;
        if (n > 0) {
            out[n++] = ',';
            out[n++] = ' ';
        }
        memcpy(out + n, methods[i].name.ptr, methods[i].name.len);
        n += methods[i].name.len;
    }
    out[n] = '\0';
}

unsigned router_method(struct str name)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_eq(methods[i].name, name))
            return methods[i].bit;
    return 0;
}
