/* lib/token/entitlement: what is accepted, what a token decides; and what the engine puts into it. */
#include "token/entitlement.h"

#include "base/buf.h"
#include "engine/engine.h"
#include "support/suite.h"
#include "support/world.h"

#include <stdlib.h>

enum { STRINGS_MAX = 64 };

static struct arena *arena;

static void setup(void) { ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena)); }

static void teardown(void) { arena_free(arena); }

/* The strings of TEXT, one a line. */
static err_t parse(const char *text, struct ent_set **out)
{
    struct str strings[STRINGS_MAX], rest = str_of(text);
    size_t count = 0;
    while (count < STRINGS_MAX && str_next(&rest, '\n', &strings[count]))
        count++;
    return ent_parse(arena, strings, count, out);
}

#define TREE "@E >.A >>.A.X >B\n" /* E, E.A, E.A.A.X, B */

static const struct {
    const char *name, *text;
    enum err_code want;
} texts[] = {
    { "places only", "@SOUB-ESAT >.BLANCHISSERIE >.ESPACES-VERTS", ERR_OK },
    { "no place", "@", ERR_OK },
    { "a right", TREE "DUI.PROJET:lire", ERR_OK },
    { "all of the grammar", TREE "DUI.PROJET:lire|creer@soi,=E,E.A,B;2f,motif,!inconnue", ERR_OK },
    { "own, and nowhere else", TREE "RH.ABSENCES:lire@soi,-", ERR_OK },
    { "nowhere", TREE "RH.ABSENCES:lire@-", ERR_OK },
    { "ask", TREE "DUI.DLU:lire;?", ERR_OK },
    { "a condition of a later version", TREE "DUI.DLU:lire;geolocalise", ERR_OK },
    { "the same resource twice", TREE "DUI.DLU:lire\nDUI.DLU:lire@B;2f", ERR_OK },
    { "nothing", "", ERR_TOKEN_MALFORMED },
    { "no places", "DUI.PROJET:lire", ERR_TOKEN_MALFORMED },
    { "places twice", TREE "@E", ERR_TOKEN_MALFORMED },
    { "two spaces", "@E  >.A", ERR_TOKEN_MALFORMED },
    { "a space at the end", "@E >.A ", ERR_TOKEN_MALFORMED },
    { "two tops", "@E B", ERR_TOKEN_MALFORMED },
    { "a level too deep", "@E >>.A", ERR_TOKEN_MALFORMED },
    { "a level without a name", "@E >", ERR_TOKEN_MALFORMED },
    { "the top below something", "@>E", ERR_TOKEN_MALFORMED },
    { "the top by its tail", "@.E", ERR_TOKEN_MALFORMED },
    { "a place twice", "@E >.A >E.A", ERR_TOKEN_MALFORMED },
    { "not a code", "@E >.\xC3\x89", ERR_TOKEN_MALFORMED },
    { "resources out of order", TREE "DUI.PROJET:lire\nDUI.DLU:lire", ERR_TOKEN_MALFORMED },
    { "no action", TREE "DUI.PROJET", ERR_TOKEN_MALFORMED },
    { "an empty action", TREE "DUI.PROJET:lire|", ERR_TOKEN_MALFORMED },
    { "an action twice", TREE "DUI.PROJET:lire|creer|lire", ERR_TOKEN_MALFORMED },
    { "an action that is none", TREE "DUI.PROJET:*", ERR_TOKEN_MALFORMED },
    { "no resource", TREE ":lire", ERR_TOKEN_MALFORMED },
    { "an empty reach", TREE "DUI.PROJET:lire@", ERR_TOKEN_MALFORMED },
    { "a place that is not listed", TREE "DUI.PROJET:lire@E.B", ERR_TOKEN_MALFORMED },
    { "places out of order", TREE "DUI.PROJET:lire@B,E.A", ERR_TOKEN_MALFORMED },
    { "a place inside another", TREE "DUI.PROJET:lire@E.A,E.A.A.X", ERR_TOKEN_MALFORMED },
    { "a place and a separator", TREE "DUI.PROJET:lire@B,", ERR_TOKEN_MALFORMED },
    { "own twice", TREE "DUI.PROJET:lire@soi,soi", ERR_TOKEN_MALFORMED },
    { "nowhere and somewhere", TREE "DUI.PROJET:lire@-,B", ERR_TOKEN_MALFORMED },
    { "an empty term", TREE "DUI.PROJET:lire;", ERR_TOKEN_MALFORMED },
    { "a term and a separator", TREE "DUI.PROJET:lire;2f,", ERR_TOKEN_MALFORMED },
    { "a term twice", TREE "DUI.PROJET:lire;2f,2f", ERR_TOKEN_MALFORMED },
    { "ask and a term", TREE "DUI.PROJET:lire;?,2f", ERR_TOKEN_MALFORMED },
    { "a condition that may hold said never to", TREE "DUI.PROJET:lire;!2f", ERR_TOKEN_MALFORMED },
    { "two lists of terms", TREE "DUI.PROJET:lire;2f;motif", ERR_TOKEN_MALFORMED },
    { "the reach after the terms", TREE "DUI.PROJET:lire;2f@B", ERR_TOKEN_MALFORMED },
    { "a line end inside", TREE "DUI.PROJET:lire\r", ERR_TOKEN_MALFORMED },
};

START_TEST(parse_table)
{
    struct ent_set *const untouched = (struct ent_set *)&arena, *e = untouched;
    err_t got = parse(texts[_i].text, &e);
    ck_assert_msg(got.code == texts[_i].want, "%s: got %s", texts[_i].name, err_name(got));
    ck_assert_msg(err_ok(got) == (e != untouched), "%s: out", texts[_i].name);
}
END_TEST

START_TEST(bounds)
{
    struct ent_set *e = NULL;
    struct str *many = arena_array(arena, ACCESS_STRINGS_MAX + 1, sizeof *many);
    many[0] = STR("@E");
    for (size_t i = 1; i <= ACCESS_STRINGS_MAX; i++)
        many[i] = STR("R:lire");
    ck_assert_ok(ent_parse(arena, many, ACCESS_STRINGS_MAX, &e));
    ck_assert_err(ent_parse(arena, many, ACCESS_STRINGS_MAX + 1, &e), TOKEN_MALFORMED);
    struct buf b;
    buf_init(&b, ACCESS_PLACES_LEN_MAX);
    buf_add(&b, STR("@E"));
    for (int i = 1; i <= ACCESS_PLACES_MAX; i++)
        buf_addf(&b, " >P%d", i);
    many[0] = buf_str(&b);
    ck_assert_err(ent_parse(arena, many, 1, &e), TOKEN_MALFORMED);
    many[0].len -= 7; /* without the last one */
    ck_assert_ok(ent_parse(arena, many, 1, &e));
    buf_done(&b);
}
END_TEST

/* ---- decisions ---- */

#define TOKEN                                      \
    TREE "A:lire|creer\n"                          \
         "B:lire@E.A;2f\n"                         \
         "B:lire@=B;file,motif\n"                  \
         "C:lire@soi\n"                            \
         "D:lire;2f,psc\n"                         \
         "F:lire;trace\n"                          \
         "G:lire;pas_soi_meme\n"                   \
         "H:lire@B;?\n"                            \
         "I:lire;!duree_stage,!inconnue,urgence\n" \
         "J:lire;tuteur\n"                         \
         "J:lire;contreseing\n"                    \
         "J:lire@B\n"                              \
         "K:lire@soi,-;tuteur\n"

static const struct {
    const char *name, *resource, *structure, *owner;
    struct ent_question extra;
    enum ent_effect effect;
    enum access_reason reason;
    uint64_t names; /* obligations or missing conditions */
} asked[] = {
    { "everywhere", "A", "E", NULL, { .urgence = false }, ENT_PERMIT, ACCESS_OK, 0 },
    { "at the bottom", "A", "E.A.A.X", NULL, { .urgence = false }, ENT_PERMIT, ACCESS_OK, 0 },
    { "elsewhere: ask", "A", "E.B", NULL, { .urgence = false }, ENT_ASK, ACCESS_UNSET, 0 },
    { "codes are not prefixes",
      "A",
      "E.A.A",
      NULL,
      { .urgence = false },
      ENT_ASK,
      ACCESS_UNSET,
      0 },
    { "no place: ask", "A", NULL, NULL, { .urgence = false }, ENT_ASK, ACCESS_UNSET, 0 },
    { "no such right", "Z", "E", NULL, { .urgence = false }, ENT_DENY, ACCESS_NO_GRANT, 0 },
    { "a stronger login",
      "B",
      "E.A.A.X",
      NULL,
      { .acr = ACCESS_EIDAS1 },
      ENT_STEP_UP,
      ACCESS_STEP_UP,
      0 },
    { "that is there", "B", "E.A", NULL, { .acr = ACCESS_EIDAS2 }, ENT_PERMIT, ACCESS_OK, 0 },
    { "not reached in the token",
      "B",
      "E",
      NULL,
      { .acr = ACCESS_EIDAS2 },
      ENT_DENY,
      ACCESS_ELSEWHERE,
      0 },
    { "a reason is missing",
      "B",
      "B",
      NULL,
      { .acr = ACCESS_EIDAS2 },
      ENT_DENY,
      ACCESS_CONDITION,
      ACCESS_BIT(MOTIF) },
    { "an obligation",
      "B",
      "B",
      NULL,
      { .motif = STR_INIT("x") },
      ENT_PERMIT,
      ACCESS_OK,
      ACCESS_BIT(FILE) },
    { "one's own", "C", "E", "sub", { .urgence = false }, ENT_PERMIT, ACCESS_OK, 0 },
    { "one's own, by login", "C", "E", "login", { .urgence = false }, ENT_PERMIT, ACCESS_OK, 0 },
    { "one's own, without a place",
      "C",
      NULL,
      "sub",
      { .urgence = false },
      ENT_PERMIT,
      ACCESS_OK,
      0 },
    { "another's", "C", "E", "autre", { .urgence = false }, ENT_DENY, ACCESS_ELSEWHERE, 0 },
    { "another's, without a place",
      "C",
      NULL,
      "autre",
      { .urgence = false },
      ENT_ASK,
      ACCESS_UNSET,
      0 },
    { "nobody's", "C", "E", "", { .urgence = false }, ENT_DENY, ACCESS_ELSEWHERE, 0 },
    { "psc and no login", "D", "E", NULL, { .psc = true }, ENT_STEP_UP, ACCESS_STEP_UP, 0 },
    { "traced: the server journals",
      "F",
      "E",
      NULL,
      { .urgence = false },
      ENT_ASK,
      ACCESS_UNSET,
      0 },
    { "not oneself",
      "G",
      "E",
      "sub",
      { .urgence = false },
      ENT_DENY,
      ACCESS_CONDITION,
      ACCESS_BIT(PAS_SOI_MEME) },
    { "a person we may not know",
      "G",
      "E",
      "autre",
      { .urgence = false },
      ENT_ASK,
      ACCESS_UNSET,
      0 },
    { "an emergency is open there",
      "H",
      "B",
      NULL,
      { .urgence = false },
      ENT_ASK,
      ACCESS_UNSET,
      0 },
    { "and not here", "H", "E", NULL, { .urgence = false }, ENT_DENY, ACCESS_ELSEWHERE, 0 },
    { "fewest obligations", "J", "B", NULL, { .urgence = false }, ENT_PERMIT, ACCESS_OK, 0 },
    { "then alphabetical",
      "J",
      "E",
      NULL,
      { .urgence = false },
      ENT_PERMIT,
      ACCESS_OK,
      ACCESS_BIT(CONTRESEING) },
    { "own in no place of the token",
      "K",
      "E",
      "sub",
      { .urgence = false },
      ENT_DENY,
      ACCESS_ELSEWHERE,
      0 },
    { "own, obliged: another right may do better",
      "K",
      NULL,
      "sub",
      { .urgence = false },
      ENT_ASK,
      ACCESS_UNSET,
      0 },
};

START_TEST(decision_table)
{
    struct ent_set *e = NULL;
    struct ent_answer a;
    struct ent_question q = asked[_i].extra;
    ck_assert_ok(parse(TOKEN, &e));
    q.resource = str_of(asked[_i].resource);
    q.action = STR("lire");
    q.structure = asked[_i].structure ? str_of(asked[_i].structure) : str_from(NULL, 0);
    q.owner = str_of(asked[_i].owner);
    q.subject = STR("sub");
    q.subject_login = STR("login");
    ent_decide(e, &q, &a);
    ck_assert_msg(a.effect == asked[_i].effect, "%s: effect %d", asked[_i].name, (int)a.effect);
    ck_assert_msg(a.reason == asked[_i].reason, "%s: %s", asked[_i].name,
                  access_reason_name(a.reason));
    ck_assert_msg((a.missing | a.obligations) == asked[_i].names, "%s: names", asked[_i].name);
}
END_TEST

START_TEST(details)
{
    struct ent_set *e = NULL;
    struct ent_answer a;
    struct str names[ACCESS_WORD_MAX];
    struct ent_question q = { .resource = STR("D"), .action = STR("lire"), .structure = STR("E") };
    ck_assert_ok(parse(TOKEN, &e));
    ent_decide(e, &q, &a);
    ck_assert(a.needs_eidas2 && a.needs_psc);
    q.resource = STR("I"); /* what never holds is told by its name */
    ent_decide(e, &q, &a);
    ck_assert_uint_eq(access_words_list(ent_words(e), a.missing, names), 3);
    ck_assert_str_is(names[0], "duree_stage");
    ck_assert_str_is(names[1], "inconnue");
    ck_assert_str_is(names[2], "urgence");
    ck_assert(ent_has(e, STR("A"), STR("creer")) && ent_has(e, STR("K"), STR("lire")));
    ck_assert(!ent_has(e, STR("B"), STR("creer")) && !ent_has(e, STR("Z"), STR("lire")));
}
END_TEST

/* ---- what the engine puts into a token ---- */

static err_t collect(void *ctx, struct str text)
{
    struct buf *b = ctx;
    if (b->len > 0)
        buf_add_char(b, '\n');
    buf_add(b, text);
    return buf_err(b);
}

/* The entitlements of one assignment at the ESAT, until END, as lines. */
static struct str token_of(struct snapshot *s, struct buf *b, const char *profile, int64_t end,
                           const struct engine_token *t, int64_t *not_after)
{
    const struct engine_assignment held = { .id = STR("a"),
                                            .profile = str_of(profile),
                                            .structure = STR("SOUB-ESAT.ESPACES-VERTS"),
                                            .start = 0,
                                            .end = end };
    const struct engine_person p = {
        .id = STR("sub"), .active = true, .assignments = &held, .assignment_count = 1
    };
    struct engine_subject *subject = NULL;
    size_t size = engine_subject_size(&p);
    ck_assert_ok(engine_person_resolve(s, &p, arena_alloc(arena, size), size, &subject));
    buf_init(b, 1 << 16);
    ck_assert_ok(engine_entitlements(s, subject, t, collect, b, not_after));
    return buf_str(b);
}

START_TEST(token_text)
{
    struct snapshot *s = world_snapshot();
    struct buf b;
    int64_t not_after = 0, end = world_instant("2026-03-10T12:03:00+01:00");
    struct engine_token t = { .structure = engine_structure(s, STR("SOUB-ESAT.ESPACES-VERTS")),
                              .application = engine_application(s, STR("DUI")),
                              .acr = ACCESS_EIDAS2,
                              .now = world_instant("2026-03-10T12:00:00+01:00") };
    /* The old workshop is closed: not listed. Changing projects is closed here but in one service. */
    ck_assert_str_is(token_of(s, &b, "EDUC_SPE", MODEL_EVER, &t, &not_after),
                     "@SOUB-ESAT >.BLANCHISSERIE >.ESPACES-VERTS\n"
                     "DUI.CONSIGNES:lire|creer@SOUB-ESAT.ESPACES-VERTS\n"
                     "DUI.PROJET:lire;file\n"
                     "DUI.PROJET:creer|modifier@SOUB-ESAT.BLANCHISSERIE;file\n"
                     "DUI.STATS:lire;psc");
    ck_assert(not_after == world_instant("2026-04-01T00:00:00+02:00")); /* the audit ends */
    buf_done(&b);
    /* A weaker login: kept for step-up. The mission ends in three minutes: so does the token. */
    t.acr = ACCESS_EIDAS1;
    ck_assert_str_is(token_of(s, &b, "STAGIAIRE", end, &t, &not_after),
                     "@SOUB-ESAT >.BLANCHISSERIE >.ESPACES-VERTS\n"
                     "DUI.CONSIGNES:lire;dossiers_designes\n"
                     "DUI.CONSIGNES:lire;pseudonymise\n"
                     "DUI.CONSIGNES:lire;contreseing,tuteur\n"
                     "DUI.PLAN_SOINS:lire@SOUB-ESAT.ESPACES-VERTS;tuteur");
    ck_assert(not_after == end);
    buf_done(&b);
    ck_assert_str_is(token_of(s, &b, "STAGIAIRE", t.now, &t, &not_after),
                     "@SOUB-ESAT >.BLANCHISSERIE >.ESPACES-VERTS"); /* it ended */
    buf_done(&b);
    t.structure = engine_structure(s, STR("MADE-FV"));
    ck_assert_str_is(token_of(s, &b, "EDUC_SPE", MODEL_EVER, &t, &not_after), "@MADE-FV >.NUIT");
    buf_done(&b);
    snapshot_unref(s);
}
END_TEST

/* What a nurse may do in the resident's record, line by line of the demonstration's matrix. */
static const char *const nurse[][2] = {
    { "DUI.ADM_MEDIC", "lire|creer|corriger" },
    { "DUI.AGENDA", "lire|creer|modifier" },
    { "DUI.AIDE_PRISE", "lire|creer" },
    { "DUI.CONSIGNES_N", "lire|creer" },
    { "DUI.CONSTANTES", "lire|creer" },
    { "DUI.DLU_N", "lire|modifier|imprimer" },
    { "DUI.DOCS_MED", "lire|creer" },
    { "DUI.DOSSIER_MED", "lire|creer" },
    { "DUI.EDUCATIF", "lire" },
    { "DUI.ENTOURAGE", "lire" },
    { "DUI.EVALUATIONS", "lire|creer" },
    { "DUI.IDENTITE", "lire" },
    { "DUI.LIBERTES", "lire|creer" },
    { "DUI.PLAN", "lire|creer|modifier|valider" },
    { "DUI.PRESCRIPTION", "lire" },
    { "DUI.PRESENCES", "lire|creer" },
    { "DUI.PROJET_N", "lire" },
    { "DUI.PSYCHO", "lire" },
    { "DUI.REEDUC", "lire" },
    { "DUI.REPAS", "lire|modifier" },
    { "DUI.SOINS_BASE", "lire|creer" },
    { "DUI.TRANSMISSIONS", "lire|creer" },
    { "DUI.BRIS_GLACE", "declencher" },
};

/* The whole token, its other claims and signature included, must stay under 2 kB. */
START_TEST(token_of_a_nurse_is_small)
{
    enum { OTHER_CLAIMS = 420, HEADER_AND_SIGNATURE = 86 + 110 }; /* bytes: JSON; base64url */
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    struct buf b;
    int64_t not_after = 0;
    for (size_t i = 0; i < COUNT(nurse); i++) {
        ck_assert_ok(
            model_add_resource(m, &(struct resource_def){ .code = str_of(nurse[i][0]),
                                                          .application = STR("DUI"),
                                                          .actions = str_of(nurse[i][1]) }));
        ck_assert_ok(model_add_grant(m, &(struct grant_def){ .profile = STR("IDE"),
                                                             .resource = str_of(nurse[i][0]),
                                                             .actions = str_of(nurse[i][1]),
                                                             .scope = STR("etabs"),
                                                             .conditions = STR("2f") }));
    }
    ck_assert_ok(engine_compile(m, &s, &problem));
    const struct engine_token t = { .structure = engine_structure(s, STR("SOUB-ESAT")),
                                    .application = engine_application(s, STR("DUI")),
                                    .acr = ACCESS_EIDAS1, /* the longer case: 2f is kept */
                                    .now = world_instant("2026-05-10T12:00:00+02:00") };
    struct str text = token_of(s, &b, "IDE", MODEL_EVER, &t, &not_after);
    size_t json = text.len + 4 * (COUNT(nurse) + 2);
    size_t token = (json + OTHER_CLAIMS) * 4 / 3 + HEADER_AND_SIGNATURE;
    ck_assert_msg(token < 2048, "%zu bytes", token);
    buf_done(&b);
    snapshot_unref(s);
    model_free(m);
}
END_TEST

START_TEST(token_refused)
{
    struct snapshot *s = world_snapshot();
    const struct engine_person gone = { .id = STR("x"), .active = false };
    struct engine_subject *subject = NULL;
    struct engine_token t = { .structure = 0, .application = 0 };
    int64_t not_after = -1;
    struct buf b;
    size_t size = engine_subject_size(&gone);
    buf_init(&b, 100);
    ck_assert_ok(engine_person_resolve(s, &gone, arena_alloc(arena, size), size, &subject));
    ck_assert_err(engine_entitlements(s, subject, &t, collect, &b, &not_after), SUSPENDED);
    t.application = ENGINE_NONE;
    ck_assert_err(engine_entitlements(s, subject, &t, collect, &b, &not_after), NOT_FOUND);
    t.application = 0;
    ck_assert_err(engine_entitlements(s, NULL, &t, collect, &b, &not_after), NOT_FOUND);
    t.structure = engine_structure_count(s);
    ck_assert_err(engine_entitlements(s, subject, &t, collect, &b, &not_after), NOT_FOUND);
    ck_assert(not_after == -1 && b.len == 0);
    snapshot_unref(s);
}
END_TEST

int main(void)
{
    TCase *p = tcase_create("parse");
    tcase_add_checked_fixture(p, setup, teardown);
    tcase_add_loop_test(p, parse_table, 0, COUNT(texts));
    tcase_add_test(p, bounds);
    TCase *d = tcase_create("decide");
    tcase_add_checked_fixture(d, setup, teardown);
    tcase_add_loop_test(d, decision_table, 0, COUNT(asked));
    tcase_add_test(d, details);
    TCase *t = tcase_create("token");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, token_text);
    tcase_add_test(t, token_of_a_nurse_is_small);
    tcase_add_test(t, token_refused);
    return RUN_SUITE("entitlement", p, d, t);
}
