/* source.h - where a policy command reads rules and people: the directory, or the past as recorded.
 *
 * `--at TIME` alone moves the clock over today's records; with `--recorded` rules and people are those
 * that were in force then (idp/history). Shapes are those of directory.h, so that a command is written
 * once.
 */
#ifndef CTL_SOURCE_H
#define CTL_SOURCE_H

#include "ctl/ctl.h"
#include "directory/directory.h"

struct state;

struct ctl_source {
    struct ctl *ctl;
    bool recorded;
    int64_t at; /* when recorded */
    struct state *state;
};

/* RECORDED false: the directory, and AT is not looked at. Otherwise the past at AT; false after saying
 * why it cannot be told ("rien n'est enregistré avant le …"). A time near AT during which nobody was
 * watching is told on standard error. */
NODISCARD bool ctl_source_open(struct ctl *ctl, bool recorded, int64_t at, struct ctl_source *out);
void ctl_source_close(struct ctl_source *s);

/* Errors: those of directory.h and of history.h. */
NODISCARD err_t ctl_source_model(struct ctl_source *s, struct model *m);
/* By id or login. */
NODISCARD err_t ctl_source_person(struct ctl_source *s, struct arena *a, struct str key,
                                  struct dir_person *out);
NODISCARD err_t ctl_source_each_person(struct ctl_source *s, const struct dir_each *to);

/* A day ("2026-03-01": as it begins in Paris) or an RFC 3339 instant, into seconds UTC. */
NODISCARD bool ctl_instant(struct str text, int64_t *out);
/* "2026-03-01 08:30", legal time in France; "" for INT64_MAX. */
enum { CTL_LOCAL_LEN = 16 };
void ctl_local_time(int64_t at, char out[CTL_LOCAL_LEN + 1]);

#endif
