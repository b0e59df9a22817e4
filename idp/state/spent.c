#include "state/spent.h"

#include "base/buf.h"
#include "state/sql.h"
#include "token/hash.h"

enum { NAME_MAX_LEN = 1024 }; /* bytes of client and jti together */

err_t otp_spend(struct state_tx *tx, struct str credential, int64_t step, int64_t now)
{
    if (credential.len == 0)
        return ERR(BUG);
    err_t e =
        sql_exec(tx, SQL_OTP_INSERT,
                 SQL_ARGS(V_TEXT(credential), V_INT(step), V_INT(now + OTP_SPENT_KEEP_S)), NULL);
    return e.code == ERR_CONFLICT ? ERR(CODE_SPENT) : e;
}

/* Hashed: both texts are the sender's, and the key of the table stays short. The length in front
 * keeps ("ab", "c") and ("a", "bc") apart. */
static err_t jti_key(struct str client, struct str jti, unsigned char out[SHA256_LEN])
{
    struct buf b;
    buf_init(&b, NAME_MAX_LEN);
    buf_add_i64(&b, (int64_t)client.len);
    buf_add_char(&b, ':');
    buf_add(&b, client);
    buf_add(&b, jti);
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = sha256(buf_str(&b), out);
    buf_done(&b);
    return e;
}

err_t jti_spend(struct state_tx *tx, struct str client, struct str jti, int64_t expires)
{
    unsigned char key[SHA256_LEN];
    if (client.len == 0 || jti.len == 0)
        return ERR(MALFORMED);
    TRY(jti_key(client, jti, key));
    err_t e = sql_exec(tx, SQL_JTI_INSERT, SQL_ARGS(V_BLOB(key, sizeof key), V_INT(expires)), NULL);
    return e.code == ERR_CONFLICT ? ERR(REPLAYED) : e;
}
