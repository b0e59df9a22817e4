/* Reads the whole chain once, in one snapshot, and stops at the first record that is not right. */
#include "base/secret.h"
#include "journal/anchor.h"
#include "journal/table.h"

#include <string.h>

struct verifying {
    const unsigned char *key; /* NULL: none */
    struct state_tx *tx;
    struct chain_point last; /* the record before */
    struct chain_point checkpoint, anchor;
    unsigned char checkpoint_mac[JOURNAL_HASH_LEN];
    bool anchor_seen; /* the record it names was read */
    bool anchor_same; /* … and has the hash it names */
    struct journal_verdict v;
};

/* Carries "stop here" out of the reading; the verdict says why. */
#define STOPPED ERR(CONFLICT)

static err_t blame(struct verifying *w, enum journal_fault fault, int64_t seq)
{
    w->v.fault = fault;
    w->v.bad_seq = seq;
    return STOPPED;
}

/* --- checkpoints: always the next one ahead --- */

static err_t checkpoint_row(const struct sql_row *row, void *arg)
{
    struct verifying *w = arg;
    w->checkpoint.seq = sql_int(row, 0);
    TRY(table_hash(row, 1, w->checkpoint.hash));
    return table_hash(row, 2, w->checkpoint_mac);
}

static err_t next_checkpoint(struct verifying *w)
{
    int64_t after = w->checkpoint.seq;
    err_t e = sql_one(w->tx, SQL_CHECKPOINT_NEXT, SQL_ARGS(V_INT(after)), checkpoint_row, w);
    if (e.code != ERR_NOT_FOUND)
        return e;
    w->checkpoint.seq = INT64_MAX;
    return ERR(OK);
}

static err_t check_checkpoint(struct verifying *w, const struct journal_record *r)
{
    unsigned char mac[JOURNAL_HASH_LEN];
    if (r->seq != w->checkpoint.seq)
        return ERR(OK);
    if (!ct_equal(r->hash, w->checkpoint.hash, sizeof r->hash))
        return blame(w, JOURNAL_CHECKPOINT_BAD, r->seq);
    if (w->key != NULL) {
        TRY(chain_mac(w->key, STR(CHAIN_CHECKPOINT), &w->checkpoint, mac));
        bool same = ct_equal(mac, w->checkpoint_mac, sizeof mac);
        wipe(mac, sizeof mac);
        if (!same)
            return blame(w, JOURNAL_CHECKPOINT_BAD, r->seq);
    }
    w->v.checkpoints++;
    return next_checkpoint(w);
}

/* --- records --- */

static err_t check_record(struct verifying *w, const struct journal_record *r)
{
    unsigned char hash[JOURNAL_HASH_LEN];
    if (r->seq != w->last.seq + 1)
        return blame(w, JOURNAL_GAP, w->last.seq + 1);
    if (!ct_equal(r->prev, w->last.hash, sizeof r->prev))
        return blame(w, JOURNAL_LINK_BROKEN, r->seq);
    err_t e = chain_hash(r, hash);
    if (e.code == ERR_TOO_LARGE || (err_ok(e) && !ct_equal(hash, r->hash, sizeof hash)))
        return blame(w, JOURNAL_HASH_WRONG, r->seq);
    TRY(e);
    return check_checkpoint(w, r);
}

static err_t each_row(const struct sql_row *row, void *arg)
{
    struct verifying *w = arg;
    struct journal_record r;
    err_t e = table_record(row, &r);
    if (e.code == ERR_STATE_BROKEN) /* a hash that is not 32 bytes long: someone's edit */
        return blame(w, JOURNAL_HASH_WRONG, w->last.seq + 1);
    TRY(check_record(w, &r));
    w->last.seq = r.seq;
    memcpy(w->last.hash, r.hash, sizeof r.hash);
    w->v.records++;
    if (r.seq == w->anchor.seq) {
        w->anchor_seen = true;
        w->anchor_same = ct_equal(r.hash, w->anchor.hash, sizeof r.hash);
    }
    return ERR(OK);
}

static err_t read_chain(struct state_tx *tx, void *arg)
{
    struct verifying *w = arg;
    w->tx = tx;
    TRY(next_checkpoint(w));
    TRY(sql_query(tx, SQL_JOURNAL_ALL, SQL_ARGS(V_INT(0)), each_row, w));
    if (w->checkpoint.seq != INT64_MAX)
        return blame(w, JOURNAL_CHECKPOINT_BAD, w->last.seq + 1);
    return ERR(OK);
}

/* --- the anchor --- */

static enum journal_anchor judge(const struct verifying *w, enum anchor_file file)
{
    if (file == ANCHOR_FILE_ABSENT)
        return w->last.seq == 0 ? ANCHOR_AGREES : ANCHOR_MISSING;
    if (file == ANCHOR_FILE_FALSE)
        return ANCHOR_FORGED;
    if (w->anchor.seq > w->last.seq)
        return ANCHOR_AHEAD;
    return w->anchor.seq == 0 || (w->anchor_seen && w->anchor_same) ? ANCHOR_AGREES
                                                                    : ANCHOR_DISAGREES;
}

static void check_anchor(struct verifying *w, enum anchor_file file)
{
    w->v.anchor = judge(w, file);
    w->v.anchor_seq = file == ANCHOR_FILE_TRUE ? w->anchor.seq : 0;
    if (w->v.anchor == ANCHOR_AGREES)
        return;
    w->v.fault = JOURNAL_ANCHOR_BAD;
    w->v.bad_seq = w->v.anchor == ANCHOR_DISAGREES ? w->anchor.seq : w->last.seq + 1;
}

/* The anchor is read before the snapshot is taken: the service may append meanwhile, and writes
 * the anchor after its commit, so the snapshot always reaches as far. */
err_t journal_verify(struct state *st, const unsigned char key[JOURNAL_KEY_LEN], const char *anchor,
                     struct journal_verdict *out)
{
    enum anchor_file file = ANCHOR_FILE_ABSENT;
    struct verifying w = { .key = key, .v = { .fault = JOURNAL_SOUND, .keyed = key != NULL } };
    if (anchor != NULL)
        TRY(anchor_read(anchor, key, &file, &w.anchor));
    err_t e = state_read(st, read_chain, &w);
    if (!err_ok(e) && w.v.fault == JOURNAL_SOUND)
        return e;
    w.v.last_seq = w.last.seq;
    if (anchor != NULL && w.v.fault == JOURNAL_SOUND)
        check_anchor(&w, file);
    *out = w.v;
    return ERR(OK);
}
