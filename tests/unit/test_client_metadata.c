/* registry/client: metadata of RFC 7591, where what we do not support is an error. */
#include "registry/client.h"
#include "support/suite.h"

/* printf %s secret | sha256sum */
#define SECRET_HASH "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define REDIRECT    "\"redirect_uris\":[\"https://dui.example/cb\"]"
/* RFC 7517 appendix A.1 */
#define P256_KEY                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-256\","                     \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"sig\"}"
#define KEYED \
    "\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[" P256_KEY "]}"

static const struct {
    const char *name, *hash, *metadata;
    enum err_code want;
    const char *problem; /* what the line to the administrator begins with */
} rows[] = {
    { "the least", SECRET_HASH, "{" REDIRECT "}", ERR_OK, "" },
    { "all members", SECRET_HASH,
      "{" REDIRECT ",\"client_name\":\"Record\",\"client_name#fr\":\"Dossier\","
      "\"client_uri\":\"https://dui.example/\",\"post_logout_redirect_uris\":[],"
      "\"scope\":\"openid profile\",\"token_endpoint_auth_method\":\"client_secret_basic\","
      "\"grant_types\":[\"authorization_code\",\"client_credentials\"],"
      "\"response_types\":[\"code\"],\"id_token_signed_response_alg\":\"ES256\","
      "\"default_acr_values\":[\"eidas2\"],\"default_max_age\":3600}",
      ERR_OK, "" },
    { "key instead of secret", "", "{" REDIRECT "," KEYED "}", ERR_OK, "" },
    { "no redirect for a code", SECRET_HASH, "{}", ERR_MALFORMED, "redirect_uris" },
    { "no redirect needed", SECRET_HASH, "{\"grant_types\":[\"client_credentials\"]}", ERR_OK, "" },
    { "http elsewhere", SECRET_HASH, "{\"redirect_uris\":[\"http://dui.example/cb\"]}",
      ERR_MALFORMED, "redirect_uris" },
    { "http on loopback", SECRET_HASH, "{\"redirect_uris\":[\"http://127.0.0.1:1/cb\"]}", ERR_OK,
      "" },
    { "fragment", SECRET_HASH, "{\"redirect_uris\":[\"https://dui.example/#x\"]}", ERR_MALFORMED,
      "redirect_uris" },
    { "user in the URI", SECRET_HASH, "{\"redirect_uris\":[\"https://a@dui.example/\"]}",
      ERR_MALFORMED, "redirect_uris" },
    { "javascript", SECRET_HASH, "{\"redirect_uris\":[\"javascript:alert(1)\"]}", ERR_MALFORMED,
      "redirect_uris" },
    { "line break", SECRET_HASH, "{\"redirect_uris\":[\"https://dui.example/\\r\\nX: y\"]}",
      ERR_MALFORMED, "redirect_uris" },
    { "not an array", SECRET_HASH, "{\"redirect_uris\":\"https://dui.example/\"}", ERR_MALFORMED,
      "redirect_uris" },
    { "unknown member", SECRET_HASH, "{" REDIRECT ",\"request_uris\":[]}", ERR_MALFORMED,
      "request_uris" },
    { "implicit grant", SECRET_HASH, "{" REDIRECT ",\"grant_types\":[\"implicit\"]}", ERR_MALFORMED,
      "grant_types" },
    { "token response", SECRET_HASH, "{" REDIRECT ",\"response_types\":[\"token\"]}", ERR_MALFORMED,
      "response_types" },
    { "unsigned tokens", SECRET_HASH, "{" REDIRECT ",\"id_token_signed_response_alg\":\"none\"}",
      ERR_MALFORMED, "id_token_signed_response_alg" },
    { "public client", SECRET_HASH, "{" REDIRECT ",\"token_endpoint_auth_method\":\"none\"}",
      ERR_MALFORMED, "token_endpoint_auth_method" },
    { "no secret", "", "{" REDIRECT "}", ERR_MALFORMED, "token_endpoint_auth_method" },
    { "no key", "", "{" REDIRECT ",\"token_endpoint_auth_method\":\"private_key_jwt\"}",
      ERR_MALFORMED, "token_endpoint_auth_method" },
    { "short hash", "2bb80d", "{" REDIRECT "}", ERR_MALFORMED, "secret hash" },
    { "unknown level", SECRET_HASH, "{" REDIRECT ",\"default_acr_values\":[\"gold\"]}",
      ERR_MALFORMED, "default_acr_values" },
    { "negative age", SECRET_HASH, "{" REDIRECT ",\"default_max_age\":-1}", ERR_MALFORMED,
      "default_max_age" },
    { "authzen", SECRET_HASH,
      "{" REDIRECT ",\"habilis_authzen\":{\"applications\":[\"DUI\",\"RH\"],\"at\":true,"
      "\"bare\":false,\"explain\":true,\"trusted\":[\"acr\",\"owner\",\"resource.status\"]}}",
      ERR_OK, "" },
    { "authzen is text", SECRET_HASH, "{" REDIRECT ",\"habilis_authzen\":\"*\"}", ERR_MALFORMED,
      "habilis_authzen" },
    { "authzen, unknown member", SECRET_HASH, "{" REDIRECT ",\"habilis_authzen\":{\"admin\":true}}",
      ERR_MALFORMED, "habilis_authzen" },
    { "authzen, unknown trust", SECRET_HASH,
      "{" REDIRECT ",\"habilis_authzen\":{\"trusted\":[\"sid\"]}}", ERR_MALFORMED,
      "habilis_authzen" },
    { "authzen, property of nothing", SECRET_HASH,
      "{" REDIRECT ",\"habilis_authzen\":{\"trusted\":[\"context.x\"]}}", ERR_MALFORMED,
      "habilis_authzen" },
    { "authzen, a wildcard among codes", SECRET_HASH,
      "{" REDIRECT ",\"habilis_authzen\":{\"applications\":[\"DUI\",\"*\"]}}", ERR_MALFORMED,
      "habilis_authzen" },
    { "authzen, at is a text", SECRET_HASH, "{" REDIRECT ",\"habilis_authzen\":{\"at\":\"true\"}}",
      ERR_MALFORMED, "habilis_authzen" },
    { "member twice", SECRET_HASH, "{" REDIRECT "," REDIRECT "}", ERR_MALFORMED, "metadata" },
    { "array", SECRET_HASH, "[]", ERR_MALFORMED, "metadata" },
    { "empty", SECRET_HASH, "", ERR_MALFORMED, "metadata" },
    { "text after", SECRET_HASH, "{" REDIRECT "} x", ERR_MALFORMED, "metadata" },
};

static struct arena *arena;
static struct buf problem;

static void setup(void)
{
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena));
    buf_init(&problem, 512);
}

static void teardown(void)
{
    arena_free(arena);
    buf_done(&problem);
}

static err_t parse(const char *id, const char *hash, const char *metadata, struct client *out)
{
    struct client_source source = { str_of(id), STR_INIT("DUI"), str_of(hash), str_of(metadata) };
    return client_parse(arena, &source, &problem, out);
}

START_TEST(metadata)
{
    struct client c = { .acr_min = -7 };
    err_t e = parse("dui", rows[_i].hash, rows[_i].metadata, &c);
    ck_assert_msg(e.code == rows[_i].want, "%s: %s, %.*s", rows[_i].name, err_name(e),
                  STR_ARG(buf_str(&problem)));
    ck_assert_msg(str_starts(buf_str(&problem), str_of(rows[_i].problem)), "%s: %.*s",
                  rows[_i].name, STR_ARG(buf_str(&problem)));
    if (err_ok(e))
        client_done(&c);
    else
        ck_assert_msg(c.acr_min == -7, "%s: out was touched", rows[_i].name);
}
END_TEST

/* Without a word about it a client asks about its own application, and is believed about nothing. */
START_TEST(authzen_defaults)
{
    struct client c;
    ck_assert_ok(parse("dui", SECRET_HASH, "{" REDIRECT "}", &c));
    ck_assert(client_speaks_for(&c, STR("DUI")) && !client_speaks_for(&c, STR("RH")));
    ck_assert(!c.authzen.at && !c.authzen.bare && !c.authzen.explain && c.authzen.trusted == 0);
    client_done(&c);
    ck_assert_ok(parse("pdp", SECRET_HASH,
                       "{" REDIRECT ",\"habilis_authzen\":{\"applications\":[\"*\"],"
                       "\"trusted\":[\"structure\",\"action.soft\"]}}",
                       &c));
    ck_assert(client_speaks_for(&c, STR("RH")));
    ck_assert_uint_eq(c.authzen.trusted, CLIENT_TRUST_STRUCTURE);
    ck_assert(client_is_trusted_for(&c, STR("action.soft")));
    ck_assert(!client_is_trusted_for(&c, STR("action.hard")));
    client_done(&c);
}
END_TEST

/* A client's `sub` must never be taken for a person's (RFC 9700 section 4.15). */
START_TEST(id_is_not_a_person)
{
    struct client c;
    ck_assert_err(parse("1b4e28ba-2fa1-4d2b-883f-0016d3cca427", SECRET_HASH, "{" REDIRECT "}", &c),
                  MALFORMED);
}
END_TEST

/* RFC 9700 section 2.1: redirect URIs are compared byte for byte. */
START_TEST(redirect_is_exact)
{
    static const char *const others[] = { "https://dui.example/cb/", "https://dui.example/cb?x=1",
                                          "https://dui.example/CB",  "https://dui.example",
                                          "https://dui.example/cb#", "" };
    struct client c;
    ck_assert_ok(parse("dui", SECRET_HASH, "{" REDIRECT "}", &c));
    ck_assert(client_has_redirect_uri(&c, STR("https://dui.example/cb")));
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_msg(!client_has_redirect_uri(&c, str_of(others[i])), "%s", others[i]);
    ck_assert(!client_has_post_logout_uri(&c, STR("https://dui.example/cb")));
    client_done(&c);
}
END_TEST

/* No secret is not the empty secret (the class of CVE-2024-45160). */
START_TEST(secret)
{
    struct client c;
    ck_assert_ok(parse("dui", SECRET_HASH, "{" REDIRECT "}", &c));
    ck_assert(client_secret_is(&c, STR("secret")));
    ck_assert(!client_secret_is(&c, STR("Secret")));
    ck_assert(!client_secret_is(&c, STR("")));
    ck_assert(!client_secret_is(&c, STR("secret\0")));
    client_done(&c);
    ck_assert_ok(parse("dui", "", "{" REDIRECT "," KEYED "}", &c));
    ck_assert(!client_secret_is(&c, STR("")));
    client_done(&c);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("metadata");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, metadata, 0, COUNT(rows));
    tcase_add_test(t, authzen_defaults);
    tcase_add_test(t, id_is_not_a_person);
    tcase_add_test(t, redirect_is_exact);
    tcase_add_test(t, secret);
    return RUN_SUITE("client_metadata", t);
}
