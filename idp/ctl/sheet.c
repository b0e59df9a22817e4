#include "ctl/sheet.h"

#include "ctl/csv_table.h"
#include "ctl/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the file ---- */

static err_t read_fd(struct arena *a, int fd, size_t len, struct str *out)
{
    char *text = arena_alloc(a, len + 1);
    size_t at = 0;
    if (text == NULL)
        return ERR(TOO_LARGE);
    while (at < len) {
        ssize_t n = read(fd, text + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR(IO); /* also when it shrinks under our eyes */
        at += (size_t)n;
    }
    *out = str_from(text, len);
    return ERR(OK);
}

static err_t read_regular(struct arena *a, int fd, struct str *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ERR(IO);
    if (st.st_size > SHEET_BYTES_MAX)
        return ERR(TOO_LARGE);
    return read_fd(a, fd, (size_t)st.st_size, out);
}

err_t sheet_read_file(struct arena *a, const char *dir, const char *file, struct str *out)
{
    struct str path;
    const char *name;
    TRY(arena_printf(a, &path, "%s/%s", dir, file));
    TRY(arena_cstr(a, path, &name));
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not for ever on a pipe */
    if (fd < 0)
        return errno == ENOENT ? ERR(NOT_FOUND) : ERR(IO);
    err_t e = read_regular(a, fd, out);
    (void)close(fd);
    return e;
}

/* ---- the file as a whole ---- */

static bool has_byte(struct str s, char c) { return memchr(s.ptr, c, s.len) != NULL; }

static bool has_lone_cr(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' && (i + 1 == s.len || s.ptr[i + 1] != '\n'))
            return true;
    return false;
}

static bool is_utf16(struct str s)
{
    return str_starts(s, STR("\xff\xfe")) || str_starts(s, STR("\xfe\xff")) ||
           (s.len >= 4 && s.ptr[1] == '\0' && s.ptr[3] == '\0');
}

/* ZIP (which xlsx and ods are), OLE, PDF, gzip. */
static bool is_binary(struct str s)
{
    return str_starts(s, STR("PK\x03\x04")) || str_starts(s, STR("\xd0\xcf\x11\xe0")) ||
           str_starts(s, STR("%PDF")) || str_starts(s, STR("\x1f\x8b"));
}

static struct str first_line(struct str s)
{
    struct str line;
    return str_cut(&s, '\n', &line) ? line : s;
}

/* True and *code when the text cannot be what we read. */
static bool is_refused(struct str text, enum problem_code *code)
{
    struct str head = first_line(text);
    if (text.len == 0)
        *code = PROBLEM_FICHIER_VIDE;
    else if (is_binary(text))
        *code = PROBLEM_FORMAT_FICHIER;
    else if (is_utf16(text))
        *code = PROBLEM_ENCODAGE_FICHIER;
    else if (has_lone_cr(text))
        *code = PROBLEM_FIN_DE_LIGNE;
    else if (!has_byte(head, ',') && (has_byte(head, '\t') || has_byte(head, ';')))
        *code = PROBLEM_SEPARATEUR;
    else
        return false;
    return true;
}

static void file_problem(const struct sheet *s, enum problem_code code, struct str value)
{
    problems_add(s->problems, code, &(struct problem_at){ .file = s->file, .value = value });
}

/* ---- the header ---- */

static size_t column_of(const struct sheet *s, struct str name)
{
    size_t i = 0;
    while (i < s->column_count && !str_eq_ignore_case(text_trim(name), str_of(s->columns[i])))
        i++;
    return i;
}

static bool read_header(struct sheet *s, const struct csv_record *header)
{
    bool seen[SHEET_COLUMNS_MAX] = { false };
    size_t found = 0;
    for (size_t i = 0; i < header->count && i < CSV_FIELDS_MAX; i++) {
        size_t column =
            str_is_utf8(header->fields[i]) ? column_of(s, header->fields[i]) : s->column_count;
        if (column == s->column_count || seen[column]) {
            file_problem(s, PROBLEM_ENTETE, header->fields[i]);
            return false;
        }
        seen[column] = true;
        s->place[column] = i;
        found++;
    }
    for (size_t i = 0; i < s->column_count; i++)
        if (!seen[i]) {
            file_problem(s, PROBLEM_ENTETE, str_of(s->columns[i]));
            return false;
        }
    return found == s->column_count;
}

static void check_end(const struct sheet *s, const struct csv_table *t)
{
    const struct csv_record *last = &t->records[t->count - 1];
    if (t->broken)
        problems_add(s->problems, PROBLEM_GUILLEMETS,
                     &(struct problem_at){ .file = s->file, .line = t->broken_line });
    else if (!t->complete && last->count < s->column_count)
        problems_add(s->problems, PROBLEM_TRONQUE,
                     &(struct problem_at){ .file = s->file, .line = last->line });
}

static err_t parse_text(struct sheet *s, struct str text)
{
    struct csv_table t;
    enum problem_code code;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text.ptr + 3, text.len - 3);
    if (is_refused(text, &code)) {
        file_problem(s, code, STR(""));
        return ERR(OK);
    }
    TRY(csv_table_read(s->arena, text, &t));
    if (t.count == 0) {
        file_problem(s, t.broken ? PROBLEM_GUILLEMETS : PROBLEM_FICHIER_VIDE, STR(""));
        return ERR(OK);
    }
    if (!read_header(s, &t.records[0]))
        return ERR(OK);
    if (t.count == 1 && !t.broken) {
        file_problem(s, PROBLEM_FICHIER_VIDE, STR(""));
        return ERR(OK);
    }
    s->records = t.records + 1;
    s->count = t.count - 1;
    check_end(s, &t);
    return ERR(OK);
}

err_t sheet_parse(struct arena *a, struct problems *p, const char *file, const char *const *columns,
                  struct str text, struct sheet *out)
{
    struct sheet s = { .file = file, .columns = columns, .problems = p, .arena = a };
    while (columns[s.column_count] != NULL)
        s.column_count++;
    if (s.column_count > SHEET_COLUMNS_MAX)
        return ERR(BUG);
    TRY(parse_text(&s, text));
    *out = s;
    return ERR(OK);
}

/* ---- rows ---- */

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 32 && c != '\n' && !(c == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n')) ||
            c == 127)
            return true;
    }
    return false;
}

static size_t column_at(const struct sheet *s, size_t place)
{
    size_t i = 0;
    while (i < s->column_count && s->place[i] != place)
        i++;
    return i;
}

bool sheet_row_ok(const struct sheet *s, size_t row)
{
    const struct csv_record *r = &s->records[row];
    size_t kept = r->count < CSV_FIELDS_MAX ? r->count : CSV_FIELDS_MAX;
    for (size_t i = 0; i < kept; i++)
        if (!str_is_utf8(r->fields[i]))
            return i < s->column_count ? sheet_problem(s, row, column_at(s, i), PROBLEM_ENCODAGE)
                                       : sheet_row_problem(s, row, PROBLEM_ENCODAGE);
    if (r->count != s->column_count)
        return sheet_row_problem(s, row, PROBLEM_COLONNES);
    for (size_t i = 0; i < kept; i++)
        if (has_control(r->fields[i]))
            return sheet_problem(s, row, column_at(s, i), PROBLEM_CARACTERE_INTERDIT);
    return true;
}

struct str sheet_get(const struct sheet *s, size_t row, size_t column)
{
    return text_trim(s->records[row].fields[s->place[column]]);
}

bool sheet_problem_value(const struct sheet *s, size_t row, size_t column, enum problem_code code,
                         struct str value)
{
    problems_add(s->problems, code,
                 &(struct problem_at){
                     .file = s->file,
                     .line = s->records[row].line,
                     .column = s->place[column] + 1,
                     .header = s->columns[column],
                     .value = value,
                 });
    return false;
}

bool sheet_problem(const struct sheet *s, size_t row, size_t column, enum problem_code code)
{
    const struct csv_record *r = &s->records[row];
    size_t place = s->place[column];
    return sheet_problem_value(s, row, column, code, place < r->count ? r->fields[place] : STR(""));
}

bool sheet_row_problem(const struct sheet *s, size_t row, enum problem_code code)
{
    problems_add(s->problems, code,
                 &(struct problem_at){ .file = s->file, .line = s->records[row].line });
    return false;
}
