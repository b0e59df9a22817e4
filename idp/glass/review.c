/* review.c - what became of the emergency accesses of others. */
#include "glass/internal.h"

#include "engine/engine.h"
#include "pages/pages.h"

enum { SHOWN_MAX = 50 };

struct review {
    struct call *c;
    struct dir_person reviewer;
    struct emergencies waiting;
    struct emergency_verdict verdict;
    struct emergency x; /* the one being reviewed */
    struct str digest;
};

static err_t list_job(struct state_tx *tx, void *arg)
{
    struct review *r = arg;
    return emergency_list_to_review(tx, r->c->arena, &r->waiting);
}

/* Whose review right reaches the place of X; never one's own. */
static err_t may_review(struct review *r, const struct emergency *x, bool *out)
{
    struct engine_decision d;
    const struct dir_emergency *rule = view_emergency(r->c->view, x->application);
    struct engine_question q = glass_question(r->c, x->structure);
    *out = false;
    if (rule == NULL || str_eq(x->person, r->reviewer.id))
        return ERR(OK);
    q.resource = rule->review_resource;
    q.action = rule->review_action;
    TRY(rights_decide(r->c->view, r->c->arena, &r->reviewer, NULL, &q, &d));
    *out = d.effect == ENGINE_PERMIT;
    return ERR(OK);
}

/* ---- the list ---- */

static struct str name_of(const struct dir_person *p)
{
    return p->display_name.len > 0 ? p->display_name : p->login;
}

static err_t add_item(struct review *r, const struct emergency *x, json_t *items)
{
    struct call *c = r->c;
    struct dir_person who;
    struct str place, name = x->person; /* gone from the directory since: her id */
    err_t e = directory_person_by_id(c->svc->directory, c->arena, x->person, &who);
    if (err_ok(e))
        name = name_of(&who);
    else if (e.code != ERR_NOT_FOUND)
        return e;
    TRY(glass_place(c, x->structure, &place));
    json_t *item =
        json_pack("{s:o, s:I, s:o, s:o, s:o, s:I, s:o, s:I, s:b}", "id", call_json(x->id), "number",
                  (json_int_t)json_array_size(items) + 1, "person", call_json(name), "app",
                  call_json(glass_application(c, x->application)), "place", call_json(place),
                  "opened", (json_int_t)x->opened, "why", call_json(x->reason), "due",
                  (json_int_t)x->review_due, "late", c->now >= x->review_due);
    if (item == NULL)
        return ERR(NO_MEMORY);
    if (x->used != 0)
        json_object_set_new(item, "used", json_integer(x->used));
    call_put(item, "label", x->label);
    return json_array_append_new(items, item) == 0 ? ERR(OK) : ERR(NO_MEMORY);
}

static err_t add_items(struct review *r, json_t *items)
{
    for (size_t i = 0; i < r->waiting.count && json_array_size(items) < SHOWN_MAX; i++) {
        bool may = false;
        TRY(may_review(r, &r->waiting.list[i], &may));
        if (may)
            TRY(add_item(r, &r->waiting.list[i], items));
    }
    return ERR(OK);
}

static err_t show(struct review *r, const char *error)
{
    char csrf[CALL_CSRF_LEN + 1];
    struct call *c = r->c;
    TRY(state_read(c->svc->state, list_job, r));
    TRY(call_csrf(c, csrf));
    json_t *items = json_array();
    err_t e = add_items(r, items);
    if (!err_ok(e)) {
        json_decref(items);
        return e;
    }
    json_t *data =
        json_pack("{s:o, s:s, s:s}", "items", items, "csrf", csrf, "here", PAGE_PATH_GLASS_REVIEW);
    if (error != NULL && data != NULL)
        call_put(data, "error", str_of(error));
    return call_page(c, error == NULL ? 200 : 400, "glass_review", data);
}

/* ---- a verdict ---- */

static err_t find_job(struct state_tx *tx, void *arg)
{
    struct review *r = arg;
    return emergency_find(tx, r->c->arena, r->verdict.id, &r->x);
}

static err_t verdict_job(struct state_tx *tx, void *arg)
{
    struct review *r = arg;
    struct journal_entry entry = glass_entry(
        r->c, JOURNAL_EMERGENCY_REVIEWED,
        JOURNAL_DATA({ "verdict", r->verdict.justified ? STR("justified") : STR("unjustified") },
                     { "comment_digest", r->digest }, { "person", r->x.person }));
    entry.subject = r->x.id;
    entry.structure = r->x.structure;
    TRY(emergency_review(tx, &r->verdict, r->c->now));
    return journal_append(tx, &entry);
}

static err_t write_verdict(struct review *r)
{
    TRY(glass_digest(r->c->arena, r->verdict.comment, &r->digest));
    err_t e = state_write(r->c->svc->state, verdict_job, r);
    if (e.code == ERR_NOT_FOUND) /* reviewed meanwhile */
        return show(r, "gone");
    if (e.code == ERR_MALFORMED)
        return show(r, "comment");
    if (e.code == ERR_TOO_LARGE)
        return show(r, "long");
    TRY(e);
    call_redirect(r->c, STR(PAGE_PATH_GLASS_REVIEW));
    return ERR(OK);
}

static err_t submit(struct review *r)
{
    struct call *c = r->c;
    bool may = false;
    struct str word = http_form(c->req, "verdict");
    r->verdict = (struct emergency_verdict){ .id = http_form(c->req, "id"),
                                             .reviewer = r->reviewer.id,
                                             .justified = str_eq(word, STR("justified")),
                                             .comment = str_trim(http_form(c->req, "comment")) };
    if (!call_csrf_ok(c, http_form(c->req, "csrf")) ||
        (!r->verdict.justified && !str_eq(word, STR("unjustified"))))
        return show(r, NULL);
    err_t e = state_read(c->svc->state, find_job, r);
    if (err_ok(e))
        e = may_review(r, &r->x, &may);
    if (e.code == ERR_NOT_FOUND || (err_ok(e) && !may))
        return show(r, "gone");
    TRY(e);
    return write_verdict(r);
}

err_t glass_review(struct call *c)
{
    struct review r = { .c = c };
    bool shown = false;
    TRY(glass_person(c, STR(PAGE_PATH_GLASS_REVIEW), &r.reviewer, &shown));
    if (shown)
        return ERR(OK);
    return c->req->method == HTTP_POST ? submit(&r) : show(&r, NULL);
}
