#include "ctl/csv_table.h"

#include <csv.h>
#include <string.h>

struct reader {
    struct arena *arena;
    struct csv_table table;
    size_t cap;
    struct str fields[CSV_FIELDS_MAX]; /* of the record being read */
    size_t count;
    int64_t line;         /* of the next byte */
    int64_t record_line;  /* where the record being read begins */
    bool at_record_start; /* no byte of it was seen */
    err_t err;
};

/* libcsv cuts spaces around unquoted fields unless it is told that there are none. */
static int never_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void on_field(void *field, size_t len, void *ctx)
{
    struct reader *r = ctx;
    struct str copy = STR("");
    if (!err_ok(r->err))
        return;
    if (len > CSV_FIELD_MAX)
        r->err = ERR(TOO_LARGE);
    else if (len > 0)
        r->err = arena_str(r->arena, str_from(field, len), &copy);
    if (r->count < CSV_FIELDS_MAX)
        r->fields[r->count] = copy;
    r->count++;
}

static err_t make_room(struct reader *r)
{
    struct csv_table *t = &r->table;
    if (t->count < r->cap)
        return ERR(OK);
    size_t cap = r->cap == 0 ? 256 : 2 * r->cap;
    struct csv_record *bigger = arena_array(r->arena, cap, sizeof *bigger);
    if (bigger == NULL)
        return ERR(NO_MEMORY);
    if (t->count > 0)
        memcpy(bigger, t->records, t->count * sizeof *bigger);
    t->records = bigger;
    r->cap = cap;
    return ERR(OK);
}

static err_t end_record(struct reader *r)
{
    size_t kept = r->count < CSV_FIELDS_MAX ? r->count : CSV_FIELDS_MAX;
    TRY(make_room(r));
    struct str *fields = arena_array(r->arena, kept, sizeof *fields);
    if (fields == NULL)
        return ERR(NO_MEMORY);
    memcpy(fields, r->fields, kept * sizeof *fields);
    r->table.records[r->table.count++] =
        (struct csv_record){ .line = r->record_line, .fields = fields, .count = r->count };
    r->count = 0;
    return ERR(OK);
}

/* TERMINATOR is the byte that ended the record, or -1 at the end of the text. */
static void on_record(int terminator, void *ctx)
{
    struct reader *r = ctx;
    if (err_ok(r->err))
        r->err = end_record(r);
    r->at_record_start = true;
    r->table.complete = terminator != -1;
}

static bool feed(struct csv_parser *parser, struct reader *r, char c)
{
    if (r->at_record_start && c != '\n' && c != '\r') {
        r->at_record_start = false;
        r->record_line = r->line;
    }
    if (csv_parse(parser, &c, 1, on_field, on_record, r) != 1)
        return false;
    if (c == '\n')
        r->line++;
    return err_ok(r->err);
}

/* Byte by byte: the library tells fields, only we know where they are. */
static void feed_all(struct csv_parser *parser, struct reader *r, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!feed(parser, r, text.ptr[i])) {
            r->table.broken = err_ok(r->err);
            return;
        }
    }
    if (csv_fini(parser, on_field, on_record, r) != 0)
        r->table.broken = true;
}

err_t csv_table_read(struct arena *a, struct str text, struct csv_table *out)
{
    struct csv_parser parser;
    struct reader *r = arena_alloc(a, sizeof *r);
    if (r == NULL || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return ERR(NO_MEMORY);
    *r = (struct reader){ .arena = a, .line = 1, .at_record_start = true, .err = ERR(OK) };
    csv_set_space_func(&parser, never_space);
    feed_all(&parser, r, text);
    csv_free(&parser);
    TRY(r->err);
    r->table.broken_line = r->record_line;
    *out = r->table;
    return ERR(OK);
}
