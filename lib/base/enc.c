#include "base/enc.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base32_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* What base64 and base64url share: all but the last two characters. */
static int alnum_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    return c >= '0' && c <= '9' ? c - '0' + 52 : -1;
}

static int base64_value(char c) { return c == '+' ? 62 : c == '/' ? 63 : alnum_value(c); }

static int base64url_value(char c) { return c == '-' ? 62 : c == '_' ? 63 : alnum_value(c); }

struct alphabet {
    const char *chars;
    unsigned bits;         /* a character stands for */
    int (*value_of)(char); /* -1 for what is not in it */
};

static const struct alphabet HEX = { "0123456789abcdef", 4, hex_value };
static const struct alphabet URL = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6, base64url_value
};
static const struct alphabet B64 = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, base64_value
};
static const struct alphabet B32 = { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, base32_value };

/* All three forms are the same: the bit string cut in groups of some bits, one character a group. */
static size_t encode(char *out, const void *bytes, size_t len, const struct alphabet *form)
{
    const unsigned bits = form->bits;
    const unsigned char *in = bytes;
    unsigned held = 0, count = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | in[i]) & 0xFFFFU;
        count += 8;
        while (count >= bits) {
            count -= bits;
            out[n++] = form->chars[(held >> count) & ((1U << bits) - 1)];
        }
    }
    if (count > 0)
        out[n++] = form->chars[(held << (bits - count)) & ((1U << bits) - 1)];
    return n;
}

static err_t decode(struct str text, const struct alphabet *form, unsigned char *out, size_t cap,
                    size_t *out_len)
{
    const unsigned bits = form->bits;
    unsigned held = 0, count = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int v = form->value_of(text.ptr[i]);
        if (v < 0)
            return ERR(MALFORMED);
        held = (held << bits | (unsigned)v) & 0xFFFFU;
        count += bits;
        if (count < 8)
            continue;
        count -= 8;
        if (n == cap)
            return ERR(TOO_LARGE);
        out[n++] = (unsigned char)(held >> count);
    }
    if (count >= bits || (held & ((1U << count) - 1)) != 0)
        return ERR(MALFORMED);
    *out_len = n;
    return ERR(OK);
}

void hex_encode(char *out, const void *bytes, size_t len) { encode(out, bytes, len, &HEX); }

err_t hex_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    return decode(text, &HEX, out, cap, out_len);
}

void base64url_encode(char *out, const void *bytes, size_t len) { encode(out, bytes, len, &URL); }

err_t base64url_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    return decode(text, &URL, out, cap, out_len);
}

void base64_encode(char *out, const void *bytes, size_t len)
{
    size_t n = encode(out, bytes, len, &B64);
    while (n % 4 != 0)
        out[n++] = '=';
}

err_t base64_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    if (text.len % 4 != 0)
        return ERR(MALFORMED);
    for (int pad = 0; pad < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; pad++)
        text.len--;
    return decode(text, &B64, out, cap, out_len);
}

void base32_encode(char *out, const void *bytes, size_t len) { encode(out, bytes, len, &B32); }

err_t base32_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    return decode(text, &B32, out, cap, out_len);
}
