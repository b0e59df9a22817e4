/* lib/token/pkce and hash: RFC 7636, and the digests under it. */
#include "base/enc.h"
#include "support/suite.h"
#include "token/hash.h"
#include "token/pkce.h"

/* RFC 7636 appendix B */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define A16       "aaaaaaaaaaaaaaaa"
#define A128      A16 A16 A16 A16 A16 A16 A16 A16

static const struct {
    const char *name;
    struct str verifier, challenge;
    err_t want;
} checks[] = {
    { "RFC 7636 appendix B", STR_INIT(VERIFIER), STR_INIT(CHALLENGE), { ERR_OK } },
    { "another verifier", STR_INIT(A16 A16 A16), STR_INIT(CHALLENGE), { ERR_DENIED } },
    { "challenge cut", STR_INIT(VERIFIER), STR_INIT("E9Melhoa2OwvFrEM"), { ERR_DENIED } },
    { "challenge empty", STR_INIT(VERIFIER), STR_INIT(""), { ERR_DENIED } },
    { "the method plain", STR_INIT(VERIFIER), STR_INIT(VERIFIER), { ERR_DENIED } },
    { "42 characters", STR_INIT(A16 A16 "aaaaaaaaaa"), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
    { "128 characters", STR_INIT(A128), STR_INIT(CHALLENGE), { ERR_DENIED } },
    { "129 characters", STR_INIT(A128 "a"), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
    { "a space", STR_INIT(A16 A16 " " A16), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
    { "a NUL", STR_INIT(A16 A16 "\0" A16), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
    { "a plus", STR_INIT(A16 A16 "+" A16), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
    { "no ASCII", STR_INIT(A16 A16 "\xc3\xa9" A16), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
    { "empty", STR_INIT(""), STR_INIT(CHALLENGE), { ERR_MALFORMED } },
};

/* Rule: the verifier's form is checked, then its digest (sections 4.1 and 4.6). */
START_TEST(check_table)
{
    err_t e = pkce_check(checks[_i].verifier, checks[_i].challenge);
    ck_assert_msg(e.code == checks[_i].want.code, "%s: %s", checks[_i].name, err_name(e));
}
END_TEST

static const struct {
    const char *name, *text;
    bool want;
} forms[] = {
    { "RFC 7636 appendix B", CHALLENGE, true },
    { "too short", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", false },
    { "too long", CHALLENGE "M", false },
    { "padded", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", false },
    { "base64, not base64url", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", false },
    { "trailing bits set", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN", false },
    { "empty", "", false },
};

/* Rule: a challenge is the one text of 32 bytes (section 4.2). */
START_TEST(form_table)
{
    ck_assert_msg(pkce_is_challenge(str_of(forms[_i].text)) == forms[_i].want, "%s",
                  forms[_i].name);
}
END_TEST

/* Rule: our own verifiers are sound, and no two are the same. */
START_TEST(own_verifiers)
{
    char a[PKCE_VERIFIER_LEN], b[PKCE_VERIFIER_LEN], challenge[PKCE_CHALLENGE_LEN];
    pkce_verifier(a);
    pkce_verifier(b);
    ck_assert(!str_eq(str_from(a, sizeof a), str_from(b, sizeof b)));
    ck_assert_ok(pkce_challenge(str_from(a, sizeof a), challenge));
    ck_assert(pkce_is_challenge(str_from(challenge, sizeof challenge)));
    ck_assert_ok(pkce_check(str_from(a, sizeof a), str_from(challenge, sizeof challenge)));
    ck_assert_err(pkce_check(str_from(b, sizeof b), str_from(challenge, sizeof challenge)), DENIED);
}
END_TEST

static const struct {
    const char *name;
    struct str key, data;
    const char *want;
} macs[] = {
    /* RFC 4231 sections 4.3 and 4.4; the last row: openssl dgst -sha256 -hmac '' </dev/null */
    { "RFC 4231 case 2", STR_INIT("Jefe"), STR_INIT("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "RFC 4231 case 1",
      STR_INIT("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
      STR_INIT("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "empty key, empty text", STR_INIT(""), STR_INIT(""),
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

/* Rule: HMAC-SHA-256 as RFC 2104 has it. */
START_TEST(mac_table)
{
    unsigned char mac[SHA256_LEN];
    char hex[HEX_LEN(sizeof mac)];
    ck_assert_ok(hmac_sha256(macs[_i].key, macs[_i].data, mac));
    hex_encode(hex, mac, sizeof mac);
    ck_assert_str_is(str_from(hex, sizeof hex), macs[_i].want);
}
END_TEST

/* Rule: SHA-256 of "abc" (FIPS 180-4 example), and its base64url form of the empty string
 * (openssl dgst -sha256 -binary </dev/null | basenc --base64url). */
START_TEST(digests)
{
    unsigned char digest[SHA256_LEN];
    char hex[HEX_LEN(sizeof digest)], text[SHA256_B64_LEN];
    ck_assert_ok(sha256(STR("abc"), digest));
    hex_encode(hex, digest, sizeof digest);
    ck_assert_str_is(str_from(hex, sizeof hex),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_ok(sha256_b64(STR(""), text));
    ck_assert_str_is(str_from(text, sizeof text), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}
END_TEST

int main(void)
{
    TCase *pkce = tcase_create("pkce"), *hash = tcase_create("hash");
    tcase_add_loop_test(pkce, check_table, 0, COUNT(checks));
    tcase_add_loop_test(pkce, form_table, 0, COUNT(forms));
    tcase_add_test(pkce, own_verifiers);
    tcase_add_loop_test(hash, mac_table, 0, COUNT(macs));
    tcase_add_test(hash, digests);
    return RUN_SUITE("pkce", pkce, hash);
}
