/* date.h - calendar arithmetic without the C library's time zones.
 *
 * Instants are seconds since 1970-01-01 UTC. "Paris" is the legal time of mainland France: CET,
 * and CEST from the last Sunday of March 01:00 UTC to the last Sunday of October 01:00 UTC
 * (directive 2000/84/EC; until 1995 the summer ended on the last Sunday of September). Before 1981
 * no summer time is applied: no assignment is that old to the hour.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/str.h"

/* Proleptic Gregorian days since 1970-01-01, and back. */
int64_t date_days(int year, int month, int day);
void date_civil(int64_t days, int *year, int *month, int *day);

/* "2026-02-28", years 1900 to 2999, the day must exist. Errors: MALFORMED. */
NODISCARD err_t date_parse_day(struct str text, int64_t *days);

int64_t date_paris_offset(int64_t instant);    /* 3600 or 7200 seconds */
int64_t date_paris_midnight(int64_t days);     /* the instant at which that day begins in Paris */
int date_paris_minute_of_day(int64_t instant); /* 0 to 1439, wall clock */

/* RFC 3339 with any offset, seconds precision kept, fractions accepted and cut. Errors: MALFORMED. */
NODISCARD err_t date_parse_rfc3339(struct str text, int64_t *instant);

enum { DATE_RFC3339_LEN = 20, DATE_LDAP_LEN = 15, DATE_DAY_LEN = 10 };

void date_format_rfc3339(int64_t instant,
                         char out[DATE_RFC3339_LEN + 1]); /* 2026-11-24T15:55:00Z */
/* LDAP generalized time, RFC 4517 section 3.3.13, in the form YYYYMMDDHHMMSSZ only. */
void date_format_ldap(int64_t instant, char out[DATE_LDAP_LEN + 1]);
NODISCARD err_t date_parse_ldap(struct str text, int64_t *instant);
/* The day it is in Paris at that instant, YYYY-MM-DD. */
void date_format_paris_day(int64_t instant, char out[DATE_DAY_LEN + 1]);

#endif
