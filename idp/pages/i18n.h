/* i18n.h - the languages of the pages: French first, English second, by gettext.
 *
 * English is the message itself; French is LOCALEDIR/habilis/LC_MESSAGES/habilis-fr.mo, its source
 * po/fr.po. There is one text domain per language, because a bare Debian has no locale but C.UTF-8
 * and gettext's LANGUAGE variable is one per process: all threads look in the same pseudo-language
 * "habilis", and the domain they name chooses the tongue. Any number of threads may call anything
 * here but i18n_init(). What is returned as `const char *` is static or owned by gettext for ever.
 */
#ifndef PAGES_I18N_H
#define PAGES_I18N_H

#include "base/buf.h"

enum lang {
    LANG_FR,
    LANG_EN,
};
enum { LANG_COUNT = 2 };

/* Marks a message that is translated later, for xgettext; the value is the literal itself. */
#define N_(msgid) msgid

/* Once, in main, before any thread starts: sets LC_MESSAGES and the environment's LANGUAGE, and
 * reads the catalogue in LOCALEDIR. Errors: CONFIG (no French catalogue there), LIBRARY. */
NODISCARD err_t i18n_init(const char *localedir);

const char *i18n(enum lang lang, const char *msgid); /* MSGID itself when not translated */
/* The form of the message for N things; both texts are English. */
const char *i18n_plural(enum lang lang, const char *one, const char *many, unsigned long n);

const char *lang_code(enum lang lang);            /* "fr", "en": for the lang attribute */
bool lang_parse(struct str code, enum lang *out); /* exactly "fr" or "en" */
enum lang lang_other(enum lang lang);
/* The one our reader prefers: Accept-Language of RFC 9110 section 12.5.4, the first 16 ranges of
 * it; LANG_FR when it names neither, is malformed or empty. */
enum lang lang_negotiate(struct str accept_language);

/* Times for people, in the legal time of Paris, with the typographic spaces of the language:
 *   instant   "mardi 24 novembre 2026 à 16 h 55"   "Tuesday 24 November 2026, 16:55"
 *   day       "mardi 24 novembre 2026"             "Tuesday 24 November 2026"
 *   duration  "45 secondes", "2 minutes", "1 heure": rounded up, at least one second */
void i18n_instant(enum lang lang, int64_t instant, struct buf *out);
void i18n_day(enum lang lang, int64_t instant, struct buf *out);
void i18n_duration(enum lang lang, int64_t seconds, struct buf *out);

#endif
