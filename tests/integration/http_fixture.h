/* http_fixture.h - a server on a free loopback port with a small site, and a client that sends raw
 * bytes: what is tested is what a browser, or an attacker, puts on the wire.
 */
#ifndef INTEGRATION_HTTP_FIXTURE_H
#define INTEGRATION_HTTP_FIXTURE_H

#include "base/buf.h"
#include "http/http.h"

#include <stdatomic.h>

/* What handlers of /gate wait for: tests hold workers with it. */
struct gate {
    atomic_int waiting;
    atomic_bool open;
};

struct fixture {
    struct http_server *server;
    struct gate gate;
    atomic_int echoed; /* handlers of /echo that ran to their end */
};

/* OPTIONS as the caller changed them from http_options_default(). Aborts the test on failure. */
void fixture_start(struct fixture *f, const struct http_options *options);
/* Two workers, short deadlines, and what CHANGE (or NULL) makes of it. */
void fixture_start_with(struct fixture *f, void (*change)(struct http_options *o));
void fixture_stop(struct fixture *f);

struct http_metrics fixture_metrics(const struct fixture *f);
/* Waits until the server has let go of every connection; fails after 5 s. */
void fixture_wait_for_calm(const struct fixture *f);
void fixture_still_answers(const struct fixture *f); /* one GET /echo on a connection of its own */

int client_connect(const struct fixture *f);
bool client_send(int fd, struct str bytes); /* false when the server has closed */
/* Reads to the end of the stream, at most 5 s and 256 KiB; a reset ends it, too. */
void client_read_all(int fd, struct buf *out);
/* Until OUT holds MARK, the stream ends or 5 s have passed. */
bool client_read_until(int fd, struct buf *out, struct str mark);
/* Sends BYTES, reads to the end, closes; OUT is initialised here. */
void client_exchange(const struct fixture *f, struct str bytes, struct buf *out);

int answer_status(struct str answer); /* 0: not an HTTP answer */
bool contains(struct str text, struct str needle);
size_t count_of(struct str text, struct str needle);

#endif
