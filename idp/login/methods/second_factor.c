/* second_factor.c - one-time codes: asking for one, and enrolling at the first sign-in.
 *
 * A code counts once: its step is spent in the transaction that lets the person on (state/spent.h).
 * Wrong codes share one counter a person, whatever page or session they are tried from.
 */
#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "config/config.h"
#include "keys/keys.h"
#include "login/login.h"
#include "login/otp.h"
#include "state/spent.h"
#include "state/throttle.h"

#include <string.h>

enum { CLOCK_ADVICE_AFTER = 3 }; /* wrong codes: then the page speaks of the telephone's clock */

static bool has_totp(const struct login *l)
{
    for (size_t i = 0; i < l->person.credential_count; i++)
        if (str_eq(l->person.credentials[i].kind, STR("totp")))
            return true;
    return false;
}

static bool wanted(const struct login *l)
{
    return l->has_person && l->acr_wanted >= 2 && l->progress.acr < 2;
}

static bool otp_needed(const struct login *l) { return wanted(l) && has_totp(l); }

static bool enrol_needed(const struct login *l) { return wanted(l) && !has_totp(l); }

/* ---- what both pages do with a code ---- */

struct trial {
    struct login *l;
    const struct step *step;
    struct throttle_key keys[2];
    struct str credential; /* whose code it was */
    int64_t step_number;
    int64_t wait_s;
};

static err_t reserve_job(struct state_tx *tx, void *arg)
{
    struct trial *t = arg;
    return throttle_reserve(tx, t->keys, COUNT(t->keys), t->l->c->now, &t->wait_s);
}

static err_t refund_job(struct state_tx *tx, void *arg)
{
    struct trial *t = arg;
    return throttle_refund(tx, t->keys, COUNT(t->keys), t->l->c->now);
}

static err_t success_job(struct state_tx *tx, void *arg)
{
    struct trial *t = arg;
    TRY(otp_spend(tx, t->credential, t->step_number, t->l->c->now));
    TRY(throttle_refund(tx, &t->keys[1], 1, t->l->c->now));
    return throttle_reset(tx, &t->keys[0]);
}

static err_t reserve(struct trial *t)
{
    struct call *c = t->l->c;
    struct str account, network;
    TRY(arena_printf(c->arena, &account, "otp:%.*s", STR_ARG(t->l->person.id)));
    TRY(arena_printf(c->arena, &network, "net:%s", c->req->peer.network));
    t->keys[0] = (struct throttle_key){ account, &c->svc->throttle_otp };
    t->keys[1] = (struct throttle_key){ network, &c->svc->throttle_network };
    return state_write(c->svc->state, reserve_job, t);
}

static err_t refused(struct trial *t, const char *reason)
{
    struct login *l = t->l;
    struct journal_entry entry =
        login_entry(l, JOURNAL_SECOND_FACTOR_FAILED,
                    JOURNAL_DATA({ "method", STR_INIT("totp") }, { "reason", str_of(reason) }));
    bool spent = strcmp(reason, "spent") == 0;
    l->flow.otp_attempts++;
    TRY(login_record(l, &(struct login_write){ .entries = &entry, .entry_count = 1 }));
    if (spent)
        return t->step->show(l, t->step == &step_otp ? "spent" : "wrong", 0);
    return t->step->show(l, l->flow.otp_attempts >= CLOCK_ADVICE_AFTER ? "clock" : "wrong", 0);
}

/* With what was proved before: "pwd" becomes "pwd otp mfa". */
static void raise_level(struct login *l)
{
    l->progress.acr = 2;
    l->progress.amr = STR("pwd otp mfa");
    l->progress.second_factor = l->c->now;
    l->progress.auth_time = l->c->now;
}

static err_t accept(struct trial *t, const struct journal_entry *entries, size_t count)
{
    raise_level(t->l);
    err_t e = login_advance(t->l, &(struct login_write){ success_job, t, entries, count });
    if (e.code == ERR_CODE_SPENT) {
        t->l->progress.acr = 1;
        return refused(t, "spent");
    }
    return e;
}

/* Runs CHECK between counting the attempt and giving it back when nothing was guessed. */
static err_t run_trial(struct trial *t, err_t (*check)(struct trial *t))
{
    err_t e = reserve(t);
    if (e.code == ERR_THROTTLED)
        return t->step->show(t->l, "throttled", t->wait_s);
    TRY(e);
    e = check(t);
    if (err_class_of(e) == ERR_CLASS_UNAVAILABLE || err_class_of(e) == ERR_CLASS_INTERNAL) {
        err_t refund = state_write(t->l->c->svc->state, refund_job, t);
        (void)refund;
    }
    return e;
}

/* ---- a person who has a code ---- */

static err_t otp_show(struct login *l, const char *error, int64_t wait_s)
{
    struct str restart;
    TRY(login_restart_url(l, &restart));
    json_t *data = login_page_data(l, &step_otp, error, wait_s);
    call_put(data, "restart_url", restart);
    return call_page(l->c, wait_s > 0 ? 429 : 200, "otp", data);
}

static err_t try_credential(struct trial *t, const struct dir_credential *credential, bool *matched)
{
    struct call *c = t->l->c;
    struct str seed;
    struct seal_owner owner = { t->l->person.id, credential->id };
    TRY(keys_unseal(c->svc->keys, c->arena, &owner, credential->sealed, &seed));
    err_t e = otp_verify(seed, http_form(c->req, "otp"), c->now, &t->step_number);
    if (e.code == ERR_BAD_CODE)
        return ERR(OK);
    TRY(e);
    *matched = true;
    t->credential = credential->id;
    return ERR(OK);
}

static err_t otp_check(struct trial *t)
{
    struct login *l = t->l;
    bool matched = false;
    for (size_t i = 0; i < l->person.credential_count && !matched; i++)
        if (str_eq(l->person.credentials[i].kind, STR("totp")))
            TRY(try_credential(t, &l->person.credentials[i], &matched));
    if (!matched)
        return refused(t, "wrong");
    struct journal_entry entry =
        login_entry(l, JOURNAL_SECOND_FACTOR_OK, JOURNAL_DATA({ "method", STR_INIT("totp") }));
    return accept(t, &entry, 1);
}

static err_t otp_submit(struct login *l)
{
    struct trial t = { .l = l, .step = &step_otp };
    return run_trial(&t, otp_check);
}

const struct step step_otp = { "otp", "/login/otp", otp_needed, otp_show, otp_submit };

/* ---- a person who has none yet ---- */

struct store_seed {
    struct login *l;
};

static err_t store_seed_job(struct state_tx *tx, void *arg)
{
    struct store_seed *s = arg;
    return flow_update(tx, &s->l->flow, s->l->c->now);
}

/* The seed stays in the flow, sealed, until a code proves that the telephone has it. */
static err_t make_seed(struct login *l)
{
    struct call *c = l->c;
    unsigned char seed[OTP_SEED_LEN];
    char id[UUID_LEN];
    uuid_v4(id);
    TRY(arena_str(c->arena, str_from(id, sizeof id), &l->progress.credential));
    otp_seed_new(seed);
    struct seal_owner owner = { l->person.id, l->progress.credential };
    err_t e = keys_seal(c->svc->keys, c->arena, &owner, str_from((const char *)seed, sizeof seed),
                        &l->progress.sealed);
    wipe(seed, sizeof seed);
    TRY(e);
    TRY(progress_write(c->arena, &l->progress, &l->flow.progress));
    struct store_seed s = { l };
    return state_write(c->svc->state, store_seed_job, &s);
}

static err_t open_seed(struct login *l, struct str *seed)
{
    struct seal_owner owner = { l->person.id, l->progress.credential };
    TRY(keys_unseal(l->c->svc->keys, l->c->arena, &owner, l->progress.sealed, seed));
    return seed->len == OTP_SEED_LEN ? ERR(OK) : ERR(SEAL_BROKEN);
}

static err_t enrol_show(struct login *l, const char *error, int64_t wait_s)
{
    struct call *c = l->c;
    struct str seed, uri;
    unsigned char bytes[OTP_SEED_LEN];
    char secret[BASE32_LEN(OTP_SEED_LEN)];
    if (l->progress.sealed.len == 0)
        TRY(make_seed(l));
    TRY(open_seed(l, &seed));
    memcpy(bytes, seed.ptr, sizeof bytes);
    err_t e = otp_uri(c->arena, str_of(c->svc->config->organisation), l->person.login, bytes, &uri);
    base32_encode(secret, bytes, sizeof bytes);
    wipe(bytes, sizeof bytes);
    TRY(e);
    json_t *data = login_page_data(l, &step_enrol, error, wait_s);
    call_put(data, "otpauth", uri);
    call_put(data, "secret", str_from(secret, sizeof secret));
    wipe(secret, sizeof secret);
    return call_page(c, wait_s > 0 ? 429 : 200, "enrol_totp", data);
}

static err_t enrol_check(struct trial *t)
{
    struct login *l = t->l;
    struct call *c = l->c;
    struct str seed, id;
    TRY(open_seed(l, &seed));
    err_t e = otp_verify(seed, http_form(c->req, "otp"), c->now, &t->step_number);
    if (e.code == ERR_BAD_CODE)
        return refused(t, "wrong");
    TRY(e);
    struct dir_credential credential = { .id = l->progress.credential,
                                         .kind = STR_INIT("totp"),
                                         .label = STR_INIT("Application d’authentification"),
                                         .sealed = l->progress.sealed,
                                         .created = c->now };
    TRY(directory_add_credential(c->svc->directory, c->arena, l->person.id, &credential, &id));
    t->credential = id;
    l->progress.credential = STR("");
    l->progress.sealed = STR("");
    TRY(login_read_person(l, l->person.id));
    struct journal_entry entries[] = {
        login_entry(l, JOURNAL_SECOND_FACTOR_ENROLLED,
                    JOURNAL_DATA({ "method", STR_INIT("totp") }, { "credential", id })),
        login_entry(l, JOURNAL_SECOND_FACTOR_OK, JOURNAL_DATA({ "method", STR_INIT("totp") })),
    };
    return accept(t, entries, COUNT(entries));
}

static err_t enrol_submit(struct login *l)
{
    struct trial t = { .l = l, .step = &step_enrol };
    if (l->progress.sealed.len == 0) /* the page was never shown in this flow */
        return enrol_show(l, NULL, 0);
    return run_trial(&t, enrol_check);
}

const struct step step_enrol = { "enrol", "/login/enrol", enrol_needed, enrol_show, enrol_submit };
