#include "state/emergency.h"

#include "state/record.h"

enum { ARENA_STEP = 16 };

/* Columns of EMERGENCY_COLUMNS in statements.c: texts, then numbers. */
enum { TEXT_COLUMNS = 13, COL_OPENED = TEXT_COLUMNS };

/* ---- texts ---- */

bool emergency_text_is_sound(struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line)) {
        struct str part;
        if (str_ends(line, STR("\r"))) /* forms send CR LF */
            line.len--;
        while (str_next(&line, '\t', &part))
            if (!str_is_printable(part))
                return false;
    }
    return true;
}

/* U+00A0, U+2000 to U+200B, U+202F, U+205F, U+3000 and U+FEFF look like nothing, too. */
static size_t blank_at(struct str s)
{
    static const struct str wide[] = {
        STR_INIT("\xC2\xA0"),     STR_INIT("\xE2\x80\xAF"), STR_INIT("\xE2\x81\x9F"),
        STR_INIT("\xE3\x80\x80"), STR_INIT("\xEF\xBB\xBF"),
    };
    if (s.ptr[0] == ' ' || (s.ptr[0] >= '\t' && s.ptr[0] <= '\r'))
        return 1;
    if (str_starts(s, STR("\xE2\x80")) && s.len > 2 && (unsigned char)s.ptr[2] <= 0x8B)
        return 3;
    for (size_t i = 0; i < COUNT(wide); i++)
        if (str_starts(s, wide[i]))
            return wide[i].len;
    return 0;
}

bool emergency_text_is_blank(struct str text)
{
    while (text.len > 0) {
        size_t n = blank_at(text);
        if (n == 0)
            return false;
        text = str_from(text.ptr + n, text.len - n);
    }
    return true;
}

static err_t check_typed(struct str text, size_t max)
{
    if (text.len > max)
        return ERR(TOO_LARGE);
    return emergency_text_is_sound(text) ? ERR(OK) : ERR(MALFORMED);
}

static err_t check_line(struct str text, size_t max)
{
    if (text.len > max)
        return ERR(TOO_LARGE);
    return str_is_printable(text) ? ERR(OK) : ERR(MALFORMED);
}

/* ---- opening ---- */

static err_t check(const struct emergency *x, int64_t now)
{
    const struct str needed[] = { x->person, x->sid, x->application, x->lot, x->structure };
    for (size_t i = 0; i < COUNT(needed); i++)
        if (needed[i].len == 0 || !str_is_printable(needed[i]))
            return ERR(BUG);
    if (x->ends <= now || x->ends > now + EMERGENCY_MAX_S || x->review_due < x->ends)
        return ERR(BUG);
    if (emergency_text_is_blank(x->reason))
        return ERR(MALFORMED);
    TRY(check_typed(x->reason, EMERGENCY_REASON_MAX));
    TRY(check_line(x->label, EMERGENCY_LABEL_MAX));
    TRY(check_line(x->instance, EMERGENCY_INSTANCE_MAX));
    return check_line(x->resource, EMERGENCY_LABEL_MAX);
}

err_t emergency_open(struct state_tx *tx, struct emergency *start, int64_t now, char id[UUID_LEN])
{
    struct emergency *x = start;
    TRY(check(x, now));
    uuid_v4(id);
    x->id = str_from(id, UUID_LEN);
    x->opened = now;
    x->closed = x->used = x->reviewed = 0;
    x->reviewer = x->verdict = x->comment = STR("");
    return sql_exec(tx, SQL_EMERGENCY_INSERT,
                    SQL_ARGS(V_TEXT(x->id), V_TEXT(x->person), V_TEXT(x->sid),
                             V_TEXT(x->application), V_TEXT(x->lot), V_TEXT(x->structure),
                             V_TEXT(x->resource), V_TEXT(x->instance), V_TEXT(x->label),
                             V_TEXT(x->reason), V_INT(x->opened), V_INT(x->ends),
                             V_INT(x->review_due), V_INT(INT64_MAX)),
                    NULL);
}

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct emergencies found;
    size_t cap;
};

static err_t make_room(struct reading *r)
{
    if (r->found.count < r->cap)
        return ERR(OK);
    size_t cap = r->cap == 0 ? ARENA_STEP : 2 * r->cap;
    struct emergency *bigger = arena_array(r->arena, cap, sizeof *bigger);
    if (bigger == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < r->found.count; i++)
        bigger[i] = r->found.list[i];
    r->found.list = bigger;
    r->cap = cap;
    return ERR(OK);
}

static err_t read_row(const struct sql_row *row, void *arg)
{
    struct reading *r = arg;
    TRY(make_room(r));
    struct emergency *x = &r->found.list[r->found.count];
    struct str *const texts[TEXT_COLUMNS] = { &x->id,          &x->person,   &x->sid,
                                              &x->application, &x->lot,      &x->structure,
                                              &x->resource,    &x->instance, &x->label,
                                              &x->reason,      &x->reviewer, &x->verdict,
                                              &x->comment };
    int64_t *const numbers[] = { &x->opened, &x->ends,       &x->closed,
                                 &x->used,   &x->review_due, &x->reviewed };
    TRY(record_texts(r->arena, row, 0, texts, COUNT(texts)));
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = sql_int(row, COL_OPENED + (int)i);
    r->found.count++;
    return ERR(OK);
}

err_t emergency_find(struct state_tx *tx, struct arena *a, struct str id, struct emergency *out)
{
    struct reading r = { .arena = a };
    if (!str_is_uuid(id))
        return ERR(NOT_FOUND);
    TRY(sql_one(tx, SQL_EMERGENCY_BY_ID, SQL_ARGS(V_TEXT(id)), read_row, &r));
    *out = r.found.list[0];
    return ERR(OK);
}

static err_t list(struct state_tx *tx, struct arena *a, enum sql_id id, struct sql_args args,
                  struct emergencies *out)
{
    struct reading r = { .arena = a };
    TRY(sql_query(tx, id, args, read_row, &r));
    *out = r.found;
    return ERR(OK);
}

err_t emergency_list_of(struct state_tx *tx, struct arena *a, struct str person, int64_t now,
                        struct emergencies *out)
{
    return list(tx, a, SQL_EMERGENCY_OPEN_OF,
                SQL_ARGS(V_TEXT(person), V_INT(now), V_INT(EMERGENCY_LIST_MAX)), out);
}

err_t emergency_list_open(struct state_tx *tx, struct arena *a, int64_t now,
                          struct emergencies *out)
{
    return list(tx, a, SQL_EMERGENCY_OPEN, SQL_ARGS(V_INT(now), V_INT(EMERGENCY_OPEN_MAX)), out);
}

err_t emergency_list_to_review(struct state_tx *tx, struct arena *a, struct emergencies *out)
{
    return list(tx, a, SQL_EMERGENCY_TO_REVIEW, SQL_ARGS(V_INT(EMERGENCY_LIST_MAX)), out);
}

/* ---- what becomes of it ---- */

err_t emergency_close(struct state_tx *tx, struct str id, struct str person, int64_t now)
{
    if (!str_is_uuid(id))
        return ERR(NOT_FOUND);
    return sql_exec_one(tx, SQL_EMERGENCY_CLOSE, SQL_ARGS(V_INT(now), V_TEXT(id), V_TEXT(person)));
}

err_t emergency_use(struct state_tx *tx, struct str id, int64_t now, bool *first)
{
    int64_t changed = 0;
    TRY(sql_exec(tx, SQL_EMERGENCY_USE, SQL_ARGS(V_INT(now), V_TEXT(id)), &changed));
    *first = changed == 1;
    return ERR(OK);
}

err_t emergency_review(struct state_tx *tx, const struct emergency_verdict *v, int64_t now)
{
    TRY(check_typed(v->comment, EMERGENCY_COMMENT_MAX));
    if (!v->justified && emergency_text_is_blank(v->comment))
        return ERR(MALFORMED);
    if (!str_is_uuid(v->id))
        return ERR(NOT_FOUND);
    if (v->reviewer.len == 0 || now <= 0)
        return ERR(BUG);
    return sql_exec_one(tx, SQL_EMERGENCY_REVIEW,
                        SQL_ARGS(V_INT(now), V_TEXT(v->reviewer),
                                 V_TEXT(v->justified ? STR("justified") : STR("unjustified")),
                                 V_TEXT(v->comment), V_INT(now + EMERGENCY_KEEP_S), V_TEXT(v->id)));
}
