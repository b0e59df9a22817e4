/* login/request: what a flow remembers comes back as it was; answers go only where they should. */
#include "login/request.h"
#include "support/suite.h"

static struct arena *arena;

static void setup(void) { ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena)); }
static void teardown(void) { arena_free(arena); }

START_TEST(request_round_trip)
{
    struct auth_request in = { .client_id = STR_INIT("dui"),
                               .redirect_uri = STR_INIT("https://dui.example/cb?a=1"),
                               .scope = STR_INIT("openid profile"),
                               .state = STR_INIT("é\"\\<&>"),
                               .nonce = STR_INIT(""),
                               .challenge = STR_INIT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                               .login_hint = STR_INIT("marie.martin"),
                               .acr = 2,
                               .max_age = 0,
                               .prompt_login = true,
                               .has_state = true,
                               .has_nonce = true };
    struct auth_request out;
    struct str json;
    ck_assert_ok(auth_request_write(arena, &in, &json));
    ck_assert_ok(auth_request_read(arena, json, &out));
    ck_assert(str_eq(out.client_id, in.client_id) && str_eq(out.redirect_uri, in.redirect_uri));
    ck_assert(str_eq(out.scope, in.scope) && str_eq(out.state, in.state));
    ck_assert(str_eq(out.challenge, in.challenge) && str_eq(out.login_hint, in.login_hint));
    ck_assert_int_eq(out.acr, 2);
    ck_assert_int_eq(out.max_age, 0);
    ck_assert(out.prompt_login && out.has_state && out.has_nonce && !out.prompt_structure);
}
END_TEST

START_TEST(progress_round_trip)
{
    struct progress in = { .acr = 2,
                           .amr = STR_INIT("pwd otp mfa"),
                           .auth_time = 5,
                           .second_factor = 6,
                           .structure = STR_INIT("MASF-MAS.MAISON-1"),
                           .sid = STR_INIT("s"),
                           .identity = true };
    struct progress out;
    struct str json;
    ck_assert_ok(progress_write(arena, &in, &json));
    ck_assert_ok(progress_read(arena, json, &out));
    ck_assert(out.acr == 2 && out.auth_time == 5 && out.second_factor == 6 && out.identity);
    ck_assert(str_eq(out.amr, in.amr) && str_eq(out.structure, in.structure));
    ck_assert(str_eq(out.sid, in.sid) && out.sealed.len == 0);
}
END_TEST

/* What is missing or broken in the store proves nothing. */
START_TEST(nothing_is_nobody)
{
    struct progress out;
    ck_assert_ok(progress_read(arena, STR("{}"), &out));
    ck_assert(out.acr == 0 && out.sid.len == 0 && !out.identity);
    ck_assert_err(progress_read(arena, STR(""), &out), BUG);
    ck_assert_err(progress_read(arena, STR("[]"), &out), BUG);
    ck_assert_err(progress_read(arena, STR("{\"acr\":1,\"acr\":2}"), &out), BUG);
}
END_TEST

static const struct {
    const char *name, *redirect, *state;
    const char *want;
} answers[] = {
    { "plain", "https://a/cb", "x", "https://a/cb?code=C&state=x&iss=https%3A%2F%2Fidp" },
    { "query there already", "https://a/cb?k=v", "x",
      "https://a/cb?k=v&code=C&state=x&iss=https%3A%2F%2Fidp" },
    { "state is encoded", "https://a/cb", "&code=evil#",
      "https://a/cb?code=C&state=%26code%3Devil%23&iss=https%3A%2F%2Fidp" },
    { "no state was sent", "https://a/cb", NULL, "https://a/cb?code=C&iss=https%3A%2F%2Fidp" },
};

/* RFC 9207 section 2: iss in every answer; RFC 6749 section 4.1.2: state as it was sent. */
START_TEST(response)
{
    struct str uri;
    struct auth_request r = { .redirect_uri = str_of(answers[_i].redirect),
                              .state = str_of(answers[_i].state),
                              .has_state = answers[_i].state != NULL };
    ck_assert_ok(auth_response_code(arena, &r, STR("https://idp"), STR("C"), &uri));
    ck_assert_str_is(uri, answers[_i].want);
}
END_TEST

START_TEST(error_response)
{
    struct str uri;
    struct auth_request r = { .redirect_uri = STR_INIT("https://a/cb") };
    ck_assert_ok(auth_response_error(arena, &r, STR("https://idp"), "login_required", NULL, &uri));
    ck_assert_str_is(uri, "https://a/cb?error=login_required&iss=https%3A%2F%2Fidp");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("request");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, request_round_trip);
    tcase_add_test(t, progress_round_trip);
    tcase_add_test(t, nothing_is_nobody);
    tcase_add_loop_test(t, response, 0, COUNT(answers));
    tcase_add_test(t, error_response);
    return RUN_SUITE("login_request", t);
}
