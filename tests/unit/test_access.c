/* lib/base/access: the words of the access model, and which conditions hold when. */
#include "base/access.h"

#include "base/date.h"
#include "support/suite.h"

static int64_t at(const char *rfc3339)
{
    int64_t instant = 0;
    ck_assert_ok(date_parse_rfc3339(str_of(rfc3339), &instant));
    return instant;
}

/* The tie rule compares bits as if they were names: the table must be in byte order. */
START_TEST(words_are_in_byte_order)
{
    struct access_words w;
    access_words_init(&w);
    ck_assert_uint_eq(w.count, ACCESS_WORD_KNOWN);
    for (unsigned i = 1; i < w.count; i++)
        ck_assert_msg(str_cmp(w.name[i - 1], w.name[i]) < 0, "%.*s", STR_ARG(w.name[i]));
}
END_TEST

/* acr values other than the three are no login (model, section 3). */
START_TEST(acr_values)
{
    ck_assert_int_eq(access_acr_of(STR("eidas1")), ACCESS_EIDAS1);
    ck_assert_int_eq(access_acr_of(STR("eidas3")), ACCESS_EIDAS3);
    ck_assert_int_eq(access_acr_of(STR("EIDAS3")), ACCESS_ACR_NONE);
    ck_assert_int_eq(access_acr_of(STR("eidas3 ")), ACCESS_ACR_NONE);
    ck_assert_int_eq(access_acr_of(STR("")), ACCESS_ACR_NONE);
    ck_assert_str_eq(access_acr_name(ACCESS_EIDAS2), "eidas2");
    ck_assert_str_eq(access_reason_name(ACCESS_NOT_YET), "not_yet");
    ck_assert_str_eq(access_reason_name((enum access_reason)99), "unset");
}
END_TEST

/* 21:00 <= wall clock of Paris < 07:00: 10 hours, 9 when clocks go forward, 11 when they go back. */
static const struct {
    const char *name, *instant;
    bool night;
} nights[] = {
    { "a second before 21:00", "2026-01-15T20:59:59+01:00", false },
    { "21:00", "2026-01-15T21:00:00+01:00", true },
    { "a second before 07:00", "2026-01-16T06:59:59+01:00", true },
    { "07:00", "2026-01-16T07:00:00+01:00", false },
    { "summer, 21:00 in Paris", "2026-07-15T19:00:00Z", true },
    { "summer, a second before", "2026-07-15T18:59:59Z", false },
    { "forward: begins in winter time", "2026-03-28T20:00:00Z", true },
    { "forward: a second before", "2026-03-28T19:59:59Z", false },
    { "forward: ends nine hours later", "2026-03-29T05:00:00Z", false },
    { "forward: a second before", "2026-03-29T04:59:59Z", true },
    { "back: begins in summer time", "2026-10-24T19:00:00Z", true },
    { "back: 02:30 the first time", "2026-10-25T00:30:00Z", true },
    { "back: 02:30 the second time", "2026-10-25T01:30:00Z", true },
    { "back: a second before eleven hours", "2026-10-25T05:59:59Z", true },
    { "back: ends eleven hours later", "2026-10-25T06:00:00Z", false },
};

START_TEST(night_table)
{
    ck_assert_msg(access_is_night(at(nights[_i].instant)) == nights[_i].night, "%s",
                  nights[_i].name);
}
END_TEST

/* A motif is a string with a character other than white space. */
static const struct {
    const char *name, *motif;
    bool given;
} motifs[] = {
    { "a reason", "chute", true },
    { "one character after spaces", "  \t.", true },
    { "empty", "", false },
    { "spaces, tab, line ends", " \t\r\n\v\f", false },
    { "no-break spaces", "\xC2\xA0\xE2\x80\xAF", false },
    { "next line", "\xC2\x85", false },
    { "em space, ideographic space", "\xE2\x80\x83\xE3\x80\x80", false },
    { "hair space is the last of its block", "\xE2\x80\x8A", false },
    { "zero width space is none by Unicode", "\xE2\x80\x8B", true },
    { "ogham space", "\xE1\x9A\x80", false },
    { "line separator", "\xE2\x80\xA8", false },
    { "separators of files and records", "\x1C\x1D\x1E\x1F", false },
    { "another character of the same lead byte", "\xC2\xAB", true },
    { "half a character", "\xE2\x80", true },
};

START_TEST(motif_table)
{
    ck_assert_msg(access_motif_is_given(str_of(motifs[_i].motif)) == motifs[_i].given, "%s",
                  motifs[_i].name);
}
END_TEST

/* One fact at a time makes one condition hold, and no other. */
static const struct {
    const char *name;
    struct access_facts facts;
    bool has_end;
    uint64_t holds;
} facts[] = {
    { "nothing", { 0 }, false, 0 },
    { "eidas1", { .acr = ACCESS_EIDAS1 }, false, 0 },
    { "eidas2", { .acr = ACCESS_EIDAS2 }, false, ACCESS_BIT(2F) },
    { "eidas3", { .acr = ACCESS_EIDAS3 }, false, ACCESS_BIT(2F) },
    { "psc without a login is nothing", { .psc = true }, false, 0 },
    { "psc", { .acr = ACCESS_EIDAS1, .psc = true }, false, ACCESS_BIT(PSC) },
    { "urgence", { .urgence = true }, false, ACCESS_BIT(URGENCE) },
    { "presence", { .presence_physique = true }, false, ACCESS_BIT(PRESENCE_PHYSIQUE) },
    { "supervise", { .supervise = true }, false, ACCESS_BIT(SUPERVISE) },
    { "owner", { .owner_is_other = true }, false, ACCESS_BIT(PAS_SOI_MEME) },
    { "motif", { .motif = STR_INIT("chute") }, false, ACCESS_BIT(MOTIF) },
    { "an end",
      { 0 },
      true,
      ACCESS_BIT(CRENEAU_ASTREINTE) | ACCESS_BIT(DUREE_CONTRAT) | ACCESS_BIT(DUREE_STAGE) |
          ACCESS_BIT(FENETRE_INTERVENTION) | ACCESS_BIT(FENETRE_VISITE) },
};

START_TEST(facts_table)
{
    struct access_facts f = facts[_i].facts;
    f.now = at("2026-01-15T12:00:00Z");
    uint64_t tested = access_words_of(ACCESS_KIND_LOGIN) | access_words_of(ACCESS_KIND_DATED) |
                      access_words_of(ACCESS_KIND_CONTEXT);
    uint64_t always = access_words_of(ACCESS_KIND_OBLIGATION) | access_words_of(ACCESS_KIND_TRACE);
    uint64_t failing = access_failing(~(uint64_t)0 & ~ACCESS_BIT(FILE), &f, facts[_i].has_end);
    ck_assert_msg((tested & ~failing) == facts[_i].holds, "%s", facts[_i].name);
    ck_assert_msg((failing & always) == 0, "%s: obligations hold", facts[_i].name);
    ck_assert_msg(failing >> ACCESS_WORD_KNOWN == (uint64_t)-1 >> ACCESS_WORD_KNOWN,
                  "%s: unknown words never hold", facts[_i].name);
}
END_TEST

/* Unknown conditions, and `file`, which is an obligation and no condition, get bits that never hold. */
START_TEST(unknown_words)
{
    struct access_words w;
    struct str names[ACCESS_WORD_MAX];
    uint64_t bit = 0, file = 0, known = 0, again = 0;
    access_words_init(&w);
    ck_assert_ok(access_words_add(&w, STR("motif"), &known));
    ck_assert(known == ACCESS_BIT(MOTIF));
    ck_assert_ok(access_words_add(&w, STR("geolocalise"), &bit));
    ck_assert_ok(access_words_add(&w, STR("file"), &file));
    ck_assert_ok(access_words_add(&w, STR("geolocalise"), &again));
    ck_assert(bit >= (uint64_t)1 << ACCESS_WORD_KNOWN && file > bit && again == bit);
    ck_assert_uint_eq(access_words_list(&w, bit | known | file, names), 3);
    ck_assert_str_is(names[0], "file");
    ck_assert_str_is(names[1], "geolocalise");
    ck_assert_str_is(names[2], "motif");
}
END_TEST

START_TEST(too_many_words)
{
    struct access_words w;
    char names[ACCESS_WORD_MAX][3];
    uint64_t bit = 0;
    access_words_init(&w);
    for (int i = 0; i < ACCESS_WORD_MAX - ACCESS_WORD_KNOWN; i++) {
        names[i][0] = (char)('A' + i / 10);
        names[i][1] = (char)('0' + i % 10);
        names[i][2] = '\0';
        ck_assert_ok(access_words_add(&w, str_of(names[i]), &bit));
    }
    ck_assert_err(access_words_add(&w, STR("trop"), &bit), TOO_LARGE);
    ck_assert_ok(access_words_add(&w, STR("A0"), &bit));
}
END_TEST

/* Fewest names first; of as many, alphabetical (model, section 4, rule 6). */
START_TEST(tie_rule)
{
    struct access_words w;
    access_words_init(&w);
    uint64_t tuteur = ACCESS_BIT(TUTEUR), file = ACCESS_BIT(FILE), two = tuteur | file;
    ck_assert_int_lt(access_words_cmp(&w, 0, file), 0);
    ck_assert_int_lt(access_words_cmp(&w, tuteur, two), 0);
    ck_assert_int_lt(access_words_cmp(&w, file, tuteur), 0);
    ck_assert_int_gt(access_words_cmp(&w, tuteur, file), 0);
    ck_assert_int_lt(access_words_cmp(&w, file | ACCESS_BIT(URGENCE), tuteur | ACCESS_BIT(TRACE)),
                     0);
    ck_assert_int_eq(access_words_cmp(&w, two, two), 0);
}
END_TEST

static const struct {
    const char *text;
    bool code, name;
} forms[] = {
    { "SOUB-ESAT.ESPACES-VERTS", true, false },
    { "duree_contrat", true, true },
    { "2f", true, true },
    { "", false, false },
    { ".X", false, false },
    { "-X", false, false },
    { "A B", false, false },
    { "A:B", false, false },
    { "É", false, false },
    { "a\n", false, false },
};

START_TEST(form_table)
{
    ck_assert_msg(access_is_code(str_of(forms[_i].text)) == forms[_i].code, "%s", forms[_i].text);
    ck_assert_msg(access_is_name(str_of(forms[_i].text)) == forms[_i].name, "%s", forms[_i].text);
}
END_TEST

int main(void)
{
    TCase *words = tcase_create("words");
    tcase_add_test(words, words_are_in_byte_order);
    tcase_add_test(words, acr_values);
    tcase_add_test(words, unknown_words);
    tcase_add_test(words, too_many_words);
    tcase_add_test(words, tie_rule);
    tcase_add_loop_test(words, form_table, 0, COUNT(forms));
    TCase *conditions = tcase_create("conditions");
    tcase_add_loop_test(conditions, night_table, 0, COUNT(nights));
    tcase_add_loop_test(conditions, motif_table, 0, COUNT(motifs));
    tcase_add_loop_test(conditions, facts_table, 0, COUNT(facts));
    return RUN_SUITE("access", words, conditions);
}
