/* jws.c - the verifying half of jws.h; sign.c has the other. */
#include "token/jws.h"

#include "base/enc.h"
#include "token/json.h"
#include "token/key.h"

#include <string.h>

enum { HEADER_MAX = 1024 }; /* bytes, decoded: ours has about 100 */

static err_t lacks(const json_t *header, const char *name)
{
    return json_object_get(header, name) == NULL ? ERR(OK) : ERR(TOKEN_MALFORMED);
}

static err_t read_kid(const json_t *header, struct jws *out)
{
    struct str kid;
    if (!err_ok(json_text_opt(header, "kid", &kid)) || kid.len > JWK_KID_MAX)
        return ERR(TOKEN_MALFORMED);
    for (size_t i = 0; i < kid.len; i++)
        out->kid[i] = kid.ptr[i];
    out->kid[kid.len] = '\0';
    return ERR(OK);
}

/* RFC 7515 section 4.1.9: a media type, compared without regard to case, "application/" left out
 * where no other slash follows. */
static err_t read_typ(const json_t *header, struct jws *out)
{
    static const struct str tree = STR_INIT("application/");
    struct str typ;
    if (!err_ok(json_text_opt(header, "typ", &typ)))
        return ERR(TOKEN_MALFORMED);
    if (typ.len > tree.len && str_eq_ignore_case(str_from(typ.ptr, tree.len), tree))
        typ = str_from(typ.ptr + tree.len, typ.len - tree.len);
    if (typ.len > JWS_TYP_MAX)
        return ERR(TOKEN_MALFORMED);
    for (size_t i = 0; i < typ.len; i++) {
        char c = typ.ptr[i];
        out->typ[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out->typ[typ.len] = '\0';
    return ERR(OK);
}

static err_t read_members(const json_t *header, struct jws *out)
{
    struct str alg;
    if (!json_text(header, "alg", &alg))
        return ERR(TOKEN_MALFORMED);
    if (!str_eq(alg, STR("ES256")))
        return ERR(TOKEN_FORGED);
    TRY(lacks(header, "crit"));
    TRY(lacks(header, "b64")); /* RFC 7797: the payload would not be base64url */
    TRY(read_kid(header, out));
    return read_typ(header, out);
}

static err_t read_header(struct str text, struct jws *out)
{
    char json[HEADER_MAX];
    size_t len = 0;
    json_t *header = NULL;
    if (!err_ok(base64url_decode(text, json, sizeof json, &len)))
        return ERR(TOKEN_MALFORMED);
    err_t e = json_read(str_from(json, len), HEADER_MAX, &header);
    if (!err_ok(e))
        return e.code == ERR_NO_MEMORY ? e : ERR(TOKEN_MALFORMED);
    e = read_members(header, out);
    json_decref(header);
    return e;
}

err_t jws_parse(struct str token, struct jws *out)
{
    struct jws j = { 0 };
    struct str rest = token, signature, header;
    size_t len = 0;
    if (token.len > JWS_MAX || !str_cut_last(&rest, '.', &signature))
        return ERR(TOKEN_MALFORMED);
    /* str_cut_last() hands the part after the dot to `signature` and leaves the rest. */
    j.signed_part = rest;
    j.payload = rest;
    if (!str_cut(&j.payload, '.', &header) || str_has_char(j.payload, '.') || header.len == 0 ||
        j.payload.len == 0)
        return ERR(TOKEN_MALFORMED);
    if (!err_ok(base64url_decode(signature, j.signature, sizeof j.signature, &len)) ||
        len != sizeof j.signature)
        return ERR(TOKEN_MALFORMED);
    TRY(read_header(header, &j));
    *out = j;
    return ERR(OK);
}

static const struct jwk *key_for(const struct jws *jws, const struct jwks *keys)
{
    if (jws->kid[0] != '\0')
        return jwks_find(keys, str_of(jws->kid));
    return jwks_count(keys) == 1 ? jwks_at(keys, 0) : NULL;
}

err_t jws_check(const struct jws *jws, const struct jwks *keys)
{
    const struct jwk *k = key_for(jws, keys);
    if (k == NULL)
        return ERR(TOKEN_UNKNOWN_KEY);
    return jwk_verify(k, jws->signed_part, jws->signature);
}

err_t jws_payload(const struct jws *jws, struct buf *out)
{
    size_t cap = jws->payload.len / 4 * 3 + 2, len = 0, start = out->len;
    char *at = buf_extend(out, cap);
    if (at == NULL)
        return buf_err(out);
    if (!err_ok(base64url_decode(jws->payload, at, cap, &len))) {
        out->len = start;
        return ERR(TOKEN_MALFORMED);
    }
    out->len = start + len;
    return ERR(OK);
}
