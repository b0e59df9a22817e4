#include "base/jsonw.h"

#include <string.h>

static void comma(struct buf *b)
{
    if (b->len > 0 && strchr("{[:,", b->ptr[b->len - 1]) == NULL)
        buf_add_char(b, ',');
}

static void start(struct buf *b, const char *key)
{
    comma(b);
    if (key == NULL)
        return;
    buf_add_char(b, '"');
    buf_add(b, str_of(key));
    buf_add(b, STR("\":"));
}

/* RFC 8259 section 7 wants '"', '\' and the controls escaped; the rest is for HTML and scripts. */
static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0x7F;
}

static void escape(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        buf_add_char(b, '\\');
        buf_add_char(b, (char)c);
        return;
    }
    char text[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
    buf_add(b, str_from(text, sizeof text));
}

void jsonw_quoted(struct buf *b, struct str value)
{
    if (!str_is_utf8(value)) {
        if (err_ok(b->err))
            b->err = ERR(BAD_UTF8);
        return;
    }
    buf_add_char(b, '"');
    size_t done = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (!needs_escape(c))
            continue;
        buf_add(b, str_from(value.ptr + done, i - done));
        escape(b, c);
        done = i + 1;
    }
    if (done < value.len)
        buf_add(b, str_from(value.ptr + done, value.len - done));
    buf_add_char(b, '"');
}

void jsonw_open(struct buf *b, const char *key, char bracket)
{
    start(b, key);
    buf_add_char(b, bracket);
}

void jsonw_close(struct buf *b, char bracket) { buf_add_char(b, bracket); }

void jsonw_str(struct buf *b, const char *key, struct str value)
{
    start(b, key);
    jsonw_quoted(b, value);
}

void jsonw_int(struct buf *b, const char *key, int64_t value)
{
    start(b, key);
    buf_add_i64(b, value);
}

void jsonw_bool(struct buf *b, const char *key, bool value)
{
    start(b, key);
    buf_add(b, value ? STR("true") : STR("false"));
}

void jsonw_null(struct buf *b, const char *key)
{
    start(b, key);
    buf_add(b, STR("null"));
}

void jsonw_raw(struct buf *b, const char *key, struct str value)
{
    start(b, key);
    buf_add(b, value);
}

void jsonw_str_if(struct buf *b, const char *key, struct str value)
{
    if (value.len > 0)
        jsonw_str(b, key, value);
}
