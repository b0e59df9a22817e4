/* Names and labels into codes, keys and logins; the forms of cells. */
#include "ctl/check.h"
#include "ctl/text.h"
#include "support/suite.h"

static struct arena *arena;

static void setup(void) { ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena)); }
static void teardown(void) { arena_free(arena); }

/* docs/access-model.md section 1. */
static const struct {
    const char *label, *code;
} codes[] = {
    { "Espaces verts", "ESPACES-VERTS" },
    { "Équipe de nuit", "EQUIPE-DE-NUIT" },
    { "Section d'éducation", "SECTION-D-EDUCATION" },
    { "Bloc n° 2 (œuvres)", "BLOC-N-2-OEUVRES" },
    { "  -- Soins --  ", "SOINS" },
    { "E\xcc\x81"
      "quipe",
      "EQUIPE" },            /* decomposed, as a Mac exports */
    { "Straße", "STRASSE" }, /* the upper case of ß */
    { "ﬁlière", "FILIERE" }, /* compatibility decomposition of the ligature */
    { "PASA", "PASA" },
    { "Łódź", "ODZ" }, /* Ł has no decomposition and no substitute in the rule */
    { "—", "" },
    { "", "" },
};

START_TEST(code_table)
{
    struct str got;
    ck_assert_ok(text_code(arena, str_of(codes[_i].label), &got));
    ck_assert_str_is(got, codes[_i].code);
}
END_TEST

/* At most 32 characters of [a-z0-9.-], whatever the name. */
static const struct {
    const char *given, *family, *login;
} logins[] = {
    { "Marie", "Martin", "marie.martin" },
    { "Marie-Françoise", "D'Argençon-L'Hôpital", "mf.dargencon-lhopital" },
    { "Zoë", "L’Haÿ", "zoe.lhay" },
    { "NOËL", "LECŒUR", "noel.lecoeur" },
    { "Thị Hồng Nhung", "Đặng", "thi-hong-nhung.dang" },
    { "Gülşen", "Şahin-Yılmaz", "gulsen.sahin-yilmaz" },
    { "Grzegorz", "Łuczak", "grzegorz.luczak" },
    { "Y", "O", "y.o" },
    { "Jean  Pierre", "Dupont", "jean-pierre.dupont" },
    { "Fañch", "Guivarc'h", "fanch.guivarch" },
    { "Jürgen", "Müller-Weiß", "jurgen.muller-weiss" },
    { "Maria\xe2\x80\x91Grazia", "D’Onofrio", "maria-grazia.donofrio" },
    { "Charles-Édouard Marie Gonzague",
      "de La Rochefoucault-Montbéliard d'Argenson de Sainte-Croix des Landes",
      "cemg.de-la-rochefoucault-montbel" },
    { "Юлия", "Иванова", "" },
    { "Юлия", "Ivanova", "ivanova" },
};

START_TEST(login_table)
{
    struct str got;
    ck_assert_ok(
        text_login(arena, str_of(logins[_i].given), str_of(logins[_i].family), LOGIN_MAX, &got));
    ck_assert_str_is(got, logins[_i].login);
    ck_assert_uint_le(got.len, LOGIN_MAX);
}
END_TEST

START_TEST(cleaning)
{
    struct str got;
    ck_assert_ok(text_clean(arena, STR("  Pôle\n\xc2\xa0 enfance\xe2\x80\xaf"), &got));
    ck_assert_str_is(got, "Pôle enfance");
    ck_assert_ok(text_clean(arena, STR("e\xcc\x81"), &got));
    ck_assert_str_is(got, "é");
    ck_assert_ok(text_clean(arena, STR(" \t "), &got));
    ck_assert_str_is(got, "");
    ck_assert_err(text_clean(arena, STR("\xff"), &got), BAD_UTF8);
    ck_assert_ok(text_squeeze(arena,
                              STR("997\xc2\xa0"
                                  "00 000"),
                              &got));
    ck_assert_str_is(got, "99700000");
    ck_assert_ok(text_name_key(arena, STR("LE CŒUR-d'Été"), &got));
    ck_assert_str_is(got, "lecoeurdete");
}
END_TEST

START_TEST(names)
{
    ck_assert(text_is_name(STR("D’Angelo-L'Haÿ St. Jo")));
    ck_assert(text_is_name(STR("Иванова")));
    ck_assert(!text_is_name(STR("Dup0nt")));
    ck_assert(!text_is_name(STR("a*)(uid=*")));
    ck_assert(!text_is_name(STR("Dupont,ou=admin")));
    ck_assert(!text_is_name(STR("<b>x</b>")));
    ck_assert(!text_is_name(STR("LefÃ¨vre")));
    ck_assert(!text_is_name(STR("--")));
    ck_assert(!text_is_name(STR("")));
}
END_TEST

/* ---- forms ---- */

#define FORM(f, text, want)        \
    {                              \
#f " " text, f, text, want \
    }
static bool is_finess(struct str s) { return check_finess_form(s) && check_luhn(s); }
static bool is_rpps(struct str s) { return check_digits(s, 11) && check_luhn(s); }
static bool is_word_list(struct str s) { return check_list(s, '|', check_word); }

static const struct {
    const char *name;
    bool (*check)(struct str s);
    const char *text;
    bool want;
} forms[] = {
    FORM(is_finess, "990100018", true),
    FORM(is_finess, "990100011", false),
    FORM(is_finess, "90100018", false),
    FORM(is_finess, "9901O0018", false),
    FORM(is_rpps, "99705079194", true),
    FORM(is_rpps, "99705079195", false),
    FORM(check_luhn, "", false),
    FORM(check_mail, "a.b+c@x.example", true),
    FORM(check_mail, "a@x", false),
    FORM(check_mail, "a@@x.example", false),
    FORM(check_mail, "@x.example", false),
    FORM(check_mail, "a@x..example", false),
    FORM(check_mail, "a@x.example.", false),
    FORM(check_mail, "a@x.example; b@x.example", false),
    FORM(check_mail, "hélène@x.example", false),
    FORM(check_share, "100", true),
    FORM(check_share, "28.57", true),
    FORM(check_share, "0.5", true),
    FORM(check_share, "100.01", false),
    FORM(check_share, "101", false),
    FORM(check_share, "0", false),
    FORM(check_share, "0.00", false),
    FORM(check_share, "80,5", false),
    FORM(check_share, "80.", false),
    FORM(check_share, ".5", false),
    FORM(check_share, "-5", false),
    FORM(check_share, "1e2", false),
    FORM(check_code, "SOUB-ESAT.A_1", true),
    FORM(check_code, "soub", false),
    FORM(check_code, ".A", false),
    FORM(check_code, "A B", false),
    FORM(check_code, "", false),
    FORM(is_word_list, "lire|creer", true),
    FORM(is_word_list, "lire|lire", false),
    FORM(is_word_list, "lire|", false),
    FORM(is_word_list, "|lire", false),
    FORM(is_word_list, "", false),
    FORM(check_matricule, "L00001", true),
    FORM(check_matricule, "12/34 *", false),
    FORM(check_matricule, "123456789012345678901", false),
};

START_TEST(form_table)
{
    bool got = forms[_i].check(str_of(forms[_i].text));
    ck_assert_msg(got == forms[_i].want, "%s: %d", forms[_i].name, got);
}
END_TEST

static const struct {
    const char *text, *problem; /* NULL: good */
} days[] = {
    { "2024-02-29", NULL },
    { "2023-02-29", "E_DATE_INEXISTANTE" },
    { "2020-13-01", "E_DATE_INEXISTANTE" },
    { "1949-12-31", "E_DATE_HORS_PLAGE" },
    { "2051-01-01", "E_DATE_HORS_PLAGE" },
    { "0001-01-01", "E_DATE_HORS_PLAGE" },
    { "20-01-06", "E_DATE_FORMAT" },
    { "06/01/2020", "E_DATE_FORMAT" },
    { "2020-01-06 ", "E_DATE_FORMAT" },
    { "2020-1-06", "E_DATE_FORMAT" },
    { "", "E_DATE_FORMAT" },
};

START_TEST(day_table)
{
    int64_t n;
    enum problem_code why = PROBLEM_VALEUR;
    bool ok = check_day(str_of(days[_i].text), &n, &why);
    ck_assert_msg(ok == (days[_i].problem == NULL), "%s", days[_i].text);
    if (!ok)
        ck_assert_str_eq(problem_name(why), days[_i].problem);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("text");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, code_table, 0, COUNT(codes));
    tcase_add_loop_test(t, login_table, 0, COUNT(logins));
    tcase_add_test(t, cleaning);
    tcase_add_test(t, names);
    tcase_add_loop_test(t, form_table, 0, COUNT(forms));
    tcase_add_loop_test(t, day_table, 0, COUNT(days));
    return RUN_SUITE("ctl_text", t);
}
