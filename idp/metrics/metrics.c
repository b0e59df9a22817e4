#include "metrics/metrics.h"

#include "base/buf.h"
#include "base/clock.h"
#include "directory/directory.h"
#include "history/duties.h"
#include "journal/journal.h"
#include "people/people.h"
#include "registry/registry.h"
#include "state/session.h"
#include "state/state.h"

#include <inttypes.h>

enum { METRICS_MAX = 16 * 1024 };

static void put(struct buf *b, const char *type, const char *name, const char *help)
{
    buf_addf(b, "# HELP habilis_%s %s\n# TYPE habilis_%s %s\n", name, help, name, type);
}

static void number(struct buf *b, const char *type, const char *name, const char *help,
                   uint64_t value)
{
    put(b, type, name, help);
    buf_addf(b, "habilis_%s %" PRIu64 "\n", name, value);
}

static void put_http(struct buf *b, const struct http_server *server)
{
    struct http_metrics m;
    http_server_metrics(server, &m);
    put(b, "counter", "http_answers_total", "Answers by class of status.");
    for (unsigned i = 0; i < COUNT(m.answered); i++)
        buf_addf(b, "habilis_http_answers_total{class=\"%uxx\"} %" PRIu64 "\n", i + 1,
                 m.answered[i]);
    number(b, "counter", "http_overloaded_total", "Refused because the queue was full.",
           m.overloaded);
    number(b, "counter", "http_cut_off_total", "Clients that were too slow.", m.cut_off);
    number(b, "counter", "http_refused_total", "Connections over the limit of a network.",
           m.refused);
    number(b, "gauge", "http_in_flight", "Requests being answered.", m.in_flight);
    number(b, "gauge", "http_queued", "Requests waiting for a worker.", m.queued);
    number(b, "gauge", "http_connections", "Open connections.", m.connections);
    number(b, "counter", "http_duration_milliseconds_total", "Time of all answers.", m.duration_ms);
}

static void put_directory(struct buf *b, const struct directory *d)
{
    struct dir_stats s;
    int64_t now = clock_mono_ms();
    directory_stats(d, &s);
    number(b, "gauge", "directory_up", "1 while the directory answers.", directory_is_up(d));
    number(b, "counter", "directory_operations_total", "LDAP requests.", s.operations);
    number(b, "counter", "directory_failures_total", "LDAP requests without an answer.",
           s.failures);
    if (s.last_sync_ms != 0)
        number(b, "gauge", "directory_sync_age_milliseconds",
               "Since the last sign of life of the change notifications.",
               (uint64_t)(now - s.last_sync_ms));
}

struct count {
    int64_t now, sessions, duties;
};

static err_t count_job(struct state_tx *tx, void *arg)
{
    struct count *c = arg;
    TRY(session_count(tx, c->now, &c->sessions));
    return duties_count(tx, &c->duties);
}

static void put_state(struct buf *b, struct state *state, int64_t now)
{
    struct state_counters s;
    struct count c = { .now = now };
    state_counters(state, &s);
    number(b, "counter", "state_statements_total", "SQL statements.", s.statements);
    number(b, "counter", "state_commits_total", "Transactions made durable.", s.commits);
    number(b, "counter", "state_jobs_total", "Writes, several of which share a transaction.",
           s.jobs);
    if (!err_ok(state_read(state, count_job, &c)))
        return;
    number(b, "gauge", "sessions", "Living sessions.", (uint64_t)c.sessions);
    number(b, "gauge", "duties_conflicts", "Incompatible profiles of one person, last night.",
           (uint64_t)c.duties);
}

static void put_people(struct buf *b, struct people *p)
{
    struct people_status s;
    people_status(p, &s);
    number(b, "gauge", "people", "Persons in memory.", s.persons);
    number(b, "gauge", "people_assignments", "Their assignments.", s.assignments);
    number(b, "gauge", "people_bytes", "What they take.", s.bytes);
    number(b, "gauge", "people_searchable", "1 while everybody is in memory.", s.searchable);
    number(b, "counter", "people_refreshed_total", "Persons read again after a change.",
           s.refreshed);
    if (s.age_ms != INT64_MAX)
        number(b, "gauge", "rules_unverified_milliseconds",
               "Since all that decisions rest on was known to be what the directory has.",
               (uint64_t)s.age_ms);
}

static void put_rules(struct buf *b, struct registry *r, int64_t now)
{
    const struct view *v = registry_take(r);
    number(b, "gauge", "rules_age_seconds", "Since the rules in force were read.",
           (uint64_t)(now > v->loaded ? now - v->loaded : 0));
    number(b, "gauge", "clients", "Applications that may ask for sign-ins or tokens.",
           v->client_count);
    registry_give(r, v);
}

err_t metrics_get(struct http_request *req, struct http_response *resp)
{
    const struct metrics_source *source = req->app;
    struct service *svc = source->service;
    struct buf b;
    struct str body;
    buf_init(&b, METRICS_MAX);
    put_http(&b, source->server);
    put_directory(&b, svc->directory);
    put_state(&b, svc->state, req->now);
    put_people(&b, svc->people);
    put_rules(&b, svc->registry, req->now);
    number(&b, "counter", "journal_anchor_failures_total", "Anchor writes that failed.",
           journal_anchor_failures(svc->journal));
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(req->arena, buf_str(&b), &body);
    buf_done(&b);
    TRY(e);
    http_response_text(resp, 200, body);
    resp->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return ERR(OK);
}
