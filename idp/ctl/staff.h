/* staff.h - personnel_utf8.csv: rows into persons with assignments, checked.
 *
 * A person is one RPPS number, or, for who has none, one matricule in one OG; rows with and without
 * the RPPS of one matricule are the same person. Two matricules without RPPS stay two persons, be
 * their names equal: merging them is a human decision.
 */
#ifndef CTL_STAFF_H
#define CTL_STAFF_H

#include "ctl/catalogue.h"

enum { STAFF_NONE = -1 };

/* One row: one assignment. */
struct staff_row {
    size_t row;           /* in the sheet */
    struct str matricule; /* "OG:number" */
    struct str title, family, given, mail, rpps;
    struct str name_key; /* what spellings of the name have in common */
    struct str place;    /* code of the establishment */
    struct str structure, profile, contract, share;
    struct str start, end;       /* as LDAP writes instants; END may be empty */
    int64_t first_day, last_day; /* days since 1970; INT64_MAX: never ends */
    int64_t next;                /* the person's next row in file order, or STAFF_NONE */
};

struct staff_person {
    struct str rpps;
    int64_t first, last; /* rows */
};

struct staff {
    struct sheet sheet;
    struct staff_row *rows;
    size_t row_count;
    struct staff_person *persons;
    size_t person_count;
};

/* Services that rows name are added to the catalogue's structures. An absent file is no staff and
 * *present false. Errors: NO_MEMORY, TOO_LARGE, IO. */
NODISCARD err_t staff_read(struct catalogue *c, struct staff *out, bool *present);

/* ---- among the files of this module ---- */

/* One row alone, in the order of checks that its problem codes are documented in. *ok tells. */
NODISCARD err_t staff_row_read(struct catalogue *c, const struct sheet *s, size_t row,
                               struct staff_row *out, bool *ok);

enum {
    S_MATRICULE,
    S_TITLE,
    S_FAMILY,
    S_GIVEN,
    S_MAIL,
    S_RPPS,
    S_OG,
    S_FINESS,
    S_PLACE,
    S_SERVICE,
    S_PROFILE,
    S_CONTRACT,
    S_START,
    S_END,
    S_SHARE,
    S_COLUMNS
};

#endif
