#include "ctl/check.h"

#include "base/date.h"

enum { CODE_MAX = 64, MATRICULE_MAX = 20, LOCAL_PART_MAX = 64 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_alnum(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }

static int luhn_value(char c)
{
    if (c == 'A' || c == 'B')
        return c - 'A' + 1;
    return is_digit(c) ? c - '0' : -1;
}

bool check_luhn(struct str s)
{
    int sum = 0;
    for (size_t i = 0; i < s.len; i++) {
        int v = luhn_value(s.ptr[s.len - 1 - i]);
        if (v < 0)
            return false;
        if (i % 2 == 1)
            v = 2 * v > 9 ? 2 * v - 9 : 2 * v;
        sum += v;
    }
    return s.len > 0 && sum % 10 == 0;
}

bool check_digits(struct str s, size_t len)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i]))
            return false;
    return s.len == len;
}

bool check_finess_form(struct str s)
{
    if (s.len != 9)
        return false;
    return is_digit(s.ptr[0]) && luhn_value(s.ptr[1]) >= 0 &&
           check_digits(str_from(s.ptr + 2, 7), 7);
}

bool check_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_upper(c) && !is_digit(c) && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return s.len > 0 && s.len <= CODE_MAX;
}

bool check_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_lower(s.ptr[i]) && !is_digit(s.ptr[i]) && s.ptr[i] != '_')
            return false;
    return s.len > 0 && s.len <= CODE_MAX;
}

bool check_matricule(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && s.ptr[i] != '_' && s.ptr[i] != '.' && s.ptr[i] != '-')
            return false;
    return s.len > 0 && s.len <= MATRICULE_MAX;
}

static bool is_domain(struct str s)
{
    struct str label;
    size_t labels = 0;
    while (str_next(&s, '.', &label)) {
        for (size_t i = 0; i < label.len; i++)
            if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-')
                return false;
        if (label.len == 0)
            return false;
        labels++;
    }
    return labels >= 2;
}

bool check_mail(struct str s)
{
    struct str local;
    if (!str_cut(&s, '@', &local) || local.len == 0 || local.len > LOCAL_PART_MAX)
        return false;
    for (size_t i = 0; i < local.len; i++)
        if (!is_alnum(local.ptr[i]) && !str_has_char(STR("._%+-"), local.ptr[i]))
            return false;
    return is_domain(s) && !str_ends(s, STR("."));
}

bool check_share(struct str s)
{
    struct str whole = s, decimals = STR("");
    bool point = false;
    if (str_has_char(s, '.')) {
        decimals = s;
        point = str_cut(&decimals, '.', &whole);
    }
    if (whole.len < 1 || whole.len > 3 || !check_digits(whole, whole.len) ||
        (point && (decimals.len < 1 || decimals.len > 2)) || !check_digits(decimals, decimals.len))
        return false;
    int64_t percent = 0, part = 0;
    if (!str_to_i64(whole, &percent) || (decimals.len > 0 && !str_to_i64(decimals, &part)))
        return false;
    return (percent > 0 || part > 0) && (percent < 100 || (percent == 100 && part == 0));
}

bool check_one_of(struct str s, const char *list) { return str_in_list(str_of(list), ' ', s); }

bool check_list(struct str s, char sep, bool (*each)(struct str))
{
    struct str rest = s, part;
    while (str_next(&rest, sep, &part)) {
        struct str after = rest, other;
        if (!each(part))
            return false;
        while (str_next(&after, sep, &other))
            if (str_eq(part, other))
                return false;
    }
    return s.len > 0 && s.ptr[s.len - 1] != sep;
}

static bool is_day_form(struct str s)
{
    if (s.len != DATE_DAY_LEN || s.ptr[4] != '-' || s.ptr[7] != '-')
        return false;
    return check_digits(str_from(s.ptr, 4), 4) && check_digits(str_from(s.ptr + 5, 2), 2) &&
           check_digits(str_from(s.ptr + 8, 2), 2);
}

bool check_day(struct str s, int64_t *days, enum problem_code *why)
{
    int64_t year = 0;
    *why = PROBLEM_DATE_FORMAT;
    if (!is_day_form(s) || !str_to_i64(str_from(s.ptr, 4), &year))
        return false;
    *why = PROBLEM_DATE_HORS_PLAGE;
    if (year < 1900 || year > 2999)
        return false;
    *why = PROBLEM_DATE_INEXISTANTE;
    if (!err_ok(date_parse_day(s, days)))
        return false;
    *why = PROBLEM_DATE_HORS_PLAGE;
    return year >= 1950 && year <= 2050;
}
