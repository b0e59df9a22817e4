#include "cases/internal.h"

enum { LIST_MAX = 64 };

static const struct shape code = { .kind = SHAPE_CODE };
static const struct shape text = { .kind = SHAPE_TEXT };
static const struct shape right = { .kind = SHAPE_RIGHT };
static const struct shape word = { .kind = SHAPE_WORD };
static const struct shape yes_no = { .kind = SHAPE_CHOICE, .choices = "oui non" };
static const struct shape some_words = {
    .kind = SHAPE_WORDS, .item = &word, .least = 0, .most = LIST_MAX
};
static const struct shape some_texts = {
    .kind = SHAPE_WORDS, .item = &text, .least = 1, .most = LIST_MAX
};
static const struct shape some_codes = {
    .kind = SHAPE_WORDS, .item = &code, .least = 1, .most = LIST_MAX
};
static const struct shape some_rights = {
    .kind = SHAPE_WORDS, .item = &right, .least = 1, .most = LIST_MAX
};

/* ---- places, people ---- */

static const struct shape place_kind = {
    .kind = SHAPE_CHOICE, .choices = "groupement direction_commune og etablissement service"
};
static const struct field place_fields[] = {
    { "sorte", &place_kind, true }, { "sous", &code, false }, { "libelle", &text, false },
    { "du", &text, false },         { "au", &text, false },   { NULL, NULL, false },
};
static const struct shape place = { .kind = SHAPE_RECORD, .fields = place_fields, .what = "lieu" };
static const struct shape places = { .kind = SHAPE_TABLE, .item = &place, .what = "lieu" };

static const struct field assignment_fields[] = {
    { "profil", &code, true }, { "lieu", &code, true }, { "du", &text, true },
    { "au", &text, false },    { NULL, NULL, false },
};
static const struct shape assignment = { .kind = SHAPE_RECORD,
                                         .fields = assignment_fields,
                                         .what = "affectation" };
static const struct shape assignments = { .kind = SHAPE_LIST, .item = &assignment };

static const struct field emergency_fields[] = {
    { "lot", &code, true },      { "lieu", &code, true }, { "ressource", &code, false },
    { "dossier", &text, false }, { "de", &text, true },   { "a", &text, true },
    { NULL, NULL, false },
};
static const struct shape emergency = { .kind = SHAPE_RECORD,
                                        .fields = emergency_fields,
                                        .what = "urgence" };
static const struct shape emergencies = { .kind = SHAPE_LIST, .item = &emergency };

static const struct shape account = { .kind = SHAPE_CHOICE, .choices = "actif suspendu" };
static const struct field person_fields[] = {
    { "nom", &text, true },
    { "identifiant", &text, false },
    { "compte", &account, false },
    { "affectations", &assignments, false },
    { "urgences", &emergencies, false },
    { NULL, NULL, false },
};
static const struct shape person = { .kind = SHAPE_RECORD,
                                     .fields = person_fields,
                                     .what = "personne" };
static const struct shape people = { .kind = SHAPE_TABLE, .item = &person, .what = "personne" };

/* ---- prohibitions ---- */

static const struct field closure_fields[] = {
    { "libelle", &text, true },      { "lieu", &code, true }, { "sauf", &some_codes, false },
    { "droits", &some_texts, true }, { "du", &text, true },   { "au", &text, true },
    { NULL, NULL, false },
};
static const struct shape closure = { .kind = SHAPE_RECORD,
                                      .fields = closure_fields,
                                      .what = "fermeture" };
static const struct shape closures = { .kind = SHAPE_TABLE, .item = &closure, .what = "fermeture" };

static const struct field never_fields[] = {
    { "profil", &code, true },
    { "droits", &some_texts, true },
    { NULL, NULL, false },
};
static const struct shape never = { .kind = SHAPE_RECORD,
                                    .fields = never_fields,
                                    .what = "jamais" };
static const struct shape nevers = { .kind = SHAPE_LIST, .item = &never };

/* ---- cases ---- */

static const struct shape expect = { .kind = SHAPE_CHOICE, .choices = CASE_EXPECTED };
static const struct field default_fields[] = {
    { "quand", &text, false },
    { "connexion", &some_words, false },
    { NULL, NULL, false },
};
static const struct shape defaults = { .kind = SHAPE_RECORD,
                                       .fields = default_fields,
                                       .what = "par_defaut" };
static const struct field case_fields[] = {
    { "qui", &code, true },
    { "droits", &some_rights, true },
    { "lieu", &code, false },
    { "quand", &text, false },
    { "connexion", &some_words, false },
    { "pour", &text, false },
    { "dossier", &text, false },
    { "motif", &text, false },
    { "urgence", &yes_no, false },
    { "presence", &yes_no, false },
    { "supervision", &yes_no, false },
    { "attendu", &expect, true },
    { "manque", &some_words, false },
    { "dans_la_limite", &some_words, false },
    { "incompatibles", &some_texts, false },
    { "parce_que", &text, true },
    { NULL, NULL, false },
};
static const struct shape one_case = { .kind = SHAPE_RECORD, .fields = case_fields, .what = "cas" };
static const struct shape cases = { .kind = SHAPE_LIST, .item = &one_case };

static const struct field file_fields[] = {
    { "titre", &text, true },        { "lieux", &places, false },
    { "personnes", &people, false }, { "fermetures", &closures, false },
    { "jamais", &nevers, false },    { "par_defaut", &defaults, false },
    { "cas", &cases, false },        { NULL, NULL, false },
};
const struct shape case_file_shape = { .kind = SHAPE_RECORD,
                                       .fields = file_fields,
                                       .what = "fichier de cas" };
