#include "base/str.h"

#include <string.h>

struct str str_of(const char *cstr)
{
    return cstr == NULL ? (struct str){ "", 0 } : (struct str){ cstr, strlen(cstr) };
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

bool str_eq_ignore_case(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_from(s.ptr, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           str_eq(str_from(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

static const char *find(struct str s, char c)
{
    return s.len == 0 ? NULL : memchr(s.ptr, c, s.len);
}

bool str_has_char(struct str s, char c) { return find(s, c) != NULL; }

bool str_cut(struct str *rest, char sep, struct str *part)
{
    const char *at = find(*rest, sep);
    if (at == NULL)
        return false;
    size_t before = (size_t)(at - rest->ptr);
    *part = str_from(rest->ptr, before);
    *rest = str_from(at + 1, rest->len - before - 1);
    return true;
}

bool str_cut_last(struct str *rest, char sep, struct str *part)
{
    for (size_t i = rest->len; i > 0; i--) {
        if (rest->ptr[i - 1] != sep)
            continue;
        *part = str_from(rest->ptr + i, rest->len - i);
        rest->len = i - 1;
        return true;
    }
    return false;
}

bool str_next(struct str *rest, char sep, struct str *part)
{
    if (rest->len == 0)
        return false;
    if (!str_cut(rest, sep, part)) {
        *part = *rest;
        *rest = str_from(NULL, 0);
    }
    return true;
}

bool str_in_list(struct str list, char sep, struct str word)
{
    struct str part;
    while (str_next(&list, sep, &part))
        if (str_eq(part, word))
            return true;
    return false;
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    size_t i = negative ? 1 : 0;
    int64_t value = 0;
    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        int digit = s.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) /* towards INT64_MIN, which is longer */
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *out = value;
    return true;
}

/* Reads one character at S[i]; 0 bytes when it is not well-formed. RFC 3629 section 4. */
static size_t utf8_char(struct str s, size_t i, uint32_t *out)
{
    static const struct {
        uint32_t least;
        unsigned char low, high, mask, len;
    } form[] = {
        { 0, 0x00, 0x7F, 0x7F, 1 },
        { 0x80, 0xC2, 0xDF, 0x1F, 2 },
        { 0x800, 0xE0, 0xEF, 0x0F, 3 },
        { 0x10000, 0xF0, 0xF4, 0x07, 4 },
    };
    unsigned char first = (unsigned char)s.ptr[i];
    for (size_t f = 0; f < COUNT(form); f++) {
        if (first < form[f].low || first > form[f].high)
            continue;
        if (s.len - i < form[f].len)
            return 0;
        uint32_t c = first & form[f].mask;
        for (size_t k = 1; k < form[f].len; k++) {
            unsigned char next = (unsigned char)s.ptr[i + k];
            if ((next & 0xC0) != 0x80)
                return 0;
            c = (c << 6) | (next & 0x3FU);
        }
        if (c < form[f].least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return 0;
        *out = c;
        return form[f].len;
    }
    return 0;
}

static bool utf8_all(struct str s, bool (*allowed)(uint32_t c))
{
    uint32_t c = 0;
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_char(s, i, &c);
        if (n == 0 || !allowed(c))
            return false;
        i += n;
    }
    return true;
}

static bool any_char(uint32_t c)
{
    (void)c;
    return true;
}

static bool printable_char(uint32_t c) { return c >= 0x20 && c != 0x7F && (c < 0x80 || c > 0x9F); }

bool str_is_utf8(struct str s) { return utf8_all(s, any_char); }

bool str_is_printable(struct str s) { return utf8_all(s, printable_char); }

bool str_is_uuid(struct str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}

/* FNV-1a, 64 bits, with a final mix so that low bits are good enough for a power-of-two table. */
uint64_t str_hash(struct str s, uint64_t seed)
{
    uint64_t h = 0xCBF29CE484222325U ^ seed;
    for (size_t i = 0; i < s.len; i++) {
        h ^= (unsigned char)s.ptr[i];
        h *= 0x100000001B3U;
    }
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15U;
    return h ^ (h >> 29);
}
