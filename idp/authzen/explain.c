/* explain.c - why, and what would help: every pair of the person with its verdict, and next steps. */
#include "authzen/decide.h"

#include "base/date.h"
#include "base/jsonw.h"
#include "engine/explain.h"

enum { EXPLANATION_MAX = 512 * 1024, SENTENCE_MAX = 4096, WORK_MAX = 64 * 1024 * 1024 };

/* ---- the person as the engine's explanations take her ---- */

static err_t person_of(struct query *c, const struct facts *f, struct engine_person *out)
{
    const struct person *p = f->person;
    size_t count = person_assignment_count(p);
    struct person_assignment *held = arena_array(c->arena, count + 1, sizeof *held);
    struct engine_assignment *list = arena_array(c->arena, count + 1, sizeof *list);
    char *id = arena_alloc(c->arena, UUID_LEN);
    if (held == NULL || list == NULL || id == NULL)
        return ERR(NO_MEMORY);
    person_id(p, id);
    for (size_t i = 0; i < count; i++) {
        person_assignment(&c->now, p, i, &held[i]);
        list[i] = (struct engine_assignment){ str_from(held[i].id, UUID_LEN), held[i].profile,
                                              held[i].structure, held[i].start, held[i].end };
    }
    *out = (struct engine_person){ .id = str_from(id, UUID_LEN),
                                   .login = person_login(p),
                                   .active = person_is_active(p),
                                   .assignments = list,
                                   .assignment_count = count,
                                   .emergencies = f->opened.list,
                                   .emergency_count = f->opened.count };
    return ERR(OK);
}

/* ---- as JSON ---- */

static void write_instant(const char *key, int64_t instant, struct buf *b)
{
    char text[DATE_RFC3339_LEN + 1];
    if (instant == MODEL_ALWAYS || instant == MODEL_EVER)
        return;
    date_format_rfc3339(instant, text);
    jsonw_str(b, key, str_of(text));
}

static void write_sentence(const struct query *c, const char *key, const struct explain_step *step,
                           bool english, struct buf *b)
{
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    explain_say(c->rules, step, english, &text);
    jsonw_str_if(b, key, buf_str(&text));
    buf_done(&text);
}

static void write_pair_sentence(const struct query *c, const struct engine_person *p,
                                const char *key, const struct explain_pair *pair, bool english,
                                struct buf *b)
{
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    explain_say_pair(c->rules, p, pair, english, &text);
    jsonw_str_if(b, key, buf_str(&text));
    buf_done(&text);
}

static void write_pair(const struct query *c, const struct engine_person *p,
                       const struct explain_pair *pair, struct buf *b)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "reason", str_of(access_reason_name(pair->reason)));
    if (pair->assignment != ENGINE_NONE && p->assignments != NULL) {
        const struct engine_assignment *a = &p->assignments[pair->assignment];
        jsonw_str(b, "assignment", a->id);
        jsonw_str(b, "profile", a->profile);
        jsonw_str(b, "structure", a->structure);
        write_instant("start", a->start, b);
        write_instant("end", a->end, b);
    }
    if (pair->emergency != ENGINE_NONE && p->emergencies != NULL)
        jsonw_str(b, "emergency", p->emergencies[pair->emergency].id);
    write_rule(c, "rule", pair->grant, b);
    write_words(c, "missing", pair->missing, b);
    write_words(c, "obligations", pair->obligations, b);
    write_pair_sentence(c, p, "fr", pair, false, b);
    write_pair_sentence(c, p, "en", pair, true, b);
    jsonw_close(b, '}');
}

static const char *kind_name(enum explain_kind kind)
{
    switch (kind) {
    case EXPLAIN_LOGIN:
        return "login";
    case EXPLAIN_STATE:
        return "state";
    case EXPLAIN_PLACE:
        return "place";
    case EXPLAIN_OWN:
        return "own";
    case EXPLAIN_OTHER:
        return "other";
    case EXPLAIN_WAIT:
        return "wait";
    case EXPLAIN_RENEW:
        return "renew";
    case EXPLAIN_ASSIGN:
        return "assign";
    case EXPLAIN_EMERGENCY:
        return "emergency";
    case EXPLAIN_REACTIVATE:
        return "reactivate";
    case EXPLAIN_NOTHING:
        return "nothing";
    }
    return "nothing";
}

static void write_step(const struct query *c, const struct explain_step *step, struct buf *b)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "kind", str_of(kind_name(step->kind)));
    write_words(c, "needs", step->needs, b);
    if (step->profile != ENGINE_NONE)
        jsonw_str(b, "profile", engine_profile_at(c->rules, step->profile).code);
    if (step->structure != ENGINE_NONE)
        jsonw_str(b, "structure", engine_structure_at(c->rules, step->structure).code);
    jsonw_str_if(b, "lot", step->lot);
    if (step->kind == EXPLAIN_WAIT || step->kind == EXPLAIN_RENEW || step->kind == EXPLAIN_ASSIGN ||
        step->kind == EXPLAIN_EMERGENCY)
        write_instant("from", step->from, b);
    if (step->kind == EXPLAIN_RENEW || step->kind == EXPLAIN_ASSIGN ||
        step->kind == EXPLAIN_EMERGENCY)
        write_instant("until", step->until, b);
    write_sentence(c, "fr", step, false, b);
    write_sentence(c, "en", step, true, b);
    jsonw_close(b, '}');
}

static err_t write_all(struct query *c, const struct verdict *v, const struct engine_person *p,
                       const struct explanation *x)
{
    struct buf b;
    buf_init(&b, EXPLANATION_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_bool(&b, "decision", v->permit);
    jsonw_open(&b, "context", '{');
    write_context(c, v, &b);
    jsonw_close(&b, '}');
    jsonw_open(&b, "pairs", '[');
    for (size_t i = 0; i < x->pair_count; i++)
        write_pair(c, p, &x->pairs[i], &b);
    jsonw_close(&b, ']');
    jsonw_open(&b, "steps", '[');
    for (size_t i = 0; i < x->step_count; i++)
        write_step(c, &x->steps[i], &b);
    jsonw_close(&b, ']');
    jsonw_int(&b, "more_profiles", (int64_t)x->more_profiles);
    jsonw_close(&b, '}');
    return query_answer(c, &b);
}

static err_t explain_in(struct query *c, const struct ask *ask)
{
    struct verdict v;
    struct engine_person person = { .active = false };
    struct explanation x;
    TRY(decide(c, ask, &v));
    if (v.status != 0)
        return query_error(c, v.status, v.message);
    if (v.facts.person != NULL)
        TRY(person_of(c, &v.facts, &person));
    TRY(explain_question(c->rules, v.facts.person == NULL ? NULL : &person, &v.facts.question,
                         c->arena, &x));
    TRY(record_explanation(c, ask, &v));
    return write_all(c, &v, &person, &x);
}

static err_t explain(struct query *c)
{
    struct ask ask;
    struct arena *work = NULL;
    struct ask_members members = ask_members_of(c->body);
    if (!c->client->authzen.explain)
        return query_error(c, 403, "this client may not read explanations");
    const char *wrong = ask_read(&members, ASK_EVALUATION, &ask);
    if (wrong != NULL)
        return query_error(c, 400, wrong);
    TRY(arena_new(WORK_MAX, &work));
    c->arena = work;
    err_t e = explain_in(c, &ask);
    arena_free(work);
    return e;
}

err_t authzen_explain(struct http_request *req, struct http_response *resp)
{
    return query_run(req, resp, explain);
}
