/* render_all - writes every page of samples.json, in each language, into a folder, with the assets,
 * for the browser tests and for people to look at.
 *
 *   render_all LOCALEDIR samples.json OUTDIR      OUTDIR/fr-login-wrong.html, OUTDIR/assets/… */
#include "base/buf.h"
#include "pages/pages.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool write_file(const char *folder, const char *name, struct str content)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return false;
    bool written = fwrite(content.ptr, 1, content.len, f) == content.len;
    return fclose(f) == 0 && written;
}

static bool write_page(const struct pages *pages, enum lang lang, const json_t *sample,
                       const char *folder)
{
    char name[256];
    const char *page = json_string_value(json_object_get(sample, "page"));
    const char *which = json_string_value(json_object_get(sample, "case"));
    struct buf html;
    buf_init(&html, PAGE_MAX);
    err_t e = pages_render(pages, lang, page, json_object_get(sample, "data"), &html);
    (void)snprintf(name, sizeof name, "%s-%s%s%s.html", lang_code(lang), page, which ? "-" : "",
                   which ? which : "");
    bool done = err_ok(e) && write_file(folder, name, buf_str(&html));
    if (!done)
        (void)fprintf(stderr, "%s: %s\n", name, err_name(e));
    buf_done(&html);
    return done;
}

static bool write_all(const struct pages *pages, const json_t *samples, const char *folder)
{
    size_t assets = 0, i = 0;
    const json_t *sample = NULL;
    char path[4096];
    bool good = json_array_size(samples) > 0;
    (void)snprintf(path, sizeof path, "%s/assets", folder);
    (void)mkdir(folder, 0755);
    (void)mkdir(path, 0755);
    const struct page_asset *asset = pages_assets(pages, &assets);
    for (i = 0; i < assets; i++)
        good = write_file(folder, asset[i].path, asset[i].body) && good;
    json_array_foreach(samples, i, sample)
    {
        good = write_page(pages, LANG_FR, sample, folder) && good;
        good = write_page(pages, LANG_EN, sample, folder) && good;
    }
    return good;
}

int main(int argc, char **argv)
{
    struct pages *pages = NULL;
    json_error_t why;
    if (argc != 4) {
        (void)fprintf(stderr, "usage: render_all LOCALEDIR SAMPLES.json OUTDIR\n");
        return 2;
    }
    json_t *samples = json_load_file(argv[2], 0, &why);
    err_t e = samples == NULL ? ERR(BAD_FILE) : i18n_init(argv[1]);
    if (err_ok(e))
        e = pages_new("Direction commune de Loire-Atlantique", &pages);
    if (!err_ok(e))
        (void)fprintf(stderr, "render_all: %s\n", err_name(e));
    bool good = err_ok(e) && write_all(pages, samples, argv[3]);
    pages_free(pages);
    json_decref(samples);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
