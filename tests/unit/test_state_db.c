/* idp/state below the record types: the transactions, the writer, the planner, refusals. */
#include "base/clock.h"
#include "state/code.h"
#include "state/flow.h"
#include "state/session.h"
#include "state/spent.h"
#include "state/sql.h"
#include "state/throttle.h"
#include "support/folder.h"
#include "support/suite.h"

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW  INT64_C(1795535700)
#define ANNE "1b4e28ba-2fa1-41d2-883f-0016d3cca427"

enum { THREADS = 32 };

static struct folder folder;
static struct state *st;

static err_t open_with(const struct state_options *o, struct state_why *why, struct state **out)
{
    struct state_options full = *o;
    if (full.path == NULL)
        full.path = folder_file(&folder, "state.db");
    return state_open(&full, why, out);
}

static void setup(void)
{
    struct state_why why;
    folder_make(&folder);
    err_t e = open_with(&(struct state_options){ .busy_ms = 50 }, &why, &st);
    ck_assert_msg(err_ok(e), "%s: %s", err_name(e), why.text);
}

static void teardown(void)
{
    state_close(st);
    st = NULL;
    folder_remove(&folder);
}

/* Another program with the file open, as an administrator might have. */
static void outside(const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &db), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, &why);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, why);
    (void)sqlite3_close(db);
}

/* --- jobs --- */

struct spend {
    const char *credential;
    int64_t step;
    err_t answer; /* what the job returns after writing; UNSET: OK */
};

static err_t spend_job(struct state_tx *tx, void *arg)
{
    const struct spend *s = arg;
    TRY(otp_spend(tx, str_of(s->credential), s->step, NOW));
    return s->answer.code == ERR_UNSET ? ERR(OK) : s->answer;
}

static err_t spend(const char *credential, int64_t step)
{
    struct spend s = { .credential = credential, .step = step };
    return state_write(st, spend_job, &s);
}

static err_t count_row(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, 0);
    return ERR(OK);
}

static err_t count_job(struct state_tx *tx, void *arg)
{
    return sql_one(tx, SQL_SESSION_COUNT, SQL_ARGS(V_INT(0)), count_row, arg);
}

static err_t script_job(struct state_tx *tx, void *arg)
{
    return tx->conn->driver->script(tx->conn->db, arg);
}

/* --- transactions --- */

/* A job that fails leaves nothing; its neighbours in the same transaction are kept. */
START_TEST(failing_job_rolls_back_alone)
{
    struct spend s = { .credential = "a", .step = 1, .answer = ERR(DENIED) };
    ck_assert_err(state_write(st, spend_job, &s), DENIED);
    ck_assert_ok(spend("a", 1)); /* it was not spent */
    ck_assert_err(spend("a", 1), CODE_SPENT);
}
END_TEST

static err_t unset_job(struct state_tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    return (err_t){ ERR_UNSET };
}

/* A result that was never set is not a success. */
START_TEST(unset_is_a_bug) { ck_assert_err(state_write(st, unset_job, NULL), BUG); }
END_TEST

/* Writing belongs to the writer: a read job that tries is stopped before the database is asked. */
START_TEST(read_job_cannot_write)
{
    struct spend s = { .credential = "a", .step = 1 };
    ck_assert_err(state_read(st, spend_job, &s), BUG);
    ck_assert_ok(spend("a", 1));
}
END_TEST

static err_t nested_row(const struct sql_row *row, void *arg)
{
    (void)row;
    int64_t n = 0;
    return count_job(arg, &n);
}

static err_t nested_job(struct state_tx *tx, void *arg)
{
    (void)arg;
    return sql_query(tx, SQL_SESSION_COUNT, SQL_ARGS(V_INT(0)), nested_row, tx);
}

/* A statement inside its own answer would reset the answer: refused, not silently wrong. */
START_TEST(statement_in_itself)
{
    int64_t n = -1;
    ck_assert_err(state_read(st, nested_job, NULL), BUG);
    ck_assert_ok(state_read(st, count_job, &n));
    ck_assert_int_eq(n, 0);
}
END_TEST

/* --- never a false success --- */

/* Someone holds the write lock: after the busy time-out, UNAVAILABLE; when it is free, all is well. */
START_TEST(locked)
{
    sqlite3 *db = NULL;
    struct state_why why;
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_err(spend("a", 1), STATE_DOWN);
    state_why(st, &why);
    ck_assert_ptr_nonnull(strstr(why.text, "locked"));
    int64_t n = -1;
    ck_assert_ok(state_read(st, count_job, &n)); /* readers do not wait for writers */
    ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    ck_assert_ok(spend("a", 1));
}
END_TEST

static err_t swallow_job(struct state_tx *tx, void *arg)
{
    err_t e = ERR(OK);
    for (int64_t i = 0; err_ok(e) && i < 20000; i++)
        e = otp_spend(tx, STR("a long enough name of a credential to fill pages with"), i, NOW);
    *(err_t *)arg = e;
    return ERR(OK); /* as a careless caller would */
}

/* The file may not grow (a full disk looks the same to SQLite): the write fails as UNAVAILABLE, even
 * when the job looks away, and what was there before is still there. */
START_TEST(full)
{
    char no_growth[] = "PRAGMA max_page_count = 1"; /* means: not above what it has */
    char growth[] = "PRAGMA max_page_count = 1000000";
    err_t inner = ERR(OK);
    ck_assert_ok(spend("a", 1));
    ck_assert_ok(state_write(st, script_job, no_growth));
    ck_assert_err(state_write(st, swallow_job, &inner), STATE_DOWN);
    ck_assert_int_eq(inner.code, ERR_STATE_DOWN);
    ck_assert_err(spend("a", 1), CODE_SPENT);
    ck_assert_ok(state_write(st, script_job, growth));
    ck_assert_ok(spend("b", 1));
}
END_TEST

static err_t half_job(struct state_tx *tx, void *arg)
{
    (void)arg;
    TRY(otp_spend(tx, STR("half"), 1, NOW));
    (void)err_ok(jti_spend(tx, STR("client"), STR("jti"), NOW)); /* as a careless caller would */
    return ERR(OK);
}

static err_t careless_read(struct state_tx *tx, void *arg)
{
    (void)err_ok(count_job(tx, arg));
    return ERR(OK);
}

/* A statement that the database could not run makes the whole job fail, even when the transaction
 * goes on and the job looks away: half of it is not kept. */
START_TEST(broken_statement_is_not_forgotten)
{
    outside("ALTER TABLE jti RENAME TO hidden");
    ck_assert_err(state_write(st, half_job, NULL), STATE_BROKEN);
    outside("ALTER TABLE hidden RENAME TO jti");
    ck_assert_ok(spend("half", 1));
    int64_t n = 0;
    outside("ALTER TABLE session RENAME TO hidden");
    ck_assert_err(state_read(st, careless_read, &n), STATE_BROKEN);
}
END_TEST

/* --- the queue --- */

struct gate {
    sem_t entered, open;
};

static err_t gate_job(struct state_tx *tx, void *arg)
{
    struct gate *g = arg;
    (void)tx;
    (void)sem_post(&g->entered);
    (void)sem_wait(&g->open);
    return ERR(OK);
}

struct runner {
    pthread_t thread;
    state_job *job;
    void *arg;
    _Atomic int *finished; /* may be NULL */
    err_t result;
};

static void *run(void *arg)
{
    struct runner *r = arg;
    r->result = state_write(st, r->job, r->arg);
    if (r->finished != NULL)
        atomic_fetch_add(r->finished, 1);
    return NULL;
}

static void start(struct runner *r)
{
    ck_assert_int_eq(pthread_create(&r->thread, NULL, run, r), 0);
}

static void finish(struct runner *r) { ck_assert_int_eq(pthread_join(r->thread, NULL), 0); }

static void close_gate(struct gate *g, struct runner *holder)
{
    ck_assert_int_eq(sem_init(&g->entered, 0, 0), 0);
    ck_assert_int_eq(sem_init(&g->open, 0, 0), 0);
    *holder = (struct runner){ .job = gate_job, .arg = g };
    start(holder);
    ck_assert_int_eq(sem_wait(&g->entered), 0);
}

static void open_gate(struct gate *g, struct runner *holder)
{
    ck_assert_int_eq(sem_post(&g->open), 0);
    finish(holder);
    (void)sem_destroy(&g->entered);
    (void)sem_destroy(&g->open);
}

static void pause_1ms(void)
{
    struct timespec pause = { 0, 1000000 };
    (void)nanosleep(&pause, NULL);
}

static void wait_for(const _Atomic int *counter, int want)
{
    int64_t until = clock_mono_ms() + 10000;
    while (atomic_load(counter) < want && clock_mono_ms() < until)
        pause_1ms();
    ck_assert_int_eq(atomic_load(counter), want);
}

/* While the writer is busy the queue fills; what has no room is refused at once, the rest is kept. */
START_TEST(queue_is_bounded)
{
    enum { ROOM = 4, MORE = 3 };
    _Atomic int finished = 0;
    struct gate gate;
    struct spend spends[ROOM + MORE];
    struct runner holder, runners[ROOM + MORE];
    int kept = 0;
    state_close(st);
    ck_assert_ok(open_with(&(struct state_options){ .queue_max = ROOM }, NULL, &st));
    close_gate(&gate, &holder);
    for (int i = 0; i < ROOM + MORE; i++) {
        spends[i] = (struct spend){ .credential = "q", .step = i };
        runners[i] = (struct runner){ .job = spend_job, .arg = &spends[i], .finished = &finished };
        start(&runners[i]);
    }
    wait_for(&finished, MORE); /* those without room */
    open_gate(&gate, &holder);
    for (int i = 0; i < ROOM + MORE; i++) {
        finish(&runners[i]);
        kept += err_ok(runners[i].result) ? 1 : 0;
        ck_assert(err_ok(runners[i].result) || runners[i].result.code == ERR_OVERLOADED);
        ck_assert_int_eq(spend("q", i).code, err_ok(runners[i].result) ? ERR_CODE_SPENT : ERR_OK);
    }
    ck_assert_int_eq(kept, ROOM);
}
END_TEST

/* Jobs that wait together share a commit, and each has its own result. */
START_TEST(group_commit)
{
    struct gate gate;
    struct spend spends[THREADS];
    struct runner holder, runners[THREADS];
    struct state_counters before, after;
    close_gate(&gate, &holder);
    state_counters(st, &before);
    for (int i = 0; i < THREADS; i++) {
        spends[i] = (struct spend){ .credential = "g", .step = i };
        if (i % 4 == 0)
            spends[i].answer = ERR(DENIED);
        runners[i] = (struct runner){ .job = spend_job, .arg = &spends[i] };
        start(&runners[i]);
    }
    for (int i = 0; i < 50; i++) /* let most of them queue: the count below allows for stragglers */
        pause_1ms();
    open_gate(&gate, &holder);
    for (int i = 0; i < THREADS; i++) {
        finish(&runners[i]);
        ck_assert_int_eq(runners[i].result.code, i % 4 == 0 ? ERR_DENIED : ERR_OK);
    }
    state_counters(st, &after);
    ck_assert_uint_eq(after.jobs - before.jobs, THREADS + 1);
    ck_assert_uint_lt(after.commits - before.commits, THREADS / 2);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(spend("g", i).code, i % 4 == 0 ? ERR_OK : ERR_CODE_SPENT);
}
END_TEST

/* --- one winner --- */

struct race {
    err_t (*body)(struct state_tx *tx, struct race *r);
    struct str text, more;
    struct flow flow;
    struct code code;
    struct throttle_key key;
    struct arena *arena;
    int64_t wait;
};

static err_t race_job(struct state_tx *tx, void *arg)
{
    struct race *r = arg;
    return r->body(tx, r);
}

/* Runs the same job in THREADS threads; how many got OK, how many got LOST. */
static void race(const struct race *model, enum err_code lost, int *won, int *losers)
{
    static struct race races[THREADS];
    struct runner runners[THREADS];
    for (int i = 0; i < THREADS; i++) {
        races[i] = *model;
        ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &races[i].arena));
        runners[i] = (struct runner){ .job = race_job, .arg = &races[i] };
        start(&runners[i]);
    }
    *won = *losers = 0;
    for (int i = 0; i < THREADS; i++) {
        finish(&runners[i]);
        *won += err_ok(runners[i].result) ? 1 : 0;
        *losers += runners[i].result.code == lost ? 1 : 0;
        arena_free(races[i].arena);
    }
}

static err_t race_take(struct state_tx *tx, struct race *r)
{
    return code_take(tx, r->arena, r->text, NOW, &r->code);
}
static err_t race_otp(struct state_tx *tx, struct race *r)
{
    return otp_spend(tx, r->text, 59851190, NOW);
}
static err_t race_jti(struct state_tx *tx, struct race *r)
{
    return jti_spend(tx, r->text, r->text, NOW);
}
static err_t race_flow(struct state_tx *tx, struct race *r)
{
    return flow_update(tx, &r->flow, NOW);
}
static err_t race_finish(struct state_tx *tx, struct race *r) { return flow_finish(tx, &r->flow); }
static err_t race_throttle(struct state_tx *tx, struct race *r)
{
    return throttle_reserve(tx, &r->key, 1, NOW, &r->wait);
}

struct made {
    struct session session;
    struct flow flow;
    struct flow_ids ids;
    struct code code;
    struct handle cookie, handle;
    char sid[UUID_LEN], family[UUID_LEN];
};

static err_t make_all(struct state_tx *tx, void *arg)
{
    struct made *m = arg;
    m->session = (struct session){
        .person = STR(ANNE), .auth_time = NOW, .idle_s = 900, .expires = NOW + 3600
    };
    m->flow = (struct flow){ .request = STR("{}"), .step = STR("password") };
    TRY(session_create(tx, &m->session, NOW, m->sid, &m->cookie));
    TRY(flow_create(tx, STR(""), &m->flow, NOW, &m->ids));
    m->code = (struct code){ .client_id = STR("dui"),
                             .redirect_uri = STR("https://dui/cb"),
                             .challenge = STR("c"),
                             .sid = str_from(m->sid, UUID_LEN),
                             .person = STR(ANNE),
                             .expires = NOW + 60 };
    return code_issue(tx, &m->code, NOW, m->family, &m->handle);
}

START_TEST(one_winner)
{
    struct made m;
    int won, lost;
    ck_assert_ok(state_write(st, make_all, &m));
    race(&(struct race){ .body = race_take, .text = handle_str(&m.handle) }, ERR_CODE_SPENT, &won,
         &lost);
    ck_assert(won == 1 && lost == THREADS - 1);
    race(&(struct race){ .body = race_otp, .text = STR("otp-1") }, ERR_CODE_SPENT, &won, &lost);
    ck_assert(won == 1 && lost == THREADS - 1);
    race(&(struct race){ .body = race_jti, .text = STR("c") }, ERR_REPLAYED, &won, &lost);
    ck_assert(won == 1 && lost == THREADS - 1);
    race(&(struct race){ .body = race_flow, .flow = m.flow }, ERR_CONFLICT, &won, &lost);
    ck_assert(won == 1 && lost == THREADS - 1);
    m.flow.version++;
    race(&(struct race){ .body = race_finish, .flow = m.flow }, ERR_NOT_FOUND, &won, &lost);
    ck_assert(won == 1 && lost == THREADS - 1);
}
END_TEST

/* Guesses in parallel share one counter, counted before the secret is looked at. */
START_TEST(parallel_guesses)
{
    int won, lost;
    struct throttle_key key = { STR("account:anne"), &throttle_account_default };
    race(&(struct race){ .body = race_throttle, .key = key }, ERR_THROTTLED, &won, &lost);
    ck_assert_int_eq(won, 5);
    ck_assert_int_eq(lost, THREADS - 5);
}
END_TEST

/* Readers and the writer at the same time, for the thread sanitizer. */
static void *read_often(void *arg)
{
    for (int i = 0; i < 50; i++) {
        int64_t n = 0;
        if (!err_ok(state_read(st, count_job, &n)))
            atomic_fetch_add((_Atomic int *)arg, 1);
    }
    return NULL;
}

START_TEST(readers_beside_the_writer)
{
    _Atomic int failures = 0;
    pthread_t readers[8];
    for (size_t i = 0; i < COUNT(readers); i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_often, &failures), 0);
    for (int i = 0; i < 50; i++)
        ck_assert_ok(spend("w", i));
    for (size_t i = 0; i < COUNT(readers); i++)
        ck_assert_int_eq(pthread_join(readers[i], NULL), 0);
    ck_assert_int_eq(failures, 0);
}
END_TEST

/* --- the planner --- */

/* A statement may scan a sub-select it has just limited, and nothing else. */
static bool step_is_sound(const char *detail)
{
    return strncmp(detail, "SCAN", 4) != 0 || strncmp(detail, "SCAN last", 9) == 0 ||
           strncmp(detail, "SCAN (subquery", 14) == 0 || strcmp(detail, "SCAN CONSTANT ROW") == 0;
}

/* Every statement of the table finds its rows by a key or an index. The one exception is the newest
 * record of the journal, which is the last leaf of the table and is read with LIMIT 1. */
START_TEST(statements_use_indexes)
{
    const struct sql_statement *s = &sql_statements[_i];
    sqlite3 *db = NULL;
    sqlite3_stmt *plan = NULL;
    char text[2048];
    ck_assert_msg(s->text != NULL, "statement %d has no text", _i);
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &db), SQLITE_OK);
    int n = snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", s->text);
    ck_assert(n > 0 && (size_t)n < sizeof text);
    int rc = sqlite3_prepare_v2(db, text, -1, &plan, NULL);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", s->name, sqlite3_errmsg(db));
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        bool tail = _i == SQL_JOURNAL_TAIL || _i == SQL_CHECKPOINT_LAST;
        ck_assert_msg(tail || step_is_sound(detail), "%s: %s", s->name, detail);
    }
    (void)sqlite3_finalize(plan);
    (void)sqlite3_close(db);
}
END_TEST

/* Parameters are numbered by first appearance, which is how one text serves two back ends. */
START_TEST(parameters_in_order)
{
    const struct sql_statement *s = &sql_statements[_i];
    int highest = 0;
    for (const char *at = strchr(s->text, '$'); at != NULL; at = strchr(at + 1, '$')) {
        int n = at[1] - '0';
        if (at[2] >= '0' && at[2] <= '9')
            n = 10 * n + at[2] - '0';
        ck_assert_msg(n >= 1 && n <= highest + 1, "%s: $%d after $%d", s->name, n, highest);
        highest = n > highest ? n : highest;
    }
}
END_TEST

/* --- cost does not grow with what is old --- */

static const char fill[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "INSERT INTO otp_spent SELECT 'old-' || i, i, 1 FROM n;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "INSERT INTO session SELECT i, 'sid-' || i, zeroblob(32), 'person-' || i, 'l', 1, 1, 0, 1, 2, "
    "2,"
    " 1, 0, '', '', '', '', '', '' FROM n;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "INSERT INTO code SELECT i, zeroblob(32), 1, 2, 'c', 'r', 'ch', '', '', '', 'sid-' || i, 'p', "
    "'',"
    " '', 'f', 1, 1, 0, 0 FROM n;";

static err_t everyday_job(struct state_tx *tx, void *arg)
{
    struct made m;
    struct arena *a = arg;
    struct session s;
    struct session_list list;
    struct code code;
    int64_t wait = 0;
    struct throttle_key key = { STR("account:anne"), &throttle_network_default };
    TRY(make_all(tx, &m));
    TRY(session_find(tx, a, handle_str(&m.cookie), NOW, &s));
    TRY(session_find_sid(tx, a, s.sid, NOW, &s));
    TRY(session_touch(tx, s.id, NOW + 60));
    TRY(session_list_of(tx, a, STR(ANNE), NOW, &list));
    TRY(code_take(tx, a, handle_str(&m.handle), NOW, &code));
    TRY(flow_update(tx, &m.flow, NOW));
    TRY(flow_finish(tx, &m.flow));
    TRY(otp_spend(tx, s.sid, 1, NOW));
    TRY(throttle_reserve(tx, &key, 1, NOW, &wait));
    TRY(state_purge(tx, NOW, 10, NULL));
    return session_end_all_of(tx, STR(ANNE), 0, NULL);
}

static uint64_t cost_of_a_day(struct state_counters *after)
{
    struct state_counters before;
    struct arena *a = NULL;
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    state_counters(st, &before);
    ck_assert_ok(state_write(st, everyday_job, a));
    state_counters(st, after);
    arena_free(a);
    return after->vm_steps - before.vm_steps;
}

static err_t purge_ten(struct state_tx *tx, void *arg) { return state_purge(tx, NOW, 10, arg); }

/* 100,000 old sessions, codes and steps: a look-up does the same work as in an empty database. The
 * purge does more, since there is something to take, but bounded by its limit. */
START_TEST(old_rows_cost_nothing)
{
    struct state_counters after;
    char script[sizeof fill];
    memcpy(script, fill, sizeof fill);
    (void)cost_of_a_day(&after);
    uint64_t empty = cost_of_a_day(&after);
    ck_assert_ok(state_write(st, script_job, script));
    uint64_t filled = cost_of_a_day(&after);
    int64_t purged = 0;
    struct state_counters before;
    state_counters(st, &before);
    ck_assert_ok(state_write(st, purge_ten, &purged));
    state_counters(st, &after);
    uint64_t purge = after.vm_steps - before.vm_steps;
    ck_assert_int_eq(purged, 30);
    ck_assert_uint_eq(after.full_scan_steps, 0);
    ck_assert_msg(purge < 3000, "purge: %llu steps", (unsigned long long)purge);
    ck_assert_msg(filled < empty + purge + empty / 5, "%llu steps, was %llu",
                  (unsigned long long)filled, (unsigned long long)empty);
}
END_TEST

/* --- opening --- */

START_TEST(file_is_private)
{
    struct stat info;
    static const char *const files[] = { "state.db", "state.db-wal", "state.db-shm" };
    ck_assert_ok(spend("a", 1));
    for (size_t i = 0; i < COUNT(files); i++) {
        ck_assert_int_eq(stat(folder_file(&folder, files[i]), &info), 0);
        ck_assert_uint_eq(info.st_mode & 0777, 0600);
    }
}
END_TEST

static void not_a_database(void)
{
    folder_write(&folder, "state.db", "not a database at all\n", 0600);
}
static void open_to_others(void)
{
    ck_assert_int_eq(chmod(folder_file(&folder, "state.db"), 0644), 0);
}
static void newer(void) { outside("UPDATE schema_version SET version = 99"); }
static void not_ours(void)
{
    outside("DROP TABLE schema_version; CREATE TABLE something_else (a)");
}
static void is_a_link(void)
{
    ck_assert_int_eq(rename(folder_file(&folder, "state.db"), folder_file(&folder, "moved.db")), 0);
    ck_assert_int_eq(symlink("moved.db", folder_file(&folder, "state.db")), 0);
}
static void is_a_folder(void)
{
    ck_assert_int_eq(unlink(folder_file(&folder, "state.db")), 0);
    ck_assert_int_eq(mkdir(folder_file(&folder, "state.db"), 0700), 0);
}

static const struct {
    const char *name;
    void (*damage)(void);
    enum err_code want;
} unfit[] = {
    { "not a database", not_a_database, ERR_STATE_BROKEN },
    { "readable by others", open_to_others, ERR_STATE_DOWN },
    { "made by a newer version", newer, ERR_STATE_BROKEN },
    { "somebody else's database", not_ours, ERR_STATE_BROKEN },
    { "a link", is_a_link, ERR_STATE_DOWN },
    { "a folder", is_a_folder, ERR_STATE_DOWN },
};

START_TEST(unfit_files)
{
    struct state_why why;
    struct state *out = NULL;
    state_close(st);
    st = NULL;
    unfit[_i].damage();
    err_t e = open_with(&(struct state_options){ .busy_ms = 50 }, &why, &out);
    ck_assert_msg(e.code == unfit[_i].want, "%s: %s", unfit[_i].name, err_name(e));
    ck_assert_msg(why.text[0] != '\0', "%s: no reason given", unfit[_i].name);
    ck_assert_ptr_null(out);
}
END_TEST

/* habilisctl looks at the file of a running service, and at that of a stopped one. */
START_TEST(read_only_beside_the_service)
{
    struct state *ro = NULL;
    int64_t n = -1;
    ck_assert_ok(spend("a", 1));
    ck_assert_ok(open_with(&(struct state_options){ .read_only = true }, NULL, &ro));
    ck_assert_ok(state_read(ro, count_job, &n));
    struct spend s = { .credential = "b", .step = 1 };
    ck_assert_err(state_write(ro, spend_job, &s), BUG);
    state_close(ro);
    state_close(st);
    st = NULL;
    ck_assert_ok(open_with(&(struct state_options){ .read_only = true }, NULL, &ro));
    ck_assert_ok(state_read(ro, count_job, &n));
    state_close(ro);
    ck_assert_int_eq(unlink(folder_file(&folder, "state.db")), 0);
    ck_assert_err(open_with(&(struct state_options){ .read_only = true }, NULL, &ro), STATE_DOWN);
    ck_assert(!folder_has(&folder, "state.db"));
}
END_TEST

int main(void)
{
    TCase *tx = tcase_create("transactions"), *down = tcase_create("down");
    TCase *queue = tcase_create("queue"), *races = tcase_create("races");
    TCase *planner = tcase_create("planner"), *opening = tcase_create("opening");
    TCase *all[] = { tx, down, queue, races, planner, opening };
    for (size_t i = 0; i < COUNT(all); i++) {
        tcase_add_checked_fixture(all[i], setup, teardown);
        tcase_set_timeout(all[i], 60);
    }
    tcase_add_test(tx, failing_job_rolls_back_alone);
    tcase_add_test(tx, unset_is_a_bug);
    tcase_add_test(tx, read_job_cannot_write);
    tcase_add_test(tx, statement_in_itself);
    tcase_add_test(down, locked);
    tcase_add_test(down, full);
    tcase_add_test(down, broken_statement_is_not_forgotten);
    tcase_add_test(queue, queue_is_bounded);
    tcase_add_test(queue, group_commit);
    tcase_add_test(races, one_winner);
    tcase_add_test(races, parallel_guesses);
    tcase_add_test(races, readers_beside_the_writer);
    tcase_add_loop_test(planner, statements_use_indexes, 0, SQL_ID_COUNT);
    tcase_add_loop_test(planner, parameters_in_order, 0, SQL_ID_COUNT);
    tcase_add_test(planner, old_rows_cost_nothing);
    tcase_add_test(opening, file_is_private);
    tcase_add_loop_test(opening, unfit_files, 0, COUNT(unfit));
    tcase_add_test(opening, read_only_beside_the_service);
    return RUN_SUITE("state_db", tx, down, queue, races, planner, opening);
}
