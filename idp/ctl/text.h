/* text.h - French names and labels into codes, keys and logins; Unicode by libunistring.
 *
 * Input is UTF-8. Results live in the arena. Errors: NO_MEMORY, BAD_UTF8.
 */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include "base/arena.h"

/* White space (no-break spaces and line ends too) cut at both ends, each run inside one space; NFC. */
NODISCARD err_t text_clean(struct arena *a, struct str s, struct str *out);
struct str text_trim(struct str s); /* the cutting only, without a copy */
/* Without any white space: "997 0000" is "9970000". */
NODISCARD err_t text_squeeze(struct arena *a, struct str s, struct str *out);

/* The part of a service's code made from its label (docs/access-model.md section 1):
 * "Équipe de nuit" is "EQUIPE-DE-NUIT". Empty when nothing is left. */
NODISCARD err_t text_code(struct arena *a, struct str label, struct str *out);

/* What two spellings of one name have in common: "LECŒUR" and "Lecoeur" are "lecoeur". */
NODISCARD err_t text_name_key(struct arena *a, struct str name, struct str *out);

/* Letters (of any script), marks, spaces, apostrophes, hyphens and dots, at least one letter. */
bool text_is_name(struct str s);
size_t text_length(struct str s); /* characters */

enum { LOGIN_MAX = 32 };
/* "marie-francoise.dargencon-lhopital": given name, dot, family name, in [a-z0-9.-]; apostrophes
 * vanish, other separators become one '-'. Over MAX characters the given name becomes its initials,
 * then the family name is cut. Empty when no letter has a Latin form. */
NODISCARD err_t text_login(struct arena *a, struct str given, struct str family, size_t max,
                           struct str *out);

#endif
