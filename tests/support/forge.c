#include "support/forge.h"

#include "base/enc.h"
#include "token/es256.h"

#include <stdlib.h>

static void must(err_t e)
{
    if (!err_ok(e))
        abort();
}

static void put_b64(struct buf *out, struct str s)
{
    char *at = s.len > 0 ? buf_extend(out, BASE64URL_LEN(s.len)) : NULL;
    if (at != NULL)
        base64url_encode(at, s.ptr, s.len);
}

void forge_token(struct jws_signer *s, struct str header, struct str payload, struct buf *out)
{
    unsigned char raw[ES256_SIG];
    buf_reset(out);
    put_b64(out, header);
    buf_add_char(out, '.');
    put_b64(out, payload);
    must(buf_err(out));
    must(es256_sign(s, buf_str(out), raw));
    buf_add_char(out, '.');
    put_b64(out, str_from((const char *)raw, sizeof raw));
    must(buf_err(out));
}

struct jwks *forge_keys(const struct jws_signer *s)
{
    struct buf json;
    struct jwk *k = NULL;
    struct jwks *keys = NULL;
    buf_init(&json, JWK_MAX);
    jwk_put(jws_signer_jwk(s), &json);
    must(buf_err(&json));
    must(jwk_parse(buf_str(&json), &k));
    must(jwks_new(&keys));
    must(jwks_add(keys, k));
    buf_done(&json);
    return keys;
}
