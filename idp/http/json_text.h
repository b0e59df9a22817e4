/* json_text.h - a JSON object from outside (RFC 8259, within I-JSON, RFC 7493), bounded.
 *
 * UTF-8 without NUL, no member twice, nothing after the object, at most JSON_TEXT_DEPTH levels: the
 * depth is counted before the parser, which recurses, sees the text. Pure.
 */
#ifndef HTTP_JSON_TEXT_H
#define HTTP_JSON_TEXT_H

#include "base/str.h"

struct json_t;

enum { JSON_TEXT_DEPTH = 16 };

/* The caller owns *out (json_decref). Errors: MALFORMED. On failure *out is untouched. */
NODISCARD err_t json_text_parse(struct str text, struct json_t **out);

#endif
