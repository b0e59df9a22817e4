#include "base/log.h"

#include "base/clock.h"
#include "base/date.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, TAIL = 16 };

static enum log_level least_level = LOG_INFO;

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

static void put(struct line *l, struct str s)
{
    size_t room = sizeof l->text - TAIL - l->len;
    size_t n = s.len < room ? s.len : room;
    if (n > 0)
        memcpy(l->text + l->len, s.ptr, n);
    l->len += n;
}

static void put_char(struct line *l, char c) { put(l, str_from(&c, 1)); }

static void put_escaped(struct line *l, char c)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char u = (unsigned char)c;
    if (c == '"' || c == '\\') {
        char two[2] = { '\\', c };
        put(l, str_from(two, 2));
    } else if (u < 0x20 || u == 0x7F) {
        char six[6] = { '\\', 'u', '0', '0', hex[u >> 4], hex[u & 15] };
        put(l, str_from(six, 6));
    } else {
        put_char(l, c);
    }
}

static void put_quoted(struct line *l, struct str s)
{
    enum { VALUE_MAX = 340 };
    put_char(l, '"');
    if (!str_is_utf8(s)) {
        put(l, STR("(not UTF-8)"));
    } else {
        size_t n = s.len;
        if (n > VALUE_MAX) {
            n = VALUE_MAX;
            while (n > 0 && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
                n--;
        }
        for (size_t i = 0; i < n; i++)
            put_escaped(l, s.ptr[i]);
        if (n < s.len)
            put(l, STR("\xE2\x80\xA6"));
    }
    put_char(l, '"');
}

static void put_field(struct line *l, const struct log_field *f)
{
    char number[32];
    if (sizeof l->text - TAIL - l->len < 2200) /* a whole field or none: the line stays JSON */
        return;
    put_char(l, ',');
    put_quoted(l, str_of(f->key));
    put_char(l, ':');
    if (f->kind == LOG_KIND_STR) {
        put_quoted(l, f->text);
    } else {
        (void)snprintf(number, sizeof number, "%lld", (long long)f->number);
        put(l, str_of(number));
    }
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
    static const char *const names[] = { "debug", "info", "notice", "warning", "error" };
    struct line l = { .len = 0 };
    char now[DATE_RFC3339_LEN + 1];
    if (level < least_level)
        return;
    date_format_rfc3339(clock_now(), now);
    put(&l, STR("{\"time\":"));
    put_quoted(&l, str_of(now));
    put(&l, STR(",\"level\":"));
    put_quoted(&l, str_of(names[level]));
    put(&l, STR(",\"event\":"));
    put_quoted(&l, str_of(event));
    for (const struct log_field *f = fields; f->key != NULL; f++)
        put_field(&l, f);
    l.text[l.len++] = '}';
    l.text[l.len++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, l.text, l.len); /* one write: lines do not mix */
    (void)ignored;
}

void log_set_level(enum log_level least) { least_level = least; }
