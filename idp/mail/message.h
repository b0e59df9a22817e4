/* message.h - a mail as it goes over the wire (RFC 5322, RFC 2045 to 2047): text, UTF-8, base64.
 *
 * No text from outside reaches a header but through these functions: an address must be a dot-atom of
 * ASCII at a host name, a subject is encoded whole. So none can hold a line end, or begin a header.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "base/buf.h"

enum { MAIL_ADDRESS_MAX = 254, MAIL_SUBJECT_MAX = 200, MAIL_MESSAGE_MAX = 64 * 1024 };

/* "local@host.example": dot-atom of RFC 5322 section 3.2.3, host name of RFC 1123; no quoted local part,
 * no address literal. */
bool mail_address_is_sound(struct str address);

struct mail_message {
    struct str id; /* UUID: the left half of the Message-ID; the right is the host of FROM */
    struct str from_name, from, to, subject;
    struct str body; /* lines end in LF */
    int64_t date;    /* seconds, UTC */
};

/* Appends the message to OUT, lines ending in CR LF. Errors: MALFORMED (an address, an id, a name or a
 * subject with a control character, a body not UTF-8), TOO_LARGE, NO_MEMORY. */
NODISCARD err_t mail_write(const struct mail_message *m, struct buf *out);

#endif
