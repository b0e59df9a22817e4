/* ctl.h - habilisctl, the tool of administrators: one row of a table a command.
 *
 *   habilisctl [-c FILE] COMMAND [ARGUMENT]...
 *
 * A command is a file of its own that defines one `struct ctl_command`, listed in main.c. Messages
 * are French, on standard error, one line each, "habilisctl : …"; results go to standard output.
 * Secrets come from files or standard input, never from the command line, where ps shows them.
 * Exit status: 0 done, 1 refused or failed, 2 wrong usage.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "base/arena.h"

struct config;
struct directory;
struct keys;

enum { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2 };

struct ctl {
    const char *config_path;
    struct arena *arena; /* lives as long as the command */
    struct config *config;
    struct directory *directory;
    struct keys *keys;
};

struct ctl_command {
    const char *words; /* what selects it, separated by one space: "journal show" */
    const char *usage; /* what follows: "DIR"; "" for nothing */
    const char *help;  /* one line, French */
    int least, most;   /* arguments after the words; most < 0: any number */
    int (*run)(struct ctl *ctl, int argc, char **argv); /* argv: what follows; an exit status */
};

extern const struct ctl_command ctl_load, ctl_app_add, ctl_app_list, ctl_person_show,
    ctl_person_set_password, ctl_person_totp, ctl_journal_show, ctl_journal_verify,
    ctl_policy_check, ctl_policy_format, ctl_policy_export, ctl_policy_compare, ctl_policy_plan,
    ctl_policy_apply, ctl_policy_lint, ctl_policy_test, ctl_policy_duties, ctl_policy_explain,
    ctl_policy_who_can, ctl_policy_what_can;

/* "habilisctl : …" on standard error; returns CTL_FAILED, for `return ctl_fail(…)`. */
int ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What a failure is called in French, for the messages of the commands. */
const char *ctl_reason(err_t e);

/* Opened at the first call, closed by main(); NULL after saying why. */
const struct config *ctl_config(struct ctl *ctl);
struct directory *ctl_directory(struct ctl *ctl);
const struct keys *ctl_keys(struct ctl *ctl);

/* The first line of PATH ("-": standard input), at most MAX bytes, without its line end, in the
 * arena (wiped with it). A file that others may read is refused. False after saying why. */
NODISCARD bool ctl_secret(struct ctl *ctl, const char *path, size_t max, struct str *out);

#endif
