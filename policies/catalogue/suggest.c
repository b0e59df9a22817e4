#include "catalogue/shape.h"

#include <string.h>

enum { WIDE = 96, FAR = 1000 };

/* ---- folding: "Infirmière" and "INFIRMIERE" are the same word here ---- */

struct folded {
    char text[WIDE];
    size_t len;
};

/* The ASCII letter under a letter of Latin-1 (bytes C3 xx), or 0. */
static char bare(unsigned char second)
{
    static const char letters[] = "aaaaaaaceeeeiiii.nooooo.ouuuuy..";
    char c = letters[(second - 0x80) & 0x1f];
    return c == '.' ? '\0' : c;
}

static struct folded fold(struct str s)
{
    struct folded f = { .len = 0 };
    for (size_t i = 0; i < s.len && f.len < WIDE; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == 0xc3 && i + 1 < s.len) {
            char letter = bare((unsigned char)s.ptr[++i]);
            f.text[f.len++] = letter == '\0' ? '?' : letter;
        } else if (c >= 'A' && c <= 'Z') {
            f.text[f.len++] = (char)(c - 'A' + 'a');
        } else {
            f.text[f.len++] = c == '-' || c == '.' ? '_' : (char)c;
        }
    }
    return f;
}

/* ---- letters added, lost, changed, swapped ---- */

static int least(int a, int b) { return a < b ? a : b; }

/* Damerau-Levenshtein, each stretch edited once; three rows are enough. */
static int distance(const struct folded *a, const struct folded *b)
{
    int rows[3][WIDE + 1];
    for (size_t j = 0; j <= b->len; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a->len; i++) {
        int *now = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= b->len; j++) {
            int change = above[j - 1] + (a->text[i - 1] != b->text[j - 1]);
            now[j] = least(change, least(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2] &&
                a->text[i - 2] == b->text[j - 1])
                now[j] = least(now[j], higher[j - 2] + 1);
        }
    }
    return rows[a->len % 3][b->len];
}

/* How far a label is from the word: it is the label, begins it, or begins a word of it. */
static int label_distance(const struct folded *wrong, struct str label)
{
    struct folded f = fold(label);
    if (wrong->len < 3 || wrong->len > f.len)
        return FAR;
    if (memcmp(f.text, wrong->text, wrong->len) == 0)
        return f.len == wrong->len ? 0 : 100 + (int)(f.len - wrong->len);
    for (size_t i = 1; i + wrong->len <= f.len; i++)
        if (f.text[i - 1] == ' ' && memcmp(f.text + i, wrong->text, wrong->len) == 0)
            return 300 + (int)f.len;
    return FAR;
}

/* One letter off a code is nearer than a label; three off are further. */
static int nearness(const struct folded *wrong, struct str word, struct str label)
{
    struct folded f = fold(word);
    int letters = distance(wrong, &f);
    int limit = (int)(wrong->len > f.len ? wrong->len : f.len) / 3;
    int by_code = letters <= (limit < 1 ? 1 : limit) ? 99 * letters - 98 : FAR;
    return least(by_code, label_distance(wrong, label));
}

err_t cat_suggestion(struct arena *a, struct str wrong, const struct str *words,
                     const struct str *labels, size_t count, struct str *out)
{
    struct folded f = fold(wrong);
    size_t best = 0;
    int nearest = FAR;
    for (size_t i = 0; i < count && f.len > 0; i++) {
        int n = nearness(&f, words[i], labels == NULL ? STR("") : labels[i]);
        if (n < nearest) {
            nearest = n;
            best = i;
        }
    }
    *out = STR("");
    if (nearest == FAR)
        return ERR(OK);
    return arena_printf(a, out, ", vouliez-vous %.*s ?", STR_ARG(cat_shown(a, words[best])));
}
