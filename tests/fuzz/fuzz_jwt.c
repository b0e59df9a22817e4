/* fuzz_jwt.c - tokens: what is accepted was meant for us, is alive, and stays as it was.
 *
 * First byte odd: the header up to the first newline, then the payload, are signed here, or no
 * mutation would ever reach the code behind the signature. Even: the rest is the token itself.
 * The key is that of RFC 7515 appendix A.3, so that seeds can carry true signatures.
 */
#include "fuzz/fuzz.h"
#include "support/forge.h"
#include "token/assertion.h"
#include "token/jwt.h"

static const char a3_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                             "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
                             "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
                             "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                             "-----END EC PRIVATE KEY-----\n";

enum { NOW = 2000 };

static const struct jwt_expect want = { .typ = STR_INIT("at+jwt"),
                                        .issuer = STR_INIT("i"),
                                        .audience = STR_INIT("a"),
                                        .now = NOW,
                                        .leeway = 0 };
static struct jws_signer *signer; /* made once: the same for every input */
static struct jwks *keys;

static void make_keys(void)
{
    if (signer != NULL)
        return;
    FUZZ_CHECK(err_ok(jws_signer_of_pem(str_of(a3_pem), &signer)));
    keys = forge_keys(signer);
}

static void check_token(struct str token)
{
    struct jwt t = { 0 }, late = { 0 };
    if (!err_ok(jwt_verify(token, keys, &want, &t)))
        return;
    FUZZ_CHECK(t.exp > NOW && t.nbf <= NOW && t.iat <= NOW);
    FUZZ_CHECK(str_eq(t.iss, want.issuer) && jwt_has_audience(&t, want.audience));
    struct jwt_expect then = want;
    then.now = t.exp;
    FUZZ_CHECK(jwt_verify(token, keys, &then, &late).code == ERR_TOKEN_EXPIRED);
    then = want;
    then.typ = STR("JWT"); /* no token passes for two kinds */
    FUZZ_CHECK(jwt_verify(token, keys, &then, &late).code == ERR_TOKEN_WRONG_TYPE);
    jwt_done(&t);
}

static void check_assertion(struct str token)
{
    const struct assertion_expect us = { .client_id = STR("c"), .issuer = STR("i"), .now = NOW };
    struct buf who;
    struct jwt t = { 0 };
    buf_init(&who, JWS_MAX);
    err_t named = assertion_client(token, &who);
    if (err_ok(assertion_verify(token, keys, &us, &t))) {
        FUZZ_CHECK(err_ok(named) && str_eq(buf_str(&who), us.client_id));
        FUZZ_CHECK(t.exp <= NOW + ASSERTION_LIFE_MAX + ASSERTION_LEEWAY && t.jti.len > 0);
        jwt_done(&t);
    }
    buf_done(&who);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > JWS_MAX)
        return 0;
    make_keys();
    struct str header, rest = str_from((const char *)data + 1, size - 1);
    struct buf token;
    buf_init(&token, 2 * JWS_MAX);
    if (data[0] % 2 == 0)
        buf_add(&token, rest);
    else if (str_cut(&rest, '\n', &header))
        forge_token(signer, header, rest, &token);
    check_token(buf_str(&token));
    check_assertion(buf_str(&token));
    buf_done(&token);
    return 0;
}
