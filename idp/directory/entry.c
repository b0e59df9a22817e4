#include "directory/internal.h"

#include "base/date.h"

#include <stdlib.h>
#include <string.h>

static void values_freep(struct berval ***v)
{
    if (*v != NULL)
        ldap_value_free_len(*v);
}

err_t dir_value(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attr, struct str *out)
{
    DIR_CLEANUP(values_freep) struct berval **v = ldap_get_values_len(ld, entry, attr);
    if (v == NULL || v[0] == NULL) {
        *out = STR("");
        return ERR(OK);
    }
    return arena_str(a, str_from(v[0]->bv_val, v[0]->bv_len), out);
}

static int compare_values(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

err_t dir_values(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attr,
                 const struct str **out, size_t *count)
{
    DIR_CLEANUP(values_freep) struct berval **v = ldap_get_values_len(ld, entry, attr);
    size_t n = v == NULL ? 0 : (size_t)ldap_count_values_len(v);
    struct str *list = arena_array(a, n + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < n; i++)
        TRY(arena_str(a, str_from(v[i]->bv_val, v[i]->bv_len), &list[i]));
    qsort(list, n, sizeof *list, compare_values);
    *out = list;
    *count = n;
    return ERR(OK);
}

err_t dir_value_time(LDAP *ld, LDAPMessage *entry, const char *attr, int64_t missing, int64_t *out)
{
    DIR_CLEANUP(values_freep) struct berval **v = ldap_get_values_len(ld, entry, attr);
    if (v == NULL || v[0] == NULL) {
        *out = missing;
        return ERR(OK);
    }
    err_t e = date_parse_ldap(str_from(v[0]->bv_val, v[0]->bv_len), out);
    return err_ok(e) ? e : ERR(DIRECTORY); /* written by other hands than ours */
}

bool dir_has_class(LDAP *ld, LDAPMessage *entry, const char *object_class)
{
    DIR_CLEANUP(values_freep) struct berval **v = ldap_get_values_len(ld, entry, "objectClass");
    for (size_t i = 0; v != NULL && v[i] != NULL; i++)
        if (str_eq_ignore_case(str_from(v[i]->bv_val, v[i]->bv_len), str_of(object_class)))
            return true;
    return false;
}

bool dir_has_attr(LDAP *ld, LDAPMessage *entry, const char *attr)
{
    DIR_CLEANUP(values_freep) struct berval **v = ldap_get_values_len(ld, entry, attr);
    return v != NULL && v[0] != NULL;
}

err_t dir_entry_dn(struct arena *a, LDAP *ld, LDAPMessage *entry, struct str *out)
{
    char *dn = ldap_get_dn(ld, entry);
    if (dn == NULL)
        return ERR(DIRECTORY);
    err_t result = arena_str(a, str_of(dn), out);
    ldap_memfree(dn);
    return result;
}

static err_t parent_of(struct arena *a, const char *dn, struct str *out)
{
    LDAPDN parts = NULL;
    if (ldap_str2dn(dn, &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
        return ERR(DIRECTORY);
    err_t e = ERR(DIRECTORY);
    if (parts != NULL && parts[0] != NULL && parts[1] != NULL && parts[1][0] != NULL) {
        const LDAPAVA *ava = parts[1][0];
        e = arena_str(a, str_from(ava->la_value.bv_val, ava->la_value.bv_len), out);
    }
    ldap_dnfree(parts);
    return e;
}

err_t dir_parent_value(struct arena *a, LDAP *ld, LDAPMessage *entry, struct str *out)
{
    char *dn = ldap_get_dn(ld, entry);
    if (dn == NULL)
        return ERR(DIRECTORY);
    err_t e = parent_of(a, dn, out);
    ldap_memfree(dn);
    return e;
}

void dir_dn_start(struct buf *b, const char *attr, struct str value)
{
    if (b->len > 0)
        buf_add_char(b, ',');
    buf_add(b, str_of(attr));
    buf_add_char(b, '=');
    ldap_dn_value(b, value);
}

err_t dir_dn_end(struct buf *b, const char *rest, const char *base, const char **out)
{
    if (rest != NULL) {
        buf_add_char(b, ',');
        buf_add(b, str_of(rest));
    }
    buf_add_char(b, ',');
    buf_add(b, str_of(base));
    buf_add_char(b, '\0');
    TRY(buf_err(b));
    *out = b->ptr;
    return ERR(OK);
}
