/* Persons: one row a version. */
#include "history/history.h"

#include "base/secret.h"
#include "history/entry.h"
#include "history/table.h"

#include <string.h>

enum { PAGE_SIZE = 500, PERSON_ARENA_MAX = 16 * 1024 * 1024 }; /* persons; bytes */

/* ---- recording ---- */

struct latest {
    int64_t id, since, ended;
    unsigned char digest[SHA256_LEN];
};

static err_t read_latest(const struct sql_row *row, void *arg)
{
    struct latest *l = arg;
    l->id = sql_int(row, 0);
    l->since = sql_int(row, 1);
    l->ended = sql_int(row, 2);
    return digest_get(row, 3, l->digest);
}

static err_t insert(struct state_tx *tx, const struct dir_person *p,
                    const unsigned char digest[SHA256_LEN], int64_t at)
{
    struct buf b;
    buf_init(&b, ENTRY_MAX);
    entry_write(&b, p);
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = sql_exec(tx, SQL_HISTORY_PERSON_INSERT,
                     SQL_ARGS(V_TEXT(p->id), V_TEXT(p->login), V_INT(at), V_INT(IN_FORCE),
                              V_BLOB(digest, SHA256_LEN), V_TEXT(buf_str(&b))),
                     NULL);
    buf_done(&b);
    return e;
}

static err_t record(struct state_tx *tx, struct str id, const struct dir_person *p, int64_t now,
                    bool *recorded)
{
    struct latest last = { .id = 0 };
    unsigned char digest[SHA256_LEN];
    err_t e = sql_one(tx, SQL_HISTORY_PERSON_LATEST, SQL_ARGS(V_TEXT(id)), read_latest, &last);
    bool known = err_ok(e), in_force = known && last.ended == IN_FORCE;
    if (!known && e.code != ERR_NOT_FOUND)
        return e;
    if (p == NULL && !in_force)
        return ERR(OK);
    if (p != NULL)
        TRY(entry_digest(p, digest));
    if (p != NULL && in_force && ct_equal(digest, last.digest, SHA256_LEN))
        return ERR(OK);
    int64_t at = now;
    if (known)
        at = later_of(now, in_force ? last.since + 1 : last.ended);
    if (in_force)
        TRY(sql_exec_one(tx, SQL_HISTORY_PERSON_END, SQL_ARGS(V_INT(at), V_INT(last.id))));
    if (p != NULL)
        TRY(insert(tx, p, digest, at));
    *recorded = true;
    return ERR(OK);
}

err_t history_record_person(struct state_tx *tx, struct str id, const struct dir_person *p,
                            int64_t now, bool *recorded)
{
    bool done = false;
    if (p != NULL && !str_eq(p->id, id))
        return ERR(BUG);
    err_t e = record(tx, id, p, now, &done);
    if (recorded != NULL)
        *recorded = err_ok(e) && done;
    return e;
}

/* ---- reading ---- */

struct finding {
    struct arena *arena;
    struct dir_person *out;
};

static err_t find_row(const struct sql_row *row, void *arg)
{
    const struct finding *f = arg;
    TRY(entry_read(f->arena, sql_bytes(row, 1), f->out));
    return str_eq(f->out->id, sql_bytes(row, 0)) ? ERR(OK) : ERR(STATE_BROKEN);
}

static err_t find(struct state_tx *tx, enum sql_id how, struct arena *a, int64_t at,
                  struct str name, struct dir_person *out)
{
    struct dir_person p = { .active = false };
    struct finding f = { a, &p };
    TRY(sql_one(tx, how, SQL_ARGS(V_TEXT(name), V_INT(at)), find_row, &f));
    *out = p;
    return ERR(OK);
}

err_t history_person_by_id(struct state_tx *tx, struct arena *a, int64_t at, struct str id,
                           struct dir_person *out)
{
    return find(tx, SQL_HISTORY_PERSON_AT, a, at, id, out);
}

err_t history_person_by_login(struct state_tx *tx, struct arena *a, int64_t at, struct str login,
                              struct dir_person *out)
{
    return find(tx, SQL_HISTORY_PERSON_BY_LOGIN, a, at, login, out);
}

/* ---- everybody ---- */

struct telling {
    const struct dir_each *to;
    bool assignments; /* those of each, or the persons themselves */
    size_t told;
};

static err_t tell(const struct telling *t, const struct dir_person *p)
{
    if (!t->assignments) {
        struct dir_person alone = { .id = p->id, .login = p->login, .active = p->active };
        return t->to->person(t->to->ctx, &alone);
    }
    for (size_t i = 0; i < p->assignment_count; i++)
        TRY(t->to->assignment(t->to->ctx, p->id, &p->assignments[i]));
    return ERR(OK);
}

static err_t tell_row(const struct sql_row *row, void *arg)
{
    struct telling *t = arg;
    struct arena *a = NULL;
    struct dir_person p;
    TRY(arena_new(PERSON_ARENA_MAX, &a));
    struct finding f = { a, &p };
    err_t e = find_row(row, &f);
    if (err_ok(e))
        e = tell(t, &p);
    arena_free(a);
    TRY(e);
    return ++t->told % PAGE_SIZE == 0 && t->to->page != NULL ? t->to->page(t->to->ctx) : ERR(OK);
}

err_t history_each_person(struct state_tx *tx, int64_t at, const struct dir_each *to)
{
    struct telling t = { .to = to };
    TRY(sql_query(tx, SQL_HISTORY_PEOPLE_AT, SQL_ARGS(V_INT(at)), tell_row, &t));
    t.assignments = true;
    return sql_query(tx, SQL_HISTORY_PEOPLE_AT, SQL_ARGS(V_INT(at)), tell_row, &t);
}
