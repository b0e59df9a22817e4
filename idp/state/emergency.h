/* emergency.h - break-glass: who opened what, why, until when, and what the review said of it.
 *
 * An emergency belongs to one person and opens a lot of rights (docs/access-model.md section 4, item
 * 5) from one structure, on one resource or any of the lot's, on one instance or any, for a time. It
 * is reviewed by somebody else, once. Records are kept EMERGENCY_KEEP_S after the review, and for as
 * long as there has been none.
 *
 * Nothing here decides who may (idp/glass does) nor writes to the journal: do both in the same job.
 */
#ifndef STATE_EMERGENCY_H
#define STATE_EMERGENCY_H

#include "base/rng.h"
#include "state/state.h"

enum {
    EMERGENCY_MAX_S = 24 * 3600,   /* the longest that one may be open */
    EMERGENCY_REASON_MAX = 4000,   /* bytes of UTF-8 */
    EMERGENCY_COMMENT_MAX = 4000,  /* the same */
    EMERGENCY_LABEL_MAX = 200,     /* the same */
    EMERGENCY_INSTANCE_MAX = 200,  /* the same */
    EMERGENCY_OPEN_MAX = 10000,    /* open at one time, all persons */
    EMERGENCY_LIST_MAX = 500,      /* of one list */
    EMERGENCY_KEEP_S = 365 * 86400 /* after the review */
};

struct emergency {
    struct str id;          /* UUID */
    struct str person;      /* her id */
    struct str sid;         /* the session it was opened in */
    struct str application; /* code */
    struct str lot;         /* code of what it opens */
    struct str structure;   /* code */
    struct str resource;    /* code; empty: any of the lot's */
    struct str instance;    /* the application's identifier; empty: any */
    struct str label;       /* what the application calls that instance, for people; may be empty */
    struct str reason;      /* may be health data: for reviewers only, never in a mail or a log */
    struct str reviewer;    /* id of who reviewed it; this and the next two: empty before */
    struct str verdict;     /* "justified" or "unjustified" */
    struct str comment;
    int64_t opened, ends; /* [opened, ends[, seconds UTC; closing early moves the end */
    int64_t closed;       /* 1: it was closed before its time */
    int64_t used;         /* first decision that rested on it; 0: none yet */
    int64_t review_due;
    int64_t reviewed; /* 0: not yet */
};

struct emergencies {
    struct emergency *list;
    size_t count;
};

/* Reads of START all but id, opened, closed, used and what the review fills; copies the new id to ID.
 * Errors: BUG (a field is missing; ends not in ]now, now + EMERGENCY_MAX_S]), MALFORMED (reason blank,
 * or a text that is not printable UTF-8; the reason may have lines), TOO_LARGE. */
NODISCARD err_t emergency_open(struct state_tx *tx, struct emergency *start, int64_t now,
                               char id[UUID_LEN]);

/* Errors: NOT_FOUND (ill-formed, unknown). */
NODISCARD err_t emergency_find(struct state_tx *tx, struct arena *a, struct str id,
                               struct emergency *out);

/* By its owner, before its time. Errors: NOT_FOUND (unknown, another's, over already). */
NODISCARD err_t emergency_close(struct state_tx *tx, struct str id, struct str person, int64_t now);

/* The first decision that rests on it: *first says whether it was. Errors: none but the database's. */
NODISCARD err_t emergency_use(struct state_tx *tx, struct str id, int64_t now, bool *first);

/* Those open at NOW, soonest end first: of PERSON, at most EMERGENCY_LIST_MAX; or of everybody, at most
 * EMERGENCY_OPEN_MAX. */
NODISCARD err_t emergency_list_of(struct state_tx *tx, struct arena *a, struct str person,
                                  int64_t now, struct emergencies *out);
NODISCARD err_t emergency_list_open(struct state_tx *tx, struct arena *a, int64_t now,
                                    struct emergencies *out);
/* Those that wait for their review, the first due first, at most EMERGENCY_LIST_MAX. */
NODISCARD err_t emergency_list_to_review(struct state_tx *tx, struct arena *a,
                                         struct emergencies *out);

struct emergency_verdict {
    struct str id, reviewer; /* ids */
    bool justified;
    struct str comment; /* may be empty when justified */
};
/* Once, and never by the person herself. Errors: NOT_FOUND (unknown, reviewed already, her own),
 * MALFORMED (the comment: not printable, or blank where it must not be), TOO_LARGE. */
NODISCARD err_t emergency_review(struct state_tx *tx, const struct emergency_verdict *v,
                                 int64_t now);

/* A text that people typed: UTF-8, lines and tabs allowed, no other control; and not only white space. */
bool emergency_text_is_sound(struct str text);
bool emergency_text_is_blank(struct str text);

#endif
