/* What was acknowledged survives kill -9, whenever it comes: during the creation of the keys and of
 * the database, in the middle of a commit, between a commit and the anchor. */
#include "base/rng.h"
#include "base/secret.h"
#include "journal/journal.h"
#include "keys/keys.h"
#include "state/spent.h"
#include "support/folder.h"
#include "support/suite.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOW INT64_C(1795535700)

enum { ROUNDS = 40, WRITERS = 4, DELAY_MAX_MS = 80, ACKS_MAX = 100000 };

struct ack {
    int32_t round, number;
};

static struct folder folder;

struct service {
    struct keys *keys;
    struct state *st;
    struct journal *journal;
    enum journal_anchor found;
    unsigned char key[JOURNAL_KEY_LEN];
};

/* --- a small service: opens everything as habilisd does --- */

static err_t open_journal(struct service *s)
{
    struct journal_options o = { .anchor = folder_file(&folder, "state.db" JOURNAL_ANCHOR_SUFFIX) };
    TRY(keys_derive(s->keys, STR(JOURNAL_KEY_PURPOSE), s->key));
    memcpy(o.key, s->key, sizeof o.key);
    return journal_open(s->st, &o, NOW, &s->found, &s->journal);
}

static err_t service_open(struct service *s)
{
    struct keys_options keys = { .dir = folder_file(&folder, "keys"), .create = true };
    struct state_options state = { .path = folder_file(&folder, "state.db"), .readers = 1 };
    TRY(keys_open(&keys, NULL, NULL, &s->keys));
    TRY(state_open(&state, NULL, &s->st));
    return open_journal(s);
}

static void service_close(struct service *s)
{
    journal_close(s->journal);
    state_close(s->st);
    keys_free(s->keys);
}

static struct str name_of(const struct ack *a, char out[32])
{
    int n = snprintf(out, 32, "r%d-n%d", a->round, a->number);
    return str_from(out, (size_t)n);
}

/* A change and its record, as every request writes them. */
static err_t write_job(struct state_tx *tx, void *arg)
{
    char name[32];
    struct str text = name_of(arg, name);
    struct journal_entry e = { .event = JOURNAL_SESSION_ENDED,
                               .at_ms = NOW * 1000,
                               .actor = text,
                               .session = text,
                               .data = JOURNAL_DATA({ "reason", STR("test") }) };
    TRY(otp_spend(tx, text, 1, NOW));
    return journal_append(tx, &e);
}

/* --- the child: writes, and says what was acknowledged, until it is killed --- */

struct writing {
    struct service *service;
    int pipe, round, first;
};

static void *write_without_end(void *arg)
{
    const struct writing *w = arg;
    for (int i = w->first;; i += WRITERS) {
        struct ack a = { w->round, i };
        if (!err_ok(state_write(w->service->st, write_job, &a)) ||
            write(w->pipe, &a, sizeof a) != sizeof a)
            _exit(1);
    }
    return NULL;
}

static void child(int round, int pipe)
{
    static struct service s;
    static struct writing writings[WRITERS];
    pthread_t threads[WRITERS];
    if (!err_ok(service_open(&s)) || s.found != ANCHOR_AGREES)
        _exit(2);
    for (int i = 0; i < WRITERS; i++) {
        writings[i] = (struct writing){ &s, pipe, round, i };
        if (pthread_create(&threads[i], NULL, write_without_end, &writings[i]) != 0)
            _exit(3);
    }
    for (;;)
        (void)pause();
}

/* --- the parent: kills, restarts, compares --- */

static struct ack acks[ACKS_MAX];
static size_t ack_count;

static void drain(int pipe)
{
    for (;;) {
        ck_assert_uint_lt(ack_count, ACKS_MAX);
        ssize_t n = read(pipe, &acks[ack_count], sizeof acks[0]);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != (ssize_t)sizeof acks[0])
            return;
        ack_count++;
    }
}

/* Runs a child for a random while and kills it. */
static void run_and_kill(int round)
{
    int ends[2], status = 0;
    uint32_t chance;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)close(ends[0]);
        child(round, ends[1]);
    }
    (void)close(ends[1]);
    rng_fill(&chance, sizeof chance);
    struct timespec delay = { 0, (long)(chance % (DELAY_MAX_MS * 1000)) * 1000 };
    (void)nanosleep(&delay, NULL);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status), "round %d: the child gave up: %d", round,
                  WEXITSTATUS(status));
    drain(ends[0]);
    (void)close(ends[0]);
}

/* Each acknowledged name is spent. Rolled back: it only looks. */
static err_t all_there(struct state_tx *tx, void *arg)
{
    size_t *missing = arg;
    for (size_t i = 0; i < ack_count; i++) {
        char name[32];
        if (otp_spend(tx, name_of(&acks[i], name), 1, NOW).code != ERR_CODE_SPENT)
            (*missing)++;
    }
    return ERR(DENIED);
}

/* Acknowledged names have their record too. */
struct seen {
    size_t records;
    bool *found; /* per ack */
};

static err_t note_record(const struct journal_record *r, void *arg)
{
    struct seen *s = arg;
    s->records++;
    char name[32];
    for (size_t i = 0; i < ack_count; i++) {
        if (!s->found[i] && str_eq(r->actor, name_of(&acks[i], name))) {
            s->found[i] = true;
            break;
        }
    }
    return ERR(OK);
}

static err_t read_records(struct state_tx *tx, void *arg)
{
    struct journal_filter all = { .limit = ACKS_MAX };
    return journal_read(tx, &all, note_record, arg);
}

static void check_state(int round)
{
    struct service s = { 0 };
    struct journal_verdict v;
    size_t missing = 0;
    ck_assert_ok(service_open(&s));
    ck_assert_int_eq(s.found, ANCHOR_AGREES);
    ck_assert_err(state_write(s.st, all_there, &missing), DENIED);
    ck_assert_msg(missing == 0, "round %d: %zu of %zu acknowledged are gone", round, missing,
                  ack_count);
    ck_assert_ok(
        journal_verify(s.st, s.key, folder_file(&folder, "state.db" JOURNAL_ANCHOR_SUFFIX), &v));
    ck_assert_msg(v.fault == JOURNAL_SOUND, "round %d: fault %d at %lld", round, v.fault,
                  (long long)v.bad_seq);
    ck_assert_int_ge(v.records, (int64_t)ack_count);
    service_close(&s);
}

static void check_records(void)
{
    struct service s = { 0 };
    struct seen seen = { .found = calloc(ack_count + 1, sizeof(bool)) };
    ck_assert_ptr_nonnull(seen.found);
    ck_assert_ok(service_open(&s));
    ck_assert_ok(state_read(s.st, read_records, &seen));
    for (size_t i = 0; i < ack_count; i++)
        ck_assert_msg(seen.found[i], "no record of round %d, number %d", acks[i].round,
                      acks[i].number);
    service_close(&s);
    free(seen.found);
}

START_TEST(kill_and_restart)
{
    folder_make(&folder);
    for (int round = 0; round < ROUNDS; round++) {
        run_and_kill(round);
        check_state(round);
    }
    ck_assert_uint_gt(ack_count, 20); /* it did work between the kills */
    check_records();
    folder_remove(&folder);
}
END_TEST

int main(void)
{
    TCase *crash = tcase_create("crash");
    tcase_set_timeout(crash, 100);
    tcase_add_test(crash, kill_and_restart);
    return RUN_SUITE("crash", crash);
}
