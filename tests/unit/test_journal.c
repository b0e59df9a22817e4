/* idp/journal: typed events, the chain, what each kind of tampering is called. */
#include "base/buf.h"
#include "base/enc.h"
#include "journal/chain.h"
#include "journal/journal.h"
#include "state/spent.h"
#include "support/folder.h"
#include "support/suite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW     INT64_C(1795535700)
#define ANNE    "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
#define ZOE     "6fa459ea-ee8a-4ca4-894e-db77e160355e"
#define SID     "c0ffee00-ee8a-4ca4-894e-db77e160355e"
#define NETWORK "192.0.2.0/24"

static struct folder folder;
static struct state *st;
static struct journal *journal;
static enum journal_anchor found;
static const unsigned char key[JOURNAL_KEY_LEN] = { 7 };

static void open_state(void)
{
    struct state_why why;
    struct state_options o = { .path = folder_file(&folder, "state.db"), .readers = 1 };
    err_t e = state_open(&o, &why, &st);
    ck_assert_msg(err_ok(e), "%s: %s", err_name(e), why.text);
}

static void open_both(void)
{
    struct journal_options o = { .anchor = folder_file(&folder, "anchor") };
    memcpy(o.key, key, sizeof key);
    open_state();
    ck_assert_ok(journal_open(st, &o, NOW, &found, &journal));
}

static void close_both(void)
{
    journal_close(journal);
    state_close(st);
    journal = NULL;
    st = NULL;
}

static void setup(void)
{
    folder_make(&folder);
    open_both();
}

static void teardown(void)
{
    close_both();
    folder_remove(&folder);
}

static err_t append_job(struct state_tx *tx, void *arg) { return journal_append(tx, arg); }
static err_t append(struct journal_entry e) { return state_write(st, append_job, &e); }

static struct journal_entry sign_in(int64_t at_s)
{
    static const struct journal_datum data[] = { { "acr", STR_INIT("eidas2") },
                                                 { "amr", STR_INIT("pwd otp mfa") },
                                                 { NULL, { NULL, 0 } } };
    return (struct journal_entry){ .event = JOURNAL_SIGN_IN_OK,
                                   .at_ms = at_s * 1000,
                                   .actor = STR(ANNE),
                                   .session = STR(SID),
                                   .network = STR(NETWORK),
                                   .data = data };
}

static void fill(int n)
{
    for (int i = 0; i < n; i++)
        ck_assert_ok(append(sign_in(NOW + i)));
}

static struct journal_verdict verify_with(const unsigned char *with)
{
    struct journal_verdict v;
    memset(&v, 0xAA, sizeof v);
    ck_assert_ok(journal_verify(st, with, folder_file(&folder, "anchor"), &v));
    return v;
}

/* --- appending --- */

struct gathered {
    int count;
    int64_t first, last;
    char text[2048];
};

static err_t gather(const struct journal_record *r, void *arg)
{
    struct gathered *g = arg;
    g->first = g->count++ == 0 ? r->seq : g->first;
    g->last = r->seq;
    const struct str texts[] = { r->event,     r->actor,   r->subject, r->client,
                                 r->structure, r->session, r->network, r->data };
    struct buf b;
    buf_init(&b, sizeof g->text - 1);
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (i > 0)
            buf_add_char(&b, '|');
        buf_add(&b, texts[i]);
    }
    ck_assert_ok(buf_err(&b));
    memcpy(g->text, b.ptr, b.len);
    g->text[b.len] = '\0';
    buf_done(&b);
    return ERR(OK);
}

struct query {
    struct journal_filter filter;
    struct gathered got;
};

static err_t read_job(struct state_tx *tx, void *arg)
{
    struct query *q = arg;
    return journal_read(tx, &q->filter, gather, &q->got);
}

static struct gathered read_with(struct journal_filter filter)
{
    struct query q = { .filter = filter };
    ck_assert_ok(state_read(st, read_job, &q));
    return q.got;
}

START_TEST(round_trip)
{
    ck_assert_ok(append(sign_in(NOW)));
    struct gathered g = read_with((struct journal_filter){ 0 });
    ck_assert_int_eq(g.count, 1);
    ck_assert_str_eq(g.text, "sign_in_ok|" ANNE "||||" SID "|" NETWORK
                             "|{\"acr\":\"eidas2\",\"amr\":\"pwd otp mfa\"}");
}
END_TEST

/* The canonical form of chain.h, made by another program (Python):
 *   b = b'habilis-journal-1\n' + struct.pack('>QQ', 1, 1795549281328)
 *   for s in (b'stop', b'a', b'', b'', b'', b'', b'', b'{}'): b += struct.pack('>I', len(s)) + s
 *   hashlib.sha256(b + bytes(32)).hexdigest() */
START_TEST(canonical_form)
{
    struct journal_record r = { .seq = 1,
                                .at_ms = INT64_C(1795549281328),
                                .event = STR("stop"),
                                .actor = STR("a"),
                                .data = STR("{}") };
    unsigned char hash[JOURNAL_HASH_LEN];
    char hex[HEX_LEN(JOURNAL_HASH_LEN)];
    ck_assert_ok(chain_hash(&r, hash));
    hex_encode(hex, hash, sizeof hash);
    ck_assert_str_is(str_from(hex, sizeof hex),
                     "0bb91d6e215ee397e2fdda45cc25ab596949868d6527152310defe2d198c7b61");
}
END_TEST

static const struct journal_datum no_amr[] = { { "acr", STR_INIT("eidas1") },
                                               { NULL, { NULL, 0 } } };
static const struct journal_datum twice[] = { { "acr", STR_INIT("eidas1") },
                                              { "amr", STR_INIT("pwd") },
                                              { "acr", STR_INIT("eidas2") },
                                              { NULL, { NULL, 0 } } };
static const struct journal_datum odd_key[] = { { "acr", STR_INIT("eidas1") },
                                                { "amr", STR_INIT("pwd") },
                                                { "A b", STR_INIT("x") },
                                                { NULL, { NULL, 0 } } };
static const struct journal_datum bad_text[] = { { "acr", STR_INIT("eidas1") },
                                                 { "amr", STR_INIT("\xFF") },
                                                 { NULL, { NULL, 0 } } };
static char long_text[JOURNAL_DATA_MAX + 1];
static const struct journal_datum too_long[] = { { "acr", STR_INIT("eidas1") },
                                                 { "amr", { long_text, sizeof long_text } },
                                                 { NULL, { NULL, 0 } } };

static const struct {
    const char *name;
    enum { ACTOR, SESSION, NETWORK_, DATA, TIME, EVENT, CLIENT } what;
    struct str text;
    const struct journal_datum *data;
    enum err_code want;
} incomplete[] = {
    { "no actor", ACTOR, STR_INIT(""), NULL, ERR_BUG },
    { "no session", SESSION, STR_INIT(""), NULL, ERR_BUG },
    { "no network", NETWORK_, STR_INIT(""), NULL, ERR_BUG },
    { "no data", DATA, STR_INIT(""), NULL, ERR_BUG },
    { "a required key missing", DATA, STR_INIT(""), no_amr, ERR_BUG },
    { "a key twice", DATA, STR_INIT(""), twice, ERR_BUG },
    { "an ill-formed key", DATA, STR_INIT(""), odd_key, ERR_BUG },
    { "data not UTF-8", DATA, STR_INIT(""), bad_text, ERR_BAD_UTF8 },
    { "data too long", DATA, STR_INIT(""), too_long, ERR_TOO_LARGE },
    { "no time", TIME, STR_INIT(""), NULL, ERR_BUG },
    { "no such event", EVENT, STR_INIT(""), NULL, ERR_BUG },
    { "a control character", CLIENT, STR_INIT("a\nb"), NULL, ERR_BAD_UTF8 },
    { "257 bytes", CLIENT, { long_text, JOURNAL_FIELD_MAX + 1 }, NULL, ERR_TOO_LARGE },
};

/* A record that does not say what its kind must say is our bug, and is not written. */
START_TEST(required_fields)
{
    struct journal_entry e = sign_in(NOW);
    memset(long_text, 'x', sizeof long_text);
    switch (incomplete[_i].what) {
    case ACTOR:
        e.actor = incomplete[_i].text;
        break;
    case SESSION:
        e.session = incomplete[_i].text;
        break;
    case NETWORK_:
        e.network = incomplete[_i].text;
        break;
    case DATA:
        e.data = incomplete[_i].data;
        break;
    case TIME:
        e.at_ms = 0;
        break;
    case EVENT:
        e.event = JOURNAL_EVENT_COUNT;
        break;
    case CLIENT:
        e.client = incomplete[_i].text;
        break;
    }
    err_t got = append(e);
    ck_assert_msg(got.code == incomplete[_i].want, "%s: %s", incomplete[_i].name, err_name(got));
    ck_assert_int_eq(read_with((struct journal_filter){ 0 }).count, 0);
}
END_TEST

/* Names are stable, unique, and each has a sentence in French. */
START_TEST(event_names)
{
    enum journal_event e = (enum journal_event)_i, back;
    struct str name = str_of(journal_event_name(e));
    ck_assert_uint_gt(name.len, 0);
    ck_assert(journal_event_of(name, &back));
    ck_assert_int_eq(back, e);
    ck_assert_str_ne(journal_event_french(name), journal_event_french(STR("nothing")));
}
END_TEST

static err_t both_job(struct state_tx *tx, void *arg)
{
    struct journal_entry e = sign_in(NOW);
    TRY(journal_append(tx, &e));
    return otp_spend(tx, STR("otp-1"), *(int64_t *)arg, NOW);
}

/* Record and change share their fate. */
START_TEST(together_or_not_at_all)
{
    int64_t step = 5;
    ck_assert_ok(state_write(st, both_job, &step));
    ck_assert_err(state_write(st, both_job, &step), CODE_SPENT);
    ck_assert_int_eq(read_with((struct journal_filter){ 0 }).count, 1);
    ck_assert_int_eq(verify_with(key).fault, JOURNAL_SOUND);
}
END_TEST

/* --- reading --- */

static const struct {
    const char *name;
    struct journal_filter filter;
    int count;
    int64_t first;
} filters[] = {
    { "all", { 0 }, 20, 1 },
    { "the last five, oldest first", { .limit = 5 }, 5, 16 },
    { "since", { .since_ms = (NOW + 15) * 1000 }, 5, 16 },
    { "until, exclusive", { .until_ms = (NOW + 3) * 1000 }, 3, 1 },
    { "a window", { .since_ms = (NOW + 2) * 1000, .until_ms = (NOW + 5) * 1000 }, 3, 3 },
    { "after a number", { .after_seq = 18 }, 2, 19 },
    { "by event", { .event = STR_INIT("session_ended") }, 5, 4 },
    { "an event that never was", { .event = STR_INIT("nothing") }, 0, 0 },
    { "a person, acting or acted on", { .person = STR_INIT(ZOE) }, 5, 4 },
    { "a person and an event",
      { .person = STR_INIT(ANNE), .event = STR_INIT("session_ended"), .limit = 2 },
      2,
      16 },
    { "a stranger", { .person = STR_INIT(SID) }, 0, 0 },
};

START_TEST(filter_table)
{
    const struct journal_datum *ended = JOURNAL_DATA({ "reason", STR("admin") });
    for (int i = 0; i < 20; i++) {
        struct journal_entry e = sign_in(NOW + i);
        if (i % 4 == 3) {
            e.event = JOURNAL_SESSION_ENDED;
            e.subject = STR(ZOE);
            e.data = ended;
        }
        ck_assert_ok(append(e));
    }
    struct gathered g = read_with(filters[_i].filter);
    ck_assert_msg(g.count == filters[_i].count, "%s: %d", filters[_i].name, g.count);
    ck_assert_msg(g.first == filters[_i].first, "%s: %lld", filters[_i].name, (long long)g.first);
}
END_TEST

/* --- tampering: by someone who has the file, not the key --- */

static void outside(const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db,
                                  "DROP TRIGGER IF EXISTS journal_no_update;"
                                  "DROP TRIGGER IF EXISTS journal_no_delete",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, &why);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, why);
    (void)sqlite3_close(db);
}

enum { RECORDS = 600 };

static const struct {
    const char *name, *sql;
    enum journal_fault fault;
    int64_t bad_seq;
    enum journal_anchor anchor; /* when the fault is the anchor's */
} tampering[] = {
    { "nothing", "SELECT 1", JOURNAL_SOUND, 0, ANCHOR_AGREES },
    { "a person changed", "UPDATE journal SET actor = '" ZOE "' WHERE seq = 300",
      JOURNAL_HASH_WRONG, 300, 0 },
    { "a time changed", "UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 300", JOURNAL_HASH_WRONG,
      300, 0 },
    { "text moved to the next field",
      "UPDATE journal SET actor = '', subject = actor WHERE seq = 300", JOURNAL_HASH_WRONG, 300,
      0 },
    { "data changed", "UPDATE journal SET data = '{}' WHERE seq = 600", JOURNAL_HASH_WRONG, 600,
      0 },
    { "a hash changed", "UPDATE journal SET hash = zeroblob(32) WHERE seq = 300",
      JOURNAL_HASH_WRONG, 300, 0 },
    { "a link changed", "UPDATE journal SET prev = zeroblob(32) WHERE seq = 300",
      JOURNAL_LINK_BROKEN, 300, 0 },
    { "one deleted", "DELETE FROM journal WHERE seq = 300", JOURNAL_GAP, 300, 0 },
    { "the first deleted", "DELETE FROM journal WHERE seq = 1", JOURNAL_GAP, 1, 0 },
    { "one deleted, the numbers closed",
      "DELETE FROM journal WHERE seq = 300; UPDATE journal SET seq = -seq WHERE seq > 300;"
      "UPDATE journal SET seq = -seq - 1 WHERE seq < 0",
      JOURNAL_LINK_BROKEN, 300, 0 },
    { "two exchanged",
      "UPDATE journal SET seq = -1 WHERE seq = 300; UPDATE journal SET seq = 300 WHERE seq = 301;"
      "UPDATE journal SET seq = 301 WHERE seq = -1",
      JOURNAL_LINK_BROKEN, 300, 0 },
    { "one inserted before the first",
      "INSERT INTO journal SELECT 0, at_ms, event, actor, subject, client, structure, session, "
      "network, data, prev, hash FROM journal WHERE seq = 1",
      JOURNAL_SOUND, 0, ANCHOR_AGREES }, /* not part of the chain: never read, never shown */
    { "one appended",
      "INSERT INTO journal SELECT 601, at_ms, event, actor, subject, client, structure, session, "
      "network, data, prev, hash FROM journal WHERE seq = 600",
      JOURNAL_LINK_BROKEN, 601, 0 },
    { "the tail cut off", "DELETE FROM journal WHERE seq > 590", JOURNAL_ANCHOR_BAD, 591,
      ANCHOR_AHEAD },
    { "cut off before a checkpoint", "DELETE FROM journal WHERE seq > 300", JOURNAL_CHECKPOINT_BAD,
      301, 0 },
    { "cut off with its checkpoint",
      "DELETE FROM journal WHERE seq > 300; DELETE FROM journal_checkpoint WHERE seq > 300",
      JOURNAL_ANCHOR_BAD, 301, ANCHOR_AHEAD },
    { "all of it gone", "DELETE FROM journal; DELETE FROM journal_checkpoint", JOURNAL_ANCHOR_BAD,
      1, ANCHOR_AHEAD },
    { "a checkpoint forged", "UPDATE journal_checkpoint SET mac = zeroblob(32) WHERE seq = 256",
      JOURNAL_CHECKPOINT_BAD, 256, 0 },
    { "a checkpoint moved", "UPDATE journal_checkpoint SET seq = 257 WHERE seq = 256",
      JOURNAL_CHECKPOINT_BAD, 257, 0 },
};

static err_t fill_job(struct state_tx *tx, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        struct journal_entry e = sign_in(NOW + i);
        TRY(journal_append(tx, &e));
    }
    return ERR(OK);
}

/* In few transactions, so that the test is quick: checkpoints then fall at 256 and 512. */
static void fill_fast(int total)
{
    for (int n = 0; total > 0; total -= n) {
        n = total < JOURNAL_CHECKPOINT_EVERY ? total : JOURNAL_CHECKPOINT_EVERY;
        ck_assert_ok(state_write(st, fill_job, &n));
    }
}

START_TEST(tampering_table)
{
    fill_fast(RECORDS);
    outside(tampering[_i].sql);
    struct journal_verdict v = verify_with(key);
    ck_assert_msg(v.fault == tampering[_i].fault, "%s: fault %d", tampering[_i].name, v.fault);
    ck_assert_msg(v.bad_seq == tampering[_i].bad_seq, "%s: at %lld", tampering[_i].name,
                  (long long)v.bad_seq);
    if (v.fault == JOURNAL_ANCHOR_BAD || v.fault == JOURNAL_SOUND)
        ck_assert_msg(v.anchor == tampering[_i].anchor, "%s: anchor %d", tampering[_i].name,
                      v.anchor);
    if (v.fault == JOURNAL_SOUND)
        ck_assert(v.records == RECORDS && v.checkpoints == 2 && v.anchor_seq == RECORDS && v.keyed);
}
END_TEST

/* The strongest case: an edit, and everything after it recomputed. Only what has the key notices. */
static void rewrite_from(int64_t seq);

START_TEST(recomputed_chain)
{
    fill_fast(RECORDS);
    rewrite_from(300);
    struct journal_verdict v = verify_with(key);
    ck_assert_int_eq(v.fault, JOURNAL_CHECKPOINT_BAD);
    ck_assert_int_eq(v.bad_seq, 512);
    outside("DELETE FROM journal_checkpoint");
    v = verify_with(key);
    ck_assert_int_eq(v.fault, JOURNAL_ANCHOR_BAD);
    ck_assert_int_eq(v.anchor, ANCHOR_DISAGREES);
    ck_assert_int_eq(v.bad_seq, RECORDS);
    ck_assert_int_eq(unlink(folder_file(&folder, "anchor")), 0);
    v = verify_with(key);
    ck_assert_int_eq(v.fault, JOURNAL_ANCHOR_BAD);
    ck_assert_int_eq(v.anchor, ANCHOR_MISSING);
}
END_TEST

/* --- the anchor --- */

/* A restart finds what it left. */
START_TEST(restart_agrees)
{
    ck_assert_int_eq(found, ANCHOR_AGREES);
    fill(3);
    close_both();
    open_both();
    ck_assert_int_eq(found, ANCHOR_AGREES);
    fill(2);
    struct journal_verdict v = verify_with(key);
    ck_assert_int_eq(v.fault, JOURNAL_SOUND);
    ck_assert_int_eq(v.anchor_seq, 5);
    ck_assert_uint_eq(journal_anchor_failures(journal), 0);
}
END_TEST

static void cut_tail(void) { outside("DELETE FROM journal WHERE seq > 2"); }
static void edit_last(void) { rewrite_from(5); }
static void lose_anchor(void) { ck_assert_int_eq(unlink(folder_file(&folder, "anchor")), 0); }
static void spoil_anchor(void)
{
    folder_write(&folder, "anchor", "habilis-anchor-1 00000000000000000002 nonsense\n", 0600);
}

static const struct {
    const char *name;
    void (*damage)(void);
    enum journal_anchor want;
    const char *reason;
} starts[] = {
    { "tail cut while the service was down", cut_tail, ANCHOR_AHEAD, "tail_cut" },
    { "last record rewritten", edit_last, ANCHOR_DISAGREES, "anchor_disagrees" },
    { "anchor gone", lose_anchor, ANCHOR_MISSING, "anchor_missing" },
    { "anchor spoilt", spoil_anchor, ANCHOR_FORGED, "anchor_forged" },
};

/* The service goes on, but the mismatch is in the journal for good and the old anchor is kept:
 * what the first commit would otherwise have wiped out. */
START_TEST(suspect_at_start)
{
    char want[64], aside[64];
    fill(5);
    close_both();
    starts[_i].damage();
    bool had_anchor = folder_has(&folder, "anchor");
    open_both();
    ck_assert_msg(found == starts[_i].want, "%s: %d", starts[_i].name, found);
    (void)snprintf(want, sizeof want, "journal_suspect|||||||{\"reason\":\"%s\"}",
                   starts[_i].reason);
    (void)snprintf(aside, sizeof aside, "anchor.suspect-%lld-0", (long long)NOW);
    ck_assert_str_eq(read_with((struct journal_filter){ .limit = 1 }).text, want);
    ck_assert(folder_has(&folder, aside) == had_anchor);
    ck_assert_int_eq(verify_with(key).anchor, ANCHOR_AGREES);
}
END_TEST

static const struct {
    const char *name;
    const char *sql;
} live[] = {
    { "tail cut", "DELETE FROM journal WHERE seq > 3" },
    { "all gone", "DELETE FROM journal" },
    { "last record replaced", "UPDATE journal SET hash = zeroblob(32) WHERE seq = 5" },
};

/* The same under a running service: what comes next would link to what is left, and the anchor
 * would move with it. The next commit says so, and keeps the anchor that proves it. */
START_TEST(cut_while_running)
{
    struct journal_entry e = sign_in(NOW);
    fill(5);
    outside(live[_i].sql);
    ck_assert_ok(append(e));
    struct gathered g = read_with((struct journal_filter){ .event = STR("journal_suspect") });
    ck_assert_msg(g.count == 1, "%s: %d", live[_i].name, g.count);
    fill(3);
    g = read_with((struct journal_filter){ .event = STR("journal_suspect") });
    ck_assert_msg(g.count == 1, "%s: told again", live[_i].name);
    ck_assert_int_eq(verify_with(key).anchor, ANCHOR_AGREES);
}
END_TEST

/* A power cut may spoil the line that was being written: the other one still holds. */
START_TEST(torn_anchor)
{
    enum { LINE = 168 };
    fill(4);
    FILE *f = fopen(folder_file(&folder, "anchor"), "r+");
    ck_assert_ptr_nonnull(f);
    for (long slot = 0; slot < 2; slot++) {
        char old;
        long at = slot * LINE + 60;
        ck_assert(fseek(f, at, SEEK_SET) == 0 && fread(&old, 1, 1, f) == 1);
        ck_assert(fseek(f, at, SEEK_SET) == 0 && fputc('#', f) == '#' && fflush(f) == 0);
        struct journal_verdict v = verify_with(key);
        ck_assert_int_eq(v.fault, JOURNAL_SOUND);
        ck_assert_int_ge(v.anchor_seq, 3);
        ck_assert(fseek(f, at, SEEK_SET) == 0 && fputc(old, f) == old && fflush(f) == 0);
    }
    (void)fclose(f);
}
END_TEST

/* Without the key the chain is still checked; with a wrong key the anchor is called false. */
START_TEST(keys_matter)
{
    static const unsigned char wrong[JOURNAL_KEY_LEN] = { 8 };
    fill(3);
    struct journal_verdict v = verify_with(NULL);
    ck_assert(v.fault == JOURNAL_SOUND && !v.keyed);
    v = verify_with(wrong);
    ck_assert(v.fault == JOURNAL_ANCHOR_BAD && v.anchor == ANCHOR_FORGED);
}
END_TEST

/* Our own code cannot change or remove a record by mistake. */
START_TEST(append_only)
{
    sqlite3 *db = NULL;
    fill(1);
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "UPDATE journal SET actor = 'x'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM journal", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    (void)sqlite3_close(db);
}
END_TEST

/* What a thief without the key can do: recompute every hash from SEQ on after an edit. */
struct rewriting {
    int64_t from;
    sqlite3 *db;
    unsigned char last[JOURNAL_HASH_LEN];
};

static err_t rewrite_record(const struct journal_record *r, void *arg)
{
    struct rewriting *w = arg;
    struct journal_record changed = *r;
    char prev[HEX_LEN(JOURNAL_HASH_LEN) + 1] = "", hash[sizeof prev] = "";
    struct buf sql;
    buf_init(&sql, 4096);
    if (r->seq == w->from)
        changed.actor = STR(ZOE);
    if (r->seq > w->from)
        memcpy(changed.prev, w->last, sizeof w->last);
    TRY(chain_hash(&changed, changed.hash));
    memcpy(w->last, changed.hash, sizeof w->last);
    hex_encode(prev, changed.prev, sizeof changed.prev);
    hex_encode(hash, changed.hash, sizeof changed.hash);
    buf_addf(&sql,
             "UPDATE journal SET actor = '%.*s', prev = x'%s', hash = x'%s' WHERE seq = %lld;"
             "UPDATE journal_checkpoint SET hash = x'%s' WHERE seq = %lld",
             STR_ARG(changed.actor), prev, hash, (long long)r->seq, hash, (long long)r->seq);
    buf_add_char(&sql, '\0');
    ck_assert_ok(buf_err(&sql));
    int rc = sqlite3_exec(w->db, sql.ptr, NULL, NULL, NULL);
    buf_done(&sql);
    return rc == SQLITE_OK ? ERR(OK) : ERR(STATE_BROKEN);
}

static err_t rewrite_job(struct state_tx *tx, void *arg)
{
    struct rewriting *w = arg;
    struct journal_filter f = { .after_seq = w->from - 1, .limit = 10000 };
    return journal_read(tx, &f, rewrite_record, w);
}

static void rewrite_from(int64_t seq)
{
    struct rewriting w = { .from = seq };
    struct state *own = st;
    outside("SELECT 1");
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &w.db), SQLITE_OK);
    if (own == NULL)
        open_state();
    ck_assert_ok(state_read(st, rewrite_job, &w));
    (void)sqlite3_close(w.db);
    if (own == NULL) {
        state_close(st);
        st = NULL;
    }
}

int main(void)
{
    TCase *append_case = tcase_create("append"), *reading = tcase_create("read");
    TCase *tamper = tcase_create("tampering"), *anchor = tcase_create("anchor");
    TCase *all[] = { append_case, reading, tamper, anchor };
    for (size_t i = 0; i < COUNT(all); i++) {
        tcase_add_checked_fixture(all[i], setup, teardown);
        tcase_set_timeout(all[i], 60);
    }
    tcase_add_test(append_case, round_trip);
    tcase_add_test(append_case, canonical_form);
    tcase_add_loop_test(append_case, required_fields, 0, COUNT(incomplete));
    tcase_add_loop_test(append_case, event_names, 0, JOURNAL_EVENT_COUNT);
    tcase_add_test(append_case, together_or_not_at_all);
    tcase_add_test(append_case, append_only);
    tcase_add_loop_test(reading, filter_table, 0, COUNT(filters));
    tcase_add_loop_test(tamper, tampering_table, 0, COUNT(tampering));
    tcase_add_test(tamper, recomputed_chain);
    tcase_add_test(anchor, restart_agrees);
    tcase_add_loop_test(anchor, suspect_at_start, 0, COUNT(starts));
    tcase_add_loop_test(anchor, cut_while_running, 0, COUNT(live));
    tcase_add_test(anchor, torn_anchor);
    tcase_add_test(anchor, keys_matter);
    return RUN_SUITE("journal", append_case, reading, tamper, anchor);
}
