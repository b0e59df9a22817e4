/* Running one statement of the table inside a transaction. */
#include "state/sql.h"

struct sql_row {
    const struct sql_driver *driver;
    struct sql_stmt *stmt;
};

int64_t sql_int(const struct sql_row *row, int column)
{
    return row->driver->column_int(row->stmt, column);
}

struct str sql_bytes(const struct sql_row *row, int column)
{
    return row->driver->column_bytes(row->stmt, column);
}

/* What the database itself failed with sticks to the job, so that a job which swallows it cannot
 * be told "kept". */
static err_t note(struct state_tx *tx, err_t e)
{
    if (err_ok(tx->broken) && (e.code == ERR_STATE_DOWN || e.code == ERR_STATE_BROKEN)) {
        tx->broken = e;
        tx->conn->driver->why(tx->conn->db, &tx->why);
    }
    return e;
}

static err_t ready(struct state_tx *tx, enum sql_id id, struct sql_args args)
{
    struct state_conn *c = tx->conn;
    if (sql_statements[id].writes && !tx->writing)
        return ERR(BUG);
    if (c->cache[id] == NULL)
        TRY(c->driver->prepare(c->db, sql_statements[id].text, &c->cache[id]));
    for (size_t i = 0; i < args.count; i++)
        TRY(c->driver->bind(c->cache[id], (int)i + 1, &args.values[i]));
    return ERR(OK);
}

static err_t each_row(struct state_conn *c, struct sql_stmt *stmt, sql_row_fn *fn, void *arg)
{
    const struct sql_row row = { c->driver, stmt };
    for (;;) {
        bool more = false;
        TRY(c->driver->step(stmt, &more));
        if (!more)
            return ERR(OK);
        if (fn != NULL)
            TRY(fn(&row, arg));
    }
}

err_t sql_query(struct state_tx *tx, enum sql_id id, struct sql_args args, sql_row_fn *fn,
                void *arg)
{
    struct state_conn *c = tx->conn;
    if (c->running[id])
        return ERR(BUG);
    c->running[id] = true;
    err_t e = note(tx, ready(tx, id, args));
    if (err_ok(e))
        e = note(tx, each_row(c, c->cache[id], fn, arg));
    if (c->cache[id] != NULL)
        c->driver->reset(c->cache[id]);
    c->running[id] = false;
    return e;
}

struct counted {
    sql_row_fn *fn;
    void *arg;
    int rows;
};

static err_t count_row(const struct sql_row *row, void *arg)
{
    struct counted *c = arg;
    c->rows++;
    return c->fn(row, c->arg);
}

err_t sql_one(struct state_tx *tx, enum sql_id id, struct sql_args args, sql_row_fn *fn, void *arg)
{
    struct counted c = { fn, arg, 0 };
    TRY(sql_query(tx, id, args, count_row, &c));
    return c.rows == 0 ? ERR(NOT_FOUND) : c.rows == 1 ? ERR(OK) : ERR(STATE_BROKEN);
}

err_t sql_exec(struct state_tx *tx, enum sql_id id, struct sql_args args, int64_t *changed)
{
    TRY(sql_query(tx, id, args, NULL, NULL));
    if (changed != NULL)
        *changed = tx->conn->driver->changes(tx->conn->db);
    return ERR(OK);
}

err_t sql_exec_one(struct state_tx *tx, enum sql_id id, struct sql_args args)
{
    int64_t changed = 0;
    TRY(sql_exec(tx, id, args, &changed));
    return changed == 1 ? ERR(OK) : changed == 0 ? ERR(NOT_FOUND) : ERR(STATE_BROKEN);
}

void state_tx_mark(struct state_tx *tx) { tx->marked = true; }
