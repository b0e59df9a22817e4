#include "pages/pages_table.h"

#include "base/str.h"
#include "pages/i18n.h"

#include <string.h>

#define FORM  "action:s* csrf:s* flow:s* "
#define ANY   "here:s app:s place:s csrf:s flow:s person:s request_id:s help:s "
#define PLAIN "card"
#define WIDE  "card wide"

const struct page page_table[] = {
    { "login", N_("Sign in to your account"), FORM "username:s wait:i", "wrong throttled session",
      NULL, PLAIN, true },
    { "otp", N_("Your 6-digit code"), FORM "restart_url:s wait:i", "wrong spent clock throttled",
      NULL, PLAIN, true },
    { "enrol_totp", N_("Set up your sign-in codes"), FORM "otpauth:s* secret:s* wait:i",
      "wrong clock throttled", NULL, WIDE, true },
    { "charter", N_("Charter of the information system"), FORM "text:s* version:s", NULL, NULL,
      WIDE, true },
    { "structure", N_("Where are you working now?"), FORM "choices:a*", NULL, NULL, PLAIN, true },
    { "apps", N_("My applications"),
      "person:s* csrf:s* apps:a* change_url:s last_sign_in:i account_url:s mine_url:s "
      "review_url:s",
      NULL, NULL, "open", false },
    { "signed_out", N_("Your session is closed"), "sign_in_url:s", NULL, NULL, PLAIN, false },
    { "confirm_sign_out", N_("Sign out?"), "action:s* csrf:s* hidden:a stay_url:s", NULL, NULL,
      PLAIN, false },
    { "already_signed_in", N_("A session is already open"), FORM "person:s* expected:s", NULL, NULL,
      PLAIN, true },
    { "refused", N_("You cannot enter for now"),
      "reason:s* ended:i starts:i contact:s restart_url:s", NULL,
      "ended not_started none suspended no_right", PLAIN, true },
    { "expired", N_("This page is no longer valid"), "restart_url:s", NULL, NULL, PLAIN, false },
    { "error", NULL, "status:i* detail:s restart_url:s", NULL, NULL, PLAIN, false },
    { "unavailable", N_("The service is unavailable for a moment"), "retry_url:s", NULL, NULL,
      PLAIN, false },
    { "throttled", N_("Too many tries"), "wait:i* retry_url:s", NULL, NULL, PLAIN, false },
    { "glass", N_("Emergency access"),
      "action:s* csrf:s* app:s* place:s* label:s opens:a* told:a* lasts:i* due:i* hidden:a why:s "
      "wait:i cancel_url:s",
      "short long throttled", NULL, WIDE, false },
    { "glass_refused", N_("No emergency access"), "reason:s* back_url:s*", NULL,
      "no_right self nothing unknown", PLAIN, false },
    { "glass_mine", N_("My emergency accesses"), "items:a* csrf:s*", NULL, NULL, WIDE, false },
    { "glass_review", N_("Emergency accesses to review"), "items:a* csrf:s*", "comment long gone",
      NULL, WIDE, false },
    { NULL, NULL, NULL, NULL, NULL, NULL, false },
};

const struct page *page_find(const char *name)
{
    for (const struct page *p = page_table; p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

static const json_t *member(const json_t *data, struct str name)
{
    return json_object_getn(data, name.ptr, name.len);
}

static bool has_type(const json_t *v, char type)
{
    switch (type) {
    case 's':
        return json_is_string(v);
    case 'i':
        return json_is_integer(v);
    default:
        return json_is_array(v);
    }
}

/* SPEC is a list as in struct page. */
static bool members_fit(const json_t *data, struct str spec)
{
    struct str word, name;
    while (str_next(&spec, ' ', &word)) {
        if (!str_cut(&word, ':', &name))
            continue;
        const json_t *v = member(data, name);
        bool absent = v == NULL || json_is_null(v);
        if (absent ? str_ends(word, STR("*")) : !has_type(v, word.ptr[0]))
            return false;
    }
    return true;
}

/* The word under NAME, if there is one, is of the LIST; *word is "" when there is none. */
static bool word_fits(const json_t *data, const char *name, const char *list, struct str *word)
{
    const json_t *v = json_object_get(data, name);
    *word = STR("");
    if (v == NULL || json_is_null(v))
        return true;
    *word = str_from(json_string_value(v), json_string_length(v));
    return list != NULL && json_is_string(v) && str_in_list(str_of(list), ' ', *word);
}

err_t page_check(const struct page *page, const json_t *data)
{
    static const struct {
        struct str word;
        const char *needs;
    } with[] = { { { "throttled", 9 }, "wait:i*" },
                 { { "ended", 5 }, "ended:i*" },
                 { { "not_started", 11 }, "starts:i*" } };
    struct str error, reason;
    if (!json_is_object(data) || json_object_get(data, "page") != NULL ||
        !members_fit(data, STR(ANY)) || !members_fit(data, str_of(page->members)) ||
        !word_fits(data, "error", page->errors, &error) ||
        !word_fits(data, "reason", page->reasons, &reason))
        return ERR(BUG);
    for (size_t i = 0; i < COUNT(with); i++)
        if ((str_eq(error, with[i].word) || str_eq(reason, with[i].word)) &&
            !members_fit(data, str_of(with[i].needs)))
            return ERR(BUG);
    return ERR(OK);
}

const char *page_error_kind(json_int_t status)
{
    if (status == 404)
        return "not_found";
    if (status == 401 || status == 403)
        return "forbidden";
    return status >= 400 && status <= 499 ? "request" : "internal";
}

const char *page_title(const struct page *page, const json_t *data)
{
    static const char *const titles[][2] = {
        { "not_found", N_("This page does not exist") },
        { "forbidden", N_("You cannot open this page") },
        { "request", N_("This request could not be handled") },
        { "internal", N_("The service has met a problem") },
    };
    if (page->title != NULL)
        return page->title;
    const char *kind = page_error_kind(json_integer_value(json_object_get(data, "status")));
    for (size_t i = 0; i < COUNT(titles); i++)
        if (strcmp(titles[i][0], kind) == 0)
            return titles[i][1];
    return N_("The service has met a problem");
}
