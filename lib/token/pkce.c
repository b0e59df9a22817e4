#include "token/pkce.h"

#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "token/hash.h"

enum { VERIFIER_MIN = 43, VERIFIER_MAX = 128 };

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static bool is_verifier(struct str s)
{
    if (s.len < VERIFIER_MIN || s.len > VERIFIER_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_unreserved(s.ptr[i]))
            return false;
    return true;
}

bool pkce_is_challenge(struct str challenge)
{
    unsigned char digest[SHA256_LEN];
    size_t len = 0;
    return challenge.len == PKCE_CHALLENGE_LEN &&
           err_ok(base64url_decode(challenge, digest, sizeof digest, &len)) && len == sizeof digest;
}

void pkce_verifier(char out[PKCE_VERIFIER_LEN])
{
    unsigned char chance[32];
    rng_fill(chance, sizeof chance);
    base64url_encode(out, chance, sizeof chance);
    wipe(chance, sizeof chance);
}

err_t pkce_challenge(struct str verifier, char out[PKCE_CHALLENGE_LEN])
{
    if (!is_verifier(verifier))
        return ERR(MALFORMED);
    return sha256_b64(verifier, out);
}

err_t pkce_check(struct str verifier, struct str challenge)
{
    char want[PKCE_CHALLENGE_LEN];
    TRY(pkce_challenge(verifier, want));
    return ct_str_equal(str_from(want, sizeof want), challenge) ? ERR(OK) : ERR(DENIED);
}
