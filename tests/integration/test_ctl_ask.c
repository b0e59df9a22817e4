/* habilisctl policy explain, who-can, what-can: read from a real directory, told to people and programs. */
#include "directory_fixture.h"

#include "base/str.h"
#include "support/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { OUTPUT = 64 * 1024, WORDS_MAX = 12 };

/* Marie is IDE at A-MAS from 2024 to 2030, and IDEC at B-EHPAD.SOINS since 2015; Paul is suspended. */
static const char rules_ldif[] =
    "dn: habilisCode=OG,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: OG\nhabilisLabel: Les Tilleuls\n"
    "habilisKind: og\n\n"
    "dn: habilisCode=A-MAS,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: A-MAS\nhabilisLabel: MAS des Tilleuls\n"
    "habilisKind: etablissement\nhabilisParent: OG\n\n"
    "dn: habilisCode=B-EHPAD,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: B-EHPAD\nhabilisLabel: B-EHPAD\n"
    "habilisKind: etablissement\nhabilisParent: OG\n\n"
    "dn: habilisCode=B-EHPAD.SOINS,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: B-EHPAD.SOINS\nhabilisLabel: Soins\n"
    "habilisKind: service\nhabilisParent: B-EHPAD\n\n"
    "dn: habilisCode=DUI.PLAN,habilisCode=DUI,ou=applications,dc=test,dc=habilis\n"
    "objectClass: habilisResource\nhabilisCode: DUI.PLAN\nhabilisLabel: Plan de soins\n"
    "habilisSensitivity: sante\nhabilisAction: lire\nhabilisAction: creer\n\n"
    "dn: habilisCode=IDP,ou=applications,dc=test,dc=habilis\n"
    "objectClass: habilisApplication\nhabilisCode: IDP\nhabilisLabel: Comptes\n\n"
    "dn: habilisCode=IDP.HABILITATIONS,habilisCode=IDP,ou=applications,dc=test,dc=habilis\n"
    "objectClass: habilisResource\nhabilisCode: IDP.HABILITATIONS\nhabilisLabel: Profils\n"
    "habilisSensitivity: personnel\nhabilisAction: proposer\nhabilisAction: valider\n\n"
    "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"
    "objectClass: habilisProfileEntry\nhabilisCode: IDE\nhabilisLabel: Infirmier\n"
    "habilisGrant: DUI.PLAN;lire;etab;2f;\nhabilisGrant: DUI.PLAN;creer;etab;2f,motif;\n\n"
    "dn: habilisCode=IDEC,ou=profiles,dc=test,dc=habilis\n"
    "objectClass: habilisProfileEntry\nhabilisCode: IDEC\nhabilisLabel: Coordinateur\n"
    "habilisGrant: IDP.HABILITATIONS;proposer;etab;2f;\n";

static struct folder folder;

static void setup(void)
{
    char text[2048], output[2048], keys[FOLDER_PATH_MAX + 8];
    folder_make(&folder);
    (void)snprintf(keys, sizeof keys, "%s/keys", folder.path);
    ck_assert_int_eq(mkdir(keys, 0700), 0);
    (void)snprintf(text, sizeof text,
                   "issuer = https://sso.example.fr\n"
                   "ldap.uris = %s\nldap.base = %s\nldap.bind_dn = %s\nldap.password_file = %s\n"
                   "keys.dir = %s\n",
                   slapd_uri(fix.server), slapd_base(fix.server), slapd_bind_dn(fix.server),
                   slapd_password_file(fix.server), keys);
    folder_write(&folder, "habilisd.conf", text, 0600);
    int code = as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, rules_ldif, output,
                           sizeof output);
    ck_assert_msg(code == 0, "%s", output);
}

static void teardown(void) { folder_remove(&folder); }

#define AT "--at", "2026-03-10 14:00"

static const struct row {
    const char *name, *words[WORDS_MAX];
    int status;
    const char *says[6], *never;
} rows[] = {
    { "she may, and through what",
      { "explain", "marie.n-diaye", "DUI.PLAN:lire", "A-MAS", AT },
      0,
      { "Marie N'Diaye (marie.n-diaye)\n« Plan de soins », lire (DUI.PLAN:lire)\n",
        "OUI. Cette personne a ce droit.\n",
        "« Infirmier » (IDE) pour « MAS des Tilleuls » (A-MAS), à partir du 2 janvier 2024 "
        "jusqu'au 1er janvier 2030 inclus",
        "au 10 mars 2026 à 14 h", "ce n'est pas le passé" },
      "Ce qui changerait" },
    { "with a password only",
      { "explain", "marie.n-diaye", "DUI.PLAN:lire", "A-MAS", "--acr", "eidas1", AT },
      0,
      { "NON. Le niveau de connexion ne suffit pas", "1. Se connecter à un niveau plus élevé" },
      "2. " },
    { "a reason is missing",
      { "explain", "marie.n-diaye", "DUI.PLAN:creer", "A-MAS", AT },
      0,
      { "NON.", "Compléter la demande, avec un motif écrit." },
      "OUI" },
    { "it is given",
      { "explain", "marie.n-diaye", "DUI.PLAN:creer", "A-MAS", "--motif", "chute", AT },
      0,
      { "OUI." },
      "NON" },
    { "next door: her own profile there, who may propose it, and that nobody approves",
      { "explain", "marie.n-diaye", "DUI.PLAN:lire", "B-EHPAD", AT },
      0,
      { "1. Pas ici ; cette personne a ce droit pour « MAS des Tilleuls » (A-MAS).",
        "2. Donner le profil « Infirmier » (IDE) pour B-EHPAD, à partir du 10 mars 2026.",
        "Peuvent le proposer : « Coordinateur » (IDEC) — ici : marie.n-diaye.",
        "Peuvent l'approuver : aucun profil — ici : personne." },
      "OUI" },
    { "the day after the last",
      { "explain", MARIE_ID, "DUI.PLAN:lire", "A-MAS", "--at", "2030-01-02" },
      0,
      { "NON. La période pendant laquelle cette personne avait ce droit est terminée.",
        "1. Renouveler la période du profil « Infirmier » (IDE)" },
      "OUI" },
    { "suspended",
      { "explain", "paul", "DUI.PLAN:lire", "A-MAS" },
      0,
      { "NON. Le compte de cette personne est suspendu.", "Aucune démarche" },
      "OUI" },
    { "for programs",
      { "explain", "marie.n-diaye", "DUI.PLAN:lire", "A-MAS", "--acr", "-", "--json", AT },
      0,
      { "{\"person\":\"" MARIE_ID "\",\"decision\":false,\"reason\":\"step_up\"",
        "\"at\":\"2026-03-10T13:00:00Z\"",
        "\"holder\":\"IDE\",\"scope\":\"etab\",\"reason\":\"step_up\",\"missing\":[\"2f\"]",
        "\"steps\":[{\"kind\":\"login\",\"needs\":[\"2f\"],\"fr\":\"Se connecter" },
      "OUI" },
    { "who",
      { "who-can", "DUI.PLAN:lire", "A-MAS", AT },
      0,
      { "  marie.n-diaye  Marie N'Diaye  : « Infirmier » (IDE), « MAS des Tilleuls » (A-MAS)\n",
        "1 personne sur 2.\n" },
      "paul" },
    { "nobody yet",
      { "who-can", "DUI.PLAN:lire", "A-MAS", "--at", "2023-12-31" },
      0,
      { "0 personne sur 2.\n" },
      "marie" },
    { "who, for programs",
      { "who-can", "DUI.PLAN:lire", "A-MAS", "--json", AT },
      0,
      { "[{\"person\":\"" MARIE_ID "\",\"login\":\"marie.n-diaye\",\"profile\":\"IDE\","
        "\"structure\":\"A-MAS\",\"until\":\"2030-01-01T23:00:00Z\"}]\n" },
      "paul" },
    { "what, place by place",
      { "what-can", "marie.n-diaye", AT },
      0,
      { "« MAS des Tilleuls » (A-MAS) :\n  Plan de soins (DUI.PLAN) : lire ; en complétant la "
        "demande : creer\n",
        "« Soins » (B-EHPAD.SOINS) :\n  Profils (IDP.HABILITATIONS) : proposer\n",
        "Sans lieu, et ses propres données :\n" },
      "valider" },
    { "what, in one place",
      { "what-can", "marie.n-diaye", "B-EHPAD", "--json", AT },
      0,
      { "[{\"structure\":\"B-EHPAD\",\"rights\":[{\"resource\":\"IDP.HABILITATIONS\","
        "\"actions\":[\"proposer\"]}]}]\n" },
      "DUI" },
    { "somebody nobody knows",
      { "explain", "jean", "DUI.PLAN:lire", "A-MAS" },
      1,
      { "jean : introuvable" },
      "NON" },
    { "a right that does not exist",
      { "explain", "paul", "DUI.PLAN:ecrire", "A-MAS" },
      1,
      { "droit inconnu : DUI.PLAN:ecrire" },
      "NON" },
    { "a place that does not exist",
      { "who-can", "DUI.PLAN:lire", "C-MAS" },
      1,
      { "lieu inconnu : C-MAS" },
      "personne" },
    { "an option nobody knows",
      { "what-can", "paul", "--vite" },
      2,
      { "option inconnue : --vite" },
      "paul (" },
    { "an hour that is none",
      { "what-can", "paul", "--at", "hier" },
      2,
      { "--at : valeur attendue" },
      "paul (" },
    { "the past needs a time",
      { "what-can", "paul", "--recorded" },
      2,
      { "--recorded : --at attendu" },
      "paul (" },
};

START_TEST(commands)
{
    const struct row *row = &rows[_i];
    static char output[OUTPUT];
    const char *argv[WORDS_MAX + 5] = { HABILISCTL, "-c", folder_file(&folder, "habilisd.conf"),
                                        "policy" };
    for (size_t i = 0; row->words[i] != NULL; i++)
        argv[4 + i] = row->words[i];
    int status = run_command(argv, NULL, output, sizeof output);
    ck_assert_msg(status == row->status, "%s: status %d\n%s", row->name, status, output);
    for (size_t i = 0; i < COUNT(row->says) && row->says[i] != NULL; i++)
        ck_assert_msg(strstr(output, row->says[i]) != NULL, "%s: \"%s\" is not in:\n%s", row->name,
                      row->says[i], output);
    ck_assert_msg(strstr(output, row->never) == NULL, "%s: \"%s\" is in:\n%s", row->name,
                  row->never, output);
}
END_TEST

int main(void)
{
    TCase *t = fixture_case("ask", ONE_SERVER);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, commands, 0, COUNT(rows));
    return RUN_SUITE("ctl_ask", t);
}
