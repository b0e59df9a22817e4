#include "state/throttle.h"

#include "state/sql.h"
#include "token/hash.h"

const struct throttle_policy throttle_account_default = {
    .shape = THROTTLE_BACKOFF,
    .free = 5,
    .first_wait_s = 2,
    .max_wait_s = 15 * 60,
    .forget_s = 60 * 60,
};
const struct throttle_policy throttle_network_default = {
    .shape = THROTTLE_RATE,
    .free = 60,
    .forget_s = 60,
};

enum { KEY_LEN = SHA256_LEN };

struct counter {
    int64_t failures;
    int64_t since;   /* BACKOFF: the latest failure; RATE: start of the window */
    int64_t open_at; /* BACKOFF: no attempt before */
};

/* --- rules: no database here --- */

/* Doubling by shifts, stopped long before it could overflow. */
static int64_t wait_after(const struct throttle_policy *p, int64_t failures)
{
    int64_t wait = p->first_wait_s;
    for (int64_t i = p->free; i < failures && wait < p->max_wait_s; i++)
        wait *= 2;
    return failures < p->free ? 0 : wait < p->max_wait_s ? wait : p->max_wait_s;
}

static struct counter fresh(int64_t now) { return (struct counter){ 0, now, 0 }; }

/* A clock set back must not lock anyone out for longer than the rule: a counter from the future
 * counts as one of now. */
static struct counter aged(const struct throttle_policy *p, struct counter c, int64_t now)
{
    if (c.since > now) {
        c.open_at -= c.since - now;
        c.since = now;
    }
    return now - c.since >= p->forget_s && now >= c.open_at ? fresh(now) : c;
}

static int64_t wait_of(const struct throttle_policy *p, struct counter c, int64_t now)
{
    if (p->shape == THROTTLE_RATE)
        return c.failures < p->free ? 0 : c.since + p->forget_s - now;
    return c.open_at > now ? c.open_at - now : 0;
}

static struct counter counted(const struct throttle_policy *p, struct counter c, int64_t now)
{
    c.failures++;
    if (p->shape == THROTTLE_BACKOFF) {
        c.since = now;
        c.open_at = now + wait_after(p, c.failures);
    }
    return c;
}

/* The wait that the refunded attempt opened goes with it. */
static struct counter refunded(struct counter c)
{
    c.failures -= c.failures > 0 ? 1 : 0;
    c.open_at = 0;
    return c;
}

static int64_t forgotten_at(const struct throttle_policy *p, struct counter c)
{
    int64_t at = c.since + p->forget_s;
    return at > c.open_at ? at : c.open_at;
}

/* --- the table --- */

static err_t key_of(const struct throttle_key *k, unsigned char out[KEY_LEN])
{
    if (k->key.len == 0 || k->policy->free <= 0 || k->policy->forget_s <= 0)
        return ERR(BUG);
    return sha256(k->key, out);
}

static err_t read_row(const struct sql_row *row, void *arg)
{
    *(struct counter *)arg = (struct counter){ sql_int(row, 0), sql_int(row, 1), sql_int(row, 2) };
    return ERR(OK);
}

static err_t load(struct state_tx *tx, const struct throttle_key *k, int64_t now,
                  struct counter *out)
{
    unsigned char key[KEY_LEN];
    struct counter c = fresh(now);
    TRY(key_of(k, key));
    err_t e = sql_one(tx, SQL_THROTTLE_GET, SQL_ARGS(V_BLOB(key, sizeof key)), read_row, &c);
    if (!err_ok(e) && e.code != ERR_NOT_FOUND)
        return e;
    *out = aged(k->policy, c, now);
    return ERR(OK);
}

static err_t save(struct state_tx *tx, const struct throttle_key *k, struct counter c)
{
    unsigned char key[KEY_LEN];
    TRY(key_of(k, key));
    return sql_exec(tx, SQL_THROTTLE_PUT,
                    SQL_ARGS(V_BLOB(key, sizeof key), V_INT(c.failures), V_INT(c.since),
                             V_INT(c.open_at), V_INT(forgotten_at(k->policy, c))),
                    NULL);
}

/* Reads all the counters; THROTTLED if one of them is closed. */
static err_t load_all(struct state_tx *tx, const struct throttle_key *keys, size_t n, int64_t now,
                      struct counter *counters, int64_t *wait_s)
{
    int64_t longest = 0;
    if (n == 0 || n > THROTTLE_KEYS_MAX)
        return ERR(BUG);
    for (size_t i = 0; i < n; i++) {
        TRY(load(tx, &keys[i], now, &counters[i]));
        int64_t wait = wait_of(keys[i].policy, counters[i], now);
        longest = wait > longest ? wait : longest;
    }
    if (longest == 0)
        return ERR(OK);
    *wait_s = longest;
    return ERR(THROTTLED);
}

/* --- calls --- */

err_t throttle_reserve(struct state_tx *tx, const struct throttle_key *keys, size_t n, int64_t now,
                       int64_t *wait_s)
{
    struct counter counters[THROTTLE_KEYS_MAX];
    TRY(load_all(tx, keys, n, now, counters, wait_s));
    for (size_t i = 0; i < n; i++)
        TRY(save(tx, &keys[i], counted(keys[i].policy, counters[i], now)));
    return ERR(OK);
}

err_t throttle_check(struct state_tx *tx, const struct throttle_key *keys, size_t n, int64_t now,
                     int64_t *wait_s)
{
    struct counter counters[THROTTLE_KEYS_MAX];
    return load_all(tx, keys, n, now, counters, wait_s);
}

err_t throttle_refund(struct state_tx *tx, const struct throttle_key *keys, size_t n, int64_t now)
{
    for (size_t i = 0; i < n; i++) {
        struct counter c;
        TRY(load(tx, &keys[i], now, &c));
        if (c.failures > 0)
            TRY(save(tx, &keys[i], refunded(c)));
    }
    return ERR(OK);
}

err_t throttle_fail(struct state_tx *tx, const struct throttle_key *key, int64_t now)
{
    struct counter c;
    TRY(load(tx, key, now, &c));
    return save(tx, key, counted(key->policy, c, now));
}

err_t throttle_reset(struct state_tx *tx, const struct throttle_key *key)
{
    unsigned char hash[KEY_LEN];
    TRY(key_of(key, hash));
    return sql_exec(tx, SQL_THROTTLE_DELETE, SQL_ARGS(V_BLOB(hash, sizeof hash)), NULL);
}
