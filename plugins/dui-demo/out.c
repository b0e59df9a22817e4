#include "out.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1024 * 1024 }; /* bytes of a page */

void out_free(struct out *o)
{
    if (o->ptr != NULL)
        explicit_bzero(o->ptr, o->cap);
    free(o->ptr);
    *o = (struct out){ 0 };
}

/* Not realloc(): it would leave the old text behind. */
static bool grow(struct out *o, size_t more)
{
    if (o->failed || more >= OUT_MAX || o->len + more >= OUT_MAX) {
        o->failed = true;
        return false;
    }
    if (o->len + more < o->cap)
        return true;
    size_t cap = o->cap == 0 ? 4096 : o->cap * 2;
    while (cap <= o->len + more)
        cap *= 2;
    char *bigger = calloc(1, cap);
    if (bigger == NULL) {
        o->failed = true;
        return false;
    }
    if (o->ptr != NULL) {
        memcpy(bigger, o->ptr, o->len);
        explicit_bzero(o->ptr, o->cap);
        free(o->ptr);
    }
    o->ptr = bigger;
    o->cap = cap;
    return true;
}

static void add(struct out *o, const char *text, size_t len)
{
    if (!grow(o, len))
        return;
    memcpy(o->ptr + o->len, text, len);
    o->len += len;
    o->ptr[o->len] = '\0';
}

void out_raw(struct out *o, const char *markup) { add(o, markup, strlen(markup)); }

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void out_text(struct out *o, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        const char *e = entity(*text);
        if (e != NULL)
            out_raw(o, e);
        else
            add(o, text, 1);
    }
}

void out_fill(struct out *o, const char *markup, const char *const *values, size_t count)
{
    size_t next = 0;
    const char *hole;
    while ((hole = strchr(markup, '%')) != NULL) {
        add(o, markup, (size_t)(hole - markup));
        if (next == count) {
            o->failed = true;
            return;
        }
        out_text(o, values[next++]);
        markup = hole + 1;
    }
    out_raw(o, markup);
    if (next != count)
        o->failed = true;
}

void out_url(struct out *o, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char part[4] = "";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        part[0] = plain ? *text : '%';
        part[1] = plain ? '\0' : hex[c >> 4];
        part[2] = hex[c & 15];
        out_raw(o, part);
    }
}
