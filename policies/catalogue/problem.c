#include "catalogue/catalogue.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 60, MESSAGE_MAX = 512 };

struct cat_problems {
    struct arena *arena;
    size_t count;
    bool sorted;
    struct cat_problem kept[CAT_PROBLEMS_MAX];
};

err_t cat_problems_new(struct arena *a, struct cat_problems **out)
{
    struct cat_problems *p = arena_alloc(a, sizeof *p);
    if (p == NULL)
        return ERR(NO_MEMORY);
    p->arena = a;
    *out = p;
    return ERR(OK);
}

void cat_problem_add(struct cat_problems *p, struct cat_place at, const char *format, ...)
{
    char text[MESSAGE_MAX];
    va_list args;
    if (p->count++ >= CAT_PROBLEMS_MAX)
        return;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct cat_problem *one = &p->kept[p->count - 1];
    one->at = at;
    one->text = STR("mémoire insuffisante");
    size_t used = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    while (used > 0 && !str_is_utf8(str_from(text, used)))
        used--; /* cut inside a character */
    (void)!err_ok(arena_str(p->arena, str_from(text, used), &one->text));
    p->sorted = false;
}

size_t cat_problems_count(const struct cat_problems *p) { return p->count; }

static int by_place(const void *x, const void *y)
{
    const struct cat_problem *a = x, *b = y;
    int order = str_cmp(str_of(a->at.file), str_of(b->at.file));
    if (order != 0)
        return order;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return str_cmp(a->text, b->text);
}

const struct cat_problem *cat_problems_get(struct cat_problems *p, size_t i)
{
    size_t kept = p->count < CAT_PROBLEMS_MAX ? p->count : CAT_PROBLEMS_MAX;
    if (i >= kept)
        return NULL;
    if (!p->sorted)
        qsort(p->kept, kept, sizeof *p->kept, by_place);
    p->sorted = true;
    return &p->kept[i];
}

void cat_problems_print(struct cat_problems *p, FILE *out)
{
    const struct cat_problem *one;
    for (size_t i = 0; (one = cat_problems_get(p, i)) != NULL; i++) {
        if (one->at.file != NULL)
            (void)fputs(one->at.file, out);
        if (one->at.line > 0)
            (void)fprintf(out, ":%u:%u", one->at.line, one->at.column);
        (void)fprintf(out, "%s%.*s\n", one->at.file == NULL ? "" : " : ", STR_ARG(one->text));
    }
    if (p->count > CAT_PROBLEMS_MAX)
        (void)fprintf(out, "… et %zu autres\n", p->count - CAT_PROBLEMS_MAX);
}

struct str cat_shown(struct arena *a, struct str text)
{
    size_t len = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    if (!str_is_utf8(str_from(text.ptr, len)))
        return STR("illisible");
    char *copy = arena_alloc(a, len + 1);
    if (copy == NULL)
        return STR("");
    memcpy(copy, text.ptr, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)copy[i] < 32 || copy[i] == 127)
            copy[i] = ' ';
    struct str shown = str_from(copy, len);
    return str_is_printable(shown) ? shown : STR("illisible");
}
