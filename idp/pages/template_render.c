#include "pages/template_tree.h"

struct scope {
    const json_t *value;
    const struct scope *outer; /* looked in when a name is not found here */
};

struct drawing {
    const struct tpl_set *set;
    const struct tpl_view *view;
    struct buf *out;
};

static const json_t *member(const json_t *object, struct str name)
{
    return json_is_object(object) ? json_object_getn(object, name.ptr, name.len) : NULL;
}

/* The first part of NAME is looked for from the innermost scope outwards; the rest inside it. */
static const json_t *look_up(const struct scope *scope, struct str name)
{
    const json_t *found = NULL;
    struct str part;
    if (str_eq(name, STR(".")))
        return scope->value;
    if (!str_cut(&name, '.', &part)) {
        part = name;
        name = STR("");
    }
    for (; scope != NULL && found == NULL; scope = scope->outer)
        found = member(scope->value, part);
    while (found != NULL && name.len > 0) {
        if (!str_cut(&name, '.', &part)) {
            part = name;
            name = STR("");
        }
        found = member(found, part);
    }
    return found;
}

static bool is_true(const json_t *v)
{
    if (v == NULL)
        return false;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
    case JSON_TRUE:
        return true;
    case JSON_ARRAY:
        return json_array_size(v) > 0;
    case JSON_STRING:
        return json_string_length(v) > 0;
    case JSON_INTEGER:
        return json_integer_value(v) != 0;
    case JSON_REAL:
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return false;
}

/* A secret to be typed by hand, in groups of four. */
static void group4(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.len; i++) {
        if (i > 0 && i % 4 == 0)
            buf_add_char(out, ' ');
        html_text(out, str_from(s.ptr + i, 1));
    }
}

/* The first character, for decoration. */
static void initial(struct str s, struct buf *out)
{
    size_t len = s.len > 0;
    while (len < s.len && ((unsigned char)s.ptr[len] & 0xC0) == 0x80)
        len++;
    html_text(out, str_from(s.ptr, len));
}

static void draw_filtered_text(struct str s, struct str filter, struct buf *out)
{
    if (str_eq(filter, STR("group4")))
        group4(s, out);
    else if (str_eq(filter, STR("initial")))
        initial(s, out);
}

static void draw_filtered(const struct drawing *d, const json_t *v, struct str filter)
{
    enum lang lang = d->view->lang;
    if (json_is_string(v))
        draw_filtered_text(str_from(json_string_value(v), json_string_length(v)), filter, d->out);
    if (!json_is_integer(v))
        return;
    int64_t n = json_integer_value(v);
    if (str_eq(filter, STR("instant")))
        i18n_instant(lang, n, d->out);
    else if (str_eq(filter, STR("day")))
        i18n_day(lang, n, d->out);
    else if (str_eq(filter, STR("lastday")))
        i18n_day(lang, n - (n > INT64_MIN), d->out);
    else if (str_eq(filter, STR("duration")))
        i18n_duration(lang, n, d->out);
}

static void draw_value(const struct drawing *d, const struct scope *scope, struct str text)
{
    struct str filter;
    bool filtered = str_cut_last(&text, '|', &filter);
    if (filtered) { /* str_cut_last left what is before the bar */
        draw_filtered(d, look_up(scope, text), filter);
        return;
    }
    const json_t *v = look_up(scope, text);
    if (json_is_string(v))
        html_text(d->out, str_from(json_string_value(v), json_string_length(v)));
    else if (json_is_integer(v))
        buf_add_i64(d->out, json_integer_value(v));
}

static void draw_url(const struct drawing *d, const struct scope *scope, struct str name)
{
    const json_t *v = look_up(scope, name);
    struct str url = STR("");
    if (json_is_string(v))
        url = str_from(json_string_value(v), json_string_length(v));
    html_url(d->out, url);
}

/* The text between the holes is a translator's: escaped like any other. */
static void draw_message(const struct drawing *d, const struct scope *scope, const char *message)
{
    struct str rest = str_of(message), piece;
    while (str_cut(&rest, '%', &piece)) {
        html_text(d->out, piece);
        if (str_starts(rest, STR("%"))) {
            buf_add_char(d->out, '%');
            rest = str_from(rest.ptr + 1, rest.len - 1);
        } else if (str_starts(rest, STR("(")) && str_cut(&rest, ')', &piece)) {
            draw_value(d, scope, str_from(piece.ptr + 1, piece.len - 1));
            if (str_starts(rest, STR("s")))
                rest = str_from(rest.ptr + 1, rest.len - 1);
        }
    }
    html_text(d->out, rest);
}

/* NOLINTBEGIN(misc-no-recursion): sections and partials were bounded by TPL_DEPTH_MAX when parsed */
static err_t draw_range(const struct drawing *d, const struct tpl *tpl, size_t from, size_t to,
                        const struct scope *scope);

static err_t draw_section(const struct drawing *d, const struct tpl *tpl, size_t at,
                          const struct scope *scope)
{
    const struct tpl_node *n = &tpl->nodes[at];
    const json_t *v = look_up(scope, n->text);
    if (n->kind == TPL_INVERTED)
        return is_true(v) ? ERR(OK) : draw_range(d, tpl, at + 1, n->end, scope);
    if (!is_true(v))
        return ERR(OK);
    if (!json_is_array(v)) {
        struct scope inner = { v, scope };
        return draw_range(d, tpl, at + 1, n->end, &inner);
    }
    for (size_t i = 0; i < json_array_size(v); i++) {
        struct scope inner = { json_array_get(v, i), scope };
        TRY(draw_range(d, tpl, at + 1, n->end, &inner));
    }
    return ERR(OK);
}

static err_t draw_body(const struct drawing *d, const struct scope *scope)
{
    struct tpl_view without = *d->view;
    struct drawing inner = { d->set, &without, d->out };
    if (d->view->body == NULL)
        return ERR(OK);
    const struct tpl *tpl = tpl_find(d->set, str_of(d->view->body));
    if (tpl == NULL)
        return ERR(BUG);
    without.body = NULL; /* a body that asks for the body would never end */
    return draw_range(&inner, tpl, 0, tpl->count, scope);
}

static err_t draw_node(const struct drawing *d, const struct tpl *tpl, size_t at,
                       const struct scope *scope)
{
    const struct tpl_node *n = &tpl->nodes[at];
    switch (n->kind) {
    case TPL_TEXT:
        buf_add(d->out, n->text);
        break;
    case TPL_VALUE:
        draw_value(d, scope, n->text);
        break;
    case TPL_URL:
        draw_url(d, scope, n->text);
        break;
    case TPL_RAW:
        buf_add(d->out, d->view->qr_svg); /* the only name in the list */
        break;
    case TPL_MESSAGE:
        draw_message(d, scope, n->translated[d->view->lang]);
        break;
    case TPL_SECTION:
    case TPL_INVERTED:
        return draw_section(d, tpl, at, scope);
    case TPL_PARTIAL:
        return draw_range(d, n->target, 0, n->target->count, scope);
    case TPL_BODY:
        return draw_body(d, scope);
    }
    return ERR(OK);
}

static err_t draw_range(const struct drawing *d, const struct tpl *tpl, size_t from, size_t to,
                        const struct scope *scope)
{
    for (size_t i = from; i < to; i++) {
        const struct tpl_node *n = &tpl->nodes[i];
        TRY(draw_node(d, tpl, i, scope));
        if (n->kind == TPL_SECTION || n->kind == TPL_INVERTED)
            i = n->end - 1;
    }
    return ERR(OK);
}
/* NOLINTEND(misc-no-recursion) */

err_t tpl_render(const struct tpl_set *set, const char *name, const struct tpl_view *view,
                 struct buf *out)
{
    const struct tpl *tpl = tpl_find(set, str_of(name));
    struct scope base = { view->base, NULL };
    struct scope data = { view->data, &base };
    struct drawing d = { set, view, out };
    if (tpl == NULL)
        return ERR(BUG);
    TRY(draw_range(&d, tpl, 0, tpl->count, &data));
    return buf_err(out);
}
