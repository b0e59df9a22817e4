/* Bodies of the Authorization API: whatever comes, what is accepted has every text it must have, and the
 * answer is the same the second time. */
#include "authzen/ask.h"
#include "fuzz/fuzz.h"
#include "http/json_text.h"

static void check_entity(const struct ask_entity *e, bool with_id)
{
    FUZZ_CHECK(e->type.ptr != NULL);
    FUZZ_CHECK(!with_id || e->id.ptr != NULL);
    FUZZ_CHECK(e->properties == NULL || json_is_object(e->properties));
}

static void check_shape(const struct ask_members *m, enum ask_shape shape)
{
    struct ask ask, again;
    const char *wrong = ask_read(m, shape, &ask);
    FUZZ_CHECK(ask_read(m, shape, &again) == wrong);
    if (wrong != NULL)
        return;
    check_entity(&ask.subject, shape != ASK_SUBJECTS);
    check_entity(&ask.resource, shape != ASK_RESOURCES);
    FUZZ_CHECK(shape == ASK_ACTIONS || ask.action.ptr != NULL);
    FUZZ_CHECK(ask.context == NULL || json_is_object(ask.context));
    FUZZ_CHECK(str_eq(ask.subject.type, again.subject.type));
}

static void check_batch(const json_t *body)
{
    struct ask_batch b;
    struct ask ask;
    if (ask_batch_read(body, &b) != NULL)
        return;
    FUZZ_CHECK(b.count <= ASK_ITEMS_MAX && (b.items == NULL) == (b.count == 0));
    for (size_t i = 0; i < b.count; i++)
        if (ask_item_read(&b, i, &ask) == NULL)
            check_entity(&ask.subject, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *body = NULL;
    struct ask_page page;
    if (!err_ok(json_text_parse(str_from((const char *)data, size), &body)))
        return 0;
    struct ask_members m = ask_members_of(body);
    check_shape(&m, ASK_EVALUATION);
    check_shape(&m, ASK_SUBJECTS);
    check_shape(&m, ASK_RESOURCES);
    check_shape(&m, ASK_ACTIONS);
    check_batch(body);
    if (ask_page_read(body, &page) == NULL)
        FUZZ_CHECK(page.limit <= ASK_LIMIT_MAX);
    json_decref(body);
    return 0;
}
