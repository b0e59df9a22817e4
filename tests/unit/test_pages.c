#include "pages/pages.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static struct pages *pages;
static json_t *samples; /* tests/pages/samples.json: every page, every error and reason */

/* The page as a C string in OUT; the caller frees OUT. */
static const char *draw(enum lang lang, const char *page, const json_t *data, struct buf *out)
{
    buf_init(out, PAGE_MAX);
    err_t e = pages_render(pages, lang, page, data, out);
    ck_assert_msg(err_ok(e), "%s: %s", page, err_name(e));
    buf_add_char(out, '\0');
    ck_assert_ok(buf_err(out));
    return out->ptr;
}

static const char *sample_page(size_t i, json_t **data)
{
    json_t *sample = json_array_get(samples, i);
    *data = json_object_get(sample, "data");
    return json_string_value(json_object_get(sample, "page"));
}

/* What a sentence of each case must say: the data reach the text, in both languages. */
static const struct {
    const char *name, *page, *data, *fr, *en;
} said[] = {
    { "application and place", "login",
      "{'action':'/a','csrf':'c','flow':'f','app':'Paie','place':'MAS'}",
      "Vous entrez dans :</span> <strong>Paie</strong> <span class=\"at\">MAS<",
      "You are going to:</span> <strong>Paie</strong>" },
    { "hidden fields", "login", "{'action':'/a','csrf':'c1','flow':'f1'}",
      "name=\"csrf\" value=\"c1\"", "name=\"flow\" value=\"f1\"" },
    { "the error is in the title", "login", "{'action':'/a','csrf':'c','flow':'f','error':'wrong'}",
      "<title>Erreur : Connexion", "<title>Error: Sign in" },
    { "the end of a session is no error", "login",
      "{'action':'/a','csrf':'c','flow':'f','error':'session'}", "<title>Connexion à",
      "<div class=\"alert calm\" role=\"alert\"" },
    { "the field of a wrong login is marked", "login",
      "{'action':'/a','csrf':'c','flow':'f','error':'wrong'}", "aria-invalid=\"true\"",
      "aria-describedby=\"problem\"" },
    { "the time to wait", "login",
      "{'action':'/a','csrf':'c','flow':'f','error':'throttled','wait':61}",
      "patientez 2 minutes avant", "wait 2 minutes before" },
    { "a spent code", "otp", "{'action':'/a','csrf':'c','flow':'f','error':'spent'}",
      "Attendez le code suivant", "Wait for the next one" },
    { "the key in groups", "enrol_totp",
      "{'action':'/a','csrf':'c','flow':'f','otpauth':'otpauth://totp/x','secret':'ABCDEFGH'}",
      "<code class=\"key\">ABCD EFGH</code>", "<svg class=\"qr\" role=\"img\"" },
    { "the charter's blocks", "charter",
      "{'action':'/a','csrf':'c','flow':'f','text':'# T\\n\\na\\nb\\n\\n- i\\n- j\\n\\nc'}",
      "<h2>T</h2>\n<p>a b</p>\n<ul><li>i</li><li>j</li></ul>\n<p>c</p>", "accept" },
    { "the last day of an assignment", "structure",
      "{'action':'/a','csrf':'c','flow':'f','choices':[{'id':'S','establishment':'E',"
      "'profiles':['P'],'until':1798758000}]}",
      "Jusqu’au jeudi 31 décembre 2026", "Until Thursday 31 December 2026" },
    { "a tile", "apps", "{'person':'Ana','csrf':'c','apps':[{'name':'DUI','url':'/dui'}]}",
      "<a href=\"/dui\">", "Hello Ana" },
    { "no application", "apps", "{'person':'Ana','csrf':'c','apps':[]}", "Aucune application",
      "No application" },
    { "a mission that ended", "refused", "{'reason':'ended','ended':1795561200}",
      "Votre mission s’est terminée le mardi 24 novembre 2026.",
      "Your mission ended on Tuesday 24 November 2026." },
    { "a mission to come", "refused", "{'reason':'not_started','starts':1795561200}",
      "commence le mercredi 25 novembre 2026.", "begins on Wednesday 25 November 2026." },
    { "whom to see", "refused", "{'reason':'none','contact':'Mme X'}", "Voyez Mme X.",
      "See Mme X." },
    { "carried fields", "confirm_sign_out",
      "{'action':'/a','csrf':'c','hidden':[{'name':'state','value':'<1>'}]}",
      "name=\"state\" value=\"&lt;1&gt;\"", "Sign out?" },
    { "a status", "error", "{'status':404}", "Cette page n’existe pas",
      "This page does not exist" },
    { "the technician's line", "error", "{'status':400,'detail':'invalid_request'}",
      "<code>400 invalid_request</code>", "400 invalid_request" },
    { "the reference", "unavailable", "{'request_id':'r1'}", "<code>r1</code>", "r1" },
    { "what was typed comes back as text", "glass",
      "{'action':'/a','csrf':'c','app':'DUI','place':'P','opens':['lire'],'told':['DPO'],"
      "'lasts':14400,'due':1796140500,'error':'short','why':'</textarea>'}",
      "required aria-invalid=\"true\" aria-describedby=\"problem\">&lt;/textarea&gt;</textarea>",
      "For 4 hours; then it closes by itself." },
    { "who reviews sees the reason", "glass_review",
      "{'csrf':'c','items':[{'id':'i','number':1,'person':'Ana','app':'DUI','place':'P','opened':"
      "1795535700,'why':'<b>chute</b>','due':1796140500}]}",
      "<blockquote>&lt;b&gt;chute&lt;/b&gt;</blockquote>", "Nothing has been consulted." },
    { "the switch keeps the place", "expired", "{'here':'/x?a=1&b=2'}",
      "name=\"next\" value=\"/x?a=1&amp;b=2\"", "name=\"lang\" value=\"fr\"" },
    { "without a place, no switch", "expired", "{}", "</header>", "</header>" },
};

/* The table above writes no-break spaces as spaces. */
static void plain_spaces(char *text)
{
    for (char *c = text; (c = strstr(c, "\xC2\xA0")) != NULL;) {
        memmove(c, c + 1, strlen(c));
        *c = ' ';
    }
}

START_TEST(says_table)
{
    struct buf fr, en;
    json_error_t why;
    char json[512];
    (void)snprintf(json, sizeof json, "%s", said[_i].data);
    for (char *c = json; *c != '\0'; c++) /* single quotes, for reading the table */
        if (*c == '\'')
            *c = '"';
    json_t *data = json_loads(json, 0, &why);
    ck_assert_msg(data != NULL, "%s: %s", said[_i].name, why.text);
    const char *french = draw(LANG_FR, said[_i].page, data, &fr);
    const char *english = draw(LANG_EN, said[_i].page, data, &en);
    plain_spaces(fr.ptr);
    plain_spaces(en.ptr);
    ck_assert_msg(strstr(french, said[_i].fr) != NULL, "%s: %s", said[_i].name, french);
    ck_assert_msg(strstr(english, said[_i].en) != NULL, "%s: %s", said[_i].name, english);
    ck_assert(strstr(french, "lang=\"fr\"") != NULL && strstr(english, "lang=\"en\"") != NULL);
    buf_done(&fr);
    buf_done(&en);
    json_decref(data);
}
END_TEST

/* A page whose contract is broken is not drawn at all. */
static const struct {
    const char *name, *page, *data;
} broken[] = {
    { "no such page", "nobody", "{}" },
    { "a partial is no page", "hidden", "{}" },
    { "not an object", "expired", "[]" },
    { "the reserved name", "expired", "{\"page\":{}}" },
    { "a member is missing", "login", "{\"action\":\"/a\",\"csrf\":\"c\"}" },
    { "a member is null", "login", "{\"action\":\"/a\",\"csrf\":\"c\",\"flow\":null}" },
    { "a member of another type", "error", "{\"status\":\"404\"}" },
    { "a common member of another type", "expired", "{\"app\":1}" },
    { "an unknown error", "login",
      "{\"action\":\"/a\",\"csrf\":\"c\",\"flow\":\"f\",\"error\":\"suspended\"}" },
    { "an error that is no text", "login",
      "{\"action\":\"/a\",\"csrf\":\"c\",\"flow\":\"f\",\"error\":true}" },
    { "an error where there is none", "expired", "{\"error\":\"wrong\"}" },
    { "throttled without the wait", "otp",
      "{\"action\":\"/a\",\"csrf\":\"c\",\"flow\":\"f\",\"error\":\"throttled\"}" },
    { "ended without the date", "refused", "{\"reason\":\"ended\"}" },
    { "not_started without the date", "refused", "{\"reason\":\"not_started\"}" },
    { "an unknown reason", "refused", "{\"reason\":\"because\"}" },
};

START_TEST(broken_table)
{
    struct buf out;
    json_t *data = json_loads(broken[_i].data, 0, NULL);
    ck_assert_ptr_nonnull(data);
    buf_init(&out, PAGE_MAX);
    err_t e = pages_render(pages, LANG_FR, broken[_i].page, data, &out);
    ck_assert_msg(e.code == ERR_BUG, "%s: got %s", broken[_i].name, err_name(e));
    ck_assert_msg(out.len == 0, "%s: something was written", broken[_i].name);
    buf_done(&out);
    json_decref(data);
}
END_TEST

/* Every text of DATA becomes an attack, but for the words that the contract checks. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as a sample */
static json_t *poison(json_t *v)
{
    const char *key = NULL;
    json_t *item = NULL;
    size_t i = 0;
    if (json_is_string(v))
        return json_string("\"><script>alert('1')</script>");
    if (!json_is_array(v) && !json_is_object(v))
        return json_incref(v);
    json_t *copy = json_is_array(v) ? json_array() : json_object();
    json_array_foreach(v, i, item) json_array_append_new(copy, poison(item));
    json_object_foreach(v, key, item)
    {
        bool word = strcmp(key, "error") == 0 || strcmp(key, "reason") == 0;
        json_object_set_new(copy, key, word ? json_incref(item) : poison(item));
    }
    return copy;
}

/* No page lets any of its data out of the text or attribute where it stands. */
START_TEST(poisoned_pages)
{
    json_t *data = NULL;
    for (size_t i = 0; i < json_array_size(samples); i++) {
        struct buf out;
        const char *page = sample_page(i, &data);
        json_t *bad = poison(data);
        const char *html = draw(LANG_FR, page, bad, &out);
        ck_assert_msg(strstr(html, "<script") == NULL, "%s", html);
        ck_assert_msg(strstr(html, "alert('") == NULL, "%s", html);
        buf_done(&out);
        json_decref(bad);
    }
}
END_TEST

static bool has_label(const char *html, const char *input)
{
    const char *id = strstr(input, " id=\""), *label = html;
    if (id == NULL || id > strchr(input, '>'))
        return false;
    id += strlen(" id=\"");
    size_t len = strcspn(id, "\"") + 1; /* with the quote after it */
    while ((label = strstr(label, "<label for=\"")) != NULL) {
        label += strlen("<label for=\"");
        if (strncmp(label, id, len) == 0)
            return true;
    }
    return false;
}

/* WCAG 1.3.1 and 4.1.2: each visible field has its label. */
START_TEST(labels)
{
    json_t *data = NULL;
    int fields = 0;
    for (size_t i = 0; i < json_array_size(samples); i++) {
        struct buf out;
        const char *page = sample_page(i, &data);
        const char *html = draw(LANG_FR, page, data, &out), *at = html;
        while ((at = strstr(at, "<input ")) != NULL) {
            const char *type = strstr(at, "type=\"");
            bool hidden = strncmp(type, "type=\"hidden\"", 13) == 0;
            ck_assert_msg(hidden || has_label(html, at), "%s: %.60s", page, at);
            fields += !hidden;
            at++;
        }
        buf_done(&out);
    }
    ck_assert_int_gt(fields, 10);
}
END_TEST

/* The samples show every page and every error and reason, so that the browser tests see them. */
START_TEST(samples_are_complete)
{
    static const char *const names[] = {
        "login/wrong",
        "login/throttled",
        "login/session",
        "otp/wrong",
        "otp/spent",
        "otp/clock",
        "otp/throttled",
        "enrol_totp/wrong",
        "charter/",
        "structure/",
        "apps/",
        "signed_out/",
        "confirm_sign_out/",
        "already_signed_in/",
        "refused/ended",
        "refused/not_started",
        "refused/none",
        "refused/suspended",
        "refused/no_right",
        "expired/",
        "error/",
        "unavailable/",
        "throttled/",
        "glass/",
        "glass/short",
        "glass/long",
        "glass/throttled",
        "glass_refused/no_right",
        "glass_refused/self",
        "glass_refused/nothing",
        "glass_refused/unknown",
        "glass_mine/",
        "glass_review/",
        "glass_review/comment",
        "glass_review/long",
        "glass_review/gone",
    };
    for (size_t n = 0; n < COUNT(names); n++) {
        bool found = false;
        for (size_t i = 0; i < json_array_size(samples); i++) {
            char name[64];
            json_t *data = NULL;
            const char *page = sample_page(i, &data);
            const char *error = json_string_value(json_object_get(data, "error"));
            const char *reason = json_string_value(json_object_get(data, "reason"));
            const char *word = reason != NULL ? reason : "";
            (void)snprintf(name, sizeof name, "%s/%s", page, error != NULL ? error : word);
            found = found || strcmp(name, names[n]) == 0;
        }
        ck_assert_msg(found, "no sample of %s", names[n]);
    }
}
END_TEST

/* Assets are found by the path the pages give, and by no other. */
START_TEST(assets)
{
    size_t count = 0;
    struct buf out;
    const struct page_asset *all = pages_assets(pages, &count);
    ck_assert_uint_eq(count, 2);
    json_t *data = json_object();
    const char *html = draw(LANG_FR, "expired", data, &out);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_eq(pages_asset(pages, str_of(all[i].path)), &all[i]);
        ck_assert_ptr_nonnull(strstr(html, all[i].path));
        ck_assert_uint_lt(all[i].body.len, 12 * 1024);
    }
    ck_assert_str_eq(all[0].type, "text/css; charset=utf-8");
    ck_assert_str_eq(all[1].type, "image/svg+xml");
    ck_assert_ptr_null(pages_asset(pages, STR("/assets/style.css")));
    ck_assert_ptr_null(pages_asset(pages, STR("/assets/../pages.c")));
    ck_assert_ptr_null(pages_asset(pages, STR("")));
    buf_done(&out);
    json_decref(data);
}
END_TEST

/* The organisation's name is data like any other. */
START_TEST(organisation)
{
    struct pages *own = NULL;
    struct buf out;
    json_t *data = json_object();
    ck_assert_err(pages_new("\xFF", &own), BAD_UTF8);
    ck_assert_ptr_null(own);
    ck_assert_ok(pages_new("<b>&", &own));
    buf_init(&out, PAGE_MAX);
    ck_assert_ok(pages_render(own, LANG_EN, "expired", data, &out));
    buf_add_char(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.ptr, "<span>&lt;b&gt;&amp;</span>"));
    buf_done(&out);
    json_decref(data);
    pages_free(own);
}
END_TEST

/* A buffer that is too small for the page is an error, not half a page taken for whole. */
START_TEST(too_small)
{
    struct buf out;
    json_t *data = json_object();
    buf_init(&out, 100);
    ck_assert_err(pages_render(pages, LANG_EN, "expired", data, &out), TOO_LARGE);
    buf_done(&out);
    json_decref(data);
}
END_TEST

static long allocations_left; /* of jansson */

static void *meagre_malloc(size_t size) { return allocations_left-- > 0 ? malloc(size) : NULL; }

/* Without memory at any point of a page: NO_MEMORY, nothing leaked, nothing half made. */
START_TEST(without_memory)
{
    json_t *data = NULL;
    const char *page = sample_page((size_t)_i, &data);
    err_t e = ERR(NO_MEMORY);
    long n = 0;
    for (; e.code == ERR_NO_MEMORY; n++) {
        struct buf out;
        buf_init(&out, PAGE_MAX);
        allocations_left = n;
        json_set_alloc_funcs(meagre_malloc, free);
        e = pages_render(pages, LANG_FR, page, data, &out);
        json_set_alloc_funcs(malloc, free);
        ck_assert_uint_eq(out.len > 0, err_ok(e));
        buf_done(&out);
    }
    ck_assert_ok(e);
    ck_assert_int_gt(n, 10);
}
END_TEST

int main(void)
{
    TCase *text = tcase_create("text"), *safety = tcase_create("safety");
    samples = json_load_file(SAMPLES, 0, NULL);
    if (samples == NULL || !err_ok(i18n_init(LOCALE_DIR)) || !err_ok(pages_new("ESMS", &pages)))
        return EXIT_FAILURE;
    tcase_add_loop_test(text, says_table, 0, COUNT(said));
    tcase_add_test(text, samples_are_complete);
    tcase_add_test(text, labels);
    tcase_add_test(text, assets);
    tcase_add_loop_test(safety, broken_table, 0, COUNT(broken));
    tcase_add_test(safety, poisoned_pages);
    tcase_add_test(safety, organisation);
    tcase_add_test(safety, too_small);
    tcase_add_loop_test(safety, without_memory, 0, (int)json_array_size(samples));
    int status = RUN_SUITE("pages", text, safety);
    pages_free(pages);
    json_decref(samples);
    return status;
}
