#include "base/access.h"

#include "base/date.h"

static const char *const reason_names[] = {
#define X(code, name) name,
    ACCESS_REASONS(X)
#undef X
};

static const char *const acr_names[] = { "", "eidas1", "eidas2", "eidas3" };

static const struct word {
    struct str name;
    enum access_kind kind;
} words[] = {
#define X(code, name, kind) { STR_INIT(name), ACCESS_KIND_##kind },
    ACCESS_WORDS(X)
#undef X
};

/* The words of one kind, as constants: deciding must not loop over the table. */
#define OF_KIND(code, word_kind, wanted) \
    (ACCESS_KIND_##word_kind == (wanted) ? ACCESS_BIT(code) : (uint64_t)0)
#define X(code, name, kind) | OF_KIND(code, kind, ACCESS_KIND_DATED)
static const uint64_t dated = 0 ACCESS_WORDS(X);
#undef X
#define X(code, name, kind) \
    | OF_KIND(code, kind, ACCESS_KIND_OBLIGATION) | OF_KIND(code, kind, ACCESS_KIND_TRACE)
static const uint64_t always = 0 ACCESS_WORDS(X);
#undef X

const char *access_reason_name(enum access_reason r)
{
    return (size_t)r < COUNT(reason_names) ? reason_names[r] : reason_names[ACCESS_UNSET];
}

enum access_acr access_acr_of(struct str acr)
{
    for (size_t i = ACCESS_EIDAS1; i < COUNT(acr_names); i++)
        if (str_eq(acr, str_of(acr_names[i])))
            return (enum access_acr)i;
    return ACCESS_ACR_NONE;
}

const char *access_acr_name(enum access_acr acr)
{
    return (size_t)acr < COUNT(acr_names) ? acr_names[acr] : "";
}

uint64_t access_words_of(enum access_kind kind)
{
    uint64_t set = 0;
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].kind == kind)
            set |= (uint64_t)1 << i;
    return set;
}

static size_t find_known(struct str word)
{
    size_t i = 0;
    while (i < COUNT(words) && !str_eq(words[i].name, word))
        i++;
    return i;
}

enum access_kind access_kind_of(struct str word)
{
    size_t i = find_known(word);
    return i < COUNT(words) ? words[i].kind : ACCESS_KIND_NEVER;
}

void access_words_init(struct access_words *w)
{
    for (size_t i = 0; i < COUNT(words); i++)
        w->name[i] = words[i].name;
    w->count = ACCESS_WORD_KNOWN;
}

err_t access_words_add(struct access_words *w, struct str condition, uint64_t *bit)
{
    size_t i = find_known(condition);
    if (i == COUNT(words) || words[i].kind == ACCESS_KIND_FILE)
        for (i = COUNT(words); i < w->count && !str_eq(w->name[i], condition);)
            i++;
    if (i >= ACCESS_WORD_MAX)
        return ERR(TOO_LARGE);
    if (i == w->count)
        w->name[w->count++] = condition;
    *bit = (uint64_t)1 << i;
    return ERR(OK);
}

unsigned access_words_list(const struct access_words *w, uint64_t set,
                           struct str out[ACCESS_WORD_MAX])
{
    unsigned n = 0;
    for (; set != 0; set &= set - 1) {
        struct str name = w->name[__builtin_ctzll(set)];
        unsigned at = n++;
        for (; at > 0 && str_cmp(name, out[at - 1]) < 0; at--)
            out[at] = out[at - 1];
        out[at] = name;
    }
    return n;
}

int access_words_cmp(const struct access_words *w, uint64_t a, uint64_t b)
{
    if (a == b)
        return 0;
    int count_a = __builtin_popcountll(a), count_b = __builtin_popcountll(b);
    if (count_a != count_b)
        return count_a - count_b;
    /* As many names: the list that holds the first of the names they do not share comes first. */
    uint64_t first = 0;
    for (uint64_t rest = a ^ b; rest != 0; rest &= rest - 1) {
        uint64_t bit = rest & (~rest + 1);
        if (first == 0 ||
            str_cmp(w->name[__builtin_ctzll(bit)], w->name[__builtin_ctzll(first)]) < 0)
            first = bit;
    }
    return (a & first) != 0 ? -1 : 1;
}

enum {
    NIGHT_BEGINS = 21 * 60, /* minutes of the day */
    NIGHT_ENDS = 7 * 60,
};

bool access_is_night(int64_t now)
{
    int minute = date_paris_minute_of_day(now);
    return minute >= NIGHT_BEGINS || minute < NIGHT_ENDS;
}

/* Length of the white space that S begins with: Unicode White_Space, and the four information
 * separators U+001C to U+001F; 0 for anything else. */
static size_t space_len(struct str s)
{
    static const struct str wide[] = {
        STR_INIT("\xC2\x85"),     STR_INIT("\xC2\xA0"),     STR_INIT("\xE1\x9A\x80"),
        STR_INIT("\xE2\x80\xA8"), STR_INIT("\xE2\x80\xA9"), STR_INIT("\xE2\x80\xAF"),
        STR_INIT("\xE2\x81\x9F"), STR_INIT("\xE3\x80\x80"),
    };
    unsigned char c = (unsigned char)s.ptr[0];
    if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F))
        return 1;
    for (size_t i = 0; i < COUNT(wide); i++)
        if (str_starts(s, wide[i]))
            return wide[i].len;
    /* U+2000 to U+200A */
    return str_starts(s, STR("\xE2\x80")) && s.len > 2 && (unsigned char)s.ptr[2] >= 0x80 &&
                   (unsigned char)s.ptr[2] <= 0x8A
               ? 3
               : 0;
}

bool access_motif_is_given(struct str motif)
{
    while (motif.len > 0) {
        size_t n = space_len(motif);
        if (n == 0)
            return true;
        motif = str_from(motif.ptr + n, motif.len - n);
    }
    return false;
}

static uint64_t bit_if(bool holds, uint64_t bit) { return holds ? bit : 0; }

uint64_t access_failing(uint64_t conditions, const struct access_facts *f, bool has_end)
{
    uint64_t failing = conditions & ~always;
    if (failing == 0)
        return 0;
    uint64_t holds = bit_if(has_end, dated) | bit_if(f->acr >= ACCESS_EIDAS2, ACCESS_BIT(2F)) |
                     bit_if(f->psc && f->acr != ACCESS_ACR_NONE, ACCESS_BIT(PSC)) |
                     bit_if(f->urgence, ACCESS_BIT(URGENCE)) |
                     bit_if(f->supervise, ACCESS_BIT(SUPERVISE)) |
                     bit_if(f->presence_physique, ACCESS_BIT(PRESENCE_PHYSIQUE)) |
                     bit_if(f->owner_is_other, ACCESS_BIT(PAS_SOI_MEME));
    failing &= ~holds;
    if ((failing & ACCESS_BIT(CRENEAU_NUIT)) != 0 && access_is_night(f->now))
        failing &= ~ACCESS_BIT(CRENEAU_NUIT);
    if ((failing & ACCESS_BIT(MOTIF)) != 0 && access_motif_is_given(f->motif))
        failing &= ~ACCESS_BIT(MOTIF);
    return failing;
}

static bool is_word(struct str s, size_t max, bool dots)
{
    if (s.len == 0 || s.len > max || s.ptr[0] == '-' || s.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && !(dots && c == '.'))
            return false;
    }
    return true;
}

bool access_is_code(struct str s) { return is_word(s, ACCESS_CODE_MAX, true); }

bool access_is_name(struct str s) { return is_word(s, ACCESS_NAME_MAX, false); }
