#include "integration/http_fixture.h"

#include "base/clock.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_MS = 5000, READ_MAX = 256 * 1024 };

/* ---- the site ---- */

static err_t echo(struct http_request *req, struct http_response *resp)
{
    struct fixture *f = req->app;
    struct str a = http_query(req, "a"), b = http_form(req, "b"), c = http_cookie(req, "__Host-c");
    struct str text;
    TRY(arena_printf(req->arena, &text, "a=%.*s b=%.*s c=%.*s lang=%d peer=%s rest=%.*s\n",
                     STR_ARG(a), STR_ARG(b), STR_ARG(c), (int)req->lang, req->peer.text,
                     STR_ARG(req->rest)));
    http_response_text(resp, 200, text);
    atomic_fetch_add(&f->echoed, 1);
    return ERR(OK);
}

static err_t gate(struct http_request *req, struct http_response *resp)
{
    struct fixture *f = req->app;
    atomic_fetch_add(&f->gate.waiting, 1);
    while (!atomic_load(&f->gate.open))
        (void)usleep(1000);
    http_response_text(resp, 200, STR("through\n"));
    return ERR(OK);
}

static err_t sign_in(struct http_request *req, struct http_response *resp)
{
    (void)req;
    http_response_cookie(resp, "__Host-session", STR("abc"), -1, HTTP_LAX);
    http_response_cookie(resp, "__Host-gone", STR(""), 0, HTTP_STRICT);
    http_response_form_action(resp, STR("https://dui.example.fr:9443/callback?x=1"));
    http_response_html(resp, 200, STR("<p>ok</p>"));
    return ERR(OK);
}

static err_t redirect(struct http_request *req, struct http_response *resp)
{
    http_response_redirect(resp, http_query(req, "to"));
    return ERR(OK);
}

static err_t json(struct http_request *req, struct http_response *resp)
{
    const struct json_t *body = NULL;
    TRY(http_json_body(req, &body));
    http_response_json_value(resp, 200, body);
    return ERR(OK);
}

static err_t bad_cookie(struct http_request *req, struct http_response *resp)
{
    (void)req;
    http_response_cookie(resp, "session", STR("abc"), -1, HTTP_LAX);
    return ERR(OK);
}

static err_t styles(struct http_request *req, struct http_response *resp)
{
    (void)req;
    http_response_text(resp, 200, STR("body{}"));
    http_response_cacheable(resp, 3600);
    return ERR(OK);
}

static err_t down(struct http_request *req, struct http_response *resp)
{
    (void)req;
    http_response_cookie(resp, "__Host-secret", STR("x"), -1, HTTP_LAX);
    return ERR(DIRECTORY_DOWN);
}

static err_t forbidden(struct http_request *req, struct http_response *resp)
{
    (void)req;
    (void)resp;
    return ERR(DENIED);
}

/* More than any socket buffer holds. */
static err_t big(struct http_request *req, struct http_response *resp)
{
    static const char zeros[16 * 1024 * 1024];
    (void)req;
    http_response_text(resp, 200, str_from(zeros, sizeof zeros));
    return ERR(OK);
}

/* Where it ran, and how often it was asked. */
static err_t later(struct http_request *req, struct http_response *resp)
{
    struct fixture *f = req->app;
    struct str text;
    int asked = atomic_fetch_add(&f->echoed, 1) + 1;
    bool always = http_query(req, "always").ptr != NULL;
    http_response_header(resp, "X-Try", req->on_worker ? STR("worker") : STR("inline"));
    if (!req->on_worker || always) {
        http_response_cookie(resp, "__Host-thrown-away", STR("x"), -1, HTTP_LAX);
        http_response_later(resp);
        return ERR(OK);
    }
    TRY(arena_printf(req->arena, &text, "asked=%d body=%.*s\n", asked, STR_ARG(req->body)));
    http_response_text(resp, 200, text);
    return ERR(OK);
}

static err_t crash(struct http_request *req, struct http_response *resp)
{
    (void)req;
    (void)resp;
    return ERR(CRYPTO);
}

static const struct http_route routes[] = {
    { HTTP_GET, "/echo", echo, HTTP_INLINE | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_POST, "/echo", echo, HTTP_WORKER | HTTP_API, HTTP_BODY_FORM, 1024 },
    { HTTP_GET, "/page", sign_in, HTTP_INLINE | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/many", echo, HTTP_INLINE | HTTP_REPEATS, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/gate", gate, HTTP_WORKER | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/to", redirect, HTTP_INLINE | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, "/json", json, HTTP_INLINE | HTTP_API, HTTP_BODY_JSON, 0 },
    { HTTP_GET, "/bad-cookie", bad_cookie, HTTP_INLINE | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/static/", echo, HTTP_INLINE | HTTP_PREFIX, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/style.css", styles, HTTP_INLINE, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/down", down, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/down-api", down, HTTP_WORKER | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/forbidden", forbidden, HTTP_INLINE | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_GET | HTTP_POST, "/later", later, HTTP_INLINE | HTTP_API | HTTP_REQUEST_ID,
      HTTP_BODY_NONE, 0 },
    { HTTP_POST, "/later-body", later, HTTP_INLINE | HTTP_API | HTTP_REQUEST_ID, HTTP_BODY_JSON,
      64 },
    { HTTP_GET, "/big", big, HTTP_INLINE, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/crash", crash, HTTP_INLINE | HTTP_API, HTTP_BODY_NONE, 0 },
};

static err_t error_page(struct http_request *req, int status, err_t why, struct http_response *resp)
{
    struct str text;
    TRY(arena_printf(req->arena, &text, "<h1>%d %s</h1>", status, err_name(why)));
    http_response_html(resp, status, text);
    return ERR(OK);
}

void fixture_start(struct fixture *f, const struct http_options *options)
{
    struct http_site site = { routes, COUNT(routes), error_page, f };
    atomic_init(&f->gate.waiting, 0);
    atomic_init(&f->gate.open, false);
    atomic_init(&f->echoed, 0);
    ck_assert_ok(http_server_start(options, &site, &f->server));
}

void fixture_stop(struct fixture *f)
{
    atomic_store(&f->gate.open, true);
    http_server_stop(f->server);
    f->server = NULL;
}

void fixture_start_with(struct fixture *f, void (*change)(struct http_options *o))
{
    struct http_options o = http_options_default();
    o.worker_threads = 2;
    o.request_ms = 600;
    o.idle_ms = 1000;
    if (change != NULL)
        change(&o);
    fixture_start(f, &o);
}

struct http_metrics fixture_metrics(const struct fixture *f)
{
    struct http_metrics m;
    http_server_metrics(f->server, &m);
    return m;
}

void fixture_wait_for_calm(const struct fixture *f)
{
    int64_t end_ms = clock_mono_ms() + 25000; /* sanitizers on a busy machine */
    struct http_metrics m = fixture_metrics(f);
    while ((m.in_flight > 0 || m.connections > 0) && clock_mono_ms() < end_ms) {
        (void)usleep(5000);
        m = fixture_metrics(f);
    }
    ck_assert_uint_eq(m.in_flight, 0);
    ck_assert_uint_eq(m.connections, 0);
}

void fixture_still_answers(const struct fixture *f)
{
    struct buf answer;
    client_exchange(f, STR("GET /echo?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                    &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 200);
    buf_done(&answer);
}

/* ---- the client ---- */

int client_connect(const struct fixture *f)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)http_server_port(f->server)),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const void *at = &to;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, at, sizeof to), 0);
    return fd;
}

bool client_send(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_from(bytes.ptr + n, bytes.len - (size_t)n);
    }
    return true;
}

/* One read of what is there; false at the end of the stream, on a reset, and when time is over. */
static bool read_some(int fd, struct buf *out, int64_t end_ms)
{
    char block[4096];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t left = end_ms - clock_mono_ms();
    if (left <= 0 || poll(&p, 1, (int)left) <= 0)
        return false;
    ssize_t n = recv(fd, block, sizeof block, 0);
    if (n <= 0)
        return false;
    buf_add(out, str_from(block, (size_t)n));
    return err_ok(buf_err(out));
}

void client_read_all(int fd, struct buf *out)
{
    int64_t end_ms = clock_mono_ms() + READ_MS;
    while (read_some(fd, out, end_ms))
        continue;
}

bool client_read_until(int fd, struct buf *out, struct str mark)
{
    int64_t end_ms = clock_mono_ms() + READ_MS;
    while (!contains(buf_str(out), mark))
        if (!read_some(fd, out, end_ms))
            return false;
    return true;
}

void client_exchange(const struct fixture *f, struct str bytes, struct buf *out)
{
    int fd = client_connect(f);
    buf_init(out, READ_MAX);
    (void)client_send(fd, bytes); /* may be cut off: then the answer says why */
    client_read_all(fd, out);
    (void)close(fd);
}

/* ---- answers ---- */

int answer_status(struct str answer)
{
    int64_t status = 0;
    if (!str_starts(answer, STR("HTTP/1.1 ")) || answer.len < 12 ||
        !str_to_i64(str_from(answer.ptr + 9, 3), &status))
        return 0;
    return (int)status;
}

size_t count_of(struct str text, struct str needle)
{
    size_t n = 0;
    for (size_t i = 0; i + needle.len <= text.len; i++)
        n += str_eq(str_from(text.ptr + i, needle.len), needle) ? 1 : 0;
    return n;
}

bool contains(struct str text, struct str needle) { return count_of(text, needle) > 0; }
