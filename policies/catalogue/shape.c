#include "catalogue/shape.h"

enum { ACTIONS_MAX = 64, LIST_MAX = 200 };

static const struct shape code = { .kind = SHAPE_CODE };
static const struct shape text = { .kind = SHAPE_TEXT };
static const struct shape right = { .kind = SHAPE_RIGHT };
static const struct shape word = { .kind = SHAPE_WORD };
static const struct shape word_or_star = { .kind = SHAPE_WORD, .star = true };
static const struct shape actions = {
    .kind = SHAPE_WORDS, .item = &word, .least = 1, .most = ACTIONS_MAX, .order = ORDER_ACTIONS
};
static const struct shape actions_or_all = { .kind = SHAPE_WORDS,
                                             .item = &word_or_star,
                                             .least = 1,
                                             .most = ACTIONS_MAX,
                                             .order = ORDER_ACTIONS };
static const struct shape conditions = {
    .kind = SHAPE_WORDS, .item = &word, .least = 0, .most = ACTIONS_MAX
};
static const struct shape codes = {
    .kind = SHAPE_WORDS, .item = &code, .least = 0, .most = LIST_MAX
};
static const struct shape two_codes = { .kind = SHAPE_WORDS, .item = &code, .least = 2, .most = 2 };
static const struct shape two_rights = {
    .kind = SHAPE_WORDS, .item = &right, .least = 2, .most = 2
};
static const struct shape days = { .kind = SHAPE_NUMBER, .least = 0, .most = 99999 };

/* ---- rights ---- */

static const struct shape scope = { .kind = SHAPE_CHOICE,
                                    .choices = "soi file unite etab etabs og groupement" };
static const struct field grant_fields[] = {
    { "actions", &actions, true }, { "portee", &scope, true }, { "conditions", &conditions, false },
    { "note", &text, false },      { NULL, NULL, false },
};
static const struct shape grant = {
    .kind = SHAPE_RECORD, .fields = grant_fields, .on_one_line = true, .what = "droit"
};
static const struct shape grants = { .kind = SHAPE_ROWS, .item = &grant, .what = "ressource" };

static const struct field never_fields[] = { { "actions", &actions_or_all, true },
                                             { NULL, NULL, false } };
static const struct shape never = {
    .kind = SHAPE_RECORD, .fields = never_fields, .on_one_line = true, .what = "jamais"
};
static const struct shape nevers = { .kind = SHAPE_ROWS, .item = &never, .what = "ressource" };

/* ---- applications/NAME.yaml ---- */

static const struct shape sensitivity = { .kind = SHAPE_CHOICE,
                                          .choices =
                                              "interne personnel sensible sante trace technique" };
static const struct field resource_fields[] = {
    { "libelle", &text, true },
    { "actions", &actions, true },
    { "sensibilite", &sensitivity, true },
    { "hors_urgence", &actions_or_all, false },
    { NULL, NULL, false },
};
static const struct shape resource = {
    .kind = SHAPE_RECORD, .fields = resource_fields, .on_one_line = true, .what = "ressource"
};
static const struct shape resources = { .kind = SHAPE_TABLE,
                                        .item = &resource,
                                        .what = "ressource" };
static const struct field application_fields[] = {
    { "application", &code, true },
    { "libelle", &text, true },
    { "ressources", &resources, false },
    { NULL, NULL, false },
};
static const struct shape application = { .kind = SHAPE_RECORD,
                                          .fields = application_fields,
                                          .what = "fichier d'application" };

/* ---- profiles/NAME.yaml ---- */

static const struct shape rpps = { .kind = SHAPE_CHOICE, .choices = "obligatoire possible non" };
static const struct shape auth_min = { .kind = SHAPE_CHOICE, .choices = "1F 2F" };
static const struct field profile_fields[] = {
    { "libelle", &text, true },
    { "rpps", &rpps, true },
    { "auth_min", &auth_min, true },
    { "duree_max_jours", &days, false },
    { "types_etablissement", &codes, false },
    { "description", &text, false },
    { "lots", &codes, false },
    { "droits", &grants, false },
    { "jamais", &nevers, false },
    { NULL, NULL, false },
};
static const struct shape profile = { .kind = SHAPE_RECORD,
                                      .fields = profile_fields,
                                      .what = "profil" };
static const struct shape profiles = { .kind = SHAPE_TABLE, .item = &profile, .what = "profil" };
static const struct field family_fields[] = {
    { "famille", &word, true },
    { "profils", &profiles, false },
    { NULL, NULL, false },
};
static const struct shape family = { .kind = SHAPE_RECORD,
                                     .fields = family_fields,
                                     .what = "fichier de profils" };

/* ---- lots.yaml ---- */

static const struct field lot_fields[] = {
    { "libelle", &text, true },
    { "droits", &grants, false },
    { NULL, NULL, false },
};
static const struct shape lot = { .kind = SHAPE_RECORD, .fields = lot_fields, .what = "lot" };
static const struct shape lots = { .kind = SHAPE_TABLE, .item = &lot, .what = "lot" };
static const struct field lots_fields[] = { { "lots", &lots, false }, { NULL, NULL, false } };
static const struct shape lots_file = { .kind = SHAPE_RECORD,
                                        .fields = lots_fields,
                                        .what = "fichier de lots" };

/* ---- constraints.yaml ---- */

static const struct field incompatibility_fields[] = {
    { "profils", &two_codes, true },
    { "motif", &text, true },
    { NULL, NULL, false },
};
static const struct shape incompatibility = { .kind = SHAPE_RECORD,
                                              .fields = incompatibility_fields,
                                              .on_one_line = true,
                                              .what = "incompatibilité" };
static const struct shape incompatibilities = { .kind = SHAPE_LIST, .item = &incompatibility };
static const struct field right_pair_fields[] = {
    { "droits", &two_rights, true },
    { "motif", &text, true },
    { NULL, NULL, false },
};
static const struct shape right_pair = { .kind = SHAPE_RECORD,
                                         .fields = right_pair_fields,
                                         .on_one_line = true,
                                         .what = "incompatibilité" };
static const struct shape right_pairs = { .kind = SHAPE_LIST, .item = &right_pair };
static const struct field constraints_fields[] = {
    { "incompatibilites", &incompatibilities, false },
    { "droits_incompatibles", &right_pairs, false },
    { NULL, NULL, false },
};
static const struct shape constraints = { .kind = SHAPE_RECORD,
                                          .fields = constraints_fields,
                                          .what = "fichier de contraintes" };

/* ---- emergencies.yaml ---- */

static const struct shape hours = { .kind = SHAPE_NUMBER, .least = 1, .most = CAT_EMERGENCY_HOURS };
static const struct shape review_days = { .kind = SHAPE_NUMBER, .least = 1, .most = 30 };
static const struct shape compulsory = { .kind = SHAPE_CHOICE, .choices = "obligatoire" };
static const struct shape told = {
    .kind = SHAPE_WORDS, .item = &code, .least = 1, .most = LIST_MAX
};
static const struct field emergency_fields[] = {
    { "libelle", &text, true },
    { "lot", &code, true },
    { "ouvre_avec", &right, true },
    { "revu_avec", &right, true },
    { "duree_heures", &hours, true },
    { "motif", &compulsory, true },
    { "previent", &told, true },
    { "revue_jours", &review_days, true },
    { NULL, NULL, false },
};
static const struct shape emergency = { .kind = SHAPE_RECORD,
                                        .fields = emergency_fields,
                                        .what = "urgence" };
static const struct shape emergencies = { .kind = SHAPE_TABLE,
                                          .item = &emergency,
                                          .what = "urgence" };
static const struct field emergencies_fields[] = { { "urgences", &emergencies, false },
                                                   { NULL, NULL, false } };
static const struct shape emergencies_file = { .kind = SHAPE_RECORD,
                                               .fields = emergencies_fields,
                                               .what = "fichier d'urgences" };

/* ---- by name ---- */

static bool is_in(struct str name, struct str folder)
{
    if (!str_starts(name, folder) || !str_ends(name, STR(".yaml")) ||
        name.len <= folder.len + sizeof ".yaml" - 1)
        return false;
    struct str rest = str_from(name.ptr + folder.len, name.len - folder.len);
    return !str_has_char(rest, '/') && rest.ptr[0] != '.';
}

const struct shape *shape_of_file(const char *name)
{
    struct str s = str_of(name);
    if (is_in(s, STR("applications/")))
        return &application;
    if (is_in(s, STR("profiles/")))
        return &family;
    if (str_eq(s, STR("lots.yaml")))
        return &lots_file;
    if (str_eq(s, STR("constraints.yaml")))
        return &constraints;
    if (str_eq(s, STR("emergencies.yaml")))
        return &emergencies_file;
    return NULL;
}
