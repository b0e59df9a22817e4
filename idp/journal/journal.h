/* journal.h - the audit trail: who did what, when, from where; it cannot be altered unseen.
 *
 * A record is appended in the same transaction as the change it tells of, so both are durable
 * before the answer leaves. Records form a chain: each has the SHA-256 of its own content and of
 * the hash before it (canonical form: chain.h). Every JOURNAL_CHECKPOINT_EVERY records a
 * checkpoint with an HMAC is written, and after each commit the last number and hash go, with an
 * HMAC, to an anchor file beside the database. So:
 *   an edit, a deletion, an insertion    breaks the chain at the first bad record
 *   a chain recomputed without the key   disagrees with checkpoints and anchor
 *   a tail cut off                       ends before the anchor
 * Someone who has the key, or puts back an older copy of database *and* anchor, is not noticed by
 * this machine alone: send the anchor elsewhere for that.
 *
 * Never a secret, a token or a typed password in any field.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "state/state.h"

enum {
    JOURNAL_FIELD_MAX = 256,     /* bytes of one field */
    JOURNAL_DATA_MAX = 4 * 1024, /* bytes of the JSON text */
    JOURNAL_HASH_LEN = 32,
    JOURNAL_KEY_LEN = 32,
    JOURNAL_CHECKPOINT_EVERY = 256,
};

/* What a kind of event must say; the others may be given too. */
enum {
    NEED_ACTOR = 1,
    NEED_SUBJECT = 2,
    NEED_CLIENT = 4,
    NEED_STRUCTURE = 8,
    NEED_SESSION = 16,
    NEED_NETWORK = 32,
};

/* code, stable name (never renamed, never reused), required fields, required data keys (separated
 * by spaces), French sentence */
#define JOURNAL_EVENTS(X)                                                                       \
    X(SERVICE_STARTED, "service_started", 0, "version", "Le service a démarré")                 \
    X(SERVICE_STOPPED, "service_stopped", 0, "", "Le service s’est arrêté")                     \
    X(JOURNAL_SUSPECT, "journal_suspect", 0, "reason",                                          \
      "Le journal ne correspond pas à sa dernière ancre")                                       \
    X(KEYS_CREATED, "keys_created", 0, "kid", "Des clés de signature ont été créées")           \
    X(DIRECTORY_DOWN, "directory_down", 0, "error", "L’annuaire ne répond plus")                \
    X(DIRECTORY_UP, "directory_up", 0, "", "L’annuaire répond de nouveau")                      \
    X(DIRECTORY_LOADED, "directory_loaded", 0, "source",                                        \
      "Des données ont été chargées dans l’annuaire")                                           \
    X(RULES_CHANGED, "rules_changed", 0, "digest lines added removed",                          \
      "Les règles d’accès ont changé")                                                          \
    X(DUTIES_CONFLICT, "duties_conflict", NEED_SUBJECT | NEED_STRUCTURE,                        \
      "profiles other_structure from until", "Une personne cumule deux profils incompatibles")  \
    X(DUTIES_RESOLVED, "duties_resolved", NEED_SUBJECT, "profiles",                             \
      "Un cumul de profils incompatibles a pris fin")                                           \
    X(SIGN_IN_OK, "sign_in_ok", NEED_ACTOR | NEED_SESSION | NEED_NETWORK, "acr amr",            \
      "Connexion réussie")                                                                      \
    X(SIGN_IN_FAILED, "sign_in_failed", NEED_NETWORK, "reason", "Connexion refusée")            \
    X(THROTTLED, "throttled", NEED_NETWORK, "limit wait_s", "Trop d’essais : attente imposée")  \
    X(SECOND_FACTOR_OK, "second_factor_ok", NEED_ACTOR | NEED_NETWORK, "method",                \
      "Second facteur accepté")                                                                 \
    X(SECOND_FACTOR_FAILED, "second_factor_failed", NEED_ACTOR | NEED_NETWORK, "method reason", \
      "Second facteur refusé")                                                                  \
    X(SECOND_FACTOR_ENROLLED, "second_factor_enrolled", NEED_ACTOR | NEED_NETWORK,              \
      "method credential", "Second facteur enregistré")                                         \
    X(CHARTER_ACCEPTED, "charter_accepted", NEED_ACTOR | NEED_NETWORK, "version",               \
      "Charte informatique acceptée")                                                           \
    X(STRUCTURE_CHOSEN, "structure_chosen", NEED_ACTOR | NEED_STRUCTURE | NEED_SESSION, "",     \
      "Structure de travail choisie")                                                           \
    X(SESSION_UPGRADED, "session_upgraded", NEED_ACTOR | NEED_SESSION, "acr amr",               \
      "Niveau d’authentification relevé")                                                       \
    X(SESSION_ENDED, "session_ended", NEED_ACTOR | NEED_SESSION, "reason", "Fin de session")    \
    X(ACCESS_REFUSED, "access_refused", NEED_ACTOR, "reason", "Accès refusé")                   \
    X(AUTHORIZATION_REFUSED, "authorization_refused", NEED_CLIENT, "error",                     \
      "Demande d’autorisation refusée")                                                         \
    X(CODE_ISSUED, "code_issued", NEED_ACTOR | NEED_CLIENT | NEED_SESSION, "family",            \
      "Code d’autorisation délivré à une application")                                          \
    X(CODE_REPLAYED, "code_replayed", NEED_CLIENT, "family",                                    \
      "Code d’autorisation présenté une seconde fois")                                          \
    X(CLIENT_REFUSED, "client_refused", NEED_NETWORK, "reason", "Application non reconnue")     \
    X(TOKEN_ISSUED, "token_issued", NEED_CLIENT, "jti", "Jeton délivré à une application")      \
    X(DECISION_PERMITTED, "decision_permitted", NEED_CLIENT, "resource action",                 \
      "Une application a demandé si une personne a un droit : oui")                             \
    X(DECISION_REFUSED, "decision_refused", NEED_CLIENT, "resource action reason",              \
      "Une application a demandé si une personne a un droit : non")                             \
    X(DECISION_EXPLAINED, "decision_explained", NEED_CLIENT, "resource action",                 \
      "Une application a demandé pourquoi une personne a, ou n’a pas, un droit")                \
    X(TOKEN_REFUSED, "token_refused", NEED_CLIENT, "error", "Jeton refusé à une application")   \
    X(EMERGENCY_OPENED, "emergency_opened",                                                     \
      NEED_ACTOR | NEED_SUBJECT | NEED_STRUCTURE | NEED_SESSION,                                \
      "application lot ends reason_digest told", "Accès d’urgence ouvert (bris de glace)")      \
    X(EMERGENCY_REFUSED, "emergency_refused", NEED_ACTOR | NEED_SESSION, "reason",              \
      "Accès d’urgence refusé")                                                                 \
    X(EMERGENCY_USED, "emergency_used", NEED_ACTOR | NEED_SUBJECT | NEED_STRUCTURE, "",         \
      "Premier accès au titre d’une urgence")                                                   \
    X(EMERGENCY_CLOSED, "emergency_closed", NEED_ACTOR | NEED_SUBJECT, "",                      \
      "Accès d’urgence refermé avant son terme")                                                \
    X(EMERGENCY_REVIEWED, "emergency_reviewed", NEED_ACTOR | NEED_SUBJECT | NEED_STRUCTURE,     \
      "verdict comment_digest", "Accès d’urgence contrôlé")

enum journal_event {
#define X(code, name, fields, data, french) JOURNAL_##code,
    JOURNAL_EVENTS(X)
#undef X
        JOURNAL_EVENT_COUNT
};

const char *journal_event_name(enum journal_event event);
const char *journal_event_french(struct str name); /* the name itself when unknown; static text */
bool journal_event_of(struct str name, enum journal_event *out);

struct journal_datum {
    const char *key; /* [a-z_]{1,32}, ours, never outside text; NULL ends the list */
    struct str text;
};
/* Lives to the end of the block it stands in, as any compound literal: not in an inner block. */
#define JOURNAL_DATA(...)          \
    (const struct journal_datum[]) \
    {                              \
        __VA_ARGS__,               \
        {                          \
            NULL, { 0 }            \
        }                          \
    }

struct journal_entry {
    enum journal_event event;
    int64_t at_ms;                    /* milliseconds, UTC */
    struct str actor;                 /* id of the person who acted; empty: nobody known */
    struct str subject;               /* id of the person acted on, when another; or a thing's id */
    struct str client;                /* client_id */
    struct str structure;             /* code of the structure */
    struct str session;               /* sid */
    struct str network;               /* as the throttle names it */
    const struct journal_datum *data; /* may be NULL */
};

/* Errors: BUG (a required field or data key is missing or a key is ill-formed), TOO_LARGE,
 * BAD_UTF8, STATE_DOWN. Call it in the job of state_write() that makes the change. */
NODISCARD err_t journal_append(struct state_tx *tx, const struct journal_entry *entry);

/* --- the service's side: checkpoints and the anchor --- */

struct journal; /* opaque */

/* The anchor's path is the database's with this after it. */
#define JOURNAL_ANCHOR_SUFFIX ".anchor"
/* keys_derive() of this purpose gives the key. */
#define JOURNAL_KEY_PURPOSE "journal"

struct journal_options {
    const char *anchor;                 /* path of the anchor file, on the database's disk */
    unsigned char key[JOURNAL_KEY_LEN]; /* of JOURNAL_KEY_PURPOSE; wipe yours after */
};
enum journal_anchor {
    ANCHOR_AGREES,    /* or database and anchor are both new */
    ANCHOR_MISSING,   /* there are records, but no anchor */
    ANCHOR_FORGED,    /* no slot of the file has a true HMAC */
    ANCHOR_DISAGREES, /* the record it names has another hash */
    ANCHOR_AHEAD,     /* the record it names is not there: the tail was cut off */
};
/* Before the first state_write(). Compares anchor and chain; when they do not agree, the old anchor
 * is kept beside as "….suspect-SECONDS-N", a JOURNAL_SUSPECT record is appended, and *found says so:
 * log it as an error; the service goes on. Errors: IO (anchor cannot be written), STATE_DOWN, … */
NODISCARD err_t journal_open(struct state *st, const struct journal_options *o, int64_t now,
                             enum journal_anchor *found, struct journal **out);
/* Before state_close(). Flushes the anchor. NULL is fine. */
void journal_close(struct journal *j);
/* Anchor writes that failed since journal_open(), for the metrics: the answers were not held up. */
uint64_t journal_anchor_failures(const struct journal *j);

/* --- reading and checking: also from outside the service, on a read-only state --- */

struct journal_record {
    int64_t seq, at_ms;
    struct str event, actor, subject, client, structure, session, network, data; /* data: JSON */
    unsigned char prev[JOURNAL_HASH_LEN], hash[JOURNAL_HASH_LEN];
};
struct journal_filter {
    int64_t since_ms, until_ms; /* [since, until[ ; 0: no bound */
    struct str person;          /* as actor or subject; empty: any */
    struct str event;           /* empty: any */
    int64_t after_seq;          /* 0: from the start */
    int64_t limit;              /* the last LIMIT records that match, oldest first; 0: 100 */
};
/* The record's texts live until FN returns; its failure stops the reading and is returned. */
typedef err_t journal_fn(const struct journal_record *r, void *arg);
NODISCARD err_t journal_read(struct state_tx *tx, const struct journal_filter *f, journal_fn *fn,
                             void *arg);

enum journal_fault {
    JOURNAL_SOUND,
    JOURNAL_GAP,            /* a number is missing: deleted, or inserted out of order */
    JOURNAL_LINK_BROKEN,    /* prev is not the hash of the record before */
    JOURNAL_HASH_WRONG,     /* the content is not what was hashed */
    JOURNAL_CHECKPOINT_BAD, /* a checkpoint's HMAC is wrong or names another hash */
    JOURNAL_ANCHOR_BAD,     /* see anchor */
};
struct journal_verdict {
    enum journal_fault fault;
    int64_t bad_seq;     /* first bad record; 0 when sound */
    int64_t records;     /* read */
    int64_t last_seq;    /* 0: empty */
    int64_t checkpoints; /* checked */
    bool keyed;          /* false: no key was given, so only the chain was checked */
    enum journal_anchor anchor;
    int64_t anchor_seq; /* 0: none */
};
/* KEY NULL: the chain only. ANCHOR may be NULL. Errors: STATE_DOWN, IO (not for what it finds:
 * that is the verdict). */
NODISCARD err_t journal_verify(struct state *st, const unsigned char key[JOURNAL_KEY_LEN],
                               const char *anchor, struct journal_verdict *out);
const char *journal_fault_french(enum journal_fault fault);
const char *journal_anchor_french(enum journal_anchor anchor);

#endif
