#include "journal/chain.h"

#include "base/buf.h"
#include "token/hash.h"

#include <string.h>

enum { RECORD_MAX = 16 * 1024, MAC_INPUT_MAX = 128 };

_Static_assert((int)JOURNAL_HASH_LEN == (int)SHA256_LEN, "the chain is of SHA-256");

static void add_number(struct buf *b, uint64_t n, unsigned bytes)
{
    while (bytes > 0)
        buf_add_char(b, (char)(unsigned char)(n >> (8 * --bytes)));
}

static void add_text(struct buf *b, struct str s)
{
    add_number(b, s.len, 4);
    buf_add(b, s);
}

static struct str hash_str(const unsigned char hash[JOURNAL_HASH_LEN])
{
    return str_from((const char *)hash, JOURNAL_HASH_LEN);
}

err_t chain_hash(const struct journal_record *r, unsigned char out[JOURNAL_HASH_LEN])
{
    const struct str texts[] = { r->event,     r->actor,   r->subject, r->client,
                                 r->structure, r->session, r->network, r->data };
    struct buf b;
    buf_init(&b, RECORD_MAX);
    buf_add(&b, STR("habilis-journal-1\n"));
    add_number(&b, (uint64_t)r->seq, 8);
    add_number(&b, (uint64_t)r->at_ms, 8);
    for (size_t i = 0; i < COUNT(texts); i++)
        add_text(&b, texts[i]);
    buf_add(&b, hash_str(r->prev));
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = sha256(buf_str(&b), out);
    buf_done(&b);
    return e;
}

err_t chain_mac(const unsigned char key[JOURNAL_KEY_LEN], struct str label,
                const struct chain_point *point, unsigned char out[JOURNAL_HASH_LEN])
{
    struct buf b;
    buf_init(&b, MAC_INPUT_MAX);
    buf_add(&b, label);
    buf_add_char(&b, '\n');
    add_number(&b, (uint64_t)point->seq, 8);
    buf_add(&b, hash_str(point->hash));
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = hmac_sha256(str_from((const char *)key, JOURNAL_KEY_LEN), buf_str(&b), out);
    buf_done(&b);
    return e;
}
