/* idp/state: emergencies and the outbox, on a real database file. */
#include "state/emergency.h"
#include "state/outbox.h"
#include "support/folder.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#define NOW  INT64_C(1795535700) /* 2026-11-24T15:55:00Z */
#define ANNE "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
#define ZOE  "6fa459ea-ee8a-4ca4-894e-db77e160355e"
#define SID  "0a7a1f3e-5a3e-4c57-9a3c-1d2f3a4b5c6d"

enum { HOURS_4 = 4 * 3600, DAYS_7 = 7 * 86400 };

static struct folder folder;
static struct state *st;
static struct arena *arena;

static void setup(void)
{
    struct state_why why;
    folder_make(&folder);
    struct state_options o = { .path = folder_file(&folder, "state.db"), .readers = 2 };
    err_t e = state_open(&o, &why, &st);
    ck_assert_msg(err_ok(e), "%s: %s", err_name(e), why.text);
    ck_assert_ok(arena_new(16 * ARENA_DEFAULT_MAX, &arena));
}

static void teardown(void)
{
    arena_free(arena);
    state_close(st);
    folder_remove(&folder);
}

struct call {
    int64_t now, count;
    struct str id, person;
    struct emergency x;
    struct emergencies list;
    struct emergency_verdict verdict;
    struct outbox_mail mail;
    struct outbox_mails mails;
    char uuid[UUID_LEN];
    bool first;
};

static err_t do_open(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_open(tx, &c->x, c->now, c->uuid);
}
static err_t do_find(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_find(tx, arena, c->id, &c->x);
}
static err_t do_close(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_close(tx, c->id, c->person, c->now);
}
static err_t do_use(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_use(tx, c->id, c->now, &c->first);
}
static err_t do_list_of(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_list_of(tx, arena, c->person, c->now, &c->list);
}
static err_t do_list_open(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_list_open(tx, arena, c->now, &c->list);
}
static err_t do_list_review(struct state_tx *tx, void *arg)
{
    return emergency_list_to_review(tx, arena, &((struct call *)arg)->list);
}
static err_t do_review(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return emergency_review(tx, &c->verdict, c->now);
}
static err_t do_purge(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return state_purge(tx, c->now, 100, &c->count);
}
static err_t do_add(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return outbox_add(tx, &c->mail, c->now);
}
static err_t do_due(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return outbox_due(tx, arena, c->now, &c->mails);
}
static err_t do_sent(struct state_tx *tx, void *arg)
{
    return outbox_sent(tx, ((struct call *)arg)->id);
}
static err_t do_later(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return outbox_later(tx, c->id, c->now + outbox_delay(0));
}

static struct emergency start(void)
{
    return (struct emergency){ .person = STR(ANNE),
                               .sid = STR(SID),
                               .application = STR("DUI"),
                               .lot = STR("URGENCE_DUI"),
                               .structure = STR("MASF-MAS.MAISON-2"),
                               .instance = STR("r-7"),
                               .label = STR("Mme B."),
                               .reason = STR("Malaise, antécédents inconnus"),
                               .ends = NOW + HOURS_4,
                               .review_due = NOW + DAYS_7 };
}

/* Opens one and returns its id, which lives in the arena. */
static struct str opened(const struct emergency *x)
{
    struct call c = { .now = NOW, .x = *x };
    struct str id;
    ck_assert_ok(state_write(st, do_open, &c));
    ck_assert_ok(arena_str(arena, str_from(c.uuid, sizeof c.uuid), &id));
    return id;
}

static size_t open_at(int64_t now)
{
    struct call of = { .now = now, .person = STR(ANNE) }, all = { .now = now };
    ck_assert_ok(state_read(st, do_list_of, &of));
    ck_assert_ok(state_read(st, do_list_open, &all));
    ck_assert_uint_eq(of.list.count, all.list.count);
    return of.list.count;
}

/* ---- opening ---- */

/* What is written is what is read, and it is open in [opened, ends[ only. */
START_TEST(open_and_end)
{
    struct emergency want = start();
    struct call c = { .id = opened(&want) };
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert(str_is_uuid(c.x.id));
    ck_assert_str_is(c.x.person, ANNE);
    ck_assert_str_is(c.x.reason, "Malaise, antécédents inconnus");
    ck_assert_str_is(c.x.label, "Mme B.");
    ck_assert_str_is(c.x.instance, "r-7");
    ck_assert_str_is(c.x.verdict, "");
    ck_assert_int_eq(c.x.opened, NOW);
    ck_assert_int_eq(c.x.ends, NOW + HOURS_4);
    ck_assert_int_eq(c.x.used + c.x.reviewed + c.x.closed, 0);
    ck_assert_uint_eq(open_at(NOW), 1);
    ck_assert_uint_eq(open_at(NOW + HOURS_4 - 1), 1);
    ck_assert_uint_eq(open_at(NOW + HOURS_4), 0);
}
END_TEST

static char long_text[EMERGENCY_REASON_MAX + 2];

/* Nothing that is not sound is written. */
static const struct {
    const char *name, *reason, *label, *instance;
    int64_t lasts, due;
    enum err_code want;
} bad[] = {
    { "no reason", "", "", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "blank reason", " \t\r\n ", "", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "invisible reason", "\u00A0\u200B\u3000\uFEFF", "", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "a control in the reason", "chute\x1B[2J", "", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "a lone CR in the reason", "chute\rgrave", "", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "reason not UTF-8", "chute \xFF", "", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "reason too long", long_text, "", "", HOURS_4, DAYS_7, ERR_TOO_LARGE },
    { "lines in the label", "chute", "a\nb", "", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "lines in the instance", "chute", "", "r\n7", HOURS_4, DAYS_7, ERR_MALFORMED },
    { "over at once", "chute", "", "", 0, DAYS_7, ERR_BUG },
    { "backwards", "chute", "", "", -1, DAYS_7, ERR_BUG },
    { "longer than a day", "chute", "", "", EMERGENCY_MAX_S + 1, DAYS_7, ERR_BUG },
    { "review before the end", "chute", "", "", HOURS_4, 3600, ERR_BUG },
    { "reason of lines", "chute\r\nune plaie\n\tau front", "Mme B.", "r-7", HOURS_4, DAYS_7,
      ERR_OK },
    { "a day long", "chute", "", "", EMERGENCY_MAX_S, DAYS_7, ERR_OK },
};

START_TEST(open_table)
{
    struct call c = { .now = NOW, .x = start() };
    memset(long_text, 'a', sizeof long_text - 1);
    c.x.reason = str_of(bad[_i].reason);
    c.x.label = str_of(bad[_i].label);
    c.x.instance = str_of(bad[_i].instance);
    c.x.ends = NOW + bad[_i].lasts;
    c.x.review_due = NOW + bad[_i].due;
    err_t e = state_write(st, do_open, &c);
    ck_assert_msg(e.code == bad[_i].want, "%s: %s", bad[_i].name, err_name(e));
    ck_assert_uint_eq(open_at(NOW), err_ok(e) ? 1 : 0);
}
END_TEST

/* Each of what it hangs on must be there. */
START_TEST(open_incomplete)
{
    struct call c = { .now = NOW, .x = start() };
    struct str *const fields[] = { &c.x.person, &c.x.sid, &c.x.application, &c.x.lot,
                                   &c.x.structure };
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct str kept = *fields[i];
        *fields[i] = STR("");
        ck_assert_err(state_write(st, do_open, &c), BUG);
        *fields[i] = kept;
    }
    ck_assert_uint_eq(open_at(NOW), 0);
}
END_TEST

/* ---- closing ---- */

/* Its owner closes it, once; closed in its first second it ends after it began, and is
 * not open in between. */
START_TEST(close_early)
{
    struct emergency x = start();
    struct call c = { .now = NOW + 60, .id = opened(&x), .person = STR(ZOE) };
    ck_assert_err(state_write(st, do_close, &c), NOT_FOUND);
    c.person = STR(ANNE);
    ck_assert_ok(state_write(st, do_close, &c));
    ck_assert_uint_eq(open_at(NOW + 60), 0);
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert_int_eq(c.x.ends, NOW + 60);
    ck_assert_err(state_write(st, do_close, &c), NOT_FOUND);
    struct call soon = { .now = NOW, .id = opened(&x), .person = STR(ANNE) };
    ck_assert_ok(state_write(st, do_close, &soon));
    ck_assert_ok(state_read(st, do_find, &soon));
    ck_assert_int_eq(soon.x.ends, NOW + 1);
    ck_assert_int_eq(soon.x.closed, 1);
    ck_assert_uint_eq(open_at(NOW), 0);
}
END_TEST

static const char *const not_ids[] = { "", "x", "' OR 1=1 --", ZOE,
                                       "1B4E28BA-2FA1-41D2-883F-0016D3CCA427" };

START_TEST(unknown_ids)
{
    struct call c = { .now = NOW, .id = str_of(not_ids[_i]), .person = STR(ANNE) };
    ck_assert_err(state_read(st, do_find, &c), NOT_FOUND);
    ck_assert_err(state_write(st, do_close, &c), NOT_FOUND);
    c.verdict = (struct emergency_verdict){ c.id, STR(ZOE), true, STR("") };
    ck_assert_err(state_write(st, do_review, &c), NOT_FOUND);
}
END_TEST

/* ---- use ---- */

/* Of any number of decisions that rest on it, one is the first. */
START_TEST(first_use)
{
    struct emergency x = start();
    struct call c = { .now = NOW + 5, .id = opened(&x) };
    ck_assert_ok(state_write(st, do_use, &c));
    ck_assert(c.first);
    c.now = NOW + 6;
    ck_assert_ok(state_write(st, do_use, &c));
    ck_assert(!c.first);
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert_int_eq(c.x.used, NOW + 5);
}
END_TEST

/* ---- review ---- */

static size_t waiting(void)
{
    struct call c = { .now = NOW };
    ck_assert_ok(state_read(st, do_list_review, &c));
    return c.list.count;
}

/* By another person, once, with a comment when it was not justified; then it leaves the list. */
START_TEST(review_rules)
{
    struct emergency x = start();
    struct call c = { .now = NOW + 10 };
    struct str id = opened(&x);
    const struct {
        const char *who, *comment;
        bool justified;
        enum err_code want;
    } steps[] = {
        { ANNE, "", true, ERR_NOT_FOUND },
        { ZOE, "", false, ERR_MALFORMED },
        { ZOE, "\u00A0", false, ERR_MALFORMED },
        { ZOE, "\x01", true, ERR_MALFORMED },
        { "", "", true, ERR_BUG },
        { ZOE, "dossier consulté par curiosité", false, ERR_OK },
        { ZOE, "", true, ERR_NOT_FOUND },
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        ck_assert_uint_eq(waiting(), i < 6 ? 1 : 0);
        c.verdict = (struct emergency_verdict){ id, str_of(steps[i].who), steps[i].justified,
                                                str_of(steps[i].comment) };
        err_t e = state_write(st, do_review, &c);
        ck_assert_msg(e.code == steps[i].want, "%zu: %s", i, err_name(e));
    }
    c.id = id;
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert_str_is(c.x.verdict, "unjustified");
    ck_assert_str_is(c.x.reviewer, ZOE);
    ck_assert_str_is(c.x.comment, "dossier consulté par curiosité");
    ck_assert_int_eq(c.x.reviewed, NOW + 10);
}
END_TEST

/* An emergency that nobody reviewed is never purged; a reviewed one is, after EMERGENCY_KEEP_S. */
START_TEST(kept_for_review)
{
    struct emergency x = start();
    struct call c = { .id = opened(&x), .now = NOW + 20 * INT64_C(365) * 86400 };
    ck_assert_ok(state_write(st, do_purge, &c));
    ck_assert_uint_eq(waiting(), 1);
    c.now = NOW;
    c.verdict = (struct emergency_verdict){ c.id, STR(ZOE), true, STR("") };
    ck_assert_ok(state_write(st, do_review, &c));
    c.now = NOW + EMERGENCY_KEEP_S - 1;
    ck_assert_ok(state_write(st, do_purge, &c));
    ck_assert_ok(state_read(st, do_find, &c));
    c.now++;
    ck_assert_ok(state_write(st, do_purge, &c));
    ck_assert_err(state_read(st, do_find, &c), NOT_FOUND);
}
END_TEST

/* ---- outbox ---- */

static const struct {
    const char *name, *recipient, *subject, *body;
    enum err_code want;
} mails[] = {
    { "plain", "dpo@example.org", "Accès d’urgence", "Bonjour\nTexte", ERR_OK },
    { "a line in the subject", "dpo@example.org", "a\r\nBcc: x@y", "b", ERR_MALFORMED },
    { "a line in the address", "dpo@example.org\nBcc: x@y", "a", "b", ERR_MALFORMED },
    { "a control in the body", "dpo@example.org", "a", "b\x1B", ERR_MALFORMED },
    { "no address", "", "a", "b", ERR_BUG },
    { "no subject", "dpo@example.org", "", "b", ERR_BUG },
    { "no body", "dpo@example.org", "a", "", ERR_BUG },
};

START_TEST(outbox_table)
{
    struct call c = { .now = NOW };
    c.mail.recipient = str_of(mails[_i].recipient);
    c.mail.subject = str_of(mails[_i].subject);
    c.mail.body = str_of(mails[_i].body);
    err_t e = state_write(st, do_add, &c);
    ck_assert_msg(e.code == mails[_i].want, "%s: %s", mails[_i].name, err_name(e));
    ck_assert_ok(state_read(st, do_due, &c));
    ck_assert_uint_eq(c.mails.count, err_ok(e) ? 1 : 0);
}
END_TEST

/* A mail that was not taken comes back later, with its failures counted; one that was goes. */
START_TEST(outbox_life)
{
    struct call c = { .now = NOW };
    c.mail = (struct outbox_mail){ .recipient = STR("dpo@example.org"),
                                   .subject = STR("s"),
                                   .body = STR("b") };
    ck_assert_ok(state_write(st, do_add, &c));
    ck_assert_ok(state_read(st, do_due, &c));
    ck_assert_uint_eq(c.mails.count, 1);
    c.id = c.mails.list[0].id;
    ck_assert(str_is_uuid(c.id));
    ck_assert_ok(state_write(st, do_later, &c));
    c.now = NOW + outbox_delay(0) - 1;
    ck_assert_ok(state_read(st, do_due, &c));
    ck_assert_uint_eq(c.mails.count, 0);
    c.now++;
    ck_assert_ok(state_read(st, do_due, &c));
    ck_assert_uint_eq(c.mails.count, 1);
    ck_assert_int_eq(c.mails.list[0].attempts, 1);
    ck_assert_ok(state_write(st, do_sent, &c));
    ck_assert_ok(state_write(st, do_sent, &c)); /* gone already */
    ck_assert_ok(state_read(st, do_due, &c));
    ck_assert_uint_eq(c.mails.count, 0);
}
END_TEST

START_TEST(outbox_delays)
{
    int64_t last = 0;
    for (int64_t i = 0; i < 100; i++) {
        ck_assert_int_ge(outbox_delay(i), last);
        last = outbox_delay(i);
    }
    ck_assert_int_eq(outbox_delay(0), 30);
    ck_assert_int_eq(last, 3600);
}
END_TEST

int main(void)
{
    TCase *opening = tcase_create("opening"), *life = tcase_create("life"),
          *outbox = tcase_create("outbox");
    TCase *all[] = { opening, life, outbox };
    for (size_t i = 0; i < COUNT(all); i++)
        tcase_add_checked_fixture(all[i], setup, teardown);
    tcase_add_test(opening, open_and_end);
    tcase_add_loop_test(opening, open_table, 0, COUNT(bad));
    tcase_add_test(opening, open_incomplete);
    tcase_add_test(life, close_early);
    tcase_add_loop_test(life, unknown_ids, 0, COUNT(not_ids));
    tcase_add_test(life, first_use);
    tcase_add_test(life, review_rules);
    tcase_add_test(life, kept_for_review);
    tcase_add_loop_test(outbox, outbox_table, 0, COUNT(mails));
    tcase_add_test(outbox, outbox_life);
    tcase_add_test(outbox, outbox_delays);
    return RUN_SUITE("emergency", opening, life, outbox);
}
