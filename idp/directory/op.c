#include "directory/internal.h"

#include "base/clock.h"
#include "base/log.h"

/* ---- results ---- */

err_t dir_err_of(LDAP *ld, int code, const char *what)
{
    switch (code) {
    case LDAP_SUCCESS:
        return ERR(OK);
    case LDAP_NO_SUCH_OBJECT:
        return ERR(NOT_FOUND);
    case LDAP_ALREADY_EXISTS:
    case LDAP_CONSTRAINT_VIOLATION:
    case LDAP_TYPE_OR_VALUE_EXISTS:
        return ERR(CONFLICT);
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
        return ERR(DIRECTORY_DOWN);
    default:
        break;
    }
    char *text = NULL;
    (void)ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    log_event(LOG_ERROR, "directory.refused", LOG_TEXT("operation", what), LOG_INT("code", code),
              LOG_TEXT("meaning", ldap_err2string(code)),
              LOG_TEXT("text", text == NULL ? "" : text));
    ldap_memfree(text);
    return ERR(DIRECTORY);
}

/* Takes MSG. */
static err_t finish(struct dir_conn *c, LDAPMessage *msg, const char *what)
{
    int code = LDAP_OTHER;
    if (ldap_parse_result(c->ld, msg, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS)
        return ERR(DIRECTORY);
    return dir_err_of(c->ld, code, what);
}

/* After an answer the connection is in step with the server, whatever the answer was. */
static bool is_reusable(err_t e) { return e.code != ERR_DIRECTORY_DOWN; }

/* ---- searching ---- */

struct search {
    const struct dir_query *query;
    dir_entry_fn *fn;
    void *ctx;
    bool delivered; /* an entry has reached FN: too late to start again */
    bool abandoned; /* FN failed: the rest of the answer is still to come */
};

static err_t send_search(struct directory *d, struct dir_conn *c, const struct dir_query *q,
                         int *msgid)
{
    int64_t started = clock_mono_ms();
    atomic_fetch_add(&d->operations, 1);
    /* The C API has no const; it does not write to these (ldap_search_ext(3)). */
    union {
        const char *const *in;
        char **out;
    } attrs = { .in = q->attrs };
    int code = ldap_search_ext(c->ld, q->base, q->scope, q->filter, attrs.out, 0, NULL, NULL, NULL,
                               q->size_limit, msgid);
    if (code == LDAP_SUCCESS)
        return ERR(OK);
    if (code == LDAP_FILTER_ERROR || code == LDAP_PARAM_ERROR || code == LDAP_ENCODING_ERROR)
        return ERR(BUG);
    if (code == LDAP_NO_MEMORY)
        return ERR(NO_MEMORY);
    dir_unanswered(d, c->server, started);
    return ERR(DIRECTORY_DOWN);
}

static err_t receive(struct directory *d, struct dir_conn *c, int msgid, struct search *s)
{
    for (;;) {
        LDAPMessage *msg = NULL;
        TRY(dir_wait(d, c, msgid, LDAP_MSG_ONE, clock_mono_ms() + d->timeout_ms, &msg));
        switch (ldap_msgtype(msg)) {
        case LDAP_RES_SEARCH_ENTRY: {
            s->delivered = true;
            err_t e = s->fn(s->ctx, c->ld, msg);
            ldap_msgfree(msg);
            if (!err_ok(e)) {
                s->abandoned = true;
                return e;
            }
            break;
        }
        case LDAP_RES_SEARCH_RESULT:
            return finish(c, msg, "search");
        default: /* a referral: we never follow them */
            ldap_msgfree(msg);
        }
    }
}

static err_t search_once(struct directory *d, struct search *s)
{
    struct dir_conn *c = NULL;
    int msgid = -1;
    TRY(dir_acquire(d, &d->service, clock_mono_ms() + d->timeout_ms, &c));
    err_t e = send_search(d, c, s->query, &msgid);
    if (err_ok(e))
        e = receive(d, c, msgid, s);
    dir_release(d, &d->service, c, is_reusable(e) && !s->abandoned);
    return e;
}

err_t dir_search(struct directory *d, const struct dir_query *query, dir_entry_fn *fn, void *ctx)
{
    struct search s = { .query = query, .fn = fn, .ctx = ctx };
    err_t e = search_once(d, &s);
    /* A connection lost, or another server to ask: reading again harms nobody. */
    if (e.code == ERR_DIRECTORY_DOWN && !s.delivered && !s.abandoned && directory_is_up(d))
        e = search_once(d, &s);
    return e;
}

/* ---- writing: never repeated, since the first attempt may have been carried out ---- */

enum write_kind { WRITE_ADD, WRITE_MODIFY, WRITE_DELETE };

static int send_write(LDAP *ld, enum write_kind kind, const char *dn, LDAPMod **mods, int *msgid)
{
    switch (kind) {
    case WRITE_ADD:
        return ldap_add_ext(ld, dn, mods, NULL, NULL, msgid);
    case WRITE_MODIFY:
        return ldap_modify_ext(ld, dn, mods, NULL, NULL, msgid);
    case WRITE_DELETE:
        return ldap_delete_ext(ld, dn, NULL, NULL, msgid);
    }
    return LDAP_OTHER;
}

static err_t write_one(struct directory *d, enum write_kind kind, const char *dn, LDAPMod **mods)
{
    static const char *const names[] = { "add", "modify", "delete" };
    struct dir_conn *c = NULL;
    LDAPMessage *msg = NULL;
    int msgid = -1;
    int64_t started = clock_mono_ms(), deadline = started + d->timeout_ms;

    TRY(dir_acquire(d, &d->service, deadline, &c));
    atomic_fetch_add(&d->operations, 1);
    err_t e = ERR(DIRECTORY_DOWN);
    if (send_write(c->ld, kind, dn, mods, &msgid) != LDAP_SUCCESS)
        dir_unanswered(d, c->server, started);
    else
        e = dir_wait(d, c, msgid, LDAP_MSG_ALL, deadline, &msg);
    if (err_ok(e))
        e = finish(c, msg, names[kind]);
    dir_release(d, &d->service, c, is_reusable(e));
    return e;
}

err_t dir_add(struct directory *d, const char *dn, LDAPMod **mods)
{
    return write_one(d, WRITE_ADD, dn, mods);
}

err_t dir_modify(struct directory *d, const char *dn, LDAPMod **mods)
{
    return write_one(d, WRITE_MODIFY, dn, mods);
}

err_t dir_delete(struct directory *d, const char *dn)
{
    return write_one(d, WRITE_DELETE, dn, NULL);
}
