#include "catalogue/node.h"

#include <string.h>
#include <yaml.h>

enum { NODES_MAX = 400 * 1000 };

struct reading {
    struct arena *arena;
    struct document *doc;
    struct cat_problems *problems;
    struct str text;
    struct node *open[CAT_DEPTH_MAX]; /* lists and maps not yet ended */
    size_t depth, nodes;
    /* libyaml counts characters: AT is the character at byte AT_BYTE */
    size_t at, at_byte;
    size_t seen_byte; /* up to where comments were looked for */
    uint32_t seen_line;
};

void *cat_grown(struct arena *a, void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return list;
    size_t wider = *cap == 0 ? 8 : 2 * *cap;
    void *bigger = arena_array(a, wider, size);
    if (bigger == NULL)
        return NULL;
    if (list != NULL)
        memcpy(bigger, list, count * size);
    *cap = wider;
    return bigger;
}

const struct node *node_get(const struct node *map, const char *key)
{
    for (size_t i = 0; i + 1 < map->count; i += 2)
        if (str_eq(map->items[i]->text, str_of(key)))
            return map->items[i + 1];
    return NULL;
}

/* ---- what is refused before libyaml sees it ---- */

static err_t refuse(struct reading *r, const yaml_mark_t *at, const char *what)
{
    struct cat_place place = { r->doc->name, 1, 1 };
    if (at != NULL) {
        place.line = (uint32_t)at->line + 1;
        place.column = (uint32_t)at->column + 1;
    }
    cat_problem_add(r->problems, place, "%s", what);
    return ERR(MALFORMED);
}

static size_t lines_of(struct str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

/* UTF-8 without controls; U+2028 and U+2029 end lines for libyaml, and for nobody else. */
static bool is_line(struct str line)
{
    if (str_ends(line, STR("\r")))
        line.len--;
    for (size_t i = 0; i + 2 < line.len; i++)
        if (memcmp(line.ptr + i, "\xE2\x80\xA8", 3) == 0 ||
            memcmp(line.ptr + i, "\xE2\x80\xA9", 3) == 0)
            return false;
    return str_is_printable(line);
}

static bool is_text(struct str text, yaml_mark_t *bad)
{
    struct str line;
    for (; str_cut(&text, '\n', &line); bad->line++)
        if (!is_line(line))
            return false;
    return is_line(text);
}

static err_t check_text(struct reading *r)
{
    yaml_mark_t bad = { 0 };
    if (r->text.len > CAT_FILE_MAX)
        return refuse(r, NULL, "fichier trop gros : 4 Mio au plus");
    if (lines_of(r->text) > CAT_LINES_MAX + 1)
        return refuse(r, NULL, "fichier trop long : 10000 lignes au plus");
    if (!is_text(r->text, &bad))
        return refuse(r, &bad,
                      "octets illisibles : enregistrez le fichier en UTF-8, sans tabulation");
    return ERR(OK);
}

/* ---- comments: whatever is after a '#' between two scalars ---- */

/* The byte of a character that is not before the last one asked for. */
static size_t byte_of(struct reading *r, size_t character)
{
    while (r->at < character && r->at_byte < r->text.len) {
        r->at_byte++;
        while (r->at_byte < r->text.len && ((unsigned char)r->text.ptr[r->at_byte] & 0xc0) == 0x80)
            r->at_byte++;
        r->at++;
    }
    return r->at_byte;
}

static err_t add_comment(struct reading *r, size_t from, size_t to)
{
    struct comments *c = &r->doc->comments;
    c->list = cat_grown(r->arena, c->list, c->count, &c->cap, sizeof *c->list);
    if (c->list == NULL)
        return ERR(NO_MEMORY);
    c->list[c->count++] = (struct comment){
        .line = r->seen_line,
        .text = str_trim(str_from(r->text.ptr + from, to - from)),
    };
    return ERR(OK);
}

/* Looks for comments up to byte END, which is outside of every scalar. */
static err_t look_for_comments(struct reading *r, size_t end)
{
    while (r->seen_byte < end) {
        char c = r->text.ptr[r->seen_byte];
        if (c == '#') {
            const char *line_end = memchr(r->text.ptr + r->seen_byte, '\n', end - r->seen_byte);
            size_t to = line_end == NULL ? end : (size_t)(line_end - r->text.ptr);
            TRY(add_comment(r, r->seen_byte, to));
            r->seen_byte = to;
            continue;
        }
        r->seen_line += c == '\n';
        r->seen_byte++;
    }
    return ERR(OK);
}

/* The same up to a scalar, and over it. */
static err_t pass_scalar(struct reading *r, const yaml_event_t *e)
{
    TRY(look_for_comments(r, byte_of(r, e->start_mark.index)));
    r->seen_byte = byte_of(r, e->end_mark.index);
    r->seen_line = (uint32_t)e->end_mark.line + 1;
    return ERR(OK);
}

/* ---- the tree ---- */

/* NULL: no memory. */
static struct node *new_node(struct reading *r, const yaml_event_t *e, enum node_kind kind)
{
    struct node *n = arena_alloc(r->arena, sizeof *n);
    if (n == NULL)
        return NULL;
    r->nodes++;
    n->kind = kind;
    n->line = (uint32_t)e->start_mark.line + 1;
    n->column = (uint32_t)e->start_mark.column + 1;
    n->last_line = n->line;
    return n;
}

static err_t check_key(struct reading *r, const yaml_event_t *e, const struct node *map,
                       const struct node *key)
{
    if (key->kind != NODE_SCALAR)
        return refuse(r, &e->start_mark, "une clé est un mot, pas une liste ni un tableau");
    if (str_eq(key->text, STR("<<")))
        return refuse(r, &e->start_mark, "les clés de fusion « << » ne sont pas admises");
    for (size_t i = 0; i < map->count; i += 2)
        if (str_eq(map->items[i]->text, key->text)) {
            cat_problem_add(r->problems, node_place(r->doc, key),
                            "« %.*s » est écrit deux fois : déjà ligne %u",
                            STR_ARG(cat_shown(r->arena, key->text)), map->items[i]->line);
            return ERR(MALFORMED);
        }
    return ERR(OK);
}

/* Hangs N below what is open. */
static err_t hang(struct reading *r, const yaml_event_t *e, struct node *n)
{
    if (r->depth == 0) {
        r->doc->root = n;
        return ERR(OK);
    }
    struct node *above = r->open[r->depth - 1];
    if (above->kind == NODE_MAP && above->count % 2 == 0)
        TRY(check_key(r, e, above, n));
    above->items =
        cat_grown(r->arena, above->items, above->count, &above->cap, sizeof(struct node *));
    if (above->items == NULL)
        return ERR(NO_MEMORY);
    above->items[above->count++] = n;
    return ERR(OK);
}

static err_t on_scalar(struct reading *r, const yaml_event_t *e)
{
    yaml_scalar_style_t style = e->data.scalar.style;
    if (e->data.scalar.anchor != NULL || e->data.scalar.tag != NULL)
        return refuse(r, &e->start_mark,
                      "les ancres « & » et les étiquettes « ! » ne sont pas admises");
    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
        return refuse(r, &e->start_mark,
                      "texte en bloc : écrivez-le entre guillemets, sur une seule ligne");
    TRY(pass_scalar(r, e));
    struct node *n = new_node(r, e, NODE_SCALAR);
    if (n == NULL)
        return ERR(NO_MEMORY);
    n->quoted = style != YAML_PLAIN_SCALAR_STYLE;
    n->last_line = (uint32_t)e->end_mark.line + 1;
    TRY(arena_str(r->arena, str_from((const char *)e->data.scalar.value, e->data.scalar.length),
                  &n->text));
    return hang(r, e, n);
}

static err_t on_start(struct reading *r, const yaml_event_t *e, enum node_kind kind)
{
    bool map = kind == NODE_MAP;
    if ((map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor) != NULL ||
        (map ? e->data.mapping_start.tag : e->data.sequence_start.tag) != NULL)
        return refuse(r, &e->start_mark,
                      "les ancres « & » et les étiquettes « ! » ne sont pas admises");
    if (r->depth == CAT_DEPTH_MAX)
        return refuse(r, &e->start_mark, "trop de niveaux les uns dans les autres");
    struct node *n = new_node(r, e, kind);
    if (n == NULL)
        return ERR(NO_MEMORY);
    TRY(hang(r, e, n));
    r->open[r->depth++] = n;
    return ERR(OK);
}

/* A block ends where the next thing begins: only what stands in it tells its last line. */
static void on_end(struct reading *r, const yaml_event_t *e)
{
    struct node *n = r->open[--r->depth];
    bool is_flow = e->end_mark.index > e->start_mark.index; /* the bracket that closes it */
    if (is_flow)
        n->last_line = (uint32_t)e->end_mark.line + 1;
    else if (n->count > 0)
        n->last_line = n->items[n->count - 1]->last_line;
}

static err_t on_document(struct reading *r, const yaml_event_t *e)
{
    if (e->data.document_start.version_directive != NULL ||
        e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
        return refuse(r, &e->start_mark, "les directives « % » ne sont pas admises");
    if (r->doc->root != NULL)
        return refuse(r, &e->start_mark, "un seul document par fichier");
    return ERR(OK);
}

static err_t on_event(struct reading *r, const yaml_event_t *e)
{
    if (r->nodes > NODES_MAX)
        return refuse(r, &e->start_mark, "fichier trop long : trop d'éléments");
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document(r, e);
    case YAML_ALIAS_EVENT:
        return refuse(r, &e->start_mark, "les alias « * » ne sont pas admis");
    case YAML_SCALAR_EVENT:
        return on_scalar(r, e);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(r, e, NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return on_start(r, e, NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_end(r, e);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return ERR(OK);
}

/* ---- libyaml ---- */

static const char *why(const yaml_parser_t *parser)
{
    static const struct {
        const char *theirs, *ours;
    } texts[] = {
        { "found character that cannot start any token",
          "ce caractère ne peut pas commencer un mot : mettez le texte entre guillemets" },
        { "found a tab character", "une tabulation : indentez avec des espaces" },
        { "found unexpected end of stream", "le texte entre guillemets n'est pas fermé" },
        { "mapping values are not allowed",
          "un « : » de trop, ou un texte à mettre entre guillemets" },
        { "could not find expected ':'", "il manque « : » après ce mot" },
        { "did not find expected key", "alignement : cette ligne n'est pas sous la bonne colonne" },
        { "did not find expected '-' indicator", "alignement : un « - » est attendu ici" },
        { "did not find expected ',' or", "il manque « , », « ] » ou « } »" },
        { "found unknown escape character", "« \\ » suivi d'un caractère inattendu" },
        { "block sequence entries are not allowed", "un « - » n'est pas permis ici" },
    };
    const char *problem = parser->problem == NULL ? "" : parser->problem;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (strncmp(problem, texts[i].theirs, strlen(texts[i].theirs)) == 0)
            return texts[i].ours;
    return "ce n'est pas du YAML : vérifiez guillemets, crochets et alignement";
}

static err_t read_events(struct reading *r, yaml_parser_t *parser)
{
    bool done = false;
    while (!done) {
        yaml_event_t e;
        if (!yaml_parser_parse(parser, &e)) {
            if (parser->error == YAML_MEMORY_ERROR)
                return ERR(NO_MEMORY);
            return refuse(r, &parser->problem_mark, why(parser));
        }
        done = e.type == YAML_STREAM_END_EVENT;
        err_t result = on_event(r, &e);
        yaml_event_delete(&e);
        TRY(result);
    }
    return look_for_comments(r, r->text.len);
}

err_t node_parse(struct arena *a, const char *name, struct str text, struct cat_problems *p,
                 struct document *out)
{
    struct document doc = { .name = name };
    struct reading r = { .arena = a, .doc = &doc, .problems = p, .text = text, .seen_line = 1 };
    yaml_parser_t parser;
    TRY(check_text(&r));
    if (!yaml_parser_initialize(&parser))
        return ERR(NO_MEMORY);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    err_t e = read_events(&r, &parser);
    yaml_parser_delete(&parser);
    TRY(e);
    *out = doc;
    return ERR(OK);
}
