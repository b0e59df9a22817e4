/* The writer thread: takes all the jobs that wait, runs each in a savepoint of one transaction,
 * commits once, and only then tells the callers. While it waits for the disk the next batch
 * gathers, so the cost of a sync is shared by as many jobs as arrive during one. */
#include "state/internal.h"

#include <errno.h>
#include <signal.h>

enum { BATCH_MAX = 256 }; /* jobs of one transaction: bounds how long the first one waits */

/* A job's refusal is undone alone. If the database itself gave up (full disk: SQLite may roll the
 * whole transaction back), nothing of the batch was kept and nothing may be said to be. */
static err_t run_in_savepoint(struct state_tx *tx, struct queued *q)
{
    const struct sql_driver *d = tx->conn->driver;
    TRY(d->savepoint(tx->conn->db));
    bool marked = tx->marked;
    tx->broken = ERR(OK);
    q->result = q->job(tx, q->arg);
    if (q->result.code == ERR_UNSET)
        q->result = ERR(BUG);
    if (err_ok(q->result) && !err_ok(tx->broken))
        q->result = tx->broken;
    if (!d->in_tx(tx->conn->db))
        return ERR(STATE_DOWN);
    if (err_ok(q->result))
        return d->release(tx->conn->db);
    tx->marked = marked;
    return d->undo(tx->conn->db);
}

static err_t run_jobs(struct state *st, struct state_tx *tx, struct queued *batch)
{
    size_t kept = 0;
    TRY(tx->conn->driver->begin(tx->conn->db, true));
    for (struct queued *q = batch; q != NULL; q = q->next) {
        TRY(run_in_savepoint(tx, q));
        atomic_fetch_add_explicit(&st->counters.jobs, 1, memory_order_relaxed);
        kept += err_ok(q->result) ? 1 : 0;
    }
    if (kept == 0) {
        tx->conn->driver->rollback(tx->conn->db);
        tx->marked = false;
        return ERR(OK);
    }
    if (tx->marked && st->hooks.before_commit != NULL)
        TRY(st->hooks.before_commit(tx, st->hooks.arg));
    TRY(tx->conn->driver->commit(tx->conn->db));
    atomic_fetch_add_explicit(&st->counters.commits, 1, memory_order_relaxed);
    return ERR(OK);
}

static void run_batch(struct state *st, struct queued *batch)
{
    struct state_tx tx = { .conn = &st->write_conn, .writing = true, .broken = ERR(OK) };
    err_t fate = run_jobs(st, &tx, batch);
    if (!err_ok(fate)) {
        if (tx.why.text[0] == '\0')
            tx.conn->driver->why(tx.conn->db, &tx.why);
        tx.conn->driver->rollback(tx.conn->db);
    } else if (tx.marked && st->hooks.after_commit != NULL) {
        st->hooks.after_commit(st->hooks.arg);
    }
    if (tx.why.text[0] != '\0')
        state_note_why(st, &tx.why);
    while (batch != NULL) {
        struct queued *q = batch;
        batch = q->next; /* before the post: q is on the stack of the thread that it wakes */
        if (!err_ok(fate) && (err_ok(q->result) || q->result.code == ERR_UNSET))
            q->result = ERR(STATE_DOWN);
        (void)sem_post(&q->done);
    }
}

/* Blocks until there is work; NULL when stopping and all is done. */
static struct queued *take_batch(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stopping)
        (void)pthread_cond_wait(&w->wake, &w->lock);
    struct queued *batch = w->first, *last = batch;
    if (batch != NULL) {
        size_t n = 1;
        while (n < BATCH_MAX && last->next != NULL) {
            last = last->next;
            n++;
        }
        w->first = last->next;
        w->waiting -= n;
        if (w->first == NULL)
            w->last = NULL;
        last->next = NULL;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return batch;
}

static void *writer_main(void *arg)
{
    struct state *st = arg;
    struct queued *batch;
    while ((batch = take_batch(&st->writer)) != NULL)
        run_batch(st, batch);
    return NULL;
}

/* Signals are for the main thread: the writer takes none, so no call of it is interrupted. */
err_t writer_start(struct state *st, size_t queue_max)
{
    sigset_t all, before;
    st->writer.queue_max = queue_max;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&st->writer.thread, NULL, writer_main, st);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    st->writer.started = rc == 0;
    return rc == 0 ? ERR(OK) : ERR(NO_MEMORY);
}

void writer_stop(struct state *st)
{
    struct writer *w = &st->writer;
    if (!w->started)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    w->started = false;
}

static bool enqueue(struct writer *w, struct queued *q)
{
    (void)pthread_mutex_lock(&w->lock);
    bool room = w->waiting < w->queue_max && !w->stopping;
    if (room) {
        if (w->last != NULL)
            w->last->next = q;
        else
            w->first = q;
        w->last = q;
        w->waiting++;
        (void)pthread_cond_signal(&w->wake);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return room;
}

err_t state_write(struct state *st, state_job *job, void *arg)
{
    struct queued q = { .job = job, .arg = arg };
    if (st->read_only)
        return ERR(BUG);
    if (sem_init(&q.done, 0, 0) != 0)
        return ERR(BUG);
    if (!enqueue(&st->writer, &q)) {
        (void)sem_destroy(&q.done);
        return ERR(OVERLOADED);
    }
    while (sem_wait(&q.done) != 0 && errno == EINTR)
        continue;
    (void)sem_destroy(&q.done);
    return q.result;
}
