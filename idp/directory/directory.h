/* directory.h - persons, structures, profiles and applications, kept in OpenLDAP (docs/directory.md).
 *
 * A pool of connections to the first of several servers that answers. Every operation has a time
 * limit; when no server answers, DIRECTORY_DOWN comes at once until a probe (one a second) gets
 * through again, so that a dead directory never ties up the workers. Any number of threads may share
 * a directory. Results live in the caller's arena. Nothing here throttles: the login does. The program
 * must ignore SIGPIPE: libldap writes to connections that the server has closed.
 *
 * No filter and no DN is made from outside text but through ldap_filter_value() and ldap_dn_value().
 *
 * Errors of every function unless it says otherwise: DIRECTORY_DOWN (no server answered in time),
 * OVERLOADED (every connection of the pool stayed busy meanwhile),
 * DIRECTORY (a server answered what it should not), NO_MEMORY, TOO_LARGE (arena), MALFORMED (a NUL in
 * a text). On failure *out is untouched.
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include "base/arena.h"
#include "base/str.h"

struct directory; /* opaque */
struct model;     /* engine/model.h */

enum { DIR_LOGIN_MAX = 32, DIR_PASSWORD_MAX = 1024 }; /* bytes */

struct dir_config {
    const char *uris;          /* ldapi:// or ldap(s):// URIs, separated by spaces, best first */
    const char *base_dn;       /* "dc=demo,dc=habilis" */
    const char *bind_dn;       /* habilisd's own identity */
    const char *bind_password; /* copied, wiped by directory_close() */
    int pool_size;             /* connections kept, 1 to 64; 0 is 4 */
    int timeout_ms;            /* of one operation, all servers together, 100 to 3000; 0 is 2500 */
};

/* Connects lazily: opens even while every server is down. Errors: CONFIG, NO_MEMORY, LIBRARY. */
NODISCARD err_t directory_open(const struct dir_config *config, struct directory **out);
void directory_close(struct directory *d); /* NULL is fine; no call may be under way */
static inline void directory_closep(struct directory **d) { directory_close(*d); }

/* ---- health ---- */

/* True while the last thing we heard was an answer. Never blocks. */
bool directory_is_up(const struct directory *d);

struct dir_stats {
    uint64_t operations;     /* LDAP requests sent, binds and probes included */
    uint64_t failures;       /* of these, unanswered */
    int64_t last_contact_ms; /* clock_mono_ms() of the last answer of any connection; 0: never */
    int64_t last_sync_ms;    /* the same of the watch; 0: no watch, or none yet */
    int64_t
        last_told_ms; /* everything that had changed by then was told to the watcher; 0: never */
};
void directory_stats(const struct directory *d, struct dir_stats *out);

/* ---- persons ---- */

struct dir_assignment {
    struct str id;        /* UUID */
    struct str profile;   /* code */
    struct str structure; /* code */
    int64_t start, end;   /* [start, end[, seconds UTC; end is INT64_MAX when it never ends */
    struct str contract;  /* code of contrats.csv, may be empty */
};

struct dir_credential {
    struct str id;     /* UUID */
    struct str kind;   /* "totp" */
    struct str label;  /* for its owner to recognise it; UTF-8 */
    struct str sealed; /* octets as keys_seal() made them */
    int64_t created;   /* seconds UTC */
};

struct dir_person {
    struct str id;    /* UUID, never changes: the OIDC sub */
    struct str login; /* may change */
    struct str dn;
    struct str given_name, family_name, display_name;
    struct str mail, rpps;      /* empty when there is none */
    struct str charter_version; /* of the charter accepted last, empty when never */
    bool active;
    bool has_password;                        /* false until one is set: no password signs in */
    const struct dir_assignment *assignments; /* live or not, ordered by start then id */
    size_t assignment_count;
    const struct dir_credential *credentials; /* ordered by created then id */
    size_t credential_count;
};

/* The person with everything below her entry, which is read in one search. A login is compared without
 * regard to ASCII case. Errors: NOT_FOUND; DIRECTORY when two entries answer. */
NODISCARD err_t directory_person_by_login(struct directory *d, struct arena *a, struct str login,
                                          struct dir_person *out);
NODISCARD err_t directory_person_by_id(struct directory *d, struct arena *a, struct str id,
                                       struct dir_person *out);

/* Everybody, in bounded memory: first every person (id, login, dn, active; the rest is empty), then
 * every assignment with the id of its person, both in no order. What changes meanwhile may be seen or
 * not, and an assignment may be of a person who was not told: follow the watch. The texts live for the
 * call; the first failure of a function ends the reading and is returned. PAGE (may be NULL) is called
 * between two pages of the answer. */
struct dir_each {
    err_t (*person)(void *ctx, const struct dir_person *person);
    err_t (*assignment)(void *ctx, struct str person, const struct dir_assignment *assignment);
    err_t (*page)(void *ctx);
    void *ctx;
};
NODISCARD err_t directory_each_person(struct directory *d, const struct dir_each *to);

/* A bind as the person; PERSON NULL (unknown login) or without a password does the same work against
 * a decoy entry and is BAD_PASSWORD; so is one over DIR_PASSWORD_MAX, without any. An empty password is refused before any bind: a server takes it
 * for an anonymous one and says success (RFC 4513 section 5.1.2).
 * Errors besides the usual: BAD_PASSWORD; LOCKED_OUT: the server has counted too many
 * failures and does not look at the password. The same work is done, but the code itself tells that
 * the account exists: show it as the throttling of an unknown one would be shown. */
NODISCARD err_t directory_check_password(struct directory *d, const struct dir_person *person,
                                         struct str password);

/* ---- writes; ID is that of the person. Errors: NOT_FOUND, CONFLICT (refused by a constraint) ---- */

/* CREDENTIAL->id may be empty: a new UUID is made. *id receives it. */
NODISCARD err_t directory_add_credential(struct directory *d, struct arena *a, struct str person,
                                         const struct dir_credential *credential, struct str *id);
NODISCARD err_t directory_remove_credential(struct directory *d, struct str person,
                                            struct str credential);
/* VERSION as the configuration names it, at most 64 printable bytes without a space. */
NODISCARD err_t directory_set_charter(struct directory *d, struct str person, struct str version,
                                      int64_t now);
/* Stores {ARGON2}$argon2id$v=19$m=19456,t=2,p=1$…; costs some 30 ms of CPU. Quality is the caller's
 * matter; here: 1 to DIR_PASSWORD_MAX bytes of UTF-8 without NUL, or MALFORMED. */
NODISCARD err_t directory_set_password(struct directory *d, struct str person, struct str password);

/* ---- what the policy engine and the protocol need ---- */

/* Fills M (which is empty and not yet compiled) with structures, applications, resources, profiles,
 * grants and constraints. Errors besides the usual: those of engine/model.h. */
NODISCARD err_t directory_load_model(struct directory *d, struct model *m);
/* Of these, only what the rules do not decide: structures and closures. */
NODISCARD err_t directory_load_places(struct directory *d, struct model *m);

struct dir_client {
    struct str client_id;
    struct str application; /* code of the application whose resources it speaks for */
    struct str secret_hash; /* lower-case hex of SHA-256 of the secret; empty: no secret */
    struct str metadata;    /* JSON text as of RFC 7591 section 2 */
};
struct dir_clients {
    const struct dir_client *list; /* ordered by client_id */
    size_t count;
};
NODISCARD err_t directory_clients(struct directory *d, struct arena *a, struct dir_clients *out);

/* What a break-glass is in one application; kept in ou=constraints. */
struct dir_emergency {
    struct str application; /* code */
    struct str label;
    struct str lot; /* code of what it opens */
    struct str open_resource, open_action, review_resource, review_action;
    const struct str *told; /* profiles, in byte order */
    size_t told_count;
    int64_t hours, review_days;
};
struct dir_emergencies {
    const struct dir_emergency *list; /* ordered by application */
    size_t count;
};
/* An entry that is wrong is DIRECTORY. */
NODISCARD err_t directory_emergencies(struct directory *d, struct arena *a,
                                      struct dir_emergencies *out);

/* Every assignment of PROFILE, live or not, whoever holds it, in no order. */
struct dir_holder {
    struct str person; /* her id */
    struct str structure;
    int64_t start, end;
};
struct dir_holders {
    const struct dir_holder *list;
    size_t count;
};
NODISCARD err_t directory_holders(struct directory *d, struct arena *a, struct str profile,
                                  struct dir_holders *out);

/* ---- changes made by others ---- */

enum dir_change { DIR_CHANGE_MODEL = 1, DIR_CHANGE_PEOPLE = 2, DIR_CHANGE_RESYNC = 4 }; /* bits */

enum { DIR_CHANGED_PERSONS_MAX = 1024 }; /* told one by one; beyond it is a RESYNC */

struct dir_changes {
    unsigned what; /* enum dir_change */
    const struct str
        *persons; /* with DIR_CHANGE_PEOPLE: ids, each once; they or what is below them */
    size_t person_count;
};

/* Called on the watch's own thread, at most once every 200 ms, CHANGES (borrowed for the call) telling
 * what changed meanwhile; DIR_CHANGE_RESYNC after a (re)connection: anything may have changed. It may
 * call any other function of this header but directory_close(). */
typedef void dir_watch_fn(void *ctx, const struct dir_changes *changes);

/* One watch a directory, RFC 4533 refreshAndPersist, reconnecting by itself; ends with
 * directory_stop_watch() or directory_close(). Errors: NO_MEMORY, LIBRARY, BUG (second watch). */
NODISCARD err_t directory_watch(struct directory *d, dir_watch_fn *fn, void *ctx);
/* FN is not running any more when it returns, and will not. Not from FN. Nothing when there is none. */
void directory_stop_watch(struct directory *d);

/* ---- text into filters and DNs ---- */

struct buf; /* base/buf.h */

/* An assertion value of a filter, RFC 4515 section 3: what is not an ASCII letter or digit becomes
 * \xx, so that parsing gives back the same bytes. */
void ldap_filter_value(struct buf *out, struct str value);
/* An attribute value of a DN, RFC 4514 section 2.4; the empty value stays empty. */
void ldap_dn_value(struct buf *out, struct str value);

#endif
