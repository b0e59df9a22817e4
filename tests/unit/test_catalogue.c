/* policies/catalogue: the shipped rules, what is refused and how it is told, and the canonical form. */
#include "base/buf.h"
#include "catalogue/catalogue.h"
#include "engine/engine.h"
#include "support/folder.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ARENA = 256 * 1024 * 1024, PRINTED = 64 * 1024 };

static struct arena *arena;
static struct cat_problems *problems;

static void setup(void)
{
    ck_assert_ok(arena_new(ARENA, &arena));
    ck_assert_ok(cat_problems_new(arena, &problems));
}

static void teardown(void) { arena_free(arena); }

/* All that was told, as people see it. */
static const char *told(void)
{
    static char text[PRINTED];
    FILE *out = fmemopen(text, sizeof text - 1, "w");
    ck_assert_ptr_nonnull(out);
    memset(text, 0, sizeof text);
    cat_problems_print(problems, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static err_t format(const char *name, struct str text, struct str *out)
{
    struct buf b;
    buf_init(&b, CAT_FILE_MAX);
    err_t e = cat_format(arena, name, text, problems, &b);
    if (err_ok(e))
        ck_assert_ok(arena_str(arena, buf_str(&b), out));
    buf_done(&b);
    return e;
}

/* ---- the shipped catalogue ---- */

static struct cat shipped(void)
{
    struct cat c;
    ck_assert_ok(cat_read(arena, CATALOGUE_DIR, problems, &c));
    ck_assert_msg(cat_problems_count(problems) == 0, "%s", told());
    return c;
}

/* It is sound, and as large as the matrix that it was written from. */
START_TEST(shipped_is_sound)
{
    struct cat c = shipped();
    size_t grants = 0;
    for (size_t i = 0; i < c.profile_count; i++)
        grants += c.profiles[i].grants.count;
    ck_assert_uint_eq(c.profile_count, 63);
    ck_assert_uint_eq(c.resource_count, 65);
    ck_assert_uint_eq(grants, 1125);
    ck_assert_uint_eq(c.incompatibility_count, 15);
    ck_assert_uint_eq(c.emergency_count, 1);
}
END_TEST

/* An origin of the model leads back to the file, the line and the column. */
START_TEST(origins_lead_back)
{
    struct cat c = shipped();
    const struct cat_profile *ide = cat_profile(&c, STR("IDE"));
    struct cat_place at = cat_place_of(&c, ide->origin);
    ck_assert_str_eq(at.file, "profiles/soins.yaml");
    ck_assert_uint_eq(at.column, 3);
    struct cat_place first = cat_place_of(&c, ide->grants.list[0].origin);
    ck_assert_uint_eq(first.column, 9);
    ck_assert_uint_gt(first.line, at.line);
    ck_assert_ptr_null(cat_place_of(&c, 0).file);
    ck_assert_ptr_null(cat_place_of(&c, c.origin_count).file);
}
END_TEST

/* Every shipped file is in the canonical form. */
START_TEST(shipped_is_canonical)
{
    struct cat_files files;
    ck_assert_ok(cat_files_read(arena, CATALOGUE_DIR, problems, &files));
    ck_assert_uint_ge(files.count, 20);
    for (size_t i = 0; i < files.count; i++) {
        struct str text;
        ck_assert_ok(format(files.list[i].name, files.list[i].text, &text));
        ck_assert_msg(str_eq(text, files.list[i].text), "%s is not canonical", files.list[i].name);
    }
}
END_TEST

/* Lines of TEXT that are not comments. */
static struct str without_comments(struct str text)
{
    struct str line;
    struct buf b;
    buf_init(&b, CAT_FILE_MAX);
    while (str_cut(&text, '\n', &line))
        if (!str_starts(str_trim(line), STR("#"))) {
            buf_add(&b, line);
            buf_add_char(&b, '\n');
        }
    struct str out;
    ck_assert_ok(arena_str(arena, buf_str(&b), &out));
    buf_done(&b);
    return out;
}

/* Reading the rules and writing them gives the same files, comments apart. */
START_TEST(export_is_identity)
{
    struct cat c = shipped();
    struct cat_files written, files;
    ck_assert_ok(cat_files_of(arena, &c, problems, &written));
    ck_assert_ok(cat_files_read(arena, CATALOGUE_DIR, problems, &files));
    ck_assert_uint_eq(written.count, files.count);
    for (size_t i = 0; i < files.count; i++) {
        ck_assert_str_eq(written.list[i].name, files.list[i].name);
        ck_assert_msg(str_eq(written.list[i].text, without_comments(files.list[i].text)),
                      "%s:\n%.*s", files.list[i].name, STR_ARG(written.list[i].text));
    }
}
END_TEST

/* ---- one cell changed is one line changed ---- */

static size_t lines_that_differ(struct str a, struct str b)
{
    struct str line_a, line_b;
    size_t n = 0;
    for (;;) {
        bool more_a = str_cut(&a, '\n', &line_a), more_b = str_cut(&b, '\n', &line_b);
        if (!more_a || !more_b)
            return n + (more_a != more_b ? 1000 : 0);
        n += !str_eq(line_a, line_b);
    }
}

/* A random cell of C that does not move its line: a note, the conditions' or actions' list, a label. */
static void change_one_cell(struct cat *c, unsigned random)
{
    struct cat_profile *p = &c->profiles[random % c->profile_count];
    struct cat_grant *g = &p->grants.list[random / 64 % p->grants.count];
    switch (random / 4096 % 4) {
    case 0:
        g->note = str_eq(g->note, STR("modifié « ici » \\ \"là\""))
                      ? STR("")
                      : STR("modifié « ici » \\ \"là\"");
        break;
    case 1:
        ck_assert_ok(arena_printf(arena, &g->actions, "%.*s|zzz", STR_ARG(g->actions)));
        break;
    case 2:
        p->label = STR("Un autre nom : le même profil");
        break;
    default:
        p->auth_min = str_eq(p->auth_min, STR("1F")) ? STR("2F") : STR("1F");
    }
}

START_TEST(one_cell_is_one_line)
{
    struct cat_files before;
    struct cat c = shipped();
    unsigned random = 20260310;
    ck_assert_ok(cat_files_of(arena, &c, problems, &before));
    for (int round = 0; round < 60; round++) {
        struct cat_files after;
        size_t differ = 0;
        random = random * 1103515245U + 12345U;
        change_one_cell(&c, random / 65536);
        ck_assert_ok(cat_files_of(arena, &c, problems, &after));
        ck_assert_uint_eq(after.count, before.count);
        for (size_t i = 0; i < before.count; i++)
            differ += lines_that_differ(before.list[i].text, after.list[i].text);
        ck_assert_msg(differ <= 1, "%zu lines for one cell", differ);
        before = after;
    }
}
END_TEST

/* ---- the canonical form ---- */

#define PROFILE \
    "famille: soins\nprofils:\n  IDE:\n    libelle: \"I\"\n    rpps: non\n    auth_min: 2F\n"
static const struct {
    const char *name, *file, *text, *want;
} forms[] = {
    { "keys in their order, lists sorted, quotes settled", "profiles/soins.yaml",
      "profils:\n  IDE: {auth_min: '2F', rpps: \"non\", libelle: I,\n"
      "    types_etablissement: [MAS, EHPAD]}\nfamille: soins\n",
      "famille: soins\nprofils:\n  IDE:\n    libelle: \"I\"\n    rpps: non\n    auth_min: 2F\n"
      "    types_etablissement: [EHPAD, MAS]\n" },
    { "rows one a line, sorted, lire first", "profiles/soins.yaml",
      PROFILE
      "    droits:\n    - B.B: {portee: etab, actions: [creer, lire]}\n    - A.A:\n"
      "        actions:\n        - lire\n        conditions: [motif, 2f]\n        portee: soi\n",
      PROFILE "    droits:\n"
              "      - A.A: {actions: [lire], portee: soi, conditions: [2f, motif]}\n"
              "      - B.B: {actions: [lire, creer], portee: etab}\n" },
    { "comments go with their line", "profiles/soins.yaml",
      "# head\n\n" PROFILE "    # of the list\n    droits:\n"
      "      # of b\n      - B.B: {actions: [lire], # inside b\n          portee: etab} # after b\n"
      "      #of a\n      - A.A: {actions: [lire], portee: etab, note: \"# no comment\"}\n# foot\n",
      "# head\n" PROFILE "    # of the list\n    droits:\n"
      "      #of a\n      - A.A: {actions: [lire], portee: etab, note: \"# no comment\"}\n"
      "      # of b\n      # inside b\n      # after b\n"
      "      - B.B: {actions: [lire], portee: etab}\n# foot\n" },
    { "an empty list goes, unless somebody commented on it", "profiles/soins.yaml",
      PROFILE "    lots: []\n    # none yet\n    droits: []\n",
      PROFILE "    # none yet\n    droits: []\n" },
    { "what others take for something else is quoted", "profiles/soins.yaml",
      "famille: no\nprofils:\n  'NO':\n    libelle: \"I\"\n    rpps: non\n    auth_min: 2F\n  "
      "'12':\n"
      "    libelle: \"a\\u0062\\\"\\\\\"\n    rpps: non\n    auth_min: 2F\n",
      "famille: \"no\"\nprofils:\n  \"12\":\n    libelle: \"ab\\\"\\\\\"\n    rpps: non\n"
      "    auth_min: 2F\n\n  \"NO\":\n    libelle: \"I\"\n    rpps: non\n    auth_min: 2F\n" },
    { "two lists, one empty", "constraints.yaml",
      "droits_incompatibles: []\nincompatibilites: [{motif: m, profils: [B, A]}]\n",
      "incompatibilites:\n  - {profils: [A, B], motif: \"m\"}\n\ndroits_incompatibles: []\n" },
    { "CRLF, and a mark of byte order", "lots.yaml", "\xEF\xBB\xBFlots: {} # c\r\n",
      "# c\nlots: {}\n" },
};

START_TEST(canonical_form)
{
    struct str text, again;
    ck_assert_msg(err_ok(format(forms[_i].file, str_of(forms[_i].text), &text)), "%s: %s",
                  forms[_i].name, told());
    ck_assert_msg(str_eq(text, str_of(forms[_i].want)), "%s:\n%.*s", forms[_i].name, STR_ARG(text));
    ck_assert_ok(format(forms[_i].file, text, &again));
    ck_assert_msg(str_eq(text, again), "%s: not the same again", forms[_i].name);
}
END_TEST

/* ---- what a file is refused for, and where ---- */

#define ROW(row) PROFILE "    droits:\n      - " row "\n"
static const struct {
    const char *name, *file, *text, *says;
} bad[] = {
    { "empty", "lots.yaml", "", "lots.yaml:1:1 : fichier vide" },
    { "only a comment", "lots.yaml", "# nothing\n", "fichier vide" },
    { "an anchor", "lots.yaml", "lots: &a {}\n", "lots.yaml:1:7 : les ancres" },
    { "an anchor on a scalar", "lots.yaml", "lots: &a x\n", "lots.yaml:1:7 : les ancres" },
    { "an alias", "lots.yaml", "lots: *a\n", "lots.yaml:1:7 : les alias" },
    { "a tag", "lots.yaml", "lots: !!map {}\n", "lots.yaml:1:7 : les ancres" },
    { "a merge key", "lots.yaml", "lots: {<<: {}}\n", "fusion" },
    { "a key that is a list", "lots.yaml", "? [a]\n: b\n", "une clé est un mot" },
    { "the same key twice", "lots.yaml", "lots: {}\nlots: {}\n",
      "lots.yaml:2:1 : « lots » est écrit deux fois : déjà ligne 1" },
    { "two documents", "lots.yaml", "lots: {}\n---\nlots: {}\n", "un seul document" },
    { "a directive", "lots.yaml", "%YAML 1.1\n---\nlots: {}\n", "directives" },
    { "a block scalar", "lots.yaml", "lots: |\n  x\n", "texte en bloc" },
    { "not UTF-8", "lots.yaml", "lots: {} # \xE9\n", "lots.yaml:1:1 : octets illisibles" },
    { "a control", "lots.yaml", "lots: {} # \x07\n", "octets illisibles" },
    { "a tab", "lots.yaml", "lots:\n\tx: y\n", "lots.yaml:2:1 : octets illisibles" },
    { "a line separator", "lots.yaml", "lots: {} # \xE2\x80\xA8lots: {}\n", "octets illisibles" },
    { "too deep", "lots.yaml", "lots: [[[[[[[[[[[[[[[[[[\n", "trop de niveaux" },
    { "a quote left open", "lots.yaml", "lots: \"\n", "n'est pas fermé" },
    { "badly aligned", "lots.yaml", "lots:\n  A:\n    libelle: a\n   droits: []\n",
      "lots.yaml:4:4" },
    { "an escaped control", "lots.yaml", "lots: {A: {libelle: \"a\\x07\"}}\n", "lots.yaml:1:21" },
    { "an escaped NUL", "lots.yaml", "lots: {A: {libelle: \"a\\0\"}}\n", "texte vide" },
    { "a file that has no place", "profiles/a/b.yaml", "famille: a\n", "n'a pas sa place" },
    { "a list for a map", "lots.yaml", "- lots\n", "« clé: valeur »" },
    { "an unknown key", "lots.yaml", "lot: {}\n",
      "lots.yaml:1:1 : clé « lot » inconnue, vouliez-vous lots ?" },
    { "a key missing", "profiles/p.yaml", "profils: {}\n", "il manque « famille »" },
    { "a homoglyph in a code", "lots.yaml", "lots: {\xD0\x90: {libelle: a}}\n", "code mal formé" },
    { "a small letter in a code", "lots.yaml", "lots: {a: {libelle: a}}\n", "code mal formé" },
    { "a code too long", "lots.yaml",
      "lots: {A123456789A123456789A123456789A123456789A123456789A123456789ABCDE: {libelle: a}}\n",
      "code mal formé" },
    { "a scope of no list", "profiles/p.yaml", ROW("A.A: {actions: [lire], portee: etap}"),
      "profiles/p.yaml:8:40 : « etap » n'est pas dans la liste (soi file unite etab etabs og "
      "groupement), vouliez-vous etab ?" },
    { "an action twice", "profiles/p.yaml", ROW("A.A: {actions: [lire, lire], portee: etab}"),
      "déjà dans la liste" },
    { "no action", "profiles/p.yaml", ROW("A.A: {actions: [], portee: etab}"), "il en faut de 1" },
    { "every action of a grant", "profiles/p.yaml", ROW("A.A: {actions: [\"*\"], portee: etab}"),
      "mot mal formé" },
    { "a bare row", "profiles/p.yaml", ROW("A.A"), "« - CODE: {…} » est attendu" },
    { "two codes in a row", "profiles/p.yaml", ROW("{A.A: {actions: [lire], portee: etab}, B: {}}"),
      "« - CODE: {…} »" },
    { "a nest for a word", "profiles/p.yaml", ROW("A.A: {actions: [[lire]], portee: etab}"),
      "un seul mot" },
    { "a number in quotes", "profiles/p.yaml", PROFILE "    duree_max_jours: \"5\"\n",
      "nombre attendu" },
    { "a negative number", "profiles/p.yaml", PROFILE "    duree_max_jours: -5\n",
      "nombre attendu" },
    { "a number too large", "profiles/p.yaml",
      PROFILE "    duree_max_jours: 99999999999999999999\n", "nombre attendu" },
    { "hexadecimal", "profiles/p.yaml", PROFILE "    duree_max_jours: 0x5\n", "nombre attendu" },
    { "an emergency of a week", "emergencies.yaml",
      "urgences: {A: {libelle: a, lot: L, ouvre_avec: R:a, revu_avec: R:a, duree_heures: 168, "
      "motif: obligatoire, previent: [D], revue_jours: 7}}\n",
      "nombre attendu" },
    { "an emergency nobody is told of", "emergencies.yaml",
      "urgences: {A: {libelle: a, lot: L, ouvre_avec: \"R:a\", revu_avec: \"R:a\", duree_heures: "
      "1, motif: obligatoire, previent: [], revue_jours: 7}}\n",
      "il en faut de 1" },
};

START_TEST(refused_file)
{
    struct str text = STR("untouched");
    err_t e = format(bad[_i].file, str_of(bad[_i].text), &text);
    ck_assert_msg(e.code == ERR_MALFORMED, "%s: %s", bad[_i].name, err_name(e));
    ck_assert_msg(strstr(told(), bad[_i].says) != NULL, "%s: %s", bad[_i].name, told());
    ck_assert_str_is(text, "untouched");
}
END_TEST

/* A whole file of BYTE, LEN bytes long. */
static struct str made_of(char byte, size_t len)
{
    char *text = arena_alloc(arena, len + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, byte, len);
    return str_from(text, len);
}

/* Sizes: one byte or one line over the limit is refused before it is parsed. */
START_TEST(refused_sizes)
{
    struct str out;
    ck_assert_err(format("lots.yaml", made_of('#', CAT_FILE_MAX + 1), &out), MALFORMED);
    ck_assert_ptr_nonnull(strstr(told(), "trop gros"));
    ck_assert_err(format("lots.yaml", made_of('\n', CAT_LINES_MAX + 1), &out), MALFORMED);
    ck_assert_ptr_nonnull(strstr(told(), "trop long"));
    ck_assert_err(format("lots.yaml", made_of('[', CAT_FILE_MAX), &out), MALFORMED);
    ck_assert_ptr_nonnull(strstr(told(), "trop de niveaux"));
}
END_TEST

/* ---- what a folder is refused for: each row changes one file of one that is sound ---- */

static const char app_text[] =
    "application: APP\nlibelle: \"L'application\"\nressources:\n"
    "  APP.A: {libelle: \"A\", actions: [lire, creer, valider], sensibilite: interne, "
    "hors_urgence: [valider]}\n";
static const char profiles_text[] =
    "famille: soins\nprofils:\n  AS:\n    libelle: \"Aide-soignant\"\n    rpps: possible\n    "
    "auth_min: 2F\n"
    "    droits:\n      - APP.A: {actions: [lire], portee: unite}\n\n"
    "  IDE:\n    libelle: \"Infirmier diplômé d'État\"\n    rpps: obligatoire\n    auth_min: 2F\n"
    "    lots: [L]\n    droits:\n      - APP.A: {actions: [lire], portee: etab}\n";
static const char lots_text[] = "lots:\n  L:\n    libelle: \"Lot\"\n    droits:\n"
                                "      - APP.A: {actions: [creer], portee: etab}\n";

struct change {
    const char *name, *file, *text, *says;
};
static const struct change changes[] = {
    { "nothing", NULL, NULL, "" },
    { "an unknown profile, by its label", "constraints.yaml",
      "incompatibilites:\n  - {profils: [AS, INFIRMIER], motif: m}\n",
      "constraints.yaml:2:15 : profil inconnu : INFIRMIER, vouliez-vous IDE ?" },
    { "an unknown profile, two letters swapped", "constraints.yaml",
      "incompatibilites:\n  - {profils: [AS, IED], motif: m}\n", "IED, vouliez-vous IDE ?" },
    { "an unknown profile, like none", "constraints.yaml",
      "incompatibilites:\n  - {profils: [AS, ZZZZZZZ], motif: m}\n", "profil inconnu : ZZZZZZZ\n" },
    { "incompatible with itself", "constraints.yaml",
      "incompatibilites:\n  - {profils: [AS, AS], motif: m}\n", "déjà dans la liste" },
    { "an incompatibility twice", "constraints.yaml",
      "incompatibilites:\n  - {profils: [AS, IDE], motif: m}\n  - {profils: [IDE, AS], motif: n}\n",
      "constraints.yaml:3:15 : cette incompatibilité est déjà écrite ligne 2" },
    { "an unknown resource", "lots.yaml",
      "lots: {L: {libelle: a, droits: [APP.B: {actions: [lire], portee: etab}]}}\n",
      "ressource inconnue : APP.B, vouliez-vous APP.A ?" },
    { "an unknown action", "lots.yaml",
      "lots: {L: {libelle: a, droits: [APP.A: {actions: [crer], portee: etab}]}}\n",
      "APP.A n'a pas l'action « crer », vouliez-vous creer ?" },
    { "an unknown lot", "lots.yaml", "lots: {M: {libelle: a}}\n",
      "lot inconnu : L, vouliez-vous M ?" },
    { "a profile in two files", "profiles/autres.yaml",
      "famille: autres\nprofils: {IDE: {libelle: i, rpps: non, auth_min: 1F}}\n",
      "profil ou lot IDE déjà défini : profiles/autres.yaml, ligne 2" },
    { "a lot named as a profile", "lots.yaml", "lots: {L: {libelle: a}, AS: {libelle: a}}\n",
      "profil ou lot AS déjà défini" },
    { "an application twice", "applications/b.yaml", "application: APP\nlibelle: b\n",
      "application APP déjà défini" },
    { "what no emergency opens, of an action that is not", "applications/b.yaml",
      "application: B\nlibelle: b\nressources: {B.B: {libelle: b, actions: [lire], sensibilite: "
      "interne, hors_urgence: [valider]}}\n",
      "B.B n'a pas l'action « valider »" },
    { "a right given twice", "lots.yaml",
      "lots:\n  L:\n    libelle: a\n    droits:\n"
      "      - APP.A: {actions: [lire, creer], portee: etab, conditions: [2f, motif]}\n"
      "      - APP.A: {actions: [creer], portee: etab, conditions: [motif, 2f]}\n",
      "lots.yaml:6:9 : « creer » est déjà donné ligne 5" },
    { "a profile with an incompatible pair of rights, one of them in a lot", "constraints.yaml",
      "droits_incompatibles:\n  - {droits: [\"APP.A:creer\", \"APP.A:lire\"], motif: quatre "
      "yeux}\n",
      "profiles/soins.yaml:16:9 : le profil IDE réunirait APP.A:creer et APP.A:lire : quatre "
      "yeux" },
    { "a pair of rights that do not exist", "constraints.yaml",
      "droits_incompatibles:\n  - {droits: [\"APP.A:effacer\", \"APP.Z:lire\"], motif: m}\n",
      "ressource inconnue : APP.Z" },
    { "an emergency that would open too much", "emergencies.yaml",
      "urgences: {U: {libelle: a, lot: V, ouvre_avec: \"APP.A:lire\", revu_avec: \"APP.A:lire\", "
      "duree_heures: 1, motif: obligatoire, previent: [AS], revue_jours: 1}}\n",
      "lot inconnu : V" },
    { "an emergency of no application", "emergencies.yaml",
      "urgences: {APPS: {libelle: a, lot: L, ouvre_avec: \"APP.A:lire\", revu_avec: "
      "\"APP.A:lire\", duree_heures: 1, motif: obligatoire, previent: [AS], revue_jours: 1}}\n",
      "application inconnue : APPS, vouliez-vous APP ?" },
    { "a file of a name that means nothing", "constraint.yaml", "incompatibilites: []\n",
      "constraint.yaml : ce fichier n'a pas sa place" },
    { "a file of another kind among the profiles", "profiles/soins.yml", "famille: soins\n",
      "profiles/soins.yml : ce fichier n'a pas sa place" },
};

static void sound_folder(struct folder *f, const struct change *change)
{
    folder_make(f);
    ck_assert_int_eq(mkdir(folder_file(f, "applications"), 0700), 0);
    ck_assert_int_eq(mkdir(folder_file(f, "profiles"), 0700), 0);
    folder_write(f, "applications/app.yaml", app_text, 0600);
    folder_write(f, "profiles/soins.yaml", profiles_text, 0600);
    folder_write(f, "lots.yaml", lots_text, 0600);
    if (change->file != NULL)
        folder_write(f, change->file, change->text, 0600);
}

START_TEST(refused_folder)
{
    struct folder f;
    struct cat c;
    sound_folder(&f, &changes[_i]);
    ck_assert_ok(cat_read(arena, f.path, problems, &c));
    folder_remove(&f);
    ck_assert_msg((cat_problems_count(problems) == 0) == (changes[_i].file == NULL), "%s: %s",
                  changes[_i].name, told());
    ck_assert_msg(strstr(told(), changes[_i].says) != NULL, "%s: %s", changes[_i].name, told());
}
END_TEST

/* A lot that an emergency opens must not give what a resource keeps from every emergency. */
START_TEST(kept_from_emergencies)
{
    static const struct change urgent = {
        "", "emergencies.yaml",
        "urgences: {APP: {libelle: a, lot: L, ouvre_avec: \"APP.A:lire\", revu_avec: "
        "\"APP.A:creer\", duree_heures: 1, motif: obligatoire, previent: [AS], revue_jours: 1}}\n",
        NULL
    };
    struct folder f;
    struct cat c;
    sound_folder(&f, &urgent);
    ck_assert_ok(cat_read(arena, f.path, problems, &c));
    ck_assert_msg(cat_problems_count(problems) == 0, "%s", told());
    folder_write(&f, "lots.yaml",
                 "lots: {L: {libelle: a, droits: [APP.A: {actions: [valider], portee: etab}]}}\n",
                 0600);
    ck_assert_ok(cat_read(arena, f.path, problems, &c));
    folder_remove(&f);
    ck_assert_ptr_nonnull(strstr(told(), "une urgence n'ouvre jamais APP.A:valider"));
}
END_TEST

/* All problems of a run are told, in the order of files and lines, and the list has an end. */
START_TEST(all_problems_are_told)
{
    struct folder f;
    struct cat c;
    struct buf b;
    sound_folder(&f, &changes[0]);
    buf_init(&b, CAT_FILE_MAX);
    buf_add(&b, STR("incompatibilites:\n"));
    for (int i = 0; i < CAT_PROBLEMS_MAX + 50; i++)
        buf_addf(&b, "  - {profils: [AS, XYZ%d], motif: m}\n", i);
    buf_add_char(&b, '\0');
    folder_write(&f, "constraints.yaml", b.ptr, 0600);
    buf_done(&b);
    ck_assert_ok(cat_read(arena, f.path, problems, &c));
    folder_remove(&f);
    ck_assert_uint_eq(cat_problems_count(problems), CAT_PROBLEMS_MAX + 50);
    for (size_t i = 0; i < CAT_PROBLEMS_MAX; i++)
        ck_assert_uint_eq(cat_problems_get(problems, i)->at.line, i + 2);
    ck_assert_ptr_null(cat_problems_get(problems, CAT_PROBLEMS_MAX));
    ck_assert_ptr_nonnull(strstr(told(), "… et 50 autres"));
}
END_TEST

/* Neither a device nor a link to a file elsewhere is read; a folder that is not there is an error. */
START_TEST(odd_files)
{
    struct folder f;
    struct cat c;
    sound_folder(&f, &changes[0]);
    ck_assert_int_eq(mkfifo(folder_file(&f, "emergencies.yaml"), 0600), 0);
    ck_assert_ok(cat_read(arena, f.path, problems, &c));
    ck_assert_ptr_nonnull(strstr(told(), "emergencies.yaml : fichier illisible"));
    ck_assert_int_eq(remove(folder_file(&f, "emergencies.yaml")), 0);
    folder_remove(&f);
    ck_assert_err(cat_read(arena, f.path, problems, &c), NOT_FOUND);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("catalogue");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, shipped_is_sound);
    tcase_add_test(t, origins_lead_back);
    tcase_add_test(t, shipped_is_canonical);
    tcase_add_test(t, export_is_identity);
    tcase_add_test(t, one_cell_is_one_line);
    tcase_add_loop_test(t, canonical_form, 0, COUNT(forms));
    tcase_add_loop_test(t, refused_file, 0, COUNT(bad));
    tcase_add_test(t, refused_sizes);
    tcase_add_loop_test(t, refused_folder, 0, COUNT(changes));
    tcase_add_test(t, kept_from_emergencies);
    tcase_add_test(t, all_problems_are_told);
    tcase_add_test(t, odd_files);
    return RUN_SUITE("catalogue", t);
}
