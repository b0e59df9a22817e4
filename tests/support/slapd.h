/* slapd.h - a real slapd for a test: in a temporary folder of its own, on a UNIX socket.
 *
 * Made by slapd-init, the script that installs use. Only the process that started a server may stop or
 * freeze it: start one in an unchecked fixture to share it among the tests of a case, in a checked one
 * for tests that do such things. Open the directory in each test: threads do not survive a fork.
 * Any failure ends the test program with a message: without a server there is nothing to test.
 */
#ifndef SUPPORT_SLAPD_H
#define SUPPORT_SLAPD_H

#include <stdbool.h>
#include <sys/types.h>

struct slapd; /* opaque */

struct slapd *slapd_new(void); /* started, and answering connections */
/* Two servers of one directory, each following the other; services have the same passwords at both. The
 * second is empty until it has caught up: wait for what you put into the first. */
void slapd_new_pair(struct slapd *pair[2]);
void slapd_free(struct slapd *s); /* stopped, its folder removed; NULL is fine */

void slapd_stop(struct slapd *s);   /* SIGTERM, waited for */
void slapd_start(struct slapd *s);  /* again, on the same data */
void slapd_freeze(struct slapd *s); /* SIGSTOP: connections are taken, nothing is answered */
void slapd_thaw(struct slapd *s);

/* Borrowed: live as long as S. */
const char *slapd_uri(const struct slapd *s);
const char *slapd_base(const struct slapd *s);     /* "dc=test,dc=habilis" */
const char *slapd_bind_dn(const struct slapd *s);  /* cn=habilisd,ou=services,… */
const char *slapd_password(const struct slapd *s); /* of that */
const char *slapd_password_file(const struct slapd *s);
const char *slapd_folder(const struct slapd *s); /* scratch, removed with the rest */
const char *slapd_secret_file(struct slapd *s,
                              const char *service); /* "sssd", until the next call */

/* Runs ARGV (NULL-terminated, found in PATH), INPUT (may be NULL) on its standard input. Returns the
 * exit status; OUTPUT (CAP bytes, may be NULL) receives standard output and error, cut to fit. */
int run_command(const char *const *argv, const char *input, char *output, size_t cap);

#endif
