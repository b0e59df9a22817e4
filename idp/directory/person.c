#include "directory/internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { PERSON_CHILDREN_MAX = 4096 }; /* assignments and credentials of one person */

/* pwdChangedTime is there exactly when a password is: the hash itself is not ours to read. */
static const char *const person_attrs[] = {
    "objectClass",
    "habilisId",
    "uid",
    "givenName",
    "sn",
    "displayName",
    "mail",
    "habilisRpps",
    "habilisStatus",
    "habilisCharter",
    "pwdChangedTime",
    "habilisProfile",
    "habilisStructure",
    "habilisStart",
    "habilisEnd",
    "habilisContract",
    "habilisKind",
    "habilisLabel",
    "habilisSealed",
    "habilisCreated",
    NULL,
};

/* Lists grow by doubling; what they leave behind goes with the arena. */
struct reading {
    struct arena *arena;
    struct dir_person person;
    struct dir_assignment *assignments;
    struct dir_credential *credentials;
    size_t assignment_count, credential_count;
    bool found;
};

static void *grown(struct arena *a, void *list, size_t count, size_t size)
{
    if (count == 0)
        return arena_array(a, 4, size);
    if (count < 4 || (count & (count - 1)) != 0)
        return list; /* there is room */
    void *bigger = arena_array(a, 2 * count, size);
    if (bigger != NULL)
        memcpy(bigger, list, count * size);
    return bigger;
}

static err_t read_assignment(struct reading *r, LDAP *ld, LDAPMessage *e)
{
    struct arena *a = r->arena;
    struct dir_assignment *list =
        grown(a, r->assignments, r->assignment_count, sizeof *r->assignments);
    if (list == NULL || r->assignment_count == PERSON_CHILDREN_MAX)
        return ERR(TOO_LARGE);
    r->assignments = list;
    struct dir_assignment *x = &list[r->assignment_count];
    TRY(dir_value(a, ld, e, "habilisId", &x->id));
    TRY(dir_value(a, ld, e, "habilisProfile", &x->profile));
    TRY(dir_value(a, ld, e, "habilisStructure", &x->structure));
    TRY(dir_value(a, ld, e, "habilisContract", &x->contract));
    TRY(dir_value_time(ld, e, "habilisStart", INT64_MAX, &x->start));
    TRY(dir_value_time(ld, e, "habilisEnd", INT64_MAX, &x->end));
    r->assignment_count++;
    return ERR(OK);
}

static err_t read_credential(struct reading *r, LDAP *ld, LDAPMessage *e)
{
    struct arena *a = r->arena;
    struct dir_credential *list =
        grown(a, r->credentials, r->credential_count, sizeof *r->credentials);
    if (list == NULL || r->credential_count == PERSON_CHILDREN_MAX)
        return ERR(TOO_LARGE);
    r->credentials = list;
    struct dir_credential *x = &list[r->credential_count];
    TRY(dir_value(a, ld, e, "habilisId", &x->id));
    TRY(dir_value(a, ld, e, "habilisKind", &x->kind));
    TRY(dir_value(a, ld, e, "habilisLabel", &x->label));
    TRY(dir_value(a, ld, e, "habilisSealed", &x->sealed));
    TRY(dir_value_time(ld, e, "habilisCreated", 0, &x->created));
    r->credential_count++;
    return ERR(OK);
}

static err_t read_person(struct reading *r, LDAP *ld, LDAPMessage *e)
{
    struct arena *a = r->arena;
    struct dir_person *p = &r->person;
    struct str status, charter;
    if (r->found)
        return ERR(DIRECTORY);
    TRY(dir_entry_dn(a, ld, e, &p->dn));
    TRY(dir_value(a, ld, e, "habilisId", &p->id));
    TRY(dir_value(a, ld, e, "uid", &p->login));
    TRY(dir_value(a, ld, e, "givenName", &p->given_name));
    TRY(dir_value(a, ld, e, "sn", &p->family_name));
    TRY(dir_value(a, ld, e, "displayName", &p->display_name));
    TRY(dir_value(a, ld, e, "mail", &p->mail));
    TRY(dir_value(a, ld, e, "habilisRpps", &p->rpps));
    TRY(dir_value(a, ld, e, "habilisStatus", &status));
    TRY(dir_value(a, ld, e, "habilisCharter", &charter));
    if (!str_cut(&charter, ' ', &p->charter_version))
        p->charter_version = STR("");
    p->active = str_eq(status, STR("active"));
    p->has_password = dir_has_attr(ld, e, "pwdChangedTime");
    r->found = true;
    return ERR(OK);
}

static err_t on_entry(void *ctx, LDAP *ld, LDAPMessage *e)
{
    struct reading *r = ctx;
    if (dir_has_class(ld, e, "habilisPerson"))
        return read_person(r, ld, e);
    if (dir_has_class(ld, e, "habilisAssignment"))
        return read_assignment(r, ld, e);
    if (dir_has_class(ld, e, "habilisCredential"))
        return read_credential(r, ld, e);
    return ERR(OK); /* what a later version keeps below a person */
}

static int order(int64_t a, int64_t b, struct str id_a, struct str id_b)
{
    if (a != b)
        return a < b ? -1 : 1;
    return str_cmp(id_a, id_b);
}

static int compare_assignments(const void *x, const void *y)
{
    const struct dir_assignment *a = x, *b = y;
    return order(a->start, b->start, a->id, b->id);
}

static int compare_credentials(const void *x, const void *y)
{
    const struct dir_credential *a = x, *b = y;
    return order(a->created, b->created, a->id, b->id);
}

/* The person of that DN, with everything below, in one search. */
static err_t read_subtree(struct directory *d, struct arena *a, const char *dn,
                          struct dir_person *out)
{
    struct reading r = { .arena = a };
    struct dir_query q = {
        .base = dn,
        .scope = LDAP_SCOPE_SUBTREE,
        .filter = "(objectClass=*)",
        .attrs = person_attrs,
    };
    TRY(dir_search(d, &q, on_entry, &r));
    if (!r.found)
        return ERR(NOT_FOUND);
    if (r.assignment_count > 1)
        qsort(r.assignments, r.assignment_count, sizeof *r.assignments, compare_assignments);
    if (r.credential_count > 1)
        qsort(r.credentials, r.credential_count, sizeof *r.credentials, compare_credentials);
    r.person.assignments = r.assignments;
    r.person.assignment_count = r.assignment_count;
    r.person.credentials = r.credentials;
    r.person.credential_count = r.credential_count;
    *out = r.person;
    return ERR(OK);
}

err_t directory_person_by_id(struct directory *d, struct arena *a, struct str id,
                             struct dir_person *out)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    const char *dn;
    buf_init(&b, DIR_DN_MAX);
    if (!str_is_uuid(id))
        return ERR(NOT_FOUND);
    dir_dn_start(&b, "habilisId", id);
    TRY(dir_dn_end(&b, "ou=people", d->base, &dn));
    return read_subtree(d, a, dn, out);
}

/* ---- by login ---- */

struct finding {
    struct arena *arena;
    struct str dn;
    unsigned count;
};

static err_t on_found(void *ctx, LDAP *ld, LDAPMessage *e)
{
    struct finding *f = ctx;
    f->count++;
    return dir_entry_dn(f->arena, ld, e, &f->dn);
}

/* The matching rule of uid maps full-width and other look-alike letters onto ours (RFC 4518), so
 * that one person could be asked for, and counted by a throttle, under many names. */
static bool is_login(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-')
            return false;
    }
    return s.len > 0 && s.len <= DIR_LOGIN_MAX;
}

static err_t find_dn(struct directory *d, struct arena *a, struct str login, struct str *dn)
{
    DIR_CLEANUP(dir_buf_donep) struct buf filter = { 0 }, base = { 0 };
    struct finding f = { .arena = a };
    buf_init(&filter, DIR_FILTER_MAX);
    buf_init(&base, DIR_DN_MAX);
    buf_add(&filter, STR("(uid="));
    ldap_filter_value(&filter, login);
    buf_add(&filter, STR(")"));
    buf_add_char(&filter, '\0');
    buf_add(&base, STR("ou=people,"));
    buf_add(&base, str_of(d->base));
    buf_add_char(&base, '\0');
    TRY(buf_err(&filter));
    TRY(buf_err(&base));
    struct dir_query q = {
        .base = base.ptr,
        .scope = LDAP_SCOPE_ONELEVEL,
        .filter = filter.ptr,
        .attrs = (const char *const[]){ LDAP_NO_ATTRS, NULL },
    };
    TRY(dir_search(d, &q, on_found, &f));
    if (f.count > 1)
        return ERR(DIRECTORY);
    if (f.count == 0)
        return ERR(NOT_FOUND);
    *dn = f.dn;
    return ERR(OK);
}

/* As many questions as for somebody who exists: the answer's time must not tell. */
static err_t read_nobody(struct directory *d, struct arena *a)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    struct dir_person nobody;
    const char *dn;
    buf_init(&b, DIR_DN_MAX);
    dir_dn_start(&b, "cn", STR("decoy"));
    TRY(dir_dn_end(&b, "ou=services", d->base, &dn));
    return read_subtree(d, a, dn, &nobody);
}

err_t directory_person_by_login(struct directory *d, struct arena *a, struct str login,
                                struct dir_person *out)
{
    struct str dn;
    const char *dn_text;
    if (!is_login(login))
        return directory_is_up(d) ? ERR(NOT_FOUND) : ERR(DIRECTORY_DOWN);
    err_t e = find_dn(d, a, login, &dn);
    if (e.code == ERR_NOT_FOUND)
        return read_nobody(d, a);
    TRY(e);
    TRY(arena_cstr(a, dn, &dn_text));
    return read_subtree(d, a, dn_text, out);
}
