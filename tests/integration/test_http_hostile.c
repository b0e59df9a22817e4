/* test_http_hostile.c - clients that are slow, many, early gone or greedy; a server that is full. */
#include "integration/http_fixture.h"

#include "base/clock.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ECHO "GET /echo?a=1 HTTP/1.1\r\nHost: x\r\n\r\n"

static struct fixture server;

static void start(void (*change)(struct http_options *o)) { fixture_start_with(&server, change); }

static void teardown(void) { fixture_stop(&server); }

/* ---- slow ---- */

static const struct {
    const char *name;
    struct str at_once, dripped;
} drips[] = {
    { "request line", STR_INIT(""), STR_INIT(ECHO) },
    { "headers", STR_INIT("GET /echo HTTP/1.1\r\nHost: x\r\nX: "),
      STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") },
    { "body",
      STR_INIT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
               "application/x-www-form-urlencoded\r\nContent-Length: 60\r\n\r\nb="),
      STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") },
    { "second request", STR_INIT(ECHO ECHO "GET /echo"),
      STR_INIT(" HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") },
    { "empty lines before a request", STR_INIT(""),
      STR_INIT(
          "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n") },
};

/* Rule: a request must be complete by its deadline, however steadily it trickles in. */
START_TEST(dripping_is_cut_off)
{
    start(NULL);
    int64_t start_ms = clock_mono_ms();
    int fd = client_connect(&server);
    (void)client_send(fd, drips[_i].at_once);
    size_t sent = 0;
    while (sent < drips[_i].dripped.len && clock_mono_ms() - start_ms < 4000) {
        if (!client_send(fd, str_from(drips[_i].dripped.ptr + sent, 1)))
            break;
        sent++;
        (void)usleep(100000);
    }
    int64_t took_ms = clock_mono_ms() - start_ms;
    ck_assert_msg(sent < drips[_i].dripped.len, "%s: let in", drips[_i].name);
    ck_assert_msg(took_ms < 3500, "%s: held for %lld ms", drips[_i].name, (long long)took_ms);
    (void)close(fd);
    fixture_wait_for_calm(&server);
    ck_assert_uint_eq(fixture_metrics(&server).cut_off, 1);
}
END_TEST

START_TEST(silence_is_cut_off)
{
    struct buf answer;
    start(NULL);
    int64_t start_ms = clock_mono_ms();
    int fd = client_connect(&server);
    buf_init(&answer, 4096);
    client_read_all(fd, &answer);
    ck_assert_int_lt(clock_mono_ms() - start_ms, 3500);
    ck_assert_uint_eq(answer.len, 0);
    (void)close(fd);
    buf_done(&answer);
}
END_TEST

/* Rule: a connection without a request is kept for idle_ms, not for the time of an answer. */
START_TEST(idle_is_cut_off)
{
    struct buf answer;
    start(NULL);
    int64_t start_ms = clock_mono_ms();
    int fd = client_connect(&server);
    ck_assert(client_send(fd, STR(ECHO)));
    buf_init(&answer, 4096);
    client_read_all(fd, &answer);
    int64_t took_ms = clock_mono_ms() - start_ms;
    ck_assert_int_eq(answer_status(buf_str(&answer)), 200);
    ck_assert_msg(took_ms >= 900 && took_ms < 4000, "%lld ms", (long long)took_ms);
    (void)close(fd);
    buf_done(&answer);
}
END_TEST

static void long_requests(struct http_options *o)
{
    o->idle_ms = 600;
    o->request_ms = 3000;
}

/* A request that begins late on a kept connection has its whole time. */
START_TEST(time_begins_with_the_request_line)
{
    struct buf answer;
    start(long_requests);
    int fd = client_connect(&server);
    buf_init(&answer, 8192);
    ck_assert(client_send(fd, STR(ECHO)));
    ck_assert(client_read_until(fd, &answer, STR("a=1 ")));
    buf_reset(&answer);
    (void)usleep(200000);
    ck_assert(client_send(fd, STR("GET /echo?a=2 HTTP/1.1\r\nHost: x\r\n")));
    (void)usleep(1000000);
    ck_assert(client_send(fd, STR("\r\n")));
    ck_assert(client_read_until(fd, &answer, STR("a=2 ")));
    (void)close(fd);
    buf_done(&answer);
}
END_TEST

static void small_window(struct http_options *o) { o->answer_ms = 500; }

/* Rule: an answer must be taken by its deadline, too. */
START_TEST(not_reading_is_cut_off)
{
    start(small_window);
    int fd = client_connect(&server);
    int small = 4096;
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    ck_assert(client_send(fd, STR("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")));
    int64_t start_ms = clock_mono_ms();
    while (fixture_metrics(&server).in_flight == 0)
        ck_assert_int_lt(clock_mono_ms() - start_ms, 1000);
    fixture_wait_for_calm(&server);
    ck_assert_int_lt(clock_mono_ms() - start_ms, 3000);
    ck_assert_uint_eq(fixture_metrics(&server).cut_off, 1);
    (void)close(fd);
}
END_TEST

/* A handler has the time it needs: deadlines are for clients. */
START_TEST(slow_handler_is_not_cut_off)
{
    struct buf answer;
    start(NULL);
    int fd = client_connect(&server);
    ck_assert(client_send(fd, STR("GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
    (void)usleep(1200000);
    atomic_store(&server.gate.open, true);
    buf_init(&answer, 4096);
    client_read_all(fd, &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 200);
    (void)close(fd);
    buf_done(&answer);
}
END_TEST

/* ---- gone early ---- */

static const struct str whole = STR_INIT(
    "POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 3\r\n\r\nb=2");

/* Rule: a client that closes after any byte costs nothing that stays, and calls no handler. */
START_TEST(early_close_at_each_byte)
{
    start(NULL);
    for (size_t n = 0; n < whole.len; n++) {
        int fd = client_connect(&server);
        ck_assert(client_send(fd, str_from(whole.ptr, n)));
        (void)close(fd);
    }
    fixture_still_answers(&server); /* the last in the row: all others were taken before it */
    fixture_wait_for_calm(&server);
    ck_assert_int_eq(atomic_load(&server.echoed), 1);
}
END_TEST

/* The same in two pieces: parsing may not depend on how the bytes come. */
START_TEST(split_at_each_byte)
{
    start(NULL);
    for (size_t n = 1; n < whole.len; n++) {
        struct buf answer;
        int fd = client_connect(&server);
        buf_init(&answer, 8192);
        ck_assert(client_send(fd, str_from(whole.ptr, n)));
        (void)usleep(500);
        ck_assert(client_send(fd, str_from(whole.ptr + n, whole.len - n)));
        ck_assert_msg(client_read_until(fd, &answer, STR("a=1 b=2 ")), "split at %zu", n);
        (void)close(fd);
        buf_done(&answer);
    }
}
END_TEST

START_TEST(client_gone_while_working)
{
    start(NULL);
    int fd = client_connect(&server);
    ck_assert(client_send(fd, STR("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")));
    while (atomic_load(&server.gate.waiting) == 0)
        (void)usleep(1000);
    (void)close(fd);
    (void)usleep(100000);
    atomic_store(&server.gate.open, true);
    fixture_wait_for_calm(&server);
    fixture_still_answers(&server);
}
END_TEST

/* ---- pipelining and connections that stay ---- */

START_TEST(pipelined)
{
    struct buf answer;
    start(NULL);
    client_exchange(&server,
                    STR("GET /echo?a=first HTTP/1.1\r\nHost: x\r\n\r\n"
                        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
                        "application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nb=second"
                        "HEAD /echo?a=unseen HTTP/1.1\r\nHost: x\r\n\r\n"
                        "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"
                        "GET /echo?a=last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                    &answer);
    struct str text = buf_str(&answer);
    ck_assert_uint_eq(count_of(text, STR("HTTP/1.1 200 OK\r\n")), 4);
    ck_assert_uint_eq(count_of(text, STR("HTTP/1.1 404 ")), 1);
    ck_assert(contains(text, STR("a=first ")));
    ck_assert(contains(text, STR(" b=second ")));
    ck_assert(!contains(text, STR("a=unseen")));
    ck_assert(contains(text, STR("a=last ")));
    buf_done(&answer);
}
END_TEST

/* A body that was refused is not taken for the next request (request smuggling). */
START_TEST(refused_body_is_no_request)
{
    struct buf answer;
    start(NULL);
    client_exchange(&server,
                    STR("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                        "Content-Length: 40\r\n\r\n" ECHO ECHO),
                    &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 415);
    ck_assert_uint_eq(count_of(buf_str(&answer), STR("HTTP/1.1 ")), 1);
    ck_assert_int_eq(atomic_load(&server.echoed), 0);
    buf_done(&answer);
}
END_TEST

START_TEST(expectation_is_answered_first)
{
    struct buf answer;
    start(NULL);
    client_exchange(&server,
                    STR("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
                        "application/x-www-form-urlencoded\r\nContent-Length: 9999\r\nExpect: "
                        "100-continue\r\n\r\n"),
                    &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 413); /* and not 100 */
    buf_done(&answer);
}
END_TEST

/* ---- too much ---- */

static void send_long(const char *before, size_t len, const char *after, struct buf *answer)
{
    struct buf b;
    buf_init(&b, 128 * 1024);
    buf_add(&b, str_of(before));
    for (size_t i = 0; i < len; i++)
        buf_add_char(&b, 'a');
    buf_add(&b, str_of(after));
    client_exchange(&server, buf_str(&b), answer);
    buf_done(&b);
}

static const struct {
    const char *name, *before;
    size_t len;
    const char *after;
    int status;
} longs[] = {
    { "header of 8 KiB is fine", "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ", 8192,
      "\r\n\r\n", 200 },
    { "over our limit", "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ", 17000,
      "\r\n\r\n", 431 },
    { "header line of 64 KiB", "GET /echo HTTP/1.1\r\nHost: x\r\nX: ", 65536, "\r\n\r\n", 431 },
    { "header name of 64 KiB", "GET /echo HTTP/1.1\r\nHost: x\r\n", 65536, ": x\r\n\r\n", 431 },
    { "URI of 64 KiB", "GET /", 65536, " HTTP/1.1\r\nHost: x\r\n\r\n", 414 },
    { "value over its limit", "GET /echo?a=", 16385,
      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400 },
};

START_TEST(long_table)
{
    struct buf answer;
    start(NULL);
    send_long(longs[_i].before, longs[_i].len, longs[_i].after, &answer);
    ck_assert_msg(answer_status(buf_str(&answer)) == longs[_i].status, "%s: %.*s", longs[_i].name,
                  STR_ARG(buf_str(&answer)));
    buf_done(&answer);
    fixture_still_answers(&server);
}
END_TEST

START_TEST(many_headers)
{
    struct buf b, answer;
    start(NULL);
    buf_init(&b, 8192);
    buf_add(&b, STR("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"));
    for (int i = 0; i < 70; i++)
        buf_addf(&b, "X-%d: 1\r\n", i);
    buf_add(&b, STR("\r\n"));
    client_exchange(&server, buf_str(&b), &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 431);
    buf_done(&answer);
    buf_done(&b);
}
END_TEST

START_TEST(endless_chunks)
{
    struct buf b, answer;
    start(NULL);
    buf_init(&b, 64 * 1024);
    buf_add(&b, STR("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                    "application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 100; i++)
        buf_add(&b, STR("10\r\naaaaaaaaaaaaaaaa\r\n"));
    buf_add(&b, STR("0\r\n\r\n"));
    client_exchange(&server, buf_str(&b), &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 413);
    ck_assert_int_eq(atomic_load(&server.echoed), 0);
    buf_done(&answer);
    buf_done(&b);
}
END_TEST

static void one_waits(struct http_options *o) { o->queue_max = 1; }

/* Rule: a full queue answers at once, and event threads stay free. */
START_TEST(full_queue)
{
    int fds[3];
    struct buf answer;
    start(one_waits);
    for (int i = 0; i < 3; i++) {
        fds[i] = client_connect(&server);
        ck_assert(
            client_send(fds[i], STR("GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
        int64_t end_ms = clock_mono_ms() + 3000;
        while (atomic_load(&server.gate.waiting) < (i < 2 ? i + 1 : 2) ||
               fixture_metrics(&server).queued != (i < 2 ? 0U : 1U))
            ck_assert_int_lt(clock_mono_ms(), end_ms);
    }
    int64_t start_ms = clock_mono_ms();
    client_exchange(&server, STR("GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                    &answer);
    ck_assert_int_eq(answer_status(buf_str(&answer)), 503);
    ck_assert(contains(buf_str(&answer), STR("\r\nRetry-After: 5\r\n")));
    ck_assert_int_lt(clock_mono_ms() - start_ms, 2000);
    ck_assert_uint_eq(fixture_metrics(&server).overloaded, 1);
    buf_done(&answer);
    fixture_still_answers(&server); /* an INLINE route needs no worker */
    atomic_store(&server.gate.open, true);
    for (int i = 0; i < 3; i++) {
        buf_init(&answer, 4096);
        client_read_all(fds[i], &answer);
        ck_assert_int_eq(answer_status(buf_str(&answer)), 200);
        buf_done(&answer);
        (void)close(fds[i]);
    }
}
END_TEST

static void few_each(struct http_options *o) { o->connections_per_network = 4; }

START_TEST(connections_per_network)
{
    int fds[4];
    struct buf answer;
    start(few_each);
    for (int i = 0; i < 4; i++)
        fds[i] = client_connect(&server);
    int64_t end_ms = clock_mono_ms() + 3000;
    while (fixture_metrics(&server).connections < 4)
        ck_assert_int_lt(clock_mono_ms(), end_ms);
    client_exchange(&server, STR(ECHO), &answer);
    ck_assert_uint_eq(answer.len, 0);
    ck_assert_uint_eq(fixture_metrics(&server).refused, 1);
    buf_done(&answer);
    (void)close(fds[0]);
    end_ms = clock_mono_ms() + 3000;
    while (fixture_metrics(&server).connections > 3)
        ck_assert_int_lt(clock_mono_ms(), end_ms);
    fixture_still_answers(&server);
    for (int i = 1; i < 4; i++)
        (void)close(fds[i]);
}
END_TEST

static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%*d %ld", &pages), 1);
    (void)fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void crowd(struct http_options *o)
{
    o->connections_per_network = 2000;
    o->request_ms = 15000;
}

enum { CROWD = 1000 };

/* Rule: 1,000 half-sent requests exhaust neither threads nor memory, and keep nobody out. */
START_TEST(half_sent_crowd)
{
    static int fds[CROWD];
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    start(crowd);
    long before_kib = resident_kib();
    for (int i = 0; i < CROWD; i++) {
        fds[i] = client_connect(&server);
        ck_assert(client_send(fds[i], str_from(whole.ptr, whole.len - 1)));
    }
    int64_t end_ms = clock_mono_ms() + 25000;
    while (fixture_metrics(&server).in_flight < CROWD)
        ck_assert_int_lt(clock_mono_ms(), end_ms);
    int64_t start_ms = clock_mono_ms();
    fixture_still_answers(&server);
    ck_assert_int_lt(clock_mono_ms() - start_ms, 10000);
    long grown_kib = resident_kib() - before_kib;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_msg(grown_kib < 64L * CROWD, "%ld KiB", grown_kib);
#endif
    (void)printf("%d half-sent requests: %ld KiB each\n", CROWD, grown_kib / CROWD);
    for (int i = 0; i < CROWD; i++)
        (void)close(fds[i]);
    fixture_wait_for_calm(&server);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("hostile");
    tcase_set_timeout(t, 100);
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_loop_test(t, dripping_is_cut_off, 0, COUNT(drips));
    tcase_add_test(t, silence_is_cut_off);
    tcase_add_test(t, idle_is_cut_off);
    tcase_add_test(t, time_begins_with_the_request_line);
    tcase_add_test(t, not_reading_is_cut_off);
    tcase_add_test(t, slow_handler_is_not_cut_off);
    tcase_add_test(t, early_close_at_each_byte);
    tcase_add_test(t, split_at_each_byte);
    tcase_add_test(t, client_gone_while_working);
    tcase_add_test(t, pipelined);
    tcase_add_test(t, refused_body_is_no_request);
    tcase_add_test(t, expectation_is_answered_first);
    tcase_add_loop_test(t, long_table, 0, COUNT(longs));
    tcase_add_test(t, many_headers);
    tcase_add_test(t, endless_chunks);
    tcase_add_test(t, full_queue);
    tcase_add_test(t, connections_per_network);
    tcase_add_test(t, half_sent_crowd);
    return RUN_SUITE("http_hostile", t);
}
