/* err.h - the one result type of the project.
 *
 * A result is a struct, so that `if (f())` does not compile and an ignored one warns. Zero is
 * ERR_UNSET, a failure: memory that was never written never reads as success. The class of a code
 * decides what the outside sees (HTTP status, PAM code); its name goes to logs, journal and tests
 * and is never renamed or reused. Detail for humans belongs in the log event, not in the code.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_class {
    ERR_CLASS_INTERNAL,    /* our fault: 500 */
    ERR_CLASS_SUCCESS,     /* 200 */
    ERR_CLASS_CALLER,      /* the sender's fault: 400 */
    ERR_CLASS_DENIED,      /* understood and refused: 401 or 403 */
    ERR_CLASS_UNAVAILABLE, /* a server behind us is away: 503, try again */
};

/* code, class, stable name */
#define ERR_LIST(X)                                     \
    X(UNSET, INTERNAL, "unset")                         \
    X(OK, SUCCESS, "ok")                                \
    X(NO_MEMORY, INTERNAL, "no_memory")                 \
    X(CRYPTO, INTERNAL, "crypto")                       \
    X(IO, INTERNAL, "io")                               \
    X(BUG, INTERNAL, "bug")                             \
    X(LIBRARY, INTERNAL, "library")                     \
    X(CONFIG, CALLER, "config")                         \
    X(MALFORMED, CALLER, "malformed")                   \
    X(TOO_LARGE, CALLER, "too_large")                   \
    X(BAD_UTF8, CALLER, "bad_utf8")                     \
    X(DUPLICATE, CALLER, "duplicate")                   \
    X(NOT_FOUND, CALLER, "not_found")                   \
    X(CONFLICT, CALLER, "conflict")                     \
    X(BAD_FILE, CALLER, "bad_file")                     \
    X(DENIED, DENIED, "denied")                         \
    X(BAD_PASSWORD, DENIED, "bad_password")             \
    X(LOCKED_OUT, DENIED, "locked_out")                 \
    X(SUSPENDED, DENIED, "suspended")                   \
    X(THROTTLED, DENIED, "throttled")                   \
    X(BAD_CODE, DENIED, "bad_code")                     \
    X(CODE_SPENT, DENIED, "code_spent")                 \
    X(REPLAYED, DENIED, "replayed")                     \
    X(TOKEN_MALFORMED, CALLER, "token_malformed")       \
    X(TOKEN_FORGED, DENIED, "token_forged")             \
    X(TOKEN_EXPIRED, DENIED, "token_expired")           \
    X(TOKEN_NOT_YET, DENIED, "token_not_yet")           \
    X(TOKEN_WRONG_ISSUER, DENIED, "token_wrong_issuer") \
    X(TOKEN_WRONG_AUDIENCE, DENIED, "token_wrong_aud")  \
    X(TOKEN_WRONG_TYPE, DENIED, "token_wrong_type")     \
    X(TOKEN_UNKNOWN_KEY, DENIED, "token_unknown_key")   \
    X(SEAL_BROKEN, INTERNAL, "seal_broken")             \
    X(DIRECTORY_DOWN, UNAVAILABLE, "directory_down")    \
    X(DIRECTORY, INTERNAL, "directory")                 \
    X(STATE_DOWN, UNAVAILABLE, "state_down")            \
    X(STATE_BROKEN, INTERNAL, "state")                  \
    X(PEER_DOWN, UNAVAILABLE, "peer_down")              \
    X(PEER_BAD_ANSWER, UNAVAILABLE, "peer_bad_answer")  \
    X(PEER_UNTRUSTED, UNAVAILABLE, "peer_untrusted")    \
    X(OVERLOADED, UNAVAILABLE, "overloaded")

enum err_code {
#define X(code, class, name) ERR_##code,
    ERR_LIST(X)
#undef X
};

typedef struct {
    enum err_code code;
} err_t;

#define NODISCARD __attribute__((warn_unused_result))

/* ERR(NO_MEMORY) is the value of that code. */
#define ERR(c) ((err_t){ ERR_##c })

/* Returns the failure of EXPR, if any, from the calling function: the only macro that returns. */
#define TRY(expr)                  \
    do {                           \
        err_t try_result = (expr); \
        if (!err_ok(try_result))   \
            return try_result;     \
    } while (0)

static inline bool err_ok(err_t e) { return e.code == ERR_OK; }

const char *err_name(err_t e);        /* static text; "unset" for a code out of range */
enum err_class err_class_of(err_t e); /* INTERNAL for a code out of range */

#endif
