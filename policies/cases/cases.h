/* cases.h - decision tables: given people and what they hold, who asks what, when; expected, because.
 *
 * A file of policies/cases is YAML of the sort that the catalogue is (catalogue/catalogue.h), read by
 * heads of service; docs/cases.md shows every key. It is checked whole: what is wrong is told in French
 * with file, line and column, and nothing of a file with a problem is run. Texts and lists live in the
 * arena; the text of a file must outlive what was read from it. No I/O here.
 */
#ifndef CASES_CASES_H
#define CASES_CASES_H

#include "catalogue/catalogue.h"
#include "engine/engine.h"

struct case_person {
    struct str code;  /* what the cases call her; her id, too */
    struct str name;  /* "Claire Bernard, infirmière" */
    struct str login; /* of her alone, unlike a name */
    bool active;
    struct engine_assignment *assignments;
    struct engine_emergency *emergencies;
    size_t assignment_count, emergency_count;
    struct cat_place at;
};

/* One row: one person, one or several rights, one expectation. */
struct case_row {
    const struct case_person *who; /* NULL: somebody nobody knows */
    struct str *rights;            /* "DUI.PROJET:lire" */
    size_t right_count;
    struct engine_question question; /* all but the right */
    enum access_reason expect;
    const struct str *missing, *obligations, *conflicts; /* in byte order */
    size_t missing_count, obligation_count, conflict_count;
    struct str because;
    struct cat_place at;
};

struct case_file {
    const char *name;
    struct str title;
    struct structure_def *structures;
    struct closure_def *closures;
    struct never_def *nevers;
    struct case_person *people;
    struct case_row *rows;
    size_t structure_count, closure_count, never_count, person_count, row_count;
};

/* A problem goes to P. Errors: NO_MEMORY, MALFORMED (told in P). */
NODISCARD err_t cases_read(struct arena *a, const char *name, struct str text,
                           struct cat_problems *p, struct case_file *out);

/* Adds the places, closures and prohibitions of the file to M. Errors: those of engine/model.h. */
NODISCARD err_t cases_model(const struct case_file *f, struct model *m);

/* What was asked so far, of snapshots whose profiles and grants are the same. */
struct case_tally {
    size_t rows, questions, failures;
    size_t *per_profile, *refused_per_profile; /* rows about somebody who holds it */
    bool *grants;                              /* on which some answer rested */
    int profile_count, grant_count;
};
NODISCARD err_t case_tally_new(struct arena *a, const struct snapshot *s, struct case_tally *out);

/* Called with each answer that is not the expected one. TEXT: one French sentence. */
typedef void case_failure_fn(void *ctx, const struct case_row *row, struct str text);

struct case_asking {
    const struct snapshot *snapshot;
    struct arena *arena;
    struct cat_problems *problems;
    struct case_tally *tally;
    case_failure_fn *failed;
    void *ctx;
};
/* Asks every question of F. Profiles, places or rights that the snapshot lacks are problems. Errors:
 * NO_MEMORY, MALFORMED (told in the problems; then nothing was asked). */
NODISCARD err_t cases_run(const struct case_file *f, const struct case_asking *asking);

const char *case_expect_name(enum access_reason r); /* "accordé"; static */

#endif
