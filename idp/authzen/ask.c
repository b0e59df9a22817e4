#include "authzen/ask.h"

const json_t *ask_member(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

struct str ask_text(const json_t *value)
{
    return json_is_string(value) ? str_from(json_string_value(value), json_string_length(value))
                                 : str_from(NULL, 0);
}

struct ask_members ask_members_of(const json_t *object)
{
    return (struct ask_members){ ask_member(object, "subject"), ask_member(object, "action"),
                                 ask_member(object, "resource"), ask_member(object, "context") };
}

/* ---- one question ---- */

static bool text_of(const json_t *object, const char *name, struct str *out)
{
    *out = ask_text(ask_member(object, name));
    return out->ptr != NULL;
}

static bool properties_of(const json_t *object, const json_t **out)
{
    *out = ask_member(object, "properties");
    return *out == NULL || json_is_object(*out);
}

static const char *read_subject(const json_t *value, bool with_id, struct ask_entity *out)
{
    if (value == NULL)
        return "subject is missing";
    if (!json_is_object(value))
        return "subject must be an object";
    if (!text_of(value, "type", &out->type))
        return "subject.type must be a string";
    if (with_id && !text_of(value, "id", &out->id))
        return "subject.id must be a string";
    return properties_of(value, &out->properties) ? NULL : "subject.properties must be an object";
}

static const char *read_resource(const json_t *value, bool with_id, struct ask_entity *out)
{
    if (value == NULL)
        return "resource is missing";
    if (!json_is_object(value))
        return "resource must be an object";
    if (!text_of(value, "type", &out->type))
        return "resource.type must be a string";
    if (with_id && !text_of(value, "id", &out->id))
        return "resource.id must be a string";
    return properties_of(value, &out->properties) ? NULL : "resource.properties must be an object";
}

static const char *read_action(const json_t *value, struct ask *out)
{
    if (value == NULL)
        return "action is missing";
    if (!json_is_object(value))
        return "action must be an object";
    if (!text_of(value, "name", &out->action))
        return "action.name must be a string";
    return properties_of(value, &out->action_properties) ? NULL
                                                         : "action.properties must be an object";
}

const char *ask_read(const struct ask_members *m, enum ask_shape shape, struct ask *out)
{
    struct ask ask = { .context = m->context };
    const char *wrong = read_subject(m->subject, shape != ASK_SUBJECTS, &ask.subject);
    if (wrong == NULL && shape != ASK_ACTIONS)
        wrong = read_action(m->action, &ask);
    if (wrong == NULL)
        wrong = read_resource(m->resource, shape != ASK_RESOURCES, &ask.resource);
    if (wrong == NULL && m->context != NULL && !json_is_object(m->context))
        wrong = "context must be an object";
    if (wrong == NULL)
        *out = ask;
    return wrong;
}

/* ---- several at once ---- */

static const char *read_semantic(const json_t *options, enum ask_semantic *out)
{
    static const struct {
        struct str name;
        enum ask_semantic semantic;
    } semantics[] = {
        { STR_INIT("execute_all"), ASK_ALL },
        { STR_INIT("deny_on_first_deny"), ASK_UNTIL_DENY },
        { STR_INIT("permit_on_first_permit"), ASK_UNTIL_PERMIT },
    };
    const json_t *value = ask_member(options, "evaluations_semantic");
    struct str name = ask_text(value);
    *out = ASK_ALL;
    if (value == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT(semantics); i++)
        if (str_eq(name, semantics[i].name)) {
            *out = semantics[i].semantic;
            return NULL;
        }
    return "options.evaluations_semantic must be execute_all, deny_on_first_deny or "
           "permit_on_first_permit";
}

/* A default that no item takes need not be complete, but what is there has its JSON type. */
static const char *check_defaults(const struct ask_members *m)
{
    const json_t *const all[] = { m->subject, m->action, m->resource, m->context };
    for (size_t i = 0; i < COUNT(all); i++)
        if (all[i] != NULL && !json_is_object(all[i]))
            return "subject, action, resource and context must be objects";
    return NULL;
}

const char *ask_batch_read(const json_t *body, struct ask_batch *out)
{
    struct ask_batch b = { .items = ask_member(body, "evaluations"),
                           .defaults = ask_members_of(body) };
    const json_t *options = ask_member(body, "options");
    if (b.items != NULL && !json_is_array(b.items))
        return "evaluations must be an array";
    if (options != NULL && !json_is_object(options))
        return "options must be an object";
    b.count = json_array_size(b.items);
    if (b.count > ASK_ITEMS_MAX)
        return "at most 1000 evaluations at once";
    if (b.count == 0)
        b.items = NULL;
    const char *wrong = read_semantic(options, &b.semantic);
    if (wrong == NULL && b.items != NULL)
        wrong = check_defaults(&b.defaults);
    if (wrong == NULL)
        *out = b;
    return wrong;
}

static const json_t *either(const json_t *own, const json_t *fallback)
{
    return own != NULL ? own : fallback;
}

const char *ask_item_read(const struct ask_batch *b, size_t i, struct ask *out)
{
    const json_t *item = json_array_get(b->items, i);
    if (!json_is_object(item))
        return "an evaluation must be an object";
    struct ask_members m = ask_members_of(item);
    m.subject = either(m.subject, b->defaults.subject);
    m.action = either(m.action, b->defaults.action);
    m.resource = either(m.resource, b->defaults.resource);
    m.context = either(m.context, b->defaults.context);
    return ask_read(&m, ASK_EVALUATION, out);
}

/* ---- pages ---- */

const char *ask_page_read(const json_t *body, struct ask_page *out)
{
    const json_t *page = ask_member(body, "page");
    const json_t *token = ask_member(page, "token"), *limit = ask_member(page, "limit");
    *out = (struct ask_page){ { "", 0 }, 0 };
    if (page == NULL)
        return NULL;
    if (!json_is_object(page))
        return "page must be an object";
    if (token != NULL && !json_is_string(token))
        return "page.token must be a string";
    if (limit != NULL && (!json_is_integer(limit) || json_integer_value(limit) < 1 ||
                          json_integer_value(limit) > ASK_LIMIT_MAX))
        return "page.limit must be a number from 1 to 1000";
    if (token != NULL)
        out->token = ask_text(token);
    if (limit != NULL)
        out->limit = (size_t)json_integer_value(limit);
    return NULL;
}
