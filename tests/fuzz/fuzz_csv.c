/* Property: what csv_table_read() accepts whole, written again with every field quoted, reads back
 * as the same table; and no record lies after the end of the text. */
#include "ctl/csv_table.h"

#include "base/buf.h"

#include <stdlib.h>

enum { ARENA_MAX = 64 * 1024 * 1024, TEXT_MAX = 32 * 1024 * 1024 };

static void write_field(struct buf *b, struct str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, s.ptr[i]);
    }
    buf_add_char(b, '"');
}

static void write_table(struct buf *b, const struct csv_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        for (size_t j = 0; j < t->records[i].count; j++) {
            if (j > 0)
                buf_add_char(b, ',');
            write_field(b, t->records[i].fields[j]);
        }
        buf_add_char(b, '\n');
    }
}

static int64_t line_count(struct str s)
{
    int64_t n = 1;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

static bool wide(const struct csv_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->records[i].count > CSV_FIELDS_MAX)
            return true;
    return false;
}

static void check_same(const struct csv_table *a, const struct csv_table *b)
{
    if (b->broken || a->count != b->count)
        abort();
    for (size_t i = 0; i < a->count; i++) {
        if (a->records[i].count != b->records[i].count)
            abort();
        for (size_t j = 0; j < a->records[i].count; j++)
            if (!str_eq(a->records[i].fields[j], b->records[i].fields[j]))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a;
    struct csv_table t, again;
    struct buf b;
    struct str text = str_from((const char *)data, size);
    if (!err_ok(arena_new(ARENA_MAX, &a)))
        return 0;
    buf_init(&b, TEXT_MAX);
    if (err_ok(csv_table_read(a, text, &t)) && !t.broken && !wide(&t)) {
        if (t.count > 0 && t.records[t.count - 1].line > line_count(text))
            abort();
        write_table(&b, &t);
        if (err_ok(buf_err(&b)) && err_ok(csv_table_read(a, buf_str(&b), &again)))
            check_same(&t, &again);
    }
    buf_done(&b);
    arena_free(a);
    return 0;
}
