#include "directory/entries.h"
#include "directory/internal.h"

/* ---- reading ---- */

struct dir_found {
    LDAP *ld;
    LDAPMessage *entry;
};

struct each {
    dir_found_fn *fn;
    void *ctx;
};

static err_t on_entry(void *ctx, LDAP *ld, LDAPMessage *entry)
{
    const struct each *each = ctx;
    return each->fn(each->ctx, &(struct dir_found){ .ld = ld, .entry = entry });
}

err_t directory_each(struct directory *d, const char *object_class, const char *const *attrs,
                     dir_found_fn *fn, void *ctx)
{
    DIR_CLEANUP(dir_buf_donep) struct buf filter = { 0 };
    struct each each = { .fn = fn, .ctx = ctx };
    buf_init(&filter, DIR_FILTER_MAX);
    buf_add(&filter, STR("(objectClass="));
    ldap_filter_value(&filter, str_of(object_class));
    buf_add(&filter, STR(")"));
    buf_add_char(&filter, '\0');
    TRY(buf_err(&filter));
    struct dir_query q = {
        .base = d->base,
        .scope = LDAP_SCOPE_SUBTREE,
        .filter = filter.ptr,
        .attrs = attrs,
    };
    return dir_search(d, &q, on_entry, &each);
}

err_t dir_found_value(const struct dir_found *f, struct arena *a, const char *attr, struct str *out)
{
    return dir_value(a, f->ld, f->entry, attr, out);
}

err_t dir_found_values(const struct dir_found *f, struct arena *a, const char *attr,
                       const struct str **out, size_t *count)
{
    return dir_values(a, f->ld, f->entry, attr, out, count);
}

err_t dir_found_dn(const struct dir_found *f, struct arena *a, struct str *out)
{
    return dir_entry_dn(a, f->ld, f->entry, out);
}

err_t dir_found_parent(const struct dir_found *f, struct arena *a, struct str *out)
{
    return dir_parent_value(a, f->ld, f->entry, out);
}

bool dir_found_is(const struct dir_found *f, const char *object_class)
{
    return dir_has_class(f->ld, f->entry, object_class);
}

/* ---- naming ---- */

err_t directory_dn(const struct directory *d, struct arena *a, const struct dir_rdn *rdns,
                   size_t count, const char *container, struct str *out)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    buf_init(&b, DIR_DN_MAX);
    for (size_t i = 0; i < count; i++)
        dir_dn_start(&b, rdns[i].attr, rdns[i].value);
    dir_dn_start(&b, "ou", str_of(container));
    buf_add_char(&b, ',');
    buf_add(&b, str_of(d->base));
    TRY(buf_err(&b));
    return arena_str(a, buf_str(&b), out);
}

/* ---- one entry ---- */

err_t directory_delete(struct directory *d, struct str dn)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    if (str_has_char(dn, '\0'))
        return ERR(MALFORMED);
    buf_init(&b, DIR_DN_MAX);
    buf_add(&b, dn);
    buf_add_char(&b, '\0');
    TRY(buf_err(&b));
    return dir_delete(d, b.ptr);
}
