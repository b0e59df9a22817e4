#include "start.h"

#include "authzen/authzen.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/log.h"
#include "base/secret.h"
#include "config/config.h"
#include "directory/directory.h"
#include "emergency/opened.h"
#include "history/recorder.h"
#include "journal/journal.h"
#include "keys/keys.h"
#include "login/otp.h"
#include "mail/sender.h"
#include "pages/pages.h"
#include "people/people.h"
#include "registry/registry.h"
#include "state/state.h"
#include "token/jwk.h"

#include <stdlib.h>
#include <string.h>

extern const struct embed_file charter_files[];

enum {
    PASSWORD_MAX = 1024,
    URIS_MAX = 4096,
    CHARTER_MAX = 64 * 1024,
    ANCHOR_PATH_MAX = 4096,
};

static err_t failed(const char *what, const char *why, err_t e)
{
    log_event(LOG_ERROR, "start.failed", LOG_TEXT("part", what), LOG_TEXT("why", why), LOG_ERR(e));
    return e;
}

/* ---- the parts, lowest first ---- */

static err_t open_keys(struct service *svc)
{
    struct keys_options options = { .dir = svc->config->keys_dir, .create = true };
    struct keys_why why = { .text = "" };
    bool created = false;
    err_t e = keys_open(&options, &why, &created, &svc->keys);
    if (!err_ok(e))
        return failed("keys", why.text, e);
    if (created)
        log_event(LOG_NOTICE, "keys.created", LOG_TEXT("dir", svc->config->keys_dir));
    TRY(jwks_parse(keys_jwks(svc->keys), &svc->own_keys));
    return keys_derive(svc->keys, STR("csrf"), svc->csrf_key);
}

static err_t open_state(struct service *svc)
{
    struct state_options options = { .path = svc->config->state_database,
                                     .readers = (size_t)svc->config->worker_threads };
    struct state_why why = { .text = "" };
    err_t e = state_open(&options, &why, &svc->state);
    return err_ok(e) ? e : failed("state", why.text, e);
}

static err_t open_emergencies(struct service *svc)
{
    err_t e = opened_start(svc->state, &svc->opened);
    return err_ok(e) ? e : failed("emergencies", "the state could not be read", e);
}

static err_t open_mail(struct service *svc)
{
    err_t e = sender_start(svc->config, svc->state, &svc->sender);
    return err_ok(e) ? e : failed("mail", "mail.from, mail.password_file", e);
}

static err_t open_journal(struct service *svc)
{
    char anchor[ANCHOR_PATH_MAX];
    struct journal_options options = { .anchor = anchor };
    enum journal_anchor found = ANCHOR_AGREES;
    struct buf path;
    buf_init(&path, sizeof anchor - 1);
    buf_add(&path, str_of(svc->config->state_database));
    buf_add(&path, STR(JOURNAL_ANCHOR_SUFFIX));
    TRY(buf_err(&path));
    memcpy(anchor, path.ptr, path.len);
    anchor[path.len] = '\0';
    buf_done(&path);
    TRY(keys_derive(svc->keys, STR(JOURNAL_KEY_PURPOSE), options.key));
    err_t e = journal_open(svc->state, &options, clock_now(), &found, &svc->journal);
    wipe(options.key, sizeof options.key);
    if (!err_ok(e))
        return failed("journal", anchor, e);
    if (found != ANCHOR_AGREES)
        log_event(LOG_ERROR, "journal.suspect", LOG_TEXT("anchor", journal_anchor_french(found)));
    return ERR(OK);
}

static err_t join_uris(const struct config_list *list, struct buf *out)
{
    buf_init(out, URIS_MAX);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_char(out, ' ');
        buf_add(out, str_of(list->items[i]));
    }
    buf_add_char(out, '\0');
    return buf_err(out);
}

static err_t open_directory(struct service *svc)
{
    struct buf uris, password;
    const struct config *c = svc->config;
    TRY(join_uris(&c->ldap_uris, &uris));
    err_t e = config_read_secret(c->ldap_password_file, PASSWORD_MAX, &password);
    if (!err_ok(e)) {
        buf_done(&uris);
        return failed("directory", c->ldap_password_file, e);
    }
    buf_add_char(&password, '\0');
    struct dir_config options = { .uris = uris.ptr,
                                  .base_dn = c->ldap_base,
                                  .bind_dn = c->ldap_bind_dn,
                                  .bind_password = password.ptr,
                                  .pool_size = (int)c->ldap_pool,
                                  .timeout_ms = (int)c->ldap_timeout * 1000 };
    e = buf_err(&password);
    if (err_ok(e))
        e = directory_open(&options, &svc->directory);
    buf_done(&password);
    buf_done(&uris);
    return err_ok(e) ? e : failed("directory", c->ldap_bind_dn, e);
}

static err_t open_registry(struct service *svc)
{
    err_t e = registry_open(svc->directory, &svc->registry);
    return err_ok(e) ? e : failed("registry", "the directory could not be read", e);
}

static void on_change(void *ctx, const struct dir_changes *changes)
{
    const struct service *svc = ctx;
    people_changed(svc->people, changes);
    recorder_changed(svc->recorder, changes);
}

static err_t open_people(struct service *svc)
{
    struct people_options options = { .resident_max = (size_t)svc->config->resident_max };
    err_t e = people_open(&options, svc->directory, svc->registry, &svc->people);
    return err_ok(e) ? e : failed("people", "not enough memory or threads", e);
}

/* Last of those that follow the directory: the watch tells them all. */
static err_t open_history(struct service *svc)
{
    const struct recorder_parts parts = { svc->directory, svc->registry, svc->state };
    err_t e = recorder_start(&parts, &svc->recorder);
    if (err_ok(e))
        e = directory_watch(svc->directory, on_change, svc);
    return err_ok(e) ? e : failed("history", "the directory cannot be followed", e);
}

static err_t open_authzen(struct service *svc) { return authzen_open(svc, &svc->authzen); }

static err_t open_pages(struct service *svc)
{
    TRY(i18n_init(svc->config->locale_dir));
    return pages_new(svc->config->organisation, &svc->pages);
}

/* ---- settings that the handlers take from the service ---- */

static err_t read_charter(struct service *svc)
{
    const struct config *c = svc->config;
    struct buf text;
    svc->charter_version = str_of(c->charter_version);
    svc->charter_text = str_from((const char *)charter_files[0].data, charter_files[0].len);
    if (c->charter_version == NULL || c->charter_file == NULL)
        return ERR(OK);
    err_t e = config_read_file(c->charter_file, CHARTER_MAX, &text);
    if (!err_ok(e))
        return failed("charter", c->charter_file, e);
    char *copy = malloc(text.len + 1);
    if (copy != NULL && text.len > 0)
        memcpy(copy, text.ptr, text.len);
    svc->charter_text = str_from(copy, copy == NULL ? 0 : text.len);
    svc->charter_owned = copy;
    buf_done(&text);
    return copy == NULL ? ERR(NO_MEMORY) : ERR(OK);
}

enum { ALL_NETWORKS = 32 }; /* times what one may do */

static void set_limits(struct service *svc)
{
    const struct config *c = svc->config;
    svc->throttle_account = throttle_account_default;
    svc->throttle_account.free = c->throttle_account;
    svc->throttle_otp = svc->throttle_account;
    svc->throttle_network = throttle_network_default;
    svc->throttle_network.free = c->throttle_network;
    svc->throttle_network.forget_s = c->throttle_window;
    svc->throttle_sign_ins = (struct throttle_policy){ .shape = THROTTLE_RATE,
                                                       .free = c->throttle_sign_ins,
                                                       .forget_s = 60 };
    svc->throttle_all_sign_ins = svc->throttle_sign_ins;
    svc->throttle_all_sign_ins.free *= ALL_NETWORKS;
}

/* ---- news for the journal ---- */

struct news {
    struct service *svc;
    struct journal_entry entry;
};

static err_t news_job(struct state_tx *tx, void *arg)
{
    struct news *n = arg;
    return journal_append(tx, &n->entry);
}

err_t service_tell(struct service *svc, enum journal_event event, const struct journal_datum *data)
{
    struct news n = { svc, { .event = event, .at_ms = clock_now_ms(), .data = data } };
    return state_write(svc->state, news_job, &n);
}

static err_t open_all(struct service *svc)
{
    static err_t (*const parts[])(struct service *) = {
        open_keys,    open_state,     open_journal,  open_emergencies, open_mail,    open_pages,
        read_charter, open_directory, open_registry, open_people,      open_history, open_authzen,
    };
    TRY(otp_init());
    set_limits(svc);
    for (size_t i = 0; i < COUNT(parts); i++)
        TRY(parts[i](svc));
    return service_tell(svc, JOURNAL_SERVICE_STARTED,
                        JOURNAL_DATA({ "version", STR_INIT(HABILIS_VERSION) }));
}

err_t service_open(const struct config *config, struct service *out)
{
    *out = (struct service){ .config = config, .issuer = str_of(config->issuer) };
    err_t e = open_all(out);
    if (!err_ok(e))
        service_close(out);
    return e;
}

void service_close(struct service *svc)
{
    sender_stop(svc->sender);
    authzen_close(svc->authzen); /* what it decided goes to the journal */
    opened_stop(svc->opened);    /* so do the last uses of emergencies */
    if (svc->journal != NULL) {
        err_t ignored =
            service_tell(svc, JOURNAL_SERVICE_STOPPED, NULL); /* stopping all the same */
        (void)ignored;
    }
    directory_stop_watch(svc->directory); /* nobody tells of changes any more */
    recorder_stop(svc->recorder);
    people_close(svc->people); /* nor reloads the registry */
    directory_close(svc->directory);
    registry_close(svc->registry);
    pages_free(svc->pages);
    journal_close(svc->journal);
    state_close(svc->state);
    jwks_free(svc->own_keys);
    keys_free(svc->keys);
    free(svc->charter_owned);
    otp_done();
    wipe(svc, sizeof *svc);
}
