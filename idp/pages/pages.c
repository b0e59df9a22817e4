#include "pages/pages.h"

#include "base/arena.h"
#include "base/embed.h"
#include "pages/charter_text.h"
#include "pages/pages_table.h"
#include "pages/qr.h"
#include "pages/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct embed_file page_templates[];
extern const struct embed_file page_files[];

enum { TEMPLATES_MAX = 64, ASSETS_MAX = 4, QR_SVG_MAX = 64 * 1024, FLAG_MAX = 32 };

struct pages {
    struct arena *arena;      /* names and paths */
    const char *organisation; /* UTF-8 */
    struct tpl_set *templates;
    struct page_asset assets[ASSETS_MAX];
    size_t asset_count;
};

static struct str content(const struct embed_file *f)
{
    return str_from((const char *)f->data, f->len);
}

/* Every page of the table has its template. */
static bool are_all_there(const struct tpl_source *sources, size_t count)
{
    for (const struct page *page = page_table; page->name != NULL; page++) {
        size_t i = 0;
        while (i < count && !str_eq(sources[i].name, str_of(page->name)))
            i++;
        if (i == count)
            return false;
    }
    return true;
}

static err_t parse_templates(struct pages *p)
{
    struct tpl_source sources[TEMPLATES_MAX];
    struct tpl_fault fault;
    size_t n = 0;
    for (const struct embed_file *f = page_templates; f->name != NULL; f++, n++) {
        struct str name = str_of(f->name), suffix;
        if (n == TEMPLATES_MAX || !str_cut_last(&name, '.', &suffix))
            return ERR(BUG);
        sources[n] = (struct tpl_source){ name, content(f) }; /* "login" of "login.html" */
    }
    if (!are_all_there(sources, n))
        return ERR(BUG);
    return tpl_set_new(sources, n, &p->templates, &fault);
}

static err_t name_assets(struct pages *p)
{
    for (const struct embed_file *f = page_files; f->name != NULL; f++) {
        struct str stem = str_of(f->name), suffix, path;
        if (p->asset_count == ASSETS_MAX || !str_cut_last(&stem, '.', &suffix))
            return ERR(BUG);
        TRY(arena_printf(p->arena, &path, "/assets/%.*s-%016llx.%.*s", STR_ARG(stem),
                         (unsigned long long)str_hash(content(f), 0), STR_ARG(suffix)));
        p->assets[p->asset_count++] = (struct page_asset){
            .path = path.ptr, /* arena_printf() leaves a NUL after it */
            .type = str_eq(suffix, STR("css")) ? "text/css; charset=utf-8" : "image/svg+xml",
            .body = content(f),
        };
    }
    return ERR(OK);
}

static err_t build(struct pages *p, struct str organisation)
{
    if (!str_is_utf8(organisation))
        return ERR(BAD_UTF8);
    json_object_seed(0); /* now, while one thread runs; otherwise at the first object */
    TRY(arena_new(ARENA_DEFAULT_MAX, &p->arena));
    TRY(arena_cstr(p->arena, organisation, &p->organisation));
    TRY(parse_templates(p));
    return name_assets(p);
}

err_t pages_new(const char *organisation, struct pages **out)
{
    struct pages *p = calloc(1, sizeof *p);
    err_t e = p == NULL ? ERR(NO_MEMORY) : build(p, str_of(organisation));
    if (!err_ok(e)) {
        pages_free(p);
        return e;
    }
    *out = p;
    return ERR(OK);
}

void pages_free(struct pages *p)
{
    if (p == NULL)
        return;
    tpl_set_free(p->templates);
    arena_free(p->arena);
    free(p);
}

const struct page_asset *pages_assets(const struct pages *p, size_t *count)
{
    *count = p->asset_count;
    return p->assets;
}

const struct page_asset *pages_asset(const struct pages *p, struct str path)
{
    for (size_t i = 0; i < p->asset_count; i++)
        if (str_eq(str_of(p->assets[i].path), path))
            return &p->assets[i];
    return NULL;
}

static const char *path_of(const struct pages *p, const char *suffix)
{
    for (size_t i = 0; i < p->asset_count; i++)
        if (str_ends(str_of(p->assets[i].path), str_of(suffix)))
            return p->assets[i].path;
    return "/";
}

/* {"is_WORD": true}, or null: what the sections of a template ask. The prefix keeps the flag from
 * hiding a member of the data: reason "ended" goes with the instant `ended`. */
static json_t *flag(const char *word)
{
    char name[FLAG_MAX];
    if (word == NULL)
        return json_null();
    (void)snprintf(name, sizeof name, "is_%s", word);
    return json_pack("{s:b}", name, 1);
}

static const char *word_of(const json_t *data, const char *name)
{
    return json_string_value(json_object_get(data, name));
}

/* What every page has, under the name `page`. */
static json_t *common(const struct pages *p, const struct page *page, enum lang lang,
                      const json_t *data)
{
    enum lang other = lang_other(lang);
    const char *kind = page_error_kind(json_integer_value(json_object_get(data, "status")));
    bool has_code = strcmp(page->name, "enrol_totp") != 0 || word_of(data, "error") != NULL;
    return json_pack(
        "{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:o, s:o, s:o}}", "page",
        "lang", lang_code(lang), "other_lang", lang_code(other), "other_name",
        other == LANG_FR ? "Français" : "English", "organisation", p->organisation, "title",
        i18n(lang, page_title(page, data)), "style", path_of(p, ".css"), "icon", path_of(p, ".svg"),
        "shape", page->shape, "entering", page->entering, "focus_code", has_code, "has_apps",
        json_array_size(json_object_get(data, "apps")) > 0, "has_items",
        json_array_size(json_object_get(data, "items")) > 0, "error", flag(word_of(data, "error")),
        "reason", flag(word_of(data, "reason")), "kind", flag(kind));
}

static err_t add_blocks(json_t *base, const json_t *text)
{
    json_t *blocks = charter_blocks(str_from(json_string_value(text), json_string_length(text)));
    return json_object_set_new(json_object_get(base, "page"), "blocks", blocks) == 0
               ? ERR(OK)
               : ERR(NO_MEMORY);
}

static err_t draw_qr(enum lang lang, const json_t *otpauth, struct buf *svg)
{
    struct str uri = str_from(json_string_value(otpauth), json_string_length(otpauth));
    const char *alt = i18n(lang, N_("QR code to scan with the code application"));
    return pages_qr_svg(uri, str_of(alt), svg);
}

/* What some pages need besides DATA: the charter in blocks, the QR code. */
static err_t add_special(json_t *base, enum lang lang, const json_t *data, struct buf *svg)
{
    const json_t *text = json_object_get(data, "text");
    const json_t *otpauth = json_object_get(data, "otpauth");
    if (json_is_string(text))
        TRY(add_blocks(base, text));
    return json_is_string(otpauth) ? draw_qr(lang, otpauth, svg) : ERR(OK);
}

err_t pages_render(const struct pages *p, enum lang lang, const char *name, const json_t *data,
                   struct buf *out)
{
    const struct page *page = page_find(name);
    struct buf svg;
    if (page == NULL)
        return ERR(BUG);
    TRY(page_check(page, data));
    json_t *base = common(p, page, lang, data);
    if (base == NULL)
        return ERR(NO_MEMORY);
    buf_init(&svg, QR_SVG_MAX);
    err_t e = add_special(base, lang, data, &svg);
    if (err_ok(e)) {
        struct tpl_view view = { lang, base, data, name, buf_str(&svg) };
        e = tpl_render(p->templates, "layout", &view, out);
    }
    buf_done(&svg); /* wiped: the code holds the seed */
    json_decref(base);
    return e;
}
