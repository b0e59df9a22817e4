/* enc.h - hex, base64url and base32 (RFC 4648 sections 8, 5 and 6), strict both ways.
 *
 * Encoders write exactly the stated number of characters and no NUL. Decoders take the capacity
 * of the output, refuse padding where the form has none, characters outside the alphabet, and
 * non-zero trailing bits (one text per value). On failure the output's content is unspecified and
 * *out_len untouched. Errors: MALFORMED, TOO_LARGE (more bytes than the capacity).
 */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include "base/str.h"

/* Characters needed for N bytes. */
#define HEX_LEN(n)       (2 * (n))
#define BASE64URL_LEN(n) (((n)*4 + 2) / 3)
#define BASE32_LEN(n)    (((n)*8 + 4) / 5)

void hex_encode(char *out, const void *bytes, size_t len); /* lower case */
NODISCARD err_t hex_decode(struct str text, void *out, size_t cap, size_t *out_len);

void base64url_encode(char *out, const void *bytes, size_t len); /* no padding */
NODISCARD err_t base64url_decode(struct str text, void *out, size_t cap, size_t *out_len);

void base64_encode(char *out, const void *bytes, size_t len); /* section 4: 4*ceil(len/3), padded */
NODISCARD err_t base64_decode(struct str text, void *out, size_t cap, size_t *out_len); /* padded */

void base32_encode(char *out, const void *bytes, size_t len); /* upper case, no padding */
NODISCARD err_t base32_decode(struct str text, void *out, size_t cap, size_t *out_len);

#endif
