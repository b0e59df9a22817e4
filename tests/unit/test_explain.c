/* policies/engine/explain: the sentences. That every step works is tests/policy/explain.py. */
#include "engine/explain.h"

#include "support/suite.h"
#include "support/world.h"

#include <string.h>

static struct snapshot *world;
static struct arena *arena;
static struct buf text;

static void setup(void)
{
    world = world_snapshot();
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena));
    buf_init(&text, ARENA_DEFAULT_MAX);
}

static void teardown(void)
{
    buf_done(&text);
    arena_free(arena);
    snapshot_unref(world);
}

/* A head of service reads it: one sentence, no word of programmers, no code. */
static void check_sentence(const char *sentence, const char *what)
{
    static const char *const jargon[] = { "grant", "token",  "acr",  "amr",      "policy", "scope",
                                          "null",  "assign", "LDAP", "snapshot", "_",      "%" };
    struct str s = str_of(sentence);
    ck_assert_msg(str_is_printable(s) && s.len > 5, "%s: \"%s\"", what, sentence);
    for (size_t i = 0; i < COUNT(jargon); i++)
        ck_assert_msg(strstr(sentence, jargon[i]) == NULL, "%s: says %s", what, jargon[i]);
}

START_TEST(every_reason_has_sentences)
{
    for (int r = ACCESS_UNSET; r <= ACCESS_OK; r++) {
        struct explain_text t = explain_reason((enum access_reason)r);
        check_sentence(t.fr, access_reason_name((enum access_reason)r));
        check_sentence(t.en, access_reason_name((enum access_reason)r));
        ck_assert(str_ends(str_of(t.fr), STR(".")) && str_ends(str_of(t.en), STR(".")));
    }
    ck_assert_ptr_eq(explain_reason((enum access_reason)99).fr, explain_reason(ACCESS_UNSET).fr);
}
END_TEST

START_TEST(every_word_is_told_in_words)
{
    struct access_words known;
    access_words_init(&known);
    for (unsigned i = 0; i < ACCESS_WORD_KNOWN; i++) {
        struct explain_text t = explain_word(known.name[i]);
        check_sentence(t.fr, known.name[i].ptr);
        check_sentence(t.en, known.name[i].ptr);
        ck_assert_ptr_ne(t.fr, explain_word(STR("autre")).fr);
    }
    check_sentence(explain_word(STR("autre")).fr, "autre");
}
END_TEST

static const struct row {
    const char *name;
    const char *profile, *structure, *start,
        *end; /* what the person holds; profile NULL: nothing */
    const char *right, *action, *place, *now;
    enum access_acr acr;
    const char *want;
} rows[] = {
    { "a stronger login", "IDE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL, "DUI.PLAN_SOINS",
      "lire", "SOUB-ESAT", "2026-03-10T12:00:00+01:00", ACCESS_EIDAS1,
      "Se connecter à un niveau plus élevé : cela suffit, avec une connexion à deux facteurs.\n" },
    { "a written reason in an emergency", "VEILLEUR", "MADE-FV.NUIT", "2015-09-01T00:00:00+02:00",
      NULL, "DUI.DLU", "lire", "MADE-FV.NUIT", "2026-03-10T12:00:00+01:00", ACCESS_EIDAS1,
      "Compléter la demande, avec un motif écrit et une urgence déclarée.\n" },
    { "by day, what is of the night; or educators' profile", "VEILLEUR", "MADE-FV.NUIT",
      "2015-09-01T00:00:00+02:00", NULL, "DUI.CONSIGNES", "creer", "MADE-FV.NUIT",
      "2026-03-28T12:30:00+01:00", ACCESS_EIDAS1,
      "Attendre le 28 mars 2026 à 21 h.\n"
      "Donner le profil « Éducateur » (EDUC_SPE) pour MADE-FV.NUIT, à partir du 28 mars 2026.\n" },
    { "over since yesterday", "IDE", "SOUB-ESAT", "2026-03-02T00:00:00+01:00",
      "2026-03-10T00:00:00+01:00", "DUI.PROJET", "creer", "SOUB-ESAT", "2026-04-10T12:00:00+02:00",
      ACCESS_EIDAS2,
      "Donner le profil « Éducateur » (EDUC_SPE) pour SOUB-ESAT, à partir du 10 avril 2026.\n" },
    { "renewed", "IDE", "SOUB-ESAT", "2026-03-02T00:00:00+01:00", "2026-03-10T00:00:00+01:00",
      "DUI.PLAN_SOINS", "creer", "SOUB-ESAT", "2026-04-01T12:00:00+02:00", ACCESS_EIDAS1,
      "Renouveler la période du profil « Infirmier diplômé d'État » (IDE) pour SOUB-ESAT, "
      "à partir du 1er avril 2026, avec une connexion à deux facteurs.\n" },
    { "next door", "IDE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL, "DUI.PLAN_SOINS", "creer",
      "SOUB-FH", "2026-03-10T12:00:00+01:00", ACCESS_EIDAS2,
      "Pas ici ; cette personne a ce droit pour SOUB-ESAT.\n"
      "Donner le profil « Infirmier diplômé d'État » (IDE) pour SOUB-FH, à partir du 10 mars "
      "2026.\n" },
    { "her own only", "IDE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL, "RH.ABSENCES", "lire",
      "SOUB-ESAT", "2026-03-10T12:00:00+01:00", ACCESS_EIDAS2,
      "Ce droit porte sur ses propres données seulement.\n" },
    { "cut for everybody until April", "EDUC_SPE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL,
      "DUI.PROJET", "modifier", "SOUB-ESAT", "2026-03-10T12:00:00+01:00", ACCESS_EIDAS2,
      "Attendre le 1er avril 2026.\n" },
    { "an unknown place tells nothing", "IDE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL,
      "DUI.PLAN_SOINS", "lire", "AILLEURS", "2026-03-10T12:00:00+01:00", ACCESS_EIDAS2,
      "Aucune démarche ne donne ce droit : voir avec la personne responsable des profils.\n" },
};

static struct explanation explain_row(const struct row *row)
{
    struct explanation x = { 0 };
    const struct engine_assignment held = {
        .id = STR("a1"),
        .profile = str_of(row->profile),
        .structure = str_of(row->structure),
        .start = world_instant(row->start),
        .end = row->end == NULL ? MODEL_EVER : world_instant(row->end),
    };
    const struct engine_person person = { .id = STR("p1"),
                                          .login = STR("marie"),
                                          .active = true,
                                          .assignments = &held,
                                          .assignment_count = 1 };
    const struct engine_question q = { .resource = str_of(row->right),
                                       .action = str_of(row->action),
                                       .structure = str_of(row->place),
                                       .acr = row->acr,
                                       .now = world_instant(row->now) };
    ck_assert_ok(explain_question(world, &person, &q, arena, &x));
    return x;
}

START_TEST(steps_in_french)
{
    const struct row *row = &rows[_i];
    struct explanation x = explain_row(row);
    for (size_t i = 0; i < x.step_count; i++) {
        explain_say(world, &x.steps[i], false, &text);
        buf_add_char(&text, '\n');
    }
    ck_assert_str_is(buf_str(&text), row->want);
}
END_TEST

/* A pair tells what is held, until when, and why it stops. */
START_TEST(a_pair_is_a_sentence)
{
    const struct engine_assignment held = { .id = STR("a1"),
                                            .profile = STR("IDE"),
                                            .structure = STR("SOUB-ESAT"),
                                            .start = world_instant("2026-03-02T00:00:00+01:00"),
                                            .end = world_instant("2026-03-11T00:00:00+01:00") };
    const struct engine_person person = {
        .id = STR("p1"), .active = true, .assignments = &held, .assignment_count = 1
    };
    const struct engine_question q = { .resource = STR("DMP.ACCES"),
                                       .action = STR("lire"),
                                       .structure = STR("SOUB-ESAT"),
                                       .now = world_instant("2026-03-10T12:00:00+01:00") };
    struct explanation x;
    ck_assert_ok(explain_question(world, &person, &q, arena, &x));
    ck_assert_uint_eq(x.pair_count, 1);
    explain_say_pair(world, &person, &x.pairs[0], false, &text);
    ck_assert_str_is(buf_str(&text),
                     "« Infirmier diplômé d'État » (IDE) pour SOUB-ESAT, à partir du 2 mars 2026 "
                     "jusqu'au 10 mars 2026 inclus : Le niveau de connexion ne suffit pas pour ce "
                     "droit. Il manque : une connexion par Pro Santé Connect.");
    buf_reset(&text);
    explain_say_pair(world, &person, &x.pairs[0], true, &text);
    ck_assert_str_is(buf_str(&text),
                     "“Infirmier diplômé d'État” (IDE) for SOUB-ESAT, from 2 March 2026 to the end "
                     "of 10 March 2026: The level of sign-in is not enough for this right. "
                     "Missing: a sign-in with Pro Santé Connect.");
}
END_TEST

/* Who may validate is read from the rules: the director, for others, where she is director. */
START_TEST(who_may_give)
{
    int list[2];
    ck_assert_uint_eq(explain_givers(world, STR("valider"), list, 2), 1);
    ck_assert_str_is(engine_profile_at(world, list[0]).code, "DIR");
    ck_assert_uint_eq(explain_givers(world, STR("proposer"), list, 2), 0);
    const struct engine_assignment held = { .id = STR("a1"),
                                            .profile = STR("DIR"),
                                            .structure = STR("SOUB-ESAT"),
                                            .start = MODEL_ALWAYS,
                                            .end = MODEL_EVER };
    const struct engine_person person = {
        .id = STR("anne"), .active = true, .assignments = &held, .assignment_count = 1
    };
    struct engine_subject *anne;
    size_t size = engine_subject_size(&person);
    void *memory = arena_alloc(arena, size);
    int64_t now = world_instant("2026-03-10T12:00:00+01:00");
    int here = engine_structure(world, STR("SOUB-ESAT.BLANCHISSERIE"));
    int next = engine_structure(world, STR("SOUB-FH"));
    ck_assert_ok(engine_person_resolve(world, &person, memory, size, &anne));
    ck_assert(explain_may_give(world, anne, STR("valider"), here, STR("marie"), now));
    ck_assert(!explain_may_give(world, anne, STR("valider"), next, STR("marie"), now));
    ck_assert(!explain_may_give(world, anne, STR("valider"), here, STR("anne"), now));
}
END_TEST

/* Too small an arena is an error, never half an explanation. */
START_TEST(no_memory_is_told)
{
    struct explanation x = { .step_count = 77 };
    const struct engine_person person = { .id = STR("p1"), .active = true };
    const struct engine_question q = { .resource = STR("DMP.ACCES"), .action = STR("lire") };
    struct arena *small;
    ck_assert_ok(arena_new(16, &small));
    ck_assert_err(explain_question(world, &person, &q, small, &x), NO_MEMORY);
    ck_assert_uint_eq(x.step_count, 77);
    arena_free(small);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("explain");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_reason_has_sentences);
    tcase_add_test(t, every_word_is_told_in_words);
    tcase_add_loop_test(t, steps_in_french, 0, COUNT(rows));
    tcase_add_test(t, a_pair_is_a_sentence);
    tcase_add_test(t, who_may_give);
    tcase_add_test(t, no_memory_is_told);
    return RUN_SUITE("explain", t);
}
