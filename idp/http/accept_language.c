#include "http/accept_language.h"

enum { WEIGHT_BAD = -1, WEIGHT_ONE = 1000 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* RFC 9110 section 12.4.2: 0, 1, or either with up to three decimals; in thousandths. */
static int parse_weight(struct str q)
{
    int value = 0, scale = WEIGHT_ONE;
    if (q.len == 0 || q.len > 5 || (q.ptr[0] != '0' && q.ptr[0] != '1') ||
        (q.len > 1 && q.ptr[1] != '.'))
        return WEIGHT_BAD;
    value = (q.ptr[0] - '0') * WEIGHT_ONE;
    for (size_t i = 2; i < q.len; i++) {
        if (!is_digit(q.ptr[i]))
            return WEIGHT_BAD;
        scale /= 10;
        value += (q.ptr[i] - '0') * scale;
    }
    return value <= WEIGHT_ONE ? value : WEIGHT_BAD;
}

static bool tag_is(struct str tag, struct str language)
{
    struct str primary = tag;
    (void)str_cut(&tag, '-', &primary);
    return str_eq_ignore_case(primary, language);
}

/* The weight of one element "tag" or "tag;q=0.8". */
static int element_weight(struct str element, struct str *tag)
{
    struct str rest = element;
    if (!str_cut(&rest, ';', tag)) {
        *tag = str_trim(element);
        return WEIGHT_ONE;
    }
    *tag = str_trim(*tag);
    rest = str_trim(rest);
    if (!str_starts(rest, STR("q=")) && !str_starts(rest, STR("Q=")))
        return WEIGHT_BAD;
    return parse_weight(str_from(rest.ptr + 2, rest.len - 2));
}

bool accept_language_english(struct str header)
{
    int french = 0, english = 0; /* the best weight of each; a weight of 0 means "not this one" */
    int french_at = 0, english_at = 0, at = 0;
    struct str element, tag;
    while (str_next(&header, ',', &element)) {
        int weight = element_weight(element, &tag);
        at++;
        if (weight == WEIGHT_BAD)
            return false;
        if ((tag_is(tag, STR("fr")) || str_eq(tag, STR("*"))) && weight > french) {
            french = weight;
            french_at = at;
        } else if (tag_is(tag, STR("en")) && weight > english) {
            english = weight;
            english_at = at;
        }
    }
    return english > french || (english == french && english > 0 && english_at < french_at);
}
