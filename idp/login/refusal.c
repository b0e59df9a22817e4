/* The end of a sign-in whose person is known and may not come in: the page says why. */
#include "login/login.h"

static json_t *refusal(const struct login *l)
{
    struct absence absence = rights_absence(&l->person, l->c->now);
    if (!l->person.active)
        return json_pack("{s:s}", "reason", "suspended");
    if (absence.starts != 0)
        return json_pack("{s:s, s:I}", "reason", "not_started", "starts",
                         (json_int_t)absence.starts);
    if (absence.ended != 0)
        return json_pack("{s:s, s:I}", "reason", "ended", "ended", (json_int_t)absence.ended);
    return json_pack("{s:s}", "reason", "none");
}

err_t login_restart_url(struct login *l, struct str *out)
{
    return arena_printf(l->c->arena, out, "/login/restart?flow=%.*s", STR_ARG(l->flow.form));
}

/* On a shared workstation the next person goes on from here. */
err_t login_refuse(struct login *l)
{
    struct str restart = STR("");
    if (l->flow.form.len > 0)
        TRY(login_restart_url(l, &restart));
    json_t *data = refusal(l);
    const char *reason = json_string_value(json_object_get(data, "reason"));
    struct journal_entry entry =
        login_entry(l, JOURNAL_ACCESS_REFUSED, JOURNAL_DATA({ "reason", str_of(reason) }));
    struct login_write w = { .entries = &entry, .entry_count = 1 };
    call_put(data, "person", l->person.display_name);
    if (restart.len > 0)
        call_put(data, "restart_url", restart);
    err_t e = login_record(l, &w);
    if (!err_ok(e)) {
        json_decref(data);
        return e;
    }
    return call_page(l->c, 403, "refused", data);
}
