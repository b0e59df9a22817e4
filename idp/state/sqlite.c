/* The SQLite driver: the only file that knows the library. One connection is used by one thread
 * at a time, so the library's own mutexes are off (SQLITE_OPEN_NOMUTEX). */
#include "state/sql.h"
#include "state/sqlite_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sql_conn {
    sqlite3 *db;
    struct sql_counters *counters;
    sqlite3_stmt *begin, *begin_write, *commit, *rollback, *savepoint, *release, *undo;
};

struct sql_stmt {
    sqlite3_stmt *stmt;
    struct sql_counters *counters;
};

/* What was not kept is UNAVAILABLE; what should not happen is INTERNAL. SQLite's success is one of
 * three values, so only the expected one counts. */
static err_t error_of(sqlite3 *db, int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_NOMEM:
        return ERR(NO_MEMORY);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_INTERRUPT:
        return ERR(STATE_DOWN);
    case SQLITE_CONSTRAINT:
        switch (sqlite3_extended_errcode(db)) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return ERR(CONFLICT);
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return ERR(NOT_FOUND);
        default:
            return ERR(BUG);
        }
    default:
        return ERR(STATE_BROKEN);
    }
}

static void sqlite_why(struct sql_conn *conn, struct state_why *out)
{
    if (out != NULL)
        (void)snprintf(out->text, sizeof out->text, "%s (%d)", sqlite3_errmsg(conn->db),
                       sqlite3_extended_errcode(conn->db));
}

/* --- the file --- */

/* Opened once before SQLite does, to give a new file its mode and to look at what is there: the
 * library itself would follow a link and create with the umask's mode. */
static err_t check_file(const struct sql_open *o, struct state_why *why)
{
    struct stat st;
    int flags = o->read_only ? O_RDONLY : O_RDWR | O_CREAT;
    int fd = open(o->path, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps strerror's text per thread */
        state_why_set(why, strerror(errno));
        return ERR(STATE_DOWN);
    }
    bool seen = fstat(fd, &st) == 0;
    (void)close(fd);
    if (seen && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 &&
        (o->read_only || st.st_uid == geteuid()))
        return ERR(OK);
    state_why_set(why, "must be a plain file, ours, with mode 0600");
    return ERR(STATE_DOWN);
}

/* --- opening --- */

static err_t sqlite_script(struct sql_conn *conn, const char *sql)
{
    int rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR(OK) : error_of(conn->db, rc);
}

static err_t prepare(struct sql_conn *conn, const char *sql, sqlite3_stmt **out)
{
    int rc = sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? ERR(OK) : error_of(conn->db, rc);
}

static err_t prepare_control(struct sql_conn *conn)
{
    TRY(prepare(conn, "BEGIN", &conn->begin));
    TRY(prepare(conn, "BEGIN IMMEDIATE", &conn->begin_write));
    TRY(prepare(conn, "COMMIT", &conn->commit));
    TRY(prepare(conn, "ROLLBACK", &conn->rollback));
    TRY(prepare(conn, "SAVEPOINT job", &conn->savepoint));
    TRY(prepare(conn, "RELEASE job", &conn->release));
    return prepare(conn, "ROLLBACK TO job", &conn->undo);
}

static int wal_answer(void *arg, int columns, char **values, char **names)
{
    (void)names;
    *(bool *)arg = columns == 1 && values[0] != NULL && strcmp(values[0], "wal") == 0;
    return 0;
}

/* WAL: readers never wait for the writer. FULL: each commit is synced, so what was acknowledged
 * survives a power cut (NORMAL would sync at checkpoints only). A file system without shared memory
 * refuses WAL with an answer, not an error: hence the look at it. */
static err_t configure(struct sql_conn *conn, const struct sql_open *o)
{
    bool wal = false;
    (void)sqlite3_extended_result_codes(conn->db, 1);
    (void)sqlite3_busy_timeout(conn->db, o->busy_ms);
    (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    TRY(sqlite_script(conn, "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;"
                            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024"));
    if (o->read_only)
        return sqlite_script(conn, "PRAGMA query_only = ON");
    int rc = sqlite3_exec(conn->db, "PRAGMA journal_mode = WAL", wal_answer, &wal, NULL);
    if (rc != SQLITE_OK)
        return error_of(conn->db, rc);
    if (!wal)
        return ERR(STATE_DOWN);
    TRY(sqlite_script(conn, "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864"));
    return sqlite_script(conn, o->reader ? "PRAGMA query_only = ON" : "PRAGMA cache_size = -4096");
}

static void sqlite_close(struct sql_conn *conn)
{
    if (conn == NULL)
        return;
    sqlite3_stmt *all[] = { conn->begin,     conn->begin_write, conn->commit, conn->rollback,
                            conn->savepoint, conn->release,     conn->undo };
    for (size_t i = 0; i < COUNT(all); i++)
        (void)sqlite3_finalize(all[i]);
    (void)sqlite3_close_v2(conn->db);
    free(conn);
}

static err_t sqlite_open(const struct sql_open *o, struct state_why *why, struct sql_conn **out)
{
    if (!o->reader)
        TRY(check_file(o, why));
    struct sql_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return ERR(NO_MEMORY);
    conn->counters = o->counters;
    int mode = o->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc = sqlite3_open_v2(o->path, &conn->db,
                             mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    err_t e = rc == SQLITE_OK ? configure(conn, o) : error_of(conn->db, rc);
    if (err_ok(e))
        e = prepare_control(conn);
    if (!err_ok(e)) {
        if (why != NULL && why->text[0] == '\0')
            sqlite_why(conn, why);
        sqlite_close(conn);
        return e;
    }
    *out = conn;
    return ERR(OK);
}

static err_t sqlite_is_empty(struct sql_conn *conn, bool *out)
{
    sqlite3_stmt *stmt = NULL;
    TRY(prepare(conn, "SELECT 1 FROM sqlite_schema LIMIT 1", &stmt));
    int rc = sqlite3_step(stmt);
    err_t e = rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR(OK) : error_of(conn->db, rc);
    (void)sqlite3_finalize(stmt);
    if (err_ok(e))
        *out = rc == SQLITE_DONE;
    return e;
}

/* --- statements --- */

static err_t sqlite_prepare(struct sql_conn *conn, const char *sql, struct sql_stmt **out)
{
    struct sql_stmt *stmt = calloc(1, sizeof *stmt);
    if (stmt == NULL)
        return ERR(NO_MEMORY);
    stmt->counters = conn->counters;
    err_t e = prepare(conn, sql, &stmt->stmt);
    if (!err_ok(e)) {
        free(stmt);
        return e;
    }
    *out = stmt;
    return ERR(OK);
}

static void sqlite_finish(struct sql_stmt *stmt)
{
    if (stmt == NULL)
        return;
    (void)sqlite3_finalize(stmt->stmt);
    free(stmt);
}

/* SQLITE_STATIC: the caller's bytes outlive the statement's run; reset forgets them. */
static err_t sqlite_bind(struct sql_stmt *stmt, int index, const struct sql_value *value)
{
    const char *ptr = value->s.ptr != NULL ? value->s.ptr : ""; /* NULL would bind SQL's NULL */
    int rc = SQLITE_MISUSE;
    if (value->s.len > INT_MAX)
        return ERR(TOO_LARGE);
    switch (value->kind) {
    case SQL_INT:
        rc = sqlite3_bind_int64(stmt->stmt, index, value->n);
        break;
    case SQL_TEXT:
        rc = sqlite3_bind_text(stmt->stmt, index, ptr, (int)value->s.len, SQLITE_STATIC);
        break;
    case SQL_BLOB:
        rc = sqlite3_bind_blob(stmt->stmt, index, ptr, (int)value->s.len, SQLITE_STATIC);
        break;
    }
    return rc == SQLITE_OK ? ERR(OK) : error_of(sqlite3_db_handle(stmt->stmt), rc);
}

static err_t sqlite_step(struct sql_stmt *stmt, bool *row)
{
    int rc = sqlite3_step(stmt->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return error_of(sqlite3_db_handle(stmt->stmt), rc);
    *row = rc == SQLITE_ROW;
    return ERR(OK);
}

static void sqlite_reset(struct sql_stmt *stmt)
{
    int scans = sqlite3_stmt_status(stmt->stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    int steps = sqlite3_stmt_status(stmt->stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    atomic_fetch_add_explicit(&stmt->counters->statements, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&stmt->counters->full_scan_steps, (uint64_t)scans,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&stmt->counters->vm_steps, (uint64_t)steps, memory_order_relaxed);
    (void)sqlite3_reset(stmt->stmt);
    (void)sqlite3_clear_bindings(stmt->stmt);
}

static int64_t sqlite_changes(struct sql_conn *conn) { return sqlite3_changes64(conn->db); }

static int64_t sqlite_column_int(struct sql_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->stmt, column);
}

/* The pointer first, then the length: the order the library's documentation asks for. */
static struct str sqlite_column_bytes(struct sql_stmt *stmt, int column)
{
    const char *ptr = sqlite3_column_blob(stmt->stmt, column);
    int len = sqlite3_column_bytes(stmt->stmt, column);
    return str_from(ptr, ptr == NULL ? 0 : (size_t)len);
}

/* --- transactions --- */

static err_t run(struct sql_conn *conn, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    err_t e = rc == SQLITE_DONE ? ERR(OK) : error_of(conn->db, rc);
    (void)sqlite3_reset(stmt);
    return e;
}

static err_t sqlite_begin(struct sql_conn *conn, bool write)
{
    return run(conn, write ? conn->begin_write : conn->begin);
}

static err_t sqlite_commit(struct sql_conn *conn) { return run(conn, conn->commit); }

static void sqlite_rollback(struct sql_conn *conn)
{
    if (sqlite3_get_autocommit(conn->db) == 0)
        (void)run(conn, conn->rollback);
}

static err_t sqlite_savepoint(struct sql_conn *conn) { return run(conn, conn->savepoint); }
static err_t sqlite_release(struct sql_conn *conn) { return run(conn, conn->release); }

static err_t sqlite_undo(struct sql_conn *conn)
{
    TRY(run(conn, conn->undo));
    return run(conn, conn->release);
}

static bool sqlite_in_tx(struct sql_conn *conn) { return sqlite3_get_autocommit(conn->db) == 0; }

const struct sql_driver sql_sqlite = {
    .name = "sqlite",
    .migrations = sqlite_migrations,
    .open = sqlite_open,
    .close = sqlite_close,
    .why = sqlite_why,
    .is_empty = sqlite_is_empty,
    .script = sqlite_script,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .changes = sqlite_changes,
    .column_int = sqlite_column_int,
    .column_bytes = sqlite_column_bytes,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .savepoint = sqlite_savepoint,
    .release = sqlite_release,
    .undo = sqlite_undo,
    .in_tx = sqlite_in_tx,
};
