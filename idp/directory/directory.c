#include "directory/internal.h"

#include "base/secret.h"
#include "directory/watch.h"

#include <stdlib.h>
#include <string.h>

static bool add_servers(struct directory *d, const char *uris)
{
    struct str rest = str_of(uris), uri;
    while (str_next(&rest, ' ', &uri)) {
        if (uri.len == 0)
            continue;
        if (d->server_count == DIR_SERVERS_MAX)
            return false;
        char *copy = strndup(uri.ptr, uri.len);
        if (copy == NULL)
            return false;
        d->servers[d->server_count++].uri = copy;
        if (!ldap_is_ldap_url(copy) && !ldap_is_ldaps_url(copy) && !ldap_is_ldapi_url(copy))
            return false;
    }
    return d->server_count > 0;
}

static bool within(int value, int least, int most) { return value >= least && value <= most; }

static err_t fill(struct directory *d, const struct dir_config *config)
{
    d->pool_size = config->pool_size == 0 ? DIR_POOL_DEFAULT : config->pool_size;
    d->timeout_ms = config->timeout_ms == 0 ? DIR_TIMEOUT_DEFAULT_MS : config->timeout_ms;
    if (config->uris == NULL || config->base_dn == NULL || config->bind_dn == NULL ||
        config->bind_password == NULL || config->base_dn[0] == '\0' || config->bind_dn[0] == '\0' ||
        config->bind_password[0] == '\0' || !within(d->pool_size, 1, DIR_POOL_MAX) ||
        !within(d->timeout_ms, DIR_TIMEOUT_MIN_MS, DIR_TIMEOUT_MAX_MS) ||
        strlen(config->base_dn) > DIR_DN_MAX / 4)
        return ERR(CONFIG);
    d->service.as_service = true;
    d->base = strdup(config->base_dn);
    d->bind_dn = strdup(config->bind_dn);
    d->bind_password = strdup(config->bind_password);
    if (d->base == NULL || d->bind_dn == NULL || d->bind_password == NULL)
        return ERR(NO_MEMORY);
    return add_servers(d, config->uris) ? ERR(OK) : ERR(CONFIG);
}

/* Waits are measured on the monotonic clock: setting the time of day must not stretch them. */
static bool init_sync(struct directory *d)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_mutex_init(&d->lock, NULL) == 0 && pthread_cond_init(&d->freed, &attr) == 0 &&
              pthread_cond_init(&d->wake, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok;
}

err_t directory_open(const struct dir_config *config, struct directory **out)
{
    /* The library reads its own configuration at first use, which is not safe from two threads. */
    LDAPAPIInfo info = { .ldapai_info_version = LDAP_API_INFO_VERSION };
    if (ldap_get_option(NULL, LDAP_OPT_API_INFO, &info) != LDAP_OPT_SUCCESS)
        return ERR(LIBRARY);
    ldap_memfree(info.ldapai_vendor_name);
    ldap_memvfree((void **)info.ldapai_extensions);

    struct directory *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ERR(NO_MEMORY);
    err_t e = init_sync(d) ? fill(d, config) : ERR(LIBRARY);
    if (err_ok(e)) {
        d->prober_runs = pthread_create(&d->prober, NULL, dir_prober, d) == 0;
        if (!d->prober_runs)
            e = ERR(LIBRARY);
    }
    if (!err_ok(e)) {
        directory_close(d);
        return e;
    }
    *out = d;
    return ERR(OK);
}

static void close_pool(struct dir_pool *pool)
{
    while (pool->idle != NULL) {
        struct dir_conn *c = pool->idle;
        pool->idle = c->next;
        dir_disconnect(c->ld);
        free(c);
    }
}

void directory_close(struct directory *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->closing = true;
    pthread_cond_broadcast(&d->wake);
    pthread_mutex_unlock(&d->lock);
    dir_watch_end(d);
    if (d->prober_runs)
        pthread_join(d->prober, NULL);
    close_pool(&d->service);
    close_pool(&d->persons);
    for (int i = 0; i < d->server_count; i++)
        free(d->servers[i].uri);
    if (d->bind_password != NULL)
        wipe(d->bind_password, strlen(d->bind_password));
    free(d->bind_password);
    free(d->bind_dn);
    free(d->base);
    pthread_cond_destroy(&d->freed);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

void directory_stats(const struct directory *d, struct dir_stats *out)
{
    *out = (struct dir_stats){
        .operations = atomic_load(&d->operations),
        .failures = atomic_load(&d->failures),
        .last_contact_ms = atomic_load(&d->last_contact_ms),
        .last_sync_ms = atomic_load(&d->last_sync_ms),
        .last_told_ms = atomic_load(&d->last_told_ms),
    };
}
