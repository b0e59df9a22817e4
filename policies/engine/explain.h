/* explain.h - why this answer, and what would change it (docs/access-model.md section 9).
 *
 * Explaining decides again, many times: what it proposes was tried, in the same snapshot, and gave a
 * permit. Does no I/O, reads no clock; all it returns lives in the arena, texts of codes in the
 * snapshot. Nothing here is needed to decide.
 */
#ifndef ENGINE_EXPLAIN_H
#define ENGINE_EXPLAIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/engine.h"

/* ---- sentences for a head of service; static ---- */

struct explain_text {
    const char *fr, *en;
};
/* `unknown` has one sentence for everything that may be unknown. UNSET: the sentence of a refusal. */
struct explain_text explain_reason(enum access_reason reason);
/* A condition or an obligation by its name, as a group of words: "un motif écrit"; the name itself
 * never appears. */
struct explain_text explain_word(struct str name);

/* ---- one pair (assignment or emergency, grant) ---- */

struct explain_pair {
    int assignment, emergency; /* index in the person's list; ENGINE_NONE for the other one */
    int grant;                 /* engine_grant_at() */
    enum access_reason reason; /* where it stopped; OK: it permits */
    uint64_t missing;     /* conditions that do not hold, login included, for CONDITION, STEP_UP */
    uint64_t obligations; /* for OK */
};

/* ---- what would make it a permit ---- */

enum explain_kind {
    EXPLAIN_LOGIN,     /* sign in again, as `needs` says: that alone is enough */
    EXPLAIN_STATE,     /* say what `needs` says in the request; a stronger login may be among it */
    EXPLAIN_PLACE,     /* not here: she may at STRUCTURE */
    EXPLAIN_OWN,       /* for her own data only */
    EXPLAIN_OTHER,     /* for another person than herself only */
    EXPLAIN_WAIT,      /* as things stand she may from the instant FROM on */
    EXPLAIN_RENEW,     /* ASSIGNMENT is over: the same again, PROFILE at STRUCTURE, [FROM, UNTIL[ */
    EXPLAIN_ASSIGN,    /* a new assignment: PROFILE at STRUCTURE, [FROM, UNTIL[ */
    EXPLAIN_EMERGENCY, /* open LOT at STRUCTURE for this resource and instance, [FROM, UNTIL[ */
    EXPLAIN_REACTIVATE, /* the account is suspended: nothing else is missing */
    EXPLAIN_NOTHING,    /* nothing that can be done here; the decision's reason says why */
};

struct explain_step {
    enum explain_kind kind;
    /* Conditions to meet besides: 2f, psc, motif, urgence, presence_physique, supervise. */
    uint64_t needs;
    int structure, profile, assignment; /* ENGINE_NONE when the kind does not say */
    struct str lot;
    int64_t from, until;
};

enum { EXPLAIN_ASSIGN_MAX = 5, EXPLAIN_EMERGENCY_SECONDS = 4 * 3600 };

struct explanation {
    struct engine_decision decision;
    const struct explain_pair *pairs; /* furthest first, then the order of assignments and grants */
    size_t pair_count;
    /* In the order of the kinds; assignments: profiles that she holds or held, then those of the same
     * family, then the others; each from the one with the fewest rights, then by code. None when the
     * decision is a permit. LOGIN and STATE come alone: they are at hand. */
    const struct explain_step *steps;
    size_t step_count;
    size_t more_profiles; /* that would do too, over EXPLAIN_ASSIGN_MAX */
};

/* P NULL: a person nobody knows. P borrowed for the call. Errors: NO_MEMORY, TOO_LARGE (arena). */
NODISCARD err_t explain_question(const struct snapshot *s, const struct engine_person *p,
                                 const struct engine_question *q, struct arena *a,
                                 struct explanation *out);

/* A step as one sentence, French or English, appended: names, dates in Paris, no code of a condition. */
void explain_say(const struct snapshot *s, const struct explain_step *step, bool english,
                 struct buf *out);
/* The same of a pair: "Infirmier diplômé d'État, à SOUB-ESAT, depuis le …: …" needs the person. */
void explain_say_pair(const struct snapshot *s, const struct engine_person *p,
                      const struct explain_pair *pair, bool english, struct buf *out);

/* "29 mars 2026 à 21 h", in Paris; the hour is left out at midnight. */
void explain_put_instant(struct buf *out, int64_t instant, bool english);
/* "un motif écrit et une urgence déclarée" */
void explain_put_words(const struct snapshot *s, uint64_t set, bool english, struct buf *out);

/* ---- who may give an assignment ---- */

/* Profiles whose grants let somebody propose (validate) an assignment at or above a structure; by
 * number, at most CAP, returns how many there are. ACTION: "proposer" or "valider". */
size_t explain_givers(const struct snapshot *s, struct str action, int *out, size_t cap);
/* May SUBJECT, signed in as strongly as there is, propose (validate) for the person OWNER there? */
bool explain_may_give(const struct snapshot *s, const struct engine_subject *subject,
                      struct str action, int structure, struct str owner, int64_t now);

#endif
