#include "config/table.h"

#include <string.h>

enum { WIDTH = 96 };

static void print_range(FILE *f, const struct config_key *key)
{
    const char *unit = key->type == CONFIG_DURATION ? "s" : "";
    if (key->type == CONFIG_INT || key->type == CONFIG_DURATION)
        (void)fprintf(f, ", %lld%s to %lld%s", (long long)key->min, unit, (long long)key->max,
                      unit);
}

static void print_key(FILE *f, const struct config_key *key)
{
    (void)fprintf(f, "### `%s`\n\n%s", key->name, config_type_names(key->type).type);
    print_range(f, key);
    if (key->required)
        (void)fputs(" · **required**", f);
    else if (key->fallback != NULL)
        (void)fprintf(f, " · default `%s`", key->fallback);
    else
        (void)fputs(" · optional", f);
    if (key->example != NULL)
        (void)fprintf(f, " · example `%s`", key->example);
    (void)fprintf(f, "\n\n%s\n\n", key->doc);
}

void config_print_reference(FILE *f)
{
    (void)fputs("# Configuration\n\n"
                "<!-- Printed by `habilisd --print-config-reference` from the table in "
                "idp/config/table.c. -->\n\n"
                "habilisd reads one file, `habilisd.conf`: a line for each setting, `key = value`; "
                "lines that start with\n`#` are comments. The value runs to the end of its line, "
                "without quotes. Lists are separated by spaces.\nDurations are a number and a "
                "unit: `90s`, `15m`, `12h`, `30d`. A key that is unknown, set twice or missing "
                "is\nan error that names file and line. `habilisd -t` checks the file and "
                "exits.\n\n"
                "No secret stands in the file: a setting names the file that holds it. Such a "
                "file must be a regular file,\nnot a symbolic link, not empty, owned by the "
                "service or root, and closed to group and others (`chmod 600`).\n\n",
                f);
    for (size_t g = 0; g < config_group_count; g++) {
        (void)fprintf(f, "## %s\n\n", config_groups[g].title);
        for (size_t k = 0; k < config_groups[g].count; k++)
            print_key(f, &config_groups[g].keys[k]);
    }
}

/* TEXT as comment lines of at most WIDTH characters, broken at spaces, without Markdown. */
static void print_comment(FILE *f, const char *text)
{
    size_t column = 0;
    struct str rest = str_of(text), word;
    while (str_next(&rest, ' ', &word)) {
        if (column == 0 || column + 1 + word.len > WIDTH) {
            (void)fputs(column == 0 ? "#" : "\n#", f);
            column = 1;
        }
        (void)fputc(' ', f);
        for (size_t i = 0; i < word.len; i++)
            if (word.ptr[i] != '`' && word.ptr[i] != '*')
                (void)fputc(word.ptr[i], f);
        column += 1 + word.len;
    }
    (void)fputc('\n', f);
}

static void print_setting(FILE *f, const struct config_key *key)
{
    print_comment(f, key->doc);
    /* What has a default, and what is optional, is there to be uncommented. */
    (void)fprintf(f, "%s%s = %s\n\n", key->required ? "" : "#", key->name,
                  key->fallback != NULL ? key->fallback : key->example);
}

void config_print_default(FILE *f)
{
    (void)fputs("# habilisd.conf: see docs/configuration.md. Check with habilisd -t.\n", f);
    for (size_t g = 0; g < config_group_count; g++) {
        (void)fprintf(f, "\n# ---- %s ----\n\n", config_groups[g].title);
        for (size_t k = 0; k < config_groups[g].count; k++)
            print_setting(f, &config_groups[g].keys[k]);
    }
}
