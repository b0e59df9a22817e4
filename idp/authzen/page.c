#include "authzen/page.h"

#include "base/enc.h"
#include "base/jsonw.h"
#include "base/secret.h"
#include "token/hash.h"

#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 1,
    DIGEST_LEN = 16,
    AFTER_MAX = 256,
    HEAD_LEN = 1 + DIGEST_LEN + 2, /* version, digest, limit */
    TOKEN_MAX = HEAD_LEN + AFTER_MAX,
};

/* Of everything but the page: a token goes on with the list that it comes from. */
static err_t digest_of(const struct query *c, unsigned char out[DIGEST_LEN])
{
    unsigned char hash[SHA256_LEN];
    struct buf b;
    json_t *rest = NULL;
    memcpy(&rest, &c->body, sizeof rest); /* not const to jansson, which only reads it */
    rest = json_copy(rest);               /* shallow: the body stays as it is */
    if (rest == NULL)
        return ERR(NO_MEMORY);
    json_object_del(rest, "page");
    char *text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(rest);
    if (text == NULL)
        return ERR(NO_MEMORY);
    buf_init(&b, HTTP_BODY_LIMIT * 2);
    buf_addf(&b, "%llx ", (unsigned long long)c->now.view->rules_digest);
    buf_add(&b, c->client->id);
    buf_add_char(&b, ' ');
    buf_add(&b, c->req->path);
    buf_add(&b, str_of(text));
    free(text);
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = sha256(buf_str(&b), hash);
    buf_done(&b);
    TRY(e);
    memcpy(out, hash, DIGEST_LEN);
    return ERR(OK);
}

static err_t read_token(struct query *c, struct str text, struct page *out, size_t limit,
                        const char **wrong)
{
    unsigned char token[TOKEN_MAX], digest[DIGEST_LEN];
    size_t len = 0;
    TRY(digest_of(c, digest));
    if (!err_ok(base64url_decode(text, token, sizeof token, &len)) || len < HEAD_LEN ||
        token[0] != VERSION) {
        *wrong = "page.token is not one of ours";
        return ERR(OK);
    }
    if (!ct_equal(token + 1, digest, DIGEST_LEN)) {
        *wrong = "page.token is of another request, or the rules have changed: begin again";
        return ERR(OK);
    }
    out->limit = (size_t)token[HEAD_LEN - 2] << 8 | token[HEAD_LEN - 1];
    if (out->limit == 0 || out->limit > ASK_LIMIT_MAX || (limit != 0 && limit != out->limit)) {
        *wrong = "page.limit must stay as it was";
        return ERR(OK);
    }
    return arena_str(c->arena, str_from((const char *)token + HEAD_LEN, len - HEAD_LEN),
                     &out->after);
}

err_t page_read(struct query *c, struct page *out, const char **wrong)
{
    struct ask_page asked;
    *wrong = ask_page_read(c->body, &asked);
    *out = (struct page){ asked.limit == 0 ? ASK_LIMIT_MAX : asked.limit, { "", 0 } };
    if (*wrong != NULL || asked.token.len == 0)
        return ERR(OK);
    return read_token(c, asked.token, out, asked.limit, wrong);
}

static err_t write_token(struct query *c, const struct page *page, struct str last, struct buf *b)
{
    unsigned char token[TOKEN_MAX];
    char text[BASE64URL_LEN(TOKEN_MAX)];
    if (last.len > AFTER_MAX)
        return ERR(TOO_LARGE);
    token[0] = VERSION;
    TRY(digest_of(c, token + 1));
    token[HEAD_LEN - 2] = (unsigned char)(page->limit >> 8);
    token[HEAD_LEN - 1] = (unsigned char)page->limit;
    memcpy(token + HEAD_LEN, last.ptr, last.len);
    size_t len = HEAD_LEN + last.len;
    base64url_encode(text, token, len);
    jsonw_str(b, "next_token", str_from(text, BASE64URL_LEN(len)));
    return ERR(OK);
}

err_t page_write(struct query *c, const struct page *page, const struct page_end *end,
                 struct buf *b)
{
    jsonw_open(b, "page", '{');
    if (end->more)
        TRY(write_token(c, page, end->last, b));
    else
        jsonw_str(b, "next_token", STR(""));
    jsonw_int(b, "count", (int64_t)end->count);
    jsonw_int(b, "total", (int64_t)end->total);
    jsonw_close(b, '}');
    return ERR(OK);
}
