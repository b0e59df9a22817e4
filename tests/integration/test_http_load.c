/* test_http_load.c - many clients at once: suspend and resume, connections that stay and that
 * break, a queue that overflows. What it is for shows under the tsan preset.
 */
#include "integration/http_fixture.h"

#include "support/suite.h"

#include <pthread.h>
#include <unistd.h>

enum { CLIENTS = 8, ROUNDS = 300 };

#define GET_ECHO "GET /echo?a=1 HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\n\r\n"
#define POST_ECHO                                                            \
    "POST /echo HTTP/1.1\r\nHost: x\r\nCookie: __Host-c=v\r\nContent-Type: " \
    "application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nb=2"

static struct fixture server;

static void start(unsigned workers, unsigned queue)
{
    struct http_options o = http_options_default();
    o.worker_threads = workers;
    o.queue_max = queue;
    o.event_threads = 3;
    fixture_start(&server, &o);
}

static void setup(void) { start(4, 64); }
static void setup_tight(void) { start(1, 1); }
static void teardown(void) { fixture_stop(&server); }

struct client {
    pthread_t thread;
    unsigned rounds, good, busy, other;
};

/* One connection, one request after another, every third round a worker's. */
static void *keep_asking(void *arg)
{
    struct client *c = arg;
    int fd = client_connect(&server);
    for (unsigned i = 0; i < c->rounds; i++) {
        struct buf answer;
        bool post = i % 3 == 0;
        buf_init(&answer, 8192);
        (void)client_send(fd, post ? STR(POST_ECHO) : STR(GET_ECHO));
        bool complete =
            client_read_until(fd, &answer, post ? STR("b=2 c=v lang=0") : STR("a=1 b= c= lang=1"));
        if (complete)
            c->good++;
        else
            c->other++;
        buf_done(&answer);
    }
    (void)close(fd);
    return NULL;
}

/* A connection for each request, given up at once every second time. */
static void *come_and_go(void *arg)
{
    struct client *c = arg;
    for (unsigned i = 0; i < c->rounds; i++) {
        struct buf answer;
        int fd = client_connect(&server);
        (void)client_send(fd, STR(POST_ECHO));
        buf_init(&answer, 8192);
        if (i % 2 == 0 && client_read_until(fd, &answer, STR("b=2 ")))
            c->good++;
        buf_done(&answer);
        (void)close(fd);
    }
    return NULL;
}

static void *until_busy(void *arg)
{
    struct client *c = arg;
    for (unsigned i = 0; i < c->rounds; i++) {
        struct buf answer;
        client_exchange(&server,
                        STR("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            "Content-Type: application/x-www-form-urlencoded\r\n"
                            "Content-Length: 3\r\n\r\nb=2"),
                        &answer);
        int status = answer_status(buf_str(&answer));
        c->good += status == 200 ? 1 : 0;
        c->busy += status == 503 ? 1 : 0;
        c->other += status != 200 && status != 503 ? 1 : 0;
        buf_done(&answer);
    }
    return NULL;
}

static struct client run(void *(*what)(void *), unsigned rounds)
{
    struct client clients[CLIENTS], sum = { .rounds = 0 };
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ .rounds = rounds };
        ck_assert_int_eq(pthread_create(&clients[i].thread, NULL, what, &clients[i]), 0);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        ck_assert_int_eq(pthread_join(clients[i].thread, NULL), 0);
        sum.good += clients[i].good;
        sum.busy += clients[i].busy;
        sum.other += clients[i].other;
    }
    return sum;
}

/* Rule: every request of every client gets its own answer, inline and worker mixed. */
START_TEST(every_answer_arrives)
{
    struct http_metrics m;
    struct client sum = run(keep_asking, ROUNDS);
    ck_assert_uint_eq(sum.good, CLIENTS * ROUNDS);
    ck_assert_uint_eq(sum.other, 0);
    http_server_metrics(server.server, &m);
    ck_assert_uint_eq(m.overloaded, 0);
    ck_assert_uint_eq(m.queued, 0);
    ck_assert_uint_le(m.answered[1], CLIENTS * ROUNDS);
}
END_TEST

START_TEST(clients_that_leave)
{
    struct client sum = run(come_and_go, ROUNDS);
    ck_assert_uint_eq(sum.good, CLIENTS * ROUNDS / 2);
}
END_TEST

/* Rule: with one worker and room for one, a request is answered or refused, never lost. */
START_TEST(overload_is_said)
{
    struct http_metrics m;
    struct client sum = run(until_busy, ROUNDS);
    ck_assert_uint_eq(sum.good + sum.busy, CLIENTS * ROUNDS);
    ck_assert_uint_gt(sum.good, 0);
    http_server_metrics(server.server, &m);
    ck_assert_uint_eq(m.overloaded, sum.busy);
}
END_TEST

static void *stop_now(void *arg)
{
    (void)arg;
    (void)usleep(30000);
    http_server_stop(server.server);
    return NULL;
}

static void *ask_until_closed(void *arg)
{
    struct client *c = arg;
    int fd = client_connect(&server);
    for (bool open = true; open;) {
        struct buf answer;
        buf_init(&answer, 8192);
        open = client_send(fd, STR(POST_ECHO)) && client_read_until(fd, &answer, STR("b=2 "));
        c->good += open ? 1 : 0;
        buf_done(&answer);
    }
    (void)close(fd);
    return NULL;
}

/* Stopping in full flight neither hangs nor crashes. */
START_TEST(stop_under_load)
{
    pthread_t stopper;
    struct client clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ .rounds = 0 };
        ck_assert_int_eq(pthread_create(&clients[i].thread, NULL, ask_until_closed, &clients[i]),
                         0);
    }
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_now, NULL), 0);
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    for (size_t i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_join(clients[i].thread, NULL), 0);
    setup(); /* for teardown */
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("load"), *tight = tcase_create("overload");
    tcase_set_timeout(t, 60);
    tcase_set_timeout(tight, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_answer_arrives);
    tcase_add_test(t, clients_that_leave);
    tcase_add_test(t, stop_under_load);
    tcase_add_checked_fixture(tight, setup_tight, teardown);
    tcase_add_test(tight, overload_is_said);
    return RUN_SUITE("http_load", t, tight);
}
