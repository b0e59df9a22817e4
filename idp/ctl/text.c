#include "ctl/text.h"

#include "base/buf.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

enum { TEXT_MAX = 4096 }; /* bytes of one value */

/* ---- through libunistring, which allocates with malloc ---- */

static const uint8_t *bytes(struct str s) { return (const uint8_t *)s.ptr; }

static err_t normalized(struct arena *a, uninorm_t form, struct str s, struct str *out)
{
    size_t len = 0;
    if (s.len == 0 || !str_is_utf8(s)) {
        *out = STR("");
        return s.len == 0 ? ERR(OK) : ERR(BAD_UTF8);
    }
    uint8_t *r = u8_normalize(form, bytes(s), s.len, NULL, &len);
    if (r == NULL)
        return ERR(NO_MEMORY);
    err_t e = arena_str(a, str_from((const char *)r, len), out);
    free(r);
    return e;
}

static err_t upper(struct arena *a, struct str s, struct str *out)
{
    size_t len = 0;
    if (s.len == 0) {
        *out = s;
        return ERR(OK);
    }
    uint8_t *r = u8_toupper(bytes(s), s.len, NULL, NULL, NULL, &len);
    if (r == NULL)
        return ERR(NO_MEMORY);
    err_t e = arena_str(a, str_from((const char *)r, len), out);
    free(r);
    return e;
}

/* The next character of REST, which is UTF-8; false at the end. */
static bool next_char(struct str *rest, ucs4_t *uc)
{
    if (rest->len == 0)
        return false;
    int n = u8_mbtouc(uc, bytes(*rest), rest->len);
    if (n <= 0)
        return false;
    rest->ptr += n;
    rest->len -= (size_t)n;
    return true;
}

static void add_char(struct buf *b, ucs4_t uc)
{
    uint8_t out[6];
    int n = u8_uctomb(out, uc, sizeof out);
    if (n > 0)
        buf_add(b, str_from((const char *)out, (size_t)n));
}

static err_t keep(struct arena *a, struct buf *b, struct str *out)
{
    err_t e = buf_err(b);
    if (err_ok(e))
        e = arena_str(a, buf_str(b), out);
    buf_done(b);
    return e;
}

/* ---- white space ---- */

struct str text_trim(struct str s)
{
    ucs4_t uc;
    struct str rest = s, end = str_from(s.ptr, 0);
    while (next_char(&rest, &uc)) {
        bool space = uc_is_property_white_space(uc);
        if (space && end.len == 0)
            end.ptr = rest.ptr; /* still before the first character */
        if (!space)
            end.len = (size_t)(rest.ptr - end.ptr);
    }
    return end;
}

err_t text_clean(struct arena *a, struct str s, struct str *out)
{
    struct buf b;
    struct str rest;
    ucs4_t uc;
    bool space = false;
    TRY(normalized(a, UNINORM_NFC, text_trim(s), &rest));
    buf_init(&b, TEXT_MAX);
    while (next_char(&rest, &uc)) {
        if (uc_is_property_white_space(uc)) {
            space = true;
            continue;
        }
        if (space)
            buf_add_char(&b, ' ');
        space = false;
        add_char(&b, uc);
    }
    return keep(a, &b, out);
}

err_t text_squeeze(struct arena *a, struct str s, struct str *out)
{
    struct buf b;
    ucs4_t uc;
    buf_init(&b, TEXT_MAX);
    while (next_char(&s, &uc))
        if (!uc_is_property_white_space(uc))
            add_char(&b, uc);
    return keep(a, &b, out);
}

/* ---- letters ---- */

/* Letters with a stroke and ligatures have no decomposition in Unicode: these are all that the
 * languages of the European Union and Vietnamese use. */
static const struct {
    ucs4_t upper, lower;
    const char *latin;
} undecomposed[] = {
    { 0x0152, 0x0153, "oe" }, /* Œ œ */
    { 0x00c6, 0x00e6, "ae" }, /* Æ æ */
    { 0x1e9e, 0x00df, "ss" }, /* ẞ ß */
    { 0x00d8, 0x00f8, "o" },  /* Ø ø */
    { 0x0110, 0x0111, "d" },  /* Đ đ */
    { 0x00d0, 0x00f0, "d" },  /* Ð ð */
    { 0x00de, 0x00fe, "th" }, /* Þ þ */
    { 0x0141, 0x0142, "l" },  /* Ł ł */
    { 0x0131, 0x0131, "i" },  /* ı */
    { 0x0126, 0x0127, "h" },  /* Ħ ħ */
};

static const char *latin_of(ucs4_t uc)
{
    for (size_t i = 0; i < COUNT(undecomposed); i++)
        if (uc == undecomposed[i].upper || uc == undecomposed[i].lower)
            return undecomposed[i].latin;
    return NULL;
}

/* Without marks, ligatures and strokes; ASCII letters in lower case. */
static err_t fold(struct arena *a, struct str s, struct str *out)
{
    struct buf b;
    struct str rest;
    ucs4_t uc;
    TRY(normalized(a, UNINORM_NFKD, s, &rest));
    buf_init(&b, TEXT_MAX);
    while (next_char(&rest, &uc)) {
        const char *latin = latin_of(uc);
        if (latin != NULL)
            buf_add(&b, str_of(latin));
        else if (uc >= 'A' && uc <= 'Z')
            buf_add_char(&b, (char)(uc - 'A' + 'a'));
        else if (uc_combining_class(uc) == 0)
            add_char(&b, uc);
    }
    return keep(a, &b, out);
}

static bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

err_t text_name_key(struct arena *a, struct str name, struct str *out)
{
    struct buf b;
    struct str s;
    TRY(fold(a, name, &s));
    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < s.len; i++)
        if (is_alnum(s.ptr[i]))
            buf_add_char(&b, s.ptr[i]);
    return keep(a, &b, out);
}

/* The rule of docs/access-model.md to the letter: only œ has a substitute there. */
err_t text_code(struct arena *a, struct str label, struct str *out)
{
    struct buf b;
    struct str rest;
    ucs4_t uc;
    buf_init(&b, TEXT_MAX);
    TRY(normalized(a, UNINORM_NFKD, label, &rest));
    while (next_char(&rest, &uc)) {
        if (uc == 0x0152 || uc == 0x0153)
            buf_add(&b, STR("OE"));
        else if (uc_combining_class(uc) == 0)
            add_char(&b, uc);
    }
    TRY(keep(a, &b, &rest));
    TRY(upper(a, rest, &rest));
    buf_init(&b, TEXT_MAX);
    bool dash = false;
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.ptr[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain && dash && b.len > 0)
            buf_add_char(&b, '-');
        dash = !plain;
        if (plain)
            buf_add_char(&b, c);
    }
    return keep(a, &b, out);
}

static bool is_name_char(ucs4_t uc)
{
    return uc == ' ' || uc == '\'' || uc == '-' || uc == '.' || uc == 0x2019 || uc == 0x2010 ||
           uc == 0x2011;
}

bool text_is_name(struct str s)
{
    ucs4_t uc;
    bool letter = false;
    while (next_char(&s, &uc)) {
        if (uc_is_general_category(uc, UC_LETTER))
            letter = true;
        else if (uc_combining_class(uc) == 0 && !is_name_char(uc))
            return false;
    }
    return letter;
}

size_t text_length(struct str s) { return s.len == 0 ? 0 : u8_mbsnlen(bytes(s), s.len); }

/* ---- logins ---- */

/* Words joined by '-'; an apostrophe joins what it separates. */
static err_t words(struct arena *a, struct str name, bool initials, struct str *out)
{
    struct buf b;
    struct str s;
    ucs4_t uc;
    bool start = true;
    TRY(fold(a, name, &s));
    buf_init(&b, TEXT_MAX);
    while (next_char(&s, &uc)) {
        if (uc < 128 && is_alnum((char)uc)) {
            if (start && b.len > 0 && !initials)
                buf_add_char(&b, '-');
            if (start || !initials)
                buf_add_char(&b, (char)uc);
            start = false;
        } else if (uc != '\'' && uc != 0x2019) {
            start = true;
        }
    }
    return keep(a, &b, out);
}

static struct str cut(struct str s, size_t max)
{
    s.len = s.len < max ? s.len : max;
    while (s.len > 0 && (s.ptr[s.len - 1] == '-' || s.ptr[s.len - 1] == '.'))
        s.len--;
    return s;
}

err_t text_login(struct arena *a, struct str given, struct str family, size_t max, struct str *out)
{
    struct str first, last, all;
    TRY(words(a, given, false, &first));
    TRY(words(a, family, false, &last));
    if (first.len + 1 + last.len > max)
        TRY(words(a, given, true, &first));
    const char *dot = first.len > 0 && last.len > 0 ? "." : "";
    TRY(arena_printf(a, &all, "%.*s%s%.*s", STR_ARG(first), dot, STR_ARG(last)));
    *out = cut(all, max);
    return ERR(OK);
}
