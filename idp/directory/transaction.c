#include "directory/entries.h"
#include "directory/internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

/* A commit writes everything and waits for the disk. */
enum { COMMIT_MS = 60000, SETTLE_MS = 20, EDIT_ARENA_MAX = 16 * 1024 * 1024 };

struct transaction {
    struct directory *d;
    struct dir_conn *c;
    struct berval *id;
    int msgids[DIR_TRANSACTION_MAX];
};

/* ---- one edit as the library wants it ---- */

/* The C API has no const; it does not write to these. */
static char *unconst(const char *text)
{
    union {
        const char *in;
        char *out;
    } u = { .in = text };
    return u.out;
}

static err_t mod_of(struct arena *a, int op, const char *name, const struct str *values,
                    size_t count, LDAPMod **out)
{
    LDAPMod *mod = arena_alloc(a, sizeof *mod);
    struct berval *bytes = arena_array(a, count + 1, sizeof *bytes);
    struct berval **list = arena_array(a, count + 1, sizeof(struct berval *));
    if (mod == NULL || bytes == NULL || list == NULL)
        return ERR(TOO_LARGE);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (struct berval){ .bv_len = values[i].len, .bv_val = unconst(values[i].ptr) };
        list[i] = &bytes[i];
    }
    mod->mod_op = op | LDAP_MOD_BVALUES;
    mod->mod_type = unconst(name);
    mod->mod_bvalues = count == 0 ? NULL : list;
    *out = mod;
    return ERR(OK);
}

static err_t mods_of(struct arena *a, const struct dir_edit *e, LDAPMod **mods)
{
    size_t n = 0;
    if (e->kind == DIR_EDIT_DELETE)
        return ERR(OK);
    if (e->attr_count == 0 || e->attr_count > DIR_ATTRS_MAX)
        return ERR(BUG);
    if (e->kind == DIR_EDIT_SWAP) {
        const struct dir_attr *x = &e->attrs[0];
        if (x->count != 2)
            return ERR(BUG);
        TRY(mod_of(a, LDAP_MOD_DELETE, x->name, &x->values[0], 1, &mods[0]));
        return mod_of(a, LDAP_MOD_ADD, x->name, &x->values[1], 1, &mods[1]);
    }
    int op = e->kind == DIR_EDIT_ADD ? LDAP_MOD_ADD : LDAP_MOD_REPLACE;
    for (size_t i = 0; i < e->attr_count; i++) {
        const struct dir_attr *x = &e->attrs[i];
        if (op == LDAP_MOD_ADD && x->count == 0)
            continue;
        TRY(mod_of(a, op, x->name, x->values, x->count, &mods[n++]));
    }
    return ERR(OK);
}

/* ---- sending and hearing ---- */

static int ask(LDAP *ld, enum dir_edit_kind kind, const char *dn, LDAPMod **mods,
               LDAPControl **controls, int *msgid)
{
    switch (kind) {
    case DIR_EDIT_ADD:
        return ldap_add_ext(ld, dn, mods, controls, NULL, msgid);
    case DIR_EDIT_DELETE:
        return ldap_delete_ext(ld, dn, controls, NULL, msgid);
    case DIR_EDIT_REPLACE:
    case DIR_EDIT_SWAP:
        break;
    }
    return ldap_modify_ext(ld, dn, mods, controls, NULL, msgid);
}

static err_t send_edit(struct transaction *t, struct arena *a, const struct dir_edit *e, int *msgid)
{
    char oid[] = LDAP_CONTROL_TXN_SPEC;
    LDAPControl spec = { .ldctl_oid = oid, .ldctl_value = *t->id, .ldctl_iscritical = 1 };
    LDAPControl *controls[] = { &spec, NULL };
    LDAPMod *mods[DIR_ATTRS_MAX + 2] = { NULL };
    const char *dn;
    int64_t started = clock_mono_ms();

    TRY(arena_cstr(a, e->dn, &dn));
    TRY(mods_of(a, e, mods));
    atomic_fetch_add(&t->d->operations, 1);
    int code = ask(t->c->ld, e->kind, dn, mods, controls, msgid);
    if (code == LDAP_SUCCESS)
        return ERR(OK);
    if (code != LDAP_SERVER_DOWN && code != LDAP_TIMEOUT)
        return ERR(BUG);
    dir_unanswered(t->d, t->c->server, started);
    return ERR(DIRECTORY_DOWN);
}

static err_t take_result(struct transaction *t, int msgid, const char *what)
{
    LDAPMessage *msg = NULL;
    int code = LDAP_OTHER;
    TRY(dir_wait(t->d, t->c, msgid, LDAP_MSG_ALL, clock_mono_ms() + t->d->timeout_ms, &msg));
    if (ldap_parse_result(t->c->ld, msg, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS)
        return ERR(DIRECTORY);
    return dir_err_of(t->c->ld, code, what);
}

/* One by one: slapd 2.5 runs what comes together on several threads, so that edits could be queued out
 * of order; and it answers an edit just before its thread lets go of it, while a commit on another
 * thread frees all edits. Sent in one go, one load in eight crashed it (segfault in do_add). */
static err_t send_all(struct transaction *t, const struct dir_edit *edits, size_t count,
                      size_t *failed)
{
    DIR_CLEANUP(arena_freep) struct arena *a = NULL;
    TRY(arena_new(EDIT_ARENA_MAX, &a));
    for (size_t i = 0; i < count; i++) {
        err_t e = send_edit(t, a, &edits[i], &t->msgids[i]);
        if (err_ok(e))
            e = take_result(t, t->msgids[i], "edit");
        if (!err_ok(e)) {
            *failed = i;
            return e;
        }
    }
    return ERR(OK);
}

/* ---- beginning and ending (RFC 5805) ---- */

static err_t begin(struct transaction *t)
{
    char *oid = NULL;
    LDAPMessage *msg = NULL;
    int msgid = -1;
    int64_t started = clock_mono_ms();
    atomic_fetch_add(&t->d->operations, 1);
    if (ldap_txn_start(t->c->ld, NULL, NULL, &msgid) != LDAP_SUCCESS) {
        dir_unanswered(t->d, t->c->server, started);
        return ERR(DIRECTORY_DOWN);
    }
    TRY(dir_wait(t->d, t->c, msgid, LDAP_MSG_ALL, started + t->d->timeout_ms, &msg));
    int code = ldap_parse_extended_result(t->c->ld, msg, &oid, &t->id, 1);
    ldap_memfree(oid);
    if (code != LDAP_SUCCESS || t->id == NULL)
        return ERR(DIRECTORY);
    return ERR(OK);
}

/* The answer to a commit that failed names the message that did: { messageID, … }. */
static size_t failed_edit(const struct transaction *t, struct berval *value, size_t count)
{
    ber_int_t msgid = -1;
    BerElement *ber = value == NULL ? NULL : ber_init(value);
    if (ber == NULL)
        return count;
    if (ber_scanf(ber, "{i", &msgid) == LBER_ERROR)
        msgid = -1;
    ber_free(ber, 1);
    for (size_t i = 0; i < count; i++)
        if (t->msgids[i] == msgid)
            return i;
    return count;
}

/* Gives the thread of the last edit the time to let go of it: see send_all(). */
static void settle(void)
{
    (void)nanosleep(&(struct timespec){ .tv_nsec = SETTLE_MS * 1000000L }, NULL);
}

static err_t commit(struct transaction *t, size_t count, size_t *failed)
{
    char *oid = NULL;
    struct berval *value = NULL;
    LDAPMessage *msg = NULL;
    int msgid = -1, code = LDAP_OTHER;
    int64_t started = clock_mono_ms();
    atomic_fetch_add(&t->d->operations, 1);
    settle();
    if (ldap_txn_end(t->c->ld, 1, t->id, NULL, NULL, &msgid) != LDAP_SUCCESS) {
        dir_unanswered(t->d, t->c->server, started);
        return ERR(DIRECTORY_DOWN);
    }
    TRY(dir_wait(t->d, t->c, msgid, LDAP_MSG_ALL, started + COMMIT_MS, &msg));
    if (ldap_parse_extended_result(t->c->ld, msg, &oid, &value, 0) != LDAP_SUCCESS ||
        ldap_parse_result(t->c->ld, msg, &code, NULL, NULL, NULL, NULL, 0) != LDAP_SUCCESS)
        code = LDAP_OTHER;
    if (code != LDAP_SUCCESS)
        *failed = failed_edit(t, value, count);
    ldap_memfree(oid);
    ber_bvfree(value);
    ldap_msgfree(msg);
    return dir_err_of(t->c->ld, code, "commit");
}

err_t directory_apply(struct directory *d, const struct dir_edit *edits, size_t count,
                      size_t *failed)
{
    *failed = count;
    if (count == 0)
        return ERR(OK);
    if (count > DIR_TRANSACTION_MAX)
        return ERR(TOO_LARGE);
    struct transaction *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ERR(NO_MEMORY);
    t->d = d;
    err_t e = dir_acquire(d, &d->service, clock_mono_ms() + d->timeout_ms, &t->c);
    if (err_ok(e)) {
        e = begin(t);
        if (err_ok(e))
            e = send_all(t, edits, count, failed);
        if (err_ok(e))
            e = commit(t, count, failed);
        /* One that did not end well ends with its connection. */
        dir_release(d, &d->service, t->c, err_ok(e));
    }
    ber_bvfree(t->id);
    free(t);
    return e;
}
