#include "catalogue/shape.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* ---- comments to their lines ---- */

/* A key or an item that begins a line of the canonical form, and the last line that it takes up. */
struct line {
    struct node *node;
    uint32_t last;
};
struct lines {
    struct arena *arena;
    struct line *list;
    size_t count, cap;
};

static err_t add_line(struct lines *l, struct node *n, uint32_t last)
{
    l->list = cat_grown(l->arena, l->list, l->count, &l->cap, sizeof *l->list);
    if (l->list == NULL)
        return ERR(NO_MEMORY);
    l->list[l->count++] = (struct line){ n, last };
    return ERR(OK);
}

static bool is_tall(const struct shape *s)
{
    return s->kind == SHAPE_TABLE || s->kind == SHAPE_ROWS || s->kind == SHAPE_LIST;
}

static const struct shape *shape_of_key(const struct shape *record, struct str name)
{
    for (const struct field *f = record->fields; f->name != NULL; f++)
        if (str_eq(str_of(f->name), name))
            return f->shape;
    return record;
}

static err_t lines_of_items(struct lines *l, const struct node *list)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(add_line(l, list->items[i], list->items[i]->last_line));
    return ERR(OK);
}

/* Of the record of a table: its keys, and the rows below them. */
static err_t lines_of_record(struct lines *l, const struct node *map, const struct shape *record)
{
    for (size_t i = 0; i < map->count; i += 2) {
        struct node *key = map->items[i], *value = map->items[i + 1];
        bool tall = is_tall(shape_of_key(record, key->text));
        TRY(add_line(l, key, tall ? key->line : value->last_line));
        if (tall)
            TRY(lines_of_items(l, value));
    }
    return ERR(OK);
}

static err_t lines_of_table(struct lines *l, const struct node *map, const struct shape *record)
{
    for (size_t i = 0; i < map->count; i += 2) {
        struct node *key = map->items[i], *value = map->items[i + 1];
        TRY(add_line(l, key, record->on_one_line ? value->last_line : key->line));
        if (!record->on_one_line)
            TRY(lines_of_record(l, value, record));
    }
    return ERR(OK);
}

static err_t lines_of_file(struct lines *l, const struct node *root, const struct shape *shape)
{
    for (size_t i = 0; i < root->count; i += 2) {
        struct node *key = root->items[i], *value = root->items[i + 1];
        const struct shape *s = shape_of_key(shape, key->text);
        TRY(add_line(l, key, is_tall(s) ? key->line : value->last_line));
        if (s->kind == SHAPE_TABLE)
            TRY(lines_of_table(l, value, s->item));
        else if (is_tall(s))
            TRY(lines_of_items(l, value));
    }
    return ERR(OK);
}

/* Each comment goes to the first line that does not end before it; the rest stay with the file. */
static err_t attach_comments(struct arena *a, struct document *d, const struct shape *shape)
{
    struct lines l = { .arena = a };
    struct comments *c = &d->comments;
    size_t next = 0;
    TRY(lines_of_file(&l, d->root, shape));
    for (size_t i = 0; i < l.count; i++) {
        size_t first = next;
        while (next < c->count && c->list[next].line <= l.list[i].last)
            next++;
        struct str *own = arena_array(a, next - first + 1, sizeof *own);
        if (own == NULL)
            return ERR(NO_MEMORY);
        for (size_t j = first; j < next; j++)
            own[j - first] = c->list[j].text;
        l.list[i].node->comments = own;
        l.list[i].node->comment_count = next - first;
    }
    if (next > 0)
        c->list += next;
    c->count -= next;
    return ERR(OK);
}

/* ---- order ---- */

int cat_cmp_actions(struct str a, struct str b)
{
    bool reads_a = str_eq(a, STR("lire")), reads_b = str_eq(b, STR("lire"));
    if (reads_a != reads_b)
        return reads_a ? -1 : 1;
    return str_cmp(a, b);
}

static int by_text(const void *x, const void *y)
{
    const struct node *const *a = x, *const *b = y;
    return str_cmp((*a)->text, (*b)->text);
}

static int by_action(const void *x, const void *y)
{
    const struct node *const *a = x, *const *b = y;
    return cat_cmp_actions((*a)->text, (*b)->text);
}

static void sort_words(struct node *list, const struct shape *shape)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(struct node *),
              shape->order == ORDER_ACTIONS ? by_action : by_text);
}

/* Words one by one as if they were letters. */
static int compare_words(const struct node *a, const struct node *b)
{
    size_t count_a = a == NULL ? 0 : a->count, count_b = b == NULL ? 0 : b->count;
    for (size_t i = 0; i < count_a && i < count_b; i++) {
        int order = str_cmp(a->items[i]->text, b->items[i]->text);
        if (order != 0)
            return order;
    }
    return count_a < count_b ? -1 : count_a > count_b;
}

static struct str scalar_of(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n == NULL ? STR("") : n->text;
}

/* Rows of rights: resource, scope, conditions, actions, note. */
static int by_row(const void *x, const void *y)
{
    const struct node *const *a = x, *const *b = y;
    const struct node *right_a = (*a)->items[1], *right_b = (*b)->items[1];
    int order = str_cmp((*a)->items[0]->text, (*b)->items[0]->text);
    if (order == 0)
        order = str_cmp(scalar_of(right_a, "portee"), scalar_of(right_b, "portee"));
    if (order == 0)
        order = compare_words(node_get(right_a, "conditions"), node_get(right_b, "conditions"));
    if (order == 0)
        order = compare_words(node_get(right_a, "actions"), node_get(right_b, "actions"));
    if (order == 0)
        order = str_cmp(scalar_of(right_a, "note"), scalar_of(right_b, "note"));
    return order;
}

/* Lists of pairs: the pair is the first field of the record, whatever its name. */
static int by_pair(const void *x, const void *y)
{
    const struct node *const *a = x, *const *b = y;
    const struct node *pair_a = node_get(*a, "profils"), *pair_b = node_get(*b, "profils");
    if (pair_a == NULL)
        pair_a = node_get(*a, "droits");
    if (pair_b == NULL)
        pair_b = node_get(*b, "droits");
    int order = compare_words(pair_a, pair_b);
    return order != 0 ? order : str_cmp(scalar_of(*a, "motif"), scalar_of(*b, "motif"));
}

struct pair {
    struct node *key, *value;
};

static int by_key(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    return str_cmp(a->key->text, b->key->text);
}

static void sort_table(struct node *map)
{
    struct pair *pairs = (struct pair *)(void *)map->items; /* key, value, key, value */
    if (map->count > 2)
        qsort(pairs, map->count / 2, sizeof *pairs, by_key);
}

/* Words of records on one line, and of those that are not. */
static void sort_words_of(struct node *map, const struct shape *record)
{
    for (size_t i = 0; i < map->count; i += 2) {
        const struct shape *s = shape_of_key(record, map->items[i]->text);
        if (s->kind == SHAPE_WORDS)
            sort_words(map->items[i + 1], s);
    }
}

static void sort_rows(struct node *list, const struct shape *shape)
{
    bool rows = shape->kind == SHAPE_ROWS;
    for (size_t i = 0; i < list->count; i++)
        sort_words_of(rows ? list->items[i]->items[1] : list->items[i], shape->item);
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(struct node *), rows ? by_row : by_pair);
}

static void sort_entries(struct node *map, const struct shape *record)
{
    sort_table(map);
    for (size_t i = 0; i < map->count; i += 2) {
        struct node *entry = map->items[i + 1];
        sort_words_of(entry, record);
        for (size_t j = 0; j < entry->count; j += 2) {
            const struct shape *s = shape_of_key(record, entry->items[j]->text);
            if (is_tall(s))
                sort_rows(entry->items[j + 1], s);
        }
    }
}

err_t shape_sort(struct arena *a, struct document *d, const struct shape *shape)
{
    TRY(attach_comments(a, d, shape));
    for (size_t i = 0; i < d->root->count; i += 2) {
        const struct shape *s = shape_of_key(shape, d->root->items[i]->text);
        struct node *value = d->root->items[i + 1];
        if (s->kind == SHAPE_TABLE)
            sort_entries(value, s->item);
        else if (is_tall(s))
            sort_rows(value, s);
    }
    return ERR(OK);
}

/* ---- the formatter ---- */

err_t cat_format(struct arena *a, const char *name, struct str text, struct cat_problems *p,
                 struct buf *out)
{
    const struct shape *shape = shape_of_file(name);
    struct document d;
    if (shape == NULL) {
        cat_problem_add(p, (struct cat_place){ name, 1, 1 },
                        "ce fichier n'a pas sa place dans un catalogue");
        return ERR(MALFORMED);
    }
    TRY(node_parse(a, name, text, p, &d));
    TRY(shape_check(a, &d, shape, p));
    TRY(shape_sort(a, &d, shape));
    shape_print(&d, shape, out);
    return buf_err(out);
}
