#include "directory/watch.h"
#include "directory/internal.h"

#include "base/clock.h"
#include "base/rng.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEBOUNCE_MS = 200,
    HEARTBEAT_MS = 1000,
    RETRY_MS = 250,
    COOKIE_MAX = 4096 /* bytes: one change number a provider */
};

struct dir_watch {
    struct directory *d;
    dir_watch_fn *fn;
    void *ctx;
    pthread_t thread;
    unsigned pending;                                /* enum dir_change bits not yet handed over */
    char persons[DIR_CHANGED_PERSONS_MAX][UUID_LEN]; /* the same: whom PEOPLE is about */
    size_t person_count;
    int64_t called_ms;
    bool stopping; /* under the lock of the directory */
};

static bool is_closing(struct dir_watch *w)
{
    pthread_mutex_lock(&w->d->lock);
    bool closing = w->d->closing || w->stopping;
    pthread_mutex_unlock(&w->d->lock);
    return closing;
}

static void pause_for(struct dir_watch *w, int64_t ms)
{
    struct directory *d = w->d;
    int64_t until = clock_mono_ms() + ms;
    struct timespec ts = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
    pthread_mutex_lock(&d->lock);
    while (!d->closing && !w->stopping && clock_mono_ms() < until)
        (void)pthread_cond_timedwait(&d->wake, &d->lock, &ts);
    pthread_mutex_unlock(&d->lock);
}

/* ---- what changed ---- */

static bool ends_ignoring_case(struct str s, struct str tail)
{
    return s.len >= tail.len &&
           str_eq_ignore_case(str_from(s.ptr + s.len - tail.len, tail.len), tail);
}

/* Drops TAIL from *s. */
static bool cut_ending(struct str *s, struct str tail)
{
    if (!ends_ignoring_case(*s, tail))
        return false;
    s->len -= tail.len;
    return true;
}

static unsigned add_person(struct dir_watch *w, struct str id)
{
    for (size_t i = 0; i < w->person_count; i++)
        if (str_eq(str_from(w->persons[i], UUID_LEN), id))
            return DIR_CHANGE_PEOPLE;
    if (w->person_count == DIR_CHANGED_PERSONS_MAX)
        return DIR_CHANGE_RESYNC;
    memcpy(w->persons[w->person_count++], id.ptr, UUID_LEN);
    return DIR_CHANGE_PEOPLE;
}

/* By its DN: of a deleted entry there is nothing else. That of a person, or of what is below one, ends
 * in "habilisId=UUID,ou=people,BASE". */
static unsigned classify(struct dir_watch *w, const char *dn)
{
    struct str rest = str_of(dn), id, attr;
    if (!cut_ending(&rest, str_of(w->d->base)) || !cut_ending(&rest, STR(",")))
        return DIR_CHANGE_RESYNC;
    if (!cut_ending(&rest, STR("ou=people")))
        return DIR_CHANGE_MODEL;
    if (rest.len == 0) /* the container itself */
        return 0;
    if (!cut_ending(&rest, STR(",")))
        return DIR_CHANGE_RESYNC;
    if (!str_cut_last(&rest, ',', &id))
        id = rest;
    if (!str_cut(&id, '=', &attr) || !str_eq_ignore_case(attr, STR("habilisId")) ||
        !str_is_uuid(id))
        return DIR_CHANGE_RESYNC;
    return add_person(w, id);
}

static int on_change(ldap_sync_t *ls, LDAPMessage *msg, struct berval *uuid,
                     ldap_sync_refresh_t phase)
{
    (void)uuid;
    (void)phase;
    struct dir_watch *w = ls->ls_private;
    char *dn = ldap_get_dn(ls->ls_ld, msg);
    w->pending |= dn == NULL ? DIR_CHANGE_RESYNC : classify(w, dn);
    ldap_memfree(dn);
    return LDAP_SUCCESS;
}

/* Sets of entries by UUID come only when the server could not say what changed one by one. */
static int on_intermediate(ldap_sync_t *ls, LDAPMessage *msg, BerVarray uuids,
                           ldap_sync_refresh_t phase)
{
    (void)msg;
    (void)phase;
    struct dir_watch *w = ls->ls_private;
    if (uuids != NULL)
        w->pending |= DIR_CHANGE_RESYNC;
    return LDAP_SUCCESS;
}

static void hand_over(struct dir_watch *w)
{
    struct str persons[DIR_CHANGED_PERSONS_MAX];
    int64_t now = clock_mono_ms();
    if (w->pending == 0 || now - w->called_ms < DEBOUNCE_MS)
        return;
    struct dir_changes changes = { w->pending, persons, w->person_count };
    for (size_t i = 0; i < w->person_count; i++)
        persons[i] = str_from(w->persons[i], UUID_LEN);
    w->pending = 0;
    w->called_ms = now;
    w->fn(w->ctx, &changes);
    atomic_store(&w->d->last_told_ms, now);
    w->person_count = 0; /* nothing is received meanwhile: this is the thread that receives */
}

/* ---- one session with one server ---- */

/* The change numbers the server is at: the watch begins there, so that starting it costs the same
 * with a million persons as with ten. What came before is read after it has begun. */
static err_t read_cookie(struct directory *d, struct dir_conn *c, struct buf *cookie)
{
    char csn[] = "contextCSN";
    char *attrs[] = { csn, NULL };
    LDAPMessage *msg = NULL;
    int msgid = -1;
    int64_t now = clock_mono_ms();
    atomic_fetch_add(&d->operations, 1);
    if (ldap_search_ext(c->ld, d->base, LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL, NULL,
                        NULL, 0, &msgid) != LDAP_SUCCESS) {
        dir_unanswered(d, c->server, now);
        return ERR(DIRECTORY_DOWN);
    }
    TRY(dir_wait(d, c, msgid, LDAP_MSG_ALL, now + d->timeout_ms, &msg));
    atomic_store(&d->last_sync_ms, clock_mono_ms());
    LDAPMessage *entry = ldap_first_entry(c->ld, msg);
    struct berval **v = entry == NULL ? NULL : ldap_get_values_len(c->ld, entry, csn);
    buf_add(cookie, STR("rid=000,csn="));
    for (size_t i = 0; v != NULL && v[i] != NULL; i++) {
        if (i > 0)
            buf_add_char(cookie, ';');
        buf_add(cookie, str_from(v[i]->bv_val, v[i]->bv_len));
    }
    bool found = v != NULL && v[0] != NULL;
    ldap_value_free_len(v);
    ldap_msgfree(msg);
    if (!found)
        return ERR(DIRECTORY);
    return buf_err(cookie);
}

/* ldap_sync_destroy(3) frees these with the library's own allocator, and the connection. */
static bool fill_request(struct dir_watch *w, ldap_sync_t *ls, struct str cookie)
{
    ls->ls_base = ber_strdup(w->d->base);
    ls->ls_scope = LDAP_SCOPE_SUBTREE;
    ls->ls_filter = ber_strdup("(objectClass=*)");
    ls->ls_attrs = ber_memcalloc(2, sizeof *ls->ls_attrs);
    ls->ls_timeout = 0; /* we wait ourselves, in milliseconds */
    ls->ls_search_entry = on_change;
    ls->ls_intermediate = on_intermediate;
    ls->ls_private = w;
    if (ls->ls_base == NULL || ls->ls_filter == NULL || ls->ls_attrs == NULL)
        return false;
    ls->ls_attrs[0] = ber_strdup(LDAP_NO_ATTRS);
    return ls->ls_attrs[0] != NULL && ber_mem2bv(cookie.ptr, cookie.len, 1, &ls->ls_cookie) != NULL;
}

static int64_t wait_ms(const struct dir_watch *w, int64_t heartbeat_ms)
{
    int64_t now = clock_mono_ms();
    int64_t until = heartbeat_ms;
    if (w->pending != 0)
        until = dir_earlier(until, w->called_ms + DEBOUNCE_MS);
    return until > now ? until - now : 0;
}

/* Closing is noticed within this many milliseconds even while nothing happens. */
static void wait_for_data(LDAP *ld, int64_t ms)
{
    struct pollfd p = { .fd = -1, .events = POLLIN };
    (void)ldap_get_option(ld, LDAP_OPT_DESC, &p.fd);
    (void)poll(&p, 1, (int)dir_earlier(ms, DEBOUNCE_MS));
}

/* A server that is frozen keeps its connections: only a question tells. */
static bool heartbeat(struct dir_watch *w, ldap_sync_t *ls, int server, int64_t *due_ms)
{
    struct dir_conn c = { .ld = ls->ls_ld, .server = server };
    struct buf ignored;
    int64_t now = clock_mono_ms();
    if (now < *due_ms)
        return true;
    buf_init(&ignored, COOKIE_MAX);
    err_t e = read_cookie(w->d, &c, &ignored);
    buf_done(&ignored);
    *due_ms = clock_mono_ms() + HEARTBEAT_MS;
    if (err_ok(e) && w->pending == 0) /* nothing came before this answer that was not told */
        atomic_store(&w->d->last_told_ms, now);
    return err_ok(e);
}

static void follow(struct dir_watch *w, ldap_sync_t *ls, int server)
{
    int64_t due_ms = clock_mono_ms() + HEARTBEAT_MS;
    if (ldap_sync_init(ls, LDAP_SYNC_REFRESH_AND_PERSIST) != LDAP_SUCCESS)
        return;
    w->pending |= DIR_CHANGE_RESYNC;
    while (!is_closing(w)) {
        hand_over(w);
        wait_for_data(ls->ls_ld, wait_ms(w, due_ms));
        if (ldap_sync_poll(ls) != LDAP_SUCCESS || !heartbeat(w, ls, server, &due_ms) ||
            server != dir_best_server(w->d))
            return;
    }
}

static err_t session(struct dir_watch *w, int server)
{
    ldap_sync_t ls;
    struct buf cookie;
    struct dir_conn c = { .server = server };
    TRY(dir_connect(w->d, server, true, clock_mono_ms() + w->d->timeout_ms, &c.ld));
    (void)ldap_sync_initialize(&ls);
    ls.ls_ld = c.ld;
    buf_init(&cookie, COOKIE_MAX);
    err_t e = read_cookie(w->d, &c, &cookie);
    if (err_ok(e) && fill_request(w, &ls, buf_str(&cookie)))
        follow(w, &ls, server);
    buf_done(&cookie);
    ldap_sync_destroy(&ls, 0);
    return e;
}

static void *run(void *watch)
{
    struct dir_watch *w = watch;
    while (!is_closing(w)) {
        int server = dir_best_server(w->d);
        if (server >= 0)
            (void)session(w, server);
        pause_for(w, RETRY_MS);
    }
    return NULL;
}

/* ---- outside ---- */

err_t directory_watch(struct directory *d, dir_watch_fn *fn, void *ctx)
{
    if (d->watch != NULL)
        return ERR(BUG);
    struct dir_watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ERR(NO_MEMORY);
    *w = (struct dir_watch){ .d = d, .fn = fn, .ctx = ctx };
    w->called_ms = clock_mono_ms() - DEBOUNCE_MS;
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        free(w);
        return ERR(LIBRARY);
    }
    d->watch = w;
    return ERR(OK);
}

void directory_stop_watch(struct directory *d)
{
    if (d == NULL || d->watch == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->watch->stopping = true;
    pthread_cond_broadcast(&d->wake);
    pthread_mutex_unlock(&d->lock);
    dir_watch_end(d);
}

void dir_watch_end(struct directory *d)
{
    if (d->watch == NULL)
        return;
    pthread_join(d->watch->thread, NULL);
    free(d->watch);
    d->watch = NULL;
}
