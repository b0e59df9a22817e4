/* decide.h - from what a caller asks to what the engine is asked, and back. */
#ifndef AUTHZEN_DECIDE_H
#define AUTHZEN_DECIDE_H

#include "authzen/query.h"
#include "engine/engine.h"

/* What a question of this call is decided with. */
struct facts {
    int application;             /* of the resource; ENGINE_NONE when that is unknown */
    const struct person *person; /* NULL: nobody */
    struct opened_list opened;   /* her emergencies */
    struct engine_subject *subject;
    struct engine_question question;
    struct str session; /* sid, when it is hers */
    bool moved;         /* `at` was given */
};

struct verdict {
    int status;          /* 0: decided; else why not, as HTTP says it */
    const char *message; /* with STATUS */
    bool permit;         /* what the caller is told */
    struct engine_decision decision;
    struct facts facts;
};

/* STATUS and MESSAGE of V when the caller may not ask that. The subject is looked up unless the shape
 * is that of a subject search. Errors: as query_person(). */
NODISCARD err_t facts_read(struct query *c, const struct ask *ask, enum ask_shape shape,
                           struct verdict *v);

NODISCARD err_t decide(struct query *c, const struct ask *ask, struct verdict *out);

/* {"decision":…,"context":{…}} appended; just the decision for a client of bare answers. */
void write_verdict(struct query *c, const struct verdict *v, struct buf *b);

/* The members of the context of a decision, between braces that the caller writes. */
void write_context(struct query *c, const struct verdict *v, struct buf *b);
/* An array of the names of SET. */
void write_words(const struct query *c, const char *key, uint64_t set, struct buf *b);
/* "HOLDER;RESOURCE:actions;scope;conditions" of a grant, as JSON text. */
void write_rule(const struct query *c, const char *key, int grant, struct buf *b);

/* Journals what must be, in time: COUNT decisions of one call. */
NODISCARD err_t record_verdicts(struct query *c, const struct ask *asks, const struct verdict *list,
                                size_t count);
NODISCARD err_t record_explanation(struct query *c, const struct ask *ask, const struct verdict *v);

#endif
