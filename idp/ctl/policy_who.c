/* habilisctl policy who-can, what-can - who has a right somewhere, and what rights somebody has. */
#include "ctl/ask.h"

#include "base/jsonw.h"
#include "engine/explain.h"
#include "engine/search.h"

enum { NAMES_MAX = 200, ACTIONS_MAX = 64 };

/* ---- who-can ---- */

static void put_obligations(struct ask *a, uint64_t set)
{
    if (set == 0)
        return;
    buf_add(&a->out, STR(" — dans cette limite : "));
    explain_put_words(a->snapshot, set, false, &a->out);
}

/* The display name, as long as there are not too many to ask for one by one. */
static struct str name_of(struct ask *a, const struct engine_person *p, size_t found)
{
    struct dir_person whole;
    if (found >= NAMES_MAX || !err_ok(ctl_source_person(&a->source, a->arena, p->id, &whole)))
        return STR("");
    return whole.display_name;
}

static void put_holder(struct ask *a, const struct engine_person *p,
                       const struct engine_decision *d, size_t found)
{
    const struct engine_assignment *held = &p->assignments[d->assignment];
    struct buf *b = &a->out;
    struct str name = name_of(a, p, found);
    if (a->json) {
        jsonw_open(b, NULL, '{');
        jsonw_str(b, "person", p->id);
        jsonw_str(b, "login", p->login);
        jsonw_str(b, "profile", held->profile);
        jsonw_str(b, "structure", held->structure);
        ask_json_instant(b, "until", held->end);
        ask_json_words(a, "obligations", d->obligations);
        jsonw_close(b, '}');
        return;
    }
    buf_addf(b, "  %.*s", STR_ARG(p->login));
    if (name.len > 0)
        buf_addf(b, "  %.*s", STR_ARG(name));
    buf_add(b, STR("  : "));
    ask_put_profile(a, held->profile);
    buf_add(b, STR(", "));
    ask_put_place(a, engine_structure(a->snapshot, held->structure));
    put_obligations(a, d->obligations);
    buf_add_char(b, '\n');
}

static err_t list_holders(struct ask *a, const struct people *all, size_t *found)
{
    for (size_t i = 0; i < all->count; i++) {
        struct engine_subject *subject = NULL;
        struct engine_decision d;
        TRY(ask_resolve(a, &all->list[i], &subject));
        engine_decide(a->snapshot, subject, &a->question, &d);
        if (d.effect == ENGINE_PERMIT && d.assignment != ENGINE_NONE)
            put_holder(a, &all->list[i], &d, (*found)++);
    }
    return ERR(OK);
}

static err_t who_can(struct ask *a)
{
    struct people all;
    size_t found = 0;
    TRY(ask_everybody(a, &all));
    if (a->json) {
        jsonw_open(&a->out, NULL, '[');
        TRY(list_holders(a, &all, &found));
        jsonw_close(&a->out, ']');
        buf_add_char(&a->out, '\n');
        return ERR(OK);
    }
    ask_put_right(a, a->question.resource, a->question.action);
    if (a->question.structure.ptr != NULL) {
        buf_add(&a->out, STR("\nLieu : "));
        ask_put_place(a, engine_structure(a->snapshot, a->question.structure));
    }
    buf_add(&a->out, STR("\n\n"));
    TRY(list_holders(a, &all, &found));
    buf_addf(&a->out, "%s%zu personne%s sur %zu.\n", found > 0 ? "\n" : "", found,
             found > 1 ? "s" : "", all.count);
    ask_put_terms(a);
    return ERR(OK);
}

static int policy_who_can(struct ctl *ctl, int argc, char **argv)
{
    struct ask a;
    int status = CTL_FAILED;
    if (ask_start(ctl, argc, argv, &a, &status)) {
        if (a.word_count != 2)
            return ask_done(&a, ctl_fail("DROIT LIEU attendus"));
        if (ask_right(&a, a.words[0]) && ask_place(&a, a.words[1])) {
            err_t e = who_can(&a);
            status = err_ok(e) ? CTL_DONE : ctl_fail("%s", ctl_reason(e));
        }
    }
    return ask_done(&a, status);
}

const struct ctl_command ctl_policy_who_can = {
    .words = "policy who-can",
    .usage = "DROIT LIEU|- [--at HEURE] [--acr NIVEAU] [--psc] [--motif TEXTE] [--urgence] "
             "[--recorded] [--json]",
    .help = "qui a un droit dans un lieu, et par quel profil",
    .least = 2,
    .most = -1,
    .run = policy_who_can,
};

/* ---- what-can ---- */

struct what {
    struct ask *a;
    struct engine_subject *subject;
};

/* The question with all that a person can bring along. */
static struct engine_question completed(const struct engine_question *q)
{
    struct engine_question full = *q;
    full.acr = ACCESS_EIDAS3;
    full.psc = full.urgence = full.presence_physique = full.supervise = true;
    full.motif = STR("motif");
    return full;
}

static bool is_in(const int *list, size_t count, int n)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == n)
            return true;
    return false;
}

static void put_actions(struct what *w, int resource, const char *key, const int *list,
                        size_t count)
{
    struct ask *a = w->a;
    if (count == 0)
        return;
    if (a->json)
        jsonw_open(&a->out, key, '[');
    for (size_t i = 0; i < count; i++) {
        struct str action = engine_action_at(a->snapshot, resource, list[i]);
        if (a->json)
            jsonw_str(&a->out, NULL, action);
        else
            buf_addf(&a->out, "%s%.*s", i > 0 ? ", " : "", STR_ARG(action));
    }
    if (a->json)
        jsonw_close(&a->out, ']');
}

/* What she may as asked, and what she may besides with a reason, an emergency, a stronger login. */
static void put_resource(struct what *w, const struct engine_question *q, int resource)
{
    struct ask *a = w->a;
    struct engine_question full = completed(q);
    int now[ACTIONS_MAX], all[ACTIONS_MAX], more[ACTIONS_MAX];
    size_t now_count = engine_what_can(a->snapshot, w->subject, q, now, ACTIONS_MAX);
    size_t all_count = engine_what_can(a->snapshot, w->subject, &full, all, ACTIONS_MAX);
    size_t more_count = 0;
    for (size_t i = 0; i < all_count; i++)
        if (!is_in(now, now_count, all[i]))
            more[more_count++] = all[i];
    if (now_count + more_count == 0)
        return;
    struct engine_resource r = engine_resource_at(a->snapshot, resource);
    if (a->json) {
        jsonw_open(&a->out, NULL, '{');
        jsonw_str(&a->out, "resource", r.code);
    } else {
        buf_addf(&a->out, "  %.*s (%.*s) : ", STR_ARG(r.label), STR_ARG(r.code));
    }
    put_actions(w, resource, "actions", now, now_count);
    if (!a->json && more_count > 0)
        buf_add(&a->out, now_count > 0 ? STR(" ; en complétant la demande : ")
                                       : STR("en complétant la demande : "));
    put_actions(w, resource, "with_more", more, more_count);
    if (a->json)
        jsonw_close(&a->out, '}');
    else
        buf_add_char(&a->out, '\n');
}

/* One place, or her own data when PLACE is ENGINE_NONE. */
static void put_where(struct what *w, int place, struct str owner)
{
    struct ask *a = w->a;
    struct engine_question q = a->question;
    q.structure =
        place == ENGINE_NONE ? str_from(NULL, 0) : engine_structure_at(a->snapshot, place).code;
    if (place == ENGINE_NONE) {
        q.owner = owner;
        q.owner_is_known = true;
    }
    if (a->json) {
        jsonw_open(&a->out, NULL, '{');
        if (place != ENGINE_NONE)
            jsonw_str(&a->out, "structure", q.structure);
        jsonw_open(&a->out, "rights", '[');
    } else if (place == ENGINE_NONE) {
        buf_add(&a->out, STR("\nSans lieu, et ses propres données :\n"));
    } else {
        buf_add_char(&a->out, '\n');
        ask_put_place(a, place);
        buf_add(&a->out, STR(" :\n"));
    }
    for (int i = 0; i < engine_resource_count(a->snapshot); i++) {
        q.resource = engine_resource_at(a->snapshot, i).code;
        put_resource(w, &q, i);
    }
    if (a->json) {
        jsonw_close(&a->out, ']');
        jsonw_close(&a->out, '}');
    }
}

static err_t put_places(struct what *w, struct str owner)
{
    struct ask *a = w->a;
    size_t count = engine_places(a->snapshot, w->subject, a->question.now, NULL, 0);
    struct engine_place *list = arena_array(a->arena, count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    (void)engine_places(a->snapshot, w->subject, a->question.now, list, count);
    for (size_t i = 0; i < count; i++)
        put_where(w, list[i].structure, owner);
    if (count == 0 && !a->json)
        buf_add(&a->out, STR("\nAucun profil en cours dans un lieu ouvert.\n"));
    put_where(w, ENGINE_NONE, owner);
    return ERR(OK);
}

static err_t what_can(struct ask *a, const struct dir_person *p)
{
    struct engine_person person;
    struct what w = { .a = a };
    TRY(ask_engine_person(a, p, &person));
    TRY(ask_resolve(a, &person, &w.subject));
    if (a->json)
        jsonw_open(&a->out, NULL, '[');
    else
        buf_addf(&a->out, "%.*s (%.*s)%s\n", STR_ARG(p->display_name), STR_ARG(p->login),
                 p->active ? "" : " — compte suspendu");
    if (a->question.structure.ptr != NULL)
        put_where(&w, engine_structure(a->snapshot, a->question.structure), p->id);
    else
        TRY(put_places(&w, p->id));
    if (a->json) {
        jsonw_close(&a->out, ']');
        buf_add_char(&a->out, '\n');
        return ERR(OK);
    }
    buf_add_char(&a->out, '\n');
    ask_put_terms(a);
    return ERR(OK);
}

static int policy_what_can(struct ctl *ctl, int argc, char **argv)
{
    struct ask a;
    struct dir_person who;
    int status = CTL_FAILED;
    if (ask_start(ctl, argc, argv, &a, &status)) {
        if (a.word_count < 1 || a.word_count > 2)
            return ask_done(&a, ctl_fail("PERSONNE [LIEU] attendus"));
        if (ask_person(&a, a.words[0], &who) && (a.word_count == 1 || ask_place(&a, a.words[1]))) {
            err_t e = what_can(&a, &who);
            status = err_ok(e) ? CTL_DONE : ctl_fail("%s", ctl_reason(e));
        }
    }
    return ask_done(&a, status);
}

const struct ctl_command ctl_policy_what_can = {
    .words = "policy what-can",
    .usage = "PERSONNE [LIEU] [--at HEURE] [--acr NIVEAU] [--psc] [--recorded] [--json]",
    .help = "tous les droits d'une personne, lieu par lieu",
    .least = 1,
    .most = -1,
    .run = policy_what_can,
};
