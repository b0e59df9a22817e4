#include "pages/qr.h"
#include "support/suite.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 185, QUIET = 4 }; /* version 40 has 177 modules */

#define URI "otpauth://totp/ESMS:m.legoff?secret=JBSWY3DPEHPK3PXP&issuer=ESMS"

/* Paints the runs of the second path, "M4 4h7v1h-7z…", and returns the side of the drawing. */
static long paint(const char *svg, bool dark[SIDE_MAX][SIDE_MAX])
{
    const char *box = strstr(svg, "viewBox=\"0 0 "), *at = strstr(svg, "fill=\"#000\" d=\"");
    ck_assert(box != NULL && at != NULL);
    char *end = NULL;
    long side = strtol(box + strlen("viewBox=\"0 0 "), NULL, 10);
    at += strlen("fill=\"#000\" d=\"");
    while (*at == 'M') {
        long x = strtol(at + 1, &end, 10);
        long y = strtol(end, &end, 10);
        ck_assert_int_eq(*end, 'h');
        long run = strtol(end + 1, &end, 10);
        ck_assert(x >= 0 && y >= 0 && run > 0 && x + run <= side && y < side && side <= SIDE_MAX);
        for (long i = 0; i < run; i++)
            dark[y][x + i] = true;
        at = strchr(end, 'z') + 1;
    }
    ck_assert_int_eq(*at, '"');
    return side;
}

/* The drawing, read back, is the code of libqrencode inside a quiet zone of four light modules. */
START_TEST(drawing)
{
    static bool dark[SIDE_MAX][SIDE_MAX];
    struct buf svg;
    buf_init(&svg, 65536);
    ck_assert_ok(pages_qr_svg(STR(URI), STR("QR"), &svg));
    buf_add_char(&svg, '\0');
    long side = paint(svg.ptr, dark);
    QRcode *want = QRcode_encodeString8bit(URI, 0, QR_ECLEVEL_M);
    ck_assert_int_eq(side, want->width + 2 * QUIET);
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            int cx = x - QUIET, cy = y - QUIET;
            bool inside = cx >= 0 && cy >= 0 && cx < want->width && cy < want->width;
            bool module = inside && (want->data[cy * want->width + cx] & 1) != 0;
            ck_assert_msg(dark[y][x] == module, "module %d, %d", cx, cy);
        }
    }
    QRcode_free(want);
    buf_done(&svg);
}
END_TEST

/* The markup holds the name, escaped, and nothing of the text. */
START_TEST(markup)
{
    struct buf svg;
    buf_init(&svg, 65536);
    ck_assert_ok(pages_qr_svg(STR("<script>\"x\"</script>"), STR("a \"<b>"), &svg));
    buf_add_char(&svg, '\0');
    ck_assert_ptr_nonnull(strstr(svg.ptr, "role=\"img\" aria-label=\"a &quot;&lt;b&gt;\" "));
    ck_assert_ptr_null(strstr(svg.ptr, "script"));
    buf_done(&svg);
}
END_TEST

/* Bounds of qr.h: length, NUL, the buffer's maximum. */
START_TEST(bounds)
{
    char text[QR_TEXT_MAX + 1];
    struct buf svg;
    memset(text, 'a', sizeof text);
    buf_init(&svg, 1024 * 1024);
    ck_assert_err(pages_qr_svg(STR(""), STR("QR"), &svg), MALFORMED);
    ck_assert_err(pages_qr_svg(STR("a\0b"), STR("QR"), &svg), MALFORMED);
    ck_assert_err(pages_qr_svg(str_from(text, QR_TEXT_MAX + 1), STR("QR"), &svg), TOO_LARGE);
    ck_assert_uint_eq(svg.len, 0);
    ck_assert_ok(pages_qr_svg(str_from(text, QR_TEXT_MAX), STR("QR"), &svg));
    buf_done(&svg);
    buf_init(&svg, 100);
    ck_assert_err(pages_qr_svg(STR("a"), STR("QR"), &svg), TOO_LARGE);
    buf_done(&svg);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("qr");
    tcase_add_test(t, drawing);
    tcase_add_test(t, markup);
    tcase_add_test(t, bounds);
    return RUN_SUITE("qr", t);
}
