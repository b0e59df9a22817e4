#include "pages/i18n.h"

#include "base/date.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#define DOMAIN_FR "habilis-fr"

/* The typographic spaces of French: a thin one before "h" would break in some fonts, so the plain
 * no-break space is used everywhere in times. */
#define NBSP "\xC2\xA0"

static const struct {
    const char *code;
    const char *domain; /* NULL: the message is the text */
} langs[LANG_COUNT] = {
    [LANG_FR] = { "fr", DOMAIN_FR },
    [LANG_EN] = { "en", NULL },
};

err_t i18n_init(const char *localedir)
{
    /* Translated only when the catalogue is found: this msgid is in it, and differs in French. */
    static const char probe[] = N_("Sign in");
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): main() calls this before any thread starts */
    if (setlocale(LC_MESSAGES, "C.UTF-8") == NULL || setenv("LANGUAGE", "habilis", 1) != 0 ||
        bindtextdomain(DOMAIN_FR, localedir) == NULL ||
        bind_textdomain_codeset(DOMAIN_FR, "UTF-8") == NULL)
        return ERR(LIBRARY);
    return i18n(LANG_FR, probe) == probe ? ERR(CONFIG) : ERR(OK);
}

const char *i18n(enum lang lang, const char *msgid)
{
    const char *domain = langs[lang].domain;
    /* gettext answers "" with the catalogue's header */
    return domain == NULL || msgid[0] == '\0' ? msgid : dgettext(domain, msgid);
}

const char *i18n_plural(enum lang lang, const char *one, const char *many, unsigned long n)
{
    const char *domain = langs[lang].domain;
    if (domain == NULL)
        return n == 1 ? one : many;
    return dngettext(domain, one, many, n);
}

const char *lang_code(enum lang lang) { return langs[lang].code; }

bool lang_parse(struct str code, enum lang *out)
{
    for (int i = 0; i < LANG_COUNT; i++) {
        if (!str_eq(code, str_of(langs[i].code)))
            continue;
        *out = (enum lang)i;
        return true;
    }
    return false;
}

enum lang lang_other(enum lang lang) { return lang == LANG_FR ? LANG_EN : LANG_FR; }

/* "q=0.8" in thousandths, RFC 9110 section 12.4.2; -1 when it is none. */
static int weight(struct str q)
{
    int value = 0, scale = 1000;
    if (q.len < 3 || q.len > 7 || (q.ptr[0] != 'q' && q.ptr[0] != 'Q') || q.ptr[1] != '=')
        return -1;
    for (size_t i = 2; i < q.len; i++) {
        char c = q.ptr[i];
        if (i == 3 ? c != '.' : c < '0' || c > '9')
            return -1;
        if (i == 3)
            continue;
        value += (c - '0') * scale;
        scale /= 10;
    }
    return value <= 1000 ? value : -1;
}

/* The weight of one range of the list, and whether it names a language of ours. */
static int range_weight(struct str range, enum lang *lang)
{
    struct str tag, primary;
    int q = 1000;
    if (str_cut(&range, ';', &tag))
        q = weight(str_trim(range));
    else
        tag = range;
    tag = str_trim(tag);
    if (!str_cut(&tag, '-', &primary))
        primary = tag;
    if (str_eq_ignore_case(primary, STR("fr")))
        *lang = LANG_FR;
    else if (str_eq_ignore_case(primary, STR("en")))
        *lang = LANG_EN;
    else
        return -1;
    return q;
}

enum lang lang_negotiate(struct str accept_language)
{
    enum { RANGES_MAX = 16 };
    struct str rest = accept_language, range;
    enum lang best = LANG_FR, lang = LANG_FR;
    int best_q = 0;
    for (int i = 0; i < RANGES_MAX && str_next(&rest, ',', &range); i++) {
        int q = range_weight(range, &lang);
        if (q <= best_q)
            continue;
        best = lang;
        best_q = q;
    }
    return best;
}

static const char *const weekdays[] = { N_("Monday"),   N_("Tuesday"), N_("Wednesday"),
                                        N_("Thursday"), N_("Friday"),  N_("Saturday"),
                                        N_("Sunday") };
static const char *const months[] = { N_("January"), N_("February"), N_("March"),
                                      N_("April"),   N_("May"),      N_("June"),
                                      N_("July"),    N_("August"),   N_("September"),
                                      N_("October"), N_("November"), N_("December") };

/* Years that people write; beyond them the calendar would not fit in an int either. */
static int64_t clamp_instant(int64_t instant)
{
    const int64_t first = date_days(1, 1, 2) * 86400, last = date_days(9999, 12, 30) * 86400;
    if (instant < first)
        return first;
    return instant > last ? last : instant;
}

static int64_t paris_days(int64_t instant)
{
    int64_t local = instant + date_paris_offset(instant);
    return local / 86400 - (local % 86400 < 0);
}

void i18n_day(enum lang lang, int64_t instant, struct buf *out)
{
    int year = 0, month = 0, day = 0;
    int64_t days = paris_days(clamp_instant(instant));
    int64_t weekday = ((days + 3) % 7 + 7) % 7; /* day 0 was a Thursday */
    date_civil(days, &year, &month, &day);
    buf_addf(out, "%s ", i18n(lang, weekdays[weekday]));
    buf_add_i64(out, day);
    if (lang == LANG_FR)
        buf_addf(out, "%s" NBSP, day == 1 ? "er" : "");
    else
        buf_add_char(out, ' ');
    buf_addf(out, "%s %d", i18n(lang, months[month - 1]), year);
}

void i18n_instant(enum lang lang, int64_t instant, struct buf *out)
{
    int minutes = date_paris_minute_of_day(clamp_instant(instant));
    i18n_day(lang, instant, out);
    if (lang == LANG_FR)
        buf_addf(out, " à %d" NBSP "h" NBSP "%02d", minutes / 60, minutes % 60);
    else
        buf_addf(out, ", %02d:%02d", minutes / 60, minutes % 60);
}

void i18n_duration(enum lang lang, int64_t seconds, struct buf *out)
{
    unsigned long n = seconds < 1 ? 1 : (unsigned long)seconds;
    const char *unit = NULL;
    if (n < 60) {
        unit = i18n_plural(lang, "second", "seconds", n);
    } else if (n <= 90UL * 60) {
        n = (n + 59) / 60;
        unit = i18n_plural(lang, "minute", "minutes", n);
    } else {
        n = n / 3600 + (n % 3600 != 0);
        unit = i18n_plural(lang, "hour", "hours", n);
    }
    buf_addf(out, "%lu" NBSP "%s", n, unit);
}
