/* evaluation.c - one question, and several at once. */
#include "authzen/decide.h"

#include "base/jsonw.h"

enum { ONE_MAX = 16 * 1024, ALL_MAX = 768 * 1024 }; /* bytes of an answer */
enum { WORK_MAX = 16 * 1024 * 1024 };

static err_t evaluate_one(struct query *c, const struct ask_members *members)
{
    struct ask ask;
    struct verdict v;
    struct buf b;
    const char *wrong = ask_read(members, ASK_EVALUATION, &ask);
    if (wrong != NULL)
        return query_error(c, 400, wrong);
    TRY(decide(c, &ask, &v));
    if (v.status != 0)
        return query_error(c, v.status, v.message);
    TRY(record_verdicts(c, &ask, &v, 1));
    buf_init(&b, ONE_MAX);
    write_verdict(c, &v, &b);
    return query_answer(c, &b);
}

static err_t evaluation(struct query *c)
{
    struct ask_members members = ask_members_of(c->body);
    return evaluate_one(c, &members);
}

err_t authzen_evaluation(struct http_request *req, struct http_response *resp)
{
    return query_run(req, resp, evaluation);
}

/* ---- several ---- */

struct several {
    struct ask_batch batch;
    struct ask *asks;
    struct verdict *verdicts;
    size_t count; /* decided */
};

static err_t decide_item(struct query *c, struct several *s, size_t i)
{
    const char *wrong = ask_item_read(&s->batch, i, &s->asks[i]);
    if (wrong == NULL)
        return decide(c, &s->asks[i], &s->verdicts[i]);
    s->verdicts[i] = (struct verdict){ .status = 400, .message = wrong };
    return ERR(OK);
}

static bool is_last(const struct several *s, const struct verdict *v)
{
    switch (s->batch.semantic) {
    case ASK_UNTIL_DENY:
        return !v->permit;
    case ASK_UNTIL_PERMIT:
        return v->permit;
    case ASK_ALL:
        break;
    }
    return false;
}

static err_t decide_all(struct query *c, struct several *s)
{
    for (size_t i = 0; i < s->batch.count; i++) {
        TRY(decide_item(c, s, i));
        s->count = i + 1;
        if (is_last(s, &s->verdicts[i]))
            break;
    }
    return record_verdicts(c, s->asks, s->verdicts, s->count);
}

static err_t answer_all(struct query *c, const struct several *s)
{
    struct buf b;
    buf_init(&b, ALL_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_open(&b, "evaluations", '[');
    for (size_t i = 0; i < s->count; i++)
        write_verdict(c, &s->verdicts[i], &b);
    jsonw_close(&b, ']');
    jsonw_close(&b, '}');
    return query_answer(c, &b);
}

static err_t evaluate_several(struct query *c, struct several *s)
{
    s->asks = arena_array(c->arena, s->batch.count, sizeof *s->asks);
    s->verdicts = arena_array(c->arena, s->batch.count, sizeof *s->verdicts);
    if (s->asks == NULL || s->verdicts == NULL)
        return ERR(NO_MEMORY);
    TRY(decide_all(c, s));
    return answer_all(c, s);
}

static err_t evaluations(struct query *c)
{
    struct several s = { .count = 0 };
    struct arena *work = NULL;
    const char *wrong = ask_batch_read(c->body, &s.batch);
    if (wrong != NULL)
        return query_error(c, 400, wrong);
    if (s.batch.items == NULL)
        return evaluate_one(c, &s.batch.defaults);
    TRY(arena_new(WORK_MAX, &work)); /* the answer fills the request's own */
    c->arena = work;
    err_t e = evaluate_several(c, &s);
    arena_free(work);
    return e;
}

err_t authzen_evaluations(struct http_request *req, struct http_response *resp)
{
    return query_run(req, resp, evaluations);
}
