/* habilisctl journal … - the audit trail, read and checked on the database file itself: while the
 * service runs, or when it does not. Nothing is written. */
#include "journal/journal.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/jsonw.h"
#include "base/secret.h"
#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/source.h"
#include "directory/directory.h"
#include "keys/keys.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 64 * 1024, LIMIT_MAX = 1000000 };

_Static_assert((int)KEYS_DERIVED_LEN == (int)JOURNAL_KEY_LEN, "one is the other");

static struct state *open_state(struct ctl *ctl)
{
    const struct config *c = ctl_config(ctl);
    struct state_why why = { "" };
    struct state *st = NULL;
    if (c == NULL)
        return NULL;
    err_t e = state_open(&(struct state_options){ .path = c->state_database, .read_only = true },
                         &why, &st);
    if (!err_ok(e))
        (void)ctl_fail("%s : %s", c->state_database, why.text[0] != '\0' ? why.text : err_name(e));
    return st;
}

/* --- journal show: arguments --- */

struct showing {
    struct journal_filter filter;
    bool json;
};

static bool read_instant(struct str text, int64_t *ms)
{
    int64_t at = 0;
    if (!ctl_instant(text, &at))
        return false;
    *ms = at * 1000;
    return true;
}

/* The journal knows people by their id, since login names change: a name is looked up. */
static bool read_person(struct ctl *ctl, const char *text, struct str *out)
{
    struct dir_person person;
    if (str_is_uuid(str_of(text))) {
        *out = str_of(text);
        return true;
    }
    struct directory *d = ctl_directory(ctl);
    if (d == NULL)
        return false;
    err_t e = directory_person_by_login(d, ctl->arena, str_of(text), &person);
    if (err_ok(e))
        *out = person.id;
    else
        (void)ctl_fail("%s : %s", text, ctl_reason(e));
    return err_ok(e);
}

static bool read_option(struct ctl *ctl, const char *name, const char *value, struct showing *s)
{
    struct str text = str_of(value);
    enum journal_event known;
    if (strcmp(name, "--since") == 0 && read_instant(text, &s->filter.since_ms))
        return true;
    if (strcmp(name, "--until") == 0 && read_instant(text, &s->filter.until_ms))
        return true;
    if (strcmp(name, "--limit") == 0 && str_to_i64(text, &s->filter.limit) && s->filter.limit > 0 &&
        s->filter.limit <= LIMIT_MAX)
        return true;
    if (strcmp(name, "--event") == 0 && journal_event_of(text, &known)) {
        s->filter.event = text;
        return true;
    }
    if (strcmp(name, "--person") == 0)
        return read_person(ctl, value, &s->filter.person);
    (void)ctl_fail("argument incompris : %s %s", name, value);
    return false;
}

static bool read_arguments(struct ctl *ctl, int argc, char **argv, struct showing *s)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            s->json = true;
            continue;
        }
        if (i + 1 == argc) {
            (void)ctl_fail("argument incompris, ou sans valeur : %s", argv[i]);
            return false;
        }
        if (!read_option(ctl, argv[i], argv[i + 1], s))
            return false;
        i++;
    }
    return true;
}

/* --- journal show: output --- */

/* What someone may have put into the file must not command the terminal. */
static void add_clean(struct buf *b, struct str s)
{
    if (str_is_printable(s)) {
        buf_add(b, s);
        return;
    }
    for (size_t i = 0; i < s.len; i++)
        buf_add_char(b, s.ptr[i] >= ' ' && s.ptr[i] <= '~' ? s.ptr[i] : '?');
}

static void add_field(struct buf *b, const char *label, struct str value)
{
    if (value.len == 0)
        return;
    buf_addf(b, "  %s=", label);
    add_clean(b, value);
}

/* Legal time in France, which is what people remember: "2026-11-24 16:55:00". */
static void add_local_time(struct buf *b, int64_t at_ms)
{
    char text[DATE_RFC3339_LEN + 1];
    int64_t at = at_ms / 1000;
    date_format_rfc3339(at + date_paris_offset(at), text);
    buf_addf(b, "%.10s %.8s", text, text + DATE_DAY_LEN + 1);
}

static void add_line(struct buf *b, const struct journal_record *r)
{
    buf_addf(b, "%8lld  ", (long long)r->seq);
    add_local_time(b, r->at_ms);
    buf_addf(b, "  %s", journal_event_french(r->event));
    add_field(b, "personne", r->actor);
    add_field(b, "sur", r->subject);
    add_field(b, "application", r->client);
    add_field(b, "structure", r->structure);
    add_field(b, "session", r->session);
    add_field(b, "réseau", r->network);
    if (!str_eq(r->data, STR("{}")))
        add_field(b, "détail", r->data);
}

static void add_json(struct buf *b, const struct journal_record *r)
{
    char time[DATE_RFC3339_LEN + 1], hash[HEX_LEN(JOURNAL_HASH_LEN)];
    date_format_rfc3339(r->at_ms / 1000, time);
    hex_encode(hash, r->hash, sizeof r->hash);
    jsonw_open(b, NULL, '{');
    jsonw_int(b, "seq", r->seq);
    jsonw_str(b, "time", str_of(time));
    jsonw_int(b, "at_ms", r->at_ms);
    jsonw_str(b, "event", r->event);
    jsonw_str_if(b, "actor", r->actor);
    jsonw_str_if(b, "subject", r->subject);
    jsonw_str_if(b, "client", r->client);
    jsonw_str_if(b, "structure", r->structure);
    jsonw_str_if(b, "session", r->session);
    jsonw_str_if(b, "network", r->network);
    jsonw_raw(b, "data", r->data);
    jsonw_str(b, "hash", str_from(hash, sizeof hash));
    jsonw_close(b, '}');
}

static err_t print_record(const struct journal_record *r, void *arg)
{
    const struct showing *s = arg;
    struct buf b;
    buf_init(&b, LINE_MAX_LEN);
    if (s->json)
        add_json(&b, r);
    else
        add_line(&b, r);
    err_t e = buf_err(&b);
    if (err_ok(e) && printf("%.*s\n", STR_ARG(buf_str(&b))) < 0)
        e = ERR(IO); /* the reader of the pipe has gone: stop */
    buf_done(&b);
    return e;
}

static err_t show_job(struct state_tx *tx, void *arg)
{
    struct showing *s = arg;
    return journal_read(tx, &s->filter, print_record, s);
}

static int show(struct ctl *ctl, int argc, char **argv)
{
    struct showing s = { 0 };
    if (!read_arguments(ctl, argc, argv, &s))
        return CTL_USAGE;
    struct state *st = open_state(ctl);
    if (st == NULL)
        return CTL_FAILED;
    err_t e = state_read(st, show_job, &s);
    state_close(st);
    return err_ok(e) ? CTL_DONE : ctl_fail("journal : %s", ctl_reason(e));
}

/* --- journal verify --- */

/* Never makes keys: checking must not change what it checks. */
static bool read_key(struct ctl *ctl, unsigned char out[JOURNAL_KEY_LEN])
{
    struct keys_why why = { "" };
    struct keys *k = NULL;
    err_t e = keys_open(&(struct keys_options){ .dir = ctl_config(ctl)->keys_dir }, &why, NULL, &k);
    if (err_ok(e))
        e = keys_derive(k, STR(JOURNAL_KEY_PURPOSE), out);
    keys_free(k);
    if (!err_ok(e))
        (void)ctl_fail("clés : %s ; --chain-only vérifie sans elles", why.text);
    return err_ok(e);
}

static void print_verdict(const struct journal_verdict *v)
{
    if (v->fault == JOURNAL_SOUND)
        (void)printf("journal intègre : %lld enregistrements", (long long)v->records);
    else
        (void)printf("JOURNAL ALTÉRÉ : n° %lld, %s", (long long)v->bad_seq,
                     journal_fault_french(v->fault));
    if (!v->keyed)
        (void)printf(" ; chaîne seule, sans clé ni ancre\n");
    else if (v->fault == JOURNAL_SOUND || v->fault == JOURNAL_ANCHOR_BAD)
        (void)printf(" ; %lld points de contrôle ; ancre n° %lld : %s\n", (long long)v->checkpoints,
                     (long long)v->anchor_seq, journal_anchor_french(v->anchor));
    else
        (void)printf(" ; %lld enregistrements sûrs avant lui\n", (long long)v->records);
}

static err_t verify_with(struct ctl *ctl, struct state *st, const unsigned char *key,
                         struct journal_verdict *v)
{
    struct str text;
    const char *anchor = NULL;
    if (key == NULL)
        return journal_verify(st, NULL, NULL, v);
    TRY(arena_printf(ctl->arena, &text, "%s" JOURNAL_ANCHOR_SUFFIX,
                     ctl_config(ctl)->state_database));
    TRY(arena_cstr(ctl->arena, text, &anchor));
    return journal_verify(st, key, anchor, v);
}

static int verify(struct ctl *ctl, int argc, char **argv)
{
    unsigned char key[JOURNAL_KEY_LEN];
    struct journal_verdict v;
    bool chain_only = argc == 1 && strcmp(argv[0], "--chain-only") == 0;
    if (argc == 1 && !chain_only) {
        (void)ctl_fail("argument incompris : %s", argv[0]);
        return CTL_USAGE;
    }
    if (ctl_config(ctl) == NULL || (!chain_only && !read_key(ctl, key)))
        return CTL_FAILED;
    struct state *st = open_state(ctl);
    err_t e = st == NULL ? ERR(STATE_DOWN) : verify_with(ctl, st, chain_only ? NULL : key, &v);
    wipe(key, sizeof key);
    state_close(st);
    if (!err_ok(e))
        return ctl_fail("journal : %s", ctl_reason(e));
    print_verdict(&v);
    return v.fault == JOURNAL_SOUND ? CTL_DONE : CTL_FAILED;
}

const struct ctl_command ctl_journal_show = {
    .words = "journal show",
    .usage = "[--since DATE] [--until DATE] [--person PERSONNE] [--event ÉVÉNEMENT] [--limit N] "
             "[--json]",
    .help = "les derniers enregistrements du journal (100 sans --limit), du plus ancien au plus "
            "récent",
    .least = 0,
    .most = 11,
    .run = show,
};

const struct ctl_command ctl_journal_verify = {
    .words = "journal verify",
    .usage = "[--chain-only]",
    .help = "vérifie que rien n’a été modifié, ajouté, supprimé ni coupé",
    .least = 0,
    .most = 1,
    .run = verify,
};
