/* problem.h - what is wrong with the files of a load: where, what, and how to mend it, in French.
 *
 * Codes are stable: scripts and tests compare them. They are those of the checker that comes with
 * policies/catalogue/data/generate_people.py, and ours for the other files.
 */
#ifndef CTL_PROBLEM_H
#define CTL_PROBLEM_H

#include "base/arena.h"

#include <stdio.h>

/* code, what is wrong, how to mend it */
#define PROBLEM_LIST(X)                                                                           \
    /* the file as a whole */                                                                     \
    X(FICHIER_ABSENT, "fichier absent ou illisible", "déposez-le dans le dossier")                \
    X(FICHIER_VIDE, "aucun enregistrement", "exportez de nouveau le fichier")                     \
    X(FICHIER_TROP_GROS, "fichier trop gros", "découpez-le")                                      \
    X(FORMAT_FICHIER, "ce n'est pas un texte (classeur, archive ?)",                              \
      "enregistrez la feuille au format « CSV UTF-8 (délimité par des virgules) »")               \
    X(ENCODAGE_FICHIER, "codage UTF-16", "enregistrez en « CSV UTF-8 »")                          \
    X(FIN_DE_LIGNE, "lignes séparées par des retours chariot seuls",                              \
      "enregistrez avec des fins de ligne LF ou CR LF")                                           \
    X(SEPARATEUR, "colonnes séparées par autre chose que des virgules",                           \
      "enregistrez en « CSV (délimité par des virgules) »")                                       \
    X(ENTETE, "en-tête : colonne absente, inconnue ou en double",                                 \
      "la première ligne porte chacun des noms de colonne, une fois")                             \
    X(TRONQUE, "fichier tronqué au milieu d'un enregistrement",                                   \
      "transférez de nouveau le fichier")                                                         \
    /* a record */                                                                                \
    X(ENCODAGE, "octets qui ne sont pas de l'UTF-8", "enregistrez en « CSV UTF-8 »")              \
    X(GUILLEMETS, "guillemet mal placé ou jamais refermé",                                        \
      "entourez toute la cellule de guillemets, et doublez ceux qu'elle contient")                \
    X(COLONNES, "nombre de colonnes différent de l'en-tête",                                      \
      "entourez de guillemets les cellules qui contiennent une virgule")                          \
    X(CARACTERE_INTERDIT, "caractère de commande", "effacez-le")                                  \
    X(CHAMP_TROP_LONG, "valeur trop longue", "abrégez-la")                                        \
    X(FORMULE, "commence comme une formule de tableur", "retirez le premier caractère")           \
    X(CHAMP_VIDE, "valeur absente", "renseignez cette colonne")                                   \
    X(DOUBLON_LIGNE, "ligne déjà vue à l'identique", "supprimez-en une")                          \
    X(DOUBLON, "défini deux fois", "gardez une seule des deux lignes")                            \
    X(CODE_FORMAT, "code mal formé", "majuscules, chiffres, tirets, points et soulignés")         \
    X(NOMBRE, "nombre entier attendu", "écrivez un nombre sans unité ni espace")                  \
    X(VALEUR, "valeur hors de la liste", "choisissez une des valeurs documentées")                \
    /* places and people */                                                                       \
    X(MATRICULE_VIDE, "matricule absent", "indiquez le matricule de paie")                        \
    X(NOM_VIDE, "nom absent", "indiquez le nom d'usage")                                          \
    X(PRENOM_VIDE, "prénom absent", "indiquez le prénom")                                         \
    X(MATRICULE_FORMAT, "matricule mal formé", "20 lettres, chiffres, « . _ - » au plus")         \
    X(NOM_CARACTERES, "caractère qui ne va pas dans un nom",                                      \
      "lettres, espaces, apostrophes, tirets et points seulement")                                \
    X(CIVILITE, "civilité inconnue", "« M. », « Mme » ou rien")                                   \
    X(EMAIL_FORMAT, "adresse de courriel mal formée", "une seule adresse, sans accent")           \
    X(RPPS_FORMAT, "numéro RPPS mal formé", "11 chiffres")                                        \
    X(RPPS_CLE, "numéro RPPS dont la clé est fausse", "recopiez-le de l'annuaire santé")          \
    X(RPPS_OBLIGATOIRE, "ce profil exige un numéro RPPS", "indiquez-le, ou changez le profil")    \
    X(OG_INCONNU, "organisme gestionnaire inconnu", "un og_code de etablissements.csv")           \
    X(FINESS_FORMAT, "numéro FINESS mal formé", "9 caractères, zéros de tête compris")            \
    X(FINESS_CLE, "numéro FINESS dont la clé est fausse", "recopiez-le du répertoire FINESS")     \
    X(FINESS_INCONNU, "aucun établissement n'a ce FINESS", "ajoutez-le à etablissements.csv")     \
    X(SIRET, "SIRET mal formé ou de clé fausse", "14 chiffres")                                   \
    X(ETAB_INCOHERENT, "FINESS et établissement ne désignent pas le même lieu", "corrigez l'un")  \
    X(ETAB_HORS_OG, "établissement d'un autre organisme", "corrigez l'organisme ou le FINESS")    \
    X(GROUPE_INCOHERENT, "même code, autre libellé ou autre groupe que plus haut",                \
      "écrivez-les partout de la même façon")                                                     \
    X(SERVICE, "libellé de service sans lettre ni chiffre", "nommez le service, ou laissez vide") \
    X(PROFIL_INCONNU, "profil inconnu", "un code de profils.csv")                                 \
    X(CONTRAT_INCONNU, "type de contrat inconnu", "un code de contrats.csv")                      \
    X(DATE_ENTREE_VIDE, "date d'entrée absente", "indiquez-la")                                   \
    X(DATE_FORMAT, "date mal écrite", "AAAA-MM-JJ")                                               \
    X(DATE_INEXISTANTE, "ce jour n'existe pas", "corrigez la date")                               \
    X(DATE_HORS_PLAGE, "année hors de 1950 à 2050", "laissez vide s'il n'y a pas de fin")         \
    X(DATE_ORDRE, "fin avant le début", "corrigez l'une des deux dates")                          \
    X(DATE_SORTIE_OBLIGATOIRE, "ce contrat a toujours une fin", "indiquez la date de sortie")     \
    X(QUOTITE, "quotité mal écrite", "un pourcentage de 0 à 100, avec un point : 80 ou 28.57")    \
    X(MATRICULE_CONFLIT, "ce matricule est celui d'une autre personne", "vérifiez la paie")       \
    X(CHEVAUCHEMENT, "même affectation sur des périodes qui se recouvrent", "corrigez les dates") \
    X(CUMUL, "profils incompatibles d'une même personne sur des périodes qui se recouvrent",      \
      "séparez les périodes, ou retirez l'une des deux affectations")                             \
    X(RPPS_CONFLIT, "ce RPPS est celui d'une autre personne", "vérifiez le numéro")               \
    X(EMAIL_CONFLIT, "cette adresse est celle d'une autre personne", "corrigez l'une des deux")   \
    X(IDENTITE, "la ligne désigne deux comptes qui existent déjà",                                \
      "une même personne a deux comptes : il faut choisir lequel garder")                         \
    /* rights */                                                                                  \
    X(RESSOURCE_INCONNUE, "ressource inconnue", "un code de ressources.csv")                      \
    X(APPLICATION_INCOHERENTE, "ce n'est pas l'application de la ressource", "corrigez l'une")    \
    X(ACTION_INCONNUE, "action absente de la liste de la ressource",                              \
      "une action de ressources.csv")                                                             \
    X(LISTE, "liste vide, mal formée ou avec un doublon", "des noms séparés par « | » ou « , »")  \
    X(INCOMPATIBLE_SOI, "un profil incompatible avec lui-même", "corrigez l'un des deux")

enum problem_code {
#define X(code, what, mend) PROBLEM_##code,
    PROBLEM_LIST(X)
#undef X
};

const char *problem_name(enum problem_code code); /* "E_RPPS_CLE" */

struct problem_at {
    const char *file;   /* its name, without folders */
    int64_t line;       /* from 1; 0: the file as a whole */
    size_t column;      /* from 1; 0: the record as a whole */
    const char *header; /* the column's name, NULL without a column */
    struct str value;   /* what stands there; shown cut and made printable */
};

struct problems; /* opaque: kept in an arena */

enum { PROBLEMS_MAX = 200 };

NODISCARD err_t problems_new(struct arena *a, struct problems **out);
/* After PROBLEMS_MAX they are only counted. */
void problems_add(struct problems *p, enum problem_code code, const struct problem_at *at);
size_t problems_count(const struct problems *p);
/* The I-th kept; NULL after the last. */
const struct problem_at *problems_get(const struct problems *p, size_t i, enum problem_code *code);
/* One line each: "personnel_utf8.csv, ligne 12, colonne 6 (rpps) : … (« 1234 ») : … [E_RPPS_CLE]" */
void problems_print(const struct problems *p, FILE *out);

#endif
