/* cookie.h - the Cookie header (RFC 6265 section 4.2.1), tolerant of what others put there.
 *
 * The header carries the cookies of every application that ever ran on this host name, so that an
 * odd pair is skipped, not an error. A name that occurs twice is left out altogether: one of the
 * two may have been planted, and we cannot tell which. Names are case-sensitive. Pure.
 */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/form.h"

enum { COOKIE_MAX = 64 }; /* pairs looked at; the rest is ignored */

/* Names and values borrow from TEXT. Appends nothing: *out is new. Errors: NO_MEMORY. */
NODISCARD err_t cookie_parse(struct arena *a, struct str text, struct form *out);

bool cookie_value_ok(struct str value); /* cookie-octets only */
bool cookie_name_ok(struct str name);   /* a token of RFC 9110 section 5.6.2 */

#endif
