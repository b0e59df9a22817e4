/* entries.h - whole entries, for the tools that fill the directory (habilisctl).
 *
 * Attributes by their LDAP names (docs/directory.md); nothing here knows what they mean. Errors as in
 * directory.h.
 */
#ifndef DIRECTORY_ENTRIES_H
#define DIRECTORY_ENTRIES_H

#include "directory/directory.h"

/* ---- reading ---- */

struct dir_found; /* an entry being handed over; gone when the function returns */

/* Called for each entry, in no order. Its first failure ends the reading and is returned. */
typedef err_t dir_found_fn(void *ctx, const struct dir_found *found);

/* Every entry of that object class, with these attributes (NULL-terminated). */
NODISCARD err_t directory_each(struct directory *d, const char *object_class,
                               const char *const *attrs, dir_found_fn *fn, void *ctx);

/* Copies into the arena. value: the first, or the empty string; values: in byte order. */
NODISCARD err_t dir_found_value(const struct dir_found *f, struct arena *a, const char *attr,
                                struct str *out);
NODISCARD err_t dir_found_values(const struct dir_found *f, struct arena *a, const char *attr,
                                 const struct str **out, size_t *count);
NODISCARD err_t dir_found_dn(const struct dir_found *f, struct arena *a, struct str *out);
/* The naming value of the entry above. */
NODISCARD err_t dir_found_parent(const struct dir_found *f, struct arena *a, struct str *out);
bool dir_found_is(const struct dir_found *f, const char *object_class);

/* ---- writing ---- */

struct dir_rdn {
    const char *attr;
    struct str value; /* any bytes: escaped here */
};
/* "attr=value,…,ou=CONTAINER,base", from the entry upwards. COUNT 0 names the container itself. */
NODISCARD err_t directory_dn(const struct directory *d, struct arena *a, const struct dir_rdn *rdns,
                             size_t count, const char *container, struct str *out);

enum { DIR_ATTRS_MAX = 32, DIR_TRANSACTION_MAX = 1000 };

struct dir_attr {
    const char *name;
    const struct str *values;
    size_t count; /* 0, when replacing: the attribute goes away */
};

struct dir_edit {
    enum dir_edit_kind {
        DIR_EDIT_ADD,     /* a new entry with these attributes */
        DIR_EDIT_REPLACE, /* these attributes, the others stay */
        DIR_EDIT_SWAP,    /* attrs[0]: values[0] must be there, and becomes values[1] */
        DIR_EDIT_DELETE, /* the entry, which has nothing below it and is not the last below another */
    } kind;
    struct str dn;
    const struct dir_attr *attrs;
    size_t attr_count; /* at most DIR_ATTRS_MAX */
};

/* All COUNT edits (at most DIR_TRANSACTION_MAX) or none, in their order, in one LDAP transaction
 * (RFC 5805); none may be below an entry that another one adds (slapd 2.5 does not find it). Errors besides the usual: CONFLICT, NOT_FOUND; then *failed is the index of the edit
 * that the server refused, or COUNT when it does not say. After DIRECTORY_DOWN they may or may not
 * have been made: read again. */
NODISCARD err_t directory_apply(struct directory *d, const struct dir_edit *edits, size_t count,
                                size_t *failed);

/* One entry, which has nothing below it, outside of any transaction: slapd 2.5 cannot commit one that
 * takes the last entry below another away (it reports MDB_NOTFOUND). Errors: NOT_FOUND, CONFLICT
 * (something is below it). */
NODISCARD err_t directory_delete(struct directory *d, struct str dn);

#endif
