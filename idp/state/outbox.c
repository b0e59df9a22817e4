#include "state/outbox.h"

#include "state/emergency.h"
#include "state/record.h"

enum { FIRST_DELAY_S = 30, LAST_DELAY_S = 3600 };
enum { COL_CREATED = 4, COL_ATTEMPTS };

static err_t check(const struct outbox_mail *m)
{
    if (m->recipient.len == 0 || m->subject.len == 0 || m->body.len == 0)
        return ERR(BUG);
    if (m->recipient.len > OUTBOX_RECIPIENT_MAX || m->subject.len > OUTBOX_SUBJECT_MAX ||
        m->body.len > OUTBOX_BODY_MAX)
        return ERR(TOO_LARGE);
    return str_is_printable(m->recipient) && str_is_printable(m->subject) &&
                   emergency_text_is_sound(m->body)
               ? ERR(OK)
               : ERR(MALFORMED);
}

err_t outbox_add(struct state_tx *tx, const struct outbox_mail *mail, int64_t now)
{
    char id[UUID_LEN];
    TRY(check(mail));
    uuid_v4(id);
    return sql_exec(tx, SQL_OUTBOX_INSERT,
                    SQL_ARGS(V_TEXT(str_from(id, sizeof id)), V_TEXT(mail->recipient),
                             V_TEXT(mail->subject), V_TEXT(mail->body), V_INT(now),
                             V_INT(now + OUTBOX_KEEP_S)),
                    NULL);
}

struct reading {
    struct arena *arena;
    struct outbox_mails found;
};

static err_t read_row(const struct sql_row *row, void *arg)
{
    struct reading *r = arg;
    struct outbox_mail *m = &r->found.list[r->found.count];
    struct str *const texts[] = { &m->id, &m->recipient, &m->subject, &m->body };
    TRY(record_texts(r->arena, row, 0, texts, COUNT(texts)));
    m->created = sql_int(row, COL_CREATED);
    m->attempts = sql_int(row, COL_ATTEMPTS);
    r->found.count++;
    return ERR(OK);
}

err_t outbox_due(struct state_tx *tx, struct arena *a, int64_t now, struct outbox_mails *out)
{
    struct reading r = { .arena = a };
    r.found.list = arena_array(a, OUTBOX_BATCH_MAX, sizeof *r.found.list);
    if (r.found.list == NULL)
        return ERR(NO_MEMORY);
    TRY(sql_query(tx, SQL_OUTBOX_DUE, SQL_ARGS(V_INT(now), V_INT(OUTBOX_BATCH_MAX)), read_row, &r));
    *out = r.found;
    return ERR(OK);
}

err_t outbox_sent(struct state_tx *tx, struct str id)
{
    return sql_exec(tx, SQL_OUTBOX_SENT, SQL_ARGS(V_TEXT(id)), NULL);
}

err_t outbox_later(struct state_tx *tx, struct str id, int64_t due)
{
    return sql_exec(tx, SQL_OUTBOX_LATER, SQL_ARGS(V_INT(due), V_TEXT(id)), NULL);
}

int64_t outbox_delay(int64_t failures)
{
    int64_t delay = FIRST_DELAY_S;
    for (int64_t i = 0; i < failures && delay < LAST_DELAY_S; i++)
        delay *= 2;
    return delay < LAST_DELAY_S ? delay : LAST_DELAY_S;
}

static err_t count_row(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, 0);
    return ERR(OK);
}

err_t outbox_count(struct state_tx *tx, int64_t *out)
{
    return sql_one(tx, SQL_OUTBOX_WAITING, SQL_NO_ARGS, count_row, out);
}
