/* json.h - bounded reading of JSON with jansson: objects only, no duplicate member, no NUL in a
 * string, nothing after the document, at most JWKS_MAX bytes. jansson itself refuses what is not
 * UTF-8 and nests at most 2,048 deep. */
#ifndef TOKEN_JSON_H
#define TOKEN_JSON_H

#include "base/str.h"

#include <jansson.h>

/* The caller owns *out: json_decref(). Errors: MALFORMED, TOO_LARGE (more than MAX), NO_MEMORY. */
NODISCARD err_t json_read(struct str text, size_t max, json_t **out);

static inline void json_freep(json_t **j) { json_decref(*j); }

/* Member NAME, a string: borrowed from OBJECT. False when absent or of another type. */
bool json_text(const json_t *object, const char *name, struct str *out);
/* Absent is fine (empty); present and not a string is MALFORMED. */
NODISCARD err_t json_text_opt(const json_t *object, const char *name, struct str *out);
/* A NumericDate (RFC 7519 section 2), fraction cut: absent gives 0; not a number, negative or
 * beyond the year 9999 is MALFORMED. */
NODISCARD err_t json_date_opt(const json_t *object, const char *name, int64_t *out);

#endif
