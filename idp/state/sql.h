/* sql.h - between the record types and a database: statements by name, and what a driver does.
 *
 * Private to idp/state, idp/journal and idp/history. All SQL text of the service is in statements.c, but for
 * the schema (schema.c): session.c, code.c and the others name a statement and give values. What
 * speaks to one database product is behind `struct sql_driver`; the SQL is written so that SQLite
 * and PostgreSQL both take it: parameters $1, $2 … numbered by first appearance, ON CONFLICT,
 * RETURNING, no function that only one of them has.
 */
#ifndef STATE_SQL_H
#define STATE_SQL_H

#include "state/state.h"
#include "state/statements.h"

#include <stdatomic.h>

struct sql_value {
    enum { SQL_INT, SQL_TEXT, SQL_BLOB } kind;
    int64_t n;
    struct str s; /* borrowed until the statement is done */
};
struct sql_args {
    const struct sql_value *values;
    size_t count;
};

#define V_INT(i)         ((struct sql_value){ SQL_INT, (i), { NULL, 0 } })
#define V_TEXT(t)        ((struct sql_value){ SQL_TEXT, 0, (t) })
#define V_BLOB(ptr, len) ((struct sql_value){ SQL_BLOB, 0, str_from((const char *)(ptr), (len)) })
#define SQL_ARGS(...)                                                       \
    ((struct sql_args){ (const struct sql_value[]){ __VA_ARGS__ },          \
                        sizeof((const struct sql_value[]){ __VA_ARGS__ }) / \
                            sizeof(struct sql_value) })
#define SQL_NO_ARGS ((struct sql_args){ NULL, 0 })

/* --- for the record types --- */

struct sql_row; /* one row of an answer; valid during the callback */
int64_t sql_int(const struct sql_row *row, int column);      /* columns count from 0 */
struct str sql_bytes(const struct sql_row *row, int column); /* text or blob; borrowed */

typedef err_t sql_row_fn(const struct sql_row *row, void *arg);

/* Runs statement ID and gives each row to FN, whose failure stops it and is returned. A statement
 * may not be run again inside its own FN. Errors: CONFLICT (a unique key is taken), NOT_FOUND (what
 * a foreign key names is not there), STATE_DOWN, STATE_BROKEN, NO_MEMORY, BUG (writing in a read job,
 * another constraint, or the statement is running). */
NODISCARD err_t sql_query(struct state_tx *tx, enum sql_id id, struct sql_args args, sql_row_fn *fn,
                          void *arg);
/* The same for at most one row. Errors: also NOT_FOUND when there is none. */
NODISCARD err_t sql_one(struct state_tx *tx, enum sql_id id, struct sql_args args, sql_row_fn *fn,
                        void *arg);
/* For statements without an answer; *changed (may be NULL) is the number of rows written. */
NODISCARD err_t sql_exec(struct state_tx *tx, enum sql_id id, struct sql_args args,
                         int64_t *changed);
/* As sql_exec(), for a statement that must write one row. Errors: also NOT_FOUND when it does not. */
NODISCARD err_t sql_exec_one(struct state_tx *tx, enum sql_id id, struct sql_args args);

/* --- for state.c and the drivers --- */

struct sql_counters {
    _Atomic uint64_t statements, commits, jobs, full_scan_steps, vm_steps;
};

struct sql_open {
    const char *path;
    int busy_ms;
    bool read_only; /* the whole process only reads */
    bool reader;    /* a read connection of a process that writes */
    struct sql_counters *counters;
};

struct sql_conn; /* of the driver */
struct sql_stmt; /* of the driver */

/* One thread at a time per connection. All errors as sql_query(). */
struct sql_driver {
    const char *name;
    const char *const *migrations; /* scripts 1, 2 …, NULL at the end */
    err_t (*open)(const struct sql_open *o, struct state_why *why, struct sql_conn **out);
    void (*close)(struct sql_conn *conn);
    void (*why)(struct sql_conn *conn, struct state_why *out);
    err_t (*is_empty)(struct sql_conn *conn, bool *out); /* no table at all */
    err_t (*script)(struct sql_conn *conn, const char *sql);
    err_t (*prepare)(struct sql_conn *conn, const char *sql, struct sql_stmt **out);
    void (*finish)(struct sql_stmt *stmt);
    err_t (*bind)(struct sql_stmt *stmt, int index, const struct sql_value *value); /* from 1 */
    err_t (*step)(struct sql_stmt *stmt, bool *row); /* *row false: done */
    void (*reset)(struct sql_stmt *stmt);            /* also forgets what was bound */
    int64_t (*changes)(struct sql_conn *conn);       /* of the latest statement */
    int64_t (*column_int)(struct sql_stmt *stmt, int column);
    struct str (*column_bytes)(struct sql_stmt *stmt, int column);
    err_t (*begin)(struct sql_conn *conn, bool write);
    err_t (*commit)(struct sql_conn *conn); /* OK: durable */
    void (*rollback)(struct sql_conn *conn);
    err_t (*savepoint)(struct sql_conn *conn);
    err_t (*release)(struct sql_conn *conn);
    err_t (*undo)(struct sql_conn *conn); /* back to the savepoint, and forget it */
    bool (*in_tx)(struct sql_conn *conn); /* false after the database itself rolled back */
};
extern const struct sql_driver sql_sqlite;

/* A connection and its prepared statements. */
struct state_conn {
    const struct sql_driver *driver;
    struct sql_conn *db;
    struct sql_counters *counters;
    struct sql_stmt *cache[SQL_ID_COUNT];
    bool running[SQL_ID_COUNT];
};

struct state_tx {
    struct state_conn *conn;
    bool writing;
    bool marked;          /* state_tx_mark() */
    err_t broken;         /* OK, or what the database itself failed with in the running job */
    struct state_why why; /* the text of that */
};

/* Brings the schema up to date, or, with READ_ONLY, checks that it is. */
NODISCARD err_t schema_check(const struct sql_driver *driver, struct sql_conn *conn, bool read_only,
                             struct state_why *why);
void state_why_set(struct state_why *why, const char *text); /* WHY may be NULL */

#endif
