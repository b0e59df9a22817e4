/* policy.h - what the files of `habilisctl policy` share. */
#ifndef CTL_POLICY_H
#define CTL_POLICY_H

#include "ctl/ctl.h"
#include "ctl/effect.h"
#include "ctl/people.h"
#include "ctl/rules.h"

enum { POLICY_ARENA_MAX = 2000 * 1024 * 1024 };

/* An arena of its own for a command; NULL after saying why. */
struct arena *policy_arena(void);

/* The rules of a folder. False after saying all that is wrong with them. */
NODISCARD bool policy_files(struct arena *a, const char *dir, struct cat *out);
/* Those of the directory. False after saying why. */
NODISCARD bool policy_directory(struct ctl *ctl, struct arena *a, struct rules *out);

/* What a change is, with whom it touches. */
struct policy_change {
    struct rules now;
    struct cat wanted;
    struct rules_edits edits;
    struct people people;
    struct effect_world world; /* snapshots: policy_change_done() */
    struct snapshot *before, *after;
    struct effects effects;
};
/* Reads files, directory and people and compares. False after saying why. */
NODISCARD bool policy_change(struct ctl *ctl, struct arena *a, const char *dir,
                             struct policy_change *out);
void policy_change_done(struct policy_change *c);
/* The difference in words, then who gains and who loses; NAMES: with logins. */
NODISCARD bool policy_change_print(struct arena *a, const struct policy_change *c, bool names);

#endif
