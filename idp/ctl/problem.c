#include "ctl/problem.h"

#include <string.h>

enum { SHOWN_MAX = 40 }; /* bytes of a value */

struct entry {
    enum problem_code code;
    struct problem_at at;
};

struct problems {
    struct arena *arena;
    size_t count; /* of all; at most PROBLEMS_MAX are kept */
    struct entry kept[PROBLEMS_MAX];
};

static const struct {
    const char *name, *what, *mend;
} texts[] = {
#define X(code, what, mend) { "E_" #code, what, mend },
    PROBLEM_LIST(X)
#undef X
};

const char *problem_name(enum problem_code code) { return texts[code].name; }

err_t problems_new(struct arena *a, struct problems **out)
{
    struct problems *p = arena_alloc(a, sizeof *p);
    if (p == NULL)
        return ERR(NO_MEMORY);
    p->arena = a;
    *out = p;
    return ERR(OK);
}

/* At most SHOWN_MAX bytes of it, whole characters, nothing that a terminal would obey. */
static struct str shown(struct arena *a, struct str value)
{
    struct str copy;
    size_t len = value.len < SHOWN_MAX ? value.len : SHOWN_MAX;
    while (len > 0 && len < value.len && ((unsigned char)value.ptr[len] & 0xc0) == 0x80)
        len--;
    if (!str_is_utf8(str_from(value.ptr, len)))
        return STR("illisible");
    char *text = arena_alloc(a, len + 1);
    if (text == NULL)
        return STR("");
    memcpy(text, value.ptr, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 32 || text[i] == 127)
            text[i] = ' ';
    copy = str_from(text, len);
    return str_is_printable(copy) ? copy : STR("illisible");
}

void problems_add(struct problems *p, enum problem_code code, const struct problem_at *at)
{
    if (p->count < PROBLEMS_MAX) {
        struct entry *e = &p->kept[p->count];
        *e = (struct entry){ .code = code, .at = *at };
        e->at.value = at->value.len == 0 ? STR("") : shown(p->arena, at->value);
    }
    p->count++;
}

size_t problems_count(const struct problems *p) { return p->count; }

const struct problem_at *problems_get(const struct problems *p, size_t i, enum problem_code *code)
{
    if (i >= p->count || i >= PROBLEMS_MAX)
        return NULL;
    *code = p->kept[i].code;
    return &p->kept[i].at;
}

static void print_one(const struct entry *e, FILE *out)
{
    (void)fputs(e->at.file, out);
    if (e->at.line > 0)
        (void)fprintf(out, ", ligne %lld", (long long)e->at.line);
    if (e->at.column > 0)
        (void)fprintf(out, ", colonne %zu (%s)", e->at.column, e->at.header);
    (void)fprintf(out, " : %s", texts[e->code].what);
    if (e->at.value.len > 0)
        (void)fprintf(out, " (« %.*s »)", STR_ARG(e->at.value));
    (void)fprintf(out, " : %s [%s]\n", texts[e->code].mend, texts[e->code].name);
}

void problems_print(const struct problems *p, FILE *out)
{
    for (size_t i = 0; i < p->count && i < PROBLEMS_MAX; i++)
        print_one(&p->kept[i], out);
    if (p->count > PROBLEMS_MAX)
        (void)fprintf(out, "… et %zu autres\n", p->count - PROBLEMS_MAX);
}
