/* rules.h - the rules of access as the directory holds them: read, compared with files, written.
 *
 * An entry each for applications, resources, profiles, lots, pairs that may not meet, emergencies.
 * Structures, closures, clients and people are not rules and are not touched; neither are applications
 * that declare conditions or subject types of their own, with profiles made for them alone.
 */
#ifndef CTL_RULES_H
#define CTL_RULES_H

#include "catalogue/catalogue.h"
#include "ctl/known.h"

/* In this order they can be added. */
enum rules_class {
    RULES_APPLICATION,
    RULES_RESOURCE,
    RULES_PROFILE,
    RULES_LOT,
    RULES_INCOMPATIBILITY,
    RULES_RIGHT_PAIR,
    RULES_EMERGENCY,
    RULES_CLASSES
};
const char *rules_object_class(enum rules_class c); /* static */

struct rules {
    struct cat cat; /* canonical lists; origins are nowhere */
    struct known known[RULES_CLASSES];
};

/* Errors: those of directory.h; DIRECTORY when an entry is not of the form that we write. */
NODISCARD err_t rules_read(struct directory *d, struct arena *a, struct rules *out);

/* C as entries. Errors: NO_MEMORY. */
NODISCARD err_t rules_items(struct arena *a, const struct cat *c, struct items *out);

/* What brings the directory to what the files say, in three steps: applications that are new (they
 * change nothing alone, and slapd 2.5 wants them committed before what is below them), then everything
 * that decides, in one transaction, then what is left below nothing and names nothing: resources of
 * applications that go, and those applications (slapd 2.5 again: directory_delete()). */
enum rules_step { RULES_BEFORE, RULES_ALL, RULES_AFTER, RULES_STEPS };
struct rules_edits {
    struct dir_edit *list[RULES_STEPS];
    size_t count[RULES_STEPS], cap[RULES_STEPS];
};
NODISCARD err_t rules_edits(struct directory *d, struct arena *a, const struct rules *now,
                            const struct cat *wanted, struct rules_edits *out);
size_t rules_edits_count(const struct rules_edits *e);

/* Makes them. On failure *refused is the DN of what the server did not take, if known, and *step tells
 * how far it came: RULES_ALL means that no rule has changed. Errors: TOO_LARGE (more than a transaction
 * holds), those of directory_apply(). After RULES_AFTER failed, the same call finishes. */
NODISCARD err_t rules_apply(struct directory *d, const struct rules_edits *e, enum rules_step *step,
                            struct str *refused);

#endif
