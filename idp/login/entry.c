/* entry.c - what every journal record of a sign-in says. */
#include "base/clock.h"
#include "login/login.h"

struct journal_entry login_entry(const struct login *l, enum journal_event event,
                                 const struct journal_datum *data)
{
    return (struct journal_entry){ .event = event,
                                   .at_ms = clock_now_ms(),
                                   .actor = l->has_person ? l->person.id : STR(""),
                                   .client = l->request.client_id,
                                   .network = str_of(l->c->req->peer.network),
                                   .data = data };
}
