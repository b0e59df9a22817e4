#include "tabs.h"

#include <string.h>

const struct tab tabs[] = {
    { "identite", "DUI.IDENTITE", "Identité" },
    { "transmissions", "DUI.TRANSMISSIONS", "Transmissions" },
    { "projet", "DUI.PROJET", "Projet personnalisé" },
    { "educatif", "DUI.EDUCATIF", "Éducatif" },
    { "atelier", "DUI.ATELIER", "Atelier" },
    { "social", "DUI.SOCIAL", "Social" },
    { "entourage", "DUI.ENTOURAGE", "Entourage" },
    { "repas", "DUI.REPAS", "Repas" },
    { "soins", "DUI.PLAN_SOINS", "Plan de soins" },
    { "medicaments", "DUI.ADM_MEDIC", "Médicaments" },
    { "prescriptions", "DUI.PRESCRIPTION", "Prescriptions" },
    { "medical", "DUI.DOSSIER_MED", "Dossier médical" },
    { "urgence", "DUI.DLU", "Fiche d'urgence" },
};
const size_t tab_count = sizeof tabs / sizeof tabs[0];
_Static_assert(sizeof tabs / sizeof tabs[0] <= TABS_MAX, "room in struct emergency_view");

const struct tab *tab_find(const char *slug)
{
    for (size_t i = 0; i < tab_count; i++)
        if (strcmp(tabs[i].slug, slug) == 0)
            return &tabs[i];
    return NULL;
}

/* Calls the person by her login name and by each of her profiles, until one of them is known. */
static bool any_name(const struct asker *a, bool (*known)(const void *arg, const char *name),
                     const void *arg)
{
    const char *code;
    if (known(arg, habilis_session_text(a->who, HABILIS_LOGIN_NAME)))
        return true;
    for (size_t i = 0; (code = habilis_session_profile_code(a->who, i)) != NULL; i++)
        if (known(arg, code))
            return true;
    return false;
}

static bool is_followed(const void *resident, const char *name)
{
    return resident_followed_by(resident, name);
}

static const char *tutor_of(const struct asker *a)
{
    const char *code;
    const char *tutor = residents_tutor(a->file, habilis_session_text(a->who, HABILIS_LOGIN_NAME));
    for (size_t i = 0; tutor[0] == '\0'; i++) {
        code = habilis_session_profile_code(a->who, i);
        if (code == NULL)
            break;
        tutor = residents_tutor(a->file, code);
    }
    return tutor;
}

/* Obligations are conditions of the permit: one that this application cannot honour refuses. */
static enum verdict honour(const struct asker *a, const json_t *resident, struct ruling *r)
{
    char names[sizeof r->answer.obligations];
    char *rest = names;
    const char *name;
    memcpy(names, r->answer.obligations, sizeof names);
    while ((name = strtok_r(rest, " ", &rest)) != NULL) {
        if (strcmp(name, "file") == 0) {
            r->followed = any_name(a, is_followed, resident);
            if (!r->followed)
                return NOT_FOLLOWED;
        } else if (strcmp(name, "tuteur") == 0 || strcmp(name, "contreseing") == 0) {
            r->tutor = tutor_of(a);
            r->countersign = r->countersign || name[0] == 'c';
            if (r->tutor[0] == '\0')
                return REFUSED;
        } else {
            return REFUSED;
        }
    }
    return ALLOWED;
}

/* The reason was given to the server when the access was opened: this says that it rests on that. */
#define EMERGENCY_MOTIF "accès d'urgence ouvert"

static const struct habilis_answer *ask_server(struct emergency_view *e, const struct asker *a,
                                               const struct tab *tab, const json_t *resident)
{
    size_t i = (size_t)(tab - tabs);
    const struct habilis_question q = { .size = sizeof q,
                                        .resource = tab->resource,
                                        .action = "lire",
                                        .structure = text_of(resident, "structure"),
                                        .motif = EMERGENCY_MOTIF };
    if (!e->asked[i])
        e->status[i] = habilis_ask(e->server, a->who, &q, text_of(resident, "id"), &e->answer[i]);
    e->asked[i] = true;
    return e->status[i] == HABILIS_OK ? &e->answer[i] : NULL;
}

/* What the token does not open, an open emergency access may: for reading, and only the server knows. */
static void try_emergency(const struct asker *a, const struct tab *tab, const char *action,
                          const json_t *resident, struct ruling *r)
{
    if (a->emergency == NULL || r->verdict == ALLOWED || strcmp(action, "lire") != 0)
        return;
    const struct habilis_answer *answer = ask_server(a->emergency, a, tab, resident);
    if (answer == NULL || answer->effect != HABILIS_PERMIT)
        return;
    struct ruling opened = { .verdict = REFUSED, .tutor = "", .answer = *answer };
    opened.verdict = honour(a, resident, &opened);
    opened.emergency = opened.verdict == ALLOWED;
    *r = opened;
}

bool tab_emergency_is_offered(const struct asker *a, struct habilis *server, const json_t *resident)
{
    struct habilis_answer answer;
    const struct habilis_question q = { .size = sizeof q,
                                        .resource = "DUI.BRIS_GLACE",
                                        .action = "declencher",
                                        .structure = text_of(resident, "structure"),
                                        .motif = "demandé ensuite" };
    habilis_decide(a->who, &q, &answer);
    if (answer.effect == HABILIS_ASK &&
        habilis_ask(server, a->who, &q, text_of(resident, "id"), &answer) != HABILIS_OK)
        return false;
    return answer.effect == HABILIS_PERMIT || answer.effect == HABILIS_STEP_UP;
}

struct ruling tab_ruling(const struct asker *a, const struct tab *tab, const char *action,
                         const json_t *resident)
{
    struct ruling r = { .verdict = REFUSED, .tutor = "" };
    const struct habilis_question q = { .size = sizeof q,
                                        .resource = tab->resource,
                                        .action = action,
                                        .structure = text_of(resident, "structure") };
    habilis_decide(a->who, &q, &r.answer);
    switch (r.answer.effect) {
    case HABILIS_PERMIT:
        r.verdict = honour(a, resident, &r);
        break;
    case HABILIS_STEP_UP:
        r.verdict = STRONGER;
        break;
    case HABILIS_ASK:
        r.verdict = ELSEWHERE;
        break;
    case HABILIS_RENEW:
        r.verdict = RENEW;
        break;
    case HABILIS_DENY:
        break;
    }
    try_emergency(a, tab, action, resident, &r);
    return r;
}

bool tab_is_written(const struct tab *tab) { return strcmp(tab->slug, "transmissions") == 0; }

struct access tab_access(const struct asker *a, const struct tab *tab, const json_t *resident)
{
    struct access x = { .read = tab_ruling(a, tab, "lire", resident),
                        .write = { .verdict = REFUSED, .tutor = "" } };
    x.hidden = habilis_may(a->who, tab->resource, "lire") == 0;
    if (tab_is_written(tab)) {
        x.write = tab_ruling(a, tab, "creer", resident);
        x.hidden = x.hidden && habilis_may(a->who, tab->resource, "creer") == 0;
    }
    x.hidden = x.hidden && !x.read.emergency;
    x.open = x.read.verdict == ALLOWED || x.write.verdict == ALLOWED;
    return x;
}

static const struct {
    const char *name, *text;
} conditions[] = {
    { "urgence", "réservé aux situations d'urgence" },
    { "motif", "il faut indiquer un motif" },
    { "creneau_nuit", "seulement la nuit, de 21 h à 7 h" },
    { "creneau_astreinte", "seulement pendant une astreinte" },
    { "presence_physique", "seulement en présence de la personne" },
    { "supervise", "seulement sous la supervision d'un collègue" },
    { "pas_soi_meme", "pas pour son propre dossier" },
};

static const char *condition_text(const char *missing)
{
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        if (strcmp(conditions[i].name, missing) == 0)
            return conditions[i].text;
    return "une condition demandée n'est pas remplie";
}

static void put_profiles(struct out *o, const struct habilis_session *who)
{
    const char *label;
    for (size_t i = 0; (label = habilis_session_profile(who, i)) != NULL; i++)
        HTML(o, "%%", i > 0 ? ", " : "", label);
}

static void explain_refusal(struct out *o, const struct habilis_session *who, const struct tab *tab,
                            const struct ruling *r, const char *where)
{
    if (r->answer.obligations[0] != '\0') {
        HTML(o, "« % » demande une vérification que cette démonstration ne sait pas faire (%).",
             tab->title, r->answer.obligations);
        return;
    }
    if (strcmp(r->answer.reason, "condition") == 0) {
        HTML(o, "« % » : %.", tab->title, condition_text(r->answer.missing));
        return;
    }
    out_raw(o, "Votre profil <strong>");
    put_profiles(o, who);
    HTML(o, "</strong> ne permet pas d'ouvrir « % »", tab->title);
    if (strcmp(r->answer.reason, "elsewhere") == 0)
        HTML(o, " pour les personnes de <strong>%</strong>", where);
    out_raw(o, ".");
}

void tab_explain(struct out *o, const struct habilis_session *who, const struct tab *tab,
                 const struct ruling *r, const char *where)
{
    switch (r->verdict) {
    case STRONGER:
        HTML(o, "« % » demande une connexion plus forte que la vôtre.", tab->title);
        return;
    case ELSEWHERE:
        HTML(o,
             "Ce dossier est celui de <strong>%</strong>, et vous travaillez en ce moment à "
             "<strong>%</strong>.",
             where, habilis_session_text(who, HABILIS_ESTABLISHMENT_LABEL));
        return;
    case NOT_FOLLOWED:
        HTML(
            o,
            "Votre profil ouvre « % » pour les personnes de votre file active. Cette personne n'en "
            "fait pas partie.",
            tab->title);
        return;
    case REFUSED:
        explain_refusal(o, who, tab, r, where);
        return;
    case ALLOWED:
    case RENEW:
        return;
    }
}
