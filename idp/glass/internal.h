/* internal.h - shared by the pages of idp/glass. */
#ifndef GLASS_INTERNAL_H
#define GLASS_INTERNAL_H

#include "emergency/opened.h"
#include "glass/glass.h"
#include "login/login.h"
#include "state/emergency.h"

/* The signed-in person of the call with a session of at least eidas2; or *shown: the browser is on its
 * way to a sign-in that comes back to NEXT, or the refusal is told. */
NODISCARD err_t glass_person(struct call *c, struct str next, struct dir_person *out, bool *shown);

/* A question about the person, with the login of her session. */
struct engine_question glass_question(const struct call *c, struct str structure);

/* "Establishment · Service". Errors: NO_MEMORY. */
NODISCARD err_t glass_place(const struct call *c, struct str structure, struct str *out);
/* Name of the application, as its client is called; its code when no client has a name for it. */
struct str glass_application(const struct call *c, struct str application);

/* SHA-256 in hex, for the journal: proves later which text it was, tells nothing of it now. */
NODISCARD err_t glass_digest(struct arena *a, struct str text, struct str *out);

struct journal_entry glass_entry(const struct call *c, enum journal_event event,
                                 const struct journal_datum *data);

/* ---- tell.c: who is told, and what ---- */

struct outbox_mail;
struct glass_mails {
    struct outbox_mail *list;
    size_t count;
};
/* One mail for each person who holds a profile that RULE tells, nearest first: where the profile is
 * held in the establishment of X or above, else in its OG, else in its group. Never for the person
 * herself. Errors: those of the directory. */
NODISCARD err_t glass_mails(struct call *c, const struct dir_emergency *rule,
                            const struct dir_person *who, const struct emergency *x,
                            struct glass_mails *out);

/* ---- the pages ---- */

NODISCARD err_t glass_open(struct call *c);
NODISCARD err_t glass_mine(struct call *c);
NODISCARD err_t glass_close(struct call *c);
NODISCARD err_t glass_review(struct call *c);

#endif
