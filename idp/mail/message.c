#include "mail/message.h"

#include "base/enc.h"

#include <time.h>

enum {
    LINE_BYTES = 57, /* 76 characters of base64 (RFC 2045 section 6.8) */
    WORD_BYTES =
        39, /* 52 of base64, 64 with "=?UTF-8?B?" and "?=", 73 after "Subject: ": RFC 2047, 76 */
    BODY_MAX = 16 * 1024,
};

/* ---- addresses ---- */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_atom(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && !str_has_char(STR("!#$%&'*+-/=?^_`{|}~"), s.ptr[i]))
            return false;
    return s.len > 0;
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    return s.len > 0 && s.len <= 63 && s.ptr[0] != '-' && s.ptr[s.len - 1] != '-';
}

static bool each_part(struct str s, bool (*is_sound)(struct str part))
{
    struct str part;
    if (s.len == 0 || str_ends(s, STR(".")))
        return false;
    while (str_next(&s, '.', &part))
        if (!is_sound(part))
            return false;
    return true;
}

bool mail_address_is_sound(struct str address)
{
    struct str local = address, host;
    if (address.len > MAIL_ADDRESS_MAX || !str_cut_last(&local, '@', &host))
        return false;
    return local.len <= 64 && each_part(local, is_atom) && each_part(host, is_label);
}

/* ---- headers ---- */

/* How many bytes of S, at most MAX, end between two characters. */
static size_t whole(struct str s, size_t max)
{
    size_t n = s.len < max ? s.len : max;
    while (n < s.len && n > 0 && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* Encoded always: nothing needs to be told apart then. */
static void add_encoded(struct buf *b, struct str text)
{
    char word[BASE64URL_LEN(WORD_BYTES) + 8];
    const char *sep = "";
    while (text.len > 0) {
        size_t n = whole(text, WORD_BYTES);
        if (n == 0)
            n = text.len < WORD_BYTES ? text.len : WORD_BYTES; /* not UTF-8: checked before */
        base64_encode(word, text.ptr, n);
        buf_add(b, str_of(sep));
        buf_add(b, STR("=?UTF-8?B?"));
        buf_add(b, str_from(word, (n + 2) / 3 * 4));
        buf_add(b, STR("?="));
        text = str_from(text.ptr + n, text.len - n);
        sep = "\r\n ";
    }
}

/* RFC 5322 section 3.3; in UTC, and in English whatever the locale. */
static err_t add_date(struct buf *b, int64_t at)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t t = (time_t)at;
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL)
        return ERR(MALFORMED);
    buf_addf(b, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
             months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return ERR(OK);
}

static struct str host_of(struct str address)
{
    struct str host = STR("");
    return str_cut_last(&address, '@', &host) ? host : address;
}

static err_t add_headers(const struct mail_message *m, struct buf *b)
{
    TRY(add_date(b, m->date));
    buf_add(b, STR("From: "));
    if (m->from_name.len > 0) {
        add_encoded(b, m->from_name);
        buf_add(b, STR("\r\n "));
    }
    buf_addf(b, "<%.*s>\r\nTo: <%.*s>\r\n", STR_ARG(m->from), STR_ARG(m->to));
    buf_addf(b, "Message-ID: <%.*s@%.*s>\r\nSubject: ", STR_ARG(m->id), STR_ARG(host_of(m->from)));
    add_encoded(b, m->subject);
    buf_add(b, STR("\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\n"));
    return ERR(OK);
}

/* ---- body ---- */

/* In base64 no line can be ".", too long, or changed on the way. Text has CR LF before it is encoded
 * (RFC 2046 section 4.1.1). */
static err_t add_body(struct str body, struct buf *out)
{
    struct buf text;
    char line[BASE64URL_LEN(LINE_BYTES) + 8];
    buf_init(&text, BODY_MAX);
    struct str rest = body, part;
    while (str_next(&rest, '\n', &part)) {
        if (str_ends(part, STR("\r")))
            part.len--;
        buf_add(&text, part);
        buf_add(&text, STR("\r\n"));
    }
    err_t e = buf_err(&text);
    for (size_t at = 0; err_ok(e) && at < text.len; at += LINE_BYTES) {
        size_t n = text.len - at < LINE_BYTES ? text.len - at : LINE_BYTES;
        base64_encode(line, text.ptr + at, n);
        buf_add(out, str_from(line, (n + 2) / 3 * 4));
        buf_add(out, STR("\r\n"));
    }
    buf_done(&text);
    return e;
}

err_t mail_write(const struct mail_message *m, struct buf *out)
{
    if (!mail_address_is_sound(m->from) || !mail_address_is_sound(m->to) || !str_is_uuid(m->id) ||
        !str_is_printable(m->from_name) || !str_is_printable(m->subject) || !str_is_utf8(m->body) ||
        m->subject.len == 0 || m->body.len == 0)
        return ERR(MALFORMED);
    if (m->subject.len > MAIL_SUBJECT_MAX || m->from_name.len > MAIL_SUBJECT_MAX)
        return ERR(TOO_LARGE);
    TRY(add_headers(m, out));
    TRY(add_body(m->body, out));
    return buf_err(out);
}
