/* idp/state: the record types, on a real database file. Parallel and crash cases are in
 * test_state_parallel.c and tests/integration/test_crash.c. */
#include "base/enc.h"
#include "base/secret.h"
#include "state/code.h"
#include "state/flow.h"
#include "state/session.h"
#include "state/spent.h"
#include "state/throttle.h"
#include "support/folder.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW  INT64_C(1795535700) /* 2026-11-24T15:55:00Z */
#define ANNE "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
#define ZOE  "6fa459ea-ee8a-4ca4-894e-db77e160355e"

static struct folder folder;
static struct state *st;
static struct arena *arena;

static struct state *open_file(const char *name)
{
    struct state *out = NULL;
    struct state_why why;
    struct state_options o = { .path = folder_file(&folder, name), .readers = 2 };
    err_t e = state_open(&o, &why, &out);
    ck_assert_msg(err_ok(e), "%s: %s", err_name(e), why.text);
    return out;
}

static void setup(void)
{
    folder_make(&folder);
    st = open_file("state.db");
    ck_assert_ok(arena_new(16 * ARENA_DEFAULT_MAX, &arena));
}

static void teardown(void)
{
    arena_free(arena);
    state_close(st);
    folder_remove(&folder);
}

/* --- jobs: one struct of inputs and outputs for all of them --- */

struct call {
    int64_t now, id, count;
    struct str text, more;
    struct session session;
    struct session_list list;
    struct flow flow;
    struct flow_ids flow_ids;
    struct code code;
    struct handle handle;
    struct session_level level;
    struct throttle_key keys[2];
    size_t key_count;
    char uuid[UUID_LEN];
};

static err_t do_create(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_create(tx, &c->session, c->now, c->uuid, &c->handle);
}
static err_t do_find(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_find(tx, arena, c->text, c->now, &c->session);
}
static err_t do_find_sid(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_find_sid(tx, arena, c->text, c->now, &c->session);
}
static err_t do_touch(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_touch(tx, c->id, c->now);
}
static err_t do_structure(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_set_structure(tx, c->id, c->text, c->more, c->now);
}
static err_t do_upgrade(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_upgrade(tx, c->id, &c->level, c->now, &c->handle);
}
static err_t do_end(struct state_tx *tx, void *arg)
{
    return session_end(tx, ((struct call *)arg)->id);
}
static err_t do_end_all(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_end_all_of(tx, c->text, c->id, &c->count);
}
static err_t do_list(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_list_of(tx, arena, c->text, c->now, &c->list);
}
static err_t do_count(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_count(tx, c->now, &c->count);
}
static err_t do_flow_create(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return flow_create(tx, c->text, &c->flow, c->now, &c->flow_ids);
}
static err_t do_flow_find(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return flow_find(tx, arena, c->text, c->more, c->now, &c->flow);
}
static err_t do_flow_update(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return flow_update(tx, &c->flow, c->now);
}
static err_t do_flow_rebind(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return flow_rebind(tx, c->text, c->more, STR(ZOE));
}
static err_t do_flow_finish(struct state_tx *tx, void *arg)
{
    return flow_finish(tx, &((struct call *)arg)->flow);
}
static err_t do_issue(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return code_issue(tx, &c->code, c->now, c->uuid, &c->handle);
}
static err_t do_take(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return code_take(tx, arena, c->text, c->now, &c->code);
}
static err_t do_look(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return code_look(tx, arena, c->text, c->now, &c->code);
}
static err_t do_otp(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return otp_spend(tx, c->text, c->id, c->now);
}
static err_t do_jti(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return jti_spend(tx, c->text, c->more, c->now);
}
static err_t do_reserve(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return throttle_reserve(tx, c->keys, c->key_count, c->now, &c->count);
}
static err_t do_check(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return throttle_check(tx, c->keys, c->key_count, c->now, &c->count);
}
static err_t do_refund(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return throttle_refund(tx, c->keys, c->key_count, c->now);
}
static err_t do_reset(struct state_tx *tx, void *arg)
{
    return throttle_reset(tx, &((struct call *)arg)->keys[0]);
}
static err_t do_purge(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return state_purge(tx, c->now, 100, &c->count);
}

static struct session start_of(const char *person)
{
    return (struct session){ .person = str_of(person),
                             .login = STR("anne.le-goff"),
                             .auth_time = NOW,
                             .idle_s = 900,
                             .expires = NOW + 36000,
                             .acr = 1,
                             .amr = STR("pwd"),
                             .language = STR("fr"),
                             .network = STR("192.0.2.0/24"),
                             .user_agent = STR("Firefox") };
}

static struct call new_session(const char *person)
{
    struct call c = { .now = NOW, .session = start_of(person) };
    ck_assert_ok(state_write(st, do_create, &c));
    return c;
}

static err_t find(struct str cookie, int64_t now)
{
    struct call c = { .now = now, .text = cookie };
    return state_read(st, do_find, &c);
}

/* --- sessions --- */

START_TEST(session_round_trip)
{
    struct call made = new_session(ANNE);
    struct call c = { .now = NOW, .text = handle_str(&made.handle) };
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert_int_eq(c.session.id, made.session.id);
    ck_assert(str_eq(c.session.sid, str_from(made.uuid, UUID_LEN)));
    ck_assert(str_is_uuid(c.session.sid));
    ck_assert_str_is(c.session.person, ANNE);
    ck_assert_str_is(c.session.login, "anne.le-goff");
    ck_assert_str_is(c.session.amr, "pwd");
    ck_assert_str_is(c.session.language, "fr");
    ck_assert_str_is(c.session.network, "192.0.2.0/24");
    ck_assert_str_is(c.session.user_agent, "Firefox");
    ck_assert_str_is(c.session.structure, "");
    ck_assert_int_eq(c.session.created, NOW);
    ck_assert_int_eq(c.session.auth_time, NOW);
    ck_assert_int_eq(c.session.second_factor, 0);
    ck_assert_int_eq(c.session.idle_expires, NOW + 900);
    ck_assert_int_eq(c.session.acr, 1);
    c.text = c.session.sid;
    ck_assert_ok(state_read(st, do_find_sid, &c));
    ck_assert_int_eq(c.session.id, made.session.id);
}
END_TEST

/* Only the hash of the secret is in the file: nobody who reads the database can use a session. */
START_TEST(secret_is_not_stored)
{
    struct call made = new_session(ANNE);
    unsigned char raw[40];
    size_t len = 0;
    struct str text = str_from(made.handle.text + 2, HANDLE_LEN - 2);
    ck_assert_ok(base64url_decode(text, raw, sizeof raw, &len));
    const char *const files[] = { "state.db", "state.db-wal" };
    for (size_t i = 0; i < COUNT(files); i++) {
        ck_assert(!folder_file_has(&folder, files[i], made.handle.text + 13, 20));
        ck_assert(!folder_file_has(&folder, files[i], raw + 8, 8));
    }
    ck_assert(folder_file_has(&folder, "state.db-wal", made.uuid, UUID_LEN)); /* it does look */
}
END_TEST

static const struct {
    const char *name;
    int at; /* character that is changed; -1: none */
    size_t len;
    int64_t now;
    err_t want;
} cookies[] = {
    { "as given", -1, HANDLE_LEN, NOW, { ERR_OK } },
    { "last second", -1, HANDLE_LEN, NOW + 899, { ERR_OK } },
    { "dead at idle_expires", -1, HANDLE_LEN, NOW + 900, { ERR_NOT_FOUND } },
    { "another kind of handle", 0, HANDLE_LEN, NOW, { ERR_NOT_FOUND } },
    { "another row", 5, HANDLE_LEN, NOW, { ERR_NOT_FOUND } },
    { "first of the secret", 15, HANDLE_LEN, NOW, { ERR_NOT_FOUND } },
    { "last of the secret", HANDLE_LEN - 2, HANDLE_LEN, NOW, { ERR_NOT_FOUND } },
    { "cut short", -1, HANDLE_LEN - 1, NOW, { ERR_NOT_FOUND } },
    { "the tag alone", -1, 2, NOW, { ERR_NOT_FOUND } },
    { "empty", -1, 0, NOW, { ERR_NOT_FOUND } },
};

START_TEST(session_cookie_table)
{
    struct call made = new_session(ANNE);
    if (cookies[_i].at >= 0)
        made.handle.text[cookies[_i].at] ^= 3;
    err_t e = find(str_from(made.handle.text, cookies[_i].len), cookies[_i].now);
    ck_assert_msg(e.code == cookies[_i].want.code, "%s: %s", cookies[_i].name, err_name(e));
}
END_TEST

static const struct {
    const char *name;
    struct session change; /* only the member of interest */
    enum { NO_PERSON, ACR, IDLE, EXPIRED, BAD_TEXT } what;
    err_t want;
} bad_starts[] = {
    { "no person", { 0 }, NO_PERSON, { ERR_BUG } },
    { "acr above 3", { .acr = 4 }, ACR, { ERR_BUG } },
    { "acr below 0", { .acr = -1 }, ACR, { ERR_BUG } },
    { "no lifetime", { .idle_s = 0 }, IDLE, { ERR_BUG } },
    { "dead at birth", { .expires = NOW }, EXPIRED, { ERR_BUG } },
    { "a control character", { .login = STR_INIT("a\nb") }, BAD_TEXT, { ERR_MALFORMED } },
    { "a NUL", { .login = STR_INIT("a\0b") }, BAD_TEXT, { ERR_MALFORMED } },
    { "not UTF-8", { .login = STR_INIT("\xFF") }, BAD_TEXT, { ERR_MALFORMED } },
};

START_TEST(session_start_table)
{
    struct call c = { .now = NOW, .session = start_of(ANNE) };
    switch (bad_starts[_i].what) {
    case NO_PERSON:
        c.session.person = STR("");
        break;
    case ACR:
        c.session.acr = bad_starts[_i].change.acr;
        break;
    case IDLE:
        c.session.idle_s = 0;
        break;
    case EXPIRED:
        c.session.expires = NOW;
        break;
    case BAD_TEXT:
        c.session.login = bad_starts[_i].change.login;
        break;
    }
    err_t e = state_write(st, do_create, &c);
    ck_assert_msg(e.code == bad_starts[_i].want.code, "%s: %s", bad_starts[_i].name, err_name(e));
}
END_TEST

/* The browser's own words never break the store, whatever they are. */
START_TEST(user_agent_is_cleaned)
{
    struct call c = { .now = NOW, .session = start_of(ANNE) };
    char agent[500];
    memset(agent, 'x', sizeof agent);
    memcpy(agent, "a\n\xFF\0b", 5);
    c.session.user_agent = str_from(agent, sizeof agent);
    ck_assert_ok(state_write(st, do_create, &c));
    c.text = handle_str(&c.handle);
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert_uint_eq(c.session.user_agent.len, SESSION_AGENT_MAX);
    ck_assert(str_starts(c.session.user_agent, STR("a???bxxx")));
}
END_TEST

/* Rest moves the end of the session on, at most one write a minute, never past its whole life. */
START_TEST(session_touch_once_a_minute)
{
    struct call c = new_session(ANNE);
    struct call t = { .id = c.session.id, .now = NOW + 59 };
    ck_assert(!session_touch_due(&c.session, NOW + 59));
    ck_assert(session_touch_due(&c.session, NOW + 60));
    ck_assert_ok(state_write(st, do_touch, &t));
    ck_assert_err(find(handle_str(&c.handle), NOW + 900), NOT_FOUND);
    t.now = NOW + 60;
    ck_assert_ok(state_write(st, do_touch, &t));
    ck_assert_ok(find(handle_str(&c.handle), NOW + 959));
    ck_assert_err(find(handle_str(&c.handle), NOW + 960), NOT_FOUND);
    t.now = NOW + 960;
    ck_assert_err(state_write(st, do_touch, &t), NOT_FOUND); /* the dead are not woken */
    for (t.now = NOW + 120; t.now < NOW + 36000; t.now += 600)
        ck_assert_ok(state_write(st, do_touch, &t));
    ck_assert_ok(find(handle_str(&c.handle), NOW + 35999));
    ck_assert_err(find(handle_str(&c.handle), NOW + 36000), NOT_FOUND);
}
END_TEST

/* A new level means a new secret; what was planted or stolen before opens nothing. */
START_TEST(session_upgrade_changes_the_secret)
{
    struct call c = new_session(ANNE), up = { .now = NOW + 10, .id = c.session.id };
    up.level = (struct session_level){ .person = STR(ANNE),
                                       .acr = 2,
                                       .amr = STR("pwd otp mfa"),
                                       .auth_time = NOW + 10,
                                       .second_factor = NOW + 10 };
    ck_assert_ok(state_write(st, do_upgrade, &up));
    ck_assert_err(find(handle_str(&c.handle), NOW + 10), NOT_FOUND);
    up.text = handle_str(&up.handle);
    ck_assert_ok(state_read(st, do_find, &up));
    ck_assert_int_eq(up.session.acr, 2);
    ck_assert_int_eq(up.session.second_factor, NOW + 10);
    ck_assert_str_is(up.session.amr, "pwd otp mfa");
    ck_assert(str_eq(up.session.sid, str_from(c.uuid, UUID_LEN)));
    up.level.person = STR(ZOE); /* a session never changes hands */
    ck_assert_err(state_write(st, do_upgrade, &up), CONFLICT);
    up.level.person = STR(ANNE);
    up.level.acr = 4;
    ck_assert_err(state_write(st, do_upgrade, &up), BUG);
    up.level.acr = 3;
    up.now = NOW + 5000;
    ck_assert_err(state_write(st, do_upgrade, &up), NOT_FOUND);
}
END_TEST

START_TEST(session_structure)
{
    struct call c = new_session(ANNE);
    c.id = c.session.id;
    c.text = STR("SOUB-MAS");
    c.more = STR("IDE");
    ck_assert_ok(state_write(st, do_structure, &c));
    c.text = handle_str(&c.handle);
    ck_assert_ok(state_read(st, do_find, &c));
    ck_assert_str_is(c.session.structure, "SOUB-MAS");
    ck_assert_str_is(c.session.profile, "IDE");
    c.now = NOW + 900;
    ck_assert_err(state_write(st, do_structure, &c), NOT_FOUND);
}
END_TEST

START_TEST(session_ends)
{
    struct call a = new_session(ANNE), b = new_session(ANNE), z = new_session(ZOE);
    struct call c = { .now = NOW, .text = STR(ANNE) };
    ck_assert_ok(state_read(st, do_list, &c));
    ck_assert_uint_eq(c.list.count, 2);
    ck_assert_ok(state_read(st, do_count, &c));
    ck_assert_int_eq(c.count, 3);
    c.id = b.session.id;
    ck_assert_ok(state_write(st, do_end_all, &c)); /* all but this one */
    ck_assert_int_eq(c.count, 1);
    ck_assert_err(find(handle_str(&a.handle), NOW), NOT_FOUND);
    ck_assert_ok(find(handle_str(&b.handle), NOW));
    ck_assert_ok(find(handle_str(&z.handle), NOW));
    ck_assert_ok(state_write(st, do_end, &c));
    ck_assert_err(state_write(st, do_end, &c), NOT_FOUND);
    ck_assert_err(find(handle_str(&b.handle), NOW), NOT_FOUND);
    ck_assert_ok(find(handle_str(&z.handle), NOW));
}
END_TEST

/* --- flows --- */

static struct call new_flow(struct str browser)
{
    struct call c = { .now = NOW, .text = browser };
    c.flow = (struct flow){ .request = STR("{\"client_id\":\"dui\"}"), .step = STR("password") };
    ck_assert_ok(state_write(st, do_flow_create, &c));
    return c;
}

static err_t find_flow(struct call *made, struct call *c, int64_t now)
{
    c->now = now;
    c->text = handle_str(&made->flow_ids.cookie);
    c->more = str_from(made->flow_ids.form, FLOW_FORM_LEN);
    return state_read(st, do_flow_find, c);
}

START_TEST(flow_round_trip)
{
    struct call made = new_flow(STR("")), c = { 0 };
    ck_assert_ok(find_flow(&made, &c, NOW + FLOW_LIFE_S - 1));
    ck_assert_str_is(c.flow.request, "{\"client_id\":\"dui\"}");
    ck_assert_str_is(c.flow.step, "password");
    ck_assert(str_eq(c.flow.csrf, str_from(made.flow_ids.csrf, FLOW_CSRF_LEN)));
    ck_assert_int_eq(c.flow.version, 1);
    ck_assert_err(find_flow(&made, &c, NOW + FLOW_LIFE_S), NOT_FOUND);
    /* login.max: how long it may take is the configuration's. */
    made = (struct call){ .now = NOW, .text = STR("") };
    made.flow = (struct flow){ .request = STR("{}"), .step = STR("password"), .expires = NOW + 60 };
    ck_assert_ok(state_write(st, do_flow_create, &made));
    ck_assert_ok(find_flow(&made, &c, NOW + 59));
    ck_assert_err(find_flow(&made, &c, NOW + 60), NOT_FOUND);
}
END_TEST

/* Once a password is proved the cookie of before finds the flow, marked so; what somebody else had proved
 * in that browser is forgotten; another browser's flows stay as they are. */
START_TEST(flow_changes_cookie)
{
    static const unsigned char secret[FLOW_SECRET_LEN] = { 7 };
    struct call mine = new_flow(STR("")), others = new_flow(handle_str(&mine.flow_ids.cookie));
    struct call elsewhere = new_flow(STR("")), c = { 0 };
    struct handle cookie, old = mine.flow_ids.cookie;
    mine.flow.person = STR(ZOE);
    others.flow.person = STR("another");
    others.flow.progress = STR("{\"acr\":2}");
    ck_assert_ok(state_write(st, do_flow_update, &mine));
    ck_assert_ok(state_write(st, do_flow_update, &others));
    ck_assert_ok(flow_cookie(secret, &cookie));
    c.text = handle_str(&old);
    c.more = handle_str(&cookie);
    ck_assert_ok(state_write(st, do_flow_rebind, &c));
    ck_assert_ok(find_flow(&mine, &c, NOW));
    ck_assert(c.flow.former);
    mine.flow_ids.cookie = others.flow_ids.cookie = cookie;
    ck_assert_ok(find_flow(&mine, &c, NOW));
    ck_assert(!c.flow.former);
    ck_assert_str_is(c.flow.person, ZOE);
    ck_assert_ok(find_flow(&others, &c, NOW));
    ck_assert_str_is(c.flow.person, "");
    ck_assert_str_is(c.flow.progress, "{}");
    ck_assert_err(state_write(st, do_flow_update, &others), CONFLICT);
    ck_assert_ok(find_flow(&elsewhere, &c, NOW));
    ck_assert(!c.flow.former);
}
END_TEST

/* Two tabs: one cookie, two flows; each is found by its own form. Another browser finds neither. */
START_TEST(flow_two_tabs_two_browsers)
{
    struct call one = new_flow(STR("")), two = new_flow(handle_str(&one.flow_ids.cookie));
    struct call other = new_flow(STR("b_forged")), c = { 0 };
    ck_assert(ct_str_equal(handle_str(&one.flow_ids.cookie), handle_str(&two.flow_ids.cookie)));
    ck_assert(!ct_str_equal(handle_str(&one.flow_ids.cookie), handle_str(&other.flow_ids.cookie)));
    ck_assert_ok(find_flow(&one, &c, NOW));
    ck_assert_int_eq(c.flow.id, one.flow.id);
    ck_assert_ok(find_flow(&two, &c, NOW));
    ck_assert_int_eq(c.flow.id, two.flow.id);
    one.flow_ids.cookie = other.flow_ids.cookie;
    ck_assert_err(find_flow(&one, &c, NOW), NOT_FOUND);
}
END_TEST

static const struct {
    const char *name;
    struct str form;
} forms[] = {
    { "empty", STR_INIT("") },
    { "short", STR_INIT("0123456789abcde") },
    { "long", STR_INIT("0123456789abcdef0") },
    { "not hex", STR_INIT("0123456789abcdeg") },
    { "nobody's", STR_INIT("0123456789abcdef") },
};

START_TEST(flow_form_table)
{
    struct call made = new_flow(STR(""));
    struct call c = { .now = NOW,
                      .text = handle_str(&made.flow_ids.cookie),
                      .more = forms[_i].form };
    err_t e = state_read(st, do_flow_find, &c);
    ck_assert_msg(e.code == ERR_NOT_FOUND, "%s: %s", forms[_i].name, err_name(e));
}
END_TEST

/* One step posted twice: the first wins, the second is told to read again. */
START_TEST(flow_version)
{
    struct call made = new_flow(STR("")), first = { 0 }, second = { 0 };
    ck_assert_ok(find_flow(&made, &first, NOW));
    ck_assert_ok(find_flow(&made, &second, NOW));
    first.flow.step = STR("otp");
    first.flow.person = STR(ANNE);
    first.flow.attempts = 2;
    ck_assert_ok(state_write(st, do_flow_update, &first));
    second.flow.step = STR("password");
    ck_assert_err(state_write(st, do_flow_update, &second), CONFLICT);
    ck_assert_err(state_write(st, do_flow_finish, &second), CONFLICT);
    ck_assert_ok(find_flow(&made, &second, NOW));
    ck_assert_str_is(second.flow.step, "otp");
    ck_assert_str_is(second.flow.person, ANNE);
    ck_assert_int_eq(second.flow.attempts, 2);
    ck_assert_int_eq(second.flow.version, 2);
    ck_assert_ok(state_write(st, do_flow_finish, &first));
    ck_assert_err(state_write(st, do_flow_finish, &first), NOT_FOUND);
    ck_assert_err(state_write(st, do_flow_update, &first), NOT_FOUND);
}
END_TEST

START_TEST(flow_bounds)
{
    static char big[FLOW_REQUEST_MAX + 1];
    memset(big, ' ', sizeof big);
    struct call c = { .now = NOW };
    c.flow = (struct flow){ .request = str_from(big, FLOW_REQUEST_MAX), .step = STR("password") };
    ck_assert_ok(state_write(st, do_flow_create, &c));
    c.flow.request = str_from(big, sizeof big);
    ck_assert_err(state_write(st, do_flow_create, &c), TOO_LARGE);
    c.flow.request = STR("{}");
    c.flow.progress = str_from(big, FLOW_PROGRESS_MAX + 1);
    ck_assert_err(state_write(st, do_flow_create, &c), TOO_LARGE);
    c.flow.progress = STR("");
    c.flow.step = STR("Not A Step");
    ck_assert_err(state_write(st, do_flow_create, &c), BUG);
    c.flow.step = STR("otp");
    c.flow.request = STR("\xFF");
    ck_assert_err(state_write(st, do_flow_create, &c), BAD_UTF8);
}
END_TEST

/* A browser that starts sign-ins without end fills nothing: its oldest flows make room. */
START_TEST(flow_per_browser_limit)
{
    struct call first = new_flow(STR("")), c = { 0 }, last = { 0 };
    for (int64_t i = 1; i <= FLOW_BROWSER_MAX; i++) {
        last = (struct call){ .now = NOW + i, .text = handle_str(&first.flow_ids.cookie) };
        last.flow = (struct flow){ .request = STR("{}"), .step = STR("password") };
        ck_assert_ok(state_write(st, do_flow_create, &last));
    }
    ck_assert_err(find_flow(&first, &c, NOW + 20), NOT_FOUND);
    ck_assert_ok(find_flow(&last, &c, NOW + 20));
}
END_TEST

/* --- codes --- */

static struct call new_code(const struct call *session)
{
    struct call c = { .now = NOW };
    c.code = (struct code){ .client_id = STR("dui"),
                            .redirect_uri = STR("https://dui/cb"),
                            .challenge = STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                            .nonce = STR("n"),
                            .scope = STR("openid profile"),
                            .sid = str_from(session->uuid, UUID_LEN),
                            .person = STR(ANNE),
                            .structure = STR("SOUB-MAS"),
                            .amr = STR("pwd"),
                            .auth_time = NOW,
                            .expires = NOW + CODE_LIFE_MAX_S,
                            .acr = 1,
                            .auth_time_asked = true };
    ck_assert_ok(state_write(st, do_issue, &c));
    return c;
}

static err_t take(struct call *c, struct str text, int64_t now)
{
    c->now = now;
    c->text = text;
    return state_write(st, do_take, c);
}

/* RFC 6749 section 4.1.2: once. The second use names what the first one gave. */
START_TEST(code_once)
{
    struct call s = new_session(ANNE), made = new_code(&s), c = { 0 }, again = { 0 };
    ck_assert_ok(take(&c, handle_str(&made.handle), NOW + 59));
    ck_assert_str_is(c.code.client_id, "dui");
    ck_assert_str_is(c.code.redirect_uri, "https://dui/cb");
    ck_assert_str_is(c.code.scope, "openid profile");
    ck_assert_str_is(c.code.structure, "SOUB-MAS");
    ck_assert_str_is(c.code.nonce, "n");
    ck_assert_int_eq(c.code.auth_time, NOW);
    ck_assert_int_eq(c.code.acr, 1);
    ck_assert(c.code.auth_time_asked);
    ck_assert(str_eq(c.code.family, str_from(made.uuid, UUID_LEN)) && str_is_uuid(c.code.family));
    ck_assert_err(take(&again, handle_str(&made.handle), NOW + 300), CODE_SPENT);
    ck_assert(str_eq(again.code.family, str_from(made.uuid, UUID_LEN)));
    ck_assert(str_eq(again.code.sid, str_from(s.uuid, UUID_LEN)));
}
END_TEST

/* Looking spends nothing, sees what taking would see, and works on a read transaction. */
START_TEST(code_look_spends_nothing)
{
    struct call s = new_session(ANNE), made = new_code(&s), taken = { 0 };
    struct call c = { .now = NOW + 59, .text = handle_str(&made.handle) };
    ck_assert_ok(state_read(st, do_look, &c));
    ck_assert_ok(state_read(st, do_look, &c));
    ck_assert_str_is(c.code.client_id, "dui");
    ck_assert_ok(take(&taken, handle_str(&made.handle), NOW + 59));
    ck_assert_err(state_read(st, do_look, &c), CODE_SPENT);
    ck_assert(str_eq(c.code.sid, str_from(s.uuid, UUID_LEN)));
    struct call late = new_code(&s);
    c.text = handle_str(&late.handle);
    c.now = NOW + CODE_LIFE_MAX_S;
    ck_assert_err(state_read(st, do_look, &c), NOT_FOUND);
}
END_TEST

START_TEST(code_dies)
{
    struct call s = new_session(ANNE), made = new_code(&s), c = { 0 };
    ck_assert_err(take(&c, handle_str(&made.handle), NOW + CODE_LIFE_MAX_S), NOT_FOUND);
    ck_assert_err(take(&c, handle_str(&s.handle), NOW), NOT_FOUND); /* a cookie is no code */
    made.handle.text[20] ^= 3;
    ck_assert_err(take(&c, handle_str(&made.handle), NOW), NOT_FOUND);
    made.handle.text[20] ^= 3; /* a wrong guess has not spent it */
    ck_assert_ok(take(&c, handle_str(&made.handle), NOW));
}
END_TEST

START_TEST(code_dies_with_its_session)
{
    struct call s = new_session(ANNE), made = new_code(&s), c = { .id = s.session.id };
    ck_assert_ok(state_write(st, do_end, &c));
    ck_assert_err(take(&c, handle_str(&made.handle), NOW), NOT_FOUND);
    c = (struct call){ .now = NOW, .code = made.code };
    c.code.sid = str_from(s.uuid, UUID_LEN);
    ck_assert_err(state_write(st, do_issue, &c), NOT_FOUND);
}
END_TEST

START_TEST(code_bounds)
{
    struct call s = new_session(ANNE), made = new_code(&s);
    struct call c = { .now = NOW, .code = made.code };
    c.code.expires = NOW + CODE_LIFE_MAX_S + 1;
    ck_assert_err(state_write(st, do_issue, &c), BUG);
    c.code.expires = NOW;
    ck_assert_err(state_write(st, do_issue, &c), BUG);
    c.code.expires = NOW + 10;
    c.code.challenge = STR(""); /* no PKCE, no code */
    ck_assert_err(state_write(st, do_issue, &c), BUG);
}
END_TEST

/* --- once only --- */

START_TEST(otp_step_once)
{
    struct call c = { .now = NOW, .text = STR("otp-1"), .id = 59851190 };
    ck_assert_ok(state_write(st, do_otp, &c));
    ck_assert_err(state_write(st, do_otp, &c), CODE_SPENT);
    c.id++;
    ck_assert_ok(state_write(st, do_otp, &c));
    c.id--;
    c.text = STR("otp-2");
    ck_assert_ok(state_write(st, do_otp, &c));
}
END_TEST

START_TEST(jti_once)
{
    struct call c = { .now = NOW + 300, .text = STR("ab"), .more = STR("c") };
    ck_assert_ok(state_write(st, do_jti, &c));
    ck_assert_err(state_write(st, do_jti, &c), REPLAYED);
    c.text = STR("a");
    c.more = STR("bc"); /* another client's, though the letters in a row are the same */
    ck_assert_ok(state_write(st, do_jti, &c));
    c.more = STR("");
    ck_assert_err(state_write(st, do_jti, &c), MALFORMED);
}
END_TEST

/* --- throttling --- */

static const struct throttle_policy three_per_minute = { .shape = THROTTLE_RATE,
                                                         .free = 3,
                                                         .forget_s = 60 };

static err_t throttle(state_job *job, const char *key, const struct throttle_policy *policy,
                      int64_t now, int64_t *wait)
{
    struct call c = { .now = now, .key_count = 1, .count = -1 };
    c.keys[0] = (struct throttle_key){ str_of(key), policy };
    err_t e = state_write(st, job, &c);
    *wait = c.count;
    return e;
}

/* 5 free, then 2, 4, 8 … at most 900 seconds; the wait is told. */
START_TEST(throttle_backoff)
{
    const struct throttle_policy *p = &throttle_account_default;
    static const int64_t waits[] = { 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900 };
    int64_t wait = 0, now = NOW;
    for (int i = 0; i < 5; i++)
        ck_assert_ok(throttle(do_reserve, "anne", p, now, &wait));
    for (size_t i = 0; i < COUNT(waits); i++) {
        ck_assert_err(throttle(do_reserve, "anne", p, now, &wait), THROTTLED);
        ck_assert_int_eq(wait, waits[i]);
        ck_assert_err(throttle(do_check, "anne", p, now + waits[i] - 1, &wait), THROTTLED);
        ck_assert_int_eq(wait, 1);
        now += waits[i];
        ck_assert_ok(throttle(do_check, "anne", p, now, &wait));
        ck_assert_ok(throttle(do_reserve, "anne", p, now, &wait));
    }
    ck_assert_ok(throttle(do_reserve, "zoe", p, now, &wait)); /* another account is not touched */
    ck_assert_ok(throttle(do_reserve, "anne", p, now + 3600, &wait)); /* forgotten */
    ck_assert_ok(throttle(do_reserve, "anne", p, now + 3600, &wait));
}
END_TEST

START_TEST(throttle_rate)
{
    int64_t wait = 0;
    for (int i = 0; i < 3; i++)
        ck_assert_ok(throttle(do_reserve, "net", &three_per_minute, NOW + i, &wait));
    ck_assert_err(throttle(do_reserve, "net", &three_per_minute, NOW + 20, &wait), THROTTLED);
    ck_assert_int_eq(wait, 40);
    ck_assert_ok(throttle(do_refund, "net", &three_per_minute, NOW + 20, &wait));
    ck_assert_ok(throttle(do_reserve, "net", &three_per_minute, NOW + 20, &wait));
    ck_assert_err(throttle(do_reserve, "net", &three_per_minute, NOW + 59, &wait), THROTTLED);
    ck_assert_ok(throttle(do_reserve, "net", &three_per_minute, NOW + 60, &wait));
}
END_TEST

/* The right secret gives its attempt back; reset forgets the failures before it. */
START_TEST(throttle_refund_and_reset)
{
    const struct throttle_policy *p = &throttle_account_default;
    int64_t wait = 0;
    for (int i = 0; i < 20; i++) {
        ck_assert_ok(throttle(do_reserve, "anne", p, NOW, &wait));
        ck_assert_ok(throttle(do_refund, "anne", p, NOW, &wait));
    }
    for (int i = 0; i < 5; i++)
        ck_assert_ok(throttle(do_reserve, "anne", p, NOW, &wait));
    ck_assert_err(throttle(do_reserve, "anne", p, NOW, &wait), THROTTLED);
    ck_assert_ok(throttle(do_reset, "anne", p, NOW, &wait));
    ck_assert_ok(throttle(do_reserve, "anne", p, NOW, &wait));
}
END_TEST

/* All keys or none: an attempt refused for the network is not counted against the account. */
START_TEST(throttle_all_or_none)
{
    int64_t wait = 0;
    struct call c = { .now = NOW, .key_count = 2 };
    c.keys[0] = (struct throttle_key){ STR("anne"), &throttle_account_default };
    c.keys[1] = (struct throttle_key){ STR("net"), &three_per_minute };
    for (int i = 0; i < 10; i++)
        (void)err_ok(state_write(st, do_reserve, &c));
    for (int i = 0; i < 2; i++)
        ck_assert_ok(throttle(do_reserve, "anne", &throttle_account_default, NOW, &wait));
    ck_assert_err(throttle(do_reserve, "anne", &throttle_account_default, NOW, &wait), THROTTLED);
    c.key_count = 0;
    ck_assert_err(state_write(st, do_reserve, &c), BUG);
}
END_TEST

/* A clock set back by a day must not lock anyone out for a day. */
START_TEST(throttle_clock_back)
{
    int64_t wait = 0;
    for (int i = 0; i < 15; i++)
        (void)err_ok(throttle(do_reserve, "anne", &throttle_account_default, NOW + 86400, &wait));
    err_t e = throttle(do_check, "anne", &throttle_account_default, NOW, &wait);
    ck_assert(e.code == ERR_THROTTLED && wait <= 900);
    for (int i = 0; i < 4; i++)
        (void)err_ok(throttle(do_reserve, "net", &three_per_minute, NOW + 86400, &wait));
    e = throttle(do_check, "net", &three_per_minute, NOW, &wait);
    ck_assert(e.code == ERR_THROTTLED && wait <= 60);
}
END_TEST

/* --- purge --- */

START_TEST(purge_takes_the_dead_only)
{
    struct call s = new_session(ANNE), f = new_flow(STR("")), k = new_code(&s);
    struct call o = { .now = NOW, .text = STR("otp-1"), .id = 1 };
    struct call j = { .now = NOW + 300, .text = STR("client"), .more = STR("jti") };
    struct call p = { .now = NOW + 299 };
    int64_t wait = 0;
    ck_assert_ok(state_write(st, do_otp, &o));
    ck_assert_ok(state_write(st, do_jti, &j));
    ck_assert_ok(throttle(do_reserve, "net", &three_per_minute, NOW + 290, &wait));
    ck_assert_ok(state_write(st, do_purge, &p));
    ck_assert_int_eq(p.count, 0);
    ck_assert_err(state_write(st, do_jti, &j), REPLAYED);
    ck_assert_ok(find(handle_str(&s.handle), NOW + 299));
    ck_assert_ok(find_flow(&f, &p, NOW + 299));
    p.now = NOW + 2 * 86400;
    ck_assert_ok(state_write(st, do_purge, &p));
    ck_assert_int_eq(p.count, 5); /* the code went with its session */
    ck_assert_ok(state_write(st, do_purge, &p));
    ck_assert_int_eq(p.count, 0);
    ck_assert_err(take(&p, handle_str(&k.handle), NOW), NOT_FOUND);
}
END_TEST

int main(void)
{
    TCase *sessions = tcase_create("sessions"), *flows = tcase_create("flows");
    TCase *codes = tcase_create("codes"), *once = tcase_create("once");
    TCase *throttles = tcase_create("throttle"), *purge = tcase_create("purge");
    TCase *all[] = { sessions, flows, codes, once, throttles, purge };
    for (size_t i = 0; i < COUNT(all); i++)
        tcase_add_checked_fixture(all[i], setup, teardown);
    tcase_add_test(sessions, session_round_trip);
    tcase_add_test(sessions, secret_is_not_stored);
    tcase_add_loop_test(sessions, session_cookie_table, 0, COUNT(cookies));
    tcase_add_loop_test(sessions, session_start_table, 0, COUNT(bad_starts));
    tcase_add_test(sessions, user_agent_is_cleaned);
    tcase_add_test(sessions, session_touch_once_a_minute);
    tcase_add_test(sessions, session_upgrade_changes_the_secret);
    tcase_add_test(sessions, session_structure);
    tcase_add_test(sessions, session_ends);
    tcase_add_test(flows, flow_round_trip);
    tcase_add_test(flows, flow_changes_cookie);
    tcase_add_test(flows, flow_two_tabs_two_browsers);
    tcase_add_loop_test(flows, flow_form_table, 0, COUNT(forms));
    tcase_add_test(flows, flow_version);
    tcase_add_test(flows, flow_bounds);
    tcase_add_test(flows, flow_per_browser_limit);
    tcase_add_test(codes, code_once);
    tcase_add_test(codes, code_look_spends_nothing);
    tcase_add_test(codes, code_dies);
    tcase_add_test(codes, code_dies_with_its_session);
    tcase_add_test(codes, code_bounds);
    tcase_add_test(once, otp_step_once);
    tcase_add_test(once, jti_once);
    tcase_add_test(throttles, throttle_backoff);
    tcase_add_test(throttles, throttle_rate);
    tcase_add_test(throttles, throttle_refund_and_reset);
    tcase_add_test(throttles, throttle_all_or_none);
    tcase_add_test(throttles, throttle_clock_back);
    tcase_add_test(purge, purge_takes_the_dead_only);
    return RUN_SUITE("state", sessions, flows, codes, once, throttles, purge);
}
