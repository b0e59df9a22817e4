/* search.c - who may, on which instance, and which actions. Results are what an evaluation permits. */
#include "authzen/decide.h"
#include "authzen/page.h"

#include "base/jsonw.h"
#include "engine/declared.h"
#include "engine/search.h"

enum { RESULTS_MAX = 512 * 1024, ACTIONS_MAX = 64 };

/* The answer under construction: `page` comes first, so that a partial list says so at once. */
struct answer {
    struct query *c;
    struct page page;
    struct buf b;
};

static err_t begin(struct answer *a, const struct page_end *end)
{
    buf_init(&a->b, RESULTS_MAX);
    jsonw_open(&a->b, NULL, '{');
    err_t e = page_write(a->c, &a->page, end, &a->b);
    if (!err_ok(e)) {
        buf_done(&a->b);
        return e;
    }
    jsonw_open(&a->b, "results", '[');
    return ERR(OK);
}

static void add(struct answer *a, struct str type, struct str id)
{
    jsonw_open(&a->b, NULL, '{');
    jsonw_str(&a->b, "type", type);
    jsonw_str(&a->b, "id", id);
    jsonw_close(&a->b, '}');
}

static err_t end(struct answer *a)
{
    jsonw_close(&a->b, ']');
    jsonw_close(&a->b, '}');
    return query_answer(a->c, &a->b);
}

static err_t nothing(struct answer *a)
{
    TRY(begin(a, &(struct page_end){ .more = false }));
    return end(a);
}

/* True when the search goes on; otherwise the call is answered, or *e says why not. */
static bool start(struct query *c, enum ask_shape shape, struct ask *ask, struct answer *a,
                  struct verdict *v, err_t *e)
{
    struct ask_members members = ask_members_of(c->body);
    const char *wrong = ask_read(&members, shape, ask);
    *a = (struct answer){ .c = c };
    *e = ERR(OK);
    if (wrong == NULL)
        *e = page_read(c, &a->page, &wrong);
    if (wrong != NULL)
        *e = query_error(c, 400, wrong);
    if (wrong != NULL || !err_ok(*e))
        return false;
    *e = facts_read(c, ask, shape, v);
    if (!err_ok(*e))
        return false;
    if (v->status == 403 && v->facts.application != ENGINE_NONE &&
        !client_speaks_for(c->client, engine_application_code(c->rules, v->facts.application))) {
        *e = nothing(a); /* resources of others are left out */
        return false;
    }
    if (v->status != 0)
        *e = query_error(c, v->status, v->message);
    return v->status == 0;
}

/* ---- subjects ---- */

/* An application that gave its subjects a type of its own knows them by their logins. */
static struct str id_for(const struct ask *ask, const struct person *p, char id[UUID_LEN])
{
    if (!str_eq(ask->subject.type, STR("person")))
        return person_login(p);
    person_id(p, id);
    return str_from(id, UUID_LEN);
}

static err_t write_subjects(struct answer *a, const struct ask *ask,
                            const struct people_page *found)
{
    char id[UUID_LEN];
    if (found->count > 0)
        person_id(found->list[found->count - 1], id);
    struct page_end last = { str_from(id, UUID_LEN), found->more, found->count, found->total };
    TRY(begin(a, &last));
    for (size_t i = 0; i < found->count; i++)
        add(a, ask->subject.type, id_for(ask, found->list[i], id));
    return end(a);
}

static err_t not_searchable(struct query *c)
{
    struct people_status s;
    people_status(c->svc->people, &s);
    if (s.loads > 0)
        return query_error(c, 501, "there are more persons than can be searched here");
    c->resp->retry_after = 2;
    return query_error(c, 503, "the persons are still being read");
}

static err_t search_subject(struct query *c)
{
    struct ask ask;
    struct answer a;
    struct verdict v;
    struct people_page found;
    err_t e;
    if (!start(c, ASK_SUBJECTS, &ask, &a, &v, &e))
        return e;
    if (!engine_is_subject_type(c->rules, v.facts.application, ask.subject.type))
        return nothing(&a);
    struct people_search search = { .question = &v.facts.question,
                                    .after = a.page.after,
                                    .limit = a.page.limit,
                                    .unconditional = c->client->authzen.bare };
    e = people_who_can(&c->now, &search, c->arena, &found);
    if (e.code == ERR_CONFLICT)
        return not_searchable(c);
    TRY(e);
    return write_subjects(&a, &ask, &found);
}

err_t authzen_search_subject(struct http_request *req, struct http_response *resp)
{
    return query_run(req, resp, search_subject);
}

/* ---- instances ---- */

static err_t may_on(struct query *c, const struct ask *ask, struct str id, bool *may)
{
    struct verdict v;
    struct ask one = *ask;
    one.resource.id = id;
    TRY(decide(c, &one, &v));
    *may = v.status == 0 && v.permit;
    return ERR(OK);
}

static err_t find_instances(struct query *c, const struct ask *ask, const struct page *page,
                            struct str *list, struct page_end *end)
{
    int resource = engine_resource(c->rules, ask->resource.type);
    size_t n = resource == ENGINE_NONE ? 0 : engine_instance_count(c->rules, resource);
    *end = (struct page_end){ .more = false };
    for (size_t i = 0; i < n; i++) {
        struct str id = engine_instance_at(c->rules, resource, i).id;
        bool may = false;
        TRY(may_on(c, ask, id, &may));
        if (!may)
            continue;
        end->total++;
        if (page->after.len > 0 && str_cmp(id, page->after) <= 0)
            continue;
        if (end->count < page->limit)
            end->last = list[end->count++] = id;
        else
            end->more = true;
    }
    return ERR(OK);
}

static err_t search_resource(struct query *c)
{
    struct ask ask;
    struct answer a;
    struct verdict v;
    struct page_end found;
    err_t e;
    if (!start(c, ASK_RESOURCES, &ask, &a, &v, &e))
        return e;
    struct str *list = arena_array(c->arena, a.page.limit, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    TRY(find_instances(c, &ask, &a.page, list, &found));
    TRY(begin(&a, &found));
    for (size_t i = 0; i < found.count; i++)
        add(&a, ask.resource.type, list[i]);
    return end(&a);
}

err_t authzen_search_resource(struct http_request *req, struct http_response *resp)
{
    return query_run(req, resp, search_resource);
}

/* ---- actions ---- */

static err_t find_actions(struct query *c, const struct ask *ask, const struct page *page,
                          struct str *list, struct page_end *end)
{
    int resource = engine_resource(c->rules, ask->resource.type);
    int n = resource == ENGINE_NONE ? 0 : engine_resource_at(c->rules, resource).action_count;
    bool passed = page->after.len == 0;
    *end = (struct page_end){ .more = false };
    for (int i = 0; i < n; i++) {
        struct verdict v;
        struct ask one = *ask;
        one.action = engine_action_at(c->rules, resource, i);
        bool here = passed;
        passed = passed || str_eq(one.action, page->after);
        TRY(decide(c, &one, &v));
        if (v.status != 0 || !v.permit)
            continue;
        end->total++;
        if (here && end->count < page->limit)
            end->last = list[end->count++] = one.action;
        else if (here)
            end->more = true;
    }
    return ERR(OK);
}

static err_t search_action(struct query *c)
{
    struct ask ask;
    struct answer a;
    struct verdict v;
    struct page_end found;
    struct str list[ACTIONS_MAX];
    err_t e;
    if (!start(c, ASK_ACTIONS, &ask, &a, &v, &e))
        return e;
    TRY(find_actions(c, &ask, &a.page, list, &found));
    TRY(begin(&a, &found));
    for (size_t i = 0; i < found.count; i++) {
        jsonw_open(&a.b, NULL, '{');
        jsonw_str(&a.b, "name", list[i]);
        jsonw_close(&a.b, '}');
    }
    return end(&a);
}

err_t authzen_search_action(struct http_request *req, struct http_response *resp)
{
    return query_run(req, resp, search_action);
}
