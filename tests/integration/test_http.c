/* test_http.c - one request at a time, byte for byte: what is answered and what is refused. */
#include "integration/http_fixture.h"
#include "support/suite.h"

#include <unistd.h>

static struct fixture server;

static void setup(void)
{
    struct http_options o = http_options_default();
    o.worker_threads = 2;
    o.request_ms = 1500;
    fixture_start(&server, &o);
}

static void teardown(void) { fixture_stop(&server); }

#define END       "Host: x\r\nConnection: close\r\n\r\n"
#define FORM      "Content-Type: application/x-www-form-urlencoded\r\n"
#define GET(path) STR_INIT("GET " path " HTTP/1.1\r\n" END)
#define POST_FORM(length, body) \
    STR_INIT("POST /echo HTTP/1.1\r\n" FORM "Content-Length: " length "\r\n" END body)
#define POST_JSON(length, body)                                                                 \
    STR_INIT("POST /json HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " length \
             "\r\n" END body)

static const struct row {
    const char *name;
    struct str request;
    int status;
    const char *holds; /* the answer holds it; NULL: whatever */
} rows[] = {
    { "plain GET", GET("/echo?a=1"), 200, "a=1 b= c= lang=0 peer=127.0.0.1" },
    { "decoded query", GET("/echo?a=caf%C3%A9+noir"), 200, "a=caf\xC3\xA9 noir" },
    { "HTTP/1.0", STR_INIT("GET /echo HTTP/1.0\r\n\r\n"), 200, NULL },
    { "absolute form", GET("http://x/echo?a=2"), 200, "a=2" },
    { "Accept-Language", STR_INIT("GET /echo HTTP/1.1\r\nAccept-Language: en-GB,fr;q=0.5\r\n" END),
      200, "lang=1" },
    { "cookie", STR_INIT("GET /echo HTTP/1.1\r\nCookie: x=1; __Host-c=v\r\n" END), 200, "c=v" },
    { "cookie twice is no cookie",
      STR_INIT("GET /echo HTTP/1.1\r\nCookie: __Host-c=v; __Host-c=w\r\n" END), 200, "c= lang" },
    { "X-Forwarded-For of a stranger is ignored",
      STR_INIT("GET /echo HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n" END), 200, "peer=127.0.0.1" },
    { "form", POST_FORM("3", "b=2"), 200, "b=2" },
    { "form in chunks",
      STR_INIT("POST /echo HTTP/1.1\r\n" FORM "Transfer-Encoding: chunked\r\n" END
               "2\r\nb=\r\n1\r\n3\r\n0\r\n\r\n"),
      200, "b=3" },
    { "form type with a parameter",
      STR_INIT("POST /echo HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded; "
               "charset=utf-8\r\nContent-Length: 3\r\n" END "b=2"),
      200, "b=2" },
    { "later, on a worker", GET("/later"), 200, "asked=2 body=\n" },
    { "later: only the second answer counts", GET("/later"), 200, "X-Try: worker\r\n" },
    { "later, with a body",
      STR_INIT("POST /later-body HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
               "2\r\n" END "{}"),
      200, "asked=2 body={}" },
    { "later for ever", GET("/later?always"), 500, "server_error" },
    { "request id", STR_INIT("GET /later HTTP/1.1\r\nX-Request-ID: a-1 b\r\n" END), 200,
      "X-Request-ID: a-1 b\r\n" },
    { "request id of a refusal",
      STR_INIT("POST /later-body HTTP/1.1\r\nX-Request-ID: r2\r\nContent-Type: text/plain\r\n"
               "Content-Length: 2\r\n" END "{}"),
      415, "X-Request-ID: r2\r\n" },
    { "prefix route", GET("/static/a/b.css"), 200, "rest=a/b.css" },
    { "repeats where allowed", GET("/many?a=1&a=2"), 200, "a=1" },
    { "JSON", POST_JSON("7", "{\"a\":1}"), 200, "{\"a\":1}" },
    { "HEAD has no body", STR_INIT("HEAD /echo?a=1 HTTP/1.1\r\n" END), 200, "Content-Length: " },
    { "OPTIONS", STR_INIT("OPTIONS /echo HTTP/1.1\r\n" END), 204,
      "Allow: GET, HEAD, POST, OPTIONS" },
    { "OPTIONS *", STR_INIT("OPTIONS * HTTP/1.1\r\n" END), 204, "Allow: " },
    { "redirect", GET("/to?to=https%3A%2F%2Fdui.example.fr%2Fcb%3Fcode%3Dx"), 303,
      "Location: https://dui.example.fr/cb?code=x" },

    { "repeated query parameter", GET("/echo?a=1&a=2"), 400, "\"error\":\"invalid_request\"" },
    { "repeated, encoded otherwise", GET("/echo?a=1&%61=2"), 400, NULL },
    { "repeated form parameter", POST_FORM("7", "b=1&b=2"), 400, NULL },
    { "encoded NUL", GET("/echo?a=x%00y"), 400, NULL },
    { "encoded line break in a name", GET("/echo?a%0A=x"), 400, NULL },
    { "bad escape", GET("/echo?a=%zz"), 400, NULL },
    { "not UTF-8", GET("/echo?a=%ff"), 400, NULL },
    { "dot segment", GET("/static/../echo"), 400, NULL },
    { "encoded dot segment", GET("/static/%2e%2e/echo"), 400, NULL },
    { "encoded slash", GET("/static/a%2Fb"), 400, NULL },
    { "NUL in the URI", STR_INIT("GET /echo\0?a=1 HTTP/1.1\r\n" END), 400, NULL },
    { "unknown path", GET("/none"), 404, "\"error\":\"not_found\"" },
    { "unknown path, browser", STR_INIT("GET /none HTTP/1.1\r\nAccept: text/html\r\n" END), 404,
      "<h1>404 not_found</h1>" },
    { "wrong method", STR_INIT("DELETE /echo HTTP/1.1\r\n" END), 405,
      "Allow: GET, HEAD, POST, OPTIONS" },
    { "unknown method", STR_INIT("BREW /echo HTTP/1.1\r\n" END), 405, "Allow: " },
    { "method in small letters", STR_INIT("get /echo HTTP/1.1\r\n" END), 405, NULL },
    { "body on a GET", STR_INIT("GET /echo HTTP/1.1\r\nContent-Length: 1\r\n" END "x"), 413, NULL },
    { "body one byte too long", POST_FORM("1025", "b=2"), 413, "\"error\":\"too_large\"" },
    { "negative length", POST_FORM("-1", "b=2"), 400, NULL },
    { "length that overflows", POST_FORM("99999999999999999999", "b=2"), 413, NULL },
    { "two lengths",
      STR_INIT("POST /echo HTTP/1.1\r\n" FORM "Content-Length: 3\r\nContent-Length: 3\r\n" END
               "b=2"),
      400, NULL },
    { "length and chunks",
      STR_INIT("POST /echo HTTP/1.1\r\n" FORM
               "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n"),
      400, NULL },
    { "unknown coding",
      STR_INIT("POST /echo HTTP/1.1\r\n" FORM "Transfer-Encoding: gzip, chunked\r\n" END), 400,
      NULL },
    { "wrong media type",
      STR_INIT("POST /echo HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n" END
               "b=2"),
      415, NULL },
    { "no media type", STR_INIT("POST /echo HTTP/1.1\r\nContent-Length: 3\r\n" END "b=2"), 415,
      NULL },
    { "two Host", STR_INIT("GET /echo HTTP/1.1\r\nHost: y\r\n" END), 400, NULL },
    { "no Host", STR_INIT("GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n"), 400, NULL },
    { "two Authorization",
      STR_INIT("GET /echo HTTP/1.1\r\nAuthorization: a\r\nauthorization: b\r\n" END), 400, NULL },
    { "space in a header name", STR_INIT("GET /echo HTTP/1.1\r\nBad Name: a\r\n" END), 400, NULL },
    { "JSON with a member twice", POST_JSON("13", "{\"a\":1,\"a\":2}"), 400, NULL },
    { "JSON array", POST_JSON("2", "[]"), 400, NULL },
    { "JSON with more after it", POST_JSON("3", "{}x"), 400, NULL },
    { "JSON, no body", POST_JSON("0", ""), 400, NULL },
    { "redirect with a line break", GET("/to?to=/x%0D%0ASet-Cookie:a=b"), 500, NULL },
    { "redirect with a space", GET("/to?to=/x%20y"), 500, NULL },
    { "redirect to nowhere", GET("/to"), 500, NULL },
    { "cookie without __Host-", GET("/bad-cookie"), 500, "\"error\":\"server_error\"" },
    { "directory down, page", GET("/down"), 503, "<h1>503 directory_down</h1>" },
    { "directory down, API", GET("/down-api"), 503, "\"error\":\"temporarily_unavailable\"" },
    { "says when to try again", GET("/down"), 503, "Retry-After: 5\r\n" },
    { "denied", GET("/forbidden"), 403, "\"error\":\"access_denied\"" },
    { "our fault", GET("/crash"), 500, "\"error\":\"server_error\"" },

    /* Answered by the library itself, without our headers; the connection is closed. */
    { "no version", STR_INIT("GET /echo\r\n\r\n"), 400, NULL },
    { "HTTP/2 without ALPN", STR_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, NULL },
};

START_TEST(request_table)
{
    const struct row *row = &rows[_i];
    struct buf answer;
    client_exchange(&server, row->request, &answer);
    struct str text = buf_str(&answer);
    ck_assert_msg(answer_status(text) == row->status, "%s: got %.*s", row->name, STR_ARG(text));
    ck_assert_msg(row->holds == NULL || contains(text, str_of(row->holds)), "%s: got %.*s",
                  row->name, STR_ARG(text));
    buf_done(&answer);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("requests");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, request_table, 0, COUNT(rows));
    return RUN_SUITE("http", t);
}
