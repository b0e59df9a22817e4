/* qr.h - a QR code as inline SVG, for the enrolment of one-time codes.
 *
 * Drawn by libqrencode, error correction M, with the quiet zone of four modules that ISO/IEC 18004
 * asks for. Black on white whatever the colour scheme: telephones read the inverse badly.
 */
#ifndef PAGES_QR_H
#define PAGES_QR_H

#include "base/buf.h"

enum { QR_TEXT_MAX = 1000 }; /* bytes */

/* Appends "<svg …>…</svg>" of TEXT, with ALT, escaped, as its accessible name. The markup holds
 * nothing of TEXT but its modules. Errors: MALFORMED (empty, or holds a NUL), TOO_LARGE (over
 * QR_TEXT_MAX, or OUT is full), NO_MEMORY. */
NODISCARD err_t pages_qr_svg(struct str text, struct str alt, struct buf *out);

#endif
