/* table.h - the one table of settings, for the parser, the checks and the printed pages. */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "base/arena.h"
#include "config/config.h"

enum config_type {
    CONFIG_TEXT,      /* printable UTF-8 */
    CONFIG_INT,       /* decimal */
    CONFIG_DURATION,  /* seconds, from "90s", "15m", "12h", "30d" */
    CONFIG_PATH,      /* absolute */
    CONFIG_SECRET,    /* path of a file that holds a secret */
    CONFIG_DIRECTORY, /* path of a directory that exists */
    CONFIG_ISSUER,    /* URL of the service */
    CONFIG_ADDRESS,   /* numeric IP address */
    CONFIG_NETWORKS,  /* list of addresses and CIDR prefixes */
    CONFIG_LDAP_URIS, /* list */
    CONFIG_LEVEL,     /* enum log_level */
    CONFIG_SAMPLING,  /* "all" 1, "refusals" 0, "sample N" N */
};

struct config_key {
    const char *name;
    enum config_type type;
    size_t offset;        /* in struct config */
    const char *fallback; /* text of the default; NULL: none */
    bool required;
    int64_t min, max;    /* of INT and DURATION */
    const char *example; /* for keys without a default */
    const char *doc;     /* English, sentences */
};

struct config_group {
    const char *title;
    const struct config_key *keys;
    size_t count;
};

extern const struct config_group config_groups[];
extern const size_t config_group_count;

struct config_key_names {
    const char *type;   /* for people: "duration" */
    const char *accept; /* what an error says is expected */
};
struct config_key_names config_type_names(enum config_type type);

/* Sets the field of KEY in C from TEXT; strings are made in A. NULL, or a static text that says
 * what is wrong (it completes "KEY: …"). */
const char *config_set(const struct config_key *key, struct str text, struct arena *a,
                       struct config *c);

struct config_owned {     /* what config_free() gets back */
    struct config config; /* first */
    struct arena *arena;
};

/* Appends "NAME: problem" lines for secrets and directories that are not as they must be. */
void config_check_files(const struct config *c, const char *name, struct buf *problems);

#endif
