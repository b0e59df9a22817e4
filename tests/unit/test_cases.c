/* policies/cases: what a decision table may hold, what is told of one that is wrong, what is counted. */
#include "cases/cases.h"

#include "base/buf.h"
#include "support/suite.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

#define PEOPLE                                                                   \
    "titre: \"Essai\"\n"                                                         \
    "personnes:\n"                                                               \
    "  ANNE: {nom: \"Anne\", affectations: [{profil: IDE, lieu: SOUB-ESAT, du: " \
    "\"2020-01-01\"}]}\n"                                                        \
    "cas:\n"
#define CASE(rest) PEOPLE "  - {qui: ANNE, droits: [\"DUI.PLAN_SOINS:lire\"], " rest "}\n"

static struct snapshot *world;
static struct arena *arena;
static struct cat_problems *problems;
static struct buf failures;

static void setup(void)
{
    world = world_snapshot();
    ck_assert_ok(arena_new((size_t)8 * 1024 * 1024, &arena));
    ck_assert_ok(cat_problems_new(arena, &problems));
    buf_init(&failures, ARENA_DEFAULT_MAX);
}

static void teardown(void)
{
    buf_done(&failures);
    arena_free(arena);
    snapshot_unref(world);
}

static void on_failure(void *ctx, const struct case_row *row, struct str text)
{
    (void)ctx;
    buf_addf(&failures, "%u: %.*s\n", row->at.line, STR_ARG(text));
}

/* A file that is refused, where, and a part of what is said. */
static const struct bad {
    const char *name, *text;
    uint32_t line;
    const char *says;
} bads[] = {
    { "empty", "", 1, "fichier vide" },
    { "not YAML", "titre: \"Essai\n", 2, "guillemets" },
    { "a key nobody knows", CASE("quand: \"2026-03-10 14:00\", attendus: accordé"), 5, "attendu" },
    { "no title", "cas: []\n", 1, "titre" },
    { "an expectation that is no answer",
      CASE("quand: \"2026-03-10 14:00\", attendu: peut-être, parce_que: \"x\""), 5, "liste" },
    { "no because", CASE("quand: \"2026-03-10 14:00\", attendu: accordé"), 5, "parce_que" },
    { "no instant", CASE("attendu: accordé, parce_que: \"x\""), 5, "quand" },
    { "an hour that does not exist",
      CASE("quand: \"2026-03-29 02:30\", attendu: accordé, parce_que: \"x\""), 5, "n'existe pas" },
    { "an hour that comes twice",
      CASE("quand: \"2026-10-25 02:30\", attendu: accordé, parce_que: \"x\""), 5, "deux fois" },
    { "the 30th of February",
      CASE("quand: \"2026-02-30 14:00\", attendu: accordé, parce_que: \"x\""), 5, "date et heure" },
    { "a quarter to", CASE("quand: \"2026-02-20 24:00\", attendu: accordé, parce_que: \"x\""), 5,
      "date et heure" },
    { "an acr of another world",
      CASE("quand: \"2026-03-10 14:00\", connexion: [loa3], attendu: accordé, parce_que: \"x\""), 5,
      "eidas1" },
    { "what is missing, of a permit",
      CASE("quand: \"2026-03-10 14:00\", attendu: accordé, manque: [2f], parce_que: \"x\""), 5,
      "manque" },
    { "a step up without what is missing",
      CASE("quand: \"2026-03-10 14:00\", attendu: connexion, parce_que: \"x\""), 5, "manque" },
    { "somebody who is not in the file",
      "titre: \"x\"\ncas:\n  - {qui: PAUL, droits: [\"A:lire\"], quand: \"2026-03-10 14:00\", "
      "attendu: accordé, parce_que: \"x\"}\n",
      3, "personnes" },
    { "a period backwards",
      "titre: \"x\"\npersonnes:\n  A: {nom: \"A\", affectations: [{profil: IDE, lieu: B, "
      "du: \"2026-02-02\", au: \"2026-01-01\"}]}\n",
      3, "avant de commencer" },
    { "one login for two",
      "titre: \"x\"\npersonnes:\n  A: {nom: \"A\", identifiant: a}\n  B: {nom: \"B\", "
      "identifiant: a}\n",
      4, "identifiant" },
    { "twice the same person", "titre: \"x\"\npersonnes:\n  A: {nom: \"A\"}\n  A: {nom: \"A\"}\n",
      4, "deux fois" },
    { "an anchor", "titre: &a \"x\"\n", 1, "ancres" },
    { "jamais without an action",
      "titre: \"x\"\njamais:\n  - {profil: IDE, droits: [\"DUI.PROJET\"]}\n", 3, "DUI.PROJET" },
};

START_TEST(wrong_files)
{
    const struct bad *bad = &bads[_i];
    struct case_file f = { .row_count = 77 };
    err_t e = cases_read(arena, "essai.yaml", str_of(bad->text), problems, &f);
    const struct cat_problem *first = cat_problems_get(problems, 0);
    ck_assert_msg(e.code == ERR_MALFORMED, "%s: %s", bad->name, err_name(e));
    ck_assert_uint_eq(f.row_count, 77);
    ck_assert_msg(first != NULL && first->at.line == bad->line, "%s: line %u, %.*s", bad->name,
                  first == NULL ? 0 : first->at.line, STR_ARG(first->text));
    const char *text;
    ck_assert_ok(arena_cstr(arena, first->text, &text));
    ck_assert_msg(strstr(text, bad->says) != NULL, "%s: says %s", bad->name, text);
}
END_TEST

static struct case_tally run(const char *text, enum err_code want)
{
    struct case_file f;
    struct case_tally tally;
    ck_assert_ok(cases_read(arena, "essai.yaml", str_of(text), problems, &f));
    ck_assert_ok(case_tally_new(arena, world, &tally));
    const struct case_asking asking = { world, arena, problems, &tally, on_failure, NULL };
    err_t e = cases_run(&f, &asking);
    ck_assert_msg(e.code == want, "%s", err_name(e));
    return tally;
}

#define NOON "lieu: SOUB-ESAT, quand: \"2026-03-10 14:00\", "

/* An expectation holds, or is told with what was answered instead and the rule it broke. */
START_TEST(right_and_wrong_expectations)
{
    struct case_tally t =
        run(CASE(NOON "connexion: [eidas2], attendu: accordé, parce_que: \"x\""), ERR_OK);
    ck_assert_uint_eq(t.questions, 1);
    ck_assert_uint_eq(t.failures, 0);
    int nurse = engine_profile(world, STR("IDE"));
    ck_assert_uint_eq(t.per_profile[nurse], 1);
    ck_assert_uint_eq(t.refused_per_profile[nurse], 0);
    t = run(CASE(NOON "connexion: [eidas1], attendu: accordé, parce_que: \"Elle soigne.\""),
            ERR_OK);
    ck_assert_uint_eq(t.failures, 1);
    ck_assert_str_is(buf_str(&failures),
                     "5: Anne, DUI.PLAN_SOINS:lire, SOUB-ESAT : attendu « accordé », obtenu « "
                     "connexion », manque 2f. La règle : Elle soigne.\n");
}
END_TEST

/* Each row deviates from the answer in one way, so each must fail. */
static const char *const deviations[] = {
    CASE(NOON "connexion: [eidas2], attendu: ailleurs, parce_que: \"x\""),
    CASE(NOON "connexion: [eidas2], attendu: accordé, dans_la_limite: [file], parce_que: \"x\""),
    CASE(NOON "attendu: connexion, manque: [psc], parce_que: \"x\""),
    CASE(NOON "attendu: connexion, manque: [2f, psc], parce_que: \"x\""),
    CASE(NOON "connexion: [eidas2], attendu: accordé, incompatibles: [\"A+B\"], parce_que: \"x\""),
    CASE("lieu: NULLE-PART, quand: \"2026-03-10 14:00\", attendu: inconnu, parce_que: \"x\""),
};

START_TEST(a_deviation_fails)
{
    /* the last one holds: an unknown place may be asked for when `inconnu` is expected */
    size_t want = (size_t)_i + 1 == COUNT(deviations) ? 0 : 1;
    ck_assert_uint_eq(run(deviations[_i], ERR_OK).failures, want);
}
END_TEST

/* A slip of the pen is not a refusal that passes. */
static const struct {
    const char *text, *says;
} slips[] = {
    { CASE("lieu: SOUB-ESTA, quand: \"2026-03-10 14:00\", attendu: ailleurs, parce_que: \"x\""),
      "lieu SOUB-ESTA inconnu" },
    { PEOPLE "  - {qui: ANNE, droits: [\"DUI.PLAN_SOIN:lire\"], " NOON
             "attendu: aucun-droit, parce_que: \"x\"}\n",
      "droit DUI.PLAN_SOIN:lire inconnu" },
    { "titre: \"x\"\npersonnes:\n  A: {nom: \"A\", affectations: [{profil: INFIRMIER, lieu: "
      "SOUB-ESAT, du: \"2026-02-02\"}]}\n",
      "profil INFIRMIER inconnu" },
};

START_TEST(what_the_rules_do_not_know)
{
    struct case_tally t = run(slips[_i].text, ERR_MALFORMED);
    ck_assert_uint_eq(t.questions, 0);
    ck_assert_str_is(cat_problems_get(problems, 0)->text, slips[_i].says);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("cases");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, wrong_files, 0, COUNT(bads));
    tcase_add_test(t, right_and_wrong_expectations);
    tcase_add_loop_test(t, a_deviation_fails, 0, COUNT(deviations));
    tcase_add_loop_test(t, what_the_rules_do_not_know, 0, COUNT(slips));
    return RUN_SUITE("cases", t);
}
