#define _XOPEN_SOURCE 700 /* nftw */

#include "support/slapd.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BASE "dc=test,dc=habilis"

enum { START_MS = 10000, STOP_MS = 10000, PATH_LEN = 104, ROOT_LEN = 32 };

struct slapd {
    char root[ROOT_LEN], folder[PATH_LEN], secrets[PATH_LEN], socket[PATH_LEN];
    char uri[2 * PATH_LEN], listen[3 * PATH_LEN], config[PATH_LEN];
    char password_file[PATH_LEN], secret_file[2 * PATH_LEN];
    char password[128];
    pid_t pid; /* 0: not running */
};

extern char **environ;

static void give_up(const char *what)
{
    fprintf(stderr, "slapd fixture: %s: %s\n", what, strerror(errno));
    abort();
}

static void nap(void) { (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL); }

/* posix_spawnp() takes char *const[], and does not write to it. */
static pid_t spawn(const char *const *argv, const posix_spawn_file_actions_t *files)
{
    union {
        const char *const *in;
        char *const *out;
    } args = { .in = argv };
    pid_t pid = 0;
    errno = posix_spawnp(&pid, argv[0], files, NULL, args.out, environ);
    if (errno != 0)
        give_up(argv[0]);
    return pid;
}

static int wait_status(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            give_up("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- commands ---- */

static FILE *scratch(const char *content)
{
    FILE *f = tmpfile();
    if (f == NULL)
        give_up("tmpfile");
    if (content != NULL)
        (void)fputs(content, f);
    rewind(f);
    return f;
}

int run_command(const char *const *argv, const char *input, char *output, size_t cap)
{
    FILE *in = scratch(input), *out = scratch(NULL);
    posix_spawn_file_actions_t files;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_adddup2(&files, fileno(in), 0);
    (void)posix_spawn_file_actions_adddup2(&files, fileno(out), 1);
    (void)posix_spawn_file_actions_adddup2(&files, fileno(out), 2);
    int status = wait_status(spawn(argv, &files));
    (void)posix_spawn_file_actions_destroy(&files);
    if (output != NULL && cap > 0) {
        rewind(out);
        output[fread(output, 1, cap - 1, out)] = '\0';
    }
    fclose(in);
    fclose(out);
    return status;
}

/* ---- the server ---- */

static bool answers(const struct slapd *s)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        give_up("socket");
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", s->socket);
    bool yes = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    close(fd);
    return yes;
}

/* In the child. A test that fails never stops its server: it goes with the process that started it. */
static void become_slapd(const struct slapd *s)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        _exit(126);
    (void)execl("/usr/sbin/slapd", "slapd", "-d", "0", "-F", s->config, "-h", s->listen,
                (char *)NULL);
    _exit(127);
}

void slapd_start(struct slapd *s)
{
    if (s->pid != 0)
        return;
    s->pid = fork();
    if (s->pid < 0)
        give_up("fork");
    if (s->pid == 0)
        become_slapd(s);
    for (int64_t until = clock_mono_ms() + START_MS; !answers(s); nap()) {
        int status;
        if (waitpid(s->pid, &status, WNOHANG) != 0 || clock_mono_ms() > until)
            give_up("slapd did not start");
    }
}

void slapd_stop(struct slapd *s)
{
    if (s->pid == 0)
        return;
    (void)kill(s->pid, SIGTERM);
    (void)kill(s->pid, SIGCONT);
    int64_t until = clock_mono_ms() + STOP_MS;
    int status;
    while (waitpid(s->pid, &status, WNOHANG) == 0) {
        if (clock_mono_ms() > until)
            (void)kill(s->pid, SIGKILL);
        nap();
    }
    s->pid = 0;
}

/* Waits until every thread has stopped: one of them might still answer meanwhile. */
void slapd_freeze(struct slapd *s)
{
    siginfo_t info;
    (void)kill(s->pid, SIGSTOP);
    if (waitid(P_PID, (id_t)s->pid, &info, WSTOPPED) != 0)
        give_up("slapd did not stop");
}

void slapd_thaw(struct slapd *s) { (void)kill(s->pid, SIGCONT); }

/* MORE: options besides, NULL-terminated. */
static void initialise(const struct slapd *s, const char *const *more)
{
    const char *argv[16] = { SLAPD_INIT,  "--dir",    s->folder,   "--base",    BASE,
                             "--secrets", s->secrets, "--maxsize", "268435456", NULL };
    char output[4096];
    for (size_t n = 9; *more != NULL && n < 15; n++)
        argv[n] = *more++;
    if (run_command(argv, NULL, output, sizeof output) != 0) {
        fputs(output, stderr);
        give_up("slapd-init");
    }
}

static void read_password(struct slapd *s)
{
    FILE *f = fopen(s->password_file, "re");
    if (f == NULL || fgets(s->password, sizeof s->password, f) == NULL)
        give_up(s->password_file);
    fclose(f);
}

static void name_files(struct slapd *s, const char *secrets)
{
    const char *name = s->root + sizeof "/tmp/" - 1;
    (void)snprintf(s->folder, sizeof s->folder, "%s/ldap", s->root);
    (void)snprintf(s->secrets, sizeof s->secrets, "%s/secrets", secrets);
    (void)snprintf(s->socket, sizeof s->socket, "%s/ldap/ldapi", s->root);
    (void)snprintf(s->config, sizeof s->config, "%s/ldap/config", s->root);
    (void)snprintf(s->password_file, sizeof s->password_file, "%s/secrets/habilisd.password",
                   secrets);
    (void)snprintf(s->uri, sizeof s->uri, "ldapi://%%2Ftmp%%2F%s%%2Fldap%%2Fldapi", name);
    (void)snprintf(s->listen, sizeof s->listen, "%s/????x-mod=0700", s->uri);
}

/* With a folder and names, not yet made; the secrets are OF's, or its own. */
static struct slapd *prepare(const struct slapd *of)
{
    struct slapd *s = calloc(1, sizeof *s);
    char path[] = "/tmp/habilis-test.XXXXXX";
    if (s == NULL || mkdtemp(path) == NULL)
        give_up("mkdtemp");
    (void)snprintf(s->root, sizeof s->root, "%s", path);
    name_files(s, of == NULL ? path : of->root);
    return s;
}

struct slapd *slapd_new(void)
{
    struct slapd *s = prepare(NULL);
    initialise(s, (const char *const[]){ NULL });
    read_password(s);
    slapd_start(s);
    return s;
}

void slapd_new_pair(struct slapd *pair[2])
{
    pair[0] = prepare(NULL);
    pair[1] = prepare(pair[0]);
    initialise(pair[0], (const char *const[]){ "--server-id", "1", "--peer", pair[1]->uri, NULL });
    initialise(pair[1],
               (const char *const[]){ "--server-id", "2", "--peer", pair[0]->uri, "--join", NULL });
    for (int i = 0; i < 2; i++) {
        read_password(pair[i]);
        slapd_start(pair[i]);
    }
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void slapd_free(struct slapd *s)
{
    if (s == NULL)
        return;
    slapd_stop(s);
    (void)nftw(s->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
}

const char *slapd_uri(const struct slapd *s) { return s->uri; }

const char *slapd_base(const struct slapd *s)
{
    (void)s;
    return BASE;
}

const char *slapd_bind_dn(const struct slapd *s)
{
    (void)s;
    return "cn=habilisd,ou=services," BASE;
}

const char *slapd_password(const struct slapd *s) { return s->password; }
const char *slapd_password_file(const struct slapd *s) { return s->password_file; }
const char *slapd_folder(const struct slapd *s) { return s->root; }

const char *slapd_secret_file(struct slapd *s, const char *service)
{
    (void)snprintf(s->secret_file, sizeof s->secret_file, "%s/%s.password", s->secrets, service);
    return s->secret_file;
}
