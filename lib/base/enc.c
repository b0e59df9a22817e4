#include "base/enc.h"

struct alphabet {
    const char *chars;
    unsigned bits; /* a character stands for */
};

static const struct alphabet HEX = { "0123456789abcdef", 4 };
static const struct alphabet URL = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6
};
static const struct alphabet B64 = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6
};
static const struct alphabet B32 = { "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5 };

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

/* No table look-up by secret value would be nicer; the alphabets are short and what is decoded
 * here was sent by the caller, who knows it already. */
static int value_of(char c, const struct alphabet *form)
{
    for (unsigned v = 0; v < 1U << form->bits; v++)
        if (form->chars[v] == c)
            return (int)v;
    return -1;
}

static err_t decode(struct str text, const struct alphabet *form, unsigned char *out, size_t cap,
                    size_t *out_len)
{
    const unsigned bits = form->bits;
    unsigned held = 0, count = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int v = value_of(text.ptr[i], form);
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
