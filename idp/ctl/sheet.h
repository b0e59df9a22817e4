/* sheet.h - a CSV file with named columns, checked as a whole and row by row.
 *
 * Columns come in any order, their names compared without regard to ASCII case; each must be there,
 * once, and no other. A UTF-8 byte-order mark is skipped. Reading stops at nothing: what is wrong
 * goes to the problems.
 */
#ifndef CTL_SHEET_H
#define CTL_SHEET_H

#include "ctl/problem.h"

enum { SHEET_COLUMNS_MAX = 24, SHEET_BYTES_MAX = 512 * 1024 * 1024 };

struct sheet {
    const char *file;           /* its name, for messages */
    const char *const *columns; /* NULL-terminated */
    size_t column_count;
    size_t place[SHEET_COLUMNS_MAX]; /* of each column in the file, from 0 */
    struct csv_record *records;      /* without the header */
    size_t count;
    struct problems *problems;
    struct arena *arena;
};

/* Parses TEXT, which stays borrowed for the life of the sheet. A file that is refused as a whole has
 * no records. Errors: NO_MEMORY, TOO_LARGE. */
NODISCARD err_t sheet_parse(struct arena *a, struct problems *p, const char *file,
                            const char *const *columns, struct str text, struct sheet *out);

/* Whether the row has its columns, in UTF-8, without control characters (line ends inside quotes are
 * none); otherwise says so. */
bool sheet_row_ok(const struct sheet *s, size_t row);

/* The cell, trimmed. The row must be ok. */
struct str sheet_get(const struct sheet *s, size_t row, size_t column);

/* Adds a problem at a cell (at the whole row with sheet_row_problem) and returns false. */
bool sheet_problem(const struct sheet *s, size_t row, size_t column, enum problem_code code);
/* The same with VALUE instead of what stands in the cell. */
bool sheet_problem_value(const struct sheet *s, size_t row, size_t column, enum problem_code code,
                         struct str value);
bool sheet_row_problem(const struct sheet *s, size_t row, enum problem_code code);

/* The content of DIR/FILE. Errors: NOT_FOUND, IO, TOO_LARGE, NO_MEMORY. */
NODISCARD err_t sheet_read_file(struct arena *a, const char *dir, const char *file,
                                struct str *out);

#endif
