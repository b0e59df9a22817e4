#include "mail/sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "config/config.h"
#include "mail/message.h"
#include "state/outbox.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POLL_S = 5, CONNECT_MS = 5000, TOTAL_MS = 20000, PASSWORD_MAX = 1024 };

struct sender {
    const struct config *config;
    struct state *state;
    struct buf password;  /* NUL-terminated; empty: none */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool woken;
    atomic_bool stop;
    bool complained; /* that there is no server */
    pthread_t thread;
    bool started;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready = CURLE_FAILED_INIT;
static void start_curl(void) { curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT); }

/* ---- one mail ---- */

struct upload {
    struct str rest;
};

static size_t on_read(char *out, size_t size, size_t count, void *arg)
{
    struct upload *u = arg;
    size_t n = size * count < u->rest.len ? size * count : u->rest.len;
    if (n > 0)
        memcpy(out, u->rest.ptr, n);
    u->rest = str_from(u->rest.ptr + n, u->rest.len - n);
    return n;
}

static int on_progress(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
    struct sender *s = arg;
    (void)dt, (void)dn, (void)ut, (void)un;
    return atomic_load(&s->stop) ? 1 : 0; /* 1 gives up */
}

static bool is_loopback(const char *url)
{
    static const char *const near[] = { "//127.", "//localhost:", "//localhost/", "//[::1]" };
    const char *host = strstr(url, "//");
    for (size_t i = 0; host != NULL && i < COUNT(near); i++)
        if (strncmp(host, near[i], strlen(near[i])) == 0)
            return true;
    return false;
}

static void set_options(CURL *h, struct sender *s, struct upload *u)
{
    const struct config *c = s->config;
    curl_easy_setopt(h, CURLOPT_URL, c->mail_smtp_url);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(h, CURLOPT_USE_SSL,
                     (long)(is_loopback(c->mail_smtp_url) ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(h, CURLOPT_CAINFO,
                     c->mail_ca_file != NULL ? c->mail_ca_file
                                             : "/etc/ssl/certs/ca-certificates.crt");
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, s);
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(h, CURLOPT_READDATA, u);
    if (c->mail_user != NULL) {
        curl_easy_setopt(h, CURLOPT_USERNAME, c->mail_user);
        curl_easy_setopt(h, CURLOPT_PASSWORD, s->password.len > 0 ? s->password.ptr : "");
    }
}

/* Errors: PEER_DOWN (no answer), PEER_BAD_ANSWER (an answer that is not "taken"). */
static err_t transfer(struct sender *s, const char *from, const char *to, struct str message)
{
    struct upload u = { message };
    long status = 0;
    CURL *h = curl_easy_init();
    struct curl_slist *rcpt = curl_slist_append(NULL, to);
    if (h == NULL || rcpt == NULL) {
        curl_slist_free_all(rcpt);
        curl_easy_cleanup(h);
        return ERR(NO_MEMORY);
    }
    set_options(h, s, &u);
    curl_easy_setopt(h, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(h, CURLOPT_MAIL_RCPT, rcpt);
    CURLcode rc = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(rcpt);
    curl_easy_cleanup(h);
    if (rc == CURLE_OK)
        return ERR(OK);
    log_event(LOG_WARNING, "mail.not_taken", LOG_TEXT("why", curl_easy_strerror(rc)),
              LOG_INT("status", status));
    return status >= 400 ? ERR(PEER_BAD_ANSWER) : ERR(PEER_DOWN);
}

static err_t bracketed(struct arena *a, struct str address, const char **out)
{
    struct str text;
    TRY(arena_printf(a, &text, "<%.*s>", STR_ARG(address)));
    return arena_cstr(a, text, out);
}

static err_t send_one(struct sender *s, struct arena *a, const struct outbox_mail *m)
{
    struct buf text;
    const char *from = NULL, *to = NULL;
    struct mail_message message = { .id = m->id,
                                    .from_name = str_of(s->config->organisation),
                                    .from = str_of(s->config->mail_from),
                                    .to = m->recipient,
                                    .subject = m->subject,
                                    .body = m->body,
                                    .date = m->created };
    TRY(bracketed(a, message.from, &from));
    TRY(bracketed(a, message.to, &to));
    buf_init(&text, MAIL_MESSAGE_MAX);
    err_t e = mail_write(&message, &text);
    if (err_ok(e))
        e = transfer(s, from, to, buf_str(&text));
    buf_done(&text);
    return e;
}

/* ---- all that is due ---- */

struct work {
    struct arena *arena;
    struct outbox_mails due;
    struct str id;
    int64_t now, again;
    int64_t waiting;
};

static err_t due_job(struct state_tx *tx, void *arg)
{
    struct work *w = arg;
    return outbox_due(tx, w->arena, w->now, &w->due);
}

static err_t done_job(struct state_tx *tx, void *arg)
{
    struct work *w = arg;
    return w->again == 0 ? outbox_sent(tx, w->id) : outbox_later(tx, w->id, w->again);
}

static err_t count_job(struct state_tx *tx, void *arg)
{
    return outbox_count(tx, &((struct work *)arg)->waiting);
}

static err_t settle(struct sender *s, struct work *w, const struct outbox_mail *m)
{
    err_t e = send_one(s, w->arena, m);
    if (atomic_load(&s->stop) && !err_ok(e))
        return e;
    w->id = m->id;
    w->again = err_ok(e) ? 0 : clock_now() + outbox_delay(m->attempts);
    if (!err_ok(e))
        log_event(LOG_WARNING, "mail.later", LOG_STR("id", m->id), LOG_ERR(e),
                  LOG_INT("failures", m->attempts + 1));
    return state_write(s->state, done_job, w);
}

/* False when there may be more. */
static bool send_batch(struct sender *s)
{
    struct work w = { .now = clock_now() };
    if (!err_ok(arena_new(ARENA_DEFAULT_MAX, &w.arena)))
        return true;
    err_t e = state_read(s->state, due_job, &w);
    for (size_t i = 0; err_ok(e) && i < w.due.count && !atomic_load(&s->stop); i++)
        e = settle(s, &w, &w.due.list[i]);
    if (!err_ok(e) && !atomic_load(&s->stop))
        log_event(LOG_WARNING, "mail.outbox_failed", LOG_ERR(e));
    bool all = !err_ok(e) || w.due.count < OUTBOX_BATCH_MAX;
    arena_free(w.arena);
    return all;
}

static void complain(struct sender *s)
{
    struct work w = { .waiting = 0 };
    err_t e = state_read(s->state, count_job, &w);
    if (err_ok(e) && w.waiting > 0 && !s->complained) {
        log_event(LOG_WARNING, "mail.no_server", LOG_INT("waiting", w.waiting),
                  LOG_TEXT("key", "mail.smtp_url"));
        s->complained = true;
    }
}

/* ---- the thread ---- */

static void wait_for_work(struct sender *s)
{
    int64_t until_ms = clock_now_ms() + 1000 * POLL_S;
    struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };
    pthread_mutex_lock(&s->lock);
    if (!s->woken && !atomic_load(&s->stop))
        pthread_cond_timedwait(&s->wake, &s->lock, &until);
    s->woken = false;
    pthread_mutex_unlock(&s->lock);
}

static void *run(void *arg)
{
    struct sender *s = arg;
    while (!atomic_load(&s->stop)) {
        if (s->config->mail_smtp_url == NULL)
            complain(s);
        else
            while (!send_batch(s) && !atomic_load(&s->stop))
                continue;
        wait_for_work(s);
    }
    return NULL;
}

static err_t read_password(struct sender *s)
{
    buf_init(&s->password, PASSWORD_MAX);
    if (s->config->mail_password_file == NULL)
        return ERR(OK);
    TRY(config_read_secret(s->config->mail_password_file, PASSWORD_MAX, &s->password));
    buf_add_char(&s->password, '\0');
    return buf_err(&s->password);
}

err_t sender_start(const struct config *config, struct state *st, struct sender **out)
{
    if (pthread_once(&curl_once, start_curl) != 0 || curl_ready != CURLE_OK)
        return ERR(LIBRARY);
    if (config->mail_smtp_url != NULL && !mail_address_is_sound(str_of(config->mail_from)))
        return ERR(CONFIG);
    struct sender *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR(NO_MEMORY);
    s->config = config;
    s->state = st;
    atomic_init(&s->stop, false);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    err_t e = read_password(s);
    if (err_ok(e)) {
        s->started = pthread_create(&s->thread, NULL, run, s) == 0;
        e = s->started ? ERR(OK) : ERR(LIBRARY);
    }
    if (!err_ok(e)) {
        sender_stop(s);
        return e;
    }
    *out = s;
    return ERR(OK);
}

void sender_wake(struct sender *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->woken = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void sender_stop(struct sender *s)
{
    if (s == NULL)
        return;
    atomic_store(&s->stop, true);
    sender_wake(s);
    if (s->started)
        pthread_join(s->thread, NULL);
    buf_done(&s->password);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
