#include "pages/html.h"

/* Elements whose content is not HTML text, or that would change what relative URLs mean. In a title or
 * a textarea, character references are decoded as in text, and an escaped value cannot end it. */
static const char *const banned_elements[] = { "script", "style", "base", "iframe",
                                               "object", "embed", "math" };
static const char *const banned_attributes[] = { "style", "srcdoc", "http-equiv", "ping" };
static const char *const url_attributes[] = { "href", "src", "action", "formaction", "xlink:href" };

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return c;
}
static bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

static bool is_name_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '_';
}

static struct str name_of(const struct html_cursor *c) { return str_from(c->name, c->name_len); }

static bool is_one_of(struct str name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, str_of(list[i])))
            return true;
    return false;
}

static const char *element_named(const struct html_cursor *c)
{
    return is_one_of(name_of(c), banned_elements, COUNT(banned_elements))
               ? "an element that templates may not use"
               : NULL;
}

static const char *attribute_named(struct html_cursor *c)
{
    struct str name = name_of(c);
    if (name.len == 0)
        return "a value without an attribute";
    if (is_one_of(name, banned_attributes, COUNT(banned_attributes)) || str_starts(name, STR("on")))
        return "an attribute that templates may not use";
    c->url = is_one_of(name, url_attributes, COUNT(url_attributes));
    return NULL;
}

static const char *add_to_name(struct html_cursor *c, char ch)
{
    if (c->name_len == HTML_NAME_MAX)
        return "a name that is too long";
    c->name[c->name_len++] = lower(ch);
    return NULL;
}

static const char *step_text(struct html_cursor *c, char ch, char next)
{
    if (ch != '<')
        return NULL;
    if (next != '/' && next != '!' && !is_letter(next))
        return "a '<' that begins no element: write &lt;";
    c->place = HTML_TAG;
    c->in_name = true;
    c->name_len = 0;
    return NULL;
}

static const char *step_tag_open(struct html_cursor *c)
{
    c->place = c->url ? HTML_URL : HTML_ATTR;
    c->want_quote = false;
    c->name_len = 0;
    return NULL;
}

static const char *end_of_name(struct html_cursor *c)
{
    if (!c->in_name)
        return NULL;
    c->in_name = false;
    const char *wrong = element_named(c);
    c->name_len = 0;
    return wrong;
}

static const char *step_tag(struct html_cursor *c, char ch, char next)
{
    const char *wrong = NULL;
    if (c->want_quote)
        return ch == '"' ? step_tag_open(c) : "an attribute value without double quotes";
    if (ch == '!' && next == '-')
        return "an HTML comment: write {{! … }}";
    if (is_name_char(ch))
        return add_to_name(c, ch);
    if ((ch == '/' || ch == '!') && c->name_len == 0)
        return NULL;
    wrong = end_of_name(c);
    if (wrong != NULL)
        return wrong;
    if (ch == '=') {
        c->want_quote = true;
        return attribute_named(c);
    }
    if (ch != '>' && ch != '/' && !is_space(ch))
        return "a character that belongs in no tag";
    c->name_len = 0;
    if (ch == '>')
        c->place = HTML_TEXT;
    return NULL;
}

static const char *step_value(struct html_cursor *c, char ch)
{
    if (ch == '"')
        c->place = HTML_TAG;
    else if (c->place == HTML_URL)
        c->place = HTML_URL_REST;
    return ch == '<' ? "a '<' in an attribute value: write &lt;" : NULL;
}

static const char *step(struct html_cursor *c, char ch, char next)
{
    switch (c->place) {
    case HTML_TEXT:
        return step_text(c, ch, next);
    case HTML_TAG:
        return step_tag(c, ch, next);
    case HTML_ATTR:
    case HTML_URL:
    case HTML_URL_REST:
        break;
    }
    return step_value(c, ch);
}

const char *html_follow(struct html_cursor *c, struct str text, size_t *where)
{
    for (size_t i = 0; i < text.len; i++) {
        char next = '\0';
        if (i + 1 < text.len)
            next = text.ptr[i + 1];
        const char *wrong = step(c, text.ptr[i], next);
        if (wrong == NULL)
            continue;
        *where = i;
        return wrong;
    }
    return NULL;
}

/* The entity of a character that must not stand for itself, or NULL. */
static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)c < 0x20 && !is_space(c) ? "\xEF\xBF\xBD" : NULL;
    }
}

void html_text(struct buf *out, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char *instead = entity(s.ptr[i]);
        if (instead == NULL)
            continue;
        buf_add(out, str_from(s.ptr + from, i - from));
        buf_add(out, str_of(instead));
        from = i + 1;
    }
    if (from < s.len)
        buf_add(out, str_from(s.ptr + from, s.len - from));
}

/* Browsers drop tabs and line ends from URLs and read "\" as "/", so that "/\t/host" is another
 * site: none of these belongs in a URL (RFC 3986 section 2). */
static bool has_stray(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '\\' || s.ptr[i] == 0x7F)
            return true;
    return false;
}

void html_url(struct buf *out, struct str s)
{
    bool path = str_starts(s, STR("/")) && !str_starts(s, STR("//"));
    bool absolute = str_starts(s, STR("https://")) || str_starts(s, STR("http://")) ||
                    str_starts(s, STR("otpauth://"));
    html_text(out, (path || absolute) && !has_stray(s) ? s : STR("#"));
}
