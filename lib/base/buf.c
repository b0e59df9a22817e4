#include "base/buf.h"

#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max) { *b = (struct buf){ .max = max, .err = ERR(OK) }; }

void buf_done(struct buf *b)
{
    if (b->ptr != NULL)
        wipe(b->ptr, b->len);
    free(b->ptr);
    *b = (struct buf){ .max = b->max, .err = ERR(OK) };
}

void buf_reset(struct buf *b)
{
    if (b->ptr != NULL)
        wipe(b->ptr, b->len);
    b->len = 0;
    b->err = ERR(OK);
}

/* Not realloc(): it would leave a copy of the old bytes in freed memory. */
static bool grow(struct buf *b, size_t more)
{
    if (!err_ok(b->err))
        return false;
    if (more > b->max || b->len > b->max - more) {
        b->err = ERR(TOO_LARGE);
        return false;
    }
    size_t need = b->len + more;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap < 128 ? 256 : b->cap * 2;
    if (cap < need)
        cap = need;
    if (cap > b->max)
        cap = b->max;
    char *bigger = malloc(cap);
    if (bigger == NULL) {
        b->err = ERR(NO_MEMORY);
        return false;
    }
    if (b->ptr != NULL) {
        memcpy(bigger, b->ptr, b->len);
        wipe(b->ptr, b->len);
        free(b->ptr);
    }
    b->ptr = bigger;
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, struct str s)
{
    if (s.len == 0 || !grow(b, s.len))
        return;
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}

char *buf_extend(struct buf *b, size_t len)
{
    if (!grow(b, len))
        return NULL;
    b->len += len;
    return b->ptr + (b->len - len);
}

void buf_add_char(struct buf *b, char c) { buf_add(b, str_from(&c, 1)); }

void buf_add_i64(struct buf *b, int64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (n < 0)
        buf_add_char(b, '-');
    buf_add(b, str_from(digits + at, sizeof digits - at));
}

void buf_addf(struct buf *b, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0) {
        b->err = ERR(BUG);
        return;
    }
    if ((size_t)n < sizeof small) {
        buf_add(b, str_from(small, (size_t)n));
        wipe(small, (size_t)n);
        return;
    }
    if (!grow(b, (size_t)n + 1)) /* vsnprintf writes a NUL that is not kept */
        return;
    va_start(args, format);
    (void)vsnprintf(b->ptr + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
}

err_t buf_err(const struct buf *b) { return b->err; }

struct str buf_str(const struct buf *b) { return str_from(b->ptr, b->len); }
