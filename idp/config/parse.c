#include "config/table.h"

#include <arpa/inet.h>
#include <string.h>

enum { KEYS_MAX = 64, KEY_LEN_MAX = 40, TEXT_MAX = 64 * 1024, CLOSE_ENOUGH = 3 };
enum { PROBLEMS_MAX = 20 }; /* lines after that are not looked at: this is another kind of file */

struct parser {
    struct config_owned *owned;
    const char *name; /* of the file */
    struct buf *problems;
    int64_t line;
    const struct config_key *keys[KEYS_MAX]; /* all groups in one row */
    int64_t seen[KEYS_MAX];                  /* line of each key; 0: not yet */
    size_t key_count;
    unsigned problem_count;
};

static void collect_keys(struct parser *p)
{
    for (size_t g = 0; g < config_group_count; g++)
        for (size_t k = 0; k < config_groups[g].count && p->key_count < KEYS_MAX; k++)
            p->keys[p->key_count++] = &config_groups[g].keys[k];
}

/* "NAME:LINE: "; LINE 0 stands for the whole file. */
static void start_problem(struct parser *p, int64_t line)
{
    p->problem_count++;
    buf_add(p->problems, str_of(p->name));
    if (line > 0) {
        buf_add_char(p->problems, ':');
        buf_add_i64(p->problems, line);
    }
    buf_add(p->problems, STR(": "));
}

static void end_problem(struct parser *p, const char *text)
{
    buf_add(p->problems, str_of(text));
    buf_add_char(p->problems, '\n');
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t n = a < b ? a : b;
    return n < c ? n : c;
}

/* Levenshtein; one row is enough. */
static size_t distance(struct str a, struct str b)
{
    size_t row[KEY_LEN_MAX + 1];
    if (a.len > KEY_LEN_MAX || b.len > KEY_LEN_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t change = corner + (a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1);
            row[j] = least(row[j] + 1, row[j - 1] + 1, change);
            corner = above;
        }
    }
    return row[b.len];
}

static const char *nearest(const struct parser *p, struct str key)
{
    const char *best = NULL;
    size_t best_distance = CLOSE_ENOUGH + 1;
    for (size_t i = 0; i < p->key_count; i++) {
        size_t d = distance(key, str_of(p->keys[i]->name));
        if (d < best_distance) {
            best_distance = d;
            best = p->keys[i]->name;
        }
    }
    return best;
}

static void unknown_key(struct parser *p, struct str key)
{
    const char *meant = nearest(p, key);
    start_problem(p, p->line);
    buf_add(p->problems, STR("unknown key \""));
    if (key.len <= KEY_LEN_MAX && str_is_printable(key))
        buf_add(p->problems, key);
    buf_add_char(p->problems, '"');
    if (meant != NULL) {
        buf_add(p->problems, STR(": did you mean \""));
        buf_add(p->problems, str_of(meant));
        buf_add(p->problems, STR("\"?"));
    }
    end_problem(p, "");
}

static void bad_value(struct parser *p, const struct config_key *key, const char *why)
{
    start_problem(p, p->line);
    buf_add(p->problems, str_of(key->name));
    buf_add_char(p->problems, ' ');
    buf_add(p->problems, str_of(why));
    if (str_eq(str_of(why), STR("is out of range"))) {
        const char *unit = key->type == CONFIG_DURATION ? "s" : "";
        buf_addf(p->problems, ": %lld%s to %lld%s", (long long)key->min, unit, (long long)key->max,
                 unit);
    }
    end_problem(p, "");
}

static void repeated(struct parser *p, const struct config_key *key, int64_t before)
{
    start_problem(p, p->line);
    buf_add(p->problems, str_of(key->name));
    buf_add(p->problems, STR(" was set before, on line "));
    buf_add_i64(p->problems, before);
    end_problem(p, "");
}

static void set(struct parser *p, struct str name, struct str value)
{
    size_t i = 0;
    while (i < p->key_count && !str_eq(str_of(p->keys[i]->name), name))
        i++;
    if (i == p->key_count) {
        unknown_key(p, name);
        return;
    }
    if (p->seen[i] != 0) {
        repeated(p, p->keys[i], p->seen[i]);
        return;
    }
    p->seen[i] = p->line;
    const char *why = config_set(p->keys[i], value, p->owned->arena, &p->owned->config);
    if (why != NULL)
        bad_value(p, p->keys[i], why);
}

static void parse_line(struct parser *p, struct str line)
{
    struct str name;
    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return;
    if (!str_cut(&line, '=', &name)) {
        start_problem(p, p->line);
        end_problem(p, "is not \"key = value\"");
        return;
    }
    set(p, str_trim(name), str_trim(line));
}

static void fill_rest(struct parser *p)
{
    for (size_t i = 0; i < p->key_count; i++) {
        const struct config_key *key = p->keys[i];
        if (p->seen[i] != 0)
            continue;
        if (key->required) {
            start_problem(p, 0);
            buf_add(p->problems, str_of(key->name));
            end_problem(p, " is missing");
        } else if (key->fallback != NULL) {
            const char *why =
                config_set(key, str_of(key->fallback), p->owned->arena, &p->owned->config);
            if (why != NULL)
                bad_value(p, key, why);
        }
    }
}

/* The numeric text was checked when it was set. */
static bool is_loopback(const char *address)
{
    unsigned char bytes[16];
    static const unsigned char one[16] = { [15] = 1 };
    if (inet_pton(AF_INET, address, bytes) == 1)
        return bytes[0] == 127;
    return inet_pton(AF_INET6, address, bytes) == 1 && memcmp(bytes, one, sizeof one) == 0;
}

static void complain(struct parser *p, const char *what)
{
    start_problem(p, 0);
    end_problem(p, what);
}

static void check_mail(struct parser *p, const struct config *c)
{
    struct str url = str_of(c->mail_smtp_url);
    if (url.len > 0 && !str_starts(url, STR("smtp://")) && !str_starts(url, STR("smtps://")))
        complain(p, "mail.smtp_url must begin with smtp:// or smtps://");
    if (c->mail_smtp_url != NULL && c->mail_from == NULL)
        complain(p, "mail.smtp_url needs mail.from");
    if ((c->mail_user == NULL) != (c->mail_password_file == NULL))
        complain(p, "mail.user and mail.password_file go together");
}

/* What one key alone cannot tell. Only when each is right. */
static void check_together(struct parser *p)
{
    const struct config *c = &p->owned->config;
    if (p->problem_count > 0)
        return;
    if ((c->tls_certificate == NULL) != (c->tls_key == NULL))
        complain(p, "tls.certificate and tls.key go together");
    else if (c->tls_certificate == NULL && !is_loopback(c->listen_address))
        complain(p, "listen.address must be a loopback address when there is no tls.certificate");
    if (c->metrics_address != NULL && !is_loopback(c->metrics_address))
        complain(p, "metrics.address must be a loopback address");
    if (c->session_idle > c->session_max)
        complain(p, "session.idle is longer than session.max");
    check_mail(p, c);
    if (c->charter_file != NULL && c->charter_version == NULL)
        complain(p, "charter.file needs charter.version");
}

static void parse_lines(struct parser *p, struct str text)
{
    struct str line;
    while (text.len > 0 && p->problem_count < PROBLEMS_MAX) {
        if (!str_cut(&text, '\n', &line)) {
            line = text;
            text.len = 0;
        }
        p->line++;
        parse_line(p, line);
    }
}

err_t config_parse(struct str text, const char *name, struct buf *problems, struct config **out)
{
    struct arena *a = NULL;
    TRY(arena_new(ARENA_DEFAULT_MAX, &a));
    struct config_owned *owned = arena_alloc(a, sizeof *owned);
    if (owned == NULL) {
        arena_free(a);
        return ERR(NO_MEMORY);
    }
    owned->arena = a;
    struct parser p = { .owned = owned, .name = name, .problems = problems };
    collect_keys(&p);
    if (text.len > TEXT_MAX)
        complain(&p, "is larger than 64 KiB");
    else
        parse_lines(&p, text);
    fill_rest(&p);
    check_together(&p);
    if (p.problem_count > 0) {
        arena_free(a);
        return ERR(CONFIG);
    }
    *out = &owned->config;
    return ERR(OK);
}

void config_free(struct config *c)
{
    if (c != NULL)
        arena_free(((struct config_owned *)c)->arena);
}
