/* buf.h - a growable byte buffer with a maximum from birth.
 *
 * Appending never returns a result: the first failure (no memory, over the maximum) sticks, later
 * appends do nothing, and buf_err() is asked once at the end. What was written is wiped when the
 * buffer is freed or grows, since pages and requests carry secrets.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *ptr;  /* NULL until the first append */
    size_t len; /* bytes written */
    size_t cap; /* bytes allocated */
    size_t max; /* bytes it may grow to */
    err_t err;  /* OK until the first failure */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);  /* wipes and frees; the buffer may be initialised again */
void buf_reset(struct buf *b); /* wipes what was written, keeps the memory, clears the failure */

void buf_add(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_add_i64(struct buf *b, int64_t n); /* decimal */
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* LEN more bytes for the caller to fill at once; NULL after a failure, as for an append. */
char *buf_extend(struct buf *b, size_t len);

/* OK, NO_MEMORY or TOO_LARGE (TOO_LARGE: more than max was appended). */
NODISCARD err_t buf_err(const struct buf *b);

struct str buf_str(const struct buf *b); /* borrowed: until the next append, reset or done */

#endif
