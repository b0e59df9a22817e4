/* ask.h - questions about rights, as habilisctl policy explain, who-can and what-can put them.
 *
 *   --at TIME          RFC 3339, a day, or "2026-03-10 14:00" in Paris: moves the clock over today's
 *                      records; with --recorded, over those that were in force then
 *   --acr LEVEL        eidas1, eidas2 (when it is left out), eidas3, or "-" for no login
 *   --psc              signed in with Pro Santé Connect
 *   --motif TEXT  --urgence  --presence  --supervision
 *   --pour PERSON      whose data: login or id
 *   --dossier ID       the application's own identifier
 *   --json             for programs; else French sentences
 *
 * Emergencies that are open now are in the state of the service, not in the directory: not looked at.
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "base/buf.h"
#include "ctl/people.h"
#include "ctl/source.h"
#include "engine/engine.h"

enum { ASK_WORDS_MAX = 3, ASK_OUTPUT_MAX = 64 * 1024 * 1024 };

struct ask {
    struct ctl *ctl;
    struct arena *arena;
    struct ctl_source source;  /* today, or the past */
    bool recorded, opened;     /* OPENED: the source is */
    struct snapshot *snapshot; /* of its rules */
    struct str words[ASK_WORDS_MAX];
    size_t word_count;
    struct engine_question question; /* resource and action empty until ask_right() */
    struct str whose;                /* --pour */
    bool json, moved;                /* MOVED: --at was given */
    struct buf out;                  /* printed by ask_done() */
};

/* Reads the options and the rules. False after saying why, CTL_USAGE in *status for a
 * wrong option. ask_done() in any case. */
NODISCARD bool ask_start(struct ctl *ctl, int argc, char **argv, struct ask *a, int *status);
/* Prints what was written, if STATUS is CTL_DONE; returns the exit status. */
int ask_done(struct ask *a, int status);

/* "DUI.PLAN_SOINS:lire" into the question. What the rules lack is told, with what is near. */
NODISCARD bool ask_right(struct ask *a, struct str text);
/* A structure's code, or "-" for none, into the question. */
NODISCARD bool ask_place(struct ask *a, struct str text);
/* A person by login or id, whole. False after saying why. */
NODISCARD bool ask_person(struct ask *a, struct str text, struct dir_person *out);
/* Everybody. */
NODISCARD err_t ask_everybody(struct ask *a, struct people *out);
/* As the engine takes her, in the arena. */
NODISCARD err_t ask_engine_person(struct ask *a, const struct dir_person *p,
                                  struct engine_person *out);
NODISCARD err_t ask_resolve(struct ask *a, const struct engine_person *p,
                            struct engine_subject **out);

/* ---- writing ---- */

/* "« Label » (CODE)", or the code alone. */
void ask_put_place(struct ask *a, int structure);
void ask_put_profile(struct ask *a, struct str code);
void ask_put_right(struct ask *a, struct str resource, struct str action);
/* "10 mars 2026 à 14 h 05", in Paris. */
void ask_put_instant(struct ask *a, int64_t at);
/* The note under every answer: which clock, which login. */
void ask_put_terms(struct ask *a);
void ask_json_instant(struct buf *b, const char *key, int64_t at);
void ask_json_words(struct ask *a, const char *key, uint64_t set);

#endif
