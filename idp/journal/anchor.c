#include "journal/anchor.h"

#include "base/enc.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SEQ_DIGITS = 20,
    HASH_HEX = HEX_LEN(JOURNAL_HASH_LEN),
    LINE_LEN = 168,
    SLOTS = 2,
    PATH_LEN = 4096
};

_Static_assert(LINE_LEN == sizeof CHAIN_ANCHOR + SEQ_DIGITS + 1 + HASH_HEX + 1 + HASH_HEX + 1,
               "the line in anchor.h");

/* --- one line --- */

static err_t format_line(const unsigned char *key, const struct chain_point *p,
                         char out[LINE_LEN + 1])
{
    unsigned char mac[JOURNAL_HASH_LEN];
    char hash_hex[HASH_HEX + 1] = "", mac_hex[HASH_HEX + 1] = "";
    TRY(chain_mac(key, STR(CHAIN_ANCHOR), p, mac));
    hex_encode(hash_hex, p->hash, sizeof p->hash);
    hex_encode(mac_hex, mac, sizeof mac);
    int n = snprintf(out, LINE_LEN + 1, CHAIN_ANCHOR " %0*lld %s %s\n", SEQ_DIGITS,
                     (long long)p->seq, hash_hex, mac_hex);
    return n == LINE_LEN ? ERR(OK) : ERR(BUG);
}

static bool read_hash(struct str hex, unsigned char out[JOURNAL_HASH_LEN])
{
    size_t len = 0;
    return err_ok(hex_decode(hex, out, JOURNAL_HASH_LEN, &len)) && len == JOURNAL_HASH_LEN;
}

static bool read_line(struct str line, struct chain_point *p, unsigned char mac[JOURNAL_HASH_LEN])
{
    struct str rest = line, label, seq, hash;
    return str_cut(&rest, ' ', &label) && str_eq(label, STR(CHAIN_ANCHOR)) &&
           str_cut(&rest, ' ', &seq) && seq.len == SEQ_DIGITS && str_to_i64(seq, &p->seq) &&
           p->seq >= 0 && str_cut(&rest, ' ', &hash) && read_hash(hash, p->hash) &&
           str_ends(rest, STR("\n")) && read_hash(str_from(rest.ptr, rest.len - 1), mac);
}

static bool line_is_true(struct str line, const unsigned char *key, struct chain_point *p)
{
    unsigned char mac[JOURNAL_HASH_LEN], want[JOURNAL_HASH_LEN];
    if (!read_line(line, p, mac))
        return false;
    if (key == NULL)
        return true;
    bool same =
        err_ok(chain_mac(key, STR(CHAIN_ANCHOR), p, want)) && ct_equal(mac, want, sizeof mac);
    wipe(want, sizeof want);
    return same;
}

/* --- the file --- */

err_t anchor_read(const char *path, const unsigned char *key, enum anchor_file *state,
                  struct chain_point *out)
{
    char text[SLOTS * LINE_LEN];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *state = ANCHOR_FILE_ABSENT;
        return ERR(OK);
    }
    if (fd < 0)
        return ERR(IO);
    ssize_t n = pread(fd, text, sizeof text, 0);
    (void)close(fd);
    if (n < 0)
        return ERR(IO);
    *state = n == 0 ? ANCHOR_FILE_ABSENT : ANCHOR_FILE_FALSE;
    for (size_t at = 0; at + LINE_LEN <= (size_t)n; at += LINE_LEN) {
        struct chain_point p;
        if (!line_is_true(str_from(text + at, LINE_LEN), key, &p))
            continue;
        if (*state != ANCHOR_FILE_TRUE || p.seq > out->seq)
            *out = p;
        *state = ANCHOR_FILE_TRUE;
    }
    return ERR(OK);
}

/* The name must survive a power cut as well. */
static bool sync_folder(const char *path)
{
    struct str folder = str_of(path), name;
    char text[PATH_LEN] = ".";
    if (str_cut_last(&folder, '/', &name)) {
        if (folder.len + 2 > sizeof text)
            return false;
        memcpy(text, folder.ptr, folder.len);
        memcpy(text + folder.len, "/", 2);
    }
    int fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return synced;
}

static err_t open_synced(const char *path, int *out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR(IO);
    if (!sync_folder(path)) {
        (void)close(fd);
        return ERR(IO);
    }
    *out = fd;
    return ERR(OK);
}

err_t anchor_open(struct anchor *a, const char *path, const unsigned char key[JOURNAL_KEY_LEN])
{
    a->slot = 0;
    a->fd = -1;
    memcpy(a->key, key, sizeof a->key);
    return open_synced(path, &a->fd);
}

err_t anchor_reopen(struct anchor *a, const char *path)
{
    int fd = -1;
    TRY(open_synced(path, &fd));
    (void)close(a->fd);
    a->fd = fd;
    a->slot = 0;
    return ERR(OK);
}

err_t anchor_write(struct anchor *a, const struct chain_point *point, bool sync)
{
    char line[LINE_LEN + 1];
    TRY(format_line(a->key, point, line));
    if (pwrite(a->fd, line, LINE_LEN, (off_t)a->slot * LINE_LEN) != LINE_LEN)
        return ERR(IO);
    a->slot = (a->slot + 1) % SLOTS;
    return !sync || fdatasync(a->fd) == 0 ? ERR(OK) : ERR(IO);
}

void anchor_close(struct anchor *a)
{
    if (a->fd >= 0)
        (void)close(a->fd);
    a->fd = -1;
    wipe(a->key, sizeof a->key);
}
