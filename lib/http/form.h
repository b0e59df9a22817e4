/* form.h - application/x-www-form-urlencoded, for query strings and bodies, strict and bounded.
 *
 * "a=1&b=caf%C3%A9+noir": '+' is a space, %XX a byte (WHATWG URL section 5.1). Refused: a '%' not
 * followed by two hex digits, bytes outside 0x21..0x7E, names or values that are not UTF-8 or hold
 * a control character (tab, CR and LF are allowed in values), an empty name, a name seen before
 * unless REPEATS. Empty pieces ("a=1&&b=2", a '&' at the end) are skipped: browsers send them.
 * Pure: no I/O. The struct is also used for cookies and headers.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/arena.h"
#include "base/buf.h"

struct form_field {
    struct str name, value;
};

struct form {
    const struct form_field *fields;
    size_t count;
};

enum { FORM_MAX_FIELDS = 64, FORM_MAX_NAME = 128, FORM_MAX_VALUE = 16 * 1024 }; /* bytes, decoded */

/* Fields and text are in the arena. Errors: MALFORMED, BAD_UTF8, DUPLICATE, TOO_LARGE (one of the
 * limits above), NO_MEMORY. On failure *out is untouched. */
NODISCARD err_t form_parse(struct arena *a, struct str text, bool repeats, struct form *out);

/* The first field of that name; ptr NULL when there is none. */
struct str form_get(const struct form *form, struct str name);

/* Percent-decodes the path of a URL into the arena: '+' stays. Refused as above, and also an
 * encoded '/' and the segments "." and "..". Errors: as form_parse. */
NODISCARD err_t form_decode_path(struct arena *a, struct str text, struct str *out);

/* Percent-encodes all but the unreserved characters of RFC 3986 section 2.3 into OUT. */
void url_part(struct buf *out, struct str text);
/* Appends NAME=VALUE, both encoded, after a '&' unless OUT is empty or ends in '?'. */
void form_put(struct buf *out, struct str name, struct str value);

#endif
