#include "authzen/decide.h"

#include "base/date.h"
#include "engine/declared.h"
#include "state/session.h"
#include "state/state.h"

#include <string.h>

enum { PROPERTIES_MAX = 64 };

static err_t refuse(struct verdict *v, int status, const char *message)
{
    v->status = status;
    v->message = message;
    return ERR(OK);
}

/* ---- when ---- */

static err_t read_moment(struct query *c, const struct ask *ask, struct verdict *v)
{
    const json_t *at = ask_member(ask->context, "at");
    v->facts.question.now = c->req->now;
    if (at == NULL)
        return ERR(OK);
    if (!c->client->authzen.at)
        return refuse(v, 403, "this client may not ask about another moment");
    if (!json_is_string(at) || !err_ok(date_parse_rfc3339(ask_text(at), &v->facts.question.now)))
        return refuse(v, 400, "context.at must be an RFC 3339 date and time");
    v->facts.moved = true;
    return ERR(OK);
}

/* ---- how she is signed in ---- */

struct find_session {
    struct query *query;
    struct str sid;
    struct session session;
};

static err_t find_session(struct state_tx *tx, void *arg)
{
    struct find_session *f = arg;
    return session_find_sid(tx, f->query->arena, f->sid, f->query->req->now, &f->session);
}

/* A session that is unknown, ended or somebody else's is no login. */
static err_t read_session(struct query *c, const json_t *sid, struct facts *f)
{
    char id[UUID_LEN];
    struct find_session find = { .query = c, .sid = ask_text(sid) };
    if (!json_is_string(sid) || f->person == NULL)
        return ERR(OK);
    if (!c->req->on_worker)
        return query_later(c);
    err_t e = state_read(c->svc->state, find_session, &find);
    if (e.code == ERR_NOT_FOUND)
        return ERR(OK);
    TRY(e);
    person_id(f->person, id);
    if (!str_eq(find.session.person, str_from(id, UUID_LEN)))
        return ERR(OK);
    f->question.acr = (enum access_acr)find.session.acr;
    f->question.psc = str_in_list(find.session.amr, ' ', STR("psc"));
    f->session = find.sid;
    return ERR(OK);
}

static bool holds_psc(const json_t *amr)
{
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(amr, i, one)
    {
        if (str_eq(ask_text(one), STR("psc")))
            return true;
    }
    return false;
}

static err_t read_login(struct query *c, const struct ask *ask, struct facts *f)
{
    unsigned trusted = c->client->authzen.trusted;
    const json_t *sid = ask_member(ask->context, "sid");
    if (sid != NULL)
        return read_session(c, sid, f);
    if ((trusted & CLIENT_TRUST_ACR) != 0)
        f->question.acr = access_acr_of(ask_text(ask_member(ask->context, "acr")));
    if ((trusted & CLIENT_TRUST_AMR) != 0)
        f->question.psc = holds_psc(ask_member(ask->context, "amr"));
    return ERR(OK);
}

/* ---- what is said of the request ---- */

static void read_context(const struct query *c, const struct ask *ask, struct engine_question *q)
{
    unsigned trusted = c->client->authzen.trusted;
    struct str motif = ask_text(ask_member(ask->context, "motif"));
    q->motif = motif.ptr == NULL ? STR("") : motif;
    q->urgence = json_is_true(ask_member(ask->context, "urgence"));
    q->presence_physique = (trusted & CLIENT_TRUST_PRESENCE) != 0 &&
                           json_is_true(ask_member(ask->context, "presence_physique"));
    q->supervise = (trusted & CLIENT_TRUST_SUPERVISE) != 0 &&
                   json_is_true(ask_member(ask->context, "supervise"));
}

/* What is not a string, or comes from a client that is not believed, is a place that does not exist:
 * to leave it out could permit what the true place forbids. */
static void read_structure(const struct query *c, const struct ask *ask, struct engine_question *q)
{
    const json_t *value = ask_member(ask->resource.properties, "structure");
    struct str code = ask_text(value);
    if (value == NULL)
        return;
    bool believed = (c->client->authzen.trusted & CLIENT_TRUST_STRUCTURE) != 0;
    q->structure = code.ptr != NULL && believed ? code : STR("");
}

/* A login, in any case, becomes the id of whoever has it. */
static err_t read_owner(struct query *c, const struct ask *ask, struct engine_question *q)
{
    const struct person *owner = NULL;
    struct str text = ask_text(ask_member(ask->resource.properties, "owner"));
    if (text.ptr == NULL || (c->client->authzen.trusted & CLIENT_TRUST_OWNER) == 0)
        return ERR(OK);
    TRY(query_person(c, text, &owner));
    q->owner = text;
    q->owner_is_known = owner != NULL;
    if (owner == NULL)
        return ERR(OK);
    char *id = arena_alloc(c->arena, UUID_LEN);
    if (id == NULL)
        return ERR(NO_MEMORY);
    person_id(owner, id);
    q->owner = str_from(id, UUID_LEN);
    return ERR(OK);
}

/* ---- declared properties ---- */

struct properties {
    struct engine_property list[PROPERTIES_MAX];
    size_t count;
};

/* As engine/declared.h writes values; what has no such form equals none. */
static err_t value_text(struct arena *a, const json_t *value, struct str *out)
{
    if (json_is_string(value)) {
        struct str text = ask_text(value);
        char *quoted = arena_alloc(a, text.len + 2);
        if (quoted == NULL)
            return ERR(NO_MEMORY);
        quoted[0] = '"';
        if (text.len > 0)
            memcpy(quoted + 1, text.ptr, text.len);
        quoted[text.len + 1] = '"';
        *out = str_from(quoted, text.len + 2);
        return ERR(OK);
    }
    if (json_is_integer(value))
        return arena_printf(a, out, "%lld", (long long)json_integer_value(value));
    *out = json_is_true(value) ? STR("true") : json_is_false(value) ? STR("false") : STR("?");
    return ERR(OK);
}

static err_t add_properties(struct query *c, int application, enum engine_object of,
                            const json_t *sent, struct properties *p)
{
    static const char *const objects[] = { "", "subject", "action", "resource" };
    json_t *object = NULL, *value = NULL;
    const char *name = NULL;
    memcpy(&object, &sent, sizeof object); /* jansson iterates over what is not const */
    json_object_foreach(object, name, value)
    {
        struct str dotted;
        if (!engine_is_declared(c->rules, application, of, str_of(name)))
            continue;
        TRY(arena_printf(c->arena, &dotted, "%s.%s", objects[of], name));
        if (!client_is_trusted_for(c->client, dotted))
            continue;
        if (p->count == PROPERTIES_MAX)
            return ERR(TOO_LARGE);
        struct engine_property *one = &p->list[p->count++];
        *one = (struct engine_property){ of, str_of(name), { "", 0 } };
        TRY(value_text(c->arena, value, &one->value));
    }
    return ERR(OK);
}

/* What the catalogue knows of the instance counts where the caller does not say otherwise. */
static err_t add_instance(struct query *c, const struct ask *ask, struct properties *p)
{
    struct engine_instance x;
    int resource = engine_resource(c->rules, ask->resource.type);
    size_t sent = p->count;
    if (resource == ENGINE_NONE || !engine_instance_find(c->rules, resource, ask->resource.id, &x))
        return ERR(OK);
    for (size_t i = 0; i < x.property_count; i++) {
        bool said = false;
        for (size_t k = 0; k < sent; k++)
            said = said || (p->list[k].of == ENGINE_OBJECT_RESOURCE &&
                            str_eq(p->list[k].name, x.properties[i].name));
        if (said)
            continue;
        if (p->count == PROPERTIES_MAX)
            return ERR(TOO_LARGE);
        p->list[p->count++] = x.properties[i];
    }
    return ERR(OK);
}

static err_t read_declared(struct query *c, const struct ask *ask, struct facts *f)
{
    struct properties p = { .count = 0 };
    int app = f->application;
    TRY(add_properties(c, app, ENGINE_OBJECT_SUBJECT, ask->subject.properties, &p));
    TRY(add_properties(c, app, ENGINE_OBJECT_ACTION, ask->action_properties, &p));
    TRY(add_properties(c, app, ENGINE_OBJECT_RESOURCE, ask->resource.properties, &p));
    TRY(add_instance(c, ask, &p));
    f->question.declared = engine_declared(c->rules, app, p.list, p.count);
    return ERR(OK);
}

/* ---- about whom ---- */

/* Into c->last. Emergencies are those open at NOW: for another moment she is looked up again. */
static err_t look_up(struct query *c, struct str key, int64_t now)
{
    char id[UUID_LEN];
    struct asked_person found = { .key = key };
    c->last = found;
    TRY(query_person(c, key, &found.person));
    if (found.person == NULL)
        return ERR(OK);
    person_id(found.person, id);
    TRY(opened_of(c->svc->opened, c->arena, str_from(id, UUID_LEN), now, &found.opened));
    TRY(person_resolve(&c->now, found.person, found.opened.list, found.opened.count, c->arena,
                       &found.subject));
    c->last = found;
    return ERR(OK);
}

static err_t read_subject(struct query *c, const struct ask *ask, struct facts *f)
{
    struct asked_person *last = &c->last;
    if (!engine_is_subject_type(c->rules, f->application, ask->subject.type))
        return ERR(OK);
    if (last->person == NULL || !str_eq(last->key, ask->subject.id) || f->moved)
        TRY(look_up(c, ask->subject.id, f->question.now));
    f->person = last->person;
    f->opened = last->opened;
    f->subject = last->subject;
    return ERR(OK);
}

err_t facts_read(struct query *c, const struct ask *ask, enum ask_shape shape, struct verdict *v)
{
    struct facts *f = &v->facts;
    int resource = engine_resource(c->rules, ask->resource.type);
    *v = (struct verdict){ .facts = { .application = ENGINE_NONE } };
    f->question.resource = ask->resource.type;
    f->question.action = ask->action;
    f->question.resource_id = ask->resource.id;
    if (resource != ENGINE_NONE) {
        f->application = engine_resource_at(c->rules, resource).application;
        if (!client_speaks_for(c->client, engine_application_code(c->rules, f->application)))
            return refuse(v, 403,
                          "this client does not speak for the application of that resource");
    }
    TRY(read_moment(c, ask, v));
    if (v->status != 0)
        return ERR(OK);
    read_context(c, ask, &f->question);
    read_structure(c, ask, &f->question);
    TRY(read_owner(c, ask, &f->question));
    if (shape != ASK_SUBJECTS)
        TRY(read_subject(c, ask, f));
    TRY(read_login(c, ask, f));
    return read_declared(c, ask, f);
}
