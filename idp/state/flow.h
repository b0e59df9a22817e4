/* flow.h - a sign-in under way: from the application's request to its answer.
 *
 * One browser may have several (one per tab). The browser holds one secret in a cookie, which
 * binds its flows to it; each form carries the flow's `form` id, which alone opens nothing, and
 * the flow's `csrf` value. A flow lives FLOW_LIFE_S seconds, unless told otherwise.
 *
 * The cookie changes when a password is proved (flow_rebind): somebody who had a copy of it from before
 * has nothing. With the former one a flow is still found, marked so: it may prove the password again (the
 * other of two clicks, an answer that was lost), and nothing else.
 *
 * Steps are guarded by a version: of two posts of one step, flow_update() lets one win.
 */
#ifndef STATE_FLOW_H
#define STATE_FLOW_H

#include "state/state.h"

enum {
    FLOW_LIFE_S = 15 * 60,
    FLOW_REQUEST_MAX = 16 * 1024, /* bytes */
    FLOW_PROGRESS_MAX = 8 * 1024,
    FLOW_BROWSER_MAX = 20, /* flows of one browser; the oldest make room */
    FLOW_FORM_LEN = 16,    /* lower-case hex */
    FLOW_CSRF_LEN = 43,    /* base64url of 32 bytes */
};

struct flow {
    int64_t id;          /* row number */
    int64_t version;     /* for flow_update() */
    struct str form;     /* FLOW_FORM_LEN characters, for URLs and forms */
    struct str csrf;     /* FLOW_CSRF_LEN characters; compare with ct_str_equal() */
    struct str request;  /* JSON of the typed request; fixed at creation */
    struct str person;   /* who it is so far; empty: nobody yet */
    struct str step;     /* name of the page that is due; [a-z_]{1,32} */
    struct str progress; /* JSON of the login module: what was proved; at most FLOW_PROGRESS_MAX */
    int64_t created, expires;
    int64_t attempts;     /* refused passwords */
    int64_t otp_attempts; /* refused second factors */
    bool former;          /* found with the cookie of before the password */
};

/* BROWSER is the cookie the browser sent: kept and copied to *cookie when well-formed, otherwise
 * (empty, malformed) a new one is made: set *cookie in any case. Reads of START: request, person,
 * step, progress, expires (0: FLOW_LIFE_S from now); fills id, version, created; form and csrf are in *OUT_IDS.
 * Errors: TOO_LARGE (request or progress), BUG (step). */
struct flow_ids {
    char form[FLOW_FORM_LEN];
    char csrf[FLOW_CSRF_LEN];
    struct handle cookie;
};
NODISCARD err_t flow_create(struct state_tx *tx, struct str browser, struct flow *start,
                            int64_t now, struct flow_ids *out);

/* Errors: NOT_FOUND (ill-formed, unknown, another browser's, expired). */
NODISCARD err_t flow_find(struct state_tx *tx, struct arena *a, struct str browser, struct str form,
                          int64_t now, struct flow *out);

/* Writes person, step, progress, attempts and otp_attempts if the stored version is still
 * f->version, and counts it up there and in *f. Errors: CONFLICT (someone was faster: read it
 * again), NOT_FOUND (gone or expired), TOO_LARGE. */
NODISCARD err_t flow_update(struct state_tx *tx, struct flow *f, int64_t now);

/* Takes the flow for its last step, by the same rule: exactly one caller may answer the
 * application. Errors: CONFLICT, NOT_FOUND. */
NODISCARD err_t flow_finish(struct state_tx *tx, const struct flow *f);

/* PERSON proved her password in BROWSER: its flows go over to COOKIE; what somebody else has proved on
 * one of them is forgotten, as by flow_leave(). Errors: BUG (one is no such cookie). */
NODISCARD err_t flow_rebind(struct state_tx *tx, struct str browser, struct str cookie,
                            struct str person);
/* A cookie for flow_rebind(). */
enum { FLOW_SECRET_LEN = 32 };
NODISCARD err_t flow_cookie(const unsigned char secret[FLOW_SECRET_LEN], struct handle *out);
/* The flows of BROWSER on which anybody but PERSON (empty: anybody) has proved something begin again. */
NODISCARD err_t flow_leave(struct state_tx *tx, struct str browser, struct str person);

NODISCARD err_t flow_delete(struct state_tx *tx, int64_t id); /* gone already is OK */

#endif
