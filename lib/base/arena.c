#include "base/arena.h"

#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *older;
    size_t cap, used; /* bytes of data[] */
    _Alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *newest;
    size_t max, total; /* bytes: the ceiling, and what all blocks hold */
};

err_t arena_new(size_t max, struct arena **out)
{
    struct arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ERR(NO_MEMORY);
    a->max = max;
    *out = a;
    return ERR(OK);
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    for (struct block *b = a->newest; b != NULL;) {
        struct block *older = b->older;
        wipe(b->data, b->used);
        free(b);
        b = older;
    }
    free(a);
}

static bool add_block(struct arena *a, size_t len)
{
    size_t cap = len > ARENA_BLOCK ? len : ARENA_BLOCK;
    if (cap > a->max - a->total)
        cap = len;
    if (cap > a->max - a->total)
        return false;
    struct block *b = malloc(sizeof *b + cap);
    if (b == NULL)
        return false;
    b->older = a->newest;
    b->cap = cap;
    b->used = 0;
    a->newest = b;
    a->total += cap;
    return true;
}

void *arena_alloc(struct arena *a, size_t len)
{
    const size_t align = _Alignof(max_align_t);
    if (len > SIZE_MAX - align)
        return NULL;
    size_t need = (len + align - 1) / align * align;
    if (need == 0)
        need = align;
    if ((a->newest == NULL || a->newest->cap - a->newest->used < need) && !add_block(a, need))
        return NULL;
    unsigned char *at = a->newest->data + a->newest->used;
    a->newest->used += need;
    memset(at, 0, need);
    return at;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t len = 0;
    if (__builtin_mul_overflow(count, size, &len))
        return NULL;
    return arena_alloc(a, len);
}

err_t arena_str(struct arena *a, struct str s, struct str *out)
{
    char *copy = s.len == SIZE_MAX ? NULL : arena_alloc(a, s.len + 1);
    if (copy == NULL)
        return ERR(NO_MEMORY);
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    *out = str_from(copy, s.len);
    return ERR(OK);
}

err_t arena_cstr(struct arena *a, struct str s, const char **out)
{
    struct str copy;
    if (str_has_char(s, '\0'))
        return ERR(MALFORMED);
    TRY(arena_str(a, s, &copy));
    *out = copy.ptr;
    return ERR(OK);
}

err_t arena_printf(struct arena *a, struct str *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return ERR(BUG);
    char *text = arena_alloc(a, (size_t)n + 1);
    if (text == NULL)
        return ERR(NO_MEMORY);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    *out = str_from(text, (size_t)n);
    return ERR(OK);
}
