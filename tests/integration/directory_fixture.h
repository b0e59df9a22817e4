/* directory_fixture.h - a slapd with a few entries written by hand, and a directory open on it. */
#ifndef INTEGRATION_DIRECTORY_FIXTURE_H
#define INTEGRATION_DIRECTORY_FIXTURE_H

#include "directory/directory.h"
#include "support/slapd.h"
#include "support/suite.h"

#define MARIE_ID "11111111-1111-4111-8111-111111111111"
#define PAUL_ID  "22222222-2222-4222-8222-222222222222"
#define PEOPLE   "ou=people,dc=test,dc=habilis"
#define MARIE_DN "habilisId=" MARIE_ID "," PEOPLE
#define PAUL_DN  "habilisId=" PAUL_ID "," PEOPLE
#define LATER_ID "aaaaaaaa-0000-4000-8000-000000000002"
#define EARLY_ID "aaaaaaaa-0000-4000-8000-000000000001"
#define TOTP_ID  "cccccccc-0000-4000-8000-000000000001"

extern const char seed_ldif[];

struct fixture {
    struct slapd *server;
    struct directory *dir;
    struct arena *arena;
};
extern struct fixture fix;

/* Fixtures of Check, in this order. */
void fixture_start_server(void); /* with seed_ldif */
void fixture_stop_server(void);
void fixture_open(void);
void fixture_close(void);

enum sharing { ONE_SERVER, SERVER_PER_TEST };
TCase *fixture_case(const char *name, enum sharing sharing);

struct dir_config fixture_config(const char *uris);
void nap_ms(long ms);

/* An ldap tool of OpenLDAP as the identity WHO ("-" for anonymous), its password in FILE. Returns its
 * exit status, which is the LDAP result code. EXTRA ends with NULL. */
int ldap_tool(const struct slapd *s, const char *tool, const char *who, const char *file,
              const char *const *extra, const char *input, char *output, size_t cap);
int as_habilisd(const struct slapd *s, const char *tool, const char *const *extra,
                const char *input, char *output, size_t cap);

#endif
