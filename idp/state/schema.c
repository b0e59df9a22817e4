#include "state/sql.h"

#include <stdio.h>
#include <string.h>

void state_why_set(struct state_why *why, const char *text)
{
    if (why != NULL)
        (void)snprintf(why->text, sizeof why->text, "%s", text);
}

/* The one piece of SQL that is not in the statement table: it must run before the tables are
 * there that the others name. */
static err_t read_version(const struct sql_driver *driver, struct sql_conn *conn, int64_t *out)
{
    struct sql_stmt *stmt = NULL;
    bool row = false;
    TRY(driver->prepare(conn, "SELECT version FROM schema_version", &stmt));
    err_t e = driver->step(stmt, &row);
    if (err_ok(e) && !row)
        e = ERR(STATE_BROKEN);
    if (err_ok(e))
        *out = driver->column_int(stmt, 0);
    driver->finish(stmt);
    return e;
}

static err_t apply(const struct sql_driver *driver, struct sql_conn *conn, int64_t version)
{
    char note[64];
    err_t e = driver->begin(conn, true);
    if (!err_ok(e))
        return e;
    (void)snprintf(note, sizeof note, "UPDATE schema_version SET version = %lld",
                   (long long)version);
    e = driver->script(conn, driver->migrations[version - 1]);
    if (err_ok(e))
        e = driver->script(conn, note);
    if (err_ok(e))
        e = driver->commit(conn);
    if (!err_ok(e))
        driver->rollback(conn);
    return e;
}

static int64_t newest(const struct sql_driver *driver)
{
    int64_t n = 0;
    while (driver->migrations[n] != NULL)
        n++;
    return n;
}

static err_t refuse(struct state_why *why, const char *text)
{
    state_why_set(why, text);
    return ERR(STATE_BROKEN);
}

err_t schema_check(const struct sql_driver *driver, struct sql_conn *conn, bool read_only,
                   struct state_why *why)
{
    bool empty = false;
    int64_t version = 0;
    err_t e = driver->is_empty(conn, &empty);
    if (err_ok(e) && !empty)
        e = read_version(driver, conn, &version);
    if (!err_ok(e)) {
        driver->why(conn, why);
        return e;
    }
    if (version > newest(driver))
        return refuse(why, "made by a newer version of habilis");
    if (read_only && version < newest(driver))
        return refuse(why, "made by an older version of habilis: start the service once");
    while (err_ok(e) && version < newest(driver))
        e = apply(driver, conn, ++version);
    if (!err_ok(e))
        driver->why(conn, why);
    return e;
}
