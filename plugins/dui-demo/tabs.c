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

const struct tab *tab_find(const char *slug)
{
    for (size_t i = 0; i < tab_count; i++)
        if (strcmp(tabs[i].slug, slug) == 0)
            return &tabs[i];
    return NULL;
}

static bool follows(const struct habilis_session *who, const json_t *resident)
{
    const char *code;
    if (resident_followed_by(resident, habilis_session_text(who, HABILIS_LOGIN_NAME)))
        return true;
    for (size_t i = 0; (code = habilis_session_profile_code(who, i)) != NULL; i++)
        if (resident_followed_by(resident, code))
            return true;
    return false;
}

/* Obligations are conditions of the permit: one that this application cannot honour refuses. */
static enum verdict honour(const struct habilis_session *who, const json_t *resident,
                           struct ruling *r)
{
    if (r->answer.obligations[0] == '\0')
        return ALLOWED;
    if (strcmp(r->answer.obligations, "file") != 0)
        return REFUSED;
    r->followed = follows(who, resident);
    return r->followed ? ALLOWED : NOT_FOLLOWED;
}

struct ruling tab_ruling(const struct habilis_session *who, const struct tab *tab,
                         const char *action, const json_t *resident)
{
    struct ruling r = { .verdict = REFUSED };
    const struct habilis_question q = { .size = sizeof q,
                                        .resource = tab->resource,
                                        .action = action,
                                        .structure = text_of(resident, "structure") };
    habilis_decide(who, &q, &r.answer);
    r.hidden = habilis_may(who, tab->resource, action) == 0;
    switch (r.answer.effect) {
    case HABILIS_PERMIT:
        r.verdict = honour(who, resident, &r);
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
    return r;
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
