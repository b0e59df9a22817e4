/* steps.c - which step is due, and moving from one to the next. */
#include "base/access.h"
#include "base/log.h"
#include "base/secret.h"
#include "config/config.h"
#include "login/login.h"
#include "state/state.h"
#include "state/throttle.h"
#include "token/hash.h"

#include <string.h>

static const struct step *const steps[] = { &step_password, &step_identity, &step_otp,
                                            &step_enrol,    &step_charter,  &step_structure };

/* Nothing is due: the page that answers. */
static const struct step step_done = { .name = "done", .path = "/login/done" };

static const struct step *due_step(const struct login *l)
{
    for (size_t i = 0; i < COUNT(steps); i++)
        if (steps[i]->needed(l))
            return steps[i];
    return &step_done;
}

/* Proved who she is, and still not let in: not active, or no assignment at this hour. */
static bool is_refused(const struct login *l)
{
    return l->has_person && l->progress.acr > 0 && (!l->person.active || l->places.count == 0);
}

/* ---- what is known ---- */

err_t login_read_person(struct login *l, struct str id)
{
    struct call *c = l->c;
    int profiles_ask = 1;
    err_t e = directory_person_by_id(c->svc->directory, c->arena, id, &l->person);
    if (e.code == ERR_NOT_FOUND) { /* deleted meanwhile: nobody is known any more */
        l->has_person = false;
        l->progress = (struct progress){ .acr = 0 };
        return ERR(OK);
    }
    TRY(e);
    l->has_person = true;
    TRY(rights_places(c->view, c->arena, &l->person, c->now, &l->places));
    TRY(rights_acr_min(c->view, c->arena, &l->person, c->now, &profiles_ask));
    l->acr_wanted = l->request.acr > profiles_ask ? l->request.acr : profiles_ask;
    if (l->client != NULL && l->client->acr_min > l->acr_wanted)
        l->acr_wanted = l->client->acr_min;
    return ERR(OK);
}

/* What a session vouches for ends with it: signing out in another tab must not leave a flow behind
 * that needs no password. */
static void drop_borrowed_proof(struct login *l)
{
    struct call *c = l->c;
    if (l->progress.sid.len == 0)
        return;
    if (c->signed_in && str_eq(c->session.sid, l->progress.sid) &&
        str_eq(c->session.person, l->flow.person))
        return;
    l->progress = (struct progress){ .acr = 0 };
    l->flow.person = STR("");
}

static err_t understand(struct login *l)
{
    if (l->flow.former) { /* what was proved since is not this cookie's */
        l->flow.person = STR("");
        l->flow.progress = STR("{}");
    }
    TRY(auth_request_read(l->c->arena, l->flow.request, &l->request));
    TRY(progress_read(l->c->arena, l->flow.progress, &l->progress));
    l->client = view_client(l->c->view, l->request.client_id);
    drop_borrowed_proof(l);
    if (l->flow.person.len > 0 && l->progress.acr > 0)
        return login_read_person(l, l->flow.person);
    return ERR(OK);
}

/* ---- pages that end the way ---- */

static err_t show_expired(struct call *c)
{
    return call_page(c, 200, "expired", json_pack("{s:s}", "restart_url", "/"));
}

json_t *login_page_data(struct login *l, const struct step *step, const char *error, int64_t wait_s)
{
    json_t *data = json_pack("{s:s, s:o, s:o}", "action", step->path, "csrf",
                             call_json(l->flow.csrf), "flow", call_json(l->flow.form));
    if (l->client != NULL) {
        http_response_form_action(l->c->resp, l->request.redirect_uri);
        call_put(data, "app", l->c->lang == LANG_FR ? l->client->name_fr : l->client->name);
    }
    if (error != NULL)
        call_put(data, "error", str_of(error));
    if (wait_s > 0)
        json_object_set_new(data, "wait", json_integer(wait_s));
    if (l->has_person)
        call_put(data, "person", l->person.display_name);
    if (l->c->req->method == HTTP_POST) { /* the language switch opens this page again */
        struct buf here;
        buf_init(&here, 256);
        buf_add(&here, str_of(step->path));
        uri_add(&here, "flow", l->flow.form);
        if (err_ok(buf_err(&here)))
            call_put(data, "here", buf_str(&here));
        buf_done(&here);
    }
    return data;
}

/* ---- writing ---- */

static err_t run_write(struct state_tx *tx, const struct login_write *w)
{
    if (w->job != NULL)
        TRY(w->job(tx, w->arg));
    for (size_t i = 0; i < w->entry_count; i++)
        TRY(journal_append(tx, &w->entries[i]));
    return ERR(OK);
}

struct advance {
    struct login *l;
    const struct login_write *w;
};

static err_t record_job(struct state_tx *tx, void *arg)
{
    struct advance *a = arg;
    TRY(run_write(tx, a->w));
    if (a->l->flow.id == 0 ||
        a->l->flow.former) /* refused before there was one; not ours any more */
        return ERR(OK);
    err_t e =
        flow_update(tx, &a->l->flow, a->l->c->now); /* its counters; whoever was faster counts */
    return e.code == ERR_CONFLICT || e.code == ERR_NOT_FOUND ? ERR(OK) : e;
}

err_t login_record(struct login *l, const struct login_write *w)
{
    struct advance a = { l, w };
    return state_write(l->c->svc->state, record_job, &a);
}

static err_t advance_job(struct state_tx *tx, void *arg)
{
    struct advance *a = arg;
    TRY(flow_update(tx, &a->l->flow, a->l->c->now)); /* first: of two clicks, the later must not */
    return run_write(tx, a->w);                      /* read "code already used" */
}

static err_t go_to(struct login *l, const struct step *step)
{
    struct buf uri;
    struct str target;
    buf_init(&uri, 256);
    buf_add(&uri, str_of(step->path));
    uri_add(&uri, "flow", l->flow.form);
    err_t e = arena_str(l->c->arena, buf_str(&uri), &target);
    buf_done(&uri);
    TRY(e);
    call_redirect(l->c, target);
    return ERR(OK);
}

static err_t find_flow(struct login *l, struct str browser, struct str form);
static struct str browser_of(const struct call *c) { return http_cookie(c->req, COOKIE_BROWSER); }

err_t login_change_cookie(struct login *l, struct str person, struct handle *out)
{
    struct call *c = l->c;
    struct str text, key = str_from((const char *)c->svc->csrf_key, SERVICE_CSRF_KEY_LEN);
    unsigned char secret[FLOW_SECRET_LEN];
    TRY(arena_printf(c->arena, &text, "browser:%.*s:%.*s", STR_ARG(browser_of(c)),
                     STR_ARG(person)));
    TRY(hmac_sha256(key, text, secret));
    err_t e = flow_cookie(secret, out);
    wipe(secret, sizeof secret);
    TRY(e);
    http_response_cookie(c->resp, COOKIE_BROWSER, handle_str(out), -1, HTTP_LAX);
    return ERR(OK);
}

err_t login_rejoin(struct login *l)
{
    struct login now = { .c = l->c };
    struct handle cookie;
    TRY(login_change_cookie(l, l->person.id, &cookie));
    err_t e = find_flow(&now, handle_str(&cookie), l->flow.form);
    wipe(&cookie, sizeof cookie);
    if (e.code == ERR_NOT_FOUND)
        return show_expired(l->c);
    TRY(e);
    TRY(understand(&now));
    return is_refused(&now) ? login_refuse(&now) : go_to(&now, due_step(&now));
}

/* Another request moved the flow first: show what is due there. */
static err_t go_where_it_is(struct login *l)
{
    struct login now = { .c = l->c };
    err_t e = find_flow(&now, browser_of(l->c), l->flow.form);
    if (e.code == ERR_NOT_FOUND)
        return show_expired(l->c);
    TRY(e);
    if (now.flow.former && l->has_person && l->progress.acr > 0)
        return login_rejoin(l);
    TRY(understand(&now));
    return go_to(&now, due_step(&now));
}

err_t login_advance(struct login *l, const struct login_write *w)
{
    struct advance a = { l, w };
    const struct step *due = due_step(l);
    bool refused = is_refused(l);
    l->flow.step = str_of(refused ? "refused" : due->name);
    l->flow.person = l->has_person ? l->person.id : STR("");
    TRY(progress_write(l->c->arena, &l->progress, &l->flow.progress));
    err_t e = state_write(l->c->svc->state, advance_job, &a);
    if (e.code == ERR_CONFLICT)
        return go_where_it_is(l);
    if (e.code == ERR_NOT_FOUND)
        return show_expired(l->c);
    TRY(e);
    return refused ? login_refuse(l) : go_to(l, due);
}

/* ---- entering ---- */

/* The session of the call proves what it proves, as long as it is fresh enough for the request. */
static void take_session(struct login *l)
{
    struct call *c = l->c;
    const struct auth_request *r = &l->request;
    bool fresh = !r->prompt_login && r->max_age != 0;
    if (r->max_age >= 0 && c->now - c->session.auth_time > r->max_age)
        fresh = false;
    if (!c->signed_in || !fresh)
        return;
    l->flow.person = c->session.person;
    l->progress = (struct progress){ .acr = c->session.acr,
                                     .amr = c->session.amr,
                                     .auth_time = c->session.auth_time,
                                     .second_factor = c->session.second_factor,
                                     .structure = c->session.structure,
                                     .sid = c->session.sid };
    if (r->prompt_structure)
        l->progress.structure = STR("");
}

/* A place where the person does not work any more is not her active structure. */
static void drop_stale_structure(struct login *l)
{
    if (l->progress.structure.len > 0 && places_find(&l->places, l->progress.structure) == NULL)
        l->progress.structure = STR("");
}

static err_t prepare(struct call *c, const struct auth_request *r, bool vouched, struct login *out)
{
    *out = (struct login){ .c = c, .request = *r };
    out->client = view_client(c->view, r->client_id);
    if (vouched)
        take_session(out);
    if (out->flow.person.len > 0)
        TRY(login_read_person(out, out->flow.person));
    if (!out->has_person)
        out->progress = (struct progress){ .acr = 0 };
    drop_stale_structure(out);
    return ERR(OK);
}

err_t login_try_session(struct call *c, const struct auth_request *r, struct login *out,
                        const char **due)
{
    TRY(prepare(c, r, true, out));
    const struct step *step = due_step(out);
    *due = step == &step_done ? NULL : step->name;
    if (is_refused(out))
        *due = "refused";
    return ERR(OK);
}

struct begin {
    struct login *l;
    struct flow_ids *ids;
    struct str browser;
    struct throttle_key keys[2];
    int64_t wait_s;
};

static err_t begin_job(struct state_tx *tx, void *arg)
{
    struct begin *b = arg;
    TRY(throttle_reserve(tx, b->keys, COUNT(b->keys), b->l->c->now, &b->wait_s));
    return flow_create(tx, b->browser, &b->l->flow, b->l->c->now, b->ids);
}

/* A sign-in takes room until it ends, and nobody need be known to begin one. */
static err_t begin(struct begin *b)
{
    struct call *c = b->l->c;
    struct str network;
    TRY(arena_printf(c->arena, &network, "begin:%s", c->req->peer.network));
    b->keys[0] = (struct throttle_key){ network, &c->svc->throttle_sign_ins };
    b->keys[1] = (struct throttle_key){ STR("begin"), &c->svc->throttle_all_sign_ins };
    return state_write(c->svc->state, begin_job, b);
}

static err_t show_too_many(struct call *c, int64_t wait_s)
{
    c->resp->retry_after = (unsigned)wait_s;
    return call_page(c, 429, "throttled", json_pack("{s:I}", "wait", (json_int_t)wait_s));
}

err_t login_begin(struct call *c, const struct auth_request *r, bool vouched)
{
    struct login l;
    struct flow_ids ids;
    TRY(prepare(c, r, vouched, &l));
    if (is_refused(&l))
        return login_refuse(&l);
    const struct step *due = due_step(&l);
    l.flow.step = str_of(due->name);
    l.flow.expires = c->now + c->svc->config->login_max;
    TRY(auth_request_write(c->arena, r, &l.flow.request));
    TRY(progress_write(c->arena, &l.progress, &l.flow.progress));
    struct begin b = { .l = &l, .ids = &ids, .browser = browser_of(c) };
    err_t e = begin(&b);
    if (e.code == ERR_THROTTLED)
        return show_too_many(c, b.wait_s);
    TRY(e);
    http_response_cookie(c->resp, COOKIE_BROWSER, handle_str(&ids.cookie), -1, HTTP_LAX);
    TRY(arena_str(c->arena, str_from(ids.form, sizeof ids.form), &l.flow.form));
    wipe(&ids, sizeof ids);
    return go_to(&l, due);
}

/* ---- routes ---- */

struct find {
    struct login *l;
    struct str browser, form;
};

static err_t find_job(struct state_tx *tx, void *arg)
{
    struct find *f = arg;
    return flow_find(tx, f->l->c->arena, f->browser, f->form, f->l->c->now, &f->l->flow);
}

static err_t find_flow(struct login *l, struct str browser, struct str form)
{
    struct find f = { l, browser, form };
    return state_read(l->c->svc->state, find_job, &f);
}

/* The flow of the request, or *shown: the page that says it is over. */
static err_t open_flow(struct call *c, struct str form, struct login *out, bool *shown)
{
    *out = (struct login){ .c = c };
    *shown = false;
    err_t e = form.len == 0 ? ERR(NOT_FOUND) : find_flow(out, browser_of(c), form);
    if (e.code != ERR_NOT_FOUND) {
        TRY(e);
        return understand(out);
    }
    *shown = true;
    if (form.len == 0 || c->signed_in) {
        call_redirect(c, STR("/")); /* the back button after signing in; a bookmark of the page */
        return ERR(OK);
    }
    return show_expired(c);
}

static const struct step *step_of_path(struct str path)
{
    for (size_t i = 0; i < COUNT(steps); i++)
        if (str_eq(path, str_of(steps[i]->path)))
            return steps[i];
    return NULL;
}

static err_t show(struct call *c)
{
    struct login l;
    bool shown = false;
    TRY(open_flow(c, http_query(c->req, "flow"), &l, &shown));
    if (shown)
        return ERR(OK);
    if (is_refused(&l))
        return login_refuse(&l);
    const struct step *due = due_step(&l);
    const struct step *asked = step_of_path(c->req->path);
    if (due == &step_done)
        return login_finish(&l);
    return due == asked ? due->show(&l, NULL, 0) : go_to(&l, due);
}

static err_t submit(struct call *c)
{
    struct login l;
    bool shown = false;
    struct str csrf = http_form(c->req, "csrf");
    TRY(open_flow(c, http_form(c->req, "flow"), &l, &shown));
    if (shown)
        return ERR(OK);
    if (!ct_str_equal(csrf, l.flow.csrf))
        return show_expired(c);
    if (is_refused(&l))
        return login_refuse(&l);
    const struct step *due = due_step(&l);
    const struct step *asked = step_of_path(c->req->path);
    return due == asked && due->submit != NULL ? due->submit(&l) : go_to(&l, due);
}

/* "Ce n'est pas moi": the same request, from its first page. */
static err_t restart(struct call *c)
{
    struct login l;
    bool shown = false;
    TRY(open_flow(c, http_query(c->req, "flow"), &l, &shown));
    if (shown)
        return ERR(OK);
    if (l.flow.former)
        return go_to(&l, &step_password);
    l.has_person = false;
    l.progress = (struct progress){ .acr = 0 };
    return login_advance(&l, &(struct login_write){ .entry_count = 0 });
}

err_t login_show(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, show);
}

err_t login_submit(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, submit);
}

err_t login_restart(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, restart);
}

#define STEP_ROUTES(path)                                                         \
    { HTTP_GET, path, login_show, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },   \
    {                                                                             \
        HTTP_POST, path, login_submit, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM, 0 \
    }

const struct http_route login_routes[] = {
    STEP_ROUTES("/login"),
    STEP_ROUTES("/login/identity"),
    STEP_ROUTES("/login/otp"),
    STEP_ROUTES("/login/enrol"),
    STEP_ROUTES("/login/charter"),
    STEP_ROUTES("/login/structure"),
    { HTTP_GET, "/login/done", login_show, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/login/restart", login_restart, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
};
const size_t login_route_count = COUNT(login_routes);
