/* finish.c - the end of a sign-in: session, code and journal in one transaction, then the redirect. */
#include "base/access.h"
#include "base/clock.h"
#include "base/secret.h"
#include "config/config.h"
#include "login/login.h"
#include "state/code.h"
#include "state/state.h"

#include <string.h>

/* What one transaction writes, and what the answer needs of it. */
struct finish {
    struct login *l;
    const struct place *place;
    bool from_session;      /* no flow: the session of the call answers at once */
    struct session session; /* as it is after the transaction */
    char sid[UUID_LEN];
    bool created, new_cookie;
    struct handle cookie, code;
};

static struct journal_entry entry_of(const struct finish *f, enum journal_event event,
                                     const struct journal_datum *data)
{
    struct journal_entry entry = login_entry(f->l, event, data);
    entry.session = f->session.sid;
    entry.structure = f->place->structure;
    return entry;
}

static err_t append(struct state_tx *tx, const struct finish *f, enum journal_event event,
                    const struct journal_datum *data)
{
    struct journal_entry entry = entry_of(f, event, data);
    return journal_append(tx, &entry);
}

/* ---- the session ---- */

static err_t create_session(struct state_tx *tx, struct finish *f)
{
    struct call *c = f->l->c;
    const struct progress *p = &f->l->progress;
    f->session = (struct session){ .person = f->l->person.id,
                                   .login = f->l->person.login,
                                   .auth_time = p->auth_time,
                                   .second_factor = p->second_factor,
                                   .expires = c->now + c->svc->config->session_max,
                                   .idle_s = c->svc->config->session_idle,
                                   .acr = p->acr,
                                   .amr = p->amr,
                                   .structure = f->place->structure,
                                   .language = str_of(lang_code(c->lang)),
                                   .network = str_of(c->req->peer.network),
                                   .user_agent = http_header(c->req, "User-Agent") };
    TRY(session_create(tx, &f->session, c->now, f->sid, &f->cookie));
    f->session.sid = str_from(f->sid, sizeof f->sid);
    f->created = f->new_cookie = true;
    return append(tx, f, JOURNAL_SIGN_IN_OK,
                  JOURNAL_DATA({ "acr", str_of(access_acr_name((enum access_acr)p->acr)) },
                               { "amr", p->amr }));
}

/* Another person's session in this browser is hers no more: the next carer is at the keyboard. */
static err_t end_other(struct state_tx *tx, struct finish *f)
{
    struct call *c = f->l->c;
    struct journal_entry entry = { .event = JOURNAL_SESSION_ENDED,
                                   .at_ms = clock_now_ms(),
                                   .actor = c->session.person,
                                   .session = c->session.sid,
                                   .network = str_of(c->req->peer.network),
                                   .data = JOURNAL_DATA({ "reason", STR_INIT("other_sign_in") }) };
    err_t e = session_end(tx, c->session.id);
    return err_ok(e) ? journal_append(tx, &entry) : e.code == ERR_NOT_FOUND ? ERR(OK) : e;
}

static err_t upgrade_session(struct state_tx *tx, struct finish *f)
{
    struct call *c = f->l->c;
    const struct progress *p = &f->l->progress;
    struct session_level level = { f->l->person.id, p->acr, p->amr, p->auth_time,
                                   p->second_factor };
    f->session = c->session;
    f->session.acr = p->acr;
    f->session.amr = p->amr;
    f->session.auth_time = p->auth_time;
    TRY(session_upgrade(tx, c->session.id, &level, c->now, &f->cookie));
    f->new_cookie = true;
    return append(tx, f, JOURNAL_SESSION_UPGRADED,
                  JOURNAL_DATA({ "acr", str_of(access_acr_name((enum access_acr)p->acr)) },
                               { "amr", p->amr }));
}

/* Nothing was proved in this flow: the session that vouches for it is as it was. */
static bool is_unchanged(const struct finish *f)
{
    const struct progress *p = &f->l->progress;
    const struct session *s = &f->l->c->session;
    return p->sid.len > 0 && p->acr == s->acr && p->auth_time == s->auth_time &&
           str_eq(p->amr, s->amr);
}

static err_t make_session(struct state_tx *tx, struct finish *f)
{
    struct call *c = f->l->c;
    if (!c->signed_in)
        return create_session(tx, f);
    if (!str_eq(c->session.person, f->l->person.id)) {
        TRY(end_other(tx, f));
        return create_session(tx, f);
    }
    if (!is_unchanged(f))
        return upgrade_session(tx, f);
    f->session = c->session;
    return ERR(OK);
}

static err_t set_structure(struct state_tx *tx, struct finish *f)
{
    if (!f->created && str_eq(f->session.structure, f->place->structure))
        return ERR(OK);
    if (!f->created)
        TRY(session_set_structure(tx, f->session.id, f->place->structure, STR(""), f->l->c->now));
    f->session.structure = f->place->structure;
    return append(tx, f, JOURNAL_STRUCTURE_CHOSEN, NULL);
}

/* ---- the code ---- */

static err_t issue_code(struct state_tx *tx, struct finish *f)
{
    const struct login *l = f->l;
    const struct auth_request *r = &l->request;
    int64_t life = l->c->svc->config->code_lifetime;
    char family[UUID_LEN];
    struct code code = { .client_id = r->client_id,
                         .redirect_uri = r->redirect_uri,
                         .challenge = r->challenge,
                         .nonce = r->nonce,
                         .scope = r->scope,
                         .resource = l->client->application,
                         .sid = f->session.sid,
                         .person = l->person.id,
                         .structure = f->place->structure,
                         .amr = f->session.amr,
                         .auth_time = f->session.auth_time,
                         .expires = l->c->now + (life < CODE_LIFE_MAX_S ? life : CODE_LIFE_MAX_S),
                         .acr = f->session.acr,
                         .auth_time_asked = r->max_age >= 0 };
    TRY(code_issue(tx, &code, l->c->now, family, &f->code));
    return append(tx, f, JOURNAL_CODE_ISSUED, JOURNAL_DATA({ "family", code.family }));
}

static err_t finish_job(struct state_tx *tx, void *arg)
{
    struct finish *f = arg;
    f->created = f->new_cookie = false; /* a job may be run again */
    if (!f->from_session)
        TRY(flow_finish(tx, &f->l->flow));
    TRY(make_session(tx, f));
    TRY(set_structure(tx, f));
    return f->l->client != NULL ? issue_code(tx, f) : ERR(OK);
}

/* ---- the answer ---- */

static err_t answer(struct finish *f)
{
    struct login *l = f->l;
    struct call *c = l->c;
    struct str uri = l->request.next.len > 0 ? l->request.next : STR("/");
    if (f->new_cookie)
        call_set_session_cookie(c, &f->cookie);
    if (l->client != NULL)
        TRY(auth_response_code(c->arena, &l->request, c->svc->issuer, handle_str(&f->code), &uri));
    call_redirect(c, uri);
    return ERR(OK);
}

static err_t run(struct finish *f)
{
    struct login *l = f->l;
    const struct place *chosen = places_find(&l->places, l->progress.structure);
    f->place = chosen != NULL ? chosen : &l->places.list[0];
    if (l->places.count == 0 || (l->request.client_id.len > 0 && l->client == NULL))
        return ERR(DENIED);
    err_t e = state_write(l->c->svc->state, finish_job, f);
    if (err_ok(e))
        e = answer(f);
    wipe(&f->cookie, sizeof f->cookie);
    wipe(&f->code, sizeof f->code);
    return e;
}

err_t login_finish(struct login *l)
{
    struct finish f = { .l = l };
    err_t e = run(&f);
    if (e.code != ERR_CONFLICT && e.code != ERR_NOT_FOUND)
        return e;
    /* This page was asked for twice, and the other request was answered: it has the cookie. */
    call_redirect(l->c, STR("/"));
    return ERR(OK);
}

err_t login_answer_from_session(struct login *l)
{
    struct finish f = { .l = l, .from_session = true };
    return run(&f);
}
