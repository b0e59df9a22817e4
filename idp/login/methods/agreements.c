/* agreements.c - the steps that ask no proof: who you are, the charter, the place of work. */
#include "login/login.h"
#include "state/state.h"

/* ---- "you are already signed in as someone else" ---- */

static bool identity_needed(const struct login *l)
{
    return l->has_person && l->progress.sid.len > 0 && !l->progress.identity &&
           l->request.login_hint.len > 0 &&
           !str_eq_ignore_case(l->request.login_hint, l->person.login);
}

static err_t identity_show(struct login *l, const char *error, int64_t wait_s)
{
    json_t *data = login_page_data(l, &step_identity, error, wait_s);
    call_put(data, "expected", l->request.login_hint);
    return call_page(l->c, 200, "already_signed_in", data);
}

static err_t identity_submit(struct login *l)
{
    struct str choice = http_form(l->c->req, "choice");
    if (str_eq(choice, STR("continue"))) {
        l->progress.identity = true;
    } else if (str_eq(choice, STR("switch"))) {
        l->has_person = false;
        l->progress = (struct progress){ .acr = 0 };
    } else {
        return identity_show(l, NULL, 0);
    }
    return login_advance(l, &(struct login_write){ .entry_count = 0 });
}

const struct step step_identity = { "identity", "/login/identity", identity_needed, identity_show,
                                    identity_submit };

/* ---- the charter, once a version ---- */

static bool charter_needed(const struct login *l)
{
    struct str version = l->c->svc->charter_version;
    return l->has_person && version.len > 0 && !str_eq(l->person.charter_version, version);
}

static err_t charter_show(struct login *l, const char *error, int64_t wait_s)
{
    json_t *data = login_page_data(l, &step_charter, error, wait_s);
    call_put(data, "text", l->c->svc->charter_text);
    call_put(data, "version", l->c->svc->charter_version);
    return call_page(l->c, 200, "charter", data);
}

struct give_up {
    struct login *l;
};

static err_t give_up_job(struct state_tx *tx, void *arg)
{
    struct give_up *g = arg;
    return flow_delete(tx, g->l->flow.id);
}

static err_t charter_refused(struct login *l)
{
    struct give_up g = { l };
    struct journal_entry entry =
        login_entry(l, JOURNAL_ACCESS_REFUSED, JOURNAL_DATA({ "reason", STR_INIT("charter") }));
    TRY(login_record(l, &(struct login_write){ give_up_job, &g, &entry, 1 }));
    return call_page(l->c, 200, "signed_out", json_pack("{s:s}", "sign_in_url", "/"));
}

static err_t charter_submit(struct login *l)
{
    struct call *c = l->c;
    struct str decision = http_form(c->req, "decision");
    if (str_eq(decision, STR("refuse")))
        return charter_refused(l);
    if (!str_eq(decision, STR("accept")))
        return charter_show(l, NULL, 0);
    TRY(directory_set_charter(c->svc->directory, l->person.id, c->svc->charter_version, c->now));
    TRY(login_read_person(l, l->person.id));
    struct journal_entry entry = login_entry(l, JOURNAL_CHARTER_ACCEPTED,
                                             JOURNAL_DATA({ "version", c->svc->charter_version }));
    return login_advance(l, &(struct login_write){ .entries = &entry, .entry_count = 1 });
}

const struct step step_charter = { "charter", "/login/charter", charter_needed, charter_show,
                                   charter_submit };

/* ---- where she works now ---- */

static bool structure_needed(const struct login *l)
{
    return l->has_person && l->places.count > 1 && l->progress.structure.len == 0;
}

static json_t *choice_of(const struct login *l, const struct place *place)
{
    json_t *choice = json_pack("{s:o, s:o, s:[]}", "id", call_json(place->structure),
                               "establishment", call_json(place->establishment_label), "profiles");
    json_t *profiles = json_object_get(choice, "profiles");
    for (size_t i = 0; i < place->profile_count; i++)
        json_array_append_new(profiles, call_json(place->profiles[i]));
    call_put(choice, "service", place->service_label);
    if (place->until != INT64_MAX)
        json_object_set_new(choice, "until", json_integer(place->until));
    struct str current = l->c->signed_in ? l->c->session.structure : STR("");
    if (str_eq(place->structure, current))
        json_object_set_new(choice, "current", json_true());
    return choice;
}

static err_t structure_show(struct login *l, const char *error, int64_t wait_s)
{
    json_t *data = login_page_data(l, &step_structure, error, wait_s);
    json_t *choices = json_array();
    for (size_t i = 0; i < l->places.count; i++)
        json_array_append_new(choices, choice_of(l, &l->places.list[i]));
    json_object_set_new(data, "choices", choices);
    return call_page(l->c, 200, "structure", data);
}

static err_t structure_submit(struct login *l)
{
    const struct place *place = places_find(&l->places, http_form(l->c->req, "structure"));
    if (place == NULL)
        return structure_show(l, NULL, 0);
    l->progress.structure = place->structure;
    return login_advance(l, &(struct login_write){ .entry_count = 0 });
}

const struct step step_structure = { "structure", "/login/structure", structure_needed,
                                     structure_show, structure_submit };
