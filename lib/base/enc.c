#include "base/enc.h"

static const char hex_alphabet[] = "0123456789abcdef";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char b64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b32_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* All three forms are the same: the bit string cut in groups of BITS, one character a group. */
static size_t encode(char *out, const void *bytes, size_t len, const char *alphabet, unsigned bits)
{
    const unsigned char *in = bytes;
    unsigned held = 0, count = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | in[i]) & 0xFFFFU;
        count += 8;
        while (count >= bits) {
            count -= bits;
            out[n++] = alphabet[(held >> count) & ((1U << bits) - 1)];
        }
    }
    if (count > 0)
        out[n++] = alphabet[(held << (bits - count)) & ((1U << bits) - 1)];
    return n;
}

/* No table look-up by secret value would be nicer; the alphabets are short and what is decoded
 * here was sent by the caller, who knows it already. */
static int value_of(char c, const char *alphabet, unsigned bits)
{
    for (unsigned v = 0; v < 1U << bits; v++)
        if (alphabet[v] == c)
            return (int)v;
    return -1;
}

static err_t decode(struct str text, const char *alphabet, unsigned bits, unsigned char *out,
                    size_t cap, size_t *out_len)
{
    unsigned held = 0, count = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int v = value_of(text.ptr[i], alphabet, bits);
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

void hex_encode(char *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, hex_alphabet, 4);
}

err_t hex_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    return decode(text, hex_alphabet, 4, out, cap, out_len);
}

void base64url_encode(char *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, url_alphabet, 6);
}

err_t base64url_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    return decode(text, url_alphabet, 6, out, cap, out_len);
}

void base64_encode(char *out, const void *bytes, size_t len)
{
    size_t n = encode(out, bytes, len, b64_alphabet, 6);
    while (n % 4 != 0)
        out[n++] = '=';
}

err_t base64_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    if (text.len % 4 != 0)
        return ERR(MALFORMED);
    for (int pad = 0; pad < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; pad++)
        text.len--;
    return decode(text, b64_alphabet, 6, out, cap, out_len);
}

void base32_encode(char *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, b32_alphabet, 5);
}

err_t base32_decode(struct str text, void *out, size_t cap, size_t *out_len)
{
    return decode(text, b32_alphabet, 5, out, cap, out_len);
}
