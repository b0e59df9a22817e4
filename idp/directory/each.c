/* each.c - everybody, page by page (RFC 2696), so that neither side holds the whole. */
#include "directory/internal.h"

#include "base/clock.h"

enum {
    PAGE_SIZE = 500,             /* entries asked for at once */
    EACH_ARENA_MAX = 256 * 1024, /* bytes: the texts of one entry */
};

struct each {
    struct directory *d;
    const struct dir_each *to;
    struct dir_query query;
    err_t (*read)(const struct each *each, struct arena *a, LDAP *ld, LDAPMessage *entry);
    struct berval *cookie; /* where the server is, NULL at the start */
};

static const char *const person_attrs[] = { "habilisId", "uid", "habilisStatus", NULL };
static const char *const assignment_attrs[] = { "habilisId",
                                                "habilisProfile",
                                                "habilisStructure",
                                                "habilisStart",
                                                "habilisEnd",
                                                "habilisContract",
                                                NULL };

static err_t read_person(const struct each *each, struct arena *a, LDAP *ld, LDAPMessage *entry)
{
    struct dir_person p = { .assignment_count = 0 };
    struct str status;
    TRY(dir_entry_dn(a, ld, entry, &p.dn));
    TRY(dir_value(a, ld, entry, "habilisId", &p.id));
    TRY(dir_value(a, ld, entry, "uid", &p.login));
    TRY(dir_value(a, ld, entry, "habilisStatus", &status));
    p.active = str_eq(status, STR("active"));
    return each->to->person(each->to->ctx, &p);
}

static err_t read_assignment(const struct each *each, struct arena *a, LDAP *ld, LDAPMessage *entry)
{
    struct dir_assignment x;
    struct str person;
    TRY(dir_parent_value(a, ld, entry, &person));
    TRY(dir_value(a, ld, entry, "habilisId", &x.id));
    TRY(dir_value(a, ld, entry, "habilisProfile", &x.profile));
    TRY(dir_value(a, ld, entry, "habilisStructure", &x.structure));
    TRY(dir_value(a, ld, entry, "habilisContract", &x.contract));
    TRY(dir_value_time(ld, entry, "habilisStart", INT64_MAX, &x.start));
    TRY(dir_value_time(ld, entry, "habilisEnd", INT64_MAX, &x.end));
    return each->to->assignment(each->to->ctx, person, &x);
}

static err_t on_entry(const struct each *each, LDAP *ld, LDAPMessage *entry)
{
    struct arena *a = NULL;
    TRY(arena_new(EACH_ARENA_MAX, &a));
    err_t e = each->read(each, a, ld, entry);
    arena_free(a);
    return e;
}

/* ---- one page ---- */

static err_t send_page(struct each *each, struct dir_conn *c, int *msgid)
{
    LDAPControl *page = NULL;
    int64_t started = clock_mono_ms();
    if (ldap_create_page_control(c->ld, PAGE_SIZE, each->cookie, 1, &page) != LDAP_SUCCESS)
        return ERR(NO_MEMORY);
    /* The C API has no const; it does not write to these (ldap_search_ext(3)). */
    union {
        const char *const *in;
        char **out;
    } attrs = { .in = each->query.attrs };
    LDAPControl *controls[] = { page, NULL };
    atomic_fetch_add(&each->d->operations, 1);
    int code = ldap_search_ext(c->ld, each->query.base, each->query.scope, each->query.filter,
                               attrs.out, 0, controls, NULL, NULL, 0, msgid);
    ldap_control_free(page);
    if (code == LDAP_SUCCESS)
        return ERR(OK);
    dir_unanswered(each->d, c->server, started);
    return ERR(DIRECTORY_DOWN);
}

/* Takes MSG, the end of a page; each->cookie is NULL when it was the last. */
static err_t end_page(struct each *each, struct dir_conn *c, LDAPMessage *msg)
{
    int code = LDAP_OTHER;
    LDAPControl **controls = NULL;
    ber_int_t estimate = 0;
    struct berval cookie = { 0, NULL };
    ber_bvfree(each->cookie);
    each->cookie = NULL;
    if (ldap_parse_result(c->ld, msg, &code, NULL, NULL, NULL, &controls, 1) != LDAP_SUCCESS)
        return ERR(DIRECTORY);
    err_t e = dir_err_of(c->ld, code, "search");
    LDAPControl *page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    if (err_ok(e) && (page == NULL || ldap_parse_pageresponse_control(c->ld, page, &estimate,
                                                                      &cookie) != LDAP_SUCCESS))
        e = ERR(DIRECTORY); /* without it there is no knowing whether this was all */
    if (err_ok(e) && cookie.bv_len > 0 && (each->cookie = ber_bvdup(&cookie)) == NULL)
        e = ERR(NO_MEMORY);
    ldap_memfree(cookie.bv_val);
    ldap_controls_free(controls);
    return e;
}

/* *in_step: the answer was read to its end, the connection may be used again. */
static err_t read_page(struct each *each, struct dir_conn *c, bool *in_step)
{
    int msgid = -1;
    *in_step = false;
    TRY(send_page(each, c, &msgid));
    for (;;) {
        LDAPMessage *msg = NULL;
        TRY(dir_wait(each->d, c, msgid, LDAP_MSG_ONE, clock_mono_ms() + each->d->timeout_ms, &msg));
        int type = ldap_msgtype(msg);
        if (type == LDAP_RES_SEARCH_RESULT) {
            *in_step = true;
            return end_page(each, c, msg);
        }
        err_t e = type == LDAP_RES_SEARCH_ENTRY ? on_entry(each, c->ld, msg) : ERR(OK);
        ldap_msgfree(msg);
        TRY(e);
    }
}

/* The cookie belongs to the connection: all pages go over one. */
static err_t read_pages(struct each *each)
{
    struct directory *d = each->d;
    struct dir_conn *c = NULL;
    bool in_step = true;
    TRY(dir_acquire(d, &d->service, clock_mono_ms() + d->timeout_ms, &c));
    err_t e = read_page(each, c, &in_step);
    while (err_ok(e) && each->cookie != NULL) {
        e = each->to->page == NULL ? ERR(OK) : each->to->page(each->to->ctx);
        if (err_ok(e))
            e = read_page(each, c, &in_step);
    }
    /* a search left in its middle keeps its place on the server until the connection goes */
    dir_release(d, &d->service, c, in_step && each->cookie == NULL);
    ber_bvfree(each->cookie);
    each->cookie = NULL;
    return e;
}

err_t directory_each_person(struct directory *d, const struct dir_each *to)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    const char *base;
    buf_init(&b, DIR_DN_MAX);
    dir_dn_start(&b, "ou", STR("people"));
    TRY(dir_dn_end(&b, NULL, d->base, &base));
    struct each each = { .d = d,
                         .to = to,
                         .query = { .base = base,
                                    .scope = LDAP_SCOPE_ONELEVEL,
                                    .filter = "(objectClass=habilisPerson)",
                                    .attrs = person_attrs },
                         .read = read_person };
    TRY(read_pages(&each));
    each.query.scope = LDAP_SCOPE_SUBTREE;
    each.query.filter = "(objectClass=habilisAssignment)";
    each.query.attrs = assignment_attrs;
    each.read = read_assignment;
    return read_pages(&each);
}
