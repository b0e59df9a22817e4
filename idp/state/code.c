#include "state/code.h"

#include "state/record.h"

enum { ACR_MAX = 3 };
/* Columns of SQL_CODE_BY_ID. */
enum { COL_SECRET, COL_USED, COL_SESSION_DIES, COL_CLIENT, COL_AUTH_TIME = COL_CLIENT + 11 };

static bool is_sound(const struct code *c, int64_t now)
{
    const struct str needed[] = { c->client_id, c->redirect_uri, c->challenge, c->sid, c->person };
    for (size_t i = 0; i < COUNT(needed); i++)
        if (needed[i].len == 0)
            return false;
    return c->expires > now && c->expires <= now + CODE_LIFE_MAX_S && c->acr >= 0 &&
           c->acr <= ACR_MAX;
}

static err_t insert(struct state_tx *tx, const struct code *c, const struct handle_row *row,
                    struct str family)
{
    return sql_exec(tx, SQL_CODE_INSERT,
                    SQL_ARGS(V_INT(row->id), V_BLOB(row->hash, sizeof row->hash),
                             V_INT(c->expires + CODE_KEEP_S), V_TEXT(c->client_id),
                             V_TEXT(c->redirect_uri), V_TEXT(c->challenge), V_TEXT(c->nonce),
                             V_TEXT(c->scope), V_TEXT(c->resource), V_TEXT(c->sid),
                             V_TEXT(c->person), V_TEXT(c->structure), V_TEXT(c->amr),
                             V_TEXT(family), V_INT(c->auth_time), V_INT(c->expires), V_INT(c->acr),
                             V_INT(c->auth_time_asked ? 1 : 0)),
                    NULL);
}

err_t code_issue(struct state_tx *tx, struct code *c, int64_t now, char family[UUID_LEN],
                 struct handle *out)
{
    struct handle_row row;
    if (!is_sound(c, now))
        return ERR(BUG);
    uuid_v4(family);
    struct str name = str_from(family, UUID_LEN);
    err_t e = ERR(CONFLICT);
    for (int i = 0; i < ID_TRIES && e.code == ERR_CONFLICT; i++) {
        row.id = handle_id(now);
        TRY(handle_make(HANDLE_CODE, out, &row));
        e = insert(tx, c, &row, name);
    }
    if (err_ok(e))
        c->family = name;
    return e;
}

struct found {
    struct arena *a;
    const unsigned char *hash;
    int64_t now;
    struct code code;
    bool mine, used;
};

static err_t found_row(const struct sql_row *row, void *arg)
{
    struct found *f = arg;
    struct code *c = &f->code;
    struct str *const texts[] = { &c->client_id, &c->redirect_uri, &c->challenge, &c->nonce,
                                  &c->scope,     &c->resource,     &c->sid,       &c->person,
                                  &c->structure, &c->amr,          &c->family };
    TRY(record_texts(f->a, row, COL_CLIENT, texts, COUNT(texts)));
    c->auth_time = sql_int(row, COL_AUTH_TIME);
    c->expires = sql_int(row, COL_AUTH_TIME + 1);
    c->acr = (int)sql_int(row, COL_AUTH_TIME + 2);
    c->auth_time_asked = sql_int(row, COL_AUTH_TIME + 3) != 0;
    f->used = sql_int(row, COL_USED) != 0;
    f->mine = record_hash_is(row, COL_SECRET, f->hash) &&
              (f->used || (f->now < c->expires && f->now < sql_int(row, COL_SESSION_DIES)));
    return ERR(OK);
}

static err_t read_code(struct state_tx *tx, struct arena *a, struct str text, int64_t now,
                       struct code *out, int64_t *id)
{
    struct handle_row row;
    bool valid = false;
    TRY(handle_read(HANDLE_CODE, text, &row, &valid));
    struct found f = { .a = a, .hash = row.hash, .now = now };
    TRY(sql_one(tx, SQL_CODE_BY_ID, SQL_ARGS(V_INT(row.id)), found_row, &f));
    if (!f.mine)
        return ERR(NOT_FOUND);
    *out = f.code;
    *id = row.id;
    return f.used ? ERR(CODE_SPENT) : ERR(OK);
}

err_t code_look(struct state_tx *tx, struct arena *a, struct str text, int64_t now,
                struct code *out)
{
    int64_t id = 0;
    return read_code(tx, a, text, now, out, &id);
}

err_t code_take(struct state_tx *tx, struct arena *a, struct str text, int64_t now,
                struct code *out)
{
    int64_t id = 0;
    struct code code;
    err_t e = read_code(tx, a, text, now, &code, &id);
    if (err_ok(e))
        e = sql_exec_one(tx, SQL_CODE_SPEND, SQL_ARGS(V_INT(id)));
    if (err_ok(e) || e.code == ERR_CODE_SPENT)
        *out = code;
    return e;
}
