/* memmem() is the one extension used. */
#define _GNU_SOURCE
#include "support/loopback.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 64 * 1024, ANSWER_MAX = 1024 * 1024 };

struct loopback {
    loopback_handler *handler;
    void *app;
    int listener, stop[2];
    pthread_t thread;
    atomic_bool hold;
    char base[64];
};

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* True when FD can be read; false when the server is to stop. */
static bool wait_for(const struct loopback *l, int fd)
{
    struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = l->stop[0], .events = POLLIN } };
    return poll(p, 2, -1) > 0 && p[1].revents == 0;
}

static size_t content_length(struct str head)
{
    struct str line, name;
    int64_t n = 0;
    while (str_cut(&head, '\n', &line))
        if (str_cut(&line, ':', &name) && str_eq_ignore_case(name, STR("content-length")) &&
            str_to_i64(str_trim(line), &n))
            return (size_t)n;
    return 0;
}

/* Splits what has arrived; false while something is missing. */
static bool split(struct str all, struct loopback_request *req)
{
    const char *end = memmem(all.ptr, all.len, "\r\n\r\n", 4);
    const char *eol = end != NULL ? memmem(all.ptr, all.len, "\r\n", 2) : NULL;
    if (end == NULL || eol == NULL)
        return false;
    req->line = str_from(all.ptr, (size_t)(eol - all.ptr));
    req->head = str_from(eol + 2, (size_t)(end + 2 - (eol + 2)));
    req->body = str_from(end + 4, (size_t)(all.ptr + all.len - (end + 4)));
    return req->body.len >= content_length(req->head);
}

static bool receive(const struct loopback *l, int fd, struct buf *in, struct loopback_request *req)
{
    while (wait_for(l, fd)) {
        char chunk[4096];
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0)
            return false;
        buf_add(in, str_from(chunk, (size_t)n));
        if (split(buf_str(in), req))
            return true;
    }
    return false;
}

static void serve(struct loopback *l, int fd)
{
    struct buf in, out;
    struct loopback_request req;
    buf_init(&in, REQUEST_MAX);
    buf_init(&out, ANSWER_MAX);
    if (receive(l, fd, &in, &req)) {
        if (atomic_load(&l->hold)) {
            (void)wait_for(l, fd); /* until the client gives up */
        } else {
            l->handler(l->app, &req, &out);
            size_t sent = 0;
            ssize_t n = 1;
            while (sent < out.len && n > 0) {
                n = send(fd, out.ptr + sent, out.len - sent, MSG_NOSIGNAL);
                sent += n > 0 ? (size_t)n : 0;
            }
        }
    }
    buf_done(&in);
    buf_done(&out);
}

static void *run(void *arg)
{
    struct loopback *l = arg;
    while (wait_for(l, l->listener)) {
        int fd = accept(l->listener, NULL, NULL);
        if (fd < 0)
            continue;
        serve(l, fd);
        close(fd);
    }
    return NULL;
}

struct loopback *loopback_start(loopback_handler *handler, void *app)
{
    struct loopback *l = calloc(1, sizeof *l);
    must(l != NULL);
    l->handler = handler;
    l->app = app;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    l->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(l->listener >= 0 && bind(l->listener, (struct sockaddr *)&at, len) == 0 &&
         listen(l->listener, 16) == 0 &&
         getsockname(l->listener, (struct sockaddr *)&at, &len) == 0 && pipe(l->stop) == 0);
    must(snprintf(l->base, sizeof l->base, "http://127.0.0.1:%u", ntohs(at.sin_port)) > 0);
    must(pthread_create(&l->thread, NULL, run, l) == 0);
    return l;
}

void loopback_stop(struct loopback *l)
{
    if (l == NULL)
        return;
    must(write(l->stop[1], "", 1) == 1);
    must(pthread_join(l->thread, NULL) == 0);
    close(l->stop[0]);
    close(l->stop[1]);
    close(l->listener);
    free(l);
}

const char *loopback_base(const struct loopback *l) { return l->base; }

void loopback_hold(struct loopback *l) { atomic_store(&l->hold, true); }

void loopback_put(struct buf *out, int status, const char *type, const char *headers,
                  struct str body)
{
    buf_addf(out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", status, type,
             body.len);
    buf_addf(out, "Connection: close\r\n%s\r\n", headers);
    buf_add(out, body);
}
