#include "state/flow.h"

#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "state/record.h"

enum { CSRF_BYTES = 32, STEP_MAX = 32 };
enum { COL_ID, COL_VERSION, COL_BROWSER, COL_CSRF, COL_CREATED = 8, COL_FORMER = 12 };

_Static_assert(FLOW_CSRF_LEN == BASE64URL_LEN(CSRF_BYTES), "the length in flow.h");
_Static_assert(FLOW_FORM_LEN == HEX_LEN(sizeof(int64_t)), "the length in flow.h");

/* --- the form id: the row's number in hex; it needs no secret, the cookie has it --- */

static void form_write(int64_t id, char out[FLOW_FORM_LEN])
{
    unsigned char bytes[sizeof id];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)((uint64_t)id >> (8 * (sizeof bytes - 1 - i)));
    hex_encode(out, bytes, sizeof bytes);
}

static bool form_read(struct str form, int64_t *id)
{
    unsigned char bytes[sizeof *id];
    char again[FLOW_FORM_LEN];
    size_t len = 0;
    uint64_t n = 0;
    if (form.len != FLOW_FORM_LEN || !err_ok(hex_decode(form, bytes, sizeof bytes, &len)))
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        n = n << 8 | bytes[i];
    form_write((int64_t)n, again);
    *id = (int64_t)n;
    return str_eq(form, str_from(again, sizeof again)); /* one spelling: lower case */
}

/* --- checks --- */

static bool step_is_sound(struct str step)
{
    for (size_t i = 0; i < step.len; i++)
        if (!((step.ptr[i] >= 'a' && step.ptr[i] <= 'z') || step.ptr[i] == '_'))
            return false;
    return step.len > 0 && step.len <= STEP_MAX;
}

static err_t check(const struct flow *f)
{
    if (!step_is_sound(f->step) || !str_is_printable(f->person))
        return ERR(BUG);
    if (f->request.len > FLOW_REQUEST_MAX || f->progress.len > FLOW_PROGRESS_MAX)
        return ERR(TOO_LARGE);
    return str_is_utf8(f->request) && str_is_utf8(f->progress) ? ERR(OK) : ERR(BAD_UTF8);
}

/* --- creating --- */

/* A browser that has the cookie keeps it: its other tabs hang on it. */
static err_t browser_cookie(struct str browser, struct handle *cookie, struct handle_row *row)
{
    bool valid = false;
    TRY(handle_read(HANDLE_BROWSER, browser, row, &valid));
    if (!valid) {
        row->id = 0;
        return handle_make(HANDLE_BROWSER, cookie, row);
    }
    for (size_t i = 0; i < HANDLE_LEN; i++)
        cookie->text[i] = browser.ptr[i];
    return ERR(OK);
}

static err_t insert(struct state_tx *tx, const struct flow *f, const struct handle_row *browser,
                    const struct flow_ids *ids)
{
    return sql_exec(tx, SQL_FLOW_INSERT,
                    SQL_ARGS(V_INT(f->id), V_BLOB(browser->hash, sizeof browser->hash),
                             V_TEXT(str_from(ids->csrf, FLOW_CSRF_LEN)), V_TEXT(f->request),
                             V_TEXT(f->person), V_TEXT(f->step), V_TEXT(f->progress),
                             V_INT(f->created), V_INT(f->expires)),
                    NULL);
}

err_t flow_create(struct state_tx *tx, struct str browser, struct flow *start, int64_t now,
                  struct flow_ids *out)
{
    unsigned char csrf[CSRF_BYTES];
    struct handle_row row;
    struct flow f = *start;
    TRY(check(start));
    TRY(browser_cookie(browser, &out->cookie, &row));
    rng_fill(csrf, sizeof csrf);
    base64url_encode(out->csrf, csrf, sizeof csrf);
    wipe(csrf, sizeof csrf);
    f.version = 1;
    f.created = now;
    f.expires = start->expires > now ? start->expires : now + FLOW_LIFE_S;
    f.attempts = f.otp_attempts = 0;
    err_t e = ERR(CONFLICT);
    for (int i = 0; i < ID_TRIES && e.code == ERR_CONFLICT; i++) {
        f.id = handle_id(now);
        form_write(f.id, out->form);
        e = insert(tx, &f, &row, out);
    }
    TRY(e);
    f.form = str_from(out->form, FLOW_FORM_LEN);
    f.csrf = str_from(out->csrf, FLOW_CSRF_LEN);
    *start = f;
    return sql_exec(tx, SQL_FLOW_TRIM,
                    SQL_ARGS(V_BLOB(row.hash, sizeof row.hash), V_INT(FLOW_BROWSER_MAX)), NULL);
}

/* --- finding --- */

struct found {
    struct arena *a;
    const unsigned char *browser;
    struct flow flow;
    bool mine;
};

static err_t found_row(const struct sql_row *row, void *arg)
{
    struct found *f = arg;
    struct str *const texts[] = { &f->flow.csrf, &f->flow.request, &f->flow.person, &f->flow.step,
                                  &f->flow.progress };
    f->flow.id = sql_int(row, COL_ID);
    f->flow.version = sql_int(row, COL_VERSION);
    f->flow.created = sql_int(row, COL_CREATED);
    f->flow.expires = sql_int(row, COL_CREATED + 1);
    f->flow.attempts = sql_int(row, COL_CREATED + 2);
    f->flow.otp_attempts = sql_int(row, COL_CREATED + 3);
    f->flow.former = record_hash_is(row, COL_FORMER, f->browser);
    f->mine = f->flow.former || record_hash_is(row, COL_BROWSER, f->browser);
    return record_texts(f->a, row, COL_CSRF, texts, COUNT(texts));
}

err_t flow_find(struct state_tx *tx, struct arena *a, struct str browser, struct str form,
                int64_t now, struct flow *out)
{
    struct handle_row row;
    bool valid = false;
    int64_t id = 0;
    TRY(handle_read(HANDLE_BROWSER, browser, &row, &valid));
    if (!valid || !form_read(form, &id))
        return ERR(NOT_FOUND);
    struct found f = { .a = a, .browser = row.hash };
    TRY(sql_one(tx, SQL_FLOW_BY_ID, SQL_ARGS(V_INT(id)), found_row, &f));
    if (!f.mine || now >= f.flow.expires)
        return ERR(NOT_FOUND);
    TRY(arena_str(a, form, &f.flow.form));
    *out = f.flow;
    return ERR(OK);
}

/* --- another cookie --- */

err_t flow_cookie(const unsigned char secret[FLOW_SECRET_LEN], struct handle *out)
{
    struct handle_row row = { .id = 0 };
    return handle_of(HANDLE_BROWSER, secret, out, &row);
}

static err_t read_browser(struct str text, struct handle_row *out)
{
    bool valid = false;
    TRY(handle_read(HANDLE_BROWSER, text, out, &valid));
    return valid ? ERR(OK) : ERR(BUG);
}

err_t flow_rebind(struct state_tx *tx, struct str browser, struct str cookie, struct str person)
{
    struct handle_row old, new;
    TRY(read_browser(browser, &old));
    TRY(read_browser(cookie, &new));
    TRY(flow_leave(tx, browser, person));
    return sql_exec(tx, SQL_FLOW_REBIND,
                    SQL_ARGS(V_BLOB(new.hash, sizeof new.hash), V_BLOB(old.hash, sizeof old.hash)),
                    NULL);
}

err_t flow_leave(struct state_tx *tx, struct str browser, struct str person)
{
    struct handle_row row;
    bool valid = false;
    TRY(handle_read(HANDLE_BROWSER, browser, &row, &valid));
    return sql_exec(tx, SQL_FLOW_LEAVE, SQL_ARGS(V_BLOB(row.hash, sizeof row.hash), V_TEXT(person)),
                    NULL);
}

/* --- changing --- */

static err_t seen_row(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, COL_CREATED + 1);
    return ERR(OK);
}

/* Nothing was written: because it is gone, or because another was faster? */
static err_t why_not(struct state_tx *tx, int64_t id, int64_t now)
{
    int64_t expires = 0;
    TRY(sql_one(tx, SQL_FLOW_BY_ID, SQL_ARGS(V_INT(id)), seen_row, &expires));
    return now < expires ? ERR(CONFLICT) : ERR(NOT_FOUND);
}

err_t flow_update(struct state_tx *tx, struct flow *f, int64_t now)
{
    int64_t changed = 0;
    TRY(check(f));
    TRY(sql_exec(tx, SQL_FLOW_UPDATE,
                 SQL_ARGS(V_TEXT(f->person), V_TEXT(f->step), V_TEXT(f->progress),
                          V_INT(f->attempts), V_INT(f->otp_attempts), V_INT(f->id),
                          V_INT(f->version), V_INT(now)),
                 &changed));
    if (changed == 0)
        return why_not(tx, f->id, now);
    f->version++;
    return ERR(OK);
}

err_t flow_finish(struct state_tx *tx, const struct flow *f)
{
    int64_t changed = 0;
    TRY(sql_exec(tx, SQL_FLOW_FINISH, SQL_ARGS(V_INT(f->id), V_INT(f->version)), &changed));
    return changed == 1 ? ERR(OK) : why_not(tx, f->id, f->created);
}

err_t flow_delete(struct state_tx *tx, int64_t id)
{
    return sql_exec(tx, SQL_FLOW_DELETE, SQL_ARGS(V_INT(id)), NULL);
}
