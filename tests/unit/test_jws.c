/* lib/token/jws: ES256 compact signatures, and every way to be refused. */
#include "base/enc.h"
#include "support/forge.h"
#include "support/suite.h"
#include "token/es256.h"
#include "token/jws.h"

#include <pthread.h>
#include <string.h>

/* RFC 7515 appendix A.3 */
#define A3_KEY                                               \
    "{\"kty\":\"EC\",\"crv\":\"P-256\","                     \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define A3_HEAD "eyJhbGciOiJFUzI1NiJ9"
#define A3_BODY                                                                                    \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"
#define A3_SIG \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

static struct jws_signer *signer;
static struct jwks *keys;
static struct buf token;

static void setup(void)
{
    ck_assert_ok(jws_signer_generate(&signer));
    keys = forge_keys(signer);
    buf_init(&token, 4 * JWS_MAX);
}

static void teardown(void)
{
    jws_signer_free(signer);
    jwks_free(keys);
    buf_done(&token);
}

/* Parse and check, as every verifier does. */
static err_t judge(struct str text, const struct jwks *set)
{
    struct jws jws;
    TRY(jws_parse(text, &jws));
    return jws_check(&jws, set);
}

static const struct {
    const char *name, *token;
    err_t want;
} known[] = {
    { "RFC 7515 A.3", A3_HEAD "." A3_BODY "." A3_SIG, { ERR_OK } },
    { "one letter of the payload",
      A3_HEAD ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb29"
              "0Ijp0cnVlfg." A3_SIG,
      { ERR_TOKEN_FORGED } },
    { "another header", "eyJhbGciOiJFUzI1NiIgfQ." A3_BODY "." A3_SIG, { ERR_TOKEN_FORGED } },
    { "last character carries a spare bit",
      A3_HEAD
      "." A3_BODY
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1R",
      { ERR_TOKEN_MALFORMED } },
    { "padded", A3_HEAD "." A3_BODY "." A3_SIG "==", { ERR_TOKEN_MALFORMED } },
    { "no signature", A3_HEAD "." A3_BODY ".", { ERR_TOKEN_MALFORMED } },
    { "two parts", A3_HEAD "." A3_BODY, { ERR_TOKEN_MALFORMED } },
    { "four parts", A3_HEAD "." A3_BODY "." A3_SIG "." A3_SIG, { ERR_TOKEN_MALFORMED } },
    { "JWE, five parts", A3_HEAD "....", { ERR_TOKEN_MALFORMED } },
    { "a leading dot", "." A3_HEAD "." A3_BODY "." A3_SIG, { ERR_TOKEN_MALFORMED } },
    { "no header", "." A3_BODY "." A3_SIG, { ERR_TOKEN_MALFORMED } },
    { "no payload", A3_HEAD ".." A3_SIG, { ERR_TOKEN_MALFORMED } },
    { "a newline after", A3_HEAD "." A3_BODY "." A3_SIG "\n", { ERR_TOKEN_MALFORMED } },
    { "a space before", " " A3_HEAD "." A3_BODY "." A3_SIG, { ERR_TOKEN_MALFORMED } },
    { "JSON serialisation", "{\"payload\":\"e30\"}", { ERR_TOKEN_MALFORMED } },
    { "dots only", "..", { ERR_TOKEN_MALFORMED } },
    { "empty", "", { ERR_TOKEN_MALFORMED } },
};

/* Rule: the shape of RFC 7515 section 7.1, one text per value; RFC 7518 section 3.4. */
START_TEST(known_table)
{
    struct jwk *k = NULL;
    struct jwks *set = NULL;
    ck_assert_ok(jwk_parse(STR(A3_KEY), &k));
    ck_assert_ok(jwks_new(&set));
    ck_assert_ok(jwks_add(set, k));
    err_t e = judge(str_of(known[_i].token), set);
    ck_assert_msg(e.code == known[_i].want.code, "%s: %s", known[_i].name, err_name(e));
    jwks_free(set);
}
END_TEST

/* The order n of P-256 (SEC 2 section 2.4.2), and n + 1, big-endian. */
#define N                                                                                     \
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, \
        0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51

static const struct {
    const char *name;
    enum { AS_IS, SET_R, SET_S, SET_BOTH, SWAP, FLIP_HIGH, FLIP_LOW } how;
    unsigned char value[32];
    err_t want;
} forgeries[] = {
    { "untouched", AS_IS, { 0 }, { ERR_OK } },
    { "r = 0", SET_R, { 0 }, { ERR_TOKEN_FORGED } },
    { "s = 0", SET_S, { 0 }, { ERR_TOKEN_FORGED } },
    { "r = s = 0 (CVE-2022-21449)", SET_BOTH, { 0 }, { ERR_TOKEN_FORGED } },
    { "r = n", SET_R, { N }, { ERR_TOKEN_FORGED } },
    { "s = n", SET_S, { N }, { ERR_TOKEN_FORGED } },
    { "r = s = n", SET_BOTH, { N }, { ERR_TOKEN_FORGED } },
    { "r = 1", SET_R, { [31] = 1 }, { ERR_TOKEN_FORGED } },
    { "r = s = 1", SET_BOTH, { [31] = 1 }, { ERR_TOKEN_FORGED } },
    { "r = 2^255", SET_R, { 0x80 }, { ERR_TOKEN_FORGED } },
    { "r and s swapped", SWAP, { 0 }, { ERR_TOKEN_FORGED } },
    { "high bit of r", FLIP_HIGH, { 0 }, { ERR_TOKEN_FORGED } },
    { "low bit of s", FLIP_LOW, { 0 }, { ERR_TOKEN_FORGED } },
};

static void distort(unsigned char raw[ES256_SIG], size_t row)
{
    unsigned char half[32];
    const unsigned char *value = forgeries[row].value;
    switch (forgeries[row].how) {
    case AS_IS:
        break;
    case SET_R:
        memcpy(raw, value, 32);
        break;
    case SET_S:
        memcpy(raw + 32, value, 32);
        break;
    case SET_BOTH:
        memcpy(raw, value, 32);
        memcpy(raw + 32, value, 32);
        break;
    case SWAP:
        memcpy(half, raw, 32);
        memcpy(raw, raw + 32, 32);
        memcpy(raw + 32, half, 32);
        break;
    case FLIP_HIGH:
        raw[0] ^= 0x80;
        break;
    case FLIP_LOW:
        raw[63] ^= 1;
        break;
    }
}

/* Signs {"a":1} and hands over the two parts and the signature's bytes. */
static void signature_of(struct buf *b, unsigned char raw[ES256_SIG])
{
    struct jws jws;
    forge_token(signer, STR("{\"alg\":\"ES256\"}"), STR("{\"a\":1}"), b);
    ck_assert_ok(jws_parse(buf_str(b), &jws));
    memcpy(raw, jws.signature, ES256_SIG);
    b->len = jws.signed_part.len;
}

static void put_signature(struct buf *b, const unsigned char *bytes, size_t len)
{
    buf_add_char(b, '.');
    char *at = buf_extend(b, BASE64URL_LEN(len));
    ck_assert_ptr_nonnull(at);
    base64url_encode(at, bytes, len);
}

/* Rule: r and s are in [1, n-1] and are the signature of this text (SEC 1 section 4.1.4). */
START_TEST(forgery_table)
{
    unsigned char raw[ES256_SIG];
    signature_of(&token, raw);
    distort(raw, (size_t)_i);
    put_signature(&token, raw, sizeof raw);
    err_t e = judge(buf_str(&token), keys);
    ck_assert_msg(e.code == forgeries[_i].want.code, "%s: %s", forgeries[_i].name, err_name(e));
}
END_TEST

/* Rule: the signature is 64 bytes of r || s: neither DER nor longer nor shorter. */
START_TEST(signature_lengths)
{
    unsigned char raw[ES256_SIG + 1] = { 0 }, der[ES256_DER_MAX];
    size_t len = 0;
    signature_of(&token, raw);
    size_t parts = token.len;
    ck_assert_ok(es256_der_of_raw(raw, der, &len));
    put_signature(&token, der, len);
    ck_assert_err(judge(buf_str(&token), keys), TOKEN_MALFORMED);
    token.len = parts;
    put_signature(&token, raw, ES256_SIG - 1);
    ck_assert_err(judge(buf_str(&token), keys), TOKEN_MALFORMED);
    token.len = parts;
    put_signature(&token, raw, ES256_SIG + 1);
    ck_assert_err(judge(buf_str(&token), keys), TOKEN_MALFORMED);
    token.len = parts;
    put_signature(&token, raw, ES256_SIG);
    ck_assert_ok(judge(buf_str(&token), keys));
}
END_TEST

/* Rule: raw and DER forms are the same number, also where r or s begins with zeros. */
START_TEST(der_round_trip)
{
    unsigned char raw[ES256_SIG] = { 0 }, again[ES256_SIG], der[ES256_DER_MAX];
    size_t len = 0;
    for (size_t zeros = 0; zeros < 32; zeros++) {
        memset(raw, 0xFF, sizeof raw);
        memset(raw, 0, zeros);
        memset(raw + 32, 0, 31 - zeros);
        ck_assert_ok(es256_der_of_raw(raw, der, &len));
        ck_assert_uint_le(len, ES256_DER_MAX);
        ck_assert_ok(es256_raw_of_der(der, len, again));
        ck_assert_mem_eq(raw, again, sizeof raw);
        ck_assert_err(es256_raw_of_der(der, len - 1, again), CRYPTO);
    }
}
END_TEST

static const struct {
    const char *name, *header;
    err_t want;
} headers[] = {
    { "alg alone", "{\"alg\":\"ES256\"}", { ERR_OK } },
    { "typ", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", { ERR_OK } },
    { "unknown members", "{\"alg\":\"ES256\",\"x\":[1,{}]}", { ERR_OK } },
    { "none", "{\"alg\":\"none\"}", { ERR_TOKEN_FORGED } },
    { "None", "{\"alg\":\"None\"}", { ERR_TOKEN_FORGED } },
    { "HS256", "{\"alg\":\"HS256\"}", { ERR_TOKEN_FORGED } },
    { "RS256", "{\"alg\":\"RS256\"}", { ERR_TOKEN_FORGED } },
    { "ES384", "{\"alg\":\"ES384\"}", { ERR_TOKEN_FORGED } },
    { "ES256K", "{\"alg\":\"ES256K\"}", { ERR_TOKEN_FORGED } },
    { "es256 in lower case", "{\"alg\":\"es256\"}", { ERR_TOKEN_FORGED } },
    { "a list of algs", "{\"alg\":[\"ES256\"]}", { ERR_TOKEN_MALFORMED } },
    { "alg null", "{\"alg\":null}", { ERR_TOKEN_MALFORMED } },
    { "no alg", "{\"typ\":\"JWT\"}", { ERR_TOKEN_MALFORMED } },
    { "alg twice", "{\"alg\":\"none\",\"alg\":\"ES256\"}", { ERR_TOKEN_MALFORMED } },
    { "alg with a NUL", "{\"alg\":\"ES256\\u0000\"}", { ERR_TOKEN_MALFORMED } },
    { "crit", "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", { ERR_TOKEN_MALFORMED } },
    { "crit empty", "{\"alg\":\"ES256\",\"crit\":[]}", { ERR_TOKEN_MALFORMED } },
    { "b64", "{\"alg\":\"ES256\",\"b64\":false}", { ERR_TOKEN_MALFORMED } },
    { "unknown kid", "{\"alg\":\"ES256\",\"kid\":\"2019\"}", { ERR_TOKEN_UNKNOWN_KEY } },
    { "kid is a number", "{\"alg\":\"ES256\",\"kid\":7}", { ERR_TOKEN_MALFORMED } },
    { "kid of a path",
      "{\"alg\":\"ES256\",\"kid\":\"../../dev/null\"}",
      { ERR_TOKEN_UNKNOWN_KEY } },
    { "typ is a number", "{\"alg\":\"ES256\",\"typ\":7}", { ERR_TOKEN_MALFORMED } },
    { "typ too long",
      "{\"alg\":\"ES256\",\"typ\":\"a234567890123456789012345678901234567890\"}",
      { ERR_TOKEN_MALFORMED } },
    { "text after", "{\"alg\":\"ES256\"}x", { ERR_TOKEN_MALFORMED } },
    { "a list", "[\"ES256\"]", { ERR_TOKEN_MALFORMED } },
    { "not UTF-8", "{\"alg\":\"ES256\",\"x\":\"\xff\"}", { ERR_TOKEN_MALFORMED } },
    { "deep", "{\"alg\":\"ES256\",\"x\":[[[[[[[[[[[[]]]]]]]]]]]]}", { ERR_OK } },
};

/* Rule: the algorithm is the verifier's (RFC 8725 section 3.1); crit is refused (RFC 7515 section
 * 4.1.11). The signature over each of these is true. */
START_TEST(header_table)
{
    forge_token(signer, str_of(headers[_i].header), STR("{}"), &token);
    err_t e = judge(buf_str(&token), keys);
    ck_assert_msg(e.code == headers[_i].want.code, "%s: %s", headers[_i].name, err_name(e));
}
END_TEST

/* Rule: a key inside the header is no key (RFC 8725 section 3.10): a stranger's signature with the
 * stranger's key attached is forged. */
START_TEST(key_in_header)
{
    struct jws_signer *stranger = NULL;
    struct buf header;
    ck_assert_ok(jws_signer_generate(&stranger));
    buf_init(&header, 1024);
    buf_add(&header, STR("{\"alg\":\"ES256\",\"jwk\":"));
    jwk_put(jws_signer_jwk(stranger), &header);
    buf_add_char(&header, '}');
    forge_token(stranger, buf_str(&header), STR("{}"), &token);
    ck_assert_err(judge(buf_str(&token), keys), TOKEN_FORGED);
    jws_signer_free(stranger);
    buf_done(&header);
}
END_TEST

/* Rule: without a kid, the only key is meant; of several, none is guessed. */
START_TEST(no_kid)
{
    struct jws_signer *other = NULL;
    struct jwk *k = NULL;
    struct buf json;
    buf_init(&json, JWK_MAX);
    ck_assert_ok(jws_signer_generate(&other));
    jwk_put(jws_signer_jwk(other), &json);
    ck_assert_ok(jwk_parse(buf_str(&json), &k));
    forge_token(signer, STR("{\"alg\":\"ES256\"}"), STR("{}"), &token);
    ck_assert_ok(judge(buf_str(&token), keys));
    ck_assert_ok(jwks_add(keys, k));
    ck_assert_err(judge(buf_str(&token), keys), TOKEN_UNKNOWN_KEY);
    jws_signer_free(other);
    buf_done(&json);
}
END_TEST

/* Rule: what jws_sign() makes is read back whole: kid, typ, payload. It counts. */
START_TEST(sign_and_read)
{
    struct jws jws;
    struct buf payload;
    buf_init(&payload, JWS_MAX);
    ck_assert_uint_eq(jws_signer_count(signer), 0);
    buf_add(&token, STR("before "));
    ck_assert_ok(jws_sign(signer, STR("at+jwt"), STR("{\"sub\":\"marie\"}"), &token));
    struct str text = str_from(token.ptr + 7, token.len - 7);
    ck_assert_ok(jws_parse(text, &jws));
    ck_assert_ok(jws_check(&jws, keys));
    ck_assert_str_eq(jws.typ, "at+jwt");
    ck_assert_str_is(jwk_thumbprint(jws_signer_jwk(signer)), jws.kid);
    ck_assert_ok(jws_payload(&jws, &payload));
    ck_assert_str_is(buf_str(&payload), "{\"sub\":\"marie\"}");
    ck_assert_uint_eq(jws_signer_count(signer), 1);
    buf_done(&payload);
}
END_TEST

static const struct {
    const char *name, *typ;
    size_t payload, room;
    err_t want;
} signs[] = {
    { "small", "JWT", 10, JWS_MAX, { ERR_OK } },
    { "no typ", "", 10, JWS_MAX, { ERR_OK } },
    { "typ with a quote", "J\"T", 10, JWS_MAX, { ERR_MALFORMED } },
    { "typ of 33", "a23456789012345678901234567890123", 10, JWS_MAX, { ERR_MALFORMED } },
    { "as large as can be", "JWT", 12000, JWS_MAX, { ERR_OK } },
    { "larger than a token may be", "JWT", 12300, 4 * JWS_MAX, { ERR_TOO_LARGE } },
    { "payload larger than any token", "JWT", JWS_MAX + 1, 4 * JWS_MAX, { ERR_TOO_LARGE } },
    { "no room in the buffer", "JWT", 10, 20, { ERR_TOO_LARGE } },
};

/* Rule: nothing is signed that no verifier of ours would read. */
START_TEST(sign_table)
{
    static char payload[JWS_MAX + 1];
    struct buf out;
    memset(payload, 'a', sizeof payload);
    buf_init(&out, signs[_i].room);
    err_t e = jws_sign(signer, str_of(signs[_i].typ), str_from(payload, signs[_i].payload), &out);
    ck_assert_msg(e.code == signs[_i].want.code, "%s: %s", signs[_i].name, err_name(e));
    if (err_ok(e))
        ck_assert_ok(judge(buf_str(&out), keys));
    buf_done(&out);
}
END_TEST

/* Rule: a token over 16 KiB is not looked at, true or not. */
START_TEST(too_large)
{
    static char payload[13000];
    memset(payload, 'a', sizeof payload);
    forge_token(signer, STR("{\"alg\":\"ES256\"}"), str_from(payload, sizeof payload), &token);
    ck_assert_uint_gt(token.len, JWS_MAX);
    ck_assert_err(judge(buf_str(&token), keys), TOKEN_MALFORMED);
}
END_TEST

/* The key of RFC 7515 appendix A.3.1 as SEC1 PEM, made from its d with openssl asn1parse -genconf;
 * an RSA and an encrypted key are refused without a prompt. */
static const char a3_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                             "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
                             "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
                             "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                             "-----END EC PRIVATE KEY-----\n";
static const char p384_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCO5vBZ+N4T4YmWGp39\n"
                               "iAlOxxVbk4lVPNZnDygUCtMMrVO2DvWQSdW/M7Sclq0lDRChZANiAARNBqrx/sA4\n"
                               "pIwwqVukwYluXGts1OVA7fCZIZj9gaClbCjaIyp+nZT40THcBVSbiGvTpP4rY8oL\n"
                               "GlTGILYM92bvWLsxHf7g/g0YvtX9mAMz1Z7QZZyjZ7JijWX6auYkOjg=\n"
                               "-----END PRIVATE KEY-----\n";
static const char locked_pem[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhdkqFQcBW8CQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEI4dP/X5CeS3mMzLslzf6kcEgZAZ\n"
    "lMA2kciKV8q+PG3WG08GSkvFLbL20DGX/lqrlrVMXRuoFmfn7bD66c/w03Hcbbj8\n"
    "DUQLGRcXzx/mXs67PQrd05ytUMg4CLkauUfDj4AmR3jIEH/WFk59HB38ZK0meqoE\n"
    "4ysjbx8Mn386mszLC0FwBWViKEF2lnvhPFhGtk7+JliwvwEHs8SG5lDWST+gCzE=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char public_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END PUBLIC KEY-----\n";

static const struct {
    const char *name, *pem;
    err_t want;
} pems[] = {
    { "P-256", a3_pem, { ERR_OK } },
    { "P-384", p384_pem, { ERR_MALFORMED } },
    { "with a passphrase", locked_pem, { ERR_MALFORMED } },
    { "public only", public_pem, { ERR_MALFORMED } },
    { "empty", "", { ERR_MALFORMED } },
};

/* Rule: a signer is a P-256 private key; its public half is the known one. */
START_TEST(pem_table)
{
    struct jws_signer *s = NULL;
    err_t e = jws_signer_of_pem(str_of(pems[_i].pem), &s);
    ck_assert_msg(e.code == pems[_i].want.code, "%s: %s", pems[_i].name, err_name(e));
    ck_assert_msg((s != NULL) == err_ok(e), "%s: out", pems[_i].name);
    if (s != NULL)
        ck_assert_str_is(jwk_thumbprint(jws_signer_jwk(s)),
                         "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    jws_signer_free(s);
}
END_TEST

enum { THREADS = 4, EACH = 50 };

static void *sign_many(void *failures)
{
    struct buf b;
    buf_init(&b, JWS_MAX);
    for (int i = 0; i < EACH; i++) {
        buf_reset(&b);
        if (!err_ok(jws_sign(signer, STR("JWT"), STR("{\"n\":1}"), &b)) ||
            !err_ok(judge(buf_str(&b), keys)))
            ++*(int *)failures;
    }
    buf_done(&b);
    return NULL;
}

/* Rule: one signer and one set serve any number of threads, and no signature is lost to count. */
START_TEST(threads)
{
    pthread_t t[THREADS];
    int failures[THREADS] = { 0 };
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, sign_many, &failures[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(t[i], NULL), 0);
        ck_assert_int_eq(failures[i], 0);
    }
    ck_assert_uint_eq(jws_signer_count(signer), THREADS * EACH);
}
END_TEST

int main(void)
{
    TCase *read = tcase_create("read"), *sign = tcase_create("sign");
    tcase_add_checked_fixture(read, setup, teardown);
    tcase_add_loop_test(read, known_table, 0, COUNT(known));
    tcase_add_loop_test(read, forgery_table, 0, COUNT(forgeries));
    tcase_add_test(read, signature_lengths);
    tcase_add_test(read, der_round_trip);
    tcase_add_loop_test(read, header_table, 0, COUNT(headers));
    tcase_add_test(read, key_in_header);
    tcase_add_test(read, no_kid);
    tcase_add_test(read, too_large);
    tcase_add_checked_fixture(sign, setup, teardown);
    tcase_add_test(sign, sign_and_read);
    tcase_add_loop_test(sign, sign_table, 0, COUNT(signs));
    tcase_add_loop_test(sign, pem_table, 0, COUNT(pems));
    tcase_add_test(sign, threads);
    return RUN_SUITE("jws", read, sign);
}
