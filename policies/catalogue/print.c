#include "catalogue/shape.h"

#include "base/buf.h"

/* The canonical form: two spaces a level, one line a key or an item, texts between double quotes, an
 * empty line between the entries of a table that take several lines each. */

/* ---- words ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What other readers of YAML would take for a number, a truth value or nothing is quoted. */
static bool is_plain(struct str s)
{
    static const char taken[] = "y n yes no on off true false null";
    struct str rest = str_of(taken), one;
    if (s.len == 2 && s.ptr[0] >= '0' && s.ptr[0] <= '9' && (s.ptr[1] == 'f' || s.ptr[1] == 'F'))
        return true; /* 1F, 2F, 2f */
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool inner = (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!is_letter(c) && (i == 0 || !inner))
            return false;
    }
    while (str_next(&rest, ' ', &one))
        if (str_eq_ignore_case(one, s))
            return false;
    return s.len > 0;
}

static void put_quoted(struct buf *out, struct str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, s.ptr[i]);
    }
    buf_add_char(out, '"');
}

static void put_scalar(struct buf *out, const struct node *n, const struct shape *shape)
{
    if (shape->kind == SHAPE_NUMBER || (shape->kind != SHAPE_TEXT && is_plain(n->text)))
        buf_add(out, n->text);
    else
        put_quoted(out, n->text);
}

static void put_words(struct buf *out, const struct node *n, const struct shape *shape)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < n->count; i++) {
        if (i > 0)
            buf_add(out, STR(", "));
        put_scalar(out, n->items[i], shape->item);
    }
    buf_add_char(out, ']');
}

static void put_value(struct buf *out, const struct node *n, const struct shape *shape)
{
    if (n->kind == NODE_LIST && n->count == 0)
        buf_add(out, STR("[]"));
    else if (shape->kind == SHAPE_WORDS)
        put_words(out, n, shape);
    else
        put_scalar(out, n, shape);
}

static bool is_empty(const struct node *n) { return n->kind != NODE_SCALAR && n->count == 0; }

static void put_one_line(struct buf *out, const struct node *map, const struct shape *record)
{
    bool first = true;
    buf_add_char(out, '{');
    for (const struct field *f = record->fields; f->name != NULL; f++) {
        const struct node *value = node_get(map, f->name);
        if (value == NULL || is_empty(value))
            continue;
        if (!first)
            buf_add(out, STR(", "));
        buf_add(out, str_of(f->name));
        buf_add(out, STR(": "));
        put_value(out, value, f->shape);
        first = false;
    }
    buf_add_char(out, '}');
}

/* ---- lines ---- */

static void indent(struct buf *out, int level)
{
    for (int i = 0; i < level; i++)
        buf_add(out, STR("  "));
}

static void put_comments(struct buf *out, const struct node *n, int level)
{
    for (size_t i = 0; i < n->comment_count; i++) {
        indent(out, level);
        buf_add(out, n->comments[i]);
        buf_add_char(out, '\n');
    }
}

static const struct node *key_of(const struct node *map, const char *name)
{
    for (size_t i = 0; i < map->count; i += 2)
        if (str_eq(map->items[i]->text, str_of(name)))
            return map->items[i];
    return NULL;
}

static void put_code(struct buf *out, struct str code)
{
    if (is_plain(code))
        buf_add(out, code);
    else
        put_quoted(out, code);
    buf_add_char(out, ':');
}

static void put_rows(struct buf *out, const struct node *list, const struct shape *shape, int level)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct node *item = list->items[i];
        put_comments(out, item, level);
        indent(out, level);
        buf_add(out, STR("- "));
        if (shape->kind == SHAPE_ROWS) {
            put_code(out, item->items[0]->text);
            buf_add_char(out, ' ');
            item = item->items[1];
        }
        put_one_line(out, item, shape->item);
        buf_add_char(out, '\n');
    }
}

/* A record that takes several lines. */
static void put_record(struct buf *out, const struct node *map, const struct shape *record,
                       int level)
{
    for (const struct field *f = record->fields; f->name != NULL; f++) {
        const struct node *key = key_of(map, f->name), *value = node_get(map, f->name);
        if (key == NULL)
            continue;
        if (is_empty(value) && key->comment_count == 0)
            continue; /* with a comment it stays: the comment would end up elsewhere */
        put_comments(out, key, level);
        indent(out, level);
        buf_add(out, key->text);
        buf_add_char(out, ':');
        if (f->shape->kind == SHAPE_ROWS && !is_empty(value)) {
            buf_add_char(out, '\n');
            put_rows(out, value, f->shape, level + 1);
        } else {
            buf_add_char(out, ' ');
            put_value(out, value, f->shape);
            buf_add_char(out, '\n');
        }
    }
}

static void put_table(struct buf *out, const struct node *map, const struct shape *record)
{
    for (size_t i = 0; i < map->count; i += 2) {
        const struct node *key = map->items[i], *value = map->items[i + 1];
        if (i > 0 && !record->on_one_line)
            buf_add_char(out, '\n');
        put_comments(out, key, 1);
        indent(out, 1);
        put_code(out, key->text);
        if (record->on_one_line) {
            buf_add_char(out, ' ');
            put_one_line(out, value, record);
        }
        buf_add_char(out, '\n');
        if (!record->on_one_line)
            put_record(out, value, record, 2);
    }
}

/* An empty line before the second and later lists of a file. */
static void put_tall(struct buf *out, const struct node *key, const struct node *value,
                     const struct shape *shape, bool apart)
{
    if (apart)
        buf_add_char(out, '\n');
    put_comments(out, key, 0);
    buf_add(out, key->text);
    if (is_empty(value)) {
        buf_add(out, shape->kind == SHAPE_TABLE ? STR(": {}\n") : STR(": []\n"));
        return;
    }
    buf_add(out, STR(":\n"));
    if (shape->kind == SHAPE_TABLE)
        put_table(out, value, shape->item);
    else
        put_rows(out, value, shape, 1);
}

void shape_print(const struct document *d, const struct shape *shape, struct buf *out)
{
    bool apart = false;
    for (const struct field *f = shape->fields; f->name != NULL; f++) {
        const struct node *key = key_of(d->root, f->name), *value = node_get(d->root, f->name);
        if (key == NULL)
            continue;
        if (f->shape->kind == SHAPE_TABLE || f->shape->kind == SHAPE_LIST) {
            put_tall(out, key, value, f->shape, apart);
            apart = true;
            continue;
        }
        put_comments(out, key, 0);
        buf_add(out, key->text);
        buf_add(out, STR(": "));
        put_value(out, value, f->shape);
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < d->comments.count; i++) {
        buf_add(out, d->comments.list[i].text);
        buf_add_char(out, '\n');
    }
}
