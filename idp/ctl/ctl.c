#include "ctl/ctl.h"

#include "config/config.h"
#include "directory/directory.h"
#include "keys/keys.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROBLEMS_MAX = 64 * 1024, PASSWORD_MAX = 1024 }; /* bytes */

int ctl_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("habilisctl : ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    return CTL_FAILED;
}

const char *ctl_reason(err_t e)
{
    static const struct {
        enum err_code code;
        const char *text;
    } reasons[] = {
        { ERR_DIRECTORY_DOWN, "l'annuaire ne répond pas" },
        { ERR_DIRECTORY, "l'annuaire a répondu ce qu'il ne devrait pas" },
        { ERR_NOT_FOUND, "introuvable" },
        { ERR_CONFLICT, "refusé par une contrainte de l'annuaire" },
        { ERR_DUPLICATE, "existe déjà" },
        { ERR_MALFORMED, "forme incorrecte" },
        { ERR_TOO_LARGE, "trop grand" },
        { ERR_NO_MEMORY, "mémoire insuffisante" },
    };
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].code == e.code)
            return reasons[i].text;
    return err_name(e);
}

const struct config *ctl_config(struct ctl *ctl)
{
    struct buf problems;
    if (ctl->config != NULL)
        return ctl->config;
    buf_init(&problems, PROBLEMS_MAX);
    err_t e = config_load(ctl->config_path, &problems, &ctl->config);
    if (!err_ok(e))
        (void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&problems)));
    buf_done(&problems);
    return ctl->config;
}

static const char *joined(struct ctl *ctl, const struct config_list *list)
{
    struct str all = STR("");
    const char *text = NULL;
    for (size_t i = 0; i < list->count; i++)
        if (!err_ok(arena_printf(ctl->arena, &all, "%.*s%s%s", STR_ARG(all), i > 0 ? " " : "",
                                 list->items[i])))
            return NULL;
    return err_ok(arena_cstr(ctl->arena, all, &text)) ? text : NULL;
}

struct directory *ctl_directory(struct ctl *ctl)
{
    const struct config *c = ctl_config(ctl);
    struct buf password;
    if (c == NULL || ctl->directory != NULL)
        return ctl->directory;
    err_t e = config_read_secret(c->ldap_password_file, PASSWORD_MAX, &password);
    if (!err_ok(e)) {
        (void)ctl_fail("%s : %s", c->ldap_password_file, ctl_reason(e));
        return NULL;
    }
    buf_add_char(&password, '\0');
    const struct dir_config options = {
        .uris = joined(ctl, &c->ldap_uris),
        .base_dn = c->ldap_base,
        .bind_dn = c->ldap_bind_dn,
        .bind_password = password.ptr,
        .pool_size = 1,
    };
    e = options.uris == NULL ? ERR(NO_MEMORY) : directory_open(&options, &ctl->directory);
    buf_done(&password);
    if (!err_ok(e))
        (void)ctl_fail("annuaire : %s", ctl_reason(e));
    return ctl->directory;
}

const struct keys *ctl_keys(struct ctl *ctl)
{
    const struct config *c = ctl_config(ctl);
    struct keys_why why = { "" };
    if (c == NULL || ctl->keys != NULL)
        return ctl->keys;
    const struct keys_options options = { .dir = c->keys_dir, .create = true };
    err_t e = keys_open(&options, &why, NULL, &ctl->keys);
    if (!err_ok(e))
        (void)ctl_fail("clés : %s (%s)", ctl_reason(e), why.text);
    return ctl->keys;
}

static bool open_secret(const char *path, int *fd)
{
    struct stat st;
    if (path[0] == '-' && path[1] == '\0') {
        *fd = STDIN_FILENO;
        return true;
    }
    *fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
        (void)ctl_fail("%s : fichier absent, ou que d'autres peuvent lire", path);
        if (*fd >= 0)
            (void)close(*fd);
        return false;
    }
    return true;
}

/* Reads to the end of FD: TEXT has room for MAX + 2 bytes, so that one too many shows. */
static bool read_all(int fd, char *text, size_t max, size_t *len)
{
    *len = 0;
    while (*len < max + 2) {
        ssize_t n = read(fd, text + *len, max + 2 - *len);
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *len += (size_t)n;
    }
    return true;
}

bool ctl_secret(struct ctl *ctl, const char *path, size_t max, struct str *out)
{
    int fd = -1;
    size_t len = 0;
    char *text = arena_alloc(ctl->arena, max + 2);
    if (text == NULL)
        return ctl_fail("mémoire insuffisante") == CTL_DONE;
    if (!open_secret(path, &fd))
        return false;
    bool read_ok = read_all(fd, text, max, &len);
    if (fd != STDIN_FILENO)
        (void)close(fd);
    if (len > 0 && text[len - 1] == '\n')
        len--;
    struct str line = str_from(text, len);
    if (!read_ok || len == 0 || len > max || str_has_char(line, '\n')) {
        (void)ctl_fail("%s : une ligne de 1 à %zu octets attendue", path, max);
        return false;
    }
    *out = line;
    return true;
}
