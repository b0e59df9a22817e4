#include "authzen/decide.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/jsonw.h"
#include "config/config.h"
#include "engine/explain.h"

#include <stdatomic.h>
#include <string.h>

err_t decide(struct query *c, const struct ask *ask, struct verdict *out)
{
    TRY(facts_read(c, ask, ASK_EVALUATION, out));
    if (out->status != 0)
        return ERR(OK);
    engine_decide(c->rules, out->facts.subject, &out->facts.question, &out->decision);
    out->permit = out->decision.effect == ENGINE_PERMIT &&
                  !(c->client->authzen.bare && out->decision.obligations != 0);
    return ERR(OK);
}

/* ---- the answer ---- */

void write_words(const struct query *c, const char *key, uint64_t set, struct buf *b)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned count = access_words_list(engine_words(c->rules), set, names);
    if (count == 0)
        return;
    jsonw_open(b, key, '[');
    for (unsigned i = 0; i < count; i++)
        jsonw_str(b, NULL, names[i]);
    jsonw_close(b, ']');
}

static void write_obligations(const struct query *c, uint64_t set, struct buf *b)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned count = access_words_list(engine_words(c->rules), set, names);
    if (count == 0)
        return;
    jsonw_open(b, "obligations", '[');
    for (unsigned i = 0; i < count; i++) {
        jsonw_open(b, NULL, '{');
        jsonw_str(b, "id", names[i]);
        jsonw_str(b, "type", STR("custom"));
        jsonw_close(b, '}');
    }
    jsonw_close(b, ']');
}

static void write_conflicts(const struct query *c, const struct verdict *v, struct buf *b)
{
    struct engine_conflict conflict;
    size_t iter = 0;
    bool any = false;
    if (v->decision.reason == ACCESS_UNKNOWN || v->facts.subject == NULL)
        return;
    while (
        engine_next_conflict(c->rules, v->facts.subject, v->facts.question.now, &iter, &conflict)) {
        if (!any)
            jsonw_open(b, "conflicts", '[');
        any = true;
        char text[2 * ACCESS_CODE_MAX + 1];
        memcpy(text, conflict.a.ptr, conflict.a.len);
        text[conflict.a.len] = '+';
        memcpy(text + conflict.a.len + 1, conflict.b.ptr, conflict.b.len);
        jsonw_str(b, NULL, str_from(text, conflict.a.len + 1 + conflict.b.len));
    }
    if (any)
        jsonw_close(b, ']');
}

void write_rule(const struct query *c, const char *key, int grant, struct buf *b)
{
    struct buf text;
    struct engine_grant g = engine_grant_at(c->rules, grant);
    buf_init(&text, 16 * 1024);
    const struct str parts[] = { g.holder, g.resource, g.actions, g.scope, g.conditions };
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (i > 0)
            buf_add_char(&text, ';');
        buf_add(&text, parts[i]);
    }
    jsonw_str(b, key, buf_str(&text));
    buf_done(&text);
}

/* What it rests on, for those who may see that. */
static void write_basis(const struct query *c, const struct verdict *v, struct buf *b)
{
    const struct engine_decision *d = &v->decision;
    if (d->assignment != ENGINE_NONE) {
        struct person_assignment a;
        person_assignment(&c->now, v->facts.person, (size_t)d->assignment, &a);
        jsonw_str(b, "assignment", str_from(a.id, UUID_LEN));
    }
    if (d->emergency != ENGINE_NONE)
        jsonw_str(b, "emergency", v->facts.opened.list[d->emergency].id);
    if (d->grant != ENGINE_NONE)
        write_rule(c, "rule", d->grant, b);
}

/* The same words for every item of a batch: written once, copied then. */
static void write_reason(struct query *c, enum access_reason reason, struct buf *b)
{
    struct str *told = &c->reasons[reason];
    struct explain_text text = explain_reason(reason);
    if (told->len > 0) {
        buf_add(b, *told);
        return;
    }
    size_t from = b->len;
    jsonw_str(b, "reason", str_of(access_reason_name(reason)));
    jsonw_open(b, "reason_user", '{');
    jsonw_str(b, "fr", str_of(text.fr));
    jsonw_str(b, "en", str_of(text.en));
    jsonw_close(b, '}');
    if (!err_ok(buf_err(b)) ||
        !err_ok(arena_str(c->arena, str_from(b->ptr + from, b->len - from), told)))
        *told = STR(""); /* written anew the next time */
}

void write_context(struct query *c, const struct verdict *v, struct buf *b)
{
    const struct engine_decision *d = &v->decision;
    write_reason(c, d->reason, b);
    write_obligations(c, d->obligations, b);
    write_words(c, "missing", d->missing, b);
    if (d->needs_eidas2)
        jsonw_str(b, "acr_values", STR("eidas2"));
    if (d->needs_psc)
        jsonw_str(b, "amr_values", STR("psc"));
    write_conflicts(c, v, b);
    if (c->client->authzen.explain)
        write_basis(c, v, b);
    jsonw_int(b, "rules_age", c->age_s);
}

static void write_problem(const struct verdict *v, struct buf *b)
{
    jsonw_open(b, "error", '{');
    jsonw_int(b, "status", v->status);
    jsonw_str(b, "message", str_of(v->message));
    jsonw_close(b, '}');
}

void write_verdict(struct query *c, const struct verdict *v, struct buf *b)
{
    jsonw_open(b, NULL, '{');
    jsonw_bool(b, "decision", v->permit);
    if (v->status != 0 || !c->client->authzen.bare) {
        jsonw_open(b, "context", '{');
        if (v->status != 0)
            write_problem(v, b);
        else
            write_context(c, v, b);
        jsonw_close(b, '}');
    }
    jsonw_close(b, '}');
}

/* ---- the journal ---- */

static void fill(const struct query *c, const struct ask *ask, const struct verdict *v,
                 enum journal_event event, struct record *r)
{
    const struct facts *f = &v->facts;
    const struct engine_decision *d = &v->decision;
    bool withheld = d->effect == ENGINE_PERMIT && !v->permit; /* a bare client and obligations */
    memset(r, 0, sizeof *r);
    r->event = event;
    r->at_ms = clock_now_ms();
    r->has_person = f->person != NULL;
    if (r->has_person)
        person_id(f->person, r->person);
    else
        RECORD_PUT(r->asked, ask->subject.id);
    if (d->assignment != ENGINE_NONE && f->person != NULL) {
        struct person_assignment a;
        person_assignment(&c->now, f->person, (size_t)d->assignment, &a);
        memcpy(r->assignment, a.id, UUID_LEN);
        r->has_assignment = true;
    } else if (d->emergency != ENGINE_NONE && f->opened.list[d->emergency].id.len == UUID_LEN) {
        memcpy(r->assignment, f->opened.list[d->emergency].id.ptr, UUID_LEN);
        r->has_assignment = true;
    }
    RECORD_PUT(r->client, c->client->id);
    RECORD_PUT(r->structure, f->question.structure);
    RECORD_PUT(r->session, f->session);
    RECORD_PUT(r->network, str_of(c->req->peer.network));
    RECORD_PUT(r->resource, ask->resource.type);
    RECORD_PUT(r->action, ask->action);
    RECORD_PUT(r->id, ask->resource.id);
    RECORD_PUT(r->reason, withheld ? STR("obligations") : str_of(access_reason_name(d->reason)));
    RECORD_PUT(r->request, http_header(c->req, "X-Request-ID"));
    if (f->moved)
        date_format_rfc3339(f->question.now, r->moment);
}

/* One permit in N, counted over the whole service. */
static bool is_sampled(const struct query *c)
{
    static atomic_ullong permits;
    int64_t n = c->svc->config->decisions_log;
    return n > 0 && atomic_fetch_add(&permits, 1) % (unsigned long long)n == 0;
}

static bool must_be_first(const struct verdict *v)
{
    return !v->permit || v->decision.trace || v->decision.emergency != ENGINE_NONE;
}

static err_t record_before_answer(struct query *c, const struct ask *asks,
                                  const struct verdict *list, size_t count)
{
    size_t n = 0;
    struct record *records = calloc(count, sizeof *records);
    if (records == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        if (list[i].status == 0 && must_be_first(&list[i]))
            fill(c, &asks[i], &list[i],
                 list[i].permit ? JOURNAL_DECISION_PERMITTED : JOURNAL_DECISION_REFUSED,
                 &records[n++]);
    err_t e = record_now(c->svc->authzen->log, records, n);
    free(records);
    return e;
}

/* A permit that may be written later, if it is one that is written at all. */
static err_t record_after_answer(struct query *c, const struct ask *ask, const struct verdict *v)
{
    struct record r;
    if (!is_sampled(c))
        return ERR(OK);
    fill(c, ask, v, JOURNAL_DECISION_PERMITTED, &r);
    if (record_soon(c->svc->authzen->log, &r))
        return ERR(OK);
    return c->req->on_worker ? record_now(c->svc->authzen->log, &r, 1) : query_later(c);
}

err_t record_verdicts(struct query *c, const struct ask *asks, const struct verdict *list,
                      size_t count)
{
    bool first = false;
    for (size_t i = 0; i < count; i++)
        first = first || (list[i].status == 0 && must_be_first(&list[i]));
    if (first && !c->req->on_worker)
        return query_later(c);
    if (first)
        TRY(record_before_answer(c, asks, list, count));
    for (size_t i = 0; i < count; i++) {
        const struct verdict *v = &list[i];
        if (v->status != 0)
            continue;
        if (v->permit && v->decision.emergency != ENGINE_NONE)
            opened_used(c->svc->opened, v->facts.opened.list[v->decision.emergency].id);
        if (!must_be_first(v))
            TRY(record_after_answer(c, &asks[i], v));
    }
    return ERR(OK);
}

err_t record_explanation(struct query *c, const struct ask *ask, const struct verdict *v)
{
    struct record r;
    fill(c, ask, v, JOURNAL_DECISION_EXPLAINED, &r);
    return record_now(c->svc->authzen->log, &r, 1);
}
