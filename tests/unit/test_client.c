/* lib/http/client: what a server may answer, and what it may not. */
#include "http/client.h"
#include "http/form.h"
#include "support/loopback.h"
#include "support/suite.h"

#include <signal.h>
#include <stdio.h>

static struct http_client *client;
static struct loopback *server;
static const char *canned; /* what the server answers; NULL: what it was asked */

static void answer(void *app, const struct loopback_request *req, struct buf *out)
{
    (void)app;
    if (canned != NULL) {
        buf_add(out, str_of(canned));
        return;
    }
    struct buf echo;
    buf_init(&echo, 8192);
    buf_add(&echo, req->line);
    buf_add_char(&echo, '\n');
    buf_add(&echo, req->head);
    buf_add(&echo, req->body);
    loopback_put(out, 200, "Text/Plain; charset=utf-8", "Cache-Control: public, max-age=60\r\n",
                 buf_str(&echo));
    buf_done(&echo);
}

static void setup(void)
{
    const struct http_client_options options = { .plain_http = true, .total_ms = 2000 };
    canned = NULL;
    server = loopback_start(answer, NULL);
    ck_assert_ok(http_client_new(&options, &client));
}

static void teardown(void)
{
    http_client_free(client);
    loopback_stop(server);
}

static char *url_of(const char *path)
{
    static char url[200];
    ck_assert_int_gt(snprintf(url, sizeof url, "%s%s", loopback_base(server), path), 0);
    return url;
}

static bool contains(struct str s, const char *part)
{
    struct str want = str_of(part);
    for (size_t i = 0; i + want.len <= s.len; i++)
        if (str_eq(str_from(s.ptr + i, want.len), want))
            return true;
    return false;
}

#define OK200 "HTTP/1.1 200 OK\r\n"
#define CLOSE "Connection: close\r\n"

static const struct {
    const char *name, *answer;
    err_t want;
    int status;
    const char *body;
    int64_t max_age;
} answers[] = {
    { "plain", OK200 "Content-Length: 2\r\n\r\nhi", { ERR_OK }, 200, "hi", -1 },
    { "until the end", OK200 CLOSE "\r\nhi", { ERR_OK }, 200, "hi", -1 },
    { "chunked",
      OK200 "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      { ERR_OK },
      200,
      "hi",
      -1 },
    { "not found", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", { ERR_OK }, 404, "", -1 },
    { "a redirect is not followed",
      "HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
      { ERR_OK },
      302,
      "",
      -1 },
    { "may be kept",
      OK200 "Cache-Control: max-age=300\r\n" CLOSE "\r\n",
      { ERR_OK },
      200,
      "",
      300 },
    { "kept for a day at most",
      OK200 "Cache-Control: max-age=9999999\r\n" CLOSE "\r\n",
      { ERR_OK },
      200,
      "",
      86400 },
    { "no-store wins",
      OK200 "Cache-Control: max-age=300, no-store\r\n" CLOSE "\r\n",
      { ERR_OK },
      200,
      "",
      -1 },
    { "a silly age", OK200 "Cache-Control: max-age=-5\r\n" CLOSE "\r\n", { ERR_OK }, 200, "", -1 },
    { "as large as allowed", OK200 CLOSE "\r\n0123456789", { ERR_OK }, 200, "0123456789", -1 },
    { "one byte more", OK200 CLOSE "\r\n0123456789a", { ERR_PEER_BAD_ANSWER }, 0, NULL, 0 },
    { "more than announced",
      OK200 "Content-Length: 99\r\n\r\nhi",
      { ERR_PEER_BAD_ANSWER },
      0,
      NULL,
      0 },
    { "no answer", "", { ERR_PEER_BAD_ANSWER }, 0, NULL, 0 },
    { "not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", { ERR_PEER_BAD_ANSWER }, 0, NULL, 0 },
    { "HTTP/0.9", "<html>", { ERR_PEER_BAD_ANSWER }, 0, NULL, 0 },
    { "two lengths",
      OK200 "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
      { ERR_PEER_BAD_ANSWER },
      0,
      NULL,
      0 },
};

/* Rule: every status is an answer; what is not HTTP or too large is PEER_BAD_ANSWER. */
START_TEST(answer_table)
{
    const struct http_call call = { .url = url_of("/x"), .body_max = 10 };
    struct http_result r = { .status = -7 };
    canned = answers[_i].answer;
    err_t e = http_client_call(client, &call, &r);
    ck_assert_msg(e.code == answers[_i].want.code, "%s: %s", answers[_i].name, err_name(e));
    ck_assert_msg(r.status == (err_ok(e) ? answers[_i].status : -7), "%s: %d", answers[_i].name,
                  r.status);
    if (!err_ok(e))
        return;
    ck_assert_msg(str_eq(buf_str(&r.body), str_of(answers[_i].body)), "%s: body", answers[_i].name);
    ck_assert_msg(r.max_age == answers[_i].max_age, "%s: age %lld", answers[_i].name,
                  (long long)r.max_age);
    buf_done(&r.body);
}
END_TEST

/* Rule: a form is posted as one, with the credentials of this call and of no other. */
START_TEST(post_then_get)
{
    struct http_call call = {
        .url = url_of("/token"), .form = "a=1&b=2", .user = "dui", .password = "p%3A1"
    };
    struct http_result r;
    ck_assert_ok(http_client_call(client, &call, &r));
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(r.content_type, "text/plain");
    ck_assert_int_eq(r.max_age, 60);
    ck_assert(contains(buf_str(&r.body), "POST /token HTTP/1.1\n"));
    ck_assert(contains(buf_str(&r.body), "Content-Type: application/x-www-form-urlencoded\r\n"));
    /* printf 'dui:p%%3A1' | base64 */
    ck_assert(contains(buf_str(&r.body), "Authorization: Basic ZHVpOnAlM0Ex\r\n"));
    ck_assert(contains(buf_str(&r.body), "Accept: application/json\r\n"));
    ck_assert(str_ends(buf_str(&r.body), STR("a=1&b=2")));
    buf_done(&r.body);
    call =
        (struct http_call){ .url = url_of("/userinfo"), .bearer = "abc", .accept = "text/plain" };
    ck_assert_ok(http_client_call(client, &call, &r));
    ck_assert(contains(buf_str(&r.body), "GET /userinfo HTTP/1.1\n"));
    ck_assert(contains(buf_str(&r.body), "Authorization: Bearer abc\r\n"));
    ck_assert(!contains(buf_str(&r.body), "Basic"));
    ck_assert(!contains(buf_str(&r.body), "Cookie"));
    buf_done(&r.body);
    call = (struct http_call){ .url = url_of("/jwks") };
    ck_assert_ok(http_client_call(client, &call, &r));
    ck_assert(!contains(buf_str(&r.body), "Authorization"));
    buf_done(&r.body);
}
END_TEST

static const struct {
    const char *name, *url;
    err_t want;
} urls[] = {
    { "a file", "file:///etc/passwd", { ERR_MALFORMED } },
    { "another scheme", "ftp://127.0.0.1/", { ERR_MALFORMED } },
    { "no scheme", "127.0.0.1/", { ERR_MALFORMED } },
    { "a space", "http://127.0.0.1/a b", { ERR_MALFORMED } },
    { "a line break", "http://127.0.0.1/\r\nX: y", { ERR_MALFORMED } },
    { "a fragment", "http://127.0.0.1/#x", { ERR_MALFORMED } },
    { "no host", "http://", { ERR_MALFORMED } },
    { "empty", "", { ERR_MALFORMED } },
    { "nobody listens", "http://127.0.0.1:1/", { ERR_PEER_DOWN } },
    { "plain HTTP where TLS is meant", "https://LOOPBACK/", { ERR_PEER_DOWN } },
};

/* Rule: only https, and http where allowed; a peer that is away is PEER_DOWN. */
START_TEST(url_table)
{
    char url[200];
    struct http_call call = { .url = urls[_i].url };
    struct http_result r;
    if (str_ends(str_of(call.url), STR("LOOPBACK/"))) {
        ck_assert_int_gt(snprintf(url, sizeof url, "https%s/", loopback_base(server) + 4), 0);
        call.url = url;
        canned = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n";
    }
    err_t e = http_client_call(client, &call, &r);
    ck_assert_msg(e.code == urls[_i].want.code, "%s: %s", urls[_i].name, err_name(e));
}
END_TEST

/* Rule: http:// is refused unless it was asked for. */
START_TEST(https_only)
{
    const struct http_client_options options = { 0 };
    struct http_client *strict = NULL;
    struct http_result r;
    const struct http_call call = { .url = url_of("/") };
    ck_assert_ok(http_client_new(&options, &strict));
    ck_assert_err(http_client_call(strict, &call, &r), MALFORMED);
    http_client_free(strict);
}
END_TEST

/* Rule: a CA file that cannot be read is found at the start, not at the first call. */
START_TEST(ca_file)
{
    const struct http_client_options options = { .ca_file = "/nonexistent/ca.pem" };
    struct http_client *c = NULL;
    ck_assert_err(http_client_new(&options, &c), CONFIG);
    ck_assert_ptr_null(c);
}
END_TEST

/* Rule: a silent peer costs the time-out and no more. */
START_TEST(time_out)
{
    const struct http_client_options options = { .plain_http = true, .total_ms = 200 };
    struct http_client *hasty = NULL;
    struct http_result r;
    const struct http_call call = { .url = url_of("/") };
    ck_assert_ok(http_client_new(&options, &hasty));
    loopback_hold(server);
    ck_assert_err(http_client_call(hasty, &call, &r), PEER_DOWN);
    http_client_free(hasty);
}
END_TEST

/* Rule: form_put() writes what form_parse() reads (WHATWG URL section 5). */
START_TEST(form_round_trip)
{
    struct buf b;
    struct arena *a = NULL;
    struct form f;
    buf_init(&b, 1000);
    buf_add(&b, STR("https://x/?"));
    form_put(&b, STR("redirect_uri"), STR("https://h/cb?x=1&y=é +%"));
    form_put(&b, STR("state"), STR(""));
    ck_assert_str_is(buf_str(&b), "https://x/?redirect_uri=https%3A%2F%2Fh%2Fcb%3Fx%3D1%26y%3D"
                                  "%C3%A9%20%2B%25&state=");
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_ok(form_parse(a, str_from(b.ptr + 11, b.len - 11), false, &f));
    ck_assert_uint_eq(f.count, 2);
    ck_assert_str_is(form_get(&f, STR("redirect_uri")), "https://h/cb?x=1&y=é +%");
    ck_assert_str_is(form_get(&f, STR("state")), "");
    arena_free(a);
    buf_done(&b);
}
END_TEST

int main(void)
{
    TCase *call = tcase_create("call"), *form = tcase_create("form");
    signal(SIGPIPE, SIG_IGN);
    tcase_add_checked_fixture(call, setup, teardown);
    tcase_add_loop_test(call, answer_table, 0, COUNT(answers));
    tcase_add_test(call, post_then_get);
    tcase_add_loop_test(call, url_table, 0, COUNT(urls));
    tcase_add_test(call, https_only);
    tcase_add_test(call, ca_file);
    tcase_add_test(call, time_out);
    tcase_add_test(form, form_round_trip);
    return RUN_SUITE("client", call, form);
}
