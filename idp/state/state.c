#include "state/internal.h"

#include <stdlib.h>

/* --- connections --- */

static err_t conn_open(struct state *st, const struct sql_open *o, struct state_why *why,
                       struct state_conn *out)
{
    out->driver = &sql_sqlite;
    out->counters = &st->counters;
    return out->driver->open(o, why, &out->db);
}

static void conn_close(struct state_conn *c)
{
    if (c->db == NULL)
        return;
    for (size_t i = 0; i < COUNT(c->cache); i++)
        c->driver->finish(c->cache[i]);
    c->driver->close(c->db);
}

static err_t open_readers(struct state *st, const struct sql_open *o, struct state_why *why,
                          size_t count)
{
    st->readers = calloc(count, sizeof *st->readers);
    st->idle = calloc(count, sizeof *st->idle);
    if (st->readers == NULL || st->idle == NULL)
        return ERR(NO_MEMORY);
    for (st->reader_count = 0; st->reader_count < count; st->reader_count++) {
        struct state_conn *c = &st->readers[st->reader_count];
        TRY(conn_open(st, o, why, c));
        st->idle[st->idle_count++] = c;
    }
    return ERR(OK);
}

/* --- opening and closing --- */

static err_t open_all(struct state *st, const struct state_options *options, struct state_why *why)
{
    struct sql_open o = {
        .path = options->path,
        .busy_ms = options->busy_ms > 0 ? options->busy_ms : STATE_BUSY_DEFAULT_MS,
        .read_only = options->read_only,
        .counters = &st->counters,
    };
    size_t readers = options->readers > 0 ? options->readers : STATE_READERS_DEFAULT;
    if (options->read_only) {
        TRY(open_readers(st, &o, why, 1));
        return schema_check(&sql_sqlite, st->readers[0].db, true, why);
    }
    TRY(conn_open(st, &o, why, &st->write_conn));
    TRY(schema_check(&sql_sqlite, st->write_conn.db, false, why));
    o.reader = true;
    TRY(open_readers(st, &o, why, readers));
    return writer_start(st, options->queue_max > 0 ? options->queue_max : STATE_QUEUE_DEFAULT);
}

err_t state_open(const struct state_options *options, struct state_why *why, struct state **out)
{
    struct state *st = calloc(1, sizeof *st);
    if (st == NULL)
        return ERR(NO_MEMORY);
    state_why_set(why, "");
    st->read_only = options->read_only;
    (void)pthread_mutex_init(&st->writer.lock, NULL);
    (void)pthread_cond_init(&st->writer.wake, NULL);
    (void)pthread_mutex_init(&st->pool_lock, NULL);
    (void)pthread_cond_init(&st->pool_free, NULL);
    (void)pthread_mutex_init(&st->why_lock, NULL);
    err_t e = open_all(st, options, why);
    if (!err_ok(e)) {
        state_close(st);
        return e;
    }
    *out = st;
    return ERR(OK);
}

void state_close(struct state *st)
{
    if (st == NULL)
        return;
    writer_stop(st);
    for (size_t i = 0; i < st->reader_count; i++)
        conn_close(&st->readers[i]);
    conn_close(&st->write_conn); /* last: it folds the write-ahead log into the file */
    (void)pthread_mutex_destroy(&st->why_lock);
    (void)pthread_cond_destroy(&st->pool_free);
    (void)pthread_mutex_destroy(&st->pool_lock);
    (void)pthread_cond_destroy(&st->writer.wake);
    (void)pthread_mutex_destroy(&st->writer.lock);
    free(st->idle);
    free(st->readers);
    free(st);
}

/* --- reading --- */

static struct state_conn *borrow(struct state *st)
{
    (void)pthread_mutex_lock(&st->pool_lock);
    while (st->idle_count == 0)
        (void)pthread_cond_wait(&st->pool_free, &st->pool_lock);
    struct state_conn *c = st->idle[--st->idle_count];
    (void)pthread_mutex_unlock(&st->pool_lock);
    return c;
}

static void give_back(struct state *st, struct state_conn *c)
{
    (void)pthread_mutex_lock(&st->pool_lock);
    st->idle[st->idle_count++] = c;
    (void)pthread_cond_signal(&st->pool_free);
    (void)pthread_mutex_unlock(&st->pool_lock);
}

static err_t read_snapshot(struct state_tx *tx, state_job *job, void *arg)
{
    const struct sql_driver *d = tx->conn->driver;
    err_t e = d->begin(tx->conn->db, false);
    if (!err_ok(e)) {
        d->why(tx->conn->db, &tx->why);
        return e;
    }
    e = job(tx, arg);
    d->rollback(tx->conn->db); /* nothing was written */
    return err_ok(e) && !err_ok(tx->broken) ? tx->broken : e;
}

err_t state_read(struct state *st, state_job *job, void *arg)
{
    struct state_tx tx = { .conn = borrow(st), .writing = false, .broken = ERR(OK) };
    err_t e = read_snapshot(&tx, job, arg);
    give_back(st, tx.conn);
    if (tx.why.text[0] != '\0')
        state_note_why(st, &tx.why);
    return e;
}

/* --- the rest --- */

void state_note_why(struct state *st, const struct state_why *why)
{
    (void)pthread_mutex_lock(&st->why_lock);
    st->why = *why;
    (void)pthread_mutex_unlock(&st->why_lock);
}

void state_why(struct state *st, struct state_why *out)
{
    (void)pthread_mutex_lock(&st->why_lock);
    *out = st->why;
    (void)pthread_mutex_unlock(&st->why_lock);
}

void state_counters(const struct state *st, struct state_counters *out)
{
    out->statements = atomic_load_explicit(&st->counters.statements, memory_order_relaxed);
    out->commits = atomic_load_explicit(&st->counters.commits, memory_order_relaxed);
    out->jobs = atomic_load_explicit(&st->counters.jobs, memory_order_relaxed);
    out->full_scan_steps =
        atomic_load_explicit(&st->counters.full_scan_steps, memory_order_relaxed);
    out->vm_steps = atomic_load_explicit(&st->counters.vm_steps, memory_order_relaxed);
}

void state_set_hooks(struct state *st, const struct state_hooks *hooks)
{
    st->hooks = hooks != NULL ? *hooks : (struct state_hooks){ 0 };
}

err_t state_purge(struct state_tx *tx, int64_t now, int64_t limit, int64_t *deleted)
{
    static const enum sql_id all[] = { SQL_PURGE_SESSION,   SQL_PURGE_FLOW,  SQL_PURGE_CODE,
                                       SQL_PURGE_OTP,       SQL_PURGE_JTI,   SQL_PURGE_THROTTLE,
                                       SQL_PURGE_EMERGENCY, SQL_PURGE_OUTBOX };
    int64_t sum = 0;
    for (size_t i = 0; i < COUNT(all); i++) {
        int64_t n = 0;
        TRY(sql_exec(tx, all[i], SQL_ARGS(V_INT(now), V_INT(limit)), &n));
        sum += n;
    }
    if (deleted != NULL)
        *deleted = sum;
    return ERR(OK);
}
