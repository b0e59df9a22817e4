/* jsonw.h - writes JSON straight into a struct buf: for what is made often (tokens, answers).
 *
 *   jsonw_open(b, NULL, '{');
 *   jsonw_str(b, "sub", sub);
 *   jsonw_open(b, "amr", '[');
 *   jsonw_str(b, NULL, STR("pwd"));
 *   jsonw_close(b, ']');
 *   jsonw_close(b, '}');                       {"sub":"…","amr":["pwd"]}
 *
 * Commas are placed by looking at what was written last, so there is no state but the buffer; a
 * document starts in an empty buffer or right after one of { [ : ,. KEY is NULL inside an array and
 * needs no escaping (ours, ASCII). Text that is not UTF-8 makes the buffer fail with BAD_UTF8
 * (RFC 8259 section 8.1). Output is compact; `<`, `>` and `&` are escaped, so that a document may
 * stand in HTML.
 */
#ifndef BASE_JSONW_H
#define BASE_JSONW_H

#include "base/buf.h"

void jsonw_open(struct buf *b, const char *key, char bracket); /* '{' or '[' */
void jsonw_close(struct buf *b, char bracket);                 /* '}' or ']' */
void jsonw_str(struct buf *b, const char *key, struct str value);
void jsonw_int(struct buf *b, const char *key, int64_t value);
void jsonw_bool(struct buf *b, const char *key, bool value);
void jsonw_null(struct buf *b, const char *key);
/* VALUE is JSON already (made by us, or parsed and dumped). */
void jsonw_raw(struct buf *b, const char *key, struct str value);
/* As jsonw_str, but nothing at all when VALUE is empty. */
void jsonw_str_if(struct buf *b, const char *key, struct str value);

/* A JSON string with its quotes, no comma. */
void jsonw_quoted(struct buf *b, struct str value);

#endif
