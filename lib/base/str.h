/* str.h - text in flight: a pointer and a length, no NUL at the end.
 *
 * A `struct str` borrows: it lives as long as what it points into. The functions here neither
 * allocate nor fail for lack of memory. Comparison is byte for byte; nothing depends on a locale.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr; /* may be NULL only when len is 0 */
    size_t len;      /* bytes */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* STR("x") of a literal; STR_INIT("x") where C wants a constant initialiser. */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal)               \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }
/* For "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).ptr

struct str str_of(const char *cstr); /* NULL gives the empty string */
static inline struct str str_from(const char *ptr, size_t len) { return (struct str){ ptr, len }; }

bool str_eq(struct str a, struct str b);
bool str_eq_ignore_case(struct str a, struct str b); /* ASCII letters only */
int str_cmp(struct str a, struct str b);             /* byte order; shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has_char(struct str s, char c);

/* Cuts REST at the first (last) SEP: the part before (after) it goes to *part, REST keeps the
 * other. False, and nothing changed, when SEP does not occur. */
bool str_cut(struct str *rest, char sep, struct str *part);
bool str_cut_last(struct str *rest, char sep, struct str *part);

/* The next element of a list separated by SEP; false at the end. "a||b" has three elements,
 * "a|" has one, the empty string none. */
bool str_next(struct str *rest, char sep, struct str *part);

/* True if WORD is one of the elements of LIST, separated by SEP. */
bool str_in_list(struct str list, char sep, struct str word);

struct str str_trim(struct str s); /* ASCII space, tab, CR, LF at both ends */

/* Decimal, an optional '-', no '+', no spaces, nothing after; false on overflow. */
bool str_to_i64(struct str s, int64_t *out);

bool str_is_utf8(struct str s);      /* RFC 3629: no overlong forms, no surrogates */
bool str_is_printable(struct str s); /* UTF-8 without C0, C1 controls and DEL */
bool str_is_uuid(struct str s);      /* RFC 9562 text form, lower case */

uint64_t str_hash(struct str s, uint64_t seed); /* for tables in memory; not for secrets */

#endif
