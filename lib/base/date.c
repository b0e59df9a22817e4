#include "base/date.h"

#include <stdio.h>

enum { DAY = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

/* The years are counted from March, so that the leap day comes last. */
int64_t date_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void date_civil(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static bool digits(struct str s, size_t at, size_t n, int *out)
{
    int value = 0;
    if (at > s.len || s.len - at < n)
        return false;
    for (size_t i = at; i < at + n; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        value = value * 10 + (s.ptr[i] - '0');
    }
    *out = value;
    return true;
}

static bool day_exists(int y, int m, int d)
{
    int yy = 0, mm = 0, dd = 0;
    if (y < 1900 || y > 2999 || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    date_civil(date_days(y, m, d), &yy, &mm, &dd);
    return yy == y && mm == m && dd == d;
}

err_t date_parse_day(struct str text, int64_t *days)
{
    int y = 0, m = 0, d = 0;
    if (text.len != DATE_DAY_LEN || !digits(text, 0, 4, &y) || text.ptr[4] != '-' ||
        !digits(text, 5, 2, &m) || text.ptr[7] != '-' || !digits(text, 8, 2, &d) ||
        !day_exists(y, m, d))
        return ERR(MALFORMED);
    *days = date_days(y, m, d);
    return ERR(OK);
}

/* 1970-01-01 was a Thursday; Sunday is 0. */
static int64_t last_sunday(int year, int month)
{
    int64_t last = date_days(year, month, 30) + (month == 3 || month == 10);
    return last - (last + 4) % 7;
}

int64_t date_paris_offset(int64_t instant)
{
    int y = 0, m = 0, d = 0;
    date_civil(floor_div(instant, DAY), &y, &m, &d);
    if (y < 1981)
        return 3600;
    int64_t begin = last_sunday(y, 3) * DAY + 3600;
    int64_t end = last_sunday(y, y < 1996 ? 9 : 10) * DAY + 3600;
    return instant >= begin && instant < end ? 7200 : 3600;
}

int64_t date_paris_midnight(int64_t days)
{
    int64_t guess = days * DAY - 3600; /* right in winter; the clock never changes at midnight */
    return days * DAY - date_paris_offset(guess);
}

int date_paris_minute_of_day(int64_t instant)
{
    int64_t local = instant + date_paris_offset(instant);
    return (int)((local - floor_div(local, DAY) * DAY) / 60);
}

/* The zone at TEXT[at]: "Z", "z", "+hh:mm" or "-hh:mm", and nothing after it. */
static bool parse_zone(struct str text, size_t at, int64_t *offset)
{
    int h = 0, m = 0;
    if (at >= text.len)
        return false;
    char sign = text.ptr[at];
    if (sign == 'Z' || sign == 'z') {
        *offset = 0;
        return text.len == at + 1;
    }
    if ((sign != '+' && sign != '-') || text.len != at + 6 || !digits(text, at + 1, 2, &h) ||
        text.ptr[at + 3] != ':' || !digits(text, at + 4, 2, &m) || h > 23 || m > 59)
        return false;
    *offset = ((int64_t)h * 60 + m) * (sign == '-' ? -60 : 60);
    return true;
}

err_t date_parse_rfc3339(struct str text, int64_t *instant)
{
    int64_t days = 0, offset = 0;
    int h = 0, m = 0, s = 0;
    if (text.len < DATE_RFC3339_LEN)
        return ERR(MALFORMED);
    TRY(date_parse_day(str_from(text.ptr, DATE_DAY_LEN), &days));
    bool form = (text.ptr[10] == 'T' || text.ptr[10] == 't') && digits(text, 11, 2, &h) &&
                text.ptr[13] == ':' && digits(text, 14, 2, &m) && text.ptr[16] == ':' &&
                digits(text, 17, 2, &s) && h <= 23 && m <= 59 && s <= 59;
    if (!form)
        return ERR(MALFORMED);
    size_t at = 19;
    if (text.ptr[at] == '.') {
        size_t first = ++at;
        while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
            at++;
        if (at == first)
            return ERR(MALFORMED);
    }
    if (!parse_zone(text, at, &offset))
        return ERR(MALFORMED);
    *instant = days * DAY + (int64_t)h * 3600 + (int64_t)m * 60 + s - offset;
    return ERR(OK);
}

static void split(int64_t instant, int part[6])
{
    int64_t days = floor_div(instant, DAY);
    int second = (int)(instant - days * DAY);
    date_civil(days, &part[0], &part[1], &part[2]);
    part[3] = second / 3600;
    part[4] = second / 60 % 60;
    part[5] = second % 60;
}

void date_format_rfc3339(int64_t instant, char out[DATE_RFC3339_LEN + 1])
{
    int p[6];
    char text[80];
    split(instant, p);
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", p[0], p[1], p[2], p[3],
                   p[4], p[5]);
    (void)snprintf(out, DATE_RFC3339_LEN + 1, "%.20s", text);
}

void date_format_ldap(int64_t instant, char out[DATE_LDAP_LEN + 1])
{
    int p[6];
    char text[80];
    split(instant, p);
    (void)snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", p[0], p[1], p[2], p[3], p[4],
                   p[5]);
    (void)snprintf(out, DATE_LDAP_LEN + 1, "%.15s", text);
}

err_t date_parse_ldap(struct str text, int64_t *instant)
{
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    if (text.len != DATE_LDAP_LEN || text.ptr[14] != 'Z' || !digits(text, 0, 4, &y) ||
        !digits(text, 4, 2, &mo) || !digits(text, 6, 2, &d) || !digits(text, 8, 2, &h) ||
        !digits(text, 10, 2, &mi) || !digits(text, 12, 2, &s) || !day_exists(y, mo, d) || h > 23 ||
        mi > 59 || s > 59)
        return ERR(MALFORMED);
    *instant = date_days(y, mo, d) * DAY + (int64_t)h * 3600 + (int64_t)mi * 60 + s;
    return ERR(OK);
}

void date_format_paris_day(int64_t instant, char out[DATE_DAY_LEN + 1])
{
    char text[DATE_RFC3339_LEN + 1];
    date_format_rfc3339(instant + date_paris_offset(instant), text);
    (void)snprintf(out, DATE_DAY_LEN + 1, "%.10s", text);
}
