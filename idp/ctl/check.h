/* check.h - the forms that cells of the files must have. */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/problem.h"

/* Luhn over all characters is 0 modulo 10; a letter A counts 1, B counts 2 (Corsican FINESS). */
bool check_luhn(struct str s);
bool check_digits(struct str s, size_t len);
bool check_finess_form(struct str s); /* a digit, one of 0-9AB, seven digits */
bool check_code(struct str s);      /* [A-Z0-9][A-Z0-9._-]{0,63}: structures, profiles, resources */
bool check_word(struct str s);      /* [a-z0-9_]{1,64}: actions and conditions */
bool check_matricule(struct str s); /* [A-Za-z0-9_.-]{1,20} */
bool check_mail(struct str s);      /* one address, ASCII, of the usual form */
bool check_share(struct str s);     /* 0 < s <= 100, at most two decimals after a point */
bool check_one_of(struct str s, const char *list); /* LIST separated by spaces */
/* Words separated by SEP, none twice. */
bool check_list(struct str s, char sep, bool (*each)(struct str));

/* "2026-02-28", years 1950 to 2050, into days since 1970. False and *why otherwise. */
bool check_day(struct str s, int64_t *days, enum problem_code *why);

#endif
