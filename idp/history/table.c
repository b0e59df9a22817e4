/* Marks, gaps, the span, the purge. */
#include "history/table.h"

#include "history/history.h"

#include <string.h>

static err_t first_int(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, 0);
    return ERR(OK);
}

err_t mark_get(struct state_tx *tx, const char *name, int64_t otherwise, int64_t *out)
{
    int64_t at = otherwise;
    err_t e = sql_one(tx, SQL_HISTORY_MARK, SQL_ARGS(V_TEXT(str_of(name))), first_int, &at);
    if (!err_ok(e) && e.code != ERR_NOT_FOUND)
        return e;
    *out = at;
    return ERR(OK);
}

err_t mark_put(struct state_tx *tx, const char *name, int64_t at)
{
    return sql_exec(tx, SQL_HISTORY_MARK_PUT, SQL_ARGS(V_TEXT(str_of(name)), V_INT(at)), NULL);
}

err_t digest_get(const struct sql_row *row, int column, unsigned char out[SHA256_LEN])
{
    struct str bytes = sql_bytes(row, column);
    if (bytes.len != SHA256_LEN)
        return ERR(STATE_BROKEN);
    memcpy(out, bytes.ptr, SHA256_LEN);
    return ERR(OK);
}

err_t history_span(struct state_tx *tx, struct history_span *out)
{
    TRY(mark_get(tx, MARK_RULES, INT64_MAX, &out->rules_from));
    return mark_get(tx, MARK_PEOPLE, INT64_MAX, &out->people_from);
}

/* ---- gaps ---- */

err_t history_note_seen(struct state_tx *tx, int64_t now)
{
    int64_t seen;
    TRY(mark_get(tx, MARK_SEEN, 0, &seen));
    return now > seen ? mark_put(tx, MARK_SEEN, now) : ERR(OK);
}

err_t history_note_complete(struct state_tx *tx, int64_t now)
{
    int64_t seen, from;
    TRY(mark_get(tx, MARK_SEEN, 0, &seen));
    TRY(mark_get(tx, MARK_PEOPLE, INT64_MAX, &from));
    if (seen != 0 && now - seen > HISTORY_GAP_S)
        TRY(sql_exec(tx, SQL_HISTORY_GAP_INSERT, SQL_ARGS(V_INT(seen), V_INT(now)), NULL));
    if (from == INT64_MAX)
        TRY(mark_put(tx, MARK_PEOPLE, now));
    return history_note_seen(tx, now);
}

struct telling {
    history_gap_fn *fn;
    void *ctx;
};

static err_t tell_gap(const struct sql_row *row, void *arg)
{
    const struct telling *t = arg;
    return t->fn(t->ctx, sql_int(row, 0), sql_int(row, 1));
}

err_t history_gaps(struct state_tx *tx, int64_t from, int64_t until, history_gap_fn *fn, void *ctx)
{
    struct telling t = { fn, ctx };
    return sql_query(tx, SQL_HISTORY_GAPS, SQL_ARGS(V_INT(from), V_INT(until)), tell_gap, &t);
}

/* ---- purge ---- */

static err_t move_mark(struct state_tx *tx, const char *name, int64_t before)
{
    int64_t from;
    TRY(mark_get(tx, name, INT64_MAX, &from));
    return from < before ? mark_put(tx, name, before) : ERR(OK);
}

err_t history_purge(struct state_tx *tx, int64_t before, int64_t limit, int64_t *deleted)
{
    static const enum sql_id all[] = { SQL_PURGE_HISTORY_RULES, SQL_PURGE_HISTORY_LINE,
                                       SQL_PURGE_HISTORY_PERSON, SQL_PURGE_HISTORY_GAP };
    *deleted = 0;
    TRY(move_mark(tx, MARK_RULES, before));
    TRY(move_mark(tx, MARK_PEOPLE, before));
    for (size_t i = 0; i < COUNT(all); i++) {
        int64_t n = 0;
        TRY(sql_exec(tx, all[i], SQL_ARGS(V_INT(before), V_INT(limit)), &n));
        *deleted += n;
    }
    return ERR(OK);
}
