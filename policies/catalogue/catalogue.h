/* catalogue.h - the rules of access as people write them: a folder of YAML files (docs/catalogue.md).
 *
 *   applications/NAME.yaml   one application, its resources
 *   profiles/NAME.yaml       the profiles of one family, what each may do
 *   lots.yaml                named bundles of rights
 *   constraints.yaml         what one person, or one profile, may not have together
 *   emergencies.yaml         what a break-glass opens, for how long, who is told
 *
 * The YAML is a small part of YAML 1.2: no anchors, aliases, tags, merge keys, block scalars, second
 * documents; UTF-8, at most CAT_FILE_MAX bytes and CAT_LINES_MAX lines a file, CAT_DEPTH_MAX levels.
 * What is wrong is told in French with file, line and column; all of it, not only the first. Nothing
 * here knows the directory, nor structures: those are its own.
 *
 * Texts, lists and problems live in the arena that was given. One thread at a time.
 */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include "base/arena.h"
#include "engine/model.h"

#include <stdio.h>

enum {
    CAT_FILE_MAX = 4 * 1024 * 1024, /* bytes */
    CAT_LINES_MAX = 10000,
    CAT_DEPTH_MAX = 8,
    CAT_FILES_MAX = 500,     /* of a folder */
    CAT_PROBLEMS_MAX = 100,  /* kept; the others are counted */
    CAT_CODE_MAX = 64,       /* bytes of a code: [A-Z0-9][A-Z0-9._-]* */
    CAT_TEXT_MAX = 2000,     /* bytes of a label, a note… */
    CAT_EMERGENCY_HOURS = 24 /* the longest that one may last */
};

/* ---- where something is written ---- */

struct cat_place {
    const char *file; /* relative to the folder: "profiles/soins.yaml"; NULL: nowhere */
    uint32_t line, column;
};

/* ---- what is wrong ---- */

struct cat_problems; /* opaque */

struct cat_problem {
    struct cat_place at;
    struct str text; /* "profil INFIRMIER inconnu, vouliez-vous IDE ?" */
};

NODISCARD err_t cat_problems_new(struct arena *a, struct cat_problems **out);
/* Formats; what outside text it shows must have gone through cat_shown(). */
void cat_problem_add(struct cat_problems *p, struct cat_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t cat_problems_count(const struct cat_problems *p); /* of all, those not kept too */
/* By file, line and column; NULL after the last one kept. */
const struct cat_problem *cat_problems_get(struct cat_problems *p, size_t i);
/* "profiles/soins.yaml:12:9 : …", one a line. */
void cat_problems_print(struct cat_problems *p, FILE *out);

/* Text that a terminal may show: cut to 60 bytes, controls and what is not UTF-8 replaced. */
struct str cat_shown(struct arena *a, struct str text);

/* ---- the rules; lists in the order of the canonical form, or as they were found ---- */

struct cat_grant {
    struct str resource;
    struct str actions;    /* "lire|creer" */
    struct str scope;      /* "unite" */
    struct str conditions; /* "2f,motif" */
    struct str note;
    uint64_t origin; /* cat_place_of(); 0 is nowhere. The same in the model, for engine_compile() */
};
struct cat_grants {
    struct cat_grant *list;
    size_t count;
};

struct cat_never {
    struct str resource, actions; /* actions may be "*" */
    uint64_t origin;
};
struct cat_nevers {
    struct cat_never *list;
    size_t count;
};

struct cat_application {
    struct str code, label;
    uint64_t origin;
};

struct cat_resource {
    struct str code, application, label;
    struct str actions;      /* "lire|creer" */
    struct str sensitivity;  /* "sante" */
    struct str no_emergency; /* "creer|valider", "*", or empty */
    uint64_t origin;
};

struct cat_profile {
    struct str code, label, family;
    struct str rpps;     /* "obligatoire", "possible", "non" */
    struct str auth_min; /* "1F", "2F" */
    int64_t max_days;    /* 0: none */
    struct str types;    /* "EHPAD|MAS" */
    struct str description;
    struct str lots; /* "A|B" */
    struct cat_grants grants;
    struct cat_nevers nevers;
    uint64_t origin;
};

struct cat_lot {
    struct str code, label;
    struct cat_grants grants;
    uint64_t origin;
};

struct cat_incompatibility {
    struct str a, b; /* profiles, a before b in byte order */
    struct str reason;
    uint64_t origin;
};

/* Two rights that one profile may not grant both, lots counted: "FACT.DEPOTS:creer". */
struct cat_right_pair {
    struct str a, b, reason; /* a before b */
    uint64_t origin;
};

/* The break-glass of an application, whose code it has. */
struct cat_emergency {
    struct str code, label;
    struct str lot;          /* what it opens */
    struct str open_right;   /* "DUI.BRIS_GLACE:declencher": who may open it */
    struct str review_right; /* the same, who reviews it */
    int64_t hours;           /* how long it stays open, 1 to CAT_EMERGENCY_HOURS */
    bool needs_motif;        /* always true: a reason is compulsory */
    struct str told;         /* "DIR|DPO": profiles that are told at once */
    int64_t review_days;     /* within which it is reviewed, 1 to 30 */
    uint64_t origin;
};

struct cat {
    struct cat_application *applications;
    struct cat_resource *resources;
    struct cat_profile *profiles;
    struct cat_lot *lots;
    struct cat_incompatibility *incompatibilities;
    struct cat_right_pair *right_pairs;
    struct cat_emergency *emergencies;
    size_t application_count, resource_count, profile_count, lot_count, incompatibility_count,
        right_pair_count, emergency_count;
    const struct cat_place *origins;
    size_t origin_count;
};

struct cat_place cat_place_of(const struct cat *c, uint64_t origin);

/* NULL when there is none of that code. */
const struct cat_profile *cat_profile(const struct cat *c, struct str code);
const struct cat_resource *cat_resource(const struct cat *c, struct str code);
const struct cat_lot *cat_lot(const struct cat *c, struct str code);

/* Reads every file of the folder and checks them together. What is wrong goes to P: then *out is not
 * to be used. Errors: NO_MEMORY; NOT_FOUND, IO (the folder itself). */
NODISCARD err_t cat_read(struct arena *a, const char *dir, struct cat_problems *p, struct cat *out);

/* What cat_read() checks last: codes that nothing defines, actions that a resource has not, profiles
 * that hold an incompatible pair of rights, and whatever else engine_compile() would refuse. */
NODISCARD err_t cat_check(struct arena *a, const struct cat *c, struct cat_problems *p);

/* Adds the rules to M, each definition with its origin; M may hold structures and closures already.
 * Errors: those of engine/model.h. */
NODISCARD err_t cat_model(const struct cat *c, struct model *m);

/* ---- the canonical form ---- */

/* Writes the canonical form of one file, comments kept, to OUT (buf_init() by the caller). NAME says which
 * sort it is, by its place: "profiles/soins.yaml". Errors: MALFORMED (told in P; nothing is written),
 * NO_MEMORY, TOO_LARGE. Formatting what this wrote changes nothing. */
struct buf;
NODISCARD err_t cat_format(struct arena *a, const char *name, struct str text,
                           struct cat_problems *p, struct buf *out);

struct cat_file {
    const char *name; /* relative to the folder */
    struct str text;
};
struct cat_files {
    struct cat_file *list; /* in byte order of names */
    size_t count;
};
/* The files of a folder as they are. Errors: NO_MEMORY; NOT_FOUND, IO (the folder itself); a file that
 * cannot be read, or that does not belong there, goes to P. */
NODISCARD err_t cat_files_read(struct arena *a, const char *dir, struct cat_problems *p,
                               struct cat_files *out);
/* The rules as canonical files. Errors: NO_MEMORY, TOO_LARGE, MALFORMED (a rule that no file can hold). */
NODISCARD err_t cat_files_of(struct arena *a, const struct cat *c, struct cat_problems *p,
                             struct cat_files *out);

/* ---- lists that are written "a|b" ---- */

/* The same elements, in the canonical order: `lire` first for actions, then byte order. */
NODISCARD err_t cat_sorted_actions(struct arena *a, struct str actions, struct str *out);
NODISCARD err_t cat_sorted_words(struct arena *a, struct str words, char sep, struct str *out);

#endif
