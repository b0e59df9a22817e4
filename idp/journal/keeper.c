/* The service's side: checkpoints in the transaction, the anchor after it. All but journal_open()
 * and journal_close() runs on the writer thread. */
#include "base/clock.h"
#include "base/secret.h"
#include "journal/anchor.h"
#include "journal/table.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_LEN = 4096, SYNC_EVERY_MS = 1000, ASIDE_TRIES = 100 };

struct journal {
    struct state *st;
    struct anchor anchor;
    char path[PATH_LEN];        /* of the anchor file */
    struct chain_point durable; /* the last record that was committed */
    struct chain_point tail;    /* of the transaction that is about to be committed */
    int64_t checkpoint;         /* seq of the last one that is durable */
    int64_t new_checkpoint;     /* written in this transaction; 0: none */
    int64_t synced_ms;          /* monotonic: the anchor's latest fdatasync() */
    _Atomic uint64_t failures;
};

/* --- what does not agree is kept for whoever investigates, and told --- */

/* By link and unlink, which never replace what an earlier suspicion left. */
static err_t set_aside(const char *path, int64_t now)
{
    char aside[PATH_LEN];
    for (int i = 0; i < ASIDE_TRIES; i++) {
        int n = snprintf(aside, sizeof aside, "%s.suspect-%lld-%d", path, (long long)now, i);
        if (n < 0 || (size_t)n >= sizeof aside)
            return ERR(IO);
        if (link(path, aside) == 0)
            return unlink(path) == 0 ? ERR(OK) : ERR(IO);
        if (errno == ENOENT)
            return ERR(OK);
        if (errno != EEXIST)
            return ERR(IO);
    }
    return ERR(IO);
}

struct suspicion {
    enum journal_anchor found;
    int64_t now;
};

static err_t append_suspicion(struct state_tx *tx, void *arg)
{
    static const char *const reasons[] = { [ANCHOR_AGREES] = "",
                                           [ANCHOR_MISSING] = "anchor_missing",
                                           [ANCHOR_FORGED] = "anchor_forged",
                                           [ANCHOR_DISAGREES] = "anchor_disagrees",
                                           [ANCHOR_AHEAD] = "tail_cut" };
    const struct suspicion *s = arg;
    return journal_append(tx, &(struct journal_entry){
                                  .event = JOURNAL_JOURNAL_SUSPECT,
                                  .at_ms = s->now * 1000,
                                  .data = JOURNAL_DATA({ "reason", str_of(reasons[s->found]) }),
                              });
}

static err_t unless_absent(err_t e) { return e.code == ERR_NOT_FOUND ? ERR(OK) : e; }

/* --- hooks of the writer --- */

static err_t checkpoint(struct journal *j, struct state_tx *tx)
{
    unsigned char mac[JOURNAL_HASH_LEN];
    TRY(chain_mac(j->anchor.key, STR(CHAIN_CHECKPOINT), &j->tail, mac));
    TRY(sql_exec(tx, SQL_CHECKPOINT_INSERT,
                 SQL_ARGS(V_INT(j->tail.seq), V_BLOB(j->tail.hash, sizeof j->tail.hash),
                          V_BLOB(mac, sizeof mac)),
                 NULL));
    j->new_checkpoint = j->tail.seq;
    return ERR(OK);
}

struct again {
    const struct chain_point *point;
    bool same;
};

static err_t again_row(const struct sql_row *row, void *arg)
{
    struct again *g = arg;
    unsigned char hash[JOURNAL_HASH_LEN];
    TRY(table_hash(row, 0, hash));
    g->same = ct_equal(hash, g->point->hash, sizeof hash);
    return ERR(OK);
}

/* Records cut off under a running service: the new ones would link to what is left, and the anchor
 * would follow them. So each commit looks whether the last record of the one before is still there;
 * if not, that is told, and the anchor which proves it is kept. */
static err_t check_durable(struct journal *j, struct state_tx *tx)
{
    struct again g = { &j->durable, j->durable.seq == 0 };
    struct suspicion suspicion = { ANCHOR_AHEAD, clock_now() };
    TRY(unless_absent(
        sql_one(tx, SQL_JOURNAL_HASH, SQL_ARGS(V_INT(j->durable.seq)), again_row, &g)));
    if (g.same)
        return ERR(OK);
    TRY(set_aside(j->path, suspicion.now));
    TRY(anchor_reopen(&j->anchor, j->path));
    TRY(append_suspicion(tx, &suspicion));
    return table_tail(tx, &j->tail);
}

static err_t before_commit(struct state_tx *tx, void *arg)
{
    struct journal *j = arg;
    j->new_checkpoint = 0;
    TRY(table_tail(tx, &j->tail));
    TRY(check_durable(j, tx));
    return j->tail.seq - j->checkpoint >= JOURNAL_CHECKPOINT_EVERY ? checkpoint(j, tx) : ERR(OK);
}

/* The records are durable already: an anchor that cannot be written is counted, not answered for.
 * It is written at every commit and synced once a second: kill -9 takes nothing from it, a power cut
 * at most the last second, in which a cut tail would then go unnoticed. */
static void write_anchor(struct journal *j)
{
    int64_t now_ms = clock_mono_ms();
    bool sync = now_ms - j->synced_ms >= SYNC_EVERY_MS;
    if (!err_ok(anchor_write(&j->anchor, &j->tail, sync)))
        atomic_fetch_add(&j->failures, 1);
    else if (sync)
        j->synced_ms = now_ms;
}

static void after_commit(void *arg)
{
    struct journal *j = arg;
    if (j->new_checkpoint > 0)
        j->checkpoint = j->new_checkpoint;
    j->durable = j->tail;
    write_anchor(j);
}

/* --- opening: does the chain still reach the anchor? --- */

struct start {
    struct chain_point anchor;
    enum anchor_file file;
    struct chain_point tail;
    int64_t checkpoint;
    unsigned char hash_there[JOURNAL_HASH_LEN]; /* of the record that the anchor names */
    bool there;
};

static err_t int_row(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, 0);
    return ERR(OK);
}

static err_t hash_row(const struct sql_row *row, void *arg)
{
    struct start *s = arg;
    s->there = true;
    return table_hash(row, 0, s->hash_there);
}

static err_t look(struct state_tx *tx, void *arg)
{
    struct start *s = arg;
    TRY(table_tail(tx, &s->tail));
    TRY(unless_absent(sql_one(tx, SQL_CHECKPOINT_LAST, SQL_NO_ARGS, int_row, &s->checkpoint)));
    return unless_absent(
        sql_one(tx, SQL_JOURNAL_HASH, SQL_ARGS(V_INT(s->anchor.seq)), hash_row, s));
}

static enum journal_anchor judge(const struct start *s)
{
    if (s->file == ANCHOR_FILE_ABSENT)
        return s->tail.seq == 0 ? ANCHOR_AGREES : ANCHOR_MISSING;
    if (s->file == ANCHOR_FILE_FALSE)
        return ANCHOR_FORGED;
    if (s->anchor.seq > s->tail.seq)
        return ANCHOR_AHEAD;
    if (s->anchor.seq > 0 &&
        !(s->there && ct_equal(s->hash_there, s->anchor.hash, sizeof s->hash_there)))
        return ANCHOR_DISAGREES;
    return ANCHOR_AGREES;
}

/* The hooks are set before the first record of this run, so that it moves the anchor. */
static err_t begin(struct journal *j, const struct journal_options *o, const struct start *s,
                   struct suspicion *suspicion)
{
    if (suspicion->found != ANCHOR_AGREES && s->file != ANCHOR_FILE_ABSENT)
        TRY(set_aside(o->anchor, suspicion->now));
    int n = snprintf(j->path, sizeof j->path, "%s", o->anchor);
    if (n < 0 || (size_t)n >= sizeof j->path)
        return ERR(IO);
    TRY(anchor_open(&j->anchor, o->anchor, o->key));
    j->tail = j->durable = s->tail;
    j->checkpoint = s->checkpoint;
    TRY(anchor_write(&j->anchor, &j->tail, true));
    j->synced_ms = clock_mono_ms();
    state_set_hooks(j->st, &(struct state_hooks){ before_commit, after_commit, j });
    return suspicion->found == ANCHOR_AGREES ? ERR(OK)
                                             : state_write(j->st, append_suspicion, suspicion);
}

err_t journal_open(struct state *st, const struct journal_options *o, int64_t now,
                   enum journal_anchor *found, struct journal **out)
{
    struct start s = { 0 };
    TRY(anchor_read(o->anchor, o->key, &s.file, &s.anchor));
    TRY(state_read(st, look, &s));
    struct suspicion suspicion = { judge(&s), now };
    struct journal *j = calloc(1, sizeof *j);
    if (j == NULL)
        return ERR(NO_MEMORY);
    j->st = st;
    j->anchor.fd = -1;
    err_t e = begin(j, o, &s, &suspicion);
    if (!err_ok(e)) {
        state_set_hooks(st, NULL);
        anchor_close(&j->anchor);
        free(j);
        return e;
    }
    *found = suspicion.found;
    *out = j;
    return ERR(OK);
}

void journal_close(struct journal *j)
{
    if (j == NULL)
        return;
    state_set_hooks(j->st, NULL);
    (void)fdatasync(j->anchor.fd);
    anchor_close(&j->anchor);
    free(j);
}

uint64_t journal_anchor_failures(const struct journal *j) { return atomic_load(&j->failures); }
