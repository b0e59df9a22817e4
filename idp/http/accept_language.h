/* accept_language.h - the Accept-Language header (RFC 9110 section 12.5.4), fr or en only.
 *
 * The range with the highest weight that begins with "fr" or "en" ("fr-BE", "en") wins, the first
 * of equals; "*" means French. Nothing usable, or a header that is not well formed: French, the
 * language of the house. Pure; never fails.
 */
#ifndef HTTP_ACCEPT_LANGUAGE_H
#define HTTP_ACCEPT_LANGUAGE_H

#include "base/str.h"

bool accept_language_english(struct str header); /* false: French */

#endif
