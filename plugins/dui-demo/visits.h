/* visits.h - who is here: the sessions of this application, and sign-ins under way.
 *
 * A cookie is 256 random bits in hex; only its SHA-256 is kept. Tables are of fixed size: when one
 * is full the oldest entry goes. A visit lasts as long as the browser's cookie, VISIT_S at most;
 * the rights in it only as long as its access token. Any number of threads.
 */
#ifndef DUI_VISITS_H
#define DUI_VISITS_H

#include <habilis/habilis.h>

#include <stdatomic.h>
#include <stdbool.h>

enum {
    COOKIE_LEN = 64, /* hex characters */
    VISITS_MAX = 1024,
    LOGINS_MAX = 256,
    LOGIN_S = 600,       /* seconds a sign-in may take */
    VISIT_S = 12 * 3600, /* seconds */
    BACK_MAX = 200,      /* bytes of a path to come back to */
    DRAFT_MAX = 2000,    /* bytes of a text that waits for a renewed token */
};

/* Counted: a request holds one while another replaces or ends the visit. Immutable but for the
 * count; the draft belongs to the table. */
struct visitor {
    atomic_int holders;
    struct habilis_session *who;
    char csrf[COOKIE_LEN + 1];
};
void visitor_release(struct visitor *v); /* NULL is fine */
/* In constant time; TEXT has COOKIE_LEN characters. */
bool visitor_has_csrf(const struct visitor *v, const char *text);

struct visits;
struct visits *visits_new(void); /* NULL: no memory */
void visits_free(struct visits *v);

void visits_random(char out[COOKIE_LEN + 1]);

/* Takes WHO. Writes the cookie of a new visit. FORMER is the visit that this browser had, or NULL:
 * it ends, and its draft goes over if the person is the same. False: no memory, WHO is freed. */
bool visits_open(struct visits *v, struct habilis_session *who, const char *former,
                 char cookie[COOKIE_LEN + 1]);
/* Held for the caller, or NULL. */
struct visitor *visits_find(struct visits *v, const char *cookie);
void visits_close(struct visits *v, const char *cookie);

/* A text that was being written when the token ended: kept once, taken once. */
void visits_keep_draft(struct visits *v, const char *cookie, const char *resident,
                       const char *text);
bool visits_take_draft(struct visits *v, const char *cookie, const char *resident,
                       char text[DRAFT_MAX + 1]);

/* An emergency access that the server said it opened, for one resident: from now on the server is asked
 * what the token does not open there. It says nothing of its own: whoever invents one is refused there. */
void visits_note_emergency(struct visits *v, const char *cookie, const char *resident,
                           int64_t until);
/* Until when, as the server said; 0: none for that resident. */
int64_t visits_emergency(struct visits *v, const char *cookie, const char *resident, int64_t now);

/* A sign-in under way. */
struct pending {
    struct habilis_login *login;
    char back[BACK_MAX + 1]; /* path to return to */
    bool silent;             /* prompt=none */
};
/* Takes P->login. BROWSER is the cookie that binds it to one browser. */
void visits_keep_login(struct visits *v, const struct pending *p, const char *browser);
/* Hands the login over, if STATE and BROWSER belong together; the caller frees it. */
bool visits_take_login(struct visits *v, const char *state, const char *browser,
                       struct pending *out);

#endif
