/* password.c - the first step: login name and password, checked by a bind at the directory.
 *
 * An unknown name, a name without a password and a wrong password cost the same and answer the same;
 * nobody is looked up for a password that cannot be anybody's, or how quick that is would tell.
 * The attempt is counted before the password is looked at (state/throttle.h), by the name as typed.
 */
#include "base/secret.h"
#include "login/login.h"
#include "state/throttle.h"

#include <string.h>

static bool needed(const struct login *l) { return !l->has_person || l->progress.acr == 0; }

static err_t show(struct login *l, const char *error, int64_t wait_s)
{
    json_t *data = login_page_data(l, &step_password, error, wait_s);
    struct str typed = http_form(l->c->req, "username");
    call_put(data, "username", typed.len > 0 ? typed : l->request.login_hint);
    return call_page(l->c, wait_s > 0 ? 429 : 200, "login", data);
}

/* The name as it counts: without the spaces that telephones add, in lower case. */
static err_t fold(struct arena *a, struct str typed, struct str *out)
{
    struct str name;
    TRY(arena_str(a, str_trim(typed), &name));
    char *text = arena_alloc(a, name.len + 1);
    if (text == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        text[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
    }
    *out = str_from(text, name.len);
    return ERR(OK);
}

struct attempt {
    struct login *l;
    struct handle cookie; /* what the browser has from now on */
    struct throttle_key keys[2];
    struct journal_entry entry;
    int64_t wait_s;
};

static err_t make_keys(struct attempt *a, struct str name)
{
    struct service *svc = a->l->c->svc;
    struct arena *arena = a->l->c->arena;
    struct str account, network;
    TRY(arena_printf(arena, &account, "login:%.*s", STR_ARG(name)));
    TRY(arena_printf(arena, &network, "net:%s", a->l->c->req->peer.network));
    a->keys[0] = (struct throttle_key){ account, &svc->throttle_account };
    a->keys[1] = (struct throttle_key){ network, &svc->throttle_network };
    return ERR(OK);
}

static err_t reserve_job(struct state_tx *tx, void *arg)
{
    struct attempt *a = arg;
    return throttle_reserve(tx, a->keys, COUNT(a->keys), a->l->c->now, &a->wait_s);
}

static err_t refund_job(struct state_tx *tx, void *arg)
{
    struct attempt *a = arg;
    return throttle_refund(tx, a->keys, COUNT(a->keys), a->l->c->now);
}

static err_t success_job(struct state_tx *tx, void *arg)
{
    struct attempt *a = arg;
    TRY(throttle_refund(tx, &a->keys[1], 1, a->l->c->now));
    TRY(throttle_reset(tx, &a->keys[0]));
    return flow_rebind(tx, http_cookie(a->l->c->req, COOKIE_BROWSER), handle_str(&a->cookie),
                       a->l->person.id);
}

/* No trace of each refusal: a flood of them must not fill the journal. The first one of a wait is told
 * by the failures that led to it. */
static err_t throttled(struct attempt *a) { return show(a->l, "throttled", a->wait_s); }

static err_t refused(struct attempt *a, const char *reason)
{
    struct login *l = a->l;
    struct journal_entry entry =
        login_entry(l, JOURNAL_SIGN_IN_FAILED, JOURNAL_DATA({ "reason", str_of(reason) }));
    if (l->person.id.len > 0)
        entry.subject = l->person.id;
    l->flow.attempts++;
    TRY(login_record(l, &(struct login_write){ .entries = &entry, .entry_count = 1 }));
    return show(l, "wrong", 0);
}

static err_t find_person(struct login *l, struct str name, bool *found)
{
    *found = false;
    if (name.len == 0 || name.len > DIR_LOGIN_MAX)
        return ERR(OK);
    err_t e = directory_person_by_login(l->c->svc->directory, l->c->arena, name, &l->person);
    *found = err_ok(e);
    return e.code == ERR_NOT_FOUND || e.code == ERR_MALFORMED ? ERR(OK) : e;
}

static err_t accept(struct attempt *a)
{
    struct login *l = a->l;
    if (l->flow.former)
        return login_rejoin(l);
    TRY(login_change_cookie(l, l->person.id, &a->cookie));
    l->progress = (struct progress){ .acr = 1, .amr = STR_INIT("pwd"), .auth_time = l->c->now };
    TRY(login_read_person(l, l->person.id));
    return login_advance(l, &(struct login_write){ .job = success_job, .arg = a });
}

static err_t check(struct attempt *a, struct str name)
{
    struct login *l = a->l;
    struct str password = http_form(l->c->req, "password");
    bool found = false;
    if (password.len == 0 || password.len > DIR_PASSWORD_MAX)
        return refused(a, "no_password");
    TRY(find_person(l, name, &found));
    err_t e = directory_check_password(l->c->svc->directory, found ? &l->person : NULL, password);
    if (err_ok(e) && found)
        return accept(a);
    if (!found)
        l->person = (struct dir_person){ .active = false };
    if (e.code == ERR_BAD_PASSWORD || e.code == ERR_MALFORMED || err_ok(e))
        return refused(a, found ? "bad_password" : "unknown_login");
    if (e.code == ERR_LOCKED_OUT)
        return refused(a, "locked_out");
    return e;
}

static err_t submit(struct login *l)
{
    struct attempt a = { .l = l };
    struct str name;
    TRY(fold(l->c->arena, http_form(l->c->req, "username"), &name));
    TRY(make_keys(&a, name));
    err_t e = state_write(l->c->svc->state, reserve_job, &a);
    if (e.code == ERR_THROTTLED)
        return throttled(&a);
    TRY(e);
    e = check(&a, name);
    if (err_class_of(e) == ERR_CLASS_UNAVAILABLE || err_class_of(e) == ERR_CLASS_INTERNAL) {
        err_t refund = state_write(l->c->svc->state, refund_job, &a); /* it was not a wrong guess */
        (void)refund;
    }
    return e;
}

const struct step step_password = { "password", "/login", needed, show, submit };
