/* router.h - the route table: exact look-up by path, then by method. Immutable once made. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/http.h"

struct router; /* opaque */

/* Borrows ROUTES. Errors: CONFIG (a path without '/', no method, two rows for one method of one
 * path, a body over the limit, a GET with a body), NO_MEMORY. */
NODISCARD err_t router_new(const struct http_route *routes, size_t count, struct router **out);
void router_free(struct router *r); /* NULL is fine */

struct router_match {
    const struct http_route *route; /* for this path and method; NULL when the method is wrong */
    const struct http_route *any;   /* some row of the path; NULL when the path is unknown */
    unsigned allowed;               /* methods of the path, or-ed */
    struct str rest;                /* of a prefix route: the path after the prefix */
};
struct router_match router_find(const struct router *r, struct str path, unsigned method);

/* "GET, HEAD, POST, OPTIONS" for the Allow header; OUT has room for all. */
enum { ROUTER_ALLOW_LEN = 64 };
void router_allow(unsigned allowed, char out[ROUTER_ALLOW_LEN]);

/* The bit of a method's name, HEAD as GET; 0 when we do not know it. Case-sensitive. */
unsigned router_method(struct str name);

#endif
