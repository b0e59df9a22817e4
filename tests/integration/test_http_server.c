/* test_http_server.c - the headers of answers, a proxy in front, going down, starting. */
#include "integration/http_fixture.h"

#include "support/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static struct fixture server;

static void start(void (*change)(struct http_options *o)) { fixture_start_with(&server, change); }

static void teardown(void) { fixture_stop(&server); }

/* ---- headers of answers ---- */

static const struct {
    const char *name, *path, *host, *holds, *lacks;
} heads[] = {
    { "session cookie", "/page", "x",
      "Set-Cookie: __Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax\r\n", NULL },
    { "cookie that ends", "/page", "x",
      "Set-Cookie: __Host-gone=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0\r\n", NULL },
    { "policy", "/echo", "x",
      "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; "
      "frame-ancestors 'none'; base-uri 'none'; form-action 'self'\r\n",
      NULL },
    { "policy of a page whose form leads out", "/page", "x",
      "form-action 'self' https://dui.example.fr:9443\r\n", "callback" },
    { "no sniffing", "/none", "x", "X-Content-Type-Options: nosniff\r\n", NULL },
    { "no referrer", "/crash", "x", "Referrer-Policy: no-referrer\r\n", NULL },
    { "own group of windows", "/page", "x", "Cross-Origin-Opener-Policy: same-origin\r\n", NULL },
    { "not stored", "/page", "x", "Cache-Control: no-store\r\n", NULL },
    { "errors are not stored", "/none", "x", "Cache-Control: no-store\r\n", NULL },
    { "static is stored", "/style.css", "x", "Cache-Control: public, max-age=3600\r\n",
      "no-store" },
    { "HTTPS only", "/page", "sso.example.fr", "Strict-Transport-Security: max-age=31536000\r\n",
      NULL },
    { "not for localhost", "/page", "localhost", "200 OK", "Strict-Transport" },
    { "not for localhost and port", "/page", "LOCALHOST:8443", "200 OK", "Strict-Transport" },
    { "not for ::1", "/page", "[::1]:8443", "200 OK", "Strict-Transport" },
    { "an error keeps nothing of the answer", "/down", "x", "503 Service Unavailable",
      "__Host-secret" },
};

START_TEST(head_table)
{
    char request[256];
    struct buf answer;
    start(NULL);
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", heads[_i].path,
                   heads[_i].host);
    client_exchange(&server, str_of(request), &answer);
    struct str text = buf_str(&answer);
    ck_assert_msg(contains(text, str_of(heads[_i].holds)), "%s: %.*s", heads[_i].name,
                  STR_ARG(text));
    ck_assert_msg(heads[_i].lacks == NULL || !contains(text, str_of(heads[_i].lacks)), "%s: %.*s",
                  heads[_i].name, STR_ARG(text));
    buf_done(&answer);
}
END_TEST

static const char *const trusted[] = { "127.0.0.1", "10.0.0.0/8" };

static void behind_proxy(struct http_options *o)
{
    o->trusted_proxies = trusted;
    o->trusted_proxy_count = COUNT(trusted);
    o->connections_per_network = 1; /* the proxy itself is not counted */
}

START_TEST(proxy_is_believed)
{
    struct buf answer;
    start(behind_proxy);
    int other = client_connect(&server);
    client_exchange(&server,
                    STR("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: "
                        "198.51.100.1, 192.0.2.7\r\nX-Forwarded-For: 10.0.0.2\r\n\r\n"),
                    &answer);
    ck_assert_msg(contains(buf_str(&answer), STR("peer=192.0.2.7 ")), "%.*s",
                  STR_ARG(buf_str(&answer)));
    buf_done(&answer);
    (void)close(other);
}
END_TEST

/* ---- going down ---- */

static void *stop_server(void *arg)
{
    http_server_stop(server.server);
    atomic_store((atomic_bool *)arg, true);
    return NULL;
}

/* Rule: what is in flight is answered before the server is gone. */
START_TEST(stop_drains)
{
    pthread_t stopper;
    struct buf answer;
    static atomic_bool stopped;
    start(NULL);
    int idle = client_connect(&server), busy = client_connect(&server);
    ck_assert(client_send(busy, STR("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")));
    while (atomic_load(&server.gate.waiting) == 0)
        (void)usleep(1000);
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_server, &stopped), 0);
    (void)usleep(200000);
    ck_assert(!atomic_load(&stopped));
    atomic_store(&server.gate.open, true);
    buf_init(&answer, 4096);
    client_read_all(busy, &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 200);
    ck_assert(contains(buf_str(&answer), STR("\r\nConnection: close\r\n")));
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    buf_done(&answer);
    (void)close(busy);
    (void)close(idle);
    start(NULL); /* for teardown */
}
END_TEST

/* ---- starting ---- */

static err_t nothing(struct http_request *req, struct http_response *resp)
{
    (void)req;
    (void)resp;
    return ERR(OK);
}

#define ROW(methods, path, flags, body, max)     \
    {                                            \
        methods, path, nothing, flags, body, max \
    }
static const struct {
    const char *name;
    struct http_route rows[2];
} bad_routes[] = {
    { "two handlers for one request",
      { ROW(HTTP_GET, "/a", 0, 0, 0), ROW(HTTP_GET | HTTP_POST, "/a", 0, 0, 0) } },
    { "no slash", { ROW(HTTP_GET, "a", 0, 0, 0), ROW(HTTP_GET, "/b", 0, 0, 0) } },
    { "no method", { ROW(0, "/a", 0, 0, 0), ROW(HTTP_GET, "/b", 0, 0, 0) } },
    { "prefix without slash",
      { ROW(HTTP_GET, "/a", HTTP_PREFIX, 0, 0), ROW(HTTP_GET, "/b", 0, 0, 0) } },
    { "GET with a body",
      { ROW(HTTP_GET, "/a", 0, HTTP_BODY_FORM, 0), ROW(HTTP_GET, "/b", 0, 0, 0) } },
    { "body over the limit",
      { ROW(HTTP_POST, "/a", 0, HTTP_BODY_FORM, HTTP_BODY_LIMIT + 1),
        ROW(HTTP_GET, "/b", 0, 0, 0) } },
};

START_TEST(bad_routes_table)
{
    struct http_server *s = NULL;
    struct http_options o = http_options_default();
    struct http_site site = { bad_routes[_i].rows, 2, NULL, NULL };
    err_t e = http_server_start(&o, &site, &s);
    ck_assert_msg(e.code == ERR_CONFIG, "%s: %s", bad_routes[_i].name, err_name(e));
    ck_assert_ptr_null(s);
}
END_TEST

static const struct http_route one_route[] = { ROW(HTTP_GET, "/", 0, 0, 0) };
static const struct http_site one_site = { one_route, 1, NULL, NULL };

START_TEST(bad_options)
{
    static const char *const not_network[] = { "proxy.example.fr" };
    struct http_server *s = NULL;
    struct http_options o = http_options_default();
    o.address = "0.0.0.0"; /* Rule: plain HTTP on loopback only */
    ck_assert_err(http_server_start(&o, &one_site, &s), CONFIG);
    o.address = "localhost";
    ck_assert_err(http_server_start(&o, &one_site, &s), CONFIG);
    o = http_options_default();
    o.trusted_proxies = not_network;
    o.trusted_proxy_count = 1;
    ck_assert_err(http_server_start(&o, &one_site, &s), CONFIG);
    o = http_options_default();
    o.request_ms = 0;
    ck_assert_err(http_server_start(&o, &one_site, &s), CONFIG);
    o = http_options_default();
    o.tls_certificate = STR("x");
    ck_assert_err(http_server_start(&o, &one_site, &s), CONFIG);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(port_is_taken)
{
    struct http_server *first = NULL, *second = NULL;
    struct http_options o = http_options_default();
    ck_assert_ok(http_server_start(&o, &one_site, &first));
    o.port = http_server_port(first);
    ck_assert_err(http_server_start(&o, &one_site, &second), IO);
    ck_assert_ptr_null(second);
    http_server_stop(first);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("answers"), *starting = tcase_create("start");
    tcase_set_timeout(t, 20);
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_loop_test(t, head_table, 0, COUNT(heads));
    tcase_add_test(t, proxy_is_believed);
    tcase_add_test(t, stop_drains);
    tcase_add_loop_test(starting, bad_routes_table, 0, COUNT(bad_routes));
    tcase_add_test(starting, bad_options);
    tcase_add_test(starting, port_is_taken);
    return RUN_SUITE("http_server", t, starting);
}
