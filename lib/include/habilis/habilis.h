/* habilis.h - sign people in with habilis, and know what they may do, from C.
 *
 * For editors of applications (a resident's record, quality, planning). An application is an
 * ordinary OpenID Connect client; this library does the protocol, checks what comes back, and
 * decides from the token alone, in microseconds and without asking the server.
 *
 *   habilis_open()                             once, at start: contacts nobody yet
 *   habilis_login_start(), habilis_login_url() send the browser there
 *   habilis_login_finish()                     with the query that the browser brings back
 *   habilis_session_text()                     who it is, where she works now
 *   habilis_decide()                           may she do this, here, now? if not, why not?
 *
 * Threads: a struct habilis and a struct habilis_session may be used by any number of threads at
 * once; a struct habilis_login by one at a time. Calls that may wait for the server say so.
 * Text is UTF-8. Nothing is written to standard output or error, no signal is touched, no thread
 * is started. docs/libhabilis.md is the guide.
 */
#ifndef HABILIS_HABILIS_H
#define HABILIS_HABILIS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HABILIS_API   __attribute__((visibility("default")))
#define HABILIS_CHECK __attribute__((warn_unused_result))
#else
#define HABILIS_API
#define HABILIS_CHECK
#endif

/* Numbers are never reused. Whatever is not OK gave nothing: outputs are untouched. */
enum habilis_status {
    HABILIS_OK = 0,
    HABILIS_NO_MEMORY = 1,
    HABILIS_MISUSE = 2,      /* an argument that cannot be right: a missing issuer, an http: URL */
    HABILIS_UNAVAILABLE = 3, /* the server is away, slow, or talks nonsense: try again later */
    HABILIS_UNTRUSTED = 4,   /* its certificate is not vouched for by the CA file */
    HABILIS_NOT_GENUINE =
        5,               /* what came back is not from our server, or not for us: sign nobody in */
    HABILIS_REFUSED = 6, /* the server said no: habilis_login_error() has its code */
    HABILIS_EXPIRED = 7, /* a token that has ended */
    HABILIS_FAILED = 8   /* something broke on this side */
};
HABILIS_API const char *habilis_status_name(enum habilis_status status); /* static, English */

/* ---- the server, and who we are to it ---- */

struct habilis;

/* Strings are copied. Members left NULL or 0 take the default. */
struct habilis_config {
    size_t size;        /* sizeof(struct habilis_config): lets the library grow */
    const char *issuer; /* "https://idp.example.fr", as the server writes it */
    const char *client_id;
    const char *client_secret;   /* client_secret_basic … */
    const char *client_key_pem;  /* … or private_key_jwt: an EC P-256 private key, PEM text */
    const char *redirect_uri;    /* as registered, byte for byte */
    const char *post_logout_uri; /* as registered; default: none */
    const char *audience;        /* the application's code, "DUI", that access tokens are for;
                              * default: client_id */
    const char *scope;           /* default: "openid profile" */
    const char *ca_file;         /* PEM; default: what the system trusts */
    long timeout_ms;             /* of one exchange with the server; default: 10,000 */
    int insecure_http;           /* 1: allow http:// URLs. For tests on one machine only */
};

/* Returns OK, MISUSE, NO_MEMORY or FAILED. Contacts nobody. The caller owns *out. */
HABILIS_API HABILIS_CHECK enum habilis_status habilis_open(const struct habilis_config *config,
                                                           struct habilis **out);
/* No call may be under way. Logins and sessions may outlive it. NULL is fine. */
HABILIS_API void habilis_close(struct habilis *h);

/* ---- signing in ---- */

struct habilis_login; /* one sign-in under way: keep it with the browser that started it */
struct habilis_session;

struct habilis_login_options {
    size_t size;            /* sizeof(struct habilis_login_options) */
    const char *acr_values; /* "eidas2": ask for a stronger login (RFC 9470) */
    const char *prompt;     /* "none", "login", "select_account": choose the place of work again */
    const char *login_hint; /* login name to begin with */
    const char *ui_locales; /* "fr en" */
    long max_age;           /* seconds since the last real login; 0: no matter */
};

/* Prepares a sign-in with PKCE, state and nonce; OPTIONS may be NULL. May wait for the server, the
 * first time. Returns OK, UNAVAILABLE, UNTRUSTED, MISUSE, NO_MEMORY. The caller owns *out. */
HABILIS_API HABILIS_CHECK enum habilis_status
habilis_login_start(struct habilis *h, const struct habilis_login_options *options,
                    struct habilis_login **out);
/* Where to send the browser (303), and the value of `state` that it will bring back: 43 letters,
 * unguessable. Keep the login under it, bound to that browser by a cookie, for ten minutes at most.
 * Borrowed from LOGIN. */
HABILIS_API const char *habilis_login_url(const struct habilis_login *login);
HABILIS_API const char *habilis_login_state(const struct habilis_login *login);

/* QUERY is what follows '?' in the request to the redirect URI, as it came. Checks state, issuer
 * (RFC 9207), exchanges the code, and verifies both tokens: signature, issuer, audience, dates,
 * nonce. Waits for the server. A login is finished once: afterwards only its error and free.
 * Returns OK, REFUSED, NOT_GENUINE, UNAVAILABLE, UNTRUSTED, NO_MEMORY. The caller owns *out. */
HABILIS_API HABILIS_CHECK enum habilis_status habilis_login_finish(struct habilis *h,
                                                                   struct habilis_login *login,
                                                                   const char *query,
                                                                   struct habilis_session **out);
/* After REFUSED: "access_denied", "login_required" (after prompt=none)… Else "". Borrowed. */
HABILIS_API const char *habilis_login_error(const struct habilis_login *login);
HABILIS_API void habilis_login_free(struct habilis_login *login); /* NULL is fine */

/* An access token that somebody sent us (RFC 6750): verified as above. May wait for the server when
 * its keys have changed. Returns OK, NOT_GENUINE, EXPIRED, UNAVAILABLE, UNTRUSTED, NO_MEMORY. */
HABILIS_API HABILIS_CHECK enum habilis_status
habilis_bearer(struct habilis *h, const char *access_token, struct habilis_session **out);

/* ---- who it is ---- */

enum habilis_text {
    HABILIS_SUBJECT = 1,    /* never changes, never reused: the key to store */
    HABILIS_LOGIN_NAME = 2, /* may change: for people to read */
    HABILIS_NAME = 3,       /* "Marie Martin" */
    HABILIS_GIVEN_NAME = 4,
    HABILIS_FAMILY_NAME = 5,
    HABILIS_ACR = 6,        /* how strong the login was: "eidas1" < "eidas2" < "eidas3" */
    HABILIS_SESSION_ID = 7, /* of the server's session */
    HABILIS_STRUCTURE = 8,  /* code of the place of work now: "MASF-MAS.MAISON-1" */
    HABILIS_STRUCTURE_LABEL = 9,
    HABILIS_ESTABLISHMENT = 10, /* code of the establishment it is or belongs to */
    HABILIS_ESTABLISHMENT_LABEL = 11,
    HABILIS_ACCESS_TOKEN = 12, /* to present to other services: never log it */
    HABILIS_ID_TOKEN = 13
};
/* "" when absent, never NULL. Borrowed from the session. */
HABILIS_API const char *habilis_session_text(const struct habilis_session *s,
                                             enum habilis_text which);
/* The profiles held at the place of work, for people to read; NULL after the last. Borrowed. */
HABILIS_API const char *habilis_session_profile(const struct habilis_session *s, size_t i);
/* Their codes: "IDE". */
HABILIS_API const char *habilis_session_profile_code(const struct habilis_session *s, size_t i);
HABILIS_API int habilis_session_amr_has(const struct habilis_session *s, const char *method);
/* Seconds since 1970-01-01 UTC: when the access token ends, when the person really logged in. */
HABILIS_API int64_t habilis_session_expires(const struct habilis_session *s);
HABILIS_API int64_t habilis_session_authenticated(const struct habilis_session *s);
HABILIS_API void habilis_session_free(struct habilis_session *s); /* wipes; NULL is fine */

/* Where to send the browser to sign out everywhere (OpenID Connect RP-Initiated Logout 1.0). STATE
 * comes back with it; may be NULL. The caller owns *out: habilis_free(). May wait for the server.
 * Returns OK, UNAVAILABLE (also when the server has no such page), UNTRUSTED, NO_MEMORY. */
HABILIS_API HABILIS_CHECK enum habilis_status habilis_logout_url(struct habilis *h,
                                                                 const struct habilis_session *s,
                                                                 const char *state, char **out);
HABILIS_API void habilis_free(char *text); /* wipes; NULL is fine */

/* ---- may she? ---- */

/* Zero is a refusal. Only PERMIT lets anything happen. */
enum habilis_effect {
    HABILIS_DENY = 0,
    HABILIS_PERMIT = 1,  /* with obligations to honour: habilis_answer_obliges() */
    HABILIS_STEP_UP = 2, /* refused; a login with acr_values would be enough */
    HABILIS_ASK = 3,  /* the token cannot tell (another establishment): refuse, or ask the server */
    HABILIS_RENEW = 4 /* the token has ended: sign in again, silently with prompt=none */
};

struct habilis_question {
    size_t size;           /* sizeof(struct habilis_question) */
    const char *resource;  /* "DUI.TRANSMISSIONS" */
    const char *action;    /* "lire" */
    const char *structure; /* code of the place the resource belongs to; NULL: it has none */
    const char
        *owner; /* subject or login name of whom it is about, when that is a member of staff */
    const char *motif; /* reason given by the person, when the rule wants one */
    int urgence, presence_physique, supervise; /* 1: so declared */
};

struct habilis_answer {
    enum habilis_effect effect;
    const char
        *reason; /* "ok", "no_grant", "elsewhere", "condition", "step_up", "ask", "expired" */
    const char *text_fr; /* one sentence for the person; static */
    const char *text_en;
    const char *acr_values; /* what to ask for when stepping up; else "" */
    char missing[256];      /* after "condition": the names of what was missing, spaces between */
    char obligations[512];  /* after PERMIT: names, spaces between */
};

/* Answers from the token alone; waits for nobody. Never fails: what cannot be judged is a refusal.
 * OUT is always written. */
HABILIS_API void habilis_decide(const struct habilis_session *s, const struct habilis_question *q,
                                struct habilis_answer *out);
/* Asks the server (OpenID AuthZEN Authorization API 1.0), which knows more than the token: other places
 * of work, emergency accesses (break-glass), whatever changed a second ago. S says who and in which
 * login; its token may have ended. INSTANCE is the application's own identifier of the thing, or NULL.
 * The application needs the grant client_credentials and the scope "authzen". Waits for the server.
 * Returns OK (OUT is the answer: never ASK nor RENEW), UNAVAILABLE, UNTRUSTED, NOT_GENUINE, REFUSED (it
 * may not ask that), MISUSE, NO_MEMORY. OUT is always written: a refusal unless OK. */
HABILIS_API HABILIS_CHECK enum habilis_status
habilis_ask(struct habilis *h, const struct habilis_session *s, const struct habilis_question *q,
            const char *instance, struct habilis_answer *out);
/* 1 if the answer permits under the obligation NAME, such as "file": only for those she follows. */
HABILIS_API int habilis_answer_obliges(const struct habilis_answer *a, const char *name);
/* For menus: 1 if there is any right on RESOURCE with ACTION, somewhere, under some condition. */
HABILIS_API int habilis_may(const struct habilis_session *s, const char *resource,
                            const char *action);

#ifdef __cplusplus
}
#endif

#endif
