/* sqlite_schema.h - the schema of the SQLite back end, one script per version. */
#ifndef STATE_SQLITE_SCHEMA_H
#define STATE_SQLITE_SCHEMA_H

extern const char *const sqlite_migrations[]; /* NULL ends the list */

#endif
