/* open.c - asking for an emergency access, and opening it. */
#include "glass/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "engine/engine.h"
#include "mail/sender.h"
#include "pages/pages.h"
#include "state/outbox.h"
#include "state/throttle.h"

#include <string.h>

enum { HERE_MAX = 4096, DAY_S = 86400 };

/* What the application asks for, checked. */
struct asked {
    struct call *c;
    const struct client *client;
    const struct dir_emergency *rule;
    struct dir_person person;
    struct emergency x; /* person, reason and instants later */
    struct str owner;   /* whose record it is, if she has an account; a claim of the application */
    json_t *opens;      /* owned: what it would open, a line a resource */
};

static const char *const carried[] = { "client_id", "structure", "resource",
                                       "instance",  "label",     "owner" };

static struct str field(const struct call *c, const char *name)
{
    return c->req->method == HTTP_POST ? http_form(c->req, name) : http_query(c->req, name);
}

/* The page with the same question, for signing in and for the language switch. */
static err_t here_of(struct call *c, struct str *out)
{
    struct buf here;
    buf_init(&here, HERE_MAX);
    buf_add(&here, STR(PAGE_PATH_GLASS));
    for (size_t i = 0; i < COUNT(carried); i++)
        if (field(c, carried[i]).len > 0)
            uri_add(&here, carried[i], field(c, carried[i]));
    err_t e = buf_err(&here);
    if (err_ok(e))
        e = arena_str(c->arena, buf_str(&here), out);
    buf_done(&here);
    return e.code == ERR_TOO_LARGE ? ERR(MALFORMED) : e;
}

/* Where the person goes afterwards: an address that the client has registered, with what was asked in
 * its query, and nothing else. ID empty: she gave up. */
static err_t back_of(const struct asked *a, struct str id, struct str *out)
{
    struct buf uri;
    struct str base = STR("/"), ends = STR("");
    bool registered = a->client != NULL && a->client->emergency_uri.len > 0;
    if (registered)
        base = a->client->emergency_uri;
    else if (a->client != NULL && a->client->uri.len > 0)
        base = a->client->uri;
    TRY(arena_printf(a->c->arena, &ends, "%lld", (long long)a->x.ends));
    buf_init(&uri, HERE_MAX);
    buf_add(&uri, base);
    if (registered && a->x.instance.len > 0)
        uri_add(&uri, "instance", a->x.instance);
    if (registered && a->x.resource.len > 0)
        uri_add(&uri, "resource", a->x.resource);
    if (registered && id.len > 0) {
        uri_add(&uri, "emergency", id);
        uri_add(&uri, "until", ends);
    }
    err_t e = buf_err(&uri);
    if (err_ok(e))
        e = arena_str(a->c->arena, buf_str(&uri), out);
    buf_done(&uri);
    return e;
}

/* ---- refusing ---- */

struct refusal {
    const struct asked *a;
    struct str why;
};

static err_t refusal_job(struct state_tx *tx, void *arg)
{
    const struct refusal *r = arg;
    struct journal_entry entry =
        glass_entry(r->a->c, JOURNAL_EMERGENCY_REFUSED,
                    JOURNAL_DATA({ "reason", r->why }, { "instance", r->a->x.instance }));
    entry.client = r->a->client != NULL ? r->a->client->id : STR("");
    entry.structure = r->a->x.structure;
    return journal_append(tx, &entry);
}

/* WHY is for the journal, PAGE_REASON for the person. */
static err_t refuse(const struct asked *a, struct str why, const char *page_reason)
{
    struct refusal r = { a, why };
    struct str back = STR("/");
    TRY(state_write(a->c->svc->state, refusal_job, &r));
    TRY(back_of(a, STR(""), &back));
    return call_page(a->c, 403, "glass_refused",
                     json_pack("{s:s, s:o}", "reason", page_reason, "back_url", call_json(back)));
}

static err_t unknown(struct asked *a)
{
    struct str back = STR("/");
    a->x.instance = a->x.resource = STR(""); /* whatever was sent is not carried on */
    TRY(back_of(a, STR(""), &back));
    return call_page(a->c, 400, "glass_refused",
                     json_pack("{s:s, s:o}", "reason", "unknown", "back_url", call_json(back)));
}

/* ---- what was asked ---- */

static bool is_line(struct str text, size_t max)
{
    return text.len <= max && str_is_printable(text);
}

/* False: the link is not right. */
static bool understand(struct asked *a)
{
    const struct call *c = a->c;
    const struct snapshot *s = c->view->snapshot;
    a->client = view_client(c->view, field(c, "client_id"));
    a->x.structure = field(c, "structure");
    a->x.resource = field(c, "resource");
    a->x.instance = field(c, "instance");
    a->x.label = str_trim(field(c, "label"));
    a->owner = field(c, "owner");
    if (a->client == NULL)
        return false;
    a->rule = view_emergency(c->view, a->client->application);
    if (a->rule == NULL || engine_structure(s, a->x.structure) == ENGINE_NONE)
        return false;
    a->x.application = a->rule->application;
    a->x.lot = a->rule->lot;
    if (a->x.resource.len > 0) {
        int r = engine_resource(s, a->x.resource);
        if (r == ENGINE_NONE ||
            engine_resource_at(s, r).application != engine_application(s, a->x.application))
            return false;
    }
    return is_line(a->x.instance, EMERGENCY_INSTANCE_MAX) &&
           is_line(a->x.label, EMERGENCY_LABEL_MAX) && is_line(a->owner, EMERGENCY_LABEL_MAX);
}

static bool is_self(const struct asked *a, struct str who)
{
    return str_eq(who, a->person.id) || str_eq_ignore_case(who, a->person.login);
}

static size_t characters(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return n;
}

/* NULL: the reason will do. */
static const char *fault_of(struct str reason)
{
    if (reason.len > EMERGENCY_REASON_MAX)
        return "long";
    return characters(reason) < GLASS_REASON_MIN || emergency_text_is_blank(reason) ||
                   !emergency_text_is_sound(reason)
               ? "short"
               : NULL;
}

/* May she open it, given a reason? */
static err_t decide(struct asked *a, struct engine_decision *out)
{
    struct engine_question q = glass_question(a->c, a->x.structure);
    q.resource = a->rule->open_resource;
    q.action = a->rule->open_action;
    q.motif = fault_of(a->x.reason) == NULL ? a->x.reason : STR("-"); /* asked for on this page */
    return rights_decide(a->c->view, a->c->arena, &a->person, NULL, &q, out);
}

/* ---- what it would open ---- */

/* Would the emergency, and it alone, permit that? */
static err_t would_open(struct asked *a, struct str resource, struct str action, bool *out)
{
    struct engine_decision d;
    struct engine_emergency trial = { STR("trial"),  a->x.lot,  a->x.structure, a->x.resource,
                                      a->x.instance, a->c->now, a->x.ends };
    struct engine_question q = glass_question(a->c, a->x.structure);
    q.resource = resource;
    q.action = action;
    q.resource_id = a->x.instance;
    q.motif = STR("-");
    q.urgence = true;
    TRY(rights_decide(a->c->view, a->c->arena, &a->person, &(struct opened_list){ &trial, 1 }, &q,
                      &d));
    *out = d.effect == ENGINE_PERMIT && d.emergency == 0;
    return ERR(OK);
}

static err_t add_resource(struct asked *a, int r)
{
    const struct snapshot *s = a->c->view->snapshot;
    struct engine_resource resource = engine_resource_at(s, r);
    struct buf line;
    err_t e = ERR(OK);
    size_t count = 0;
    buf_init(&line, HERE_MAX);
    buf_add(&line, resource.label);
    for (int k = 0; err_ok(e) && k < resource.action_count; k++) {
        bool opened = false;
        e = would_open(a, resource.code, engine_action_at(s, r, k), &opened);
        if (opened) {
            buf_add(&line, count++ == 0 ? STR("\u00A0: ") : STR(", "));
            buf_add(&line, engine_action_at(s, r, k));
        }
    }
    if (err_ok(e))
        e = buf_err(&line);
    if (err_ok(e) && count > 0)
        json_array_append_new(a->opens, call_json(buf_str(&line)));
    buf_done(&line);
    return e;
}

static err_t list_opens(struct asked *a)
{
    const struct snapshot *s = a->c->view->snapshot;
    int application = engine_application(s, a->x.application);
    a->opens = json_array();
    for (int r = 0; r < engine_resource_count(s); r++)
        if (engine_resource_at(s, r).application == application)
            TRY(add_resource(a, r));
    return ERR(OK);
}

/* ---- the page ---- */

static json_t *told_labels(const struct asked *a)
{
    const struct snapshot *s = a->c->view->snapshot;
    json_t *list = json_array();
    for (size_t i = 0; i < a->rule->told_count; i++) {
        int p = engine_profile(s, a->rule->told[i]);
        struct str label = p != ENGINE_NONE ? engine_profile_at(s, p).label : a->rule->told[i];
        json_array_append_new(list, call_json(label));
    }
    return list;
}

static json_t *hidden_fields(const struct call *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT(carried); i++)
        if (field(c, carried[i]).len > 0)
            json_array_append_new(list, json_pack("{s:s, s:o}", "name", carried[i], "value",
                                                  call_json(field(c, carried[i]))));
    return list;
}

static err_t fill(const struct asked *a, json_t *data)
{
    char csrf[CALL_CSRF_LEN + 1];
    struct str place, back, here;
    TRY(glass_place(a->c, a->x.structure, &place));
    TRY(back_of(a, STR(""), &back));
    TRY(here_of(a->c, &here));
    TRY(call_csrf(a->c, csrf));
    call_put(data, "csrf", str_of(csrf));
    call_put(data, "app", a->c->lang == LANG_FR ? a->client->name_fr : a->client->name);
    call_put(data, "place", place);
    call_put(data, "label", a->x.label);
    call_put(data, "cancel_url", back);
    call_put(data, "here", here);
    call_put(data, "why", a->x.reason);
    json_object_set(data, "opens", a->opens);
    json_object_set_new(data, "told", told_labels(a));
    json_object_set_new(data, "hidden", hidden_fields(a->c));
    json_object_set_new(data, "lasts", json_integer(a->x.ends - a->c->now));
    json_object_set_new(data, "due", json_integer(a->x.review_due));
    http_response_form_action(a->c->resp, back);
    return ERR(OK);
}

static err_t show(const struct asked *a, const char *error, int64_t wait_s)
{
    json_t *data = json_pack("{s:s}", "action", PAGE_PATH_GLASS);
    err_t e = data == NULL ? ERR(NO_MEMORY) : fill(a, data);
    if (!err_ok(e)) {
        json_decref(data);
        return e;
    }
    if (error != NULL)
        call_put(data, "error", str_of(error));
    if (wait_s > 0)
        json_object_set_new(data, "wait", json_integer(wait_s));
    return call_page(a->c, error == NULL ? 200 : wait_s > 0 ? 429 : 400, "glass", data);
}

/* ---- opening ---- */

struct opening {
    struct asked *a;
    struct glass_mails mails;
    struct str digest, told, ends;
    char id[UUID_LEN];
    int64_t wait_s;
    bool throttled;
};

static bool is_same(const struct emergency *x, const struct emergency *y)
{
    return str_eq(x->lot, y->lot) && str_eq(x->structure, y->structure) &&
           str_eq(x->resource, y->resource) && str_eq(x->instance, y->instance);
}

/* Asked twice (a double click, the back button): it is open already. */
static err_t find_same(struct state_tx *tx, struct opening *o, bool *found)
{
    struct emergencies mine;
    struct asked *a = o->a;
    TRY(emergency_list_of(tx, a->c->arena, a->person.id, a->c->now, &mine));
    *found = false;
    for (size_t i = 0; i < mine.count && !*found; i++) {
        *found = is_same(&mine.list[i], &a->x);
        if (*found) {
            memcpy(o->id, mine.list[i].id.ptr, UUID_LEN);
            a->x.ends = mine.list[i].ends;
        }
    }
    return ERR(OK);
}

static err_t count_opening(struct state_tx *tx, struct opening *o)
{
    static const struct throttle_policy policy = { .shape = THROTTLE_RATE,
                                                   .free = GLASS_DAILY,
                                                   .forget_s = DAY_S };
    struct str key;
    TRY(arena_printf(o->a->c->arena, &key, "emergency:%.*s", STR_ARG(o->a->person.id)));
    struct throttle_key keys[] = { { key, &policy } };
    err_t e = throttle_reserve(tx, keys, 1, o->a->c->now, &o->wait_s);
    o->throttled = e.code == ERR_THROTTLED;
    return e;
}

static err_t write_all(struct state_tx *tx, struct opening *o)
{
    struct asked *a = o->a;
    struct call *c = a->c;
    TRY(count_opening(tx, o));
    TRY(emergency_open(tx, &a->x, c->now, o->id));
    for (size_t i = 0; i < o->mails.count; i++)
        TRY(outbox_add(tx, &o->mails.list[i], c->now));
    struct journal_entry entry = glass_entry(
        c, JOURNAL_EMERGENCY_OPENED,
        JOURNAL_DATA({ "application", a->x.application }, { "lot", a->x.lot },
                     { "resource", a->x.resource }, { "instance", a->x.instance },
                     { "ends", o->ends }, { "reason_digest", o->digest }, { "told", o->told }));
    entry.subject = a->x.id;
    entry.client = a->client->id;
    entry.structure = a->x.structure;
    return journal_append(tx, &entry);
}

static err_t opening_job(struct state_tx *tx, void *arg)
{
    struct opening *o = arg;
    bool found = false;
    TRY(find_same(tx, o, &found));
    return found ? ERR(OK) : write_all(tx, o);
}

static err_t prepare(struct opening *o)
{
    struct asked *a = o->a;
    struct arena *memory = a->c->arena;
    TRY(glass_mails(a->c, a->rule, &a->person, &a->x, &o->mails));
    if (o->mails.count == 0)
        log_event(LOG_WARNING, "emergency.nobody_to_tell", LOG_STR("structure", a->x.structure));
    TRY(glass_digest(memory, a->x.reason, &o->digest));
    TRY(arena_printf(memory, &o->told, "%zu", o->mails.count));
    return arena_printf(memory, &o->ends, "%lld", (long long)a->x.ends);
}

static err_t open_now(struct asked *a)
{
    struct opening o = { .a = a };
    struct str back;
    struct call *c = a->c;
    TRY(prepare(&o));
    err_t e = state_write(c->svc->state, opening_job, &o);
    if (o.throttled) {
        struct refusal r = { a, STR("throttled") };
        TRY(state_write(c->svc->state, refusal_job, &r));
        return show(a, "throttled", o.wait_s);
    }
    TRY(e);
    sender_wake(c->svc->sender);
    TRY(opened_reload(c->svc->opened, c->now));
    TRY(back_of(a, str_from(o.id, sizeof o.id), &back));
    call_redirect(c, back);
    return ERR(OK);
}

/* ---- one request ---- */

/* Signing in again when the second factor is older than it may be. */
static err_t freshen(struct call *c, struct str next, bool *shown)
{
    int64_t age = c->now - c->session.second_factor;
    int64_t most = GLASS_FRESH_S + (c->req->method == HTTP_POST ? GLASS_TYPING_S : 0);
    struct auth_request r = {
        .next = next, .acr = ACCESS_EIDAS2, .max_age = -1, .prompt_login = true
    };
    *shown = c->session.second_factor == 0 || age > most;
    return *shown ? login_begin(c, &r, false) : ERR(OK);
}

static err_t judge(struct asked *a)
{
    struct engine_decision d;
    struct call *c = a->c;
    if (is_self(a, a->owner) || is_self(a, a->x.instance))
        return refuse(a, STR("self"), "self");
    TRY(decide(a, &d));
    if (d.effect != ENGINE_PERMIT)
        return refuse(a, str_of(access_reason_name(d.reason)), "no_right");
    TRY(list_opens(a));
    if (json_array_size(a->opens) == 0)
        return refuse(a, STR("nothing"), "nothing");
    if (c->req->method != HTTP_POST || !call_csrf_ok(c, http_form(c->req, "csrf")))
        return show(a, NULL, 0);
    const char *fault = fault_of(a->x.reason);
    return fault != NULL ? show(a, fault, 0) : open_now(a);
}

err_t glass_open(struct call *c)
{
    struct asked a = { .c = c };
    struct str here;
    bool shown = false, right = understand(&a);
    TRY(here_of(c, &here));
    TRY(glass_person(c, here, &a.person, &shown));
    if (!shown)
        TRY(freshen(c, here, &shown));
    if (shown)
        return ERR(OK);
    if (!right)
        return unknown(&a);
    a.x.person = a.person.id;
    a.x.sid = c->session.sid;
    a.x.ends = c->now + a.rule->hours * 3600;
    a.x.review_due = a.x.ends + a.rule->review_days * DAY_S;
    if (c->req->method == HTTP_POST)
        a.x.reason = str_trim(http_form(c->req, "reason"));
    err_t e = judge(&a);
    json_decref(a.opens);
    return e;
}
