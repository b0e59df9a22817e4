/* libhabilis: habilis_ask() against a server on loopback that answers as a row says. */
#include "client/client.h"
#include "support/loopback.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct loopback *server;
static struct habilis *h;
static struct habilis_session who;

/* What the server does, and what it was asked. */
static int token_status, evaluation_status, refuse_tokens;
static const char *evaluation;
static int tokens, evaluations;
static char asked[2048], head[2048];

static void keep(char *out, size_t cap, struct str text)
{
    size_t n = text.len < cap - 1 ? text.len : cap - 1;
    if (n > 0)
        memcpy(out, text.ptr, n);
    out[n] = '\0';
}

static void answer(void *app, const struct loopback_request *req, struct buf *out)
{
    char text[1024];
    (void)app;
    if (str_starts(req->line, STR("GET /.well-known/openid-configuration"))) {
        const char *base = loopback_base(server);
        (void)snprintf(text, sizeof text,
                       "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\",\"token_endpoint\":"
                       "\"%s/token\",\"jwks_uri\":\"%s/jwks\"}",
                       base, base, base, base);
        loopback_put(out, 200, "application/json", "", str_of(text));
    } else if (str_starts(req->line, STR("POST /token "))) {
        tokens++;
        keep(head, sizeof head, req->head);
        bool right = str_eq(req->body, STR("grant_type=client_credentials&scope=authzen")) &&
                     strstr(head, "Authorization: Basic ") != NULL;
        (void)snprintf(text, sizeof text,
                       "{\"access_token\":\"t%d\",\"token_type\":\"Bearer\",\"expires_in\":300}",
                       tokens);
        loopback_put(out, right ? token_status : 400, "application/json", "", str_of(text));
    } else {
        evaluations++;
        keep(asked, sizeof asked, req->body);
        keep(head, sizeof head, req->head);
        bool refused = evaluations <= refuse_tokens;
        loopback_put(out, refused ? 401 : evaluation_status, "application/json", "",
                     str_of(evaluation));
    }
}

static void setup(void)
{
    char callback[100];
    token_status = evaluation_status = 200;
    refuse_tokens = tokens = evaluations = 0;
    evaluation = "{\"decision\":true}";
    asked[0] = head[0] = '\0';
    server = loopback_start(answer, NULL);
    (void)snprintf(callback, sizeof callback, "%s/callback", loopback_base(server));
    const struct habilis_config config = { .size = sizeof config,
                                           .issuer = loopback_base(server),
                                           .client_id = "dui",
                                           .client_secret = "secret",
                                           .redirect_uri = callback,
                                           .insecure_http = 1 };
    ck_assert_int_eq(habilis_open(&config, &h), HABILIS_OK);
    who = (struct habilis_session){ .expires = 0 };
    for (size_t i = 0; i < COUNT(who.text); i++)
        who.text[i] = "";
    who.text[HABILIS_SUBJECT] = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
    who.text[HABILIS_SESSION_ID] = "sid-1";
}

static void teardown(void)
{
    habilis_close(h);
    loopback_stop(server);
}

static const struct habilis_question question = { .size = sizeof question,
                                                  .resource = "DUI.IDENTITE",
                                                  .action = "lire",
                                                  .structure = "MASF-MAS.MAISON-2",
                                                  .motif = "chute \"grave\"" };

/* What the server says becomes an answer, or nothing that permits. */
static const struct {
    const char *name, *said;
    int status;
    enum habilis_status want;
    enum habilis_effect effect;
    const char *reason, *obligations;
} rows[] = {
    { "permit", "{\"decision\":true}", 200, HABILIS_OK, HABILIS_PERMIT, "ok", "" },
    { "permit with obligations",
      "{\"decision\":true,\"context\":{\"reason\":\"ok\",\"obligations\":[{\"id\":\"file\","
      "\"type\":"
      "\"custom\"},{\"id\":\"tuteur\"}]}}",
      200, HABILIS_OK, HABILIS_PERMIT, "ok", "file tuteur" },
    { "deny", "{\"decision\":false,\"context\":{\"reason\":\"elsewhere\"}}", 200, HABILIS_OK,
      HABILIS_DENY, "elsewhere", "" },
    { "bare deny", "{\"decision\":false}", 200, HABILIS_OK, HABILIS_DENY, "no_grant", "" },
    { "a reason that we do not know", "{\"decision\":false,\"context\":{\"reason\":\"moon\"}}", 200,
      HABILIS_OK, HABILIS_DENY, "no_grant", "" },
    { "step up",
      "{\"decision\":false,\"context\":{\"reason\":\"step_up\",\"acr_values\":\"eidas2\"}}", 200,
      HABILIS_OK, HABILIS_STEP_UP, "step_up", "" },
    { "decision a text", "{\"decision\":\"true\"}", 200, HABILIS_UNAVAILABLE, HABILIS_DENY, "unset",
      "" },
    { "decision a number", "{\"decision\":1}", 200, HABILIS_UNAVAILABLE, HABILIS_DENY, "unset",
      "" },
    { "no decision", "{}", 200, HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
    { "decision twice", "{\"decision\":false,\"decision\":true}", 200, HABILIS_UNAVAILABLE,
      HABILIS_DENY, "unset", "" },
    { "an obligation without a name", "{\"decision\":true,\"context\":{\"obligations\":[{}]}}", 200,
      HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
    { "an obligation with a space",
      "{\"decision\":true,\"context\":{\"obligations\":[{\"id\":\"file x\"}]}}", 200,
      HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
    { "obligations no list", "{\"decision\":true,\"context\":{\"obligations\":\"file\"}}", 200,
      HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
    { "context no object", "{\"decision\":true,\"context\":[]}", 200, HABILIS_UNAVAILABLE,
      HABILIS_DENY, "unset", "" },
    { "no JSON", "true", 200, HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
    { "forbidden, with a permit in it", "{\"decision\":true}", 403, HABILIS_REFUSED, HABILIS_DENY,
      "unset", "" },
    { "created, with a permit in it", "{\"decision\":true}", 201, HABILIS_REFUSED, HABILIS_DENY,
      "unset", "" },
    { "server error", "{\"decision\":true}", 500, HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
    { "overloaded", "", 503, HABILIS_UNAVAILABLE, HABILIS_DENY, "unset", "" },
};

START_TEST(answers)
{
    struct habilis_answer a = { .effect = HABILIS_PERMIT };
    evaluation = rows[_i].said;
    evaluation_status = rows[_i].status;
    enum habilis_status st = habilis_ask(h, &who, &question, "r-42", &a);
    ck_assert_msg(st == rows[_i].want, "%s: %s", rows[_i].name, habilis_status_name(st));
    ck_assert_msg(a.effect == rows[_i].effect, "%s: effect %d", rows[_i].name, (int)a.effect);
    ck_assert_msg(strcmp(a.reason, rows[_i].reason) == 0, "%s: %s", rows[_i].name, a.reason);
    ck_assert_str_eq(a.obligations, rows[_i].obligations);
    ck_assert(a.text_fr[0] != '\0' && a.text_en[0] != '\0');
}
END_TEST

/* The question says who, in which login, what, where and why; it is JSON, and carries the token. */
START_TEST(the_question)
{
    struct habilis_answer a;
    ck_assert_int_eq(habilis_ask(h, &who, &question, "r-42", &a), HABILIS_OK);
    ck_assert_str_eq(asked, "{\"subject\":{\"type\":\"person\",\"id\":\"1b4e28ba-2fa1-41d2-883f-"
                            "0016d3cca427\"},\"action\":{\"name\":\"lire\"},\"resource\":{\"type\":"
                            "\"DUI.IDENTITE\",\"id\":\"r-42\",\"properties\":{\"structure\":"
                            "\"MASF-MAS.MAISON-2\"}},\"context\":{\"sid\":\"sid-1\",\"motif\":"
                            "\"chute \\\"grave\\\"\"}}");
    ck_assert_ptr_nonnull(strstr(head, "Content-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "Authorization: Bearer t1\r\n"));
}
END_TEST

/* One token serves many questions; one that is refused is replaced, once. */
START_TEST(one_token)
{
    struct habilis_answer a;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(habilis_ask(h, &who, &question, NULL, &a), HABILIS_OK);
    ck_assert_int_eq(tokens, 1);
    evaluations = 0;
    refuse_tokens = 1;
    ck_assert_int_eq(habilis_ask(h, &who, &question, NULL, &a), HABILIS_OK);
    ck_assert_int_eq(a.effect, HABILIS_PERMIT);
    ck_assert_int_eq(tokens, 2);
    evaluations = 0;
    refuse_tokens = 9;
    ck_assert_int_eq(habilis_ask(h, &who, &question, NULL, &a), HABILIS_REFUSED);
    ck_assert_int_eq(a.effect, HABILIS_DENY);
    ck_assert_int_eq(evaluations, 2);
}
END_TEST

/* Without a token nothing is asked. */
START_TEST(no_token)
{
    struct habilis_answer a = { .effect = HABILIS_PERMIT };
    token_status = 400;
    ck_assert_int_eq(habilis_ask(h, &who, &question, NULL, &a), HABILIS_REFUSED);
    ck_assert_int_eq(a.effect, HABILIS_DENY);
    token_status = 503;
    ck_assert_int_eq(habilis_ask(h, &who, &question, NULL, &a), HABILIS_UNAVAILABLE);
    ck_assert_int_eq(evaluations, 0);
}
END_TEST

START_TEST(misuse)
{
    struct habilis_answer a = { .effect = HABILIS_PERMIT };
    struct habilis_question q = question;
    ck_assert_int_eq(habilis_ask(h, NULL, &question, NULL, &a), HABILIS_MISUSE);
    ck_assert_int_eq(a.effect, HABILIS_DENY);
    ck_assert_int_eq(habilis_ask(NULL, &who, &question, NULL, &a), HABILIS_MISUSE);
    ck_assert_int_eq(habilis_ask(h, &who, &question, NULL, NULL), HABILIS_MISUSE);
    q.action = NULL;
    ck_assert_int_eq(habilis_ask(h, &who, &q, NULL, &a), HABILIS_MISUSE);
    q = question;
    q.size--;
    ck_assert_int_eq(habilis_ask(h, &who, &q, NULL, &a), HABILIS_MISUSE);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("ask");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, answers, 0, COUNT(rows));
    tcase_add_test(t, the_question);
    tcase_add_test(t, one_token);
    tcase_add_test(t, no_token);
    tcase_add_test(t, misuse);
    return RUN_SUITE("ask", t);
}
