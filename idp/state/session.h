/* session.h - who is signed in, in which browser.
 *
 * A session belongs to one person for its whole life: another person signing in makes another
 * session (session_end() the old one first). Its secret changes at every change of level
 * (session_upgrade()), after which the former cookie opens nothing. `sid` does not change; it is
 * the OpenID Connect session id that tokens carry, and opens nothing.
 */
#ifndef STATE_SESSION_H
#define STATE_SESSION_H

#include "base/rng.h"
#include "state/state.h"

enum { SESSION_AGENT_MAX = 200, SESSION_TOUCH_S = 60 };

struct session {
    int64_t id;            /* row number; not a secret, opens nothing */
    struct str sid;        /* UUID */
    struct str person;     /* the person's id, a UUID */
    struct str login;      /* as it was at sign-in, for display */
    int64_t created;       /* this and the following: seconds, UTC */
    int64_t auth_time;     /* last time the person proved who they are */
    int64_t second_factor; /* last time with a second factor; 0: never in this session */
    int64_t last_seen;     /* exact to SESSION_TOUCH_S */
    int64_t idle_expires;  /* dead at, unless touched; never after `expires` */
    int64_t expires;       /* dead at, whatever happens */
    int64_t idle_s;        /* seconds of rest that end it */
    int acr;               /* 0 to 3: eidasN */
    struct str amr;        /* RFC 8176 values, separated by spaces: "pwd otp mfa" */
    struct str structure;  /* active structure; empty: not chosen yet */
    struct str profile;    /* active profile; empty: all those held there */
    struct str language;   /* "fr", "en" */
    struct str network;    /* where from, as the throttle names it */
    struct str user_agent; /* cut to SESSION_AGENT_MAX bytes, at a character boundary */
};

/* Reads of START: person, login, auth_time, second_factor, acr, amr, structure, profile, language,
 * network, user_agent, and the lifetimes idle_s and expires. Fills the rest of it: id, sid
 * (copied into SID), created, last_seen, idle_expires.
 * Errors: BUG (no person, acr out of range, lifetime not positive), MALFORMED (text not UTF-8). */
NODISCARD err_t session_create(struct state_tx *tx, struct session *start, int64_t now,
                               char sid[UUID_LEN], struct handle *cookie);

/* Errors: NOT_FOUND (ill-formed, unknown, wrong secret, expired: one answer, the same work). */
NODISCARD err_t session_find(struct state_tx *tx, struct arena *a, struct str cookie, int64_t now,
                             struct session *out);
/* By the id that tokens carry; proves nothing about the browser. Errors: NOT_FOUND. */
NODISCARD err_t session_find_sid(struct state_tx *tx, struct arena *a, struct str sid, int64_t now,
                                 struct session *out);

/* True when a touch would write: ask before queueing a job, so that a session costs at most one
 * write a minute. */
bool session_touch_due(const struct session *s, int64_t now);
/* Moves idle_expires on; does nothing when not due. Errors: NOT_FOUND (ended or expired). */
NODISCARD err_t session_touch(struct state_tx *tx, int64_t id, int64_t now);

/* PROFILE may be empty. Errors: NOT_FOUND. */
NODISCARD err_t session_set_structure(struct state_tx *tx, int64_t id, struct str structure,
                                      struct str profile, int64_t now);
NODISCARD err_t session_set_language(struct state_tx *tx, int64_t id, struct str language,
                                     int64_t now);

struct session_level {
    struct str person; /* must be the session's own: CONFLICT otherwise */
    int acr;
    struct str amr;
    int64_t auth_time;
    int64_t second_factor; /* 0: none */
};
/* Writes the level and gives a new secret: the former cookie is dead when this is committed.
 * Errors: NOT_FOUND; CONFLICT (another person); BUG (acr out of range). */
NODISCARD err_t session_upgrade(struct state_tx *tx, int64_t id, const struct session_level *level,
                                int64_t now, struct handle *cookie);

NODISCARD err_t session_end(struct state_tx *tx, int64_t id);         /* Errors: NOT_FOUND. */
NODISCARD err_t session_end_sid(struct state_tx *tx, struct str sid); /* Errors: NOT_FOUND. */
/* Ends every session of PERSON but KEEP_ID (0: none is kept); *ended may be NULL. */
NODISCARD err_t session_end_all_of(struct state_tx *tx, struct str person, int64_t keep_id,
                                   int64_t *ended);

enum { SESSION_LIST_MAX = 100 };
struct session_list {
    struct session *items; /* most recent first */
    size_t count;          /* at most SESSION_LIST_MAX */
};
NODISCARD err_t session_list_of(struct state_tx *tx, struct arena *a, struct str person,
                                int64_t now, struct session_list *out);
NODISCARD err_t session_count(struct state_tx *tx, int64_t now, int64_t *out); /* living ones */

#endif
