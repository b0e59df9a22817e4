#include "history/entry.h"

#include "base/jsonw.h"
#include "token/json.h"

/* ---- writing ---- */

static void write_assignment(struct buf *b, const struct dir_assignment *a)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "id", a->id);
    jsonw_str(b, "profile", a->profile);
    jsonw_str(b, "structure", a->structure);
    jsonw_int(b, "start", a->start);
    if (a->end != INT64_MAX)
        jsonw_int(b, "end", a->end);
    jsonw_str_if(b, "contract", a->contract);
    jsonw_close(b, '}');
}

/* Everything but the assignments, and the brace that ends it. */
static void write_person(struct buf *b, const struct dir_person *p)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "id", p->id);
    jsonw_str(b, "login", p->login);
    jsonw_bool(b, "active", p->active);
}

void entry_write(struct buf *b, const struct dir_person *p)
{
    write_person(b, p);
    jsonw_open(b, "assignments", '[');
    for (size_t i = 0; i < p->assignment_count; i++)
        write_assignment(b, &p->assignments[i]);
    jsonw_close(b, ']');
    jsonw_close(b, '}');
}

/* ---- digests ---- */

static void add_digest(unsigned char sum[SHA256_LEN], const unsigned char more[SHA256_LEN])
{
    unsigned carry = 0;
    for (size_t i = SHA256_LEN; i > 0; i--) {
        carry += (unsigned)sum[i - 1] + more[i - 1];
        sum[i - 1] = (unsigned char)(carry & 0xFF);
        carry >>= 8;
    }
}

/* Takes B, written by one of the above. */
static err_t digest_of(struct buf *b, unsigned char digest[SHA256_LEN])
{
    unsigned char one[SHA256_LEN];
    err_t e = buf_err(b);
    if (err_ok(e))
        e = sha256(buf_str(b), one);
    if (err_ok(e))
        add_digest(digest, one);
    buf_done(b);
    return e;
}

err_t entry_digest_person(unsigned char digest[SHA256_LEN], const struct dir_person *p)
{
    struct buf b;
    buf_init(&b, ENTRY_MAX);
    write_person(&b, p);
    return digest_of(&b, digest);
}

err_t entry_digest_assignment(unsigned char digest[SHA256_LEN], const struct dir_assignment *a)
{
    struct buf b;
    buf_init(&b, ENTRY_MAX);
    write_assignment(&b, a);
    return digest_of(&b, digest);
}

err_t entry_digest(const struct dir_person *p, unsigned char digest[SHA256_LEN])
{
    for (size_t i = 0; i < SHA256_LEN; i++)
        digest[i] = 0;
    TRY(entry_digest_person(digest, p));
    for (size_t i = 0; i < p->assignment_count; i++)
        TRY(entry_digest_assignment(digest, &p->assignments[i]));
    return ERR(OK);
}

/* ---- reading ---- */

static err_t get_text(struct arena *a, const json_t *from, const char *name, struct str *out)
{
    struct str text;
    if (!json_text(from, name, &text))
        return ERR(STATE_BROKEN);
    return arena_str(a, text, out);
}

static err_t get_instant(const json_t *from, const char *name, bool optional, int64_t *out)
{
    const json_t *value = json_object_get(from, name);
    if (value == NULL && optional) {
        *out = INT64_MAX;
        return ERR(OK);
    }
    if (!json_is_integer(value))
        return ERR(STATE_BROKEN);
    *out = json_integer_value(value);
    return ERR(OK);
}

static err_t read_assignment(struct arena *a, const json_t *from, struct dir_assignment *out)
{
    struct str contract;
    TRY(get_text(a, from, "id", &out->id));
    TRY(get_text(a, from, "profile", &out->profile));
    TRY(get_text(a, from, "structure", &out->structure));
    TRY(get_instant(from, "start", false, &out->start));
    TRY(get_instant(from, "end", true, &out->end));
    if (!err_ok(json_text_opt(from, "contract", &contract)))
        return ERR(STATE_BROKEN);
    return arena_str(a, contract, &out->contract);
}

static err_t read_person(struct arena *a, const json_t *from, struct dir_person *out)
{
    const json_t *list = json_object_get(from, "assignments");
    const json_t *active = json_object_get(from, "active");
    size_t n = json_array_size(list);
    struct dir_assignment *assignments = arena_array(a, n + 1, sizeof *assignments);
    if (assignments == NULL)
        return ERR(NO_MEMORY);
    if (!json_is_array(list) || !json_is_boolean(active))
        return ERR(STATE_BROKEN);
    TRY(get_text(a, from, "id", &out->id));
    TRY(get_text(a, from, "login", &out->login));
    for (size_t i = 0; i < n; i++)
        TRY(read_assignment(a, json_array_get(list, i), &assignments[i]));
    out->active = json_is_true(active);
    out->assignments = assignments;
    out->assignment_count = n;
    return ERR(OK);
}

err_t entry_read(struct arena *a, struct str text, struct dir_person *out)
{
    struct dir_person p = { .active = false };
    json_t *from = NULL;
    err_t e = json_read(text, ENTRY_MAX, &from);
    if (!err_ok(e))
        return e.code == ERR_NO_MEMORY ? e : ERR(STATE_BROKEN);
    e = read_person(a, from, &p);
    json_decref(from);
    if (err_ok(e))
        *out = p;
    return e;
}
