/* The rules: one row a version, and each line with the time it was in force. */
#include "history/history.h"

#include "base/buf.h"
#include "base/enc.h"
#include "base/secret.h"
#include "engine/model_text.h"
#include "history/table.h"
#include "journal/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_TEXT_MAX = 512 * 1024 * 1024, RULES_ARENA_MAX = 1024 * 1024 * 1024 }; /* bytes */

err_t history_rules_of(const struct str *lines, size_t count, struct history_rules *out)
{
    struct buf b;
    *out = (struct history_rules){ .lines = lines, .count = count };
    buf_init(&b, RULES_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add(&b, lines[i]);
        buf_add_char(&b, '\n');
    }
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = sha256(buf_str(&b), out->digest);
    buf_done(&b);
    return e;
}

/* ---- versions ---- */

struct version {
    int64_t at, lines;
    unsigned char digest[SHA256_LEN];
};

static err_t read_version(const struct sql_row *row, void *arg)
{
    struct version *v = arg;
    v->at = sql_int(row, 0);
    v->lines = sql_int(row, 3);
    return digest_get(row, 1, v->digest);
}

/* The one in force at AT. Errors: NOT_FOUND. */
static err_t version_at(struct state_tx *tx, int64_t at, struct version *out)
{
    return sql_one(tx, SQL_HISTORY_RULES_AT, SQL_ARGS(V_INT(at)), read_version, out);
}

err_t history_has_rules(struct state_tx *tx, const unsigned char digest[SHA256_LEN], bool *out)
{
    struct version last;
    err_t e = version_at(tx, INT64_MAX, &last);
    if (!err_ok(e) && e.code != ERR_NOT_FOUND)
        return e;
    *out = err_ok(e) && ct_equal(last.digest, digest, SHA256_LEN);
    return ERR(OK);
}

/* ---- what changed: two sorted lists walked together ---- */

struct merge {
    const struct history_rules *rules;
    struct arena *arena;
    size_t next;   /* line of the new rules that was not met yet */
    size_t *added; /* numbers of lines, room for all */
    size_t added_count;
    int64_t *removed; /* ids of rows; grows by doubling */
    size_t removed_count, removed_cap;
};

static err_t note_removed(struct merge *m, int64_t id)
{
    if (m->removed_count == m->removed_cap) {
        size_t cap = m->removed_cap == 0 ? 64 : 2 * m->removed_cap;
        int64_t *grown = arena_array(m->arena, cap, sizeof *grown);
        if (grown == NULL)
            return ERR(NO_MEMORY);
        if (m->removed_count > 0)
            memcpy(grown, m->removed, m->removed_count * sizeof *grown);
        m->removed = grown;
        m->removed_cap = cap;
    }
    m->removed[m->removed_count++] = id;
    return ERR(OK);
}

static err_t meet_line(const struct sql_row *row, void *arg)
{
    struct merge *m = arg;
    struct str old = sql_bytes(row, 1);
    int order = 1;
    while (m->next < m->rules->count && (order = str_cmp(m->rules->lines[m->next], old)) < 0)
        m->added[m->added_count++] = m->next++;
    if (m->next < m->rules->count && order == 0) {
        m->next++;
        return ERR(OK);
    }
    return note_removed(m, sql_int(row, 0));
}

static err_t compare(struct state_tx *tx, struct merge *m)
{
    m->added = arena_array(m->arena, m->rules->count + 1, sizeof *m->added);
    if (m->added == NULL)
        return ERR(NO_MEMORY);
    TRY(sql_query(tx, SQL_HISTORY_LINES_NOW, SQL_ARGS(V_INT(IN_FORCE)), meet_line, m));
    while (m->next < m->rules->count)
        m->added[m->added_count++] = m->next++;
    return ERR(OK);
}

/* ---- recording ---- */

static err_t write_lines(struct state_tx *tx, const struct merge *m, int64_t at)
{
    for (size_t i = 0; i < m->removed_count; i++)
        TRY(sql_exec_one(tx, SQL_HISTORY_LINE_END, SQL_ARGS(V_INT(at), V_INT(m->removed[i]))));
    for (size_t i = 0; i < m->added_count; i++)
        TRY(sql_exec(tx, SQL_HISTORY_LINE_INSERT,
                     SQL_ARGS(V_TEXT(m->rules->lines[m->added[i]]), V_INT(at), V_INT(IN_FORCE)),
                     NULL));
    return ERR(OK);
}

static struct str number(char text[24], size_t n)
{
    return str_from(text, (size_t)snprintf(text, 24, "%zu", n));
}

/* Who changed them is not known here: the directory is told by whatever tool the administrator uses. */
static err_t journal_version(struct state_tx *tx, const struct merge *m, int64_t now)
{
    char digest[HEX_LEN(SHA256_LEN)], lines[24], added[24], removed[24];
    hex_encode(digest, m->rules->digest, SHA256_LEN);
    const struct journal_entry entry = {
        .event = JOURNAL_RULES_CHANGED,
        .at_ms = now * 1000,
        .data = JOURNAL_DATA({ "digest", str_from(digest, sizeof digest) },
                             { "lines", number(lines, m->rules->count) },
                             { "added", number(added, m->added_count) },
                             { "removed", number(removed, m->removed_count) }),
    };
    return journal_append(tx, &entry);
}

static err_t write_version(struct state_tx *tx, const struct merge *m, const struct version *last,
                           int64_t now)
{
    int64_t at = last == NULL ? now : later_of(now, last->at + 1);
    if (last == NULL)
        TRY(mark_put(tx, MARK_RULES, at));
    else
        TRY(sql_exec_one(tx, SQL_HISTORY_RULES_END, SQL_ARGS(V_INT(at), V_INT(last->at))));
    TRY(sql_exec(tx, SQL_HISTORY_RULES_INSERT,
                 SQL_ARGS(V_INT(at), V_BLOB(m->rules->digest, SHA256_LEN), V_INT(IN_FORCE),
                          V_INT((int64_t)m->rules->count)),
                 NULL));
    TRY(write_lines(tx, m, at));
    return journal_version(tx, m, now);
}

static err_t record(struct state_tx *tx, struct merge *m, int64_t now, bool *recorded)
{
    struct version last;
    err_t e = version_at(tx, INT64_MAX, &last);
    bool first = e.code == ERR_NOT_FOUND;
    if (!err_ok(e) && !first)
        return e;
    if (!first && ct_equal(last.digest, m->rules->digest, SHA256_LEN))
        return ERR(OK);
    TRY(compare(tx, m));
    TRY(write_version(tx, m, first ? NULL : &last, now));
    *recorded = true;
    return ERR(OK);
}

err_t history_record_rules(struct state_tx *tx, const struct history_rules *rules, int64_t now,
                           bool *recorded)
{
    struct merge m = { .rules = rules };
    bool done = false;
    TRY(arena_new(RULES_ARENA_MAX, &m.arena));
    err_t e = record(tx, &m, now, &done);
    arena_free(m.arena);
    if (recorded != NULL)
        *recorded = err_ok(e) && done;
    return e;
}

/* ---- reading ---- */

struct gathering {
    struct arena *arena;
    struct str *lines;
    size_t count, cap;
};

static err_t gather_line(const struct sql_row *row, void *arg)
{
    struct gathering *g = arg;
    if (g->count == g->cap)
        return ERR(STATE_BROKEN); /* more than the version has */
    return arena_str(g->arena, sql_bytes(row, 0), &g->lines[g->count++]);
}

static int compare_lines(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static err_t gather(struct state_tx *tx, int64_t at, const struct version *v, struct gathering *g)
{
    struct history_rules rules;
    g->cap = v->lines < 0 ? 0 : (size_t)v->lines;
    g->lines = arena_array(g->arena, g->cap + 1, sizeof *g->lines);
    if (g->lines == NULL)
        return ERR(NO_MEMORY);
    TRY(sql_query(tx, SQL_HISTORY_LINES_AT, SQL_ARGS(V_INT(at)), gather_line, g));
    qsort(g->lines, g->count, sizeof *g->lines, compare_lines);
    TRY(history_rules_of(g->lines, g->count, &rules));
    return ct_equal(rules.digest, v->digest, SHA256_LEN) ? ERR(OK) : ERR(STATE_BROKEN);
}

static err_t load(struct state_tx *tx, int64_t at, struct model *m, struct arena *a)
{
    struct gathering g = { .arena = a };
    struct version v;
    int64_t from;
    TRY(mark_get(tx, MARK_RULES, INT64_MAX, &from));
    if (at < from)
        return ERR(NOT_FOUND);
    TRY(version_at(tx, at, &v));
    TRY(gather(tx, at, &v, &g));
    for (size_t i = 0; i < g.count; i++) {
        err_t e = model_add_line(m, a, g.lines[i]);
        TRY(e.code == ERR_MALFORMED ? ERR(STATE_BROKEN) : e);
    }
    return ERR(OK);
}

err_t history_load_model(struct state_tx *tx, int64_t at, struct model *m)
{
    struct arena *a = NULL;
    TRY(arena_new(RULES_ARENA_MAX, &a));
    err_t e = load(tx, at, m, a);
    arena_free(a);
    return e;
}
