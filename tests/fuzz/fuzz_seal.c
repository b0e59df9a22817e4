/* fuzz_seal.c - seal_open(), the value of an attribute of the directory. Either the bytes are an
 * envelope of our own making, and then they open to what was sealed, or they are not, and do not.
 * First byte odd: we seal what follows, and the second byte says which character to change, for no
 * mutation would ever find a true tag. */
#include "fuzz/fuzz.h"
#include "keys/seal.h"

static const unsigned char secret[SEAL_KEY_LEN] = { 1, 2, 3 };
static const struct seal_owner owner = { STR_INIT("person"), STR_INIT("credential") };

static void check_own(const struct seal_key *key, struct arena *a, struct str plain, uint8_t where)
{
    char text[SEAL_TEXT_MAX];
    struct str sealed, out;
    err_t e = seal_close(key, a, &owner, plain, &sealed);
    FUZZ_CHECK(err_ok(e) == (plain.len <= SEAL_PLAIN_MAX));
    if (!err_ok(e))
        return;
    FUZZ_CHECK(sealed.len > 0 && sealed.len <= sizeof text);
    FUZZ_CHECK(err_ok(seal_open(key, 1, a, &owner, sealed, &out)) && str_eq(out, plain));
    FUZZ_CHECK(sealed.len > 0 && sealed.len <= sizeof text);
    for (size_t i = 0; i < sealed.len; i++)
        text[i] = sealed.ptr[i];
    text[where % sealed.len] ^= 1;
    struct str changed = str_from(text, sealed.len);
    FUZZ_CHECK(seal_open(key, 1, a, &owner, changed, &out).code == ERR_SEAL_BROKEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = NULL;
    struct seal_key key;
    struct str text = str_from((const char *)data, size), out;
    if (size < 2 || size > 1024 || !err_ok(arena_new(ARENA_DEFAULT_MAX, &a)))
        return 0;
    FUZZ_CHECK(err_ok(seal_key_init(&key, secret)));
    if ((data[0] & 1) != 0)
        check_own(&key, a, str_from(text.ptr + 2, text.len - 2), data[1]);
    else
        FUZZ_CHECK(seal_open(&key, 1, a, &owner, text, &out).code == ERR_SEAL_BROKEN);
    arena_free(a);
    return 0;
}
