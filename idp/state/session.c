#include "state/session.h"

#include "state/record.h"

enum { ACR_MAX = 3 };

/* Columns of SESSION_COLUMNS in statements.c. */
enum {
    COL_ID,
    COL_SID,
    COL_SECRET,
    COL_PERSON,
    COL_LOGIN,
    COL_CREATED,
    COL_AUTH_TIME,
    COL_SECOND_FACTOR,
    COL_LAST_SEEN,
    COL_IDLE_EXPIRES,
    COL_EXPIRES,
    COL_IDLE_S,
    COL_ACR,
    COL_AMR,
};

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* --- creating --- */

static bool start_is_sound(const struct session *s, int64_t now)
{
    return s->person.len > 0 && s->acr >= 0 && s->acr <= ACR_MAX && s->idle_s > 0 &&
           s->expires > now && s->auth_time > 0;
}

static bool texts_are_sound(const struct session *s)
{
    const struct str texts[] = { s->person,  s->login,    s->amr,    s->structure,
                                 s->profile, s->language, s->network };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!str_is_printable(texts[i]))
            return false;
    return true;
}

/* The header is the browser's to choose: what is not ASCII becomes '?', the rest is cut. */
static struct str clean_agent(struct str agent, char out[SESSION_AGENT_MAX])
{
    size_t n = 0;
    for (; n < agent.len && n < SESSION_AGENT_MAX; n++)
        out[n] = agent.ptr[n] >= ' ' && agent.ptr[n] <= '~' ? agent.ptr[n] : '?';
    return str_from(out, n);
}

static err_t insert(struct state_tx *tx, const struct session *s, const struct handle_row *row)
{
    char agent[SESSION_AGENT_MAX];
    return sql_exec(tx, SQL_SESSION_INSERT,
                    SQL_ARGS(V_INT(row->id), V_TEXT(s->sid), V_BLOB(row->hash, sizeof row->hash),
                             V_TEXT(s->person), V_TEXT(s->login), V_INT(s->created),
                             V_INT(s->auth_time), V_INT(s->second_factor), V_INT(s->last_seen),
                             V_INT(s->idle_expires), V_INT(s->expires), V_INT(s->idle_s),
                             V_INT(s->acr), V_TEXT(s->amr), V_TEXT(s->structure),
                             V_TEXT(s->profile), V_TEXT(s->language), V_TEXT(s->network),
                             V_TEXT(clean_agent(s->user_agent, agent))),
                    NULL);
}

err_t session_create(struct state_tx *tx, struct session *start, int64_t now, char sid[UUID_LEN],
                     struct handle *cookie)
{
    struct session s = *start;
    struct handle_row row;
    if (!start_is_sound(start, now))
        return ERR(BUG);
    if (!texts_are_sound(start))
        return ERR(MALFORMED);
    uuid_v4(sid);
    s.sid = str_from(sid, UUID_LEN);
    s.created = s.last_seen = now;
    s.idle_expires = least(now + s.idle_s, s.expires);
    err_t e = ERR(CONFLICT);
    for (int i = 0; i < ID_TRIES && e.code == ERR_CONFLICT; i++) {
        row.id = handle_id(now);
        TRY(handle_make(HANDLE_SESSION, cookie, &row));
        e = insert(tx, &s, &row);
    }
    s.id = row.id;
    if (err_ok(e))
        *start = s;
    return e;
}

/* --- finding --- */

struct found {
    struct arena *a;
    const unsigned char *hash; /* NULL: looked up by something that is not a secret */
    int64_t now;
    struct session session;
    bool mine;
};

static err_t read_session(struct arena *a, const struct sql_row *row, struct session *s)
{
    struct str *const texts[] = { &s->amr,      &s->structure, &s->profile,
                                  &s->language, &s->network,   &s->user_agent };
    struct str *const names[] = { &s->person, &s->login };
    struct str *const sid[] = { &s->sid };
    s->id = sql_int(row, COL_ID);
    s->created = sql_int(row, COL_CREATED);
    s->auth_time = sql_int(row, COL_AUTH_TIME);
    s->second_factor = sql_int(row, COL_SECOND_FACTOR);
    s->last_seen = sql_int(row, COL_LAST_SEEN);
    s->idle_expires = sql_int(row, COL_IDLE_EXPIRES);
    s->expires = sql_int(row, COL_EXPIRES);
    s->idle_s = sql_int(row, COL_IDLE_S);
    s->acr = (int)sql_int(row, COL_ACR);
    TRY(record_texts(a, row, COL_SID, sid, 1));
    TRY(record_texts(a, row, COL_PERSON, names, COUNT(names)));
    return record_texts(a, row, COL_AMR, texts, COUNT(texts));
}

/* The row is read and copied before the secret and the dates are looked at, so that a wrong
 * secret costs what a right one costs. */
static err_t found_row(const struct sql_row *row, void *arg)
{
    struct found *f = arg;
    TRY(read_session(f->a, row, &f->session));
    bool same = f->hash == NULL || record_hash_is(row, COL_SECRET, f->hash);
    f->mine = same && f->now < f->session.idle_expires && f->now < f->session.expires;
    return ERR(OK);
}

static err_t deliver(err_t e, const struct found *f, struct session *out)
{
    TRY(e);
    if (!f->mine)
        return ERR(NOT_FOUND);
    *out = f->session;
    return ERR(OK);
}

err_t session_find(struct state_tx *tx, struct arena *a, struct str cookie, int64_t now,
                   struct session *out)
{
    struct handle_row row;
    bool valid = false;
    TRY(handle_read(HANDLE_SESSION, cookie, &row, &valid));
    struct found f = { .a = a, .hash = row.hash, .now = now };
    err_t e = sql_one(tx, SQL_SESSION_BY_ID, SQL_ARGS(V_INT(row.id)), found_row, &f);
    return deliver(e, &f, out);
}

err_t session_find_sid(struct state_tx *tx, struct arena *a, struct str sid, int64_t now,
                       struct session *out)
{
    struct found f = { .a = a, .hash = NULL, .now = now };
    err_t e = sql_one(tx, SQL_SESSION_BY_SID, SQL_ARGS(V_TEXT(sid)), found_row, &f);
    return deliver(e, &f, out);
}

/* --- changing --- */

bool session_touch_due(const struct session *s, int64_t now)
{
    return now >= s->last_seen + SESSION_TOUCH_S;
}

struct touched {
    int64_t now;
    bool alive, due;
};

static err_t touch_row(const struct sql_row *row, void *arg)
{
    struct touched *t = arg;
    t->alive = t->now < sql_int(row, COL_IDLE_EXPIRES);
    t->due = t->now >= sql_int(row, COL_LAST_SEEN) + SESSION_TOUCH_S;
    return ERR(OK);
}

/* Asked again here: of the requests that found it due at the same time, one writes. */
err_t session_touch(struct state_tx *tx, int64_t id, int64_t now)
{
    struct touched t = { .now = now };
    TRY(sql_one(tx, SQL_SESSION_BY_ID, SQL_ARGS(V_INT(id)), touch_row, &t));
    if (!t.alive)
        return ERR(NOT_FOUND);
    if (!t.due)
        return ERR(OK);
    return sql_exec_one(tx, SQL_SESSION_TOUCH, SQL_ARGS(V_INT(now), V_INT(id)));
}

err_t session_set_structure(struct state_tx *tx, int64_t id, struct str structure,
                            struct str profile, int64_t now)
{
    if (!str_is_printable(structure) || !str_is_printable(profile))
        return ERR(MALFORMED);
    return sql_exec_one(tx, SQL_SESSION_STRUCTURE,
                        SQL_ARGS(V_TEXT(structure), V_TEXT(profile), V_INT(id), V_INT(now)));
}

err_t session_set_language(struct state_tx *tx, int64_t id, struct str language, int64_t now)
{
    if (!str_is_printable(language))
        return ERR(MALFORMED);
    return sql_exec_one(tx, SQL_SESSION_LANGUAGE,
                        SQL_ARGS(V_TEXT(language), V_INT(id), V_INT(now)));
}

struct belongs {
    struct str person;
    bool same;
};

static err_t belongs_row(const struct sql_row *row, void *arg)
{
    struct belongs *b = arg;
    b->same = str_eq(sql_bytes(row, COL_PERSON), b->person);
    return ERR(OK);
}

err_t session_upgrade(struct state_tx *tx, int64_t id, const struct session_level *level,
                      int64_t now, struct handle *cookie)
{
    struct belongs b = { .person = level->person };
    struct handle_row row = { .id = id };
    if (level->acr < 0 || level->acr > ACR_MAX || level->auth_time <= 0 ||
        !str_is_printable(level->amr))
        return ERR(BUG);
    TRY(sql_one(tx, SQL_SESSION_BY_ID, SQL_ARGS(V_INT(id)), belongs_row, &b));
    if (!b.same)
        return ERR(CONFLICT);
    TRY(handle_make(HANDLE_SESSION, cookie, &row));
    return sql_exec_one(tx, SQL_SESSION_UPGRADE,
                        SQL_ARGS(V_BLOB(row.hash, sizeof row.hash), V_INT(level->acr),
                                 V_TEXT(level->amr), V_INT(level->auth_time),
                                 V_INT(level->second_factor), V_INT(id), V_INT(now)));
}

/* --- ending --- */

err_t session_end(struct state_tx *tx, int64_t id)
{
    return sql_exec_one(tx, SQL_SESSION_DELETE, SQL_ARGS(V_INT(id)));
}

err_t session_end_sid(struct state_tx *tx, struct str sid)
{
    return sql_exec_one(tx, SQL_SESSION_DELETE_SID, SQL_ARGS(V_TEXT(sid)));
}

err_t session_end_all_of(struct state_tx *tx, struct str person, int64_t keep_id, int64_t *ended)
{
    return sql_exec(tx, SQL_SESSION_DELETE_PERSON, SQL_ARGS(V_TEXT(person), V_INT(keep_id)), ended);
}

/* --- listing --- */

struct listing {
    struct arena *a;
    struct session_list list;
};

static err_t list_row(const struct sql_row *row, void *arg)
{
    struct listing *l = arg;
    TRY(read_session(l->a, row, &l->list.items[l->list.count]));
    l->list.count++;
    return ERR(OK);
}

err_t session_list_of(struct state_tx *tx, struct arena *a, struct str person, int64_t now,
                      struct session_list *out)
{
    struct listing l = { .a = a };
    l.list.items = arena_array(a, SESSION_LIST_MAX, sizeof *l.list.items);
    if (l.list.items == NULL)
        return ERR(NO_MEMORY);
    TRY(sql_query(tx, SQL_SESSION_BY_PERSON,
                  SQL_ARGS(V_TEXT(person), V_INT(now), V_INT(SESSION_LIST_MAX)), list_row, &l));
    *out = l.list;
    return ERR(OK);
}

static err_t count_value(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, 0);
    return ERR(OK);
}

err_t session_count(struct state_tx *tx, int64_t now, int64_t *out)
{
    return sql_one(tx, SQL_SESSION_COUNT, SQL_ARGS(V_INT(now)), count_value, out);
}
