#include "directory/internal.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/rng.h"

#include <string.h>

enum { ATTRS_MAX = 8, CHARTER_MAX = 64 /* bytes */ };

/* Modifications with one value each. The C API has no const; it does not write to these. */
struct mods {
    LDAPMod mod[ATTRS_MAX];
    LDAPMod *list[ATTRS_MAX + 1];
    struct berval value[ATTRS_MAX];
    struct berval *values[ATTRS_MAX][2];
    size_t count;
};

static void put(struct mods *m, int op, const char *attr, struct str value)
{
    union {
        const char *in;
        char *out;
    } name = { .in = attr }, bytes = { .in = value.ptr };
    size_t i = m->count++;
    m->value[i] = (struct berval){ .bv_len = value.len, .bv_val = bytes.out };
    m->values[i][0] = &m->value[i];
    m->values[i][1] = NULL;
    m->mod[i] = (LDAPMod){ .mod_op = op | LDAP_MOD_BVALUES, .mod_type = name.out };
    m->mod[i].mod_bvalues = m->values[i];
    m->list[i] = &m->mod[i];
    m->list[i + 1] = NULL;
}

err_t directory_add_credential(struct directory *d, struct arena *a, struct str person,
                               const struct dir_credential *credential, struct str *id)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    struct mods m = { .count = 0 };
    char fresh[UUID_LEN], created[DATE_LDAP_LEN + 1];
    const char *dn;
    struct str own, copy;

    uuid_v4(fresh);
    own = credential->id.len > 0 ? credential->id : str_from(fresh, sizeof fresh);
    if (!str_is_uuid(person))
        return ERR(NOT_FOUND);
    if (!str_is_uuid(own) || credential->sealed.len == 0 || !str_is_utf8(credential->label))
        return ERR(MALFORMED);
    buf_init(&b, DIR_DN_MAX);
    dir_dn_start(&b, "habilisId", own);
    dir_dn_start(&b, "habilisId", person);
    TRY(dir_dn_end(&b, "ou=people", d->base, &dn));
    TRY(arena_str(a, own, &copy));

    date_format_ldap(credential->created, created);
    put(&m, LDAP_MOD_ADD, "objectClass", STR("habilisCredential"));
    put(&m, LDAP_MOD_ADD, "habilisId", own);
    put(&m, LDAP_MOD_ADD, "habilisKind", credential->kind);
    put(&m, LDAP_MOD_ADD, "habilisSealed", credential->sealed);
    put(&m, LDAP_MOD_ADD, "habilisCreated", str_of(created));
    if (credential->label.len > 0)
        put(&m, LDAP_MOD_ADD, "habilisLabel", credential->label);
    TRY(dir_add(d, dn, m.list));
    *id = copy;
    return ERR(OK);
}

err_t directory_remove_credential(struct directory *d, struct str person, struct str credential)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    const char *dn;
    if (!str_is_uuid(person) || !str_is_uuid(credential))
        return ERR(NOT_FOUND);
    buf_init(&b, DIR_DN_MAX);
    dir_dn_start(&b, "habilisId", credential);
    dir_dn_start(&b, "habilisId", person);
    TRY(dir_dn_end(&b, "ou=people", d->base, &dn));
    return dir_delete(d, dn);
}

err_t directory_set_charter(struct directory *d, struct str person, struct str version, int64_t now)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 }, value = { 0 };
    struct mods m = { .count = 0 };
    char instant[DATE_LDAP_LEN + 1];
    const char *dn;
    if (!str_is_uuid(person))
        return ERR(NOT_FOUND);
    if (version.len == 0 || version.len > CHARTER_MAX || !str_is_printable(version) ||
        str_has_char(version, ' '))
        return ERR(MALFORMED);
    buf_init(&b, DIR_DN_MAX);
    buf_init(&value, CHARTER_MAX + 1 + DATE_LDAP_LEN);
    dir_dn_start(&b, "habilisId", person);
    TRY(dir_dn_end(&b, "ou=people", d->base, &dn));
    date_format_ldap(now, instant);
    buf_add(&value, version);
    buf_add_char(&value, ' ');
    buf_add(&value, str_of(instant));
    TRY(buf_err(&value));
    put(&m, LDAP_MOD_REPLACE, "habilisCharter", buf_str(&value));
    return dir_modify(d, dn, m.list);
}
