/* habilisctl policy explain - why she may or may not, and what would change it. */
#include "ctl/ask.h"

#include "base/jsonw.h"
#include "engine/explain.h"

enum { NAMED_MAX = 5, PROFILES_MAX = 64 };

/* Who can do something about an assignment: profiles that may, and people who hold them there. */
struct givers {
    const char *action, *verb;
    int profiles[PROFILES_MAX];
    size_t profile_count;
    struct str people[NAMED_MAX];
    size_t person_count; /* of all; the first NAMED_MAX are named */
};

struct telling {
    struct ask *a;
    struct dir_person who;
    struct engine_person person;
    struct explanation x;
    struct givers givers[2];
};

/* ---- who may give ---- */

static bool needs_givers(const struct telling *t, int *structure)
{
    for (size_t i = 0; i < t->x.step_count; i++)
        if (t->x.steps[i].kind == EXPLAIN_ASSIGN || t->x.steps[i].kind == EXPLAIN_RENEW) {
            *structure = t->x.steps[i].structure;
            return true;
        }
    return false;
}

static err_t find_people(struct telling *t, struct givers *g, int structure,
                         const struct people *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct engine_subject *subject = NULL;
        TRY(ask_resolve(t->a, &all->list[i], &subject));
        if (!explain_may_give(t->a->snapshot, subject, str_of(g->action), structure, t->who.id,
                              t->a->question.now))
            continue;
        if (g->person_count < NAMED_MAX)
            g->people[g->person_count] = all->list[i].login;
        g->person_count++;
    }
    return ERR(OK);
}

static err_t find_givers(struct telling *t)
{
    static const char *const actions[][2] = { { "proposer", "Peuvent le proposer" },
                                              { "valider", "Peuvent l'approuver" } };
    struct people all;
    int structure = ENGINE_NONE;
    if (!needs_givers(t, &structure))
        return ERR(OK);
    TRY(ask_everybody(t->a, &all));
    for (size_t i = 0; i < COUNT(t->givers); i++) {
        struct givers *g = &t->givers[i];
        g->action = actions[i][0];
        g->verb = actions[i][1];
        g->profile_count =
            explain_givers(t->a->snapshot, str_of(g->action), g->profiles, PROFILES_MAX);
        TRY(find_people(t, g, structure, &all));
    }
    return ERR(OK);
}

/* ---- for people ---- */

static void put_givers(struct ask *a, const struct givers *g)
{
    if (g->action == NULL)
        return;
    buf_addf(&a->out, "     %s : ", g->verb);
    for (size_t i = 0; i < g->profile_count && i < PROFILES_MAX; i++) {
        buf_add(&a->out, i == 0 ? STR("") : STR(", "));
        ask_put_profile(a, engine_profile_at(a->snapshot, g->profiles[i]).code);
    }
    if (g->profile_count == 0)
        buf_add(&a->out, STR("aucun profil"));
    for (size_t i = 0; i < g->person_count && i < NAMED_MAX; i++)
        buf_addf(&a->out, "%s%.*s", i == 0 ? " — ici : " : ", ", STR_ARG(g->people[i]));
    if (g->person_count > NAMED_MAX)
        buf_addf(&a->out, " et %zu autres", g->person_count - NAMED_MAX);
    if (g->person_count == 0)
        buf_add(&a->out, STR(" — ici : personne"));
    buf_add(&a->out, STR(".\n"));
}

static void put_question(struct telling *t)
{
    struct ask *a = t->a;
    const struct engine_question *q = &a->question;
    buf_addf(&a->out, "%.*s (%.*s)\n", STR_ARG(t->who.display_name), STR_ARG(t->who.login));
    ask_put_right(a, q->resource, q->action);
    if (q->structure.ptr != NULL) {
        buf_add(&a->out, STR("\nLieu : "));
        ask_put_place(a, engine_structure(a->snapshot, q->structure));
    }
    if (q->owner.len > 0)
        buf_addf(&a->out, "\nPersonne concernée : %.*s", STR_ARG(a->whose));
    buf_addf(&a->out, "\n\n%s %s\n", t->x.decision.effect == ENGINE_PERMIT ? "OUI." : "NON.",
             explain_reason(t->x.decision.reason).fr);
}

static void put_pairs(struct telling *t)
{
    struct ask *a = t->a;
    if (t->x.pair_count > 0)
        buf_add(&a->out, STR("\nCe que donnent ses profils :\n"));
    for (size_t i = 0; i < t->x.pair_count; i++) {
        buf_add(&a->out, STR("  - "));
        explain_say_pair(a->snapshot, &t->person, &t->x.pairs[i], false, &a->out);
        buf_add_char(&a->out, '\n');
    }
}

static bool is_last_assignment(const struct explanation *x, size_t i)
{
    return x->steps[i].kind == EXPLAIN_ASSIGN &&
           (i + 1 == x->step_count || x->steps[i + 1].kind != EXPLAIN_ASSIGN);
}

static void put_steps(struct telling *t)
{
    struct ask *a = t->a;
    if (t->x.step_count > 0)
        buf_add(&a->out, STR("\nCe qui changerait la réponse :\n"));
    for (size_t i = 0; i < t->x.step_count; i++) {
        buf_addf(&a->out, "  %zu. ", i + 1);
        explain_say(a->snapshot, &t->x.steps[i], false, &a->out);
        buf_add_char(&a->out, '\n');
        if (t->x.more_profiles > 0 && is_last_assignment(&t->x, i))
            buf_addf(&a->out, "     (et %zu autre%s profil%s)\n", t->x.more_profiles,
                     t->x.more_profiles > 1 ? "s" : "", t->x.more_profiles > 1 ? "s" : "");
    }
    if (t->givers[0].action == NULL)
        return;
    buf_add(&a->out,
            STR("     Donner un profil suppose que la personne exerce ce métier : les règles "
                "n'en savent rien.\n"));
    put_givers(a, &t->givers[0]);
    put_givers(a, &t->givers[1]);
}

static void put_conflicts(struct telling *t, const struct engine_subject *subject)
{
    struct engine_conflict c;
    size_t iter = 0;
    while (engine_next_conflict(t->a->snapshot, subject, t->a->question.now, &iter, &c))
        buf_addf(&t->a->out, "\nÀ défaire : %.*s et %.*s ensemble (%.*s).\n", STR_ARG(c.a),
                 STR_ARG(c.b), STR_ARG(c.reason));
}

/* ---- for programs ---- */

static const char *const kinds[] = { "login", "state",  "place",     "own",        "other",  "wait",
                                     "renew", "assign", "emergency", "reactivate", "nothing" };

static void say_into(struct telling *t, const char *key, const struct explain_step *step,
                     bool english)
{
    struct buf text;
    buf_init(&text, ASK_OUTPUT_MAX);
    explain_say(t->a->snapshot, step, english, &text);
    jsonw_str(&t->a->out, key, buf_str(&text));
    buf_done(&text);
}

static void json_step(struct telling *t, const struct explain_step *step)
{
    struct buf *b = &t->a->out;
    const struct snapshot *s = t->a->snapshot;
    bool dated = step->kind == EXPLAIN_RENEW || step->kind == EXPLAIN_ASSIGN ||
                 step->kind == EXPLAIN_EMERGENCY;
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "kind", str_of(kinds[step->kind]));
    ask_json_words(t->a, "needs", step->needs);
    if (step->structure != ENGINE_NONE)
        jsonw_str(b, "structure", engine_structure_at(s, step->structure).code);
    if (step->profile != ENGINE_NONE)
        jsonw_str(b, "profile", engine_profile_at(s, step->profile).code);
    jsonw_str_if(b, "lot", step->lot);
    if (dated || step->kind == EXPLAIN_WAIT)
        ask_json_instant(b, "from", step->from);
    if (dated)
        ask_json_instant(b, "until", step->until);
    say_into(t, "fr", step, false);
    say_into(t, "en", step, true);
    jsonw_close(b, '}');
}

static void json_pair(struct telling *t, const struct explain_pair *p)
{
    struct buf *b = &t->a->out;
    struct engine_grant g = engine_grant_at(t->a->snapshot, p->grant);
    jsonw_open(b, NULL, '{');
    if (p->assignment != ENGINE_NONE)
        jsonw_str(b, "assignment", t->person.assignments[p->assignment].id);
    jsonw_str(b, "holder", g.holder);
    jsonw_str(b, "scope", g.scope);
    jsonw_str(b, "reason", str_of(access_reason_name(p->reason)));
    ask_json_words(t->a, "missing", p->missing);
    ask_json_words(t->a, "obligations", p->obligations);
    jsonw_close(b, '}');
}

static void json_givers(struct telling *t, const struct givers *g)
{
    struct buf *b = &t->a->out;
    if (g->action == NULL)
        return;
    jsonw_open(b, g->action, '{');
    jsonw_open(b, "profiles", '[');
    for (size_t i = 0; i < g->profile_count && i < PROFILES_MAX; i++)
        jsonw_str(b, NULL, engine_profile_at(t->a->snapshot, g->profiles[i]).code);
    jsonw_close(b, ']');
    jsonw_int(b, "persons", (int64_t)g->person_count);
    jsonw_open(b, "some", '[');
    for (size_t i = 0; i < g->person_count && i < NAMED_MAX; i++)
        jsonw_str(b, NULL, g->people[i]);
    jsonw_close(b, ']');
    jsonw_close(b, '}');
}

static void put_json(struct telling *t)
{
    struct buf *b = &t->a->out;
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "person", t->who.id);
    jsonw_bool(b, "decision", t->x.decision.effect == ENGINE_PERMIT);
    jsonw_str(b, "reason", str_of(access_reason_name(t->x.decision.reason)));
    jsonw_str(b, "fr", str_of(explain_reason(t->x.decision.reason).fr));
    jsonw_str(b, "en", str_of(explain_reason(t->x.decision.reason).en));
    ask_json_instant(b, "at", t->a->question.now);
    jsonw_open(b, "pairs", '[');
    for (size_t i = 0; i < t->x.pair_count; i++)
        json_pair(t, &t->x.pairs[i]);
    jsonw_close(b, ']');
    jsonw_open(b, "steps", '[');
    for (size_t i = 0; i < t->x.step_count; i++)
        json_step(t, &t->x.steps[i]);
    jsonw_close(b, ']');
    json_givers(t, &t->givers[0]);
    json_givers(t, &t->givers[1]);
    jsonw_close(b, '}');
    buf_add_char(b, '\n');
}

/* ---- the command ---- */

static err_t tell(struct telling *t)
{
    struct ask *a = t->a;
    struct engine_subject *subject = NULL;
    TRY(ask_engine_person(a, &t->who, &t->person));
    TRY(explain_question(a->snapshot, &t->person, &a->question, a->arena, &t->x));
    TRY(find_givers(t));
    TRY(ask_resolve(a, &t->person, &subject));
    if (a->json) {
        put_json(t);
        return ERR(OK);
    }
    put_question(t);
    put_pairs(t);
    put_steps(t);
    put_conflicts(t, subject);
    buf_add_char(&a->out, '\n');
    ask_put_terms(a);
    return ERR(OK);
}

static int policy_explain(struct ctl *ctl, int argc, char **argv)
{
    struct ask a;
    struct telling t = { .a = &a };
    int status = CTL_FAILED;
    if (ask_start(ctl, argc, argv, &a, &status)) {
        if (a.word_count != ASK_WORDS_MAX)
            return ask_done(&a, ctl_fail("PERSONNE DROIT LIEU attendus"));
        if (ask_person(&a, a.words[0], &t.who) && ask_right(&a, a.words[1]) &&
            ask_place(&a, a.words[2])) {
            err_t e = tell(&t);
            status = err_ok(e) ? CTL_DONE : ctl_fail("%s", ctl_reason(e));
        }
    }
    return ask_done(&a, status);
}

const struct ctl_command ctl_policy_explain = {
    .words = "policy explain",
    .usage =
        "PERSONNE DROIT LIEU|- [--at HEURE] [--acr NIVEAU] [--psc] [--motif TEXTE] [--urgence] "
        "[--presence] [--supervision] [--pour PERSONNE] [--dossier ID] [--recorded] [--json]",
    .help = "pourquoi une personne a un droit ou ne l'a pas, et ce qui changerait la réponse",
    .least = 3,
    .most = -1,
    .run = policy_explain,
};
