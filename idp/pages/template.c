#include "pages/template_tree.h"

#include <stdlib.h>
#include <string.h>

/* What {{{…}}} may name: members of struct tpl_view, markup that our own code makes from nothing
 * but numbers. A member of the JSON data can never be drawn raw. */
static const char *const raw_names[] = { "qr_svg" };

static const char *const filters[] = {
    "instant", "day", "lastday", "duration", "group4", "initial"
};

enum { SET_MAX = 4 * 1024 * 1024 }; /* bytes of one parsed set */

struct open_section {
    size_t node;
    struct html_cursor at;
};

struct parser {
    struct tpl_set *set;
    struct tpl *tpl;
    struct str source;
    size_t pos;
    struct html_cursor html;
    struct open_section open[TPL_DEPTH_MAX];
    size_t depth;
    const char *wrong; /* the first problem; NULL with a failure: memory ran out */
};

static err_t refuse(struct parser *p, const char *what)
{
    p->wrong = what;
    return ERR(BUG);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool starts_at(struct str s, size_t pos, struct str what)
{
    return pos <= s.len && str_starts(str_from(s.ptr + pos, s.len - pos), what);
}

/* The first WHAT at or after FROM, or S.len. */
static size_t find(struct str s, size_t from, struct str what)
{
    while (from < s.len && !starts_at(s, from, what))
        from++;
    return from;
}

static struct tpl_node *add_node(struct parser *p, enum tpl_kind kind, struct str text)
{
    struct tpl_node *n = &p->tpl->nodes[p->tpl->count++];
    n->kind = kind;
    n->text = text;
    return n;
}

/* Runs of white space become one character: a line end if there was one, else a space. HTML reads
 * them the same, since no template uses <pre>, and a page is a third smaller. */
static err_t squeeze(struct arena *a, struct str in, char line_end, struct str *out)
{
    char *copy = arena_alloc(a, in.len + 1);
    size_t len = 0;
    if (copy == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        bool first = i == 0 || !is_space(in.ptr[i - 1]);
        if (!is_space(c))
            copy[len++] = c;
        else if (first)
            copy[len++] = ' ';
        if (c == '\n')
            copy[len - 1] = line_end;
    }
    *out = str_from(copy, len);
    return ERR(OK);
}

static err_t add_text(struct parser *p, struct str text)
{
    struct str squeezed;
    if (text.len == 0)
        return ERR(OK);
    size_t where = 0;
    const char *wrong = html_follow(&p->html, text, &where);
    if (wrong != NULL) {
        p->pos += where; /* for the line of the fault */
        return refuse(p, wrong);
    }
    TRY(squeeze(p->set->arena, text, '\n', &squeezed));
    add_node(p, TPL_TEXT, squeezed);
    return ERR(OK);
}

/* "a", "a.b", "a_b.c2" or ".", then perhaps "|" and a filter. */
static bool is_name(struct str s)
{
    bool empty = true; /* the part between two dots */
    if (str_eq(s, STR(".")))
        return true;
    if (s.len > TPL_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!word && (c != '.' || empty))
            return false;
        empty = !word;
    }
    return !empty;
}

static bool is_in(struct str s, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(s, str_of(list[i])))
            return true;
    return false;
}

static bool is_value(struct str s)
{
    struct str filter;
    if (str_cut_last(&s, '|', &filter) && !is_in(filter, filters, COUNT(filters)))
        return false;
    return is_name(s);
}

static err_t parse_value(struct parser *p, struct str body)
{
    if (!is_value(body))
        return refuse(p, "a name or filter that is none");
    switch (p->html.place) {
    case HTML_TEXT:
    case HTML_ATTR:
        add_node(p, TPL_VALUE, body);
        return ERR(OK);
    case HTML_URL:
        if (!starts_at(p->source, p->pos, STR("\"")))
            return refuse(p, "a URL in pieces: the value must be the whole attribute");
        add_node(p, TPL_URL, body);
        p->html.place = HTML_URL_REST;
        return ERR(OK);
    case HTML_TAG:
    case HTML_URL_REST:
        break;
    }
    return refuse(p, "a value where none may stand: only in text and quoted attributes");
}

static err_t parse_raw(struct parser *p, struct str body)
{
    if (!is_in(body, raw_names, COUNT(raw_names)))
        return refuse(p, "raw output of a name that is not in the list");
    if (p->html.place != HTML_TEXT)
        return refuse(p, "raw output inside a tag");
    add_node(p, TPL_RAW, body);
    return ERR(OK);
}

/* xgettext wants msgids in ASCII; the typographic characters of French are in fr.po. */
static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] > 0x7E)
            return false;
    return true;
}

/* Every %( must close around a name; a translation that breaks this is caught by `msgfmt -c`. */
static bool has_good_holes(const char *message)
{
    for (const char *at = strchr(message, '%'); at != NULL; at = strchr(at, '%')) {
        const char *end = strstr(at, ")s");
        if (at[1] == '%') {
            at += 2;
            continue;
        }
        if (at[1] != '(' || end == NULL || !is_value(str_from(at + 2, (size_t)(end - at) - 2)))
            return false;
        at = end;
    }
    return true;
}

static err_t parse_message(struct parser *p, struct str body)
{
    struct str msgid;
    if (p->html.place != HTML_TEXT && p->html.place != HTML_ATTR)
        return refuse(p, "a message where none may stand");
    TRY(squeeze(p->set->arena, str_trim(body), ' ', &msgid));
    /* The arena's memory is zeroed and squeeze() left room: msgid.ptr is a C string. */
    if (msgid.len == 0 || !is_ascii(msgid) || !has_good_holes(msgid.ptr))
        return refuse(p, "an empty message, one that is not ASCII, or a bad %(name)s");
    struct tpl_node *n = add_node(p, TPL_MESSAGE, msgid);
    for (int lang = 0; lang < LANG_COUNT; lang++)
        n->translated[lang] = i18n((enum lang)lang, msgid.ptr);
    return ERR(OK);
}

static bool may_hold_section(const struct html_cursor *c)
{
    return c->place == HTML_TEXT || c->place == HTML_ATTR ||
           (c->place == HTML_TAG && !c->in_name && !c->want_quote);
}

static err_t parse_open(struct parser *p, enum tpl_kind kind, struct str body)
{
    if (!is_name(body))
        return refuse(p, "a section without a proper name");
    if (p->depth == TPL_DEPTH_MAX)
        return refuse(p, "sections nested too deep");
    if (!may_hold_section(&p->html))
        return refuse(p, "a section where none may stand");
    p->html.name_len = 0;
    p->open[p->depth++] = (struct open_section){ p->tpl->count, p->html };
    add_node(p, kind, body);
    return ERR(OK);
}

static err_t parse_close(struct parser *p, struct str body)
{
    if (p->depth == 0)
        return refuse(p, "a section closed that was not open");
    const struct open_section *open = &p->open[--p->depth];
    if (!str_eq(p->tpl->nodes[open->node].text, body))
        return refuse(p, "a section closed by another's name");
    if (p->html.place != open->at.place || !may_hold_section(&p->html))
        return refuse(p, "a section that opens and closes in different places of the HTML");
    p->html.name_len = 0;
    p->tpl->nodes[open->node].end = p->tpl->count;
    return ERR(OK);
}

static err_t parse_partial(struct parser *p, struct str body)
{
    if (p->html.place != HTML_TEXT)
        return refuse(p, "a partial inside a tag");
    add_node(p, str_eq(body, STR("*")) ? TPL_BODY : TPL_PARTIAL, body);
    return ERR(OK);
}

static err_t parse_tag(struct parser *p, struct str tag)
{
    struct str body = str_trim(str_from(tag.ptr + (tag.len > 0), tag.len - (tag.len > 0)));
    switch (tag.len == 0 ? '\0' : tag.ptr[0]) {
    case '#':
        return parse_open(p, TPL_SECTION, body);
    case '^':
        return parse_open(p, TPL_INVERTED, body);
    case '/':
        return parse_close(p, body);
    case '>':
        return parse_partial(p, body);
    case '_':
        return parse_message(p, body);
    case '!':
        return ERR(OK);
    default:
        return parse_value(p, str_trim(tag));
    }
}

/* Advances over one tag, whose "{{" is at p->pos. */
static err_t next_tag(struct parser *p)
{
    bool raw = starts_at(p->source, p->pos, STR("{{{"));
    struct str close = raw ? STR("}}}") : STR("}}");
    size_t from = p->pos + close.len;
    size_t to = find(p->source, from, close);
    if (to >= p->source.len)
        return refuse(p, "a tag that is not closed");
    struct str body = str_from(p->source.ptr + from, to - from);
    size_t begin = p->pos;
    p->pos = to + close.len;
    err_t e = raw ? parse_raw(p, str_trim(body)) : parse_tag(p, body);
    if (!err_ok(e))
        p->pos = begin; /* for the line of the fault */
    return e;
}

static err_t parse_all(struct parser *p)
{
    while (p->pos < p->source.len) {
        size_t from = p->pos, to = find(p->source, from, STR("{{"));
        TRY(add_text(p, str_from(p->source.ptr + from, to - from)));
        p->pos = to;
        if (to < p->source.len)
            TRY(next_tag(p));
    }
    if (p->depth > 0)
        return refuse(p, "a section that is not closed");
    return p->html.place == HTML_TEXT ? ERR(OK) : refuse(p, "an element's tag that is not closed");
}

static size_t most_nodes(struct str source)
{
    size_t tags = 0;
    for (size_t i = 0; i < source.len; i++)
        tags += starts_at(source, i, STR("{{"));
    return 2 * tags + 1;
}

static int line_at(struct str source, size_t pos)
{
    int line = 1;
    for (size_t i = 0; i < pos && i < source.len; i++)
        line += source.ptr[i] == '\n';
    return line;
}

static err_t parse_source(struct tpl_set *set, struct tpl *tpl, const struct tpl_source *source,
                          struct tpl_fault *fault)
{
    struct parser p = { .set = set, .tpl = tpl };
    struct str name;
    *fault = (struct tpl_fault){ source->name, 1, "a template that is too long" };
    if (source->text.len > TPL_FILE_MAX)
        return ERR(BUG);
    *fault = (struct tpl_fault){ STR(""), 0, "no memory" };
    TRY(arena_str(set->arena, source->name, &name));
    TRY(arena_str(set->arena, source->text, &p.source));
    tpl->name = name;
    tpl->nodes = arena_array(set->arena, most_nodes(p.source), sizeof *tpl->nodes);
    if (tpl->nodes == NULL)
        return ERR(NO_MEMORY);
    err_t e = parse_all(&p);
    if (e.code == ERR_BUG)
        *fault = (struct tpl_fault){ source->name, line_at(p.source, p.pos), p.wrong };
    return e;
}

const struct tpl *tpl_find(const struct tpl_set *set, struct str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(set->templates[i].name, name))
            return &set->templates[i];
    return NULL;
}

static err_t link_partials(struct tpl_set *set, const struct tpl_source *sources,
                           struct tpl_fault *fault)
{
    for (size_t i = 0; i < set->count; i++) {
        for (size_t n = 0; n < set->templates[i].count; n++) {
            struct tpl_node *node = &set->templates[i].nodes[n];
            if (node->kind != TPL_PARTIAL)
                continue;
            *fault = (struct tpl_fault){ sources[i].name, 1, "a partial that does not exist" };
            node->target = tpl_find(set, node->text);
            if (node->target == NULL)
                return ERR(BUG);
        }
    }
    return ERR(OK);
}

/* How deep TPL's partials go; more than TPL_DEPTH_MAX when one leads back to itself. */
/* NOLINTNEXTLINE(misc-no-recursion): bounded by TPL_DEPTH_MAX */
static size_t partial_depth(const struct tpl *tpl, size_t above)
{
    size_t deepest = above;
    if (above > TPL_DEPTH_MAX)
        return above;
    for (size_t n = 0; n < tpl->count && deepest <= TPL_DEPTH_MAX; n++) {
        if (tpl->nodes[n].kind != TPL_PARTIAL)
            continue;
        size_t depth = partial_depth(tpl->nodes[n].target, above + 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static err_t check_depths(const struct tpl_set *set, const struct tpl_source *sources,
                          struct tpl_fault *fault)
{
    for (size_t i = 0; i < set->count; i++) {
        if (partial_depth(&set->templates[i], 0) <= TPL_DEPTH_MAX)
            continue;
        *fault = (struct tpl_fault){ sources[i].name, 1, "partials that lead back to themselves" };
        return ERR(BUG);
    }
    return ERR(OK);
}

static err_t parse_set(struct tpl_set *set, const struct tpl_source *sources, size_t count,
                       struct tpl_fault *fault)
{
    set->templates = arena_array(set->arena, count > 0 ? count : 1, sizeof *set->templates);
    *fault = (struct tpl_fault){ STR(""), 0, "no memory" };
    if (set->templates == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        TRY(parse_source(set, &set->templates[i], &sources[i], fault));
        *fault = (struct tpl_fault){ sources[i].name, 1, "two templates of one name" };
        if (tpl_find(set, sources[i].name) != NULL)
            return ERR(BUG);
        set->count++;
    }
    TRY(link_partials(set, sources, fault));
    return check_depths(set, sources, fault);
}

err_t tpl_set_new(const struct tpl_source *sources, size_t count, struct tpl_set **out,
                  struct tpl_fault *fault)
{
    struct tpl_fault found = { STR(""), 0, "no memory" };
    struct tpl_set *set = calloc(1, sizeof *set);
    err_t e = set == NULL ? ERR(NO_MEMORY) : arena_new(SET_MAX, &set->arena);
    if (err_ok(e))
        e = parse_set(set, sources, count, &found);
    if (!err_ok(e)) {
        tpl_set_free(set);
        *fault = found;
        return e;
    }
    *out = set;
    return ERR(OK);
}

void tpl_set_free(struct tpl_set *set)
{
    if (set == NULL)
        return;
    arena_free(set->arena);
    free(set);
}
