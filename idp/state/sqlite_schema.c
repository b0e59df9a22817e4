#include "state/sqlite_schema.h"

#include <stddef.h>

/* STRICT makes a wrong type an error instead of a silent conversion. Instants are seconds, UTC,
 * unless the name ends in _ms. A migration that has been released is never edited: add one. */
static const char version_1[] =
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;"
    "INSERT INTO schema_version VALUES (0);"

    "CREATE TABLE session ("
    " id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE,"
    " secret BLOB NOT NULL CHECK (length(secret) = 32),"
    " person TEXT NOT NULL, login TEXT NOT NULL,"
    " created INTEGER NOT NULL, auth_time INTEGER NOT NULL, second_factor INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL, idle_expires INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " idle_s INTEGER NOT NULL, acr INTEGER NOT NULL CHECK (acr BETWEEN 0 AND 3),"
    " amr TEXT NOT NULL, structure TEXT NOT NULL, profile TEXT NOT NULL,"
    " language TEXT NOT NULL, network TEXT NOT NULL, user_agent TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX session_person ON session (person, created);"
    "CREATE INDEX session_expiry ON session (idle_expires);"

    "CREATE TABLE flow ("
    " id INTEGER PRIMARY KEY, version INTEGER NOT NULL,"
    " browser BLOB NOT NULL CHECK (length(browser) = 32), csrf TEXT NOT NULL,"
    " request TEXT NOT NULL, person TEXT NOT NULL, step TEXT NOT NULL, progress TEXT NOT NULL,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, otp_attempts INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX flow_browser ON flow (browser);"
    "CREATE INDEX flow_expiry ON flow (expires);"

    "CREATE TABLE code ("
    " id INTEGER PRIMARY KEY, secret BLOB NOT NULL CHECK (length(secret) = 32),"
    " used INTEGER NOT NULL, purge_at INTEGER NOT NULL,"
    " client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL,"
    " nonce TEXT NOT NULL, scope TEXT NOT NULL, resource TEXT NOT NULL,"
    " sid TEXT NOT NULL REFERENCES session (sid) ON DELETE CASCADE,"
    " person TEXT NOT NULL, structure TEXT NOT NULL, amr TEXT NOT NULL, family TEXT NOT NULL,"
    " auth_time INTEGER NOT NULL, expires INTEGER NOT NULL, acr INTEGER NOT NULL,"
    " auth_time_asked INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX code_session ON code (sid);"
    "CREATE INDEX code_expiry ON code (purge_at);"

    "CREATE TABLE otp_spent ("
    " credential TEXT NOT NULL, step INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " PRIMARY KEY (credential, step)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX otp_expiry ON otp_spent (expires);"

    "CREATE TABLE jti ("
    " key BLOB NOT NULL PRIMARY KEY, expires INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX jti_expiry ON jti (expires);"

    "CREATE TABLE throttle ("
    " key BLOB NOT NULL PRIMARY KEY, failures INTEGER NOT NULL, since INTEGER NOT NULL,"
    " open_at INTEGER NOT NULL, expires INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX throttle_expiry ON throttle (expires);"

    "CREATE TABLE journal ("
    " seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, event TEXT NOT NULL,"
    " actor TEXT NOT NULL, subject TEXT NOT NULL, client TEXT NOT NULL,"
    " structure TEXT NOT NULL, session TEXT NOT NULL, network TEXT NOT NULL,"
    " data TEXT NOT NULL,"
    " prev BLOB NOT NULL CHECK (length(prev) = 32),"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)"
    ") STRICT;"
    "CREATE INDEX journal_time ON journal (at_ms);"
    "CREATE INDEX journal_event ON journal (event);"
    "CREATE INDEX journal_actor ON journal (actor) WHERE actor <> '';"
    "CREATE INDEX journal_subject ON journal (subject) WHERE subject <> '';"
    /* Not a defence against whoever has the file (the chain is), but against our own mistakes. */
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;"
    "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;"

    "CREATE TABLE journal_checkpoint ("
    " seq INTEGER PRIMARY KEY, hash BLOB NOT NULL CHECK (length(hash) = 32),"
    " mac BLOB NOT NULL CHECK (length(mac) = 32)"
    ") STRICT;";

/* Break-glass, and the mail that tells of it. */
static const char version_2[] =
    "CREATE TABLE emergency ("
    " id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, sid TEXT NOT NULL,"
    " application TEXT NOT NULL, lot TEXT NOT NULL, structure TEXT NOT NULL,"
    " resource TEXT NOT NULL, instance TEXT NOT NULL, label TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " opened INTEGER NOT NULL, ends INTEGER NOT NULL CHECK (ends > opened),"
    " closed INTEGER NOT NULL, used INTEGER NOT NULL, review_due INTEGER NOT NULL,"
    " reviewed INTEGER NOT NULL, reviewer TEXT NOT NULL, verdict TEXT NOT NULL,"
    " comment TEXT NOT NULL, purge_at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX emergency_end ON emergency (ends);"
    "CREATE INDEX emergency_person ON emergency (person, ends);"
    "CREATE INDEX emergency_review ON emergency (reviewed, review_due);"
    "CREATE INDEX emergency_purge ON emergency (purge_at);"

    "CREATE TABLE outbox ("
    " id TEXT NOT NULL PRIMARY KEY, recipient TEXT NOT NULL, subject TEXT NOT NULL,"
    " body TEXT NOT NULL, created INTEGER NOT NULL, due INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, expires INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX outbox_due ON outbox (due);"
    "CREATE INDEX outbox_expiry ON outbox (expires);";

/* The past as it was recorded (idp/history): what is in force ends in 9223372036854775807. */
static const char version_3[] =
    "CREATE TABLE history_rules ("
    " at INTEGER PRIMARY KEY, digest BLOB NOT NULL CHECK (length(digest) = 32),"
    " ended INTEGER NOT NULL, lines INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX history_rules_end ON history_rules (ended);"
    "CREATE TABLE history_line ("
    " id INTEGER PRIMARY KEY, line TEXT NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX history_line_end ON history_line (ended, line);"

    "CREATE TABLE history_person ("
    " id INTEGER PRIMARY KEY, person TEXT NOT NULL, login TEXT NOT NULL COLLATE NOCASE,"
    " since INTEGER NOT NULL, ended INTEGER NOT NULL,"
    " digest BLOB NOT NULL CHECK (length(digest) = 32), data TEXT NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX history_person_end ON history_person (ended, person);"
    "CREATE UNIQUE INDEX history_person_since ON history_person (person, since);"
    "CREATE INDEX history_person_login ON history_person (login, since);"

    "CREATE TABLE history_gap (since INTEGER PRIMARY KEY, ended INTEGER NOT NULL) STRICT;"
    "CREATE INDEX history_gap_end ON history_gap (ended);"
    "CREATE TABLE history_mark ("
    " name TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE duties ("
    " a TEXT NOT NULL, b TEXT NOT NULL, person TEXT NOT NULL, profiles TEXT NOT NULL,"
    " seen INTEGER NOT NULL, PRIMARY KEY (a, b)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX duties_seen ON duties (seen);";

/* The cookie that a sign-in's browser had before its password was proved; 32 zeros: none. */
static const char version_4[] =
    "ALTER TABLE flow ADD COLUMN former BLOB NOT NULL DEFAULT "
    "x'0000000000000000000000000000000000000000000000000000000000000000';";

const char *const sqlite_migrations[] = { version_1, version_2, version_3, version_4, NULL };
