#include "pages/qr.h"

#include "base/secret.h"
#include "pages/html.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

enum { QUIET = 4 }; /* modules */

static bool is_dark(const QRcode *code, int x, int y)
{
    return (code->data[y * code->width + x] & 1) != 0;
}

/* One path: a rectangle, a module high, for each run of dark modules. */
static void draw_modules(const QRcode *code, struct buf *out)
{
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int run = 0;
            while (x + run < code->width && is_dark(code, x + run, y))
                run++;
            if (run == 0)
                continue;
            buf_addf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
            x += run;
        }
    }
}

static void draw(const QRcode *code, struct str alt, struct buf *out)
{
    int side = code->width + 2 * QUIET;
    buf_add(out, STR("<svg class=\"qr\" role=\"img\" aria-label=\""));
    html_text(out, alt);
    buf_addf(out, "\" viewBox=\"0 0 %d %d\"", side, side);
    /* Attributes, not CSS: the colours must not follow the dark scheme. */
    buf_add(out, STR(" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\""));
    buf_addf(out, "M0 0h%dv%dH0z", side, side);
    buf_add(out, STR("\"/><path fill=\"#000\" d=\""));
    draw_modules(code, out);
    buf_add(out, STR("\"/></svg>"));
}

err_t pages_qr_svg(struct str text, struct str alt, struct buf *out)
{
    char copy[QR_TEXT_MAX + 1];
    if (text.len > QR_TEXT_MAX)
        return ERR(TOO_LARGE);
    if (text.len == 0 || str_has_char(text, '\0'))
        return ERR(MALFORMED);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    QRcode *code = QRcode_encodeString8bit(copy, 0, QR_ECLEVEL_M);
    int why = errno;
    wipe(copy, sizeof copy); /* the URI holds the seed */
    if (code == NULL)
        return why == ENOMEM ? ERR(NO_MEMORY) : ERR(TOO_LARGE);
    draw(code, alt, out);
    wipe(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    return buf_err(out);
}
