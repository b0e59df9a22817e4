/* lib/token/jwt and assertion: claims checked for one purpose each. */
#include "support/forge.h"
#include "support/suite.h"
#include "token/assertion.h"
#include "token/jwt.h"

#include <string.h>

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

#define AT  "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"
#define ISS "\"iss\":\"https://idp.example\""
#define AUD "\"aud\":\"dui\""
#define WHO ISS "," AUD

/* now is 2000, the leeway 10 */
static const struct {
    const char *name, *header, *claims;
    err_t want;
} tokens[] = {
    { "alive", AT, "{" WHO ",\"exp\":2300}", { ERR_OK } },
    { "all dates",
      AT,
      "{" WHO ",\"exp\":2300,\"nbf\":2000,\"iat\":2000,\"auth_time\":1}",
      { ERR_OK } },
    { "one second before the end", AT, "{" WHO ",\"exp\":1991}", { ERR_OK } },
    { "dead at exp + leeway", AT, "{" WHO ",\"exp\":1990}", { ERR_TOKEN_EXPIRED } },
    { "exp 0", AT, "{" WHO ",\"exp\":0}", { ERR_TOKEN_EXPIRED } },
    { "no exp", AT, "{" WHO "}", { ERR_TOKEN_MALFORMED } },
    { "exp is a string", AT, "{" WHO ",\"exp\":\"2300\"}", { ERR_TOKEN_MALFORMED } },
    { "exp null", AT, "{" WHO ",\"exp\":null}", { ERR_TOKEN_MALFORMED } },
    { "exp with a fraction", AT, "{" WHO ",\"exp\":2300.9}", { ERR_OK } },
    { "exp negative", AT, "{" WHO ",\"exp\":-1}", { ERR_TOKEN_MALFORMED } },
    { "exp huge", AT, "{" WHO ",\"exp\":1e300}", { ERR_TOKEN_MALFORMED } },
    { "exp beyond 64 bits", AT, "{" WHO ",\"exp\":99999999999999999999}", { ERR_TOKEN_MALFORMED } },
    { "exp twice", AT, "{" WHO ",\"exp\":1,\"exp\":2300}", { ERR_TOKEN_MALFORMED } },
    { "nbf within the leeway", AT, "{" WHO ",\"exp\":2300,\"nbf\":2010}", { ERR_OK } },
    { "nbf later", AT, "{" WHO ",\"exp\":2300,\"nbf\":2011}", { ERR_TOKEN_NOT_YET } },
    { "iat later", AT, "{" WHO ",\"exp\":2300,\"iat\":2011}", { ERR_TOKEN_NOT_YET } },
    { "another issuer",
      AT,
      "{\"iss\":\"https://idp.example/\"," AUD ",\"exp\":2300}",
      { ERR_TOKEN_WRONG_ISSUER } },
    { "no issuer", AT, "{" AUD ",\"exp\":2300}", { ERR_TOKEN_WRONG_ISSUER } },
    { "issuer is a list",
      AT,
      "{\"iss\":[\"https://idp.example\"]," AUD ",\"exp\":2300}",
      { ERR_TOKEN_MALFORMED } },
    { "issuer with a NUL",
      AT,
      "{\"iss\":\"https://idp.example\\u0000\"," AUD ",\"exp\":2300}",
      { ERR_TOKEN_MALFORMED } },
    { "another audience",
      AT,
      "{" ISS ",\"aud\":\"du\",\"exp\":2300}",
      { ERR_TOKEN_WRONG_AUDIENCE } },
    { "one of two audiences", AT, "{" ISS ",\"aud\":[\"x\",\"dui\"],\"exp\":2300}", { ERR_OK } },
    { "none of two",
      AT,
      "{" ISS ",\"aud\":[\"x\",\"y\"],\"exp\":2300}",
      { ERR_TOKEN_WRONG_AUDIENCE } },
    { "a list with a number",
      AT,
      "{" ISS ",\"aud\":[\"dui\",7],\"exp\":2300}",
      { ERR_TOKEN_WRONG_AUDIENCE } },
    { "no audience", AT, "{" ISS ",\"exp\":2300}", { ERR_TOKEN_WRONG_AUDIENCE } },
    { "audience {}",
      AT,
      "{" ISS ",\"aud\":{\"dui\":1},\"exp\":2300}",
      { ERR_TOKEN_WRONG_AUDIENCE } },
    { "an ID token for an access token",
      "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
      "{" WHO ",\"exp\":2300}",
      { ERR_TOKEN_WRONG_TYPE } },
    { "no typ", "{\"alg\":\"ES256\"}", "{" WHO ",\"exp\":2300}", { ERR_TOKEN_WRONG_TYPE } },
    { "the long form of typ",
      "{\"alg\":\"ES256\",\"typ\":\"application/AT+jwt\"}",
      "{" WHO ",\"exp\":2300}",
      { ERR_OK } },
    { "a longer typ",
      "{\"alg\":\"ES256\",\"typ\":\"at+jwt2\"}",
      "{" WHO ",\"exp\":2300}",
      { ERR_TOKEN_WRONG_TYPE } },
    { "sub is a number", AT, "{" WHO ",\"exp\":2300,\"sub\":7}", { ERR_TOKEN_MALFORMED } },
    { "claims are a list", AT, "[]", { ERR_TOKEN_MALFORMED } },
    { "claims are not JSON", AT, "exp=2300", { ERR_TOKEN_MALFORMED } },
    { "text after the claims", AT, "{" WHO ",\"exp\":2300} {}", { ERR_TOKEN_MALFORMED } },
};

static struct jwt_expect expect(void)
{
    return (struct jwt_expect){ .typ = STR("at+jwt"),
                                .issuer = STR("https://idp.example"),
                                .audience = STR("dui"),
                                .now = 2000,
                                .leeway = 10 };
}

/* Rule: RFC 7519 section 4.1, RFC 9068 section 4, RFC 8725 section 3: one deviation a row. Each
 * token has a true signature. */
START_TEST(token_table)
{
    const struct jwt_expect want = expect();
    struct jwt t = { .exp = -1 };
    forge_token(signer, str_of(tokens[_i].header), str_of(tokens[_i].claims), &token);
    err_t e = jwt_verify(buf_str(&token), keys, &want, &t);
    ck_assert_msg(e.code == tokens[_i].want.code, "%s: %s", tokens[_i].name, err_name(e));
    ck_assert_msg((t.exp == -1) == !err_ok(e), "%s: out", tokens[_i].name);
    if (err_ok(e))
        jwt_done(&t);
}
END_TEST

/* Rule: the claims are handed over as they are, and a missing one is empty or 0. */
START_TEST(claims)
{
    struct jwt_expect want = expect();
    struct jwt t = { 0 };
    want.typ = STR("JWT");
    forge_token(signer, STR("{\"alg\":\"ES256\"}"),
                STR("{" WHO ",\"exp\":2300,\"sub\":\"u-1\",\"nonce\":\"n\",\"acr\":\"eidas2\","
                    "\"amr\":[\"pwd\",\"otp\"],\"sid\":\"s\",\"auth_time\":1900,\"name\":\"Zoé\"}"),
                &token);
    ck_assert_ok(jwt_verify(buf_str(&token), keys, &want, &t));
    ck_assert_str_is(t.sub, "u-1");
    ck_assert_str_is(t.nonce, "n");
    ck_assert_str_is(t.acr, "eidas2");
    ck_assert_str_is(t.sid, "s");
    ck_assert_str_is(t.jti, "");
    ck_assert_int_eq(t.auth_time, 1900);
    ck_assert_int_eq(t.iat, 0);
    ck_assert_str_is(jwt_text(&t, "name"), "Zoé");
    ck_assert_str_is(jwt_text(&t, "exp"), "");
    ck_assert(jwt_list_has(&t, "amr", STR("otp")));
    ck_assert(!jwt_list_has(&t, "amr", STR("ot")));
    ck_assert(!jwt_list_has(&t, "name", STR("Zoé")));
    jwt_done(&t);
}
END_TEST

/* Rule: an empty expectation matches nothing, not everything. */
START_TEST(empty_expectations)
{
    struct jwt t;
    struct jwt_expect want = expect();
    forge_token(signer, STR(AT), STR("{\"iss\":\"\",\"aud\":\"\",\"exp\":2300}"), &token);
    want.issuer = STR("");
    ck_assert_err(jwt_verify(buf_str(&token), keys, &want, &t), TOKEN_WRONG_ISSUER);
    forge_token(signer, STR(AT), STR("{" ISS ",\"aud\":\"\",\"exp\":2300}"), &token);
    want = expect();
    want.audience = STR("");
    ck_assert_err(jwt_verify(buf_str(&token), keys, &want, &t), TOKEN_WRONG_AUDIENCE);
    want = expect();
    want.leeway = 301;
    forge_token(signer, STR(AT), STR("{" WHO ",\"exp\":2300}"), &token);
    ck_assert_err(jwt_verify(buf_str(&token), keys, &want, &t), BUG);
}
END_TEST

/* Rule: an expired id_token_hint still says who it was for; a forged one never does. */
START_TEST(undated)
{
    struct jwt t = { 0 };
    struct jwt_expect want = expect();
    want.typ = STR("JWT");
    forge_token(signer, STR("{\"alg\":\"ES256\"}"), STR("{" WHO ",\"exp\":1,\"sub\":\"u\"}"),
                &token);
    ck_assert_ok(jwt_verify_undated(buf_str(&token), keys, &want, &t));
    ck_assert_str_is(t.sub, "u");
    jwt_done(&t);
    token.ptr[token.len - 5] = token.ptr[token.len - 5] == 'A' ? 'B' : 'A';
    ck_assert_err(jwt_verify_undated(buf_str(&token), keys, &want, &t), TOKEN_FORGED);
}
END_TEST

/* Rule: nothing of the payload is believed before the signature: a forged token that has also
 * expired is forged. */
START_TEST(signature_first)
{
    struct jwt t;
    struct jwt_expect want = expect();
    struct jws_signer *stranger = NULL;
    ck_assert_ok(jws_signer_generate(&stranger));
    forge_token(stranger, STR(AT), STR("{\"iss\":\"x\",\"exp\":1}"), &token);
    ck_assert_err(jwt_verify(buf_str(&token), keys, &want, &t), TOKEN_FORGED);
    jws_signer_free(stranger);
}
END_TEST

/* Rule: at_hash is the left half of the SHA-256. The pair is in OpenID Connect Core 1.0 appendix
 * A.3 (its access token and the at_hash of its ID token). */
START_TEST(at_hash)
{
    char got[JWT_AT_HASH_LEN];
    ck_assert_ok(jwt_at_hash(STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), got));
    ck_assert_str_is(str_from(got, sizeof got), "77QmUPtjPfzWtF2AnpK9RQ");
}
END_TEST

#define JWT  "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define SELF "\"iss\":\"agent\",\"sub\":\"agent\""
#define US   "\"aud\":\"https://idp.example\""
#define JTI  "\"jti\":\"j1\""

/* now is 2000 */
static const struct {
    const char *name, *header, *claims;
    err_t want;
} assertions[] = {
    { "sound", JWT, "{" SELF "," US "," JTI ",\"exp\":2060}", { ERR_OK } },
    { "five minutes", JWT, "{" SELF "," US "," JTI ",\"exp\":2300}", { ERR_OK } },
    { "a year", JWT, "{" SELF "," US "," JTI ",\"exp\":31538000}", { ERR_TOKEN_MALFORMED } },
    { "expired", JWT, "{" SELF "," US "," JTI ",\"exp\":1900}", { ERR_TOKEN_EXPIRED } },
    { "aud a list of us alone",
      JWT,
      "{" SELF ",\"aud\":[\"https://idp.example\"]," JTI ",\"exp\":2060}",
      { ERR_OK } },
    { "aud names another too",
      JWT,
      "{" SELF ",\"aud\":[\"https://idp.example\",\"x\"]," JTI ",\"exp\":2060}",
      { ERR_TOKEN_WRONG_AUDIENCE } },
    { "aud is the token endpoint",
      JWT,
      "{" SELF ",\"aud\":\"https://idp.example/token\"," JTI ",\"exp\":2060}",
      { ERR_TOKEN_WRONG_AUDIENCE } },
    { "iss is another client",
      JWT,
      "{\"iss\":\"x\",\"sub\":\"agent\"," US "," JTI ",\"exp\":2060}",
      { ERR_TOKEN_WRONG_ISSUER } },
    { "sub is another client",
      JWT,
      "{\"iss\":\"agent\",\"sub\":\"x\"," US "," JTI ",\"exp\":2060}",
      { ERR_TOKEN_WRONG_ISSUER } },
    { "no sub",
      JWT,
      "{\"iss\":\"agent\"," US "," JTI ",\"exp\":2060}",
      { ERR_TOKEN_WRONG_ISSUER } },
    { "no jti", JWT, "{" SELF "," US ",\"exp\":2060}", { ERR_TOKEN_MALFORMED } },
    { "jti empty", JWT, "{" SELF "," US ",\"jti\":\"\",\"exp\":2060}", { ERR_TOKEN_MALFORMED } },
    { "no exp", JWT, "{" SELF "," US "," JTI "}", { ERR_TOKEN_MALFORMED } },
    { "an access token", AT, "{" SELF "," US "," JTI ",\"exp\":2060}", { ERR_TOKEN_WRONG_TYPE } },
    { "none",
      "{\"alg\":\"none\"}",
      "{" SELF "," US "," JTI ",\"exp\":2060}",
      { ERR_TOKEN_FORGED } },
};

/* Rule: RFC 7523 section 3, for us alone and for five minutes. */
START_TEST(assertion_table)
{
    const struct assertion_expect want = { .client_id = STR("agent"),
                                           .issuer = STR("https://idp.example"),
                                           .now = 2000 };
    struct jwt t = { .exp = -1 };
    forge_token(signer, str_of(assertions[_i].header), str_of(assertions[_i].claims), &token);
    err_t e = assertion_verify(buf_str(&token), keys, &want, &t);
    ck_assert_msg(e.code == assertions[_i].want.code, "%s: %s", assertions[_i].name, err_name(e));
    ck_assert_msg((t.exp == -1) == !err_ok(e), "%s: out", assertions[_i].name);
    if (err_ok(e))
        jwt_done(&t);
}
END_TEST

/* Rule: ours pass our own check, name their client, and no two have one jti. */
START_TEST(own_assertion)
{
    const struct assertion_expect want = { .client_id = STR("agent"),
                                           .issuer = STR("https://idp.example"),
                                           .now = 2000 };
    struct jwt a = { 0 }, b = { 0 };
    struct buf who, second;
    buf_init(&who, 100);
    buf_init(&second, JWS_MAX);
    ck_assert_ok(assertion_sign(signer, &want, &token));
    ck_assert_ok(assertion_sign(signer, &want, &second));
    ck_assert_ok(assertion_verify(buf_str(&token), keys, &want, &a));
    ck_assert_ok(assertion_verify(buf_str(&second), keys, &want, &b));
    ck_assert(!str_eq(a.jti, b.jti));
    ck_assert_int_eq(a.exp, 2060);
    ck_assert_ok(assertion_client(buf_str(&token), &who));
    ck_assert_str_is(buf_str(&who), "agent");
    ck_assert_err(assertion_client(STR("a.b.c"), &who), TOKEN_MALFORMED);
    jwt_done(&a);
    jwt_done(&b);
    buf_done(&who);
    buf_done(&second);
}
END_TEST

int main(void)
{
    TCase *jwt = tcase_create("jwt"), *assertion = tcase_create("assertion");
    tcase_add_checked_fixture(jwt, setup, teardown);
    tcase_add_loop_test(jwt, token_table, 0, COUNT(tokens));
    tcase_add_test(jwt, claims);
    tcase_add_test(jwt, empty_expectations);
    tcase_add_test(jwt, undated);
    tcase_add_test(jwt, signature_first);
    tcase_add_test(jwt, at_hash);
    tcase_add_checked_fixture(assertion, setup, teardown);
    tcase_add_loop_test(assertion, assertion_table, 0, COUNT(assertions));
    tcase_add_test(assertion, own_assertion);
    return RUN_SUITE("jwt", jwt, assertion);
}
