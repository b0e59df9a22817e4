#include "pages/i18n.h"
#include "support/suite.h"

#include <pthread.h>
#include <stdlib.h>

/* N: no-break space. */
#define N "\xC2\xA0"

/* Each call chooses its language, whatever the other calls chose; what is unknown stays English. */
START_TEST(languages)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(i18n(LANG_FR, "Password"), "Mot de passe");
        ck_assert_str_eq(i18n(LANG_EN, "Password"), "Password");
    }
    ck_assert_str_eq(i18n(LANG_FR, "nobody wrote this"), "nobody wrote this");
    ck_assert_str_eq(i18n(LANG_FR, ""), ""); /* not the catalogue's header */
}
END_TEST

/* French counts zero as one thing, English as many. */
START_TEST(plurals)
{
    static const struct {
        unsigned long n;
        const char *fr, *en;
    } rows[] = { { 0, "heure", "hours" }, { 1, "heure", "hour" }, { 2, "heures", "hours" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_str_eq(i18n_plural(LANG_FR, "hour", "hours", rows[i].n), rows[i].fr);
        ck_assert_str_eq(i18n_plural(LANG_EN, "hour", "hours", rows[i].n), rows[i].en);
    }
}
END_TEST

static void *ask_often(void *lang)
{
    enum lang mine = *(enum lang *)lang;
    const char *want = mine == LANG_FR ? "jeudi" : "Thursday";
    for (int i = 0; i < 20000; i++)
        if (!str_eq(str_of(i18n(mine, "Thursday")), str_of(want)))
            return lang;
    return NULL;
}

/* Threads that speak different languages at once do not disturb one another. */
START_TEST(threads)
{
    enum lang langs[4] = { LANG_FR, LANG_EN, LANG_FR, LANG_EN };
    pthread_t ids[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&ids[i], NULL, ask_often, &langs[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong = NULL;
        ck_assert_int_eq(pthread_join(ids[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

/* A folder without the catalogue is found out at the start, not by a carer. */
START_TEST(no_catalogue)
{
    ck_assert_err(i18n_init("/nonexistent"), CONFIG);
    ck_assert_ok(i18n_init(LOCALE_DIR));
}
END_TEST

/* Only LC_MESSAGES changes: a character is still a byte for the C library. */
START_TEST(locale_untouched) { ck_assert_uint_eq(MB_CUR_MAX, 1); }
END_TEST

/* Instants by `date -u -d … +%s`; the legal time of Paris, both sides of a change of clock. */
static const struct {
    const char *name;
    int64_t instant;
    const char *fr, *en;
} times[] = {
    { "winter", 1795535700, "mardi 24" N "novembre 2026 à 16" N "h" N "55",
      "Tuesday 24 November 2026, 16:55" },
    { "first of the month, one digit", 1796105100, "mardi 1er" N "décembre 2026 à 7" N "h" N "05",
      "Tuesday 1 December 2026, 07:05" },
    { "summer", 1783080000, "vendredi 3" N "juillet 2026 à 14" N "h" N "00",
      "Friday 3 July 2026, 14:00" },
    { "the second before the clock goes back", 1792889999,
      "dimanche 25" N "octobre 2026 à 2" N "h" N "59", "Sunday 25 October 2026, 02:59" },
    { "the clock has gone back", 1792890000, "dimanche 25" N "octobre 2026 à 2" N "h" N "00",
      "Sunday 25 October 2026, 02:00" },
    { "already tomorrow in Paris", 1798757999, "jeudi 31" N "décembre 2026 à 23" N "h" N "59",
      "Thursday 31 December 2026, 23:59" },
    { "new year in Paris", 1798758000, "vendredi 1er" N "janvier 2027 à 0" N "h" N "00",
      "Friday 1 January 2027, 00:00" },
    { "the epoch", 0, "jeudi 1er" N "janvier 1970 à 1" N "h" N "00",
      "Thursday 1 January 1970, 01:00" },
    { "29 February", 1835434800, "mardi 29" N "février 2028 à 12" N "h" N "00",
      "Tuesday 29 February 2028, 12:00" },
    { "beyond all calendars", INT64_MAX, "jeudi 30" N "décembre 9999 à 1" N "h" N "00",
      "Thursday 30 December 9999, 01:00" },
    { "before all calendars", INT64_MIN, "mardi 2" N "janvier 1 à 1" N "h" N "00",
      "Tuesday 2 January 1, 01:00" },
};

START_TEST(times_table)
{
    struct buf out;
    buf_init(&out, 256);
    i18n_instant(LANG_FR, times[_i].instant, &out);
    ck_assert_msg(str_eq(buf_str(&out), str_of(times[_i].fr)), "%s: %.*s", times[_i].name,
                  STR_ARG(buf_str(&out)));
    buf_reset(&out);
    i18n_instant(LANG_EN, times[_i].instant, &out);
    ck_assert_msg(str_eq(buf_str(&out), str_of(times[_i].en)), "%s: %.*s", times[_i].name,
                  STR_ARG(buf_str(&out)));
    buf_done(&out);
}
END_TEST

/* Rounded up: whoever waits as long as they were told is let in. */
static const struct {
    int64_t seconds;
    const char *fr, *en;
} durations[] = {
    { -5, "1" N "seconde", "1" N "second" },      { 0, "1" N "seconde", "1" N "second" },
    { 1, "1" N "seconde", "1" N "second" },       { 59, "59" N "secondes", "59" N "seconds" },
    { 60, "1" N "minute", "1" N "minute" },       { 61, "2" N "minutes", "2" N "minutes" },
    { 5400, "90" N "minutes", "90" N "minutes" }, { 5401, "2" N "heures", "2" N "hours" },
    { 7201, "3" N "heures", "3" N "hours" },
};

START_TEST(durations_table)
{
    struct buf out;
    buf_init(&out, 256);
    i18n_duration(LANG_FR, durations[_i].seconds, &out);
    ck_assert_str_is(buf_str(&out), durations[_i].fr);
    buf_reset(&out);
    i18n_duration(LANG_EN, durations[_i].seconds, &out);
    ck_assert_str_is(buf_str(&out), durations[_i].en);
    buf_done(&out);
}
END_TEST

/* RFC 9110 section 12.5.4; French unless the reader prefers English. */
static const struct {
    const char *header;
    enum lang want;
} headers[] = {
    { "fr", LANG_FR },
    { "en", LANG_EN },
    { "", LANG_FR },
    { "de", LANG_FR },
    { "*", LANG_FR },
    { "en-GB", LANG_EN },
    { "EN-us", LANG_EN },
    { "fr-FR,fr;q=0.9,en;q=0.8", LANG_FR },
    { "en-US,en;q=0.9,fr;q=0.8", LANG_EN },
    { "fr;q=0.5, en;q=0.9", LANG_EN },
    { "fr;q=0.9 , en ; q=0.900", LANG_FR }, /* equal: the first */
    { "de, en;q=0.3", LANG_EN },
    { "en;q=0", LANG_FR }, /* "not acceptable" */
    { "en;q=0.000,fr;q=0.001", LANG_FR },
    { "en;q=2", LANG_FR },
    { "en;q=1.001", LANG_FR },
    { "en;q=0.1234", LANG_FR },
    { "en;q=", LANG_FR },
    { "en;x=1", LANG_FR },
    { "english", LANG_FR },
    { ",,;;--,en", LANG_EN },
    { "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,en", LANG_EN },
    { "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,en", LANG_FR }, /* the seventeenth */
};

START_TEST(headers_table)
{
    enum lang got = lang_negotiate(str_of(headers[_i].header));
    ck_assert_msg(got == headers[_i].want, "\"%s\": %s", headers[_i].header, lang_code(got));
}
END_TEST

START_TEST(codes)
{
    enum lang lang = LANG_EN;
    ck_assert(lang_parse(STR("fr"), &lang) && lang == LANG_FR);
    ck_assert(lang_parse(STR("en"), &lang) && lang == LANG_EN);
    ck_assert(!lang_parse(STR("FR"), &lang) && !lang_parse(STR(""), &lang) && lang == LANG_EN);
    ck_assert(lang_other(LANG_FR) == LANG_EN && lang_other(LANG_EN) == LANG_FR);
}
END_TEST

int main(void)
{
    TCase *gettext = tcase_create("gettext"), *time = tcase_create("time");
    TCase *choice = tcase_create("choice");
    if (!err_ok(i18n_init(LOCALE_DIR)))
        return EXIT_FAILURE;
    tcase_add_test(gettext, languages);
    tcase_add_test(gettext, plurals);
    tcase_add_test(gettext, threads);
    tcase_add_test(gettext, no_catalogue);
    tcase_add_test(gettext, locale_untouched);
    tcase_add_loop_test(time, times_table, 0, COUNT(times));
    tcase_add_loop_test(time, durations_table, 0, COUNT(durations));
    tcase_add_loop_test(choice, headers_table, 0, COUNT(headers));
    tcase_add_test(choice, codes);
    return RUN_SUITE("i18n", gettext, time, choice);
}
