#include "state/handle.h"

#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "token/hash.h"

#include <string.h>

enum {
    ID_LEN = 8,
    SECRET_LEN = HANDLE_SECRET_LEN,
    RAW_LEN = ID_LEN + SECRET_LEN,
    CHANCE_BITS = 30
};

_Static_assert(HANDLE_LEN == 2 + BASE64URL_LEN(RAW_LEN), "the length in state.h");
_Static_assert((int)HANDLE_HASH_LEN == (int)SHA256_LEN, "what is stored is a SHA-256");

int64_t handle_id(int64_t now)
{
    uint32_t chance;
    rng_fill(&chance, sizeof chance);
    uint64_t born = (uint64_t)now & ((UINT64_C(1) << (63 - CHANCE_BITS)) - 1);
    return (int64_t)(born << CHANCE_BITS | (chance & ((UINT32_C(1) << CHANCE_BITS) - 1)));
}

static err_t hash_secret(enum handle_tag tag, const unsigned char secret[SECRET_LEN],
                         unsigned char out[HANDLE_HASH_LEN])
{
    char text[1 + SECRET_LEN];
    text[0] = (char)tag;
    memcpy(text + 1, secret, SECRET_LEN);
    err_t e = sha256(str_from(text, sizeof text), out);
    wipe(text, sizeof text);
    return e;
}

err_t handle_of(enum handle_tag tag, const unsigned char secret[HANDLE_SECRET_LEN],
                struct handle *text, struct handle_row *out)
{
    unsigned char raw[RAW_LEN];
    for (int i = 0; i < ID_LEN; i++)
        raw[i] = (unsigned char)((uint64_t)out->id >> (8 * (ID_LEN - 1 - i)));
    memcpy(raw + ID_LEN, secret, SECRET_LEN);
    text->text[0] = (char)tag;
    text->text[1] = '_';
    base64url_encode(text->text + 2, raw, sizeof raw);
    err_t e = hash_secret(tag, raw + ID_LEN, out->hash);
    wipe(raw, sizeof raw);
    return e;
}

err_t handle_make(enum handle_tag tag, struct handle *text, struct handle_row *out)
{
    unsigned char secret[HANDLE_SECRET_LEN];
    rng_fill(secret, sizeof secret);
    err_t e = handle_of(tag, secret, text, out);
    wipe(secret, sizeof secret);
    return e;
}

err_t handle_read(enum handle_tag tag, struct str text, struct handle_row *out, bool *valid)
{
    unsigned char raw[RAW_LEN] = { 0 };
    size_t len = 0;
    struct handle_row row = { 0 };
    *valid =
        text.len == HANDLE_LEN && text.ptr[0] == (char)tag && text.ptr[1] == '_' &&
        err_ok(base64url_decode(str_from(text.ptr + 2, text.len - 2), raw, sizeof raw, &len)) &&
        len == sizeof raw;
    if (!*valid)
        rng_fill(raw + ID_LEN, SECRET_LEN); /* id 0 is never given out, nor will this hash match */
    uint64_t id = 0;
    for (int i = 0; *valid && i < ID_LEN; i++)
        id = id << 8 | raw[i];
    row.id = (int64_t)id;
    err_t e = hash_secret(tag, raw + ID_LEN, row.hash);
    wipe(raw, sizeof raw);
    if (err_ok(e))
        *out = row;
    return e;
}
