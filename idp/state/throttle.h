/* throttle.h - guessing made slow, per account, per network, per client.
 *
 * An attempt is counted *before* the secret is checked (throttle_reserve) and given back when it
 * turns out not to be a wrong guess (throttle_refund, throttle_reset): a thousand guesses in
 * parallel share one counter and gain nothing. Counters survive a restart.
 *
 *   THROTTLE_BACKOFF  `free` failures cost nothing; after that each one opens a wait that doubles
 *                     from first_wait_s to max_wait_s; forget_s without a failure forgets all
 *   THROTTLE_RATE     at most `free` failures in each window of forget_s seconds
 *
 * A key is any text (an account's id, "net:192.0.2.0/24", "client:…"); it is stored hashed with its
 * kind. Key an account by what was typed, folded, whether or not the account exists: the answer
 * must not tell.
 */
#ifndef STATE_THROTTLE_H
#define STATE_THROTTLE_H

#include "state/state.h"

enum throttle_shape { THROTTLE_BACKOFF, THROTTLE_RATE };

struct throttle_policy {
    enum throttle_shape shape;
    int64_t free;         /* failures, > 0 */
    int64_t first_wait_s; /* BACKOFF only */
    int64_t max_wait_s;   /* BACKOFF only */
    int64_t forget_s;
};

/* 5 free, then 2, 4, 8 s … 15 min; forgotten after an hour. */
extern const struct throttle_policy throttle_account_default;
/* 60 failures a minute. */
extern const struct throttle_policy throttle_network_default;

struct throttle_key {
    struct str key;
    const struct throttle_policy *policy;
};

enum { THROTTLE_KEYS_MAX = 8 };

/* Counts one attempt on each of N keys, or on none. Errors: THROTTLED, and then *wait_s (untouched
 * otherwise) is the longest wait among the keys, in seconds, at least 1. The refusal writes
 * nothing: the job may return it. */
NODISCARD err_t throttle_reserve(struct state_tx *tx, const struct throttle_key *keys, size_t n,
                                 int64_t now, int64_t *wait_s);
/* Gives the attempt back: the secret was right, or could not be checked. */
NODISCARD err_t throttle_refund(struct state_tx *tx, const struct throttle_key *keys, size_t n,
                                int64_t now);
/* Would an attempt be let through? Writes nothing, reserves nothing: for pages. Errors: THROTTLED. */
NODISCARD err_t throttle_check(struct state_tx *tx, const struct throttle_key *keys, size_t n,
                               int64_t now, int64_t *wait_s);
/* Counts a failure that was not reserved (a forged cookie, a bad client assertion). */
NODISCARD err_t throttle_fail(struct state_tx *tx, const struct throttle_key *key, int64_t now);
/* Forgets the key: after the right secret, for the account; after a reset by an administrator. */
NODISCARD err_t throttle_reset(struct state_tx *tx, const struct throttle_key *key);

#endif
