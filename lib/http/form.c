#include "http/form.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes IN into OUT, which has room for as many bytes: decoding never makes text longer. */
static bool unescape(struct str in, bool plus, char *out, size_t *len)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        if (c < 0x21 || c > 0x7E)
            return false;
        if (c == '%') {
            if (in.len - i < 3)
                return false;
            int high = hex_value(in.ptr[i + 1]);
            int low = hex_value(in.ptr[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    *len = n;
    return true;
}

static bool has_control(struct str s, bool text)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char u = (unsigned char)s.ptr[i];
        bool layout = text && (u == '\t' || u == '\r' || u == '\n');
        if ((u < 0x20 && !layout) || u == 0x7F)
            return true;
    }
    return false;
}

static err_t decode(struct arena *a, struct str in, bool plus, struct str *out)
{
    size_t len = 0;
    char *text = arena_alloc(a, in.len + 1);
    if (text == NULL)
        return ERR(NO_MEMORY);
    if (!unescape(in, plus, text, &len))
        return ERR(MALFORMED);
    text[len] = '\0';
    *out = str_from(text, len);
    return str_is_utf8(*out) ? ERR(OK) : ERR(BAD_UTF8);
}

static err_t parse_field(struct arena *a, struct str piece, struct form_field *out)
{
    struct str name = piece, value = STR("");
    if (str_cut(&piece, '=', &name))
        value = piece;
    TRY(decode(a, name, true, &out->name));
    TRY(decode(a, value, true, &out->value));
    if (out->name.len == 0 || has_control(out->name, false) || has_control(out->value, true))
        return ERR(MALFORMED);
    if (out->name.len > FORM_MAX_NAME || out->value.len > FORM_MAX_VALUE)
        return ERR(TOO_LARGE);
    return ERR(OK);
}

static size_t count_pieces(struct str text)
{
    size_t n = 0;
    struct str piece;
    while (str_next(&text, '&', &piece))
        n += piece.len > 0 ? 1 : 0;
    return n;
}

err_t form_parse(struct arena *a, struct str text, bool repeats, struct form *out)
{
    struct form form = { NULL, 0 };
    struct str piece;
    size_t count = count_pieces(text);
    if (count > FORM_MAX_FIELDS)
        return ERR(TOO_LARGE);
    struct form_field *fields = arena_array(a, count, sizeof *fields);
    if (fields == NULL)
        return ERR(NO_MEMORY);
    form.fields = fields;
    while (str_next(&text, '&', &piece)) {
        if (piece.len == 0)
            continue;
        TRY(parse_field(a, piece, &fields[form.count]));
        if (!repeats && form_get(&form, fields[form.count].name).ptr != NULL)
            return ERR(DUPLICATE);
        form.count++;
    }
    *out = form;
    return ERR(OK);
}

struct str form_get(const struct form *form, struct str name)
{
    for (size_t i = 0; i < form->count; i++)
        if (str_eq(form->fields[i].name, name))
            return form->fields[i].value;
    return (struct str){ NULL, 0 };
}

err_t form_decode_path(struct arena *a, struct str text, struct str *out)
{
    struct str path, rest, segment;
    if (text.len == 0 || text.ptr[0] != '/')
        return ERR(MALFORMED);
    /* Each segment alone, so that an encoded '/' is found: it would name another path. */
    rest = text;
    while (str_next(&rest, '/', &segment)) {
        struct str plain;
        TRY(decode(a, segment, false, &plain));
        if (has_control(plain, false) || str_has_char(plain, '/') || str_eq(plain, STR(".")) ||
            str_eq(plain, STR("..")))
            return ERR(MALFORMED);
    }
    TRY(decode(a, text, false, &path));
    *out = path;
    return ERR(OK);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void url_part(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char u = (unsigned char)text.ptr[i];
        const char three[3] = { '%', hex[u >> 4], hex[u & 15] };
        if (is_unreserved(text.ptr[i]))
            buf_add_char(out, text.ptr[i]);
        else
            buf_add(out, str_from(three, sizeof three));
    }
}

void form_put(struct buf *out, struct str name, struct str value)
{
    if (out->len > 0 && out->ptr[out->len - 1] != '?')
        buf_add_char(out, '&');
    url_part(out, name);
    buf_add_char(out, '=');
    url_part(out, value);
}
