/* internal.h - what the files of this folder share; nobody else includes it, nor ldap.h.
 *
 * A connection belongs to one thread from dir_acquire() to dir_release(). Time limits are instants of
 * clock_mono_ms(). A server is "down" from the first operation it leaves unanswered (and answered no
 * other meanwhile) until the prober gets through to it.
 */
#ifndef DIRECTORY_INTERNAL_H
#define DIRECTORY_INTERNAL_H

#include "directory/directory.h"

#include "base/buf.h"

#include <ldap.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    DIR_SERVERS_MAX = 8,
    DIR_POOL_MAX = 64,
    DIR_POOL_DEFAULT = 4,
    DIR_TIMEOUT_MIN_MS = 100,
    DIR_TIMEOUT_MAX_MS = 3000,
    DIR_TIMEOUT_DEFAULT_MS = 2500,
    DIR_PROBE_EVERY_MS = 1000,
    DIR_DN_MAX = 4096,    /* bytes */
    DIR_FILTER_MAX = 2048 /* bytes */
};

/* A variable with a cleanup is initialised where it is declared: any return may come first. */
#define DIR_CLEANUP(f) __attribute__((cleanup(f)))
static inline void dir_buf_donep(struct buf *b) { buf_done(b); }

struct dir_server {
    char *uri;
    atomic_bool down;
    atomic_llong answered_ms; /* clock_mono_ms() of its last answer */
};

struct dir_conn {
    LDAP *ld;
    int server;
    struct dir_conn *next; /* in the idle list */
};

struct dir_pool {
    bool as_service; /* bound as habilisd; otherwise for binds as persons */
    struct dir_conn *idle;
    int open; /* idle and in use */
};

struct dir_watch; /* watch.c */

struct directory {
    pthread_mutex_t lock; /* guards the pools and closing */
    pthread_cond_t freed; /* a connection came back */
    pthread_cond_t wake;  /* a server went down, or closing */
    struct dir_pool service, persons;
    struct dir_server servers[DIR_SERVERS_MAX];
    int server_count;
    int pool_size;
    int timeout_ms;
    char *base;
    char *bind_dn;
    char *bind_password;
    pthread_t prober;
    bool prober_runs;
    bool closing;
    struct dir_watch *watch;
    atomic_ullong operations, failures;
    atomic_llong last_contact_ms, last_sync_ms, last_told_ms;
};

/* ---- pool.c ---- */

/* Errors: DIRECTORY_DOWN; OVERLOADED when no connection came free in time; NO_MEMORY. */
NODISCARD err_t dir_acquire(struct directory *d, struct dir_pool *pool, int64_t deadline_ms,
                            struct dir_conn **out);
/* A connection that is not REUSABLE (timed out, lost) is closed. */
void dir_release(struct directory *d, struct dir_pool *pool, struct dir_conn *c, bool reusable);
/* A new connection to that server, bound as habilisd if AS_SERVICE. */
NODISCARD err_t dir_connect(struct directory *d, int server, bool as_service, int64_t deadline_ms,
                            LDAP **out);
void dir_disconnect(LDAP *ld); /* NULL is fine */
/* Waits for (part of) the answer to MSGID; ALL as of ldap_result(3). *type is its message type. */
NODISCARD err_t dir_wait(struct directory *d, struct dir_conn *c, int msgid, int all,
                         int64_t deadline_ms, LDAPMessage **out);
/* A request that could not be sent, or was left unanswered since STARTED_MS. */
void dir_unanswered(struct directory *d, int server, int64_t started_ms);
void dir_answered(struct directory *d, int server);
int dir_best_server(const struct directory *d); /* -1 when all are down */
void *dir_prober(void *directory);

static inline int64_t dir_earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- op.c ---- */

struct dir_query {
    const char *base;
    int scope; /* LDAP_SCOPE_… */
    const char *filter;
    const char *const *attrs; /* NULL-terminated */
    int size_limit;           /* 0: none */
};
/* Called for each entry; its first failure ends the search. LD and ENTRY are borrowed. */
typedef err_t dir_entry_fn(void *ctx, LDAP *ld, LDAPMessage *entry);

/* Each entry must come within the time limit. NOT_FOUND when the base does not exist. */
NODISCARD err_t dir_search(struct directory *d, const struct dir_query *query, dir_entry_fn *fn,
                           void *ctx);
NODISCARD err_t dir_add(struct directory *d, const char *dn, LDAPMod **mods);
NODISCARD err_t dir_modify(struct directory *d, const char *dn, LDAPMod **mods);
NODISCARD err_t dir_delete(struct directory *d, const char *dn);
/* What an LDAP result code means to us. Logs what is unexpected. */
NODISCARD err_t dir_err_of(LDAP *ld, int code, const char *what);

/* ---- entry.c: values of an entry, copied into the arena ---- */

NODISCARD err_t dir_value(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attr,
                          struct str *out); /* the first; empty when there is none */
NODISCARD err_t dir_values(struct arena *a, LDAP *ld, LDAPMessage *entry, const char *attr,
                           const struct str **out, size_t *count); /* in byte order */
NODISCARD err_t dir_value_time(LDAP *ld, LDAPMessage *entry, const char *attr, int64_t missing,
                               int64_t *out);
bool dir_has_class(LDAP *ld, LDAPMessage *entry, const char *object_class);
bool dir_has_attr(LDAP *ld, LDAPMessage *entry, const char *attr);

NODISCARD err_t dir_entry_dn(struct arena *a, LDAP *ld, LDAPMessage *entry, struct str *out);
/* The value of the first attribute of the RDN above the entry's own. Errors: DIRECTORY. */
NODISCARD err_t dir_parent_value(struct arena *a, LDAP *ld, LDAPMessage *entry, struct str *out);

/* "attr=VALUE,REST[,base]" into B, with its NUL; REST is trusted text and may be NULL. */
void dir_dn_start(struct buf *b, const char *attr, struct str value);
NODISCARD err_t dir_dn_end(struct buf *b, const char *rest, const char *base, const char **out);

#endif
