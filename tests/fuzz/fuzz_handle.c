/* fuzz_handle.c - handle_read(), what a browser or an application sends as cookie or code: of each
 * row there is one spelling per kind, and a handle of one kind is never read as another. */
#include "base/enc.h"
#include "base/secret.h"
#include "fuzz/fuzz.h"
#include "state/handle.h"

static const enum handle_tag tags[] = { HANDLE_SESSION, HANDLE_CODE, HANDLE_BROWSER };

/* The text that encodes what was decoded must be the text that came. */
static bool is_canonical(struct str text)
{
    unsigned char raw[40];
    char again[HANDLE_LEN - 2];
    size_t len = 0;
    struct str body = str_from(text.ptr + 2, text.len - 2);
    if (!err_ok(base64url_decode(body, raw, sizeof raw, &len)) || len != sizeof raw)
        return false;
    base64url_encode(again, raw, len);
    return str_eq(body, str_from(again, sizeof again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_from((const char *)data, size);
    int accepted = 0;
    for (size_t i = 0; i < COUNT(tags); i++) {
        struct handle_row row, again;
        bool valid = false, valid_again = false;
        FUZZ_CHECK(err_ok(handle_read(tags[i], text, &row, &valid)));
        FUZZ_CHECK(err_ok(handle_read(tags[i], text, &again, &valid_again)));
        FUZZ_CHECK(valid == valid_again && row.id == again.id);
        /* what is no handle gets another hash each time: it can match nothing */
        FUZZ_CHECK(ct_equal(row.hash, again.hash, sizeof row.hash) == valid);
        FUZZ_CHECK(!valid || is_canonical(text));
        accepted += valid ? 1 : 0;
    }
    FUZZ_CHECK(accepted <= 1);
    return 0;
}
