/* forge.h - tokens that no honest signer makes: any header, any payload, a true signature. */
#ifndef SUPPORT_FORGE_H
#define SUPPORT_FORGE_H

#include "base/buf.h"
#include "token/jws.h"

/* Resets OUT and writes b64(header).b64(payload).signature, signed by S. */
void forge_token(struct jws_signer *s, struct str header, struct str payload, struct buf *out);
/* A set of the signer's public key, under its thumbprint. The caller frees it. */
struct jwks *forge_keys(const struct jws_signer *s);

#endif
