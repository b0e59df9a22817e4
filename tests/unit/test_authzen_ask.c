/* The bodies of the Authorization API: what is a question, and what is wrong with what is not. */
#include "authzen/ask.h"

#include "support/suite.h"

#include <string.h>

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(value != NULL, "%s", text);
    return value;
}

#define S "\"subject\":{\"type\":\"person\",\"id\":\"u\"}"
#define A "\"action\":{\"name\":\"lire\"}"
#define R "\"resource\":{\"type\":\"T\",\"id\":\"r\"}"

static const struct {
    const char *name, *text;
    enum ask_shape shape;
    const char *wrong; /* part of what is said; NULL: nothing is wrong */
} rows[] = {
    { "whole", "{" S "," A "," R "}", ASK_EVALUATION, NULL },
    { "with a context", "{" S "," A "," R ",\"context\":{}}", ASK_EVALUATION, NULL },
    { "unknown members", "{" S "," A "," R ",\"x\":1,\"page\":7}", ASK_EVALUATION, NULL },
    { "an empty id is an id", "{\"subject\":{\"type\":\"p\",\"id\":\"\"}," A "," R "}",
      ASK_EVALUATION, NULL },
    { "no subject", "{" A "," R "}", ASK_EVALUATION, "subject is missing" },
    { "no action", "{" S "," R "}", ASK_EVALUATION, "action is missing" },
    { "no resource", "{" S "," A "}", ASK_EVALUATION, "resource is missing" },
    { "null subject", "{\"subject\":null," A "," R "}", ASK_EVALUATION, "subject must be" },
    { "text subject", "{\"subject\":\"u\"," A "," R "}", ASK_EVALUATION, "subject must be" },
    { "subject type", "{\"subject\":{\"type\":1,\"id\":\"u\"}," A "," R "}", ASK_EVALUATION,
      "subject.type" },
    { "subject id", "{\"subject\":{\"type\":\"p\"}," A "," R "}", ASK_EVALUATION, "subject.id" },
    { "subject properties",
      "{\"subject\":{\"type\":\"p\",\"id\":\"u\",\"properties\":1}," A "," R "}", ASK_EVALUATION,
      "subject.properties" },
    { "action name", "{" S ",\"action\":{\"name\":[]}," R "}", ASK_EVALUATION, "action.name" },
    { "action properties", "{" S ",\"action\":{\"name\":\"a\",\"properties\":\"x\"}," R "}",
      ASK_EVALUATION, "action.properties" },
    { "resource id", "{" S "," A ",\"resource\":{\"type\":\"T\"}}", ASK_EVALUATION, "resource.id" },
    { "resource properties",
      "{" S "," A ",\"resource\":{\"type\":\"T\",\"id\":\"r\",\"properties\":[]}}", ASK_EVALUATION,
      "resource.properties" },
    { "context", "{" S "," A "," R ",\"context\":[]}", ASK_EVALUATION, "context" },
    { "subjects: no id needed", "{\"subject\":{\"type\":\"p\"}," A "," R "}", ASK_SUBJECTS, NULL },
    { "subjects: an id of any sort is ignored",
      "{\"subject\":{\"type\":\"p\",\"id\":7}," A "," R "}", ASK_SUBJECTS, NULL },
    { "subjects: but a type", "{\"subject\":{}," A "," R "}", ASK_SUBJECTS, "subject.type" },
    { "subjects: the resource is whole",
      "{\"subject\":{\"type\":\"p\"}," A ",\"resource\":{\"type\":\"T\"}}", ASK_SUBJECTS,
      "resource.id" },
    { "resources", "{" S "," A ",\"resource\":{\"type\":\"T\"}}", ASK_RESOURCES, NULL },
    { "resources: the subject is whole",
      "{\"subject\":{\"type\":\"p\"}," A ",\"resource\":{\"type\":\"T\"}}", ASK_RESOURCES,
      "subject.id" },
    { "actions", "{" S "," R "}", ASK_ACTIONS, NULL },
    { "actions: an action is ignored", "{" S "," R ",\"action\":7}", ASK_ACTIONS, NULL },
};

static bool says(const char *wrong, const char *part)
{
    return part == NULL ? wrong == NULL : wrong != NULL && strstr(wrong, part) != NULL;
}

START_TEST(ask_table)
{
    struct ask ask = { .action = STR("untouched") };
    json_t *body = parse(rows[_i].text);
    struct ask_members m = ask_members_of(body);
    const char *wrong = ask_read(&m, rows[_i].shape, &ask);
    ck_assert_msg(says(wrong, rows[_i].wrong), "%s: %s", rows[_i].name, wrong);
    if (wrong != NULL)
        ck_assert_str_is(ask.action, "untouched");
    json_decref(body);
}
END_TEST

/* An item's entity replaces the default whole, and is judged with what it inherits. */
START_TEST(batch_defaults)
{
    struct ask_batch b;
    struct ask ask;
    json_t *body = parse("{" S "," A ",\"resource\":{},\"evaluations\":[{},{" R "},7,"
                         "{\"subject\":{\"type\":\"q\",\"id\":\"v\"}," R "}]}");
    ck_assert_ptr_null(ask_batch_read(body, &b));
    ck_assert_uint_eq(b.count, 4);
    ck_assert_int_eq(b.semantic, ASK_ALL);
    ck_assert(says(ask_item_read(&b, 0, &ask), "resource.type"));
    ck_assert_ptr_null(ask_item_read(&b, 1, &ask));
    ck_assert_str_is(ask.subject.id, "u");
    ck_assert_str_is(ask.resource.id, "r");
    ck_assert(says(ask_item_read(&b, 2, &ask), "must be an object"));
    ck_assert_ptr_null(ask_item_read(&b, 3, &ask));
    ck_assert_str_is(ask.subject.id, "v");
    json_decref(body);
}
END_TEST

static const struct {
    const char *name, *text, *wrong;
} batches[] = {
    { "none", "{}", NULL },
    { "empty", "{\"evaluations\":[]}", NULL },
    { "an object", "{\"evaluations\":{}}", "must be an array" },
    { "a semantic", "{\"options\":{\"evaluations_semantic\":\"deny_on_first_deny\"}}", NULL },
    { "unknown option", "{\"options\":{\"other\":1}}", NULL },
    { "unknown semantic", "{\"options\":{\"evaluations_semantic\":\"x\"}}",
      "evaluations_semantic" },
    { "semantic of another type", "{\"options\":{\"evaluations_semantic\":1}}",
      "evaluations_semantic" },
    { "options", "{\"options\":[]}", "options" },
    { "a default of another type", "{\"subject\":\"u\",\"evaluations\":[{}]}", "must be objects" },
};

START_TEST(batch_table)
{
    struct ask_batch b;
    json_t *body = parse(batches[_i].text);
    const char *wrong = ask_batch_read(body, &b);
    ck_assert_msg(says(wrong, batches[_i].wrong), "%s: %s", batches[_i].name, wrong);
    json_decref(body);
}
END_TEST

/* One more than the most is refused before any is read. */
START_TEST(batch_bound)
{
    struct ask_batch b;
    json_t *items = json_array(), *body = json_pack("{s:o}", "evaluations", items);
    for (int i = 0; i < ASK_ITEMS_MAX; i++)
        ck_assert_int_eq(json_array_append_new(items, json_object()), 0);
    ck_assert_ptr_null(ask_batch_read(body, &b));
    ck_assert_int_eq(json_array_append_new(items, json_object()), 0);
    ck_assert(says(ask_batch_read(body, &b), "1000"));
    json_decref(body);
}
END_TEST

static const struct {
    const char *name, *text, *wrong;
    size_t limit;
} pages[] = {
    { "none", "{}", NULL, 0 },
    { "empty", "{\"page\":{}}", NULL, 0 },
    { "limit", "{\"page\":{\"limit\":1000,\"properties\":{}}}", NULL, 1000 },
    { "no limit at all", "{\"page\":{\"limit\":0}}", "limit", 0 },
    { "below", "{\"page\":{\"limit\":-1}}", "limit", 0 },
    { "above", "{\"page\":{\"limit\":1001}}", "limit", 0 },
    { "real", "{\"page\":{\"limit\":1.0}}", "limit", 0 },
    { "text", "{\"page\":{\"limit\":\"5\"}}", "limit", 0 },
    { "token", "{\"page\":{\"token\":7}}", "token", 0 },
    { "array", "{\"page\":[]}", "page", 0 },
};

START_TEST(page_table)
{
    struct ask_page page;
    json_t *body = parse(pages[_i].text);
    const char *wrong = ask_page_read(body, &page);
    ck_assert_msg(says(wrong, pages[_i].wrong), "%s: %s", pages[_i].name, wrong);
    ck_assert_uint_eq(page.limit, pages[_i].limit);
    json_decref(body);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("ask");
    tcase_add_loop_test(t, ask_table, 0, COUNT(rows));
    tcase_add_test(t, batch_defaults);
    tcase_add_loop_test(t, batch_table, 0, COUNT(batches));
    tcase_add_test(t, batch_bound);
    tcase_add_loop_test(t, page_table, 0, COUNT(pages));
    return RUN_SUITE("authzen_ask", t);
}
