/* main.c - habilisd: options, configuration, start, wait, stop. */
#include "base/log.h"
#include "config/config.h"
#include "serve.h"
#include "start.h"
#include "web/json_memory.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { PROBLEMS_MAX = 16 * 1024 };

static const char usage[] =
    "usage: habilisd [-t] -c FILE\n"
    "       habilisd --print-config-reference | --print-default-config | --version | --help\n"
    "  -c FILE   configuration\n"
    "  -t        check it and stop\n";

struct options {
    const char *config;
    bool test;
};

/* ---- what needs no configuration ---- */

static int print(void (*printer)(FILE *))
{
    printer(stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_version(void)
{
    return puts("habilisd " HABILIS_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_usage(void)
{
    (void)fputs(usage, stderr);
    return 2;
}

static int print_help(void) { return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS; }

/* -1: go on and serve; otherwise the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = { { "print-config-reference", no_argument, NULL, 'R' },
                                           { "print-default-config", no_argument, NULL, 'D' },
                                           { "version", no_argument, NULL, 'V' },
                                           { "help", no_argument, NULL, 'H' },
                                           { NULL, 0, NULL, 0 } };
    int c = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    while ((c = getopt_long(argc, argv, "c:t", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 't':
            o->test = true;
            break;
        case 'R':
            return print(config_print_reference);
        case 'D':
            return print(config_print_default);
        case 'V':
            return print_version();
        case 'H':
            return print_help();
        default:
            return print_usage();
        }
    }
    if (o->config != NULL && optind == argc)
        return -1;
    return print_usage();
}

/* Secrets are in memory: no core file, no new rights by exec. As many connections as we may. */
static void set_limits(void)
{
    struct rlimit none = { 0, 0 }, files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int run(const struct config *config)
{
    struct service svc;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); /* before any thread: all inherit it */
    (void)signal(SIGPIPE, SIG_IGN);
    log_set_level((enum log_level)config->log_level);
    set_limits();
    json_memory_wipe();
    err_t e = service_open(config, &svc);
    if (!err_ok(e))
        return EXIT_FAILURE;
    e = service_serve(&svc, &stop);
    service_close(&svc);
    return err_ok(e) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct options options = { NULL, false };
    struct config *config = NULL;
    struct buf problems;
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    buf_init(&problems, PROBLEMS_MAX);
    err_t e = config_load(options.config, &problems, &config);
    if (!err_ok(e)) {
        (void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&problems)));
        buf_done(&problems);
        return EXIT_FAILURE;
    }
    buf_done(&problems);
    status = options.test ? EXIT_SUCCESS : run(config);
    config_free(config);
    return status;
}
