/* cookie.h - the Cookie header (RFC 6265 section 4.2.1): our cookies, out of whatever is there.
 *
 * The header carries the cookies of every application that ever ran on this host name or a
 * neighbour's. Ours all start with "__Host-", which a browser lets only this very host set; the
 * others are skipped, as is an odd pair. A name that occurs twice is left out altogether: one of
 * the two was not ours, and we cannot tell which. Names are case-sensitive. Pure.
 */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/form.h"

enum { COOKIE_MAX = 32 }; /* with more of ours than that, none is believed */

/* Names and values borrow from TEXT. Errors: NO_MEMORY. */
NODISCARD err_t cookie_parse(struct arena *a, struct str text, struct form *out);

bool cookie_is_ours(struct str name);
bool cookie_value_ok(struct str value); /* cookie-octets only */
bool cookie_name_ok(struct str name);   /* a token of RFC 9110 section 5.6.2 */

#endif
