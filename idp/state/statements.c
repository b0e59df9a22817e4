#include "state/statements.h"

/* Every look-up names a key or the leading columns of an index, and every list has a LIMIT or is a
 * range of an index: tests/unit/test_state.c asks the planner about each row of this table. */

#define SESSION_COLUMNS                                                              \
    "id, sid, secret, person, login, created, auth_time, second_factor, last_seen, " \
    "idle_expires, expires, idle_s, acr, amr, structure, profile, language, network, user_agent"
#define CODE_COLUMNS                                                                       \
    "client_id, redirect_uri, challenge, nonce, scope, resource, sid, person, structure, " \
    "amr, family, auth_time, expires, acr, auth_time_asked"
#define EMERGENCY_COLUMNS                                                                         \
    "id, person, sid, application, lot, structure, resource, instance, label, reason, reviewer, " \
    "verdict, comment, opened, ends, closed, used, review_due, reviewed"
#define JOURNAL_COLUMNS \
    "seq, at_ms, event, actor, subject, client, structure, session, network, data, prev, hash"

#define READS(id, sql)  [SQL_##id] = { #id, sql, false }
#define WRITES(id, sql) [SQL_##id] = { #id, sql, true }

/* The oldest rows first, through the index on the instant they die at. */
#define PURGE(id, table, key, column)                                               \
    WRITES(id, "DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table \
               " WHERE " column " <= $1 ORDER BY " column " LIMIT $2)")

#define LAST_OF(where, order, limit)                                                        \
    "SELECT " JOURNAL_COLUMNS " FROM (SELECT " JOURNAL_COLUMNS " FROM journal WHERE " where \
    " ORDER BY " order " LIMIT " limit ") AS last ORDER BY seq"

const struct sql_statement sql_statements[SQL_ID_COUNT] = {
    WRITES(SESSION_INSERT,
           "INSERT INTO session (" SESSION_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
           "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"),
    READS(SESSION_BY_ID, "SELECT " SESSION_COLUMNS " FROM session WHERE id = $1"),
    READS(SESSION_BY_SID, "SELECT " SESSION_COLUMNS " FROM session WHERE sid = $1"),
    READS(SESSION_BY_PERSON, "SELECT " SESSION_COLUMNS " FROM session "
                             "WHERE person = $1 AND idle_expires > $2 "
                             "ORDER BY created DESC LIMIT $3"),
    WRITES(SESSION_TOUCH, "UPDATE session SET last_seen = $1, "
                          "idle_expires = CASE WHEN $1 + idle_s < expires THEN $1 + idle_s "
                          "ELSE expires END WHERE id = $2 AND idle_expires > $1"),
    WRITES(SESSION_STRUCTURE, "UPDATE session SET structure = $1, profile = $2 "
                              "WHERE id = $3 AND idle_expires > $4"),
    WRITES(SESSION_LANGUAGE, "UPDATE session SET language = $1 WHERE id = $2 "
                             "AND idle_expires > $3"),
    WRITES(SESSION_UPGRADE, "UPDATE session SET secret = $1, acr = $2, amr = $3, auth_time = $4, "
                            "second_factor = $5 WHERE id = $6 AND idle_expires > $7"),
    WRITES(SESSION_DELETE, "DELETE FROM session WHERE id = $1"),
    WRITES(SESSION_DELETE_SID, "DELETE FROM session WHERE sid = $1"),
    WRITES(SESSION_DELETE_PERSON, "DELETE FROM session WHERE person = $1 AND id <> $2"),
    READS(SESSION_COUNT, "SELECT count(*) FROM session WHERE idle_expires > $1"),

    WRITES(FLOW_INSERT, "INSERT INTO flow (id, version, browser, csrf, request, person, step, "
                        "progress, created, expires, attempts, otp_attempts) "
                        "VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)"),
    READS(FLOW_BY_ID, "SELECT id, version, browser, csrf, request, person, step, progress, "
                      "created, expires, attempts, otp_attempts, former FROM flow WHERE id = $1"),
    WRITES(FLOW_UPDATE, "UPDATE flow SET version = version + 1, person = $1, step = $2, "
                        "progress = $3, attempts = $4, otp_attempts = $5 "
                        "WHERE id = $6 AND version = $7 AND expires > $8"),
    WRITES(FLOW_FINISH, "DELETE FROM flow WHERE id = $1 AND version = $2"),
    WRITES(FLOW_DELETE, "DELETE FROM flow WHERE id = $1"),
    WRITES(FLOW_TRIM, "DELETE FROM flow WHERE id IN (SELECT id FROM flow WHERE browser = $1 "
                      "ORDER BY id DESC LIMIT 1000 OFFSET $2)"),
    WRITES(FLOW_REBIND, "UPDATE flow SET browser = $1, former = $2 WHERE browser = $2"),
    WRITES(FLOW_LEAVE, "UPDATE flow SET version = version + 1, person = '', step = 'password', "
                       "progress = '{}' WHERE browser = $1 AND person <> '' AND person <> $2"),

    WRITES(CODE_INSERT, "INSERT INTO code (id, secret, purge_at, used, " CODE_COLUMNS ") "
                        "VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
                        "$15, $16, $17, $18)"),
    READS(CODE_BY_ID, "SELECT code.secret, code.used, session.idle_expires, code.client_id, "
                      "code.redirect_uri, code.challenge, code.nonce, code.scope, code.resource, "
                      "code.sid, code.person, code.structure, code.amr, code.family, "
                      "code.auth_time, code.expires, code.acr, code.auth_time_asked "
                      "FROM code JOIN session ON session.sid = code.sid WHERE code.id = $1"),
    WRITES(CODE_SPEND, "UPDATE code SET used = 1 WHERE id = $1 AND used = 0"),

    WRITES(OTP_INSERT, "INSERT INTO otp_spent (credential, step, expires) VALUES ($1, $2, $3)"),
    WRITES(JTI_INSERT, "INSERT INTO jti (key, expires) VALUES ($1, $2)"),

    READS(THROTTLE_GET, "SELECT failures, since, open_at FROM throttle WHERE key = $1"),
    WRITES(THROTTLE_PUT, "INSERT INTO throttle (key, failures, since, open_at, expires) "
                         "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO UPDATE SET "
                         "failures = excluded.failures, since = excluded.since, "
                         "open_at = excluded.open_at, expires = excluded.expires"),
    WRITES(THROTTLE_DELETE, "DELETE FROM throttle WHERE key = $1"),

    WRITES(EMERGENCY_INSERT,
           "INSERT INTO emergency (" EMERGENCY_COLUMNS ", purge_at) VALUES ($1, $2, $3, $4, $5, "
           "$6, $7, $8, $9, $10, '', '', '', $11, $12, 0, 0, $13, 0, $14)"),
    READS(EMERGENCY_BY_ID, "SELECT " EMERGENCY_COLUMNS " FROM emergency WHERE id = $1"),
    READS(EMERGENCY_OPEN, "SELECT " EMERGENCY_COLUMNS " FROM emergency WHERE ends > $1 "
                          "AND closed = 0 ORDER BY ends LIMIT $2"),
    READS(EMERGENCY_OPEN_OF, "SELECT " EMERGENCY_COLUMNS " FROM emergency WHERE person = $1 "
                             "AND ends > $2 AND closed = 0 ORDER BY ends LIMIT $3"),
    READS(EMERGENCY_TO_REVIEW, "SELECT " EMERGENCY_COLUMNS " FROM emergency WHERE reviewed = 0 "
                               "ORDER BY review_due LIMIT $1"),
    /* Closing early moves the end, too: the record says how long it was open. */
    WRITES(EMERGENCY_CLOSE, "UPDATE emergency SET ends = CASE WHEN opened < $1 THEN $1 "
                            "ELSE opened + 1 END, closed = 1 WHERE id = $2 AND person = $3 "
                            "AND ends > $1"),
    WRITES(EMERGENCY_USE, "UPDATE emergency SET used = $1 WHERE id = $2 AND used = 0"),
    WRITES(EMERGENCY_REVIEW, "UPDATE emergency SET reviewed = $1, reviewer = $2, verdict = $3, "
                             "comment = $4, purge_at = $5 WHERE id = $6 AND reviewed = 0 "
                             "AND person <> $2"),

    WRITES(OUTBOX_INSERT, "INSERT INTO outbox (id, recipient, subject, body, created, due, "
                          "attempts, expires) VALUES ($1, $2, $3, $4, $5, $5, 0, $6)"),
    READS(OUTBOX_DUE, "SELECT id, recipient, subject, body, created, attempts FROM outbox "
                      "WHERE due <= $1 ORDER BY due LIMIT $2"),
    WRITES(OUTBOX_SENT, "DELETE FROM outbox WHERE id = $1"),
    WRITES(OUTBOX_LATER, "UPDATE outbox SET due = $1, attempts = attempts + 1 WHERE id = $2"),
    READS(OUTBOX_WAITING, "SELECT count(*) FROM outbox WHERE due > 0"),

    PURGE(PURGE_SESSION, "session", "id", "idle_expires"),
    PURGE(PURGE_FLOW, "flow", "id", "expires"),
    PURGE(PURGE_CODE, "code", "id", "purge_at"),
    WRITES(PURGE_OTP, "DELETE FROM otp_spent WHERE (credential, step) IN (SELECT credential, step "
                      "FROM otp_spent WHERE expires <= $1 ORDER BY expires LIMIT $2)"),
    PURGE(PURGE_JTI, "jti", "key", "expires"),
    PURGE(PURGE_THROTTLE, "throttle", "key", "expires"),
    PURGE(PURGE_EMERGENCY, "emergency", "id", "purge_at"),
    PURGE(PURGE_OUTBOX, "outbox", "id", "expires"),

    READS(JOURNAL_TAIL, "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"),
    WRITES(JOURNAL_INSERT, "INSERT INTO journal (" JOURNAL_COLUMNS ") VALUES "
                           "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
    READS(JOURNAL_HASH, "SELECT hash FROM journal WHERE seq = $1"),
    READS(JOURNAL_ALL, "SELECT " JOURNAL_COLUMNS " FROM journal WHERE seq > $1 ORDER BY seq"),
    /* The last that match, oldest first: each finds its rows by one index, then filters. */
    READS(JOURNAL_RECENT, LAST_OF("seq > $1", "seq DESC", "$2")),
    READS(JOURNAL_BY_TIME,
          LAST_OF("at_ms >= $1 AND at_ms < $2 AND seq > $3", "at_ms DESC, seq DESC", "$4")),
    READS(JOURNAL_BY_EVENT,
          LAST_OF("event = $1 AND at_ms >= $2 AND at_ms < $3 AND seq > $4", "seq DESC", "$5")),
    READS(JOURNAL_BY_PERSON, LAST_OF("seq IN (SELECT seq FROM journal WHERE actor = $1 "
                                     "AND actor <> '' UNION "
                                     "SELECT seq FROM journal WHERE subject = $1 "
                                     "AND subject <> '') "
                                     "AND at_ms >= $2 AND at_ms < $3 AND seq > $4 "
                                     "AND ($5 = '' OR event = $5)",
                                     "seq DESC", "$6")),
    WRITES(CHECKPOINT_INSERT, "INSERT INTO journal_checkpoint (seq, hash, mac) VALUES ($1, $2, $3) "
                              "ON CONFLICT (seq) DO NOTHING"),
    READS(CHECKPOINT_LAST, "SELECT seq FROM journal_checkpoint ORDER BY seq DESC LIMIT 1"),
    READS(CHECKPOINT_NEXT, "SELECT seq, hash, mac FROM journal_checkpoint WHERE seq > $1 "
                           "ORDER BY seq LIMIT 1"),

    READS(HISTORY_RULES_AT, "SELECT at, digest, ended, lines FROM history_rules WHERE at <= $1 "
                            "ORDER BY at DESC LIMIT 1"),
    WRITES(HISTORY_RULES_END, "UPDATE history_rules SET ended = $1 WHERE at = $2"),
    WRITES(HISTORY_RULES_INSERT, "INSERT INTO history_rules (at, digest, ended, lines) "
                                 "VALUES ($1, $2, $3, $4)"),
    READS(HISTORY_LINES_NOW, "SELECT id, line FROM history_line WHERE ended = $1 ORDER BY line"),
    READS(HISTORY_LINES_AT, "SELECT line FROM history_line WHERE ended > $1 AND since <= $1"),
    WRITES(HISTORY_LINE_INSERT, "INSERT INTO history_line (line, since, ended) "
                                "VALUES ($1, $2, $3)"),
    WRITES(HISTORY_LINE_END, "UPDATE history_line SET ended = $1 WHERE id = $2"),
    READS(HISTORY_PERSON_LATEST, "SELECT id, since, ended, digest FROM history_person "
                                 "WHERE person = $1 ORDER BY since DESC LIMIT 1"),
    READS(HISTORY_PERSON_AT, "SELECT person, data FROM history_person WHERE person = $1 "
                             "AND since <= $2 AND ended > $2"),
    READS(HISTORY_PERSON_BY_LOGIN, "SELECT person, data FROM history_person WHERE login = $1 "
                                   "AND since <= $2 AND ended > $2"),
    WRITES(HISTORY_PERSON_INSERT, "INSERT INTO history_person (person, login, since, ended, "
                                  "digest, data) VALUES ($1, $2, $3, $4, $5, $6)"),
    WRITES(HISTORY_PERSON_END, "UPDATE history_person SET ended = $1 WHERE id = $2"),
    READS(HISTORY_PEOPLE_NOW, "SELECT person, digest FROM history_person WHERE ended = $1 "
                              "ORDER BY person"),
    READS(HISTORY_PEOPLE_AT, "SELECT person, data FROM history_person WHERE person > '' "
                             "AND since <= $1 AND ended > $1 ORDER BY person"),
    WRITES(HISTORY_GAP_INSERT, "INSERT INTO history_gap (since, ended) VALUES ($1, $2) "
                               "ON CONFLICT (since) DO NOTHING"),
    READS(HISTORY_GAPS, "SELECT since, ended FROM history_gap WHERE ended > $1 AND since < $2 "
                        "ORDER BY ended"),
    READS(HISTORY_MARK, "SELECT at FROM history_mark WHERE name = $1"),
    WRITES(HISTORY_MARK_PUT, "INSERT INTO history_mark (name, at) VALUES ($1, $2) "
                             "ON CONFLICT (name) DO UPDATE SET at = excluded.at"),

    WRITES(DUTIES_PUT, "INSERT INTO duties (a, b, person, profiles, seen) "
                       "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (a, b) DO NOTHING"),
    WRITES(DUTIES_SEEN, "UPDATE duties SET seen = $1 WHERE a = $2 AND b = $3 "
                        "AND seen < $1"),
    READS(DUTIES_OVER, "SELECT a, b, person, profiles FROM duties WHERE seen < $1 "
                       "ORDER BY seen LIMIT $2"),
    WRITES(DUTIES_DELETE, "DELETE FROM duties WHERE a = $1 AND b = $2"),
    READS(DUTIES_COUNT, "SELECT count(*) FROM duties WHERE seen > $1"),

    PURGE(PURGE_HISTORY_RULES, "history_rules", "at", "ended"),
    PURGE(PURGE_HISTORY_LINE, "history_line", "id", "ended"),
    PURGE(PURGE_HISTORY_PERSON, "history_person", "id", "ended"),
    PURGE(PURGE_HISTORY_GAP, "history_gap", "since", "ended"),
};
