#include "ctl/source.h"

#include "base/date.h"
#include "config/config.h"
#include "history/history.h"
#include "state/state.h"

#include <stdio.h>
#include <string.h>

/* ---- time ---- */

bool ctl_instant(struct str text, int64_t *out)
{
    int64_t n = 0;
    if (err_ok(date_parse_day(text, &n)))
        *out = date_paris_midnight(n);
    else if (err_ok(date_parse_rfc3339(text, &n)))
        *out = n;
    else
        return false;
    return true;
}

void ctl_local_time(int64_t at, char out[CTL_LOCAL_LEN + 1])
{
    char text[DATE_RFC3339_LEN + 1];
    out[0] = '\0';
    if (at == INT64_MAX)
        return;
    date_format_rfc3339(at + date_paris_offset(at), text);
    text[DATE_DAY_LEN] = ' ';
    memcpy(out, text, CTL_LOCAL_LEN);
    out[CTL_LOCAL_LEN] = '\0';
}

/* ---- what can be told of the past ---- */

static err_t tell_gap(void *ctx, int64_t since, int64_t ended)
{
    char from[CTL_LOCAL_LEN + 1], until[CTL_LOCAL_LEN + 1];
    (void)ctx;
    ctl_local_time(since, from);
    ctl_local_time(ended, until);
    (void)fprintf(stderr,
                  "habilisctl : du %s au %s le service ne suivait pas l'annuaire : ce qui a changé "
                  "pendant ce temps n'est connu qu'à partir du %s\n",
                  from, until, until);
    return ERR(OK);
}

struct asking {
    int64_t at;
    struct history_span span;
};

static err_t ask(struct state_tx *tx, void *arg)
{
    struct asking *a = arg;
    TRY(history_span(tx, &a->span));
    return history_gaps(tx, a->at, a->at + 1, tell_gap, NULL);
}

static bool can_tell(const struct ctl_source *s)
{
    struct asking a = { .at = s->at };
    char from[CTL_LOCAL_LEN + 1];
    err_t e = state_read(s->state, ask, &a);
    if (!err_ok(e))
        return ctl_fail("historique : %s", ctl_reason(e)) == CTL_DONE;
    int64_t first = a.span.rules_from > a.span.people_from ? a.span.rules_from : a.span.people_from;
    if (first == INT64_MAX)
        return ctl_fail("rien n'est encore enregistré") == CTL_DONE;
    if (s->at >= first)
        return true;
    ctl_local_time(first + 59, from); /* shown to the minute: from which on everything is */
    return ctl_fail("rien n'est enregistré avant le %s", from) == CTL_DONE;
}

bool ctl_source_open(struct ctl *ctl, bool recorded, int64_t at, struct ctl_source *out)
{
    struct ctl_source s = { .ctl = ctl, .recorded = recorded, .at = at };
    struct state_why why = { "" };
    if (!recorded) {
        *out = s;
        return ctl_directory(ctl) != NULL;
    }
    const struct config *c = ctl_config(ctl);
    if (c == NULL)
        return false;
    err_t e = state_open(&(struct state_options){ .path = c->state_database, .read_only = true },
                         &why, &s.state);
    if (!err_ok(e))
        return ctl_fail("%s : %s", c->state_database,
                        why.text[0] != '\0' ? why.text : err_name(e)) == CTL_DONE;
    *out = s;
    if (can_tell(&s))
        return true;
    ctl_source_close(out);
    return false;
}

void ctl_source_close(struct ctl_source *s)
{
    state_close(s->state);
    s->state = NULL;
}

/* ---- reading ---- */

struct reading {
    const struct ctl_source *source;
    struct model *model;
    struct arena *arena;
    struct str key;
    struct dir_person *person;
    const struct dir_each *to;
};

static err_t model_job(struct state_tx *tx, void *arg)
{
    const struct reading *r = arg;
    return history_load_model(tx, r->source->at, r->model);
}

static err_t person_job(struct state_tx *tx, void *arg)
{
    const struct reading *r = arg;
    return str_is_uuid(r->key)
               ? history_person_by_id(tx, r->arena, r->source->at, r->key, r->person)
               : history_person_by_login(tx, r->arena, r->source->at, r->key, r->person);
}

static err_t each_job(struct state_tx *tx, void *arg)
{
    const struct reading *r = arg;
    return history_each_person(tx, r->source->at, r->to);
}

err_t ctl_source_model(struct ctl_source *s, struct model *m)
{
    struct reading r = { .source = s, .model = m };
    return s->recorded ? state_read(s->state, model_job, &r)
                       : directory_load_model(ctl_directory(s->ctl), m);
}

err_t ctl_source_person(struct ctl_source *s, struct arena *a, struct str key,
                        struct dir_person *out)
{
    struct reading r = { .source = s, .arena = a, .key = key, .person = out };
    if (s->recorded)
        return state_read(s->state, person_job, &r);
    struct directory *d = ctl_directory(s->ctl);
    return str_is_uuid(key) ? directory_person_by_id(d, a, key, out)
                            : directory_person_by_login(d, a, key, out);
}

err_t ctl_source_each_person(struct ctl_source *s, const struct dir_each *to)
{
    struct reading r = { .source = s, .to = to };
    return s->recorded ? state_read(s->state, each_job, &r)
                       : directory_each_person(ctl_directory(s->ctl), to);
}
