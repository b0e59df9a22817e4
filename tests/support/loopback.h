/* loopback.h - an HTTP/1.1 server on 127.0.0.1 that answers what a test tells it to, byte by byte.
 *
 * One connection at a time, one request each, on a thread of its own; any port that is free.
 */
#ifndef SUPPORT_LOOPBACK_H
#define SUPPORT_LOOPBACK_H

#include "base/buf.h"

struct loopback;

struct loopback_request {
    struct str line; /* "GET /path?query HTTP/1.1" */
    struct str head; /* the header fields, with their CRLFs */
    struct str body;
};

/* Writes the whole answer, status line included, into OUT; nothing written: the connection is
 * closed without an answer. Runs on the server's thread. */
typedef void loopback_handler(void *app, const struct loopback_request *req, struct buf *out);

/* Aborts the test program when there is no socket or thread. */
struct loopback *loopback_start(loopback_handler *handler, void *app);
void loopback_stop(struct loopback *l); /* waits for the thread; NULL is fine */

const char *loopback_base(const struct loopback *l); /* "http://127.0.0.1:PORT", borrowed */
/* From now on requests are read and never answered. */
void loopback_hold(struct loopback *l);

/* "HTTP/1.1 200 OK" and so on, with Content-Length and Connection: close. HEADERS: more of them,
 * each ended by CRLF. */
void loopback_put(struct buf *out, int status, const char *type, const char *headers,
                  struct str body);

#endif
