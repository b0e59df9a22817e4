/* The nightly check: what is new and what is over goes to the journal. */
#include "history/duties.h"

#include "base/buf.h"
#include "base/date.h"
#include "history/table.h"
#include "journal/journal.h"

enum { HOUR = 3600, DAY = 86400, OVER_AT_ONCE = 100 };

/* ---- when ---- */

/* HOUR o'clock by the clock on the wall: the night is an hour shorter or longer twice a year. */
static int64_t instant_of(int64_t day, int hour)
{
    int64_t midnight = date_paris_midnight(day), at = midnight + (int64_t)hour * HOUR;
    return at + date_paris_offset(midnight) - date_paris_offset(at);
}

bool duties_is_due(int64_t now, int64_t last, int hour)
{
    int64_t day = (now + date_paris_offset(now)) / DAY;
    int64_t at = instant_of(day, hour);
    if (at > now)
        at = instant_of(day - 1, hour);
    return last < at;
}

err_t duties_last(struct state_tx *tx, int64_t *out) { return mark_get(tx, MARK_DUTIES, 0, out); }

static err_t first_int(const struct sql_row *row, void *arg)
{
    *(int64_t *)arg = sql_int(row, 0);
    return ERR(OK);
}

err_t duties_count(struct state_tx *tx, int64_t *out)
{
    return sql_one(tx, SQL_DUTIES_COUNT, SQL_ARGS(V_INT(0)), first_int, out);
}

/* ---- what is there ---- */

struct check {
    struct state *state;
    int64_t now, found, over;
    const struct duties_finding *finding; /* being written */
};

static struct str instant(int64_t at, char text[DATE_RFC3339_LEN + 1])
{
    if (at == INT64_MAX)
        return STR("");
    date_format_rfc3339(at, text);
    return str_of(text);
}

static err_t profiles_of(const struct duties_finding *f, struct buf *b)
{
    buf_add(b, f->a->profile);
    buf_add_char(b, '+');
    buf_add(b, f->b->profile);
    return buf_err(b);
}

static err_t journal_conflict(struct state_tx *tx, const struct check *c, struct str profiles)
{
    const struct duties_finding *f = c->finding;
    char from[DATE_RFC3339_LEN + 1], until[DATE_RFC3339_LEN + 1];
    const struct journal_entry entry = {
        .event = JOURNAL_DUTIES_CONFLICT,
        .at_ms = c->now * 1000,
        .subject = f->person->id,
        .structure = f->a->structure,
        .data = JOURNAL_DATA({ "profiles", profiles }, { "other_structure", f->b->structure },
                             { "from", instant(f->from, from) },
                             { "until", instant(f->until, until) }, { "rule", f->reason }),
    };
    return journal_append(tx, &entry);
}

static err_t write_finding(struct state_tx *tx, const struct check *c, struct str profiles)
{
    const struct duties_finding *f = c->finding;
    int64_t added = 0;
    TRY(sql_exec(tx, SQL_DUTIES_PUT,
                 SQL_ARGS(V_TEXT(f->a->id), V_TEXT(f->b->id), V_TEXT(f->person->id),
                          V_TEXT(profiles), V_INT(c->now)),
                 &added));
    if (added == 1)
        return journal_conflict(tx, c, profiles);
    return sql_exec(tx, SQL_DUTIES_SEEN,
                    SQL_ARGS(V_INT(c->now), V_TEXT(f->a->id), V_TEXT(f->b->id)), NULL);
}

static err_t finding_job(struct state_tx *tx, void *arg)
{
    const struct check *c = arg;
    struct buf profiles;
    buf_init(&profiles, JOURNAL_FIELD_MAX);
    err_t e = profiles_of(c->finding, &profiles);
    if (err_ok(e))
        e = write_finding(tx, c, buf_str(&profiles));
    buf_done(&profiles);
    return e;
}

static err_t on_finding(void *ctx, const struct duties_finding *finding)
{
    struct check *c = ctx;
    c->finding = finding;
    c->found++;
    return state_write(c->state, finding_job, c);
}

/* ---- what is over ---- */

struct over {
    struct str a, b, person, profiles;
};
struct overs {
    struct arena *arena;
    struct over list[OVER_AT_ONCE];
    size_t count;
};

static err_t read_over(const struct sql_row *row, void *arg)
{
    struct overs *o = arg;
    struct over *x = &o->list[o->count];
    struct str *const texts[] = { &x->a, &x->b, &x->person, &x->profiles };
    for (size_t i = 0; i < COUNT(texts); i++)
        TRY(arena_str(o->arena, sql_bytes(row, (int)i), texts[i]));
    o->count++;
    return ERR(OK);
}

static err_t end_one(struct state_tx *tx, const struct over *x, int64_t now)
{
    const struct journal_entry entry = {
        .event = JOURNAL_DUTIES_RESOLVED,
        .at_ms = now * 1000,
        .subject = x->person,
        .data = JOURNAL_DATA({ "profiles", x->profiles }),
    };
    TRY(sql_exec(tx, SQL_DUTIES_DELETE, SQL_ARGS(V_TEXT(x->a), V_TEXT(x->b)), NULL));
    return journal_append(tx, &entry);
}

static err_t over_job(struct state_tx *tx, void *arg)
{
    struct check *c = arg;
    struct overs o = { .count = 0 };
    TRY(arena_new(ARENA_DEFAULT_MAX, &o.arena));
    err_t e =
        sql_query(tx, SQL_DUTIES_OVER, SQL_ARGS(V_INT(c->now), V_INT(OVER_AT_ONCE)), read_over, &o);
    for (size_t i = 0; err_ok(e) && i < o.count; i++)
        e = end_one(tx, &o.list[i], c->now);
    c->over = (int64_t)o.count;
    arena_free(o.arena);
    return e;
}

static err_t done_job(struct state_tx *tx, void *arg)
{
    const struct check *c = arg;
    int64_t last;
    TRY(duties_last(tx, &last));
    return mark_put(tx, MARK_DUTIES, later_of(last, c->now));
}

err_t duties_check(struct state *st, struct directory *d, const struct snapshot *s, int64_t now,
                   const atomic_bool *stop, int64_t *count)
{
    struct check c = { .state = st, .now = now, .over = OVER_AT_ONCE };
    TRY(duties_find(d, s, now, stop, on_finding, &c));
    while (c.over == OVER_AT_ONCE)
        TRY(state_write(st, over_job, &c));
    TRY(state_write(st, done_job, &c));
    *count = c.found;
    return ERR(OK);
}
