#include "support/world.h"

#include "base/date.h"

#include <stdio.h>
#include <stdlib.h>

/* MADE-FV joins on 2019-09-01 (00:00 in Paris) and the old workshop closed with 2023. */
static const struct {
    const char *code, *parent, *kind, *from, *until;
} structures[] = {
    { "DC44", "", "direction_commune", NULL, NULL },
    { "OG-SOUB", "DC44", "og", NULL, NULL },
    { "SOUB-ESAT", "OG-SOUB", "etablissement", "2012-01-01T00:00:00+01:00", NULL },
    { "SOUB-ESAT.BLANCHISSERIE", "SOUB-ESAT", "service", NULL, NULL },
    { "SOUB-ESAT.ESPACES-VERTS", "SOUB-ESAT", "service", NULL, NULL },
    { "SOUB-ESAT.ANCIEN-ATELIER", "SOUB-ESAT", "service", NULL, "2024-01-01T00:00:00+01:00" },
    { "SOUB-FH", "OG-SOUB", "etablissement", NULL, NULL },
    { "OG-MADE", "DC44", "og", NULL, NULL },
    { "MADE-FV", "OG-MADE", "etablissement", "2019-09-01T00:00:00+02:00", NULL },
    { "MADE-FV.NUIT", "MADE-FV", "service", NULL, NULL },
    { "IVF94", "", "groupement", NULL, NULL },
    { "IVF-MAS", "IVF94", "etablissement", NULL, NULL },
};

static const struct resource_def resources[] = {
    { STR_INIT("DUI.PLAN_SOINS"), STR_INIT("DUI"), STR_INIT("Plan de soins"),
      STR_INIT("lire|creer|modifier|valider"), STR_INIT("sante"), STR_INIT("valider"), 0 },
    { STR_INIT("DUI.PROJET"), STR_INIT("DUI"), STR_INIT("Projet"),
      STR_INIT("lire|creer|modifier|valider"), STR_INIT("sensible"), STR_INIT("*"), 0 },
    { STR_INIT("DUI.CONSIGNES"), STR_INIT("DUI"), STR_INIT("Consignes de nuit"),
      STR_INIT("lire|creer"), STR_INIT("personnel"), STR_INIT(""), 0 },
    { STR_INIT("DUI.DLU"), STR_INIT("DUI"), STR_INIT("Fiche de liaison d'urgence"),
      STR_INIT("lire|modifier|imprimer"), STR_INIT("sante"), STR_INIT(""), 0 },
    { STR_INIT("DUI.STATS"), STR_INIT("DUI"), STR_INIT("Indicateurs"), STR_INIT("lire|exporter"),
      STR_INIT("interne"), STR_INIT("*"), 0 },
    { STR_INIT("DMP.ACCES"), STR_INIT("SOCLE"), STR_INIT("DMP"), STR_INIT("lire|alimenter"),
      STR_INIT("sante"), STR_INIT("*"), 0 },
    { STR_INIT("RH.ABSENCES"), STR_INIT("RH"), STR_INIT("Absences"), STR_INIT("lire|creer|valider"),
      STR_INIT("personnel"), STR_INIT("*"), 0 },
    { STR_INIT("IDP.HABILITATIONS"), STR_INIT("IDP"), STR_INIT("Habilitations"),
      STR_INIT("lire|proposer|valider"), STR_INIT("personnel"), STR_INIT("*"), 0 },
};

static const struct profile_def profiles[] = {
    { STR_INIT("IDE"), STR_INIT("Infirmier diplômé d'État"), STR_INIT("soins"), STR_INIT("2F"), 0,
      0 },
    { STR_INIT("EDUC_SPE"), STR_INIT("Éducateur"), STR_INIT("educatif"), STR_INIT("2F"), 0, 0 },
    { STR_INIT("VEILLEUR"), STR_INIT("Veilleur"), STR_INIT("educatif"), STR_INIT("1F"), 0, 0 },
    { STR_INIT("DIR"), STR_INIT("Directeur"), STR_INIT("direction"), STR_INIT("2F"), 0, 0 },
    { STR_INIT("ADMIN_IDP"), STR_INIT("Administrateur"), STR_INIT("si"), STR_INIT("2F"), 365, 0 },
    { STR_INIT("STAGIAIRE"), STR_INIT("Stagiaire"), STR_INIT("soins"), STR_INIT("2F"), 180, 0 },
    { STR_INIT("EVALUATEUR"), STR_INIT("Évaluateur"), STR_INIT("qualite"), STR_INIT("2F"), 0, 0 },
};

static const struct {
    const char *holder, *resource, *actions, *scope, *conditions;
} grants[] = {
    { "IDE", "DUI.PLAN_SOINS", "lire|creer|modifier|valider", "etabs", "2f" },
    { "IDE", "DUI.PROJET", "lire", "etabs", "2f" },
    { "IDE", "DMP.ACCES", "lire|alimenter", "file", "psc,matrice_nationale" },
    { "EDUC_SPE", "DUI.PROJET", "lire|creer|modifier", "file", "2f" },
    { "EDUC_SPE", "DUI.CONSIGNES", "lire|creer", "unite", "" },
    { "EDUC_SPE", "DUI.STATS", "lire", "etab", "2f,psc" },
    { "VEILLEUR", "DUI.CONSIGNES", "lire|creer", "unite", "creneau_nuit" },
    { "VEILLEUR", "DUI.DLU", "lire", "unite", "urgence,motif" },
    { "DIR", "DUI.STATS", "lire|exporter", "groupement", "" },
    { "DIR", "IDP.HABILITATIONS", "lire", "og", "" },
    { "DIR", "IDP.HABILITATIONS", "valider", "etabs", "2f,pas_soi_meme" },
    { "ADMIN_IDP", "IDP.HABILITATIONS", "lire", "groupement", "2f,trace" },
    { "ADMIN_IDP", "DUI.STATS", "lire", "etab", "condition_d_un_autre_logiciel" },
    { "STAGIAIRE", "DUI.PLAN_SOINS", "lire", "unite", "duree_stage,tuteur" },
    { "STAGIAIRE", "DUI.CONSIGNES", "lire", "etab", "tuteur,contreseing" },
    { "STAGIAIRE", "DUI.CONSIGNES", "lire", "etab", "pseudonymise" },
    { "STAGIAIRE", "DUI.CONSIGNES", "lire", "etab", "dossiers_designes" },
    { "EVALUATEUR", "DUI.PROJET", "lire", "etab", "fenetre_visite,dossiers_designes" },
    { "EVALUATEUR", "DUI.CONSIGNES", "lire", "unite", "supervise,presence_physique" },
    { "SOCLE", "RH.ABSENCES", "lire|creer", "soi", "" },
    { "URGENCE", "DUI.PLAN_SOINS", "lire|valider", "etab", "motif" },
    { "URGENCE", "DUI.PROJET", "lire", "etab", "motif" },
};

static void must(err_t e)
{
    if (err_ok(e))
        return;
    (void)fprintf(stderr, "world: %s\n", err_name(e));
    abort();
}

int64_t world_instant(const char *rfc3339)
{
    int64_t instant = 0;
    must(date_parse_rfc3339(str_of(rfc3339), &instant));
    return instant;
}

static void add_structures(struct model *m)
{
    for (size_t i = 0; i < COUNT(structures); i++) {
        const struct structure_def def = {
            .code = str_of(structures[i].code),
            .parent = str_of(structures[i].parent),
            .label = str_of(structures[i].code),
            .kind = structure_kind_of(str_of(structures[i].kind)),
            .open_from = structures[i].from ? world_instant(structures[i].from) : MODEL_ALWAYS,
            .open_until = structures[i].until ? world_instant(structures[i].until) : MODEL_EVER,
        };
        must(model_add_structure(m, &def));
    }
}

static void add_grants(struct model *m)
{
    for (size_t i = 0; i < COUNT(grants); i++) {
        const struct grant_def def = { .profile = str_of(grants[i].holder),
                                       .resource = str_of(grants[i].resource),
                                       .actions = str_of(grants[i].actions),
                                       .scope = str_of(grants[i].scope),
                                       .conditions = str_of(grants[i].conditions) };
        must(model_add_grant(m, &def));
    }
}

static void add_limits(struct model *m)
{
    /* Whoever evaluates does not write or read care plans, however she comes by the right. */
    must(model_add_never(m, &(struct never_def){ .profile = STR("EVALUATEUR"),
                                                 .resource = STR("DUI.PLAN_SOINS"),
                                                 .actions = STR("*") }));
    must(model_add_closure(m, &(struct closure_def){
                                  .code = STR("AUDIT"),
                                  .structure = STR("OG-SOUB"),
                                  .except = STR("SOUB-FH|SOUB-ESAT.BLANCHISSERIE"),
                                  .rights = STR("DUI.PROJET:modifier|creer,*:exporter"),
                                  .from = world_instant("2026-03-01T00:00:00+01:00"),
                                  .until = world_instant("2026-04-01T00:00:00+02:00"),
                              }));
    must(model_add_incompatibility(m, &(struct incompatibility_def){
                                          .a = STR("IDE"),
                                          .b = STR("ADMIN_IDP"),
                                          .reason = STR("compte d'administration distinct"),
                                      }));
}

struct model *world_model(void)
{
    struct model *m = NULL;
    must(model_new(&m));
    add_structures(m);
    for (size_t i = 0; i < COUNT(resources); i++)
        must(model_add_resource(m, &resources[i]));
    for (size_t i = 0; i < COUNT(profiles); i++)
        must(model_add_profile(m, &profiles[i]));
    must(model_add_lot(m, &(struct lot_def){ .code = STR("SOCLE") }));
    must(model_add_lot(m, &(struct lot_def){ .code = STR("URGENCE") }));
    must(model_add_lot_use(m, &(struct lot_use_def){ .profile = STR("IDE"), .lot = STR("SOCLE") }));
    must(model_add_lot_use(m, &(struct lot_use_def){ .profile = STR("DIR"), .lot = STR("SOCLE") }));
    add_grants(m);
    add_limits(m);
    return m;
}

struct snapshot *world_snapshot(void)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    must(engine_compile(m, &s, &problem));
    model_free(m);
    return s;
}
