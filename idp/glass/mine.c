/* mine.c - one's own open emergency accesses. */
#include "glass/internal.h"

#include "pages/pages.h"

struct mine {
    struct call *c;
    struct str id;
    struct emergencies found;
    bool closed;
};

static err_t list_job(struct state_tx *tx, void *arg)
{
    struct mine *m = arg;
    return emergency_list_of(tx, m->c->arena, m->c->session.person, m->c->now, &m->found);
}

static err_t add_item(struct call *c, const struct emergency *x, json_t *items)
{
    struct str place;
    TRY(glass_place(c, x->structure, &place));
    json_t *item =
        json_pack("{s:o, s:o, s:o, s:I, s:o}", "id", call_json(x->id), "app",
                  call_json(glass_application(c, x->application)), "place", call_json(place),
                  "ends", (json_int_t)x->ends, "why", call_json(x->reason));
    if (item == NULL)
        return ERR(NO_MEMORY);
    call_put(item, "label", x->label);
    return json_array_append_new(items, item) == 0 ? ERR(OK) : ERR(NO_MEMORY);
}

err_t glass_mine(struct call *c)
{
    char csrf[CALL_CSRF_LEN + 1];
    struct dir_person person;
    struct mine m = { .c = c };
    bool shown = false;
    TRY(glass_person(c, STR(PAGE_PATH_GLASS_MINE), &person, &shown));
    if (shown)
        return ERR(OK);
    TRY(state_read(c->svc->state, list_job, &m));
    TRY(call_csrf(c, csrf));
    json_t *items = json_array();
    err_t e = ERR(OK);
    for (size_t i = 0; err_ok(e) && i < m.found.count; i++)
        e = add_item(c, &m.found.list[i], items);
    if (!err_ok(e)) {
        json_decref(items);
        return e;
    }
    return call_page(c, 200, "glass_mine", json_pack("{s:o, s:s}", "items", items, "csrf", csrf));
}

static err_t close_job(struct state_tx *tx, void *arg)
{
    struct mine *m = arg;
    err_t e = emergency_close(tx, m->id, m->c->session.person, m->c->now);
    m->closed = err_ok(e);
    if (e.code == ERR_NOT_FOUND)
        return ERR(OK); /* over already: what she wanted */
    TRY(e);
    struct journal_entry entry = glass_entry(m->c, JOURNAL_EMERGENCY_CLOSED, NULL);
    entry.subject = m->id;
    return journal_append(tx, &entry);
}

/* Needs no more than the session: to close is always safe. */
err_t glass_close(struct call *c)
{
    struct mine m = { .c = c, .id = http_form(c->req, "id") };
    if (call_csrf_ok(c, http_form(c->req, "csrf"))) {
        TRY(state_write(c->svc->state, close_job, &m));
        if (m.closed)
            TRY(opened_reload(c->svc->opened, c->now));
    }
    call_redirect(c, STR(PAGE_PATH_GLASS_MINE));
    return ERR(OK);
}
