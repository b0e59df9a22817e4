/* habilisctl - see ctl.h. */
#include "config/config.h"
#include "ctl/ctl.h"
#include "directory/directory.h"
#include "keys/keys.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_DEFAULT "/etc/habilis/habilisd.conf"

enum { ARENA_MAX = 64 * 1024 * 1024 }; /* bytes: a staff file of many thousand people fits */

static const struct ctl_command *const COMMANDS[] = {
    &ctl_load,
    &ctl_app_add,
    &ctl_app_list,
    &ctl_person_show,
    &ctl_person_set_password,
    &ctl_person_totp,
    &ctl_journal_show,
    &ctl_journal_verify,
    &ctl_policy_check,
    &ctl_policy_format,
    &ctl_policy_export,
    &ctl_policy_compare,
    &ctl_policy_plan,
    &ctl_policy_apply,
    &ctl_policy_lint,
    &ctl_policy_test,
    &ctl_policy_duties,
    &ctl_policy_explain,
    &ctl_policy_who_can,
    &ctl_policy_what_can,
};

static void print_help(FILE *out)
{
    (void)fprintf(out, "usage : habilisctl [-c FICHIER] COMMANDE [ARGUMENT]...\n\n");
    for (size_t i = 0; i < COUNT(COMMANDS); i++)
        (void)fprintf(out, "  %s%s%s\n      %s\n", COMMANDS[i]->words,
                      COMMANDS[i]->usage[0] == '\0' ? "" : " ", COMMANDS[i]->usage,
                      COMMANDS[i]->help);
    (void)fprintf(out, "\nConfiguration : %s, ou celle que donne -c.\n", CONFIG_DEFAULT);
}

/* How many of the ARGC words at ARGV select COMMAND; 0 when they do not. */
static int words_taken(const struct ctl_command *command, int argc, char **argv)
{
    struct str rest = str_of(command->words), word;
    int taken = 0;
    while (str_next(&rest, ' ', &word)) {
        if (taken == argc || !str_eq(word, str_of(argv[taken])))
            return 0;
        taken++;
    }
    return taken;
}

static int run_command(struct ctl *ctl, int argc, char **argv)
{
    for (size_t i = 0; i < COUNT(COMMANDS); i++) {
        const struct ctl_command *c = COMMANDS[i];
        int taken = words_taken(c, argc, argv);
        int left = argc - taken;
        if (taken == 0)
            continue;
        if (left < c->least || (c->most >= 0 && left > c->most)) {
            (void)fprintf(stderr, "usage : habilisctl %s %s\n", c->words, c->usage);
            return CTL_USAGE;
        }
        return c->run(ctl, left, argv + taken);
    }
    if (argc == 0)
        print_help(stderr);
    else
        (void)ctl_fail(
            "commande inconnue ou incomplète : %s%s%s ; « habilisctl help » les donne toutes",
            argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    return CTL_USAGE;
}

static void ctl_done(struct ctl *ctl)
{
    directory_close(ctl->directory);
    keys_free(ctl->keys);
    config_free(ctl->config);
    arena_free(ctl->arena);
}

int main(int argc, char **argv)
{
    struct ctl ctl = { .config_path = CONFIG_DEFAULT };
    int at = 1;
    (void)signal(SIGPIPE, SIG_IGN); /* directory.h: a closed connection is an error, not the end */
    if (argc > 2 && strcmp(argv[1], "-c") == 0) {
        ctl.config_path = argv[2];
        at = 3;
    }
    if (argc > at && (strcmp(argv[at], "help") == 0 || strcmp(argv[at], "--help") == 0)) {
        print_help(stdout);
        return CTL_DONE;
    }
    if (!err_ok(arena_new(ARENA_MAX, &ctl.arena)))
        return ctl_fail("mémoire insuffisante");
    int status = run_command(&ctl, argc - at, argv + at);
    ctl_done(&ctl);
    return status;
}
