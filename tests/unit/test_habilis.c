/* libhabilis: a sign-in against a provider on loopback that lies in one way a row. */
/* memmem() is the one extension used. */
#define _GNU_SOURCE
#include "base/clock.h"
#include "base/enc.h"
#include "habilis/habilis.h"
#include "http/form.h"
#include "support/forge.h"
#include "support/loopback.h"
#include "support/suite.h"
#include "token/jwt.h"
#include "token/pkce.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum twist {
    HONEST,
    /* the browser's query */
    OTHER_STATE,
    NO_STATE,
    NO_ISS,
    OTHER_ISS,
    NO_CODE,
    CODE_TWICE,
    ACCESS_DENIED,
    BROKEN_QUERY,
    ERROR_OF_A_STRANGER,
    /* the token endpoint */
    INVALID_GRANT,
    SERVER_ERROR,
    NOT_JSON,
    HTML_ERROR,
    TYPE_MAC,
    NO_ID_TOKEN,
    NO_ACCESS_TOKEN,
    /* the ID token */
    ID_NONCE,
    ID_NO_NONCE,
    ID_ISS,
    ID_AUD,
    ID_AUDS_NO_AZP,
    ID_AUDS_AZP,
    ID_AZP,
    ID_EXPIRED,
    ID_AT_HASH,
    ID_NO_SUB,
    ID_STRANGER,
    ID_NONE,
    ID_IS_ACCESS_TOKEN,
    ID_OLD_LOGIN,
    /* the access token */
    AT_OPAQUE,
    AT_SUB,
    AT_AUD,
    AT_ISS,
    AT_TYP,
    AT_EXPIRED,
    AT_ENDED,
    AT_STRANGER,
    AT_RIGHTS,
    AT_RIGHTS_TYPE,
    /* discovery */
    META_ISSUER,
    META_NO_TOKEN,
    META_NOT_JSON,
    META_404,
    META_500,
    KEYS_404,
    KEYS_EMPTY,
};

/* The provider: what the loopback server is told to be. */
static struct {
    struct jws_signer *signer, *stranger;
    struct loopback *server;
    atomic_int twist, keys_asked;
    char nonce[64], challenge[64];
} op;

static struct habilis *h;

static enum twist twisted(void) { return (enum twist)atomic_load(&op.twist); }

#define RIGHTS                                                                                \
    "[\"@MASF-MAS >.MAISON-1 >.MAISON-2\",\"DUI.DOSSIER_MED:lire;2f\",\"DUI.IDENTITE:lire\"," \
    "\"DUI.PROJET:lire|creer;file\",\"DUI.STATS:lire;motif\","                                \
    "\"DUI.TRANSMISSIONS:creer|lire@MASF-MAS.MAISON-1\"]"

static void sign(struct jws_signer *s, const char *header, struct buf *json, struct buf *out)
{
    ck_assert_ok(buf_err(json));
    forge_token(s, str_of(header), buf_str(json), out);
}

static void access_token(enum twist t, struct buf *out)
{
    struct buf json;
    buf_init(&json, 4096);
    buf_addf(&json, "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"exp\":%lld,",
             t == AT_ISS ? "https://evil.example" : loopback_base(op.server),
             t == AT_AUD ? "PAIE" : "DUI", t == AT_SUB ? "u-2" : "u-1",
             (long long)clock_now() + (t == AT_EXPIRED ? -60
                                       : t == AT_ENDED ? -10
                                                       : 300));
    buf_addf(
        &json,
        "\"acr\":\"eidas1\",\"amr\":[\"pwd\"],\"structure\":{\"code\":\"MASF-MAS.MAISON-1\","
        "\"label\":\"Maison 1\",\"establishment\":\"MASF-MAS\",\"establishment_label\":\"MAS\","
        "\"profiles\":[\"IDE\",\"AS\"],\"profile_labels\":[\"Infirmière\"]},"
        "\"entitlements\":%s}",
        t == AT_RIGHTS        ? "[\"DUI\"]"
        : t == AT_RIGHTS_TYPE ? "\"DUI\""
                              : RIGHTS);
    sign(t == AT_STRANGER ? op.stranger : op.signer,
         t == AT_TYP ? "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
                     : "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
         &json, out);
    if (t == AT_OPAQUE) {
        buf_reset(out);
        buf_add(out, STR("opaque-token-of-another-provider"));
    }
    buf_done(&json);
}

static const char *audience_of(enum twist t)
{
    if (t == ID_AUD)
        return "\"other\"";
    if (t == ID_AUDS_NO_AZP)
        return "[\"dui\",\"other\"]";
    if (t == ID_AUDS_AZP)
        return "[\"dui\",\"other\"],\"azp\":\"dui\"";
    return t == ID_AZP ? "\"dui\",\"azp\":\"other\"" : "\"dui\"";
}

static void id_token(enum twist t, struct str access, struct buf *out)
{
    struct buf json;
    char hash[JWT_AT_HASH_LEN];
    int64_t now = clock_now();
    buf_init(&json, 4096);
    ck_assert_ok(jwt_at_hash(t == ID_AT_HASH ? STR("another token") : access, hash));
    buf_addf(&json, "{\"iss\":\"%s\",\"aud\":%s,\"exp\":%lld,\"iat\":%lld,\"auth_time\":%lld,",
             t == ID_ISS ? "https://evil.example" : loopback_base(op.server), audience_of(t),
             (long long)now + (t == ID_EXPIRED ? -60 : 300), (long long)now,
             (long long)now - (t == ID_OLD_LOGIN ? 4000 : 10));
    if (t != ID_NO_SUB)
        buf_add(&json, STR("\"sub\":\"u-1\","));
    if (t != ID_NO_NONCE)
        buf_addf(&json, "\"nonce\":\"%s\",", t == ID_NONCE ? "another" : op.nonce);
    buf_addf(&json,
             "\"name\":\"Zoé Martin\",\"preferred_username\":\"zmartin\",\"acr\":\"eidas1\","
             "\"amr\":[\"pwd\"],\"sid\":\"s-1\",\"at_hash\":\"%.*s\"}",
             (int)sizeof hash, hash);
    sign(t == ID_STRANGER ? op.stranger : op.signer,
         t == ID_NONE ? "{\"alg\":\"none\"}" : "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", &json, out);
    buf_done(&json);
}

static void put_tokens(enum twist t, struct buf *out)
{
    struct buf at, id, json;
    buf_init(&at, JWS_MAX);
    buf_init(&id, JWS_MAX);
    buf_init(&json, 4 * JWS_MAX);
    access_token(t, &at);
    id_token(t, buf_str(&at), &id);
    struct str chosen = t == ID_IS_ACCESS_TOKEN ? buf_str(&at) : buf_str(&id);
    buf_addf(&json, "{\"token_type\":\"%s\",\"expires_in\":300", t == TYPE_MAC ? "mac" : "bearer");
    if (t != NO_ACCESS_TOKEN)
        buf_addf(&json, ",\"access_token\":\"%.*s\"", STR_ARG(buf_str(&at)));
    if (t != NO_ID_TOKEN)
        buf_addf(&json, ",\"id_token\":\"%.*s\"", STR_ARG(chosen));
    buf_add_char(&json, '}');
    loopback_put(out, 200, "application/json", "", buf_str(&json));
    buf_done(&at);
    buf_done(&id);
    buf_done(&json);
}

/* What a provider checks before it gives tokens away: PKCE, and who asks. */
static bool is_genuine(const struct loopback_request *req)
{
    struct arena *a = NULL;
    struct form f;
    /* printf 'dui:s%%3Acret' | base64: the id and the secret were form-encoded */
    static const char basic[] = "Authorization: Basic ZHVpOnMlM0FjcmV0\r\n";
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    bool genuine = memmem(req->head.ptr, req->head.len, basic, sizeof basic - 1) != NULL &&
                   err_ok(form_parse(a, req->body, false, &f)) &&
                   str_eq(form_get(&f, STR("code")), STR("c0de")) &&
                   str_eq(form_get(&f, STR("grant_type")), STR("authorization_code")) &&
                   str_eq(form_get(&f, STR("redirect_uri")), STR("https://dui.example/cb")) &&
                   err_ok(pkce_check(form_get(&f, STR("code_verifier")), str_of(op.challenge)));
    arena_free(a);
    return genuine;
}

static void put_token_answer(enum twist t, const struct loopback_request *req, struct buf *out)
{
    if (t == INVALID_GRANT || !is_genuine(req))
        loopback_put(out, 400, "application/json", "", STR("{\"error\":\"invalid_grant\"}"));
    else if (t == SERVER_ERROR)
        loopback_put(out, 503, "text/html", "", STR("<h1>503</h1>"));
    else if (t == NOT_JSON)
        loopback_put(out, 200, "application/json", "", STR("token=1"));
    else if (t == HTML_ERROR)
        loopback_put(out, 404, "text/html", "", STR("<h1>404</h1>"));
    else
        put_tokens(t, out);
}

static void put_metadata(enum twist t, struct buf *out)
{
    struct buf json;
    const char *base = loopback_base(op.server);
    buf_init(&json, 4096);
    buf_addf(&json, "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/authorize\",",
             t == META_ISSUER ? "https://evil.example" : base, base);
    if (t != META_NO_TOKEN)
        buf_addf(&json, "\"token_endpoint\":\"%s/token\",", base);
    buf_addf(&json,
             "\"jwks_uri\":\"%s/jwks\",\"end_session_endpoint\":\"%s/end\","
             "\"authorization_response_iss_parameter_supported\":true}",
             base, base);
    int status = t == META_404 ? 404 : t == META_500 ? 500 : 200;
    loopback_put(out, status, "application/json", "",
                 t == META_NOT_JSON ? STR("<html>") : buf_str(&json));
    buf_done(&json);
}

static void put_keys(enum twist t, struct buf *out)
{
    struct buf json;
    struct jwks *keys = forge_keys(op.signer);
    buf_init(&json, JWKS_MAX);
    jwks_put(keys, &json);
    atomic_fetch_add(&op.keys_asked, 1);
    loopback_put(out, t == KEYS_404 ? 404 : 200, "application/json", "",
                 t == KEYS_EMPTY ? STR("{\"keys\":[]}") : buf_str(&json));
    jwks_free(keys);
    buf_done(&json);
}

static void answer(void *app, const struct loopback_request *req, struct buf *out)
{
    (void)app;
    if (str_starts(req->line, STR("GET /.well-known/openid-configuration ")))
        put_metadata(twisted(), out);
    else if (str_starts(req->line, STR("GET /jwks ")))
        put_keys(twisted(), out);
    else if (str_starts(req->line, STR("POST /token ")))
        put_token_answer(twisted(), req, out);
}

static struct habilis_config config(void)
{
    return (struct habilis_config){ .size = sizeof(struct habilis_config),
                                    .issuer = loopback_base(op.server),
                                    .client_id = "dui",
                                    .client_secret = "s:cret",
                                    .redirect_uri = "https://dui.example/cb",
                                    .post_logout_uri = "https://dui.example/",
                                    .audience = "DUI",
                                    .timeout_ms = 5000,
                                    .insecure_http = 1 };
}

static void setup(void)
{
    ck_assert_ok(jws_signer_generate(&op.signer));
    ck_assert_ok(jws_signer_generate(&op.stranger));
    op.server = loopback_start(answer, NULL);
    atomic_store(&op.twist, HONEST);
    atomic_store(&op.keys_asked, 0);
    const struct habilis_config c = config();
    ck_assert_int_eq(habilis_open(&c, &h), HABILIS_OK);
}

static void teardown(void)
{
    habilis_close(h);
    loopback_stop(op.server);
    jws_signer_free(op.signer);
    jws_signer_free(op.stranger);
}

/* The browser's part: reads the authorization URL as a provider would. */
static void visit(const struct habilis_login *l)
{
    struct arena *a = NULL;
    struct form f;
    struct str url = str_of(habilis_login_url(l)), before;
    ck_assert(str_cut(&url, '?', &before));
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_ok(form_parse(a, url, false, &f));
    ck_assert_str_is(form_get(&f, STR("response_type")), "code");
    ck_assert_str_is(form_get(&f, STR("client_id")), "dui");
    ck_assert_str_is(form_get(&f, STR("redirect_uri")), "https://dui.example/cb");
    ck_assert_str_is(form_get(&f, STR("scope")), "openid profile");
    ck_assert_str_is(form_get(&f, STR("code_challenge_method")), "S256");
    ck_assert(str_eq(form_get(&f, STR("state")), str_of(habilis_login_state(l))));
    struct str nonce = form_get(&f, STR("nonce")), challenge = form_get(&f, STR("code_challenge"));
    ck_assert_uint_eq(nonce.len, 43);
    ck_assert(pkce_is_challenge(challenge));
    memcpy(op.nonce, nonce.ptr, nonce.len + 1);
    memcpy(op.challenge, challenge.ptr, challenge.len + 1);
    arena_free(a);
}

static void query_of(enum twist t, const struct habilis_login *l, struct buf *q)
{
    if (t != NO_STATE)
        form_put(q, STR("state"),
                 t == OTHER_STATE || t == ERROR_OF_A_STRANGER ? STR("x")
                                                              : str_of(habilis_login_state(l)));
    if (t != NO_ISS)
        form_put(q, STR("iss"),
                 t == OTHER_ISS ? STR("https://evil.example") : str_of(loopback_base(op.server)));
    if (t == ACCESS_DENIED || t == ERROR_OF_A_STRANGER)
        form_put(q, STR("error"), STR("access_denied"));
    else if (t != NO_CODE)
        form_put(q, STR("code"), STR("c0de"));
    if (t == CODE_TWICE)
        form_put(q, STR("code"), STR("c0de"));
    if (t == BROKEN_QUERY)
        buf_add(q, STR("&x=%zz"));
    buf_add_char(q, '\0');
}

/* One whole sign-in; OUT as habilis_login_finish() leaves it. ERROR: 65 bytes. */
static enum habilis_status sign_in(enum twist t, const struct habilis_login_options *options,
                                   char *error, struct habilis_session **out)
{
    struct habilis_login *l = NULL;
    struct buf query;
    buf_init(&query, 4096);
    atomic_store(&op.twist, (int)t);
    enum habilis_status st = habilis_login_start(h, options, &l);
    if (st != HABILIS_OK)
        return st;
    visit(l);
    query_of(t, l, &query);
    st = habilis_login_finish(h, l, query.ptr, out);
    ck_assert_int_gt(snprintf(error, 66, "%s.", habilis_login_error(l)), 0);
    struct habilis_session *again = NULL;
    ck_assert_int_eq(habilis_login_finish(h, l, query.ptr, &again), HABILIS_MISUSE);
    habilis_login_free(l);
    buf_done(&query);
    return st;
}

static const struct {
    const char *name;
    enum twist twist;
    enum habilis_status want;
    const char *error;
} rows[] = {
    { "honest", HONEST, HABILIS_OK, "." },
    { "another state", OTHER_STATE, HABILIS_NOT_GENUINE, "." },
    { "no state", NO_STATE, HABILIS_NOT_GENUINE, "." },
    { "no iss though announced", NO_ISS, HABILIS_NOT_GENUINE, "." },
    { "another iss", OTHER_ISS, HABILIS_NOT_GENUINE, "." },
    { "no code", NO_CODE, HABILIS_NOT_GENUINE, "." },
    { "two codes", CODE_TWICE, HABILIS_NOT_GENUINE, "." },
    { "refused by the person", ACCESS_DENIED, HABILIS_REFUSED, "access_denied." },
    { "an error under another state", ERROR_OF_A_STRANGER, HABILIS_NOT_GENUINE, "." },
    { "a query that is none", BROKEN_QUERY, HABILIS_NOT_GENUINE, "." },
    { "code refused", INVALID_GRANT, HABILIS_REFUSED, "invalid_grant." },
    { "token endpoint down", SERVER_ERROR, HABILIS_UNAVAILABLE, "." },
    { "answer is not JSON", NOT_JSON, HABILIS_UNAVAILABLE, "." },
    { "an error page", HTML_ERROR, HABILIS_UNAVAILABLE, "." },
    { "another token type", TYPE_MAC, HABILIS_UNAVAILABLE, "." },
    { "no ID token", NO_ID_TOKEN, HABILIS_UNAVAILABLE, "." },
    { "no access token", NO_ACCESS_TOKEN, HABILIS_UNAVAILABLE, "." },
    { "another nonce", ID_NONCE, HABILIS_NOT_GENUINE, "." },
    { "no nonce", ID_NO_NONCE, HABILIS_NOT_GENUINE, "." },
    { "ID token of another issuer", ID_ISS, HABILIS_NOT_GENUINE, "." },
    { "ID token for another client", ID_AUD, HABILIS_NOT_GENUINE, "." },
    { "two audiences, no azp", ID_AUDS_NO_AZP, HABILIS_NOT_GENUINE, "." },
    { "two audiences, we are azp", ID_AUDS_AZP, HABILIS_OK, "." },
    { "another azp", ID_AZP, HABILIS_NOT_GENUINE, "." },
    { "ID token has ended", ID_EXPIRED, HABILIS_NOT_GENUINE, "." },
    { "at_hash of another token", ID_AT_HASH, HABILIS_NOT_GENUINE, "." },
    { "ID token about nobody", ID_NO_SUB, HABILIS_NOT_GENUINE, "." },
    { "ID token signed by a stranger", ID_STRANGER, HABILIS_NOT_GENUINE, "." },
    { "ID token with alg none", ID_NONE, HABILIS_NOT_GENUINE, "." },
    { "an access token as ID token", ID_IS_ACCESS_TOKEN, HABILIS_NOT_GENUINE, "." },
    { "an old login, any age will do", ID_OLD_LOGIN, HABILIS_OK, "." },
    { "an opaque access token", AT_OPAQUE, HABILIS_OK, "." },
    { "access token of another person", AT_SUB, HABILIS_NOT_GENUINE, "." },
    { "access token for another application", AT_AUD, HABILIS_NOT_GENUINE, "." },
    { "access token of another issuer", AT_ISS, HABILIS_NOT_GENUINE, "." },
    { "an ID token as access token", AT_TYP, HABILIS_NOT_GENUINE, "." },
    { "access token has ended", AT_EXPIRED, HABILIS_NOT_GENUINE, "." },
    { "access token signed by a stranger", AT_STRANGER, HABILIS_NOT_GENUINE, "." },
    { "entitlements out of grammar", AT_RIGHTS, HABILIS_NOT_GENUINE, "." },
    { "entitlements not a list", AT_RIGHTS_TYPE, HABILIS_NOT_GENUINE, "." },
    { "metadata of another issuer", META_ISSUER, HABILIS_UNAVAILABLE, "" },
    { "metadata without token endpoint", META_NO_TOKEN, HABILIS_UNAVAILABLE, "" },
    { "metadata not JSON", META_NOT_JSON, HABILIS_UNAVAILABLE, "" },
    { "no metadata", META_404, HABILIS_UNAVAILABLE, "" },
    { "metadata down", META_500, HABILIS_UNAVAILABLE, "" },
    { "no keys", KEYS_404, HABILIS_UNAVAILABLE, "." },
    { "empty keys", KEYS_EMPTY, HABILIS_NOT_GENUINE, "." },
};

/* Rule: OpenID Connect Core 1.0 sections 3.1.2.7 and 3.1.3.7, RFC 9207 section 2.4, RFC 9068
 * section 4: one lie a row, and nobody is signed in. */
START_TEST(sign_in_table)
{
    char error[66] = "";
    struct habilis_session *s = NULL;
    enum habilis_status st = sign_in(rows[_i].twist, NULL, error, &s);
    ck_assert_msg(st == rows[_i].want, "%s: %s", rows[_i].name, habilis_status_name(st));
    ck_assert_msg((s != NULL) == (st == HABILIS_OK), "%s: out", rows[_i].name);
    ck_assert_msg(strcmp(error, rows[_i].error) == 0, "%s: error %s", rows[_i].name, error);
    habilis_session_free(s);
}
END_TEST

/* Rule: an answer older than max_age is refused (OpenID Connect Core 1.0 section 3.1.3.7, 13). */
START_TEST(max_age)
{
    char error[66];
    struct habilis_session *s = NULL;
    const struct habilis_login_options o = { .size = sizeof o, .max_age = 3600 };
    ck_assert_int_eq(sign_in(ID_OLD_LOGIN, &o, error, &s), HABILIS_NOT_GENUINE);
    ck_assert_int_eq(sign_in(HONEST, &o, error, &s), HABILIS_OK);
    habilis_session_free(s);
}
END_TEST

/* Rule: the session tells who it is and where she works, from both tokens. */
START_TEST(session_texts)
{
    char error[66];
    struct habilis_session *s = NULL;
    ck_assert_int_eq(sign_in(HONEST, NULL, error, &s), HABILIS_OK);
    ck_assert_str_eq(habilis_session_text(s, HABILIS_SUBJECT), "u-1");
    ck_assert_str_eq(habilis_session_text(s, HABILIS_NAME), "Zoé Martin");
    ck_assert_str_eq(habilis_session_text(s, HABILIS_LOGIN_NAME), "zmartin");
    ck_assert_str_eq(habilis_session_text(s, HABILIS_GIVEN_NAME), "");
    ck_assert_str_eq(habilis_session_text(s, HABILIS_STRUCTURE), "MASF-MAS.MAISON-1");
    ck_assert_str_eq(habilis_session_text(s, HABILIS_ESTABLISHMENT_LABEL), "MAS");
    ck_assert_str_eq(habilis_session_text(s, HABILIS_SESSION_ID), "s-1");
    ck_assert_str_eq(habilis_session_text(s, (enum habilis_text)99), "");
    ck_assert_str_eq(habilis_session_profile(s, 0), "Infirmière");
    ck_assert_str_eq(habilis_session_profile(s, 1), "AS");
    ck_assert_str_eq(habilis_session_profile_code(s, 0), "IDE");
    ck_assert_ptr_null(habilis_session_profile(s, 2));
    ck_assert_int_eq(habilis_session_amr_has(s, "pwd"), 1);
    ck_assert_int_eq(habilis_session_amr_has(s, "otp"), 0);
    ck_assert_int_gt(habilis_session_expires(s), clock_now() + 200);
    ck_assert_int_gt(habilis_session_authenticated(s), 0);
    char *url = NULL;
    ck_assert_int_eq(habilis_logout_url(h, s, "st", &url), HABILIS_OK);
    ck_assert_ptr_nonnull(strstr(url, "/end?client_id=dui&id_token_hint=ey"));
    ck_assert_ptr_nonnull(
        strstr(url, "&post_logout_redirect_uri=https%3A%2F%2Fdui.example%2F&state=st"));
    habilis_free(url);
    habilis_session_free(s);
}
END_TEST

static const struct {
    const char *name;
    struct habilis_question q;
    enum habilis_effect want;
    const char *reason, *obligations;
} questions[] = {
#define Q(r, a, s) \
    .size = sizeof(struct habilis_question), .resource = r, .action = a, .structure = s
    { "permitted", { Q("DUI.IDENTITE", "lire", "MASF-MAS.MAISON-1") }, HABILIS_PERMIT, "ok", "" },
    { "at the establishment", { Q("DUI.IDENTITE", "lire", "MASF-MAS") }, HABILIS_PERMIT, "ok", "" },
    { "with an obligation",
      { Q("DUI.PROJET", "creer", "MASF-MAS.MAISON-2") },
      HABILIS_PERMIT,
      "ok",
      "file" },
    { "another action",
      { Q("DUI.IDENTITE", "modifier", "MASF-MAS") },
      HABILIS_DENY,
      "no_grant",
      "" },
    { "another resource", { Q("DUI.SOCIAL", "lire", "MASF-MAS") }, HABILIS_DENY, "no_grant", "" },
    { "another unit",
      { Q("DUI.TRANSMISSIONS", "lire", "MASF-MAS.MAISON-2") },
      HABILIS_DENY,
      "elsewhere",
      "" },
    { "another establishment", { Q("DUI.IDENTITE", "lire", "SOUB-ESAT") }, HABILIS_ASK, "ask", "" },
    { "a stronger login",
      { Q("DUI.DOSSIER_MED", "lire", "MASF-MAS") },
      HABILIS_STEP_UP,
      "step_up",
      "" },
    { "a reason is missing",
      { Q("DUI.STATS", "lire", "MASF-MAS") },
      HABILIS_DENY,
      "condition",
      "" },
    { "a reason is given",
      { Q("DUI.STATS", "lire", "MASF-MAS"), .motif = "bilan" },
      HABILIS_PERMIT,
      "ok",
      "" },
    { "no action", { Q("DUI.IDENTITE", NULL, "MASF-MAS") }, HABILIS_DENY, "no_grant", "" },
    { "another size",
      { .resource = "DUI.IDENTITE", .action = "lire", .structure = "MASF-MAS" },
      HABILIS_DENY,
      "no_grant",
      "" },
#undef Q
};

/* Rule: permitted only where the token's rights say so; what it cannot tell is ASK, not a permit. */
START_TEST(decide_table)
{
    char error[66];
    struct habilis_session *s = NULL;
    struct habilis_answer a;
    ck_assert_int_eq(sign_in(HONEST, NULL, error, &s), HABILIS_OK);
    habilis_decide(s, &questions[_i].q, &a);
    ck_assert_msg(a.effect == questions[_i].want, "%s: %s", questions[_i].name, a.reason);
    ck_assert_msg(strcmp(a.reason, questions[_i].reason) == 0, "%s: %s", questions[_i].name,
                  a.reason);
    ck_assert_str_eq(a.obligations, questions[_i].obligations);
    ck_assert_int_eq(habilis_answer_obliges(&a, "file"), a.obligations[0] != '\0');
    ck_assert_str_eq(a.acr_values, a.effect == HABILIS_STEP_UP ? "eidas2" : "");
    ck_assert_str_eq(a.missing, strcmp(a.reason, "condition") == 0 ? "motif" : "");
    habilis_session_free(s);
}
END_TEST

/* Rule: menus know what exists somewhere; an opaque token gives no right at all. */
START_TEST(menus)
{
    char error[66];
    struct habilis_session *s = NULL;
    struct habilis_answer a;
    const struct habilis_question q = {
        .size = sizeof q, .resource = "DUI.IDENTITE", .action = "lire", .structure = "MASF-MAS"
    };
    ck_assert_int_eq(sign_in(HONEST, NULL, error, &s), HABILIS_OK);
    ck_assert_int_eq(habilis_may(s, "DUI.DOSSIER_MED", "lire"), 1);
    ck_assert_int_eq(habilis_may(s, "DUI.SOCIAL", "lire"), 0);
    habilis_session_free(s);
    ck_assert_int_eq(sign_in(AT_OPAQUE, NULL, error, &s), HABILIS_OK);
    ck_assert_int_eq(habilis_may(s, "DUI.IDENTITE", "lire"), 0);
    habilis_decide(s, &q, &a);
    ck_assert_int_eq(a.effect, HABILIS_ASK);
    habilis_session_free(s);
    habilis_decide(NULL, &q, &a);
    ck_assert_int_eq(a.effect, HABILIS_DENY);
}
END_TEST

/* Rule: a token that has ended permits nothing, even within the leeway that verifying allows. */
START_TEST(ended)
{
    char error[66];
    struct habilis_session *s = NULL;
    struct habilis_answer a;
    const struct habilis_question q = {
        .size = sizeof q, .resource = "DUI.IDENTITE", .action = "lire", .structure = "MASF-MAS"
    };
    ck_assert_int_eq(sign_in(AT_ENDED, NULL, error, &s), HABILIS_OK);
    habilis_decide(s, &q, &a);
    ck_assert_int_eq(a.effect, HABILIS_RENEW);
    ck_assert_str_eq(a.reason, "expired");
    habilis_session_free(s);
}
END_TEST

static enum habilis_status bearer(enum twist t)
{
    struct buf token;
    struct habilis_session *s = NULL;
    buf_init(&token, JWS_MAX);
    access_token(t, &token);
    buf_add_char(&token, '\0');
    enum habilis_status st = habilis_bearer(h, token.ptr, &s);
    ck_assert((s != NULL) == (st == HABILIS_OK));
    habilis_session_free(s);
    buf_done(&token);
    return st;
}

/* Rule: a bearer token is checked like our own; an opaque one is nothing. */
START_TEST(bearers)
{
    ck_assert_int_eq(bearer(HONEST), HABILIS_OK);
    ck_assert_int_eq(bearer(AT_EXPIRED), HABILIS_EXPIRED);
    ck_assert_int_eq(bearer(AT_AUD), HABILIS_NOT_GENUINE);
    ck_assert_int_eq(bearer(AT_TYP), HABILIS_NOT_GENUINE);
    ck_assert_int_eq(bearer(AT_STRANGER), HABILIS_NOT_GENUINE);
    ck_assert_int_eq(bearer(AT_OPAQUE), HABILIS_NOT_GENUINE);
}
END_TEST

static void swap_signers(void)
{
    struct jws_signer *old = op.signer;
    op.signer = op.stranger;
    op.stranger = old;
}

/* A token that names its key, as a rotating provider's do. */
static enum habilis_status bearer_with_kid(struct jws_signer *s)
{
    struct buf payload, token;
    struct habilis_session *session = NULL;
    buf_init(&payload, 1000);
    buf_init(&token, JWS_MAX);
    buf_addf(&payload, "{\"iss\":\"%s\",\"aud\":\"DUI\",\"sub\":\"u\",\"exp\":%lld}",
             loopback_base(op.server), (long long)clock_now() + 60);
    ck_assert_ok(jws_sign(s, STR("at+jwt"), buf_str(&payload), &token));
    buf_add_char(&token, '\0');
    enum habilis_status st = habilis_bearer(h, token.ptr, &session);
    habilis_session_free(session);
    buf_done(&payload);
    buf_done(&token);
    return st;
}

/* Rule: an unknown key is asked for at once when the keys rotate, but forged tokens do not make us
 * ask again and again (PROVIDER_REFETCH_MS). */
START_TEST(rotation)
{
    ck_assert_int_eq(bearer_with_kid(op.signer), HABILIS_OK);
    ck_assert_int_eq(bearer_with_kid(op.signer), HABILIS_OK);
    ck_assert_int_eq(atomic_load(&op.keys_asked), 1);
    swap_signers();
    ck_assert_int_eq(bearer_with_kid(op.signer), HABILIS_OK);
    ck_assert_int_eq(atomic_load(&op.keys_asked), 2);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(bearer_with_kid(op.stranger), HABILIS_NOT_GENUINE);
    ck_assert_int_eq(atomic_load(&op.keys_asked), 2);
    ck_assert_int_eq(bearer_with_kid(op.signer), HABILIS_OK);
}
END_TEST

enum { THREADS = 4, EACH = 25 };

static void *verify_many(void *failures)
{
    for (int i = 0; i < EACH; i++)
        if (bearer_with_kid(op.signer) != HABILIS_OK)
            ++*(int *)failures;
    return NULL;
}

/* Rule: any number of threads verify at once, the first of them fetching the keys for all. */
START_TEST(threads)
{
    pthread_t t[THREADS];
    int failures[THREADS] = { 0 };
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, verify_many, &failures[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(t[i], NULL), 0);
        ck_assert_int_eq(failures[i], 0);
    }
    ck_assert_int_eq(atomic_load(&op.keys_asked), 1);
}
END_TEST

/* Rule: a provider that was away at the start is found when it is back. */
START_TEST(comes_back)
{
    char error[66];
    struct habilis_session *s = NULL;
    ck_assert_int_eq(sign_in(META_500, NULL, error, &s), HABILIS_UNAVAILABLE);
    ck_assert_int_eq(sign_in(HONEST, NULL, error, &s), HABILIS_OK);
    habilis_session_free(s);
}
END_TEST

/* Rule: what was asked for is in the URL, encoded. */
START_TEST(options)
{
    struct habilis_login *l = NULL;
    const struct habilis_login_options o = { .size = sizeof o,
                                             .acr_values = "eidas2",
                                             .prompt = "none",
                                             .login_hint = "zoé&x",
                                             .ui_locales = "fr",
                                             .max_age = 60 };
    ck_assert_int_eq(habilis_login_start(h, &o, &l), HABILIS_OK);
    ck_assert_ptr_nonnull(
        strstr(habilis_login_url(l),
               "&acr_values=eidas2&prompt=none&login_hint=zo%C3%A9%26x&ui_locales=fr&max_age=60"));
    ck_assert_uint_eq(strlen(habilis_login_state(l)), 43);
    habilis_login_free(l);
    const struct habilis_login_options unsized = { .prompt = "none" };
    ck_assert_int_eq(habilis_login_start(h, &unsized, &l), HABILIS_MISUSE);
}
END_TEST

static const struct {
    const char *name;
    struct habilis_config c;
} configs[] = {
#define C(i, id, secret, uri)                                                                     \
    .size = sizeof(struct habilis_config), .issuer = i, .client_id = id, .client_secret = secret, \
    .redirect_uri = uri
    { "no size",
      { .issuer = "https://i",
        .client_id = "a",
        .client_secret = "s",
        .redirect_uri = "https://h/cb" } },
    { "no issuer", { C(NULL, "a", "s", "https://h/cb") } },
    { "issuer over http", { C("http://i", "a", "s", "https://h/cb") } },
    { "issuer with a query", { C("https://i?x", "a", "s", "https://h/cb") } },
    { "no client", { C("https://i", NULL, "s", "https://h/cb") } },
    { "empty client", { C("https://i", "", "s", "https://h/cb") } },
    { "no secret, no key", { C("https://i", "a", NULL, "https://h/cb") } },
    { "a secret and a key", { C("https://i", "a", "s", "https://h/cb"), .client_key_pem = "x" } },
    { "a key that is none", { C("https://i", "a", NULL, "https://h/cb"), .client_key_pem = "x" } },
    { "no redirect URI", { C("https://i", "a", "s", NULL) } },
    { "redirect URI with a fragment", { C("https://i", "a", "s", "https://h/#x") } },
    { "a CA file that is not there",
      { C("https://i", "a", "s", "https://h/cb"), .ca_file = "/nonexistent" } },
    { "a negative time-out", { C("https://i", "a", "s", "https://h/cb"), .timeout_ms = -1 } },
#undef C
};

/* Rule: a configuration that cannot work is refused at the start. */
START_TEST(config_table)
{
    struct habilis *bad = NULL;
    enum habilis_status st = habilis_open(&configs[_i].c, &bad);
    ck_assert_msg(st == HABILIS_MISUSE && bad == NULL, "%s: %s", configs[_i].name,
                  habilis_status_name(st));
}
END_TEST

int main(void)
{
    TCase *login = tcase_create("login"), *rights = tcase_create("rights"),
          *open = tcase_create("open");
    signal(SIGPIPE, SIG_IGN);
    tcase_add_checked_fixture(login, setup, teardown);
    tcase_add_loop_test(login, sign_in_table, 0, COUNT(rows));
    tcase_add_test(login, max_age);
    tcase_add_test(login, session_texts);
    tcase_add_test(login, bearers);
    tcase_add_test(login, rotation);
    tcase_add_test(login, threads);
    tcase_add_test(login, comes_back);
    tcase_add_test(login, options);
    tcase_add_checked_fixture(rights, setup, teardown);
    tcase_add_loop_test(rights, decide_table, 0, COUNT(questions));
    tcase_add_test(rights, menus);
    tcase_add_test(rights, ended);
    tcase_add_loop_test(open, config_table, 0, COUNT(configs));
    return RUN_SUITE("habilis", login, rights, open);
}
