#include "integration/directory_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct fixture fix;

const char seed_ldif[] =
    "dn: " MARIE_DN "\n"
    "objectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: habilisPerson\n"
    "habilisId: " MARIE_ID "\nuid: marie.n-diaye\ncn: Marie N'Diaye\nsn: N'Diaye\n"
    "givenName: Marie\ndisplayName: Marie N'Diaye\nmail: marie@essai.example\n"
    "uidNumber: 200001\ngidNumber: 200000\nhomeDirectory: /home/marie\nhabilisStatus: active\n"
    "habilisRpps: 99700000004\nhabilisMatricule: OG-A:M1\nhabilisMatricule: OG-B:M7\n\n"
    "dn: habilisId=" LATER_ID "," MARIE_DN "\n"
    "objectClass: habilisAssignment\nhabilisId: " LATER_ID "\nhabilisProfile: IDE\n"
    "habilisStructure: A-MAS\nhabilisStart: 20240101230000Z\nhabilisEnd: 20300101230000Z\n"
    "habilisContract: CDD\n\n"
    "dn: habilisId=" EARLY_ID "," MARIE_DN "\n"
    "objectClass: habilisAssignment\nhabilisId: " EARLY_ID "\nhabilisProfile: IDEC\n"
    "habilisStructure: B-EHPAD.SOINS\nhabilisStart: 20150831220000Z\n\n"
    "dn: habilisId=" TOTP_ID "," MARIE_DN "\n"
    "objectClass: habilisCredential\nhabilisId: " TOTP_ID "\nhabilisKind: totp\n"
    "habilisLabel:: VMOpbMOpcGhvbmU=\nhabilisSealed:: AAECA/8A\nhabilisCreated: 20260101000000Z\n\n"
    "dn: " PAUL_DN "\n"
    "objectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: habilisPerson\n"
    "habilisId: " PAUL_ID "\nuid: paul\ncn: Paul\nsn: Paul\nuidNumber: 200002\n"
    "gidNumber: 200000\nhomeDirectory: /home/paul\nhabilisStatus: suspended\n\n"
    "dn: habilisCode=DUI,ou=applications,dc=test,dc=habilis\n"
    "objectClass: habilisApplication\nhabilisCode: DUI\nhabilisLabel: Dossier\n\n"
    "dn: habilisClientId=dui-web,habilisCode=DUI,ou=applications,dc=test,dc=habilis\n"
    "objectClass: habilisClient\nhabilisClientId: dui-web\nhabilisSecretHash: 00ff\n"
    "habilisMetadata: {\"client_name\":\"DUI\"}\n";

int ldap_tool(const struct slapd *s, const char *tool, const char *who, const char *file,
              const char *const *extra, const char *input, char *output, size_t cap)
{
    const char *argv[32] = { tool, "-x", "-H", slapd_uri(s), "-o", "ldif_wrap=no" };
    size_t n = 6;
    if (tool[4] != 's') /* only ldapsearch wraps lines */
        n = 4;
    if (who[0] != '-') {
        argv[n++] = "-D";
        argv[n++] = who;
        argv[n++] = "-y";
        argv[n++] = file;
    }
    for (; *extra != NULL && n < 31; extra++)
        argv[n++] = *extra;
    argv[n] = NULL;
    return run_command(argv, input, output, cap);
}

int as_habilisd(const struct slapd *s, const char *tool, const char *const *extra,
                const char *input, char *output, size_t cap)
{
    return ldap_tool(s, tool, slapd_bind_dn(s), slapd_password_file(s), extra, input, output, cap);
}

struct dir_config fixture_config(const char *uris)
{
    return (struct dir_config){
        .uris = uris,
        .base_dn = slapd_base(fix.server),
        .bind_dn = slapd_bind_dn(fix.server),
        .bind_password = slapd_password(fix.server),
        .pool_size = 2,
    };
}

void fixture_start_server(void)
{
    char output[4096];
    fix.server = slapd_new();
    int code = as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, seed_ldif, output,
                           sizeof output);
    if (code != 0) {
        fputs(output, stderr);
        abort();
    }
}

void fixture_stop_server(void) { slapd_free(fix.server); }

void fixture_open(void)
{
    struct dir_config config = fixture_config(slapd_uri(fix.server));
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &fix.arena));
    ck_assert_ok(directory_open(&config, &fix.dir));
}

void fixture_close(void)
{
    directory_close(fix.dir);
    arena_free(fix.arena);
}

TCase *fixture_case(const char *name, enum sharing sharing)
{
    TCase *t = tcase_create(name);
    if (sharing == ONE_SERVER)
        tcase_add_unchecked_fixture(t, fixture_start_server, fixture_stop_server);
    else
        tcase_add_checked_fixture(t, fixture_start_server, fixture_stop_server);
    tcase_add_checked_fixture(t, fixture_open, fixture_close);
    tcase_set_timeout(t, 30);
    return t;
}

void nap_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 },
                    NULL);
}
