/* Appending and reading records. */
#include "journal/journal.h"

#include "base/jsonw.h"
#include "journal/events.h"
#include "journal/table.h"

#include <string.h>

enum { KEY_MAX = 32, DEFAULT_LIMIT = 100 };

/* Columns of JOURNAL_COLUMNS in state/statements.c. */
enum { COL_SEQ, COL_AT_MS, COL_EVENT, COL_PREV = COL_EVENT + 8, COL_HASH };

/* --- rows --- */

err_t table_hash(const struct sql_row *row, int column, unsigned char out[JOURNAL_HASH_LEN])
{
    struct str bytes = sql_bytes(row, column);
    if (bytes.len != JOURNAL_HASH_LEN)
        return ERR(STATE_BROKEN);
    memcpy(out, bytes.ptr, JOURNAL_HASH_LEN);
    return ERR(OK);
}

err_t table_record(const struct sql_row *row, struct journal_record *r)
{
    struct str *const texts[] = { &r->event,     &r->actor,   &r->subject, &r->client,
                                  &r->structure, &r->session, &r->network, &r->data };
    r->seq = sql_int(row, COL_SEQ);
    r->at_ms = sql_int(row, COL_AT_MS);
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = sql_bytes(row, COL_EVENT + (int)i);
    TRY(table_hash(row, COL_PREV, r->prev));
    return table_hash(row, COL_HASH, r->hash);
}

static err_t tail_row(const struct sql_row *row, void *arg)
{
    struct chain_point *tail = arg;
    tail->seq = sql_int(row, 0);
    return table_hash(row, 1, tail->hash);
}

err_t table_tail(struct state_tx *tx, struct chain_point *out)
{
    struct chain_point tail = { 0 };
    err_t e = sql_one(tx, SQL_JOURNAL_TAIL, SQL_NO_ARGS, tail_row, &tail);
    if (!err_ok(e) && e.code != ERR_NOT_FOUND)
        return e;
    *out = tail;
    return ERR(OK);
}

/* --- checks before appending --- */

static err_t check_fields(const struct journal_kind *kind, const struct journal_entry *e)
{
    const struct {
        unsigned need;
        struct str text;
    } fields[] = {
        { NEED_ACTOR, e->actor },     { NEED_SUBJECT, e->subject },
        { NEED_CLIENT, e->client },   { NEED_STRUCTURE, e->structure },
        { NEED_SESSION, e->session }, { NEED_NETWORK, e->network },
    };
    for (size_t i = 0; i < COUNT(fields); i++) {
        if ((kind->needs & fields[i].need) != 0 && fields[i].text.len == 0)
            return ERR(BUG);
        if (fields[i].text.len > JOURNAL_FIELD_MAX)
            return ERR(TOO_LARGE);
        if (!str_is_printable(fields[i].text))
            return ERR(BAD_UTF8);
    }
    return e->at_ms > 0 ? ERR(OK) : ERR(BUG);
}

static bool key_is_sound(struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (!((key.ptr[i] >= 'a' && key.ptr[i] <= 'z') || key.ptr[i] == '_'))
            return false;
    return key.len > 0 && key.len <= KEY_MAX;
}

static bool data_has(const struct journal_datum *data, struct str key)
{
    for (; data != NULL && data->key != NULL; data++)
        if (str_eq(str_of(data->key), key))
            return true;
    return false;
}

static err_t check_data(const struct journal_kind *kind, const struct journal_datum *data)
{
    struct str rest = str_of(kind->data), key;
    while (str_next(&rest, ' ', &key))
        if (!data_has(data, key))
            return ERR(BUG);
    for (const struct journal_datum *d = data; d != NULL && d->key != NULL; d++)
        if (!key_is_sound(str_of(d->key)) || data_has(d + 1, str_of(d->key)))
            return ERR(BUG);
    return ERR(OK);
}

/* --- appending --- */

static void write_data(struct buf *b, const struct journal_datum *data)
{
    jsonw_open(b, NULL, '{');
    for (; data != NULL && data->key != NULL; data++)
        jsonw_str(b, data->key, data->text);
    jsonw_close(b, '}');
}

static err_t insert(struct state_tx *tx, const struct journal_record *r)
{
    return sql_exec(tx, SQL_JOURNAL_INSERT,
                    SQL_ARGS(V_INT(r->seq), V_INT(r->at_ms), V_TEXT(r->event), V_TEXT(r->actor),
                             V_TEXT(r->subject), V_TEXT(r->client), V_TEXT(r->structure),
                             V_TEXT(r->session), V_TEXT(r->network), V_TEXT(r->data),
                             V_BLOB(r->prev, sizeof r->prev), V_BLOB(r->hash, sizeof r->hash)),
                    NULL);
}

static err_t append(struct state_tx *tx, const struct journal_entry *e, struct str data)
{
    struct chain_point tail;
    TRY(table_tail(tx, &tail));
    struct journal_record r = {
        .seq = tail.seq + 1,
        .at_ms = e->at_ms,
        .event = str_of(journal_event_name(e->event)),
        .actor = e->actor,
        .subject = e->subject,
        .client = e->client,
        .structure = e->structure,
        .session = e->session,
        .network = e->network,
        .data = data,
    };
    memcpy(r.prev, tail.hash, sizeof r.prev);
    TRY(chain_hash(&r, r.hash));
    TRY(insert(tx, &r));
    state_tx_mark(tx);
    return ERR(OK);
}

err_t journal_append(struct state_tx *tx, const struct journal_entry *entry)
{
    const struct journal_kind *kind = journal_kind_of(entry->event);
    struct buf data;
    if (kind == NULL)
        return ERR(BUG);
    TRY(check_fields(kind, entry));
    TRY(check_data(kind, entry->data));
    buf_init(&data, JOURNAL_DATA_MAX);
    write_data(&data, entry->data);
    err_t e = buf_err(&data);
    if (err_ok(e))
        e = append(tx, entry, buf_str(&data));
    buf_done(&data);
    return e;
}

/* --- reading --- */

struct reading {
    journal_fn *fn;
    void *arg;
};

static err_t each_record(const struct sql_row *row, void *arg)
{
    const struct reading *reading = arg;
    struct journal_record r;
    TRY(table_record(row, &r));
    return reading->fn(&r, reading->arg);
}

err_t journal_read(struct state_tx *tx, const struct journal_filter *f, journal_fn *fn, void *arg)
{
    struct reading reading = { fn, arg };
    int64_t until = f->until_ms > 0 ? f->until_ms : INT64_MAX;
    int64_t limit = f->limit > 0 ? f->limit : DEFAULT_LIMIT;
    if (f->person.len > 0)
        return sql_query(tx, SQL_JOURNAL_BY_PERSON,
                         SQL_ARGS(V_TEXT(f->person), V_INT(f->since_ms), V_INT(until),
                                  V_INT(f->after_seq), V_TEXT(f->event), V_INT(limit)),
                         each_record, &reading);
    if (f->event.len > 0)
        return sql_query(tx, SQL_JOURNAL_BY_EVENT,
                         SQL_ARGS(V_TEXT(f->event), V_INT(f->since_ms), V_INT(until),
                                  V_INT(f->after_seq), V_INT(limit)),
                         each_record, &reading);
    if (f->since_ms > 0 || f->until_ms > 0)
        return sql_query(
            tx, SQL_JOURNAL_BY_TIME,
            SQL_ARGS(V_INT(f->since_ms), V_INT(until), V_INT(f->after_seq), V_INT(limit)),
            each_record, &reading);
    return sql_query(tx, SQL_JOURNAL_RECENT, SQL_ARGS(V_INT(f->after_seq), V_INT(limit)),
                     each_record, &reading);
}
