#include "engine/model_text.h"

#include "base/buf.h"
#include "engine/model_data.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 8, LINE_MAX_LEN = 16 * 1024 * 1024 };

enum field_kind { FIELD_END, FIELD_TEXT, FIELD_FROM, FIELD_UNTIL, FIELD_NUMBER, FIELD_RANK };

struct field {
    enum field_kind kind;
    size_t at; /* offset in the definition */
};

union any_def {
    struct structure_def structure;
    struct application_def application;
    struct resource_def resource;
    struct profile_def profile;
    struct lot_def lot;
    struct lot_use_def lot_use;
    struct grant_def grant;
    struct never_def never;
    struct closure_def closure;
    struct incompatibility_def incompatibility;
    struct subject_type_def subject_type;
    struct declared_def declared;
    struct instance_def instance;
};

#define ADDER(sort) \
    static err_t add_##sort(struct model *m, const void *def) { return model_add_##sort(m, def); }
ADDER(structure)
ADDER(application)
ADDER(resource)
ADDER(profile)
ADDER(lot)
ADDER(lot_use)
ADDER(grant)
ADDER(never)
ADDER(closure)
ADDER(incompatibility)
ADDER(subject_type)
ADDER(declared)
ADDER(instance)

#define SORT(name, list) #name, offsetof(struct model, list), sizeof(struct name##_def), add_##name
#define TEXT(name, member)                              \
    {                                                   \
        FIELD_TEXT, offsetof(struct name##_def, member) \
    }
#define FROM(name, member)                              \
    {                                                   \
        FIELD_FROM, offsetof(struct name##_def, member) \
    }
#define UNTIL(name, member)                              \
    {                                                    \
        FIELD_UNTIL, offsetof(struct name##_def, member) \
    }
#define NUMBER(name, member)                              \
    {                                                     \
        FIELD_NUMBER, offsetof(struct name##_def, member) \
    }
#define RANK(name, member)                              \
    {                                                   \
        FIELD_RANK, offsetof(struct name##_def, member) \
    }

static const struct sort {
    const char *name;
    size_t list, size;
    err_t (*add)(struct model *m, const void *def);
    struct field fields[FIELDS_MAX];
} sorts[] = {
    { SORT(structure, structures),
      { TEXT(structure, code), TEXT(structure, parent), TEXT(structure, label),
        RANK(structure, kind), FROM(structure, open_from), UNTIL(structure, open_until) } },
    { SORT(application, applications), { TEXT(application, code), TEXT(application, label) } },
    { SORT(resource, resources),
      { TEXT(resource, code), TEXT(resource, application), TEXT(resource, label),
        TEXT(resource, actions), TEXT(resource, sensitivity), TEXT(resource, no_emergency) } },
    { SORT(profile, profiles),
      { TEXT(profile, code), TEXT(profile, label), TEXT(profile, family), TEXT(profile, auth_min),
        NUMBER(profile, max_days) } },
    { SORT(lot, lots), { TEXT(lot, code), TEXT(lot, label) } },
    { SORT(lot_use, lot_uses), { TEXT(lot_use, profile), TEXT(lot_use, lot) } },
    { SORT(grant, grants),
      { TEXT(grant, profile), TEXT(grant, resource), TEXT(grant, actions), TEXT(grant, scope),
        TEXT(grant, conditions), TEXT(grant, note) } },
    { SORT(never, nevers), { TEXT(never, profile), TEXT(never, resource), TEXT(never, actions) } },
    { SORT(closure, closures),
      { TEXT(closure, code), TEXT(closure, label), TEXT(closure, structure), TEXT(closure, except),
        TEXT(closure, rights), FROM(closure, from), UNTIL(closure, until) } },
    { SORT(incompatibility, incompatibilities),
      { TEXT(incompatibility, a), TEXT(incompatibility, b), TEXT(incompatibility, reason) } },
    { SORT(subject_type, subject_types),
      { TEXT(subject_type, application), TEXT(subject_type, type) } },
    { SORT(declared, declared),
      { TEXT(declared, application), TEXT(declared, condition), TEXT(declared, object),
        TEXT(declared, property), TEXT(declared, values) } },
    { SORT(instance, instances),
      { TEXT(instance, resource), TEXT(instance, id), TEXT(instance, properties) } },
};

/* What decides must be recorded: a new list in struct model needs its row above. */
enum { LISTS = (sizeof(struct model) - offsetof(struct model, structures)) / sizeof(struct list) };
_Static_assert(COUNT(sorts) == LISTS, "a sort of definition without a line: add it to sorts[]");

/* ---- writing ---- */

static void put_text(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c != '\\' && c != '\t' && c != '\n') {
            buf_add_char(b, c);
            continue;
        }
        buf_add_char(b, '\\');
        buf_add_char(b, c == '\t' ? 't' : c == '\n' ? 'n' : '\\');
    }
}

static void put_instant(struct buf *b, const void *at, int64_t unbounded)
{
    int64_t instant;
    memcpy(&instant, at, sizeof instant);
    if (instant != unbounded)
        buf_add_i64(b, instant);
}

static void put_field(struct buf *b, enum field_kind kind, const void *at)
{
    switch (kind) {
    case FIELD_END:
        break;
    case FIELD_TEXT:
        put_text(b, *(const struct str *)at);
        break;
    case FIELD_FROM:
        put_instant(b, at, MODEL_ALWAYS);
        break;
    case FIELD_UNTIL:
        put_instant(b, at, MODEL_EVER);
        break;
    case FIELD_NUMBER:
        if (*(const int *)at != 0)
            buf_add_i64(b, *(const int *)at);
        break;
    case FIELD_RANK:
        put_text(b, str_of(structure_kind_name(*(const enum structure_kind *)at)));
        break;
    }
}

static err_t write_line(const struct sort *sort, const unsigned char *def, struct buf *b,
                        struct arena *a, struct str *out)
{
    buf_reset(b);
    buf_add(b, str_of(sort->name));
    for (size_t i = 0; i < FIELDS_MAX && sort->fields[i].kind != FIELD_END; i++) {
        buf_add_char(b, '\t');
        put_field(b, sort->fields[i].kind, def + sort->fields[i].at);
    }
    TRY(buf_err(b));
    struct str line = buf_str(b);
    while (line.len > 0 && line.ptr[line.len - 1] == '\t')
        line.len--;
    return arena_str(a, line, out);
}

static const struct list *list_of(const struct model *m, const struct sort *sort)
{
    return (const struct list *)(const void *)((const unsigned char *)m + sort->list);
}

static int compare_lines(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static size_t keep_first_of_each(struct str *lines, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !str_eq(lines[i], lines[kept - 1]))
            lines[kept++] = lines[i];
    return kept;
}

static err_t write_all(const struct model *m, struct arena *a, struct buf *b, struct str *lines)
{
    size_t n = 0;
    for (size_t s = 0; s < COUNT(sorts); s++) {
        const struct list *list = list_of(m, &sorts[s]);
        for (size_t i = 0; i < list->count; i++)
            TRY(write_line(&sorts[s], (const unsigned char *)list->at + i * sorts[s].size, b, a,
                           &lines[n++]));
    }
    return ERR(OK);
}

err_t model_lines(const struct model *m, struct arena *a, const struct str **lines, size_t *count)
{
    size_t n = 0;
    struct buf b;
    for (size_t s = 0; s < COUNT(sorts); s++)
        n += list_of(m, &sorts[s])->count;
    struct str *all = arena_array(a, n + 1, sizeof *all);
    if (all == NULL)
        return ERR(NO_MEMORY);
    buf_init(&b, LINE_MAX_LEN);
    err_t e = write_all(m, a, &b, all);
    buf_done(&b);
    TRY(e);
    qsort(all, n, sizeof *all, compare_lines);
    *lines = all;
    *count = keep_first_of_each(all, n);
    return ERR(OK);
}

/* ---- reading ---- */

/* The character that a backslash and ESCAPED stand for; '\\0': none. */
static char unescaped(char escaped)
{
    switch (escaped) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case '\\':
        return '\\';
    default:
        return '\0';
    }
}

static err_t read_text(struct arena *a, struct str s, struct str *out)
{
    char *text = arena_alloc(a, s.len + 1);
    size_t n = 0;
    if (text == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '\n')
            return ERR(MALFORMED);
        if (c == '\\' && (c = unescaped(++i < s.len ? s.ptr[i] : '\0')) == '\0')
            return ERR(MALFORMED);
        text[n++] = c;
    }
    *out = str_from(text, n);
    return ERR(OK);
}

/* As put_field() writes it and no other way: "007" would be another line of the same rule. */
static err_t read_number(struct str s, int64_t empty, int64_t *out)
{
    struct buf b;
    if (s.len == 0) {
        *out = empty;
        return ERR(OK);
    }
    if (!str_to_i64(s, out) || *out == empty)
        return ERR(MALFORMED);
    buf_init(&b, 32);
    buf_add_i64(&b, *out);
    bool same = err_ok(buf_err(&b)) && str_eq(buf_str(&b), s);
    buf_done(&b);
    return same ? ERR(OK) : ERR(MALFORMED);
}

static err_t read_rank(struct str s, enum structure_kind *out)
{
    *out = structure_kind_of(s);
    return s.len == 0 || *out != STRUCTURE_UNSET ? ERR(OK) : ERR(MALFORMED);
}

static err_t read_field(struct arena *a, enum field_kind kind, struct str s, void *at)
{
    int64_t n = 0;
    switch (kind) {
    case FIELD_END:
        break;
    case FIELD_TEXT:
        return read_text(a, s, at);
    case FIELD_FROM:
    case FIELD_UNTIL:
        TRY(read_number(s, kind == FIELD_FROM ? MODEL_ALWAYS : MODEL_EVER, &n));
        memcpy(at, &n, sizeof n);
        return ERR(OK);
    case FIELD_NUMBER:
        TRY(read_number(s, 0, &n));
        *(int *)at = (int)n;
        return n >= 0 && n <= INT32_MAX ? ERR(OK) : ERR(MALFORMED);
    case FIELD_RANK:
        return read_rank(s, at);
    }
    return ERR(MALFORMED); /* more members than the sort has */
}

static const struct sort *sort_of(struct str name)
{
    for (size_t i = 0; i < COUNT(sorts); i++)
        if (str_eq(name, str_of(sorts[i].name)))
            return &sorts[i];
    return NULL;
}

/* The next member, up to a tab or the end. */
static struct str next_member(struct str *rest)
{
    struct str member;
    if (!str_cut(rest, '\t', &member)) {
        member = *rest;
        *rest = STR("");
    }
    return member;
}

err_t model_add_line(struct model *m, struct arena *a, struct str line)
{
    union any_def def;
    memset(&def, 0, sizeof def);
    if (str_ends(line, STR("\t")))
        return ERR(MALFORMED);
    const struct sort *sort = sort_of(next_member(&line));
    if (sort == NULL)
        return ERR(MALFORMED);
    size_t i = 0;
    for (; i < FIELDS_MAX && sort->fields[i].kind != FIELD_END; i++)
        TRY(read_field(a, sort->fields[i].kind, next_member(&line),
                       (unsigned char *)&def + sort->fields[i].at));
    if (line.len > 0)
        return ERR(MALFORMED);
    return sort->add(m, &def);
}
