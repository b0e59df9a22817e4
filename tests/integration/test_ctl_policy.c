/* habilisctl policy … against a real slapd: what a change would do is what it does, all or nothing. */
#include "base/buf.h"
#include "catalogue/catalogue.h"
#include "directory_fixture.h"
#include "engine/engine.h"
#include "support/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { OUTPUT = 64 * 1024 };

static struct folder folder;
static char output[OUTPUT];

/* ---- a directory with the demonstration's structures and rules, loaded from CSV, and four people ---- */

static int ctl(const char *const *words)
{
    const char *argv[16] = { HABILISCTL, "-c", folder_file(&folder, "habilisd.conf") };
    size_t n = 3;
    for (size_t i = 0; words[i] != NULL; i++)
        argv[n++] = words[i];
    return run_command(argv, NULL, output, sizeof output);
}
#define CTL(...) ctl((const char *const[]){ __VA_ARGS__, NULL })

#define must_say(text) \
    ck_assert_msg(strstr(output, text) != NULL, "no \"%s\" in:\n%s", text, output)
#define must_not_say(text) \
    ck_assert_msg(strstr(output, text) == NULL, "\"%s\" in:\n%s", text, output)

static const struct {
    const char *id, *login, *profile, *structure;
} people[] = {
    { "11111111-0000-4000-8000-000000000001", "anne.aes", "AES", "SOUB-FH" },
    { "11111111-0000-4000-8000-000000000002", "alix.admin", "ADMIN_IDP", "DC44" },
    { "11111111-0000-4000-8000-000000000003", "dominique.dir", "DIR", "SOUB-FH" },
    { "11111111-0000-4000-8000-000000000004", "ivan.ide", "IDE", "EHRE-EAM" },
};

static void add_people(void)
{
    char ldif[1024];
    for (size_t i = 0; i < COUNT(people); i++) {
        (void)snprintf(ldif, sizeof ldif,
                       "dn: habilisId=%s," PEOPLE "\n"
                       "objectClass: inetOrgPerson\nobjectClass: posixAccount\n"
                       "objectClass: habilisPerson\nhabilisId: %s\nuid: %s\ncn: x\nsn: x\n"
                       "uidNumber: %zu\ngidNumber: 200000\nhomeDirectory: /x\n"
                       "habilisStatus: active\n\n"
                       "dn: habilisId=22222222%s,habilisId=%s," PEOPLE "\n"
                       "objectClass: habilisAssignment\nhabilisId: 22222222%s\n"
                       "habilisProfile: %s\nhabilisStructure: %s\n"
                       "habilisStart: 20200101000000Z\n",
                       people[i].id, people[i].id, people[i].login, 300000 + i, people[i].id + 8,
                       people[i].id, people[i].id + 8, people[i].profile, people[i].structure);
        ck_assert_msg(as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, ldif,
                                  output, sizeof output) == 0,
                      "%s", output);
    }
}

static void configure(void)
{
    char text[2048], keys[FOLDER_PATH_MAX + 8];
    folder_make(&folder);
    (void)snprintf(keys, sizeof keys, "%s/keys", folder.path);
    ck_assert_int_eq(mkdir(keys, 0700), 0);
    (void)snprintf(text, sizeof text,
                   "issuer = https://sso.example.fr\n"
                   "ldap.uris = %s\nldap.base = %s\nldap.bind_dn = %s\nldap.password_file = %s\n"
                   "state.database = %s/state.db\nkeys.dir = %s\n",
                   slapd_uri(fix.server), slapd_base(fix.server), slapd_bind_dn(fix.server),
                   slapd_password_file(fix.server), folder.path, keys);
    folder_write(&folder, "habilisd.conf", text, 0600);
    ck_assert_msg(CTL("load", CATALOGUE_DIR "/data") == 0, "%s", output);
    add_people();
}

static void clean_up(void) { folder_remove(&folder); }

/* ---- the exported rules, and changes of them ---- */

static const char *rules(void) { return folder_file(&folder, "rules"); }

static struct cat_files files_of(const char *dir)
{
    struct cat_problems *p;
    struct cat_files files;
    ck_assert_ok(cat_problems_new(fix.arena, &p));
    ck_assert_ok(cat_files_read(fix.arena, dir, p, &files));
    ck_assert_uint_eq(cat_problems_count(p), 0);
    return files;
}

/* Replaces FROM, which is there once, by TO in a file of the exported rules. */
static void change(const char *name, const char *from, const char *to)
{
    struct cat_files files = files_of(rules());
    for (size_t i = 0; i < files.count; i++) {
        struct str before = files.list[i].text, after;
        if (strcmp(files.list[i].name, name) != 0)
            continue;
        const char *at = strstr(before.ptr, from);
        ck_assert_msg(at != NULL, "%s: no %s", name, from);
        ck_assert_ok(arena_printf(fix.arena, &after, "%.*s%s%s", (int)(at - before.ptr), before.ptr,
                                  to, at + strlen(from)));
        char path[FOLDER_PATH_MAX];
        (void)snprintf(path, sizeof path, "rules/%s", name);
        folder_write(&folder, path, after.ptr, 0600);
        return;
    }
    ck_abort_msg("no file %s", name);
}

/* Takes away the line that begins with START below the profile CODE. */
static void drop_row(const char *name, const char *code, const char *start)
{
    struct cat_files files = files_of(rules());
    for (size_t i = 0; i < files.count; i++) {
        if (strcmp(files.list[i].name, name) != 0)
            continue;
        const char *profile = strstr(files.list[i].text.ptr, code);
        ck_assert_ptr_nonnull(profile);
        const char *row = strstr(profile, start);
        ck_assert_ptr_nonnull(row);
        struct str after;
        ck_assert_ok(arena_printf(fix.arena, &after, "%.*s%s", (int)(row - files.list[i].text.ptr),
                                  files.list[i].text.ptr, row + strcspn(row, "\n") + 1));
        char path[FOLDER_PATH_MAX];
        (void)snprintf(path, sizeof path, "rules/%s", name);
        folder_write(&folder, path, after.ptr, 0600);
        return;
    }
    ck_abort_msg("no file %s", name);
}

/* May that person do it there, as the directory says now? */
static bool may(size_t person, const char *resource, const char *action, const char *structure)
{
    struct model *m = NULL;
    struct snapshot *s = NULL;
    struct problem why;
    struct engine_subject *subject;
    struct engine_decision d;
    struct engine_assignment held = { .id = STR("a"),
                                      .profile = str_of(people[person].profile),
                                      .structure = str_of(people[person].structure),
                                      .end = MODEL_EVER };
    struct engine_person who = { .id = STR("p"), .login = STR("p"), .active = true };
    who.assignments = &held;
    who.assignment_count = 1;
    ck_assert_ok(model_new(&m));
    ck_assert_ok(directory_load_model(fix.dir, m));
    ck_assert_ok(engine_compile(m, &s, &why));
    void *memory = arena_alloc(fix.arena, engine_subject_size(&who));
    ck_assert_ok(engine_person_resolve(s, &who, memory, engine_subject_size(&who), &subject));
    engine_decide(s, subject,
                  &(struct engine_question){ .resource = str_of(resource),
                                             .action = str_of(action),
                                             .structure = str_of(structure),
                                             .acr = ACCESS_EIDAS2,
                                             .now = 1773140400 },
                  &d);
    snapshot_unref(s);
    model_free(m);
    return d.effect == ENGINE_PERMIT;
}

/* ---- the shipped rules are those of the matrix ---- */

static struct str without_comments(struct str text)
{
    struct str line, out;
    struct buf b;
    buf_init(&b, CAT_FILE_MAX);
    while (str_cut(&text, '\n', &line))
        if (!str_starts(str_trim(line), STR("#"))) {
            buf_add(&b, line);
            buf_add_char(&b, '\n');
        }
    ck_assert_ok(arena_str(fix.arena, buf_str(&b), &out));
    buf_done(&b);
    return out;
}

/* Loaded from CSV, the directory differs from the YAML in what CSV cannot say, and in no right of
 * anybody; once applied, in nothing; and exporting gives the shipped files back. */
START_TEST(shipped_rules)
{
    ck_assert_msg(CTL("policy", "plan", CATALOGUE_DIR) == 0, "%s", output);
    must_say("lot URGENCE_DUI : nouveau");
    must_say("urgence DUI : nouveau");
    must_say("droits incompatibles FACT.DEPOTS:creer+FACT.DEPOTS:valider : nouveau");
    must_not_say("  profil ");
    must_not_say("profils incompatibles");
    must_not_say("Gagnent");
    must_not_say("Perdent");
    must_say("0 personne gagne des droits, 0 en perd");
    ck_assert_msg(CTL("policy", "apply", CATALOGUE_DIR) == 0, "%s", output);
    must_say("fait");
    ck_assert_msg(CTL("policy", "apply", CATALOGUE_DIR) == 0, "%s", output);
    ck_assert_str_eq(output, "rien ne change\n");
    ck_assert_msg(CTL("policy", "export", rules()) == 0, "%s", output);
    struct cat_files want = files_of(CATALOGUE_DIR), got = files_of(rules());
    ck_assert_uint_eq(want.count, got.count);
    for (size_t i = 0; i < want.count; i++)
        ck_assert_msg(str_eq(without_comments(want.list[i].text), got.list[i].text), "%s:\n%.*s",
                      want.list[i].name, STR_ARG(got.list[i].text));
    ck_assert_int_eq(CTL("policy", "export", rules()), 1);
    must_say("il y a déjà des règles");
    ck_assert_int_eq(CTL("policy", "format", "--check", rules()), 0);
    /* and the load of the CSV files goes on working */
    ck_assert_msg(CTL("load", CATALOGUE_DIR "/data") == 0, "%s", output);
}
END_TEST

/* ---- a change ---- */

static void export_rules(void)
{
    ck_assert_msg(CTL("policy", "apply", CATALOGUE_DIR) == 0, "%s", output);
    ck_assert_msg(CTL("policy", "export", rules()) == 0, "%s", output);
}

/* A right more for one profile: the plan names who gains it and where, writes nothing; apply does it. */
START_TEST(a_right_more)
{
    export_rules();
    drop_row("profiles/soins.yaml", "  AES:", "      - DUI.CONSIGNES:");
    change(
        "profiles/soins.yaml",
        "      - DUI.CONSTANTES: {actions: [lire, creer], portee: unite, "
        "conditions: [2f], note: \"poids",
        "      - DUI.CONSIGNES: {actions: [lire, creer], portee: unite, conditions: [2f]}\n"
        "      - DUI.CONSTANTES: {actions: [lire, creer], portee: unite, conditions: [2f], note: "
        "\"poids");
    ck_assert_msg(CTL("policy", "plan", "--noms", rules()) == 0, "%s", output);
    must_say("profil AES (profiles/soins.yaml:");
    must_say("+ DUI.CONSIGNES : lire, creer, dans le service, avec une connexion à deux facteurs");
    must_say("Gagnent\n    DUI.CONSIGNES : creer\n");
    must_say("(SOUB-FH) : 1 personne\n        anne.aes\n");
    must_say("1 personne gagne des droits, 0 en perd");
    must_not_say("Perdent");
    ck_assert(!may(0, "DUI.CONSIGNES", "creer", "SOUB-FH"));
    ck_assert_msg(CTL("policy", "apply", rules()) == 0, "%s", output);
    ck_assert(may(0, "DUI.CONSIGNES", "creer", "SOUB-FH"));
    ck_assert(!may(0, "DUI.CONSIGNES", "creer", "EHRE-EAM"));
}
END_TEST

/* A right less: who loses it. */
START_TEST(a_right_less)
{
    export_rules();
    drop_row("profiles/soins.yaml", "  IDE:", "      - DUI.PRESCRIPTION:");
    ck_assert(may(3, "DUI.PRESCRIPTION", "lire", "EHRE-EAM"));
    ck_assert_msg(CTL("policy", "apply", "--noms", rules()) == 0, "%s", output);
    must_say("Perdent");
    must_say("(EHRE-EAM) : 1 personne\n        ivan.ide\n");
    ck_assert(!may(3, "DUI.PRESCRIPTION", "lire", "EHRE-EAM"));
}
END_TEST

/* The last one who may change the rules keeps that right; so does the last who gives profiles. */
START_TEST(locked_out)
{
    static const struct {
        const char *file, *profile, *row, *says;
    } rows[] = {
        { "profiles/si.yaml", "  ADMIN_IDP:", "      - IDP.PROFILS:",
          "plus personne ne pourrait modifier les règles (IDP.PROFILS:modifier)" },
        { "profiles/direction.yaml", "  DIR:", "      - IDP.HABILITATIONS:",
          "plus personne ne pourrait attribuer un profil (IDP.HABILITATIONS:valider)" },
    };
    export_rules();
    drop_row(rows[_i].file, rows[_i].profile, rows[_i].row);
    ck_assert_int_eq(CTL("policy", "apply", rules()), 1);
    must_say(rows[_i].says);
    must_not_say("fait");
    ck_assert_int_eq(CTL("policy", "plan", rules()), 0);
    must_say("Perdent"); /* still to be done: nothing was written */
}
END_TEST

/* An incompatible pair of rights in one profile, and whatever else is wrong: told, nothing written. */
START_TEST(wrong_rules)
{
    export_rules();
    drop_row("profiles/direction.yaml", "  DIR:", "      - IDP.HABILITATIONS:");
    change("profiles/direction.yaml",
           "      - IDP.MOI: {actions: [lire, exporter, modifier], portee: soi}",
           "      - IDP.HABILITATIONS: {actions: [lire, proposer, valider], portee: etabs, "
           "conditions: [2f]}\n"
           "      - IDP.MOI: {actions: [lire, exporter, modifier], portee: soi}");
    ck_assert_int_eq(CTL("policy", "apply", rules()), 1);
    must_say("réunirait IDP.HABILITATIONS:proposer et IDP.HABILITATIONS:valider");
    change("profiles/soins.yaml", "portee: unite", "portee: units");
    ck_assert_int_eq(CTL("policy", "check", rules()), 1);
    must_say("« units » n'est pas dans la liste");
    must_say("vouliez-vous unite ?");
    must_say("profiles/soins.yaml:");
}
END_TEST

/* One edit that the directory refuses: none of the others is made either. */
START_TEST(all_or_nothing)
{
    static const char below[] =
        "dn: habilisClientId=x,habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"
        "objectClass: habilisClient\nhabilisClientId: x\n"
        "habilisMetadata: {}\n";
    export_rules();
    ck_assert_int_eq(as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, below,
                                 output, sizeof output),
                     0);
    struct cat_files files = files_of(rules());
    for (size_t i = 0; i < files.count; i++) { /* take the profile IDE away: all its lines */
        if (strcmp(files.list[i].name, "profiles/soins.yaml") != 0)
            continue;
        const char *text = files.list[i].text.ptr, *from = strstr(text, "\n  IDE:\n");
        const char *to = strstr(from, "\n\n");
        struct str after;
        ck_assert_ok(arena_printf(fix.arena, &after, "%.*s%s", (int)(from - text), text, to + 1));
        folder_write(&folder, "rules/profiles/soins.yaml", after.ptr, 0600);
    }
    change("constraints.yaml", "  - {profils: [ADMIN_IDP, IDE], ",
           "  - {profils: [ADMIN_IDP, KINE], ");
    change("constraints.yaml", "  - {profils: [IDE, TECH_SI], ", "  - {profils: [KINE, TECH_SI], ");
    drop_row("profiles/soins.yaml", "  AES:", "      - DUI.AGENDA:");
    ck_assert(may(0, "DUI.AGENDA", "lire", "SOUB-FH"));
    ck_assert_int_eq(CTL("policy", "apply", rules()), 1);
    must_say("profil IDE : disparaît");
    must_say("aucune règle n'a changé");
    ck_assert(may(0, "DUI.AGENDA", "lire", "SOUB-FH"));
    ck_assert(may(3, "DUI.PRESCRIPTION", "lire", "EHRE-EAM"));
    ck_assert_int_eq(
        as_habilisd(fix.server, "ldapdelete",
                    (const char *const[]){ "habilisClientId=x,habilisCode=IDE,ou=profiles,"
                                           "dc=test,dc=habilis",
                                           NULL },
                    NULL, output, sizeof output),
        0);
    ck_assert_msg(CTL("policy", "apply", rules()) == 0, "%s", output);
    ck_assert(!may(0, "DUI.AGENDA", "lire", "SOUB-FH"));
    ck_assert(!may(3, "DUI.PRESCRIPTION", "lire", "EHRE-EAM"));
}
END_TEST

/* An application comes, with its resources, and goes. */
START_TEST(an_application)
{
    export_rules();
    folder_write(&folder, "rules/applications/essai.yaml",
                 "application: ESSAI\nlibelle: \"Essai\"\nressources:\n"
                 "  ESSAI.A: {libelle: \"A\", actions: [lire], sensibilite: interne}\n",
                 0600);
    ck_assert_msg(CTL("policy", "apply", rules()) == 0, "%s", output);
    must_say("application ESSAI : nouveau");
    ck_assert_int_eq(CTL("policy", "apply", rules()), 0);
    ck_assert_str_eq(output, "rien ne change\n");
    ck_assert_int_eq(remove(folder_file(&folder, "rules/applications/essai.yaml")), 0);
    ck_assert_msg(CTL("policy", "apply", rules()) == 0, "%s", output);
    must_say("application ESSAI : disparaît");
    ck_assert_int_eq(CTL("policy", "apply", rules()), 0);
    ck_assert_str_eq(output, "rien ne change\n");
}
END_TEST

/* An application with words of its own, and its profile, are left alone. */
START_TEST(own_words)
{
    static const char own[] =
        "dn: habilisCode=essai,ou=applications,dc=test,dc=habilis\n"
        "objectClass: habilisApplication\nhabilisCode: essai\nhabilisLabel: Essai\n"
        "habilisSubjectType: user\n\n"
        "dn: habilisCode=record,habilisCode=essai,ou=applications,dc=test,dc=habilis\n"
        "objectClass: habilisResource\nhabilisCode: record\nhabilisLabel: r\nhabilisAction: "
        "read\n\n"
        "dn: habilisCode=ESSAYEUR,ou=profiles,dc=test,dc=habilis\n"
        "objectClass: habilisProfileEntry\nhabilisCode: ESSAYEUR\nhabilisLabel: e\n"
        "habilisGrant: record;read;groupement;;\n";
    export_rules();
    ck_assert_int_eq(as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, own, output,
                                 sizeof output),
                     0);
    ck_assert_msg(CTL("policy", "apply", rules()) == 0, "%s", output);
    ck_assert_str_eq(output, "rien ne change\n");
}
END_TEST

/* All constraints and emergencies gone: slapd 2.5 cannot do that in a transaction, we can. */
START_TEST(no_constraints)
{
    export_rules();
    ck_assert_int_eq(remove(folder_file(&folder, "rules/constraints.yaml")), 0);
    ck_assert_int_eq(remove(folder_file(&folder, "rules/emergencies.yaml")), 0);
    ck_assert_msg(CTL("policy", "apply", rules()) == 0, "%s", output);
    must_say("profils incompatibles ADMIN_IDP+DPO : disparaît");
    ck_assert_int_eq(CTL("policy", "apply", rules()), 0);
    ck_assert_str_eq(output, "rien ne change\n");
    ck_assert_int_eq(CTL("policy", "apply", CATALOGUE_DIR), 0); /* and back */
    ck_assert_int_eq(CTL("policy", "apply", CATALOGUE_DIR), 0);
    ck_assert_str_eq(output, "rien ne change\n");
}
END_TEST

/* Rules that are allowed and yet worth a look, in files and with the people who hold them. */
START_TEST(lint)
{
    export_rules();
    ck_assert_int_eq(CTL("policy", "lint", rules()), 0);
    ck_assert_int_eq(CTL("policy", "lint"), 1);
    must_say("DAF : personne ne tient ce profil");
    must_not_say("AES : personne");
    must_say("IDE : portée « etabs »");
    change("profiles/soins.yaml",
           "      - DUI.AGENDA: {actions: [lire], portee: unite, conditions: [2f]}",
           "      - DUI.AGENDA: {actions: [lire], portee: unite, conditions: [2f]}\n"
           "      - DUI.AGENDA: {actions: [lire], portee: etab, conditions: [2f]}\n"
           "      - DUI.AGENDA: {actions: [lire], portee: etab, conditions: [pleine_lune]}");
    ck_assert_int_eq(CTL("policy", "lint", rules()), 1);
    must_say("AES, DUI.AGENDA : droit inutile");
    must_say("AES, DUI.AGENDA : condition inconnue : ce droit n'est jamais accordé");
    ck_assert_int_eq(CTL("policy", "format", "--check", rules()), 1);
    must_say("profiles/soins.yaml");
    ck_assert_int_eq(CTL("policy", "format", rules()), 0);
    ck_assert_int_eq(CTL("policy", "format", "--check", rules()), 0);
    ck_assert_int_eq(CTL("policy", "compare", "AES", "AS"), 0);
    must_say("DUI.EDUCATIF");
    ck_assert_int_eq(CTL("policy", "compare", "AES", "PERSONNE"), 1);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("ctl_policy");
    tcase_add_checked_fixture(t, fixture_start_server, fixture_stop_server);
    tcase_add_checked_fixture(t, fixture_open, fixture_close);
    tcase_add_checked_fixture(t, configure, clean_up);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, shipped_rules);
    tcase_add_test(t, a_right_more);
    tcase_add_test(t, a_right_less);
    tcase_add_loop_test(t, locked_out, 0, 2);
    tcase_add_test(t, wrong_rules);
    tcase_add_test(t, all_or_nothing);
    tcase_add_test(t, an_application);
    tcase_add_test(t, own_words);
    tcase_add_test(t, no_constraints);
    tcase_add_test(t, lint);
    return RUN_SUITE("ctl_policy", t);
}
