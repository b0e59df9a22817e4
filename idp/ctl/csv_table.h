/* csv_table.h - a strict reader of RFC 4180 with commas, on libcsv, which gives neither lines nor columns.
 *
 * Quotes only around a whole field, doubled inside. Nothing is trimmed. A line without any character
 * is skipped. Lines end with LF or CR LF; a lone CR is for the caller to refuse beforehand.
 */
#ifndef CTL_CSV_TABLE_H
#define CTL_CSV_TABLE_H

#include "base/arena.h"

enum { CSV_FIELDS_MAX = 64, CSV_FIELD_MAX = 64 * 1024 /* bytes */ };

struct csv_record {
    int64_t line; /* of its first character, from 1 */
    const struct str *fields;
    size_t count;
};

struct csv_table {
    struct csv_record *records; /* the header is the first */
    size_t count;
    bool complete; /* the last record ended with a line end */
    bool broken;   /* reading stopped at a misplaced quote, in the record that begins at: */
    int64_t broken_line;
};

/* A record of more than CSV_FIELDS_MAX fields keeps that many and counts them all.
 * Errors: NO_MEMORY, TOO_LARGE (a field). A misplaced quote is no error but `broken`: what comes
 * before it is there. */
NODISCARD err_t csv_table_read(struct arena *a, struct str text, struct csv_table *out);

#endif
