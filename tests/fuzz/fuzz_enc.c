/* fuzz_enc.c - hex, base64url, base64 and base32 (RFC 4648): whatever a decoder accepts, the
 * encoder writes back as the same text (hex: up to the case of letters), so one value has one text.
 */
#include "base/enc.h"
#include "fuzz/fuzz.h"

#include <string.h>

enum { TEXT_MAX = 512 };

struct codec {
    err_t (*decode)(struct str text, void *out, size_t cap, size_t *out_len);
    void (*encode)(char *out, const void *bytes, size_t len);
    bool any_case;
};

static const struct codec CODECS[] = {
    { hex_decode, hex_encode, true },
    { base64url_decode, base64url_encode, false },
    { base64_decode, base64_encode, false },
    { base32_decode, base32_encode, true },
};

static void round_trip(const struct codec *c, struct str text)
{
    unsigned char bytes[TEXT_MAX];
    char again[TEXT_MAX];
    size_t len = 0;
    if (!err_ok(c->decode(text, bytes, sizeof bytes, &len)))
        return;
    FUZZ_CHECK(len <= text.len);
    c->encode(again, bytes, len);
    struct str written = str_from(again, text.len);
    FUZZ_CHECK(c->any_case ? str_eq_ignore_case(written, text) : str_eq(written, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        return 0;
    char text[TEXT_MAX];
    if (size > 0)
        memcpy(text, data, size);
    for (size_t i = 0; i < COUNT(CODECS); i++)
        round_trip(&CODECS[i], str_from(text, size));
    return 0;
}
