#include "pages/charter_text.h"

enum block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_ITEMS };

struct reader {
    json_t *blocks;
    enum block open; /* what the next line may go on */
};

static json_t *text_of(struct str s) { return json_stringn(s.ptr, s.len); }

static bool add_block(struct reader *r, const char *kind, json_t *value)
{
    json_t *block = json_object();
    if (block == NULL || value == NULL || json_object_set(block, kind, value) != 0 ||
        json_array_append(r->blocks, block) != 0) {
        json_decref(value);
        json_decref(block);
        return false;
    }
    json_decref(value);
    json_decref(block);
    return true;
}

static json_t *last_block(const struct reader *r)
{
    return json_array_get(r->blocks, json_array_size(r->blocks) - 1);
}

static bool add_item(struct reader *r, struct str line)
{
    if (r->open != BLOCK_ITEMS && !add_block(r, "items", json_pack("{s:[]}", "list")))
        return false;
    r->open = BLOCK_ITEMS;
    json_t *list = json_object_get(json_object_get(last_block(r), "items"), "list");
    return json_array_append_new(list, text_of(line)) == 0;
}

/* A line of running text: a new paragraph, or the open one a line longer. */
static bool add_line(struct reader *r, struct str line)
{
    if (r->open != BLOCK_PARAGRAPH) {
        r->open = BLOCK_PARAGRAPH;
        return add_block(r, "paragraph", text_of(line));
    }
    json_t *old = json_object_get(last_block(r), "paragraph");
    json_t *longer = json_sprintf("%s %.*s", json_string_value(old), STR_ARG(line));
    return json_object_set_new(last_block(r), "paragraph", longer) == 0;
}

static bool read_line(struct reader *r, struct str line)
{
    struct str rest = { .ptr = line.ptr, .len = line.len };
    if (line.len == 0) {
        r->open = BLOCK_NONE;
        return true;
    }
    if (str_starts(line, STR("- ")))
        return add_item(r, str_trim(str_from(rest.ptr + 2, rest.len - 2)));
    if (!str_starts(line, STR("# ")))
        return add_line(r, line);
    r->open = BLOCK_NONE;
    return add_block(r, "heading", text_of(str_trim(str_from(rest.ptr + 2, rest.len - 2))));
}

json_t *charter_blocks(struct str text)
{
    struct reader r = { json_array(), BLOCK_NONE };
    struct str line;
    bool good = r.blocks != NULL;
    while (good && str_next(&text, '\n', &line))
        good = read_line(&r, str_trim(line));
    if (good)
        return r.blocks;
    json_decref(r.blocks);
    return NULL;
}
