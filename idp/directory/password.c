#include "directory/internal.h"

#include "base/clock.h"
#include "base/rng.h"
#include "base/secret.h"

#include <argon2.h>
#include <string.h>

/* ANSSI and OWASP's floor for Argon2id; docs/directory.md. The decoy of provision/ has the same. */
enum {
    ARGON_MEMORY_KIB = 19456,
    ARGON_PASSES = 2,
    ARGON_LANES = 1,
    ARGON_SALT = 16,
    ARGON_OUT = 32
};

struct bind_answer {
    int code;
    bool locked;
};

static err_t parse_bind(struct dir_conn *c, LDAPMessage *msg, struct bind_answer *out)
{
    LDAPControl **controls = NULL;
    ber_int_t expire = 0, grace = 0;
    LDAPPasswordPolicyError policy = PP_noError;
    if (ldap_parse_result(c->ld, msg, &out->code, NULL, NULL, NULL, &controls, 1) != LDAP_SUCCESS)
        return ERR(DIRECTORY);
    LDAPControl *found = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
    if (found != NULL)
        (void)ldap_parse_passwordpolicy_control(c->ld, found, &expire, &grace, &policy);
    out->locked = policy == PP_accountLocked;
    ldap_controls_free(controls);
    return ERR(OK);
}

static err_t send_bind(struct directory *d, struct dir_conn *c, const char *dn, struct str password,
                       int64_t deadline, struct bind_answer *out)
{
    char oid[] = LDAP_CONTROL_PASSWORDPOLICYREQUEST;
    LDAPControl policy = { .ldctl_oid = oid };
    LDAPControl *controls[] = { &policy, NULL };
    union {
        const char *in;
        char *out;
    } bytes = { .in = password.ptr }; /* the C API has no const; it does not write */
    struct berval cred = { .bv_len = password.len, .bv_val = bytes.out };
    LDAPMessage *msg = NULL;
    int64_t started = clock_mono_ms();
    int msgid = -1;

    atomic_fetch_add(&d->operations, 1);
    if (ldap_sasl_bind(c->ld, dn, LDAP_SASL_SIMPLE, &cred, controls, NULL, &msgid) !=
        LDAP_SUCCESS) {
        dir_unanswered(d, c->server, started);
        return ERR(DIRECTORY_DOWN);
    }
    TRY(dir_wait(d, c, msgid, LDAP_MSG_ALL, deadline, &msg));
    return parse_bind(c, msg, out);
}

/* One bind on a connection of the pool that serves nothing else: a bind changes whose it is. */
static err_t bind_as(struct directory *d, const char *dn, struct str password, int64_t deadline,
                     struct bind_answer *out)
{
    struct dir_conn *c = NULL;
    TRY(dir_acquire(d, &d->persons, deadline, &c));
    err_t e = send_bind(d, c, dn, password, deadline, out);
    dir_release(d, &d->persons, c, err_ok(e));
    return e;
}

static err_t bind_decoy(struct directory *d, struct str password, int64_t deadline)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    struct bind_answer answer = { LDAP_OTHER, false };
    const char *dn;
    buf_init(&b, DIR_DN_MAX);
    dir_dn_start(&b, "cn", STR("decoy"));
    TRY(dir_dn_end(&b, "ou=services", d->base, &dn));
    return bind_as(d, dn, password, deadline, &answer);
}

static err_t judge(struct directory *d, struct bind_answer answer, struct str password,
                   int64_t deadline)
{
    switch (answer.code) {
    case LDAP_SUCCESS:
        return ERR(OK);
    case LDAP_INVALID_CREDENTIALS:
        if (!answer.locked)
            return ERR(BAD_PASSWORD);
        /* The server did not look at the password; neither may the answer's time tell. */
        TRY(bind_decoy(d, password, deadline));
        return ERR(LOCKED_OUT);
    case LDAP_INAPPROPRIATE_AUTH: /* the password went away since the person was read */
    case LDAP_NO_SUCH_OBJECT:
        TRY(bind_decoy(d, password, deadline));
        return ERR(BAD_PASSWORD);
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
        return ERR(DIRECTORY_DOWN);
    default:
        return ERR(DIRECTORY);
    }
}

err_t directory_check_password(struct directory *d, const struct dir_person *person,
                               struct str password)
{
    DIR_CLEANUP(dir_buf_donep) struct buf dn = { 0 };
    struct bind_answer answer = { LDAP_OTHER, false };
    int64_t deadline = clock_mono_ms() + d->timeout_ms;

    if (password.len == 0 || password.len > DIR_PASSWORD_MAX ||
        memchr(password.ptr, '\0', password.len) != NULL)
        return ERR(BAD_PASSWORD);
    if (person == NULL || !person->has_password || person->dn.len == 0) {
        TRY(bind_decoy(d, password, deadline));
        return ERR(BAD_PASSWORD);
    }
    buf_init(&dn, DIR_DN_MAX);
    buf_add(&dn, person->dn);
    buf_add_char(&dn, '\0');
    TRY(buf_err(&dn));
    TRY(bind_as(d, dn.ptr, password, deadline, &answer));
    return judge(d, answer, password, deadline);
}

/* ---- setting one ---- */

static const char scheme[] = "{ARGON2}";

static err_t hash_password(struct str password, char *out, size_t cap)
{
    unsigned char salt[ARGON_SALT];
    size_t skip = sizeof scheme - 1;
    rng_fill(salt, sizeof salt);
    memcpy(out, scheme, skip);
    int code =
        argon2id_hash_encoded(ARGON_PASSES, ARGON_MEMORY_KIB, ARGON_LANES, password.ptr,
                              password.len, salt, sizeof salt, ARGON_OUT, out + skip, cap - skip);
    if (code == ARGON2_MEMORY_ALLOCATION_ERROR)
        return ERR(NO_MEMORY);
    return code == ARGON2_OK ? ERR(OK) : ERR(CRYPTO);
}

err_t directory_set_password(struct directory *d, struct str person, struct str password)
{
    DIR_CLEANUP(dir_buf_donep) struct buf b = { 0 };
    char hash[256], attr[] = "userPassword";
    const char *dn;

    if (!str_is_uuid(person))
        return ERR(NOT_FOUND);
    if (password.len == 0 || password.len > DIR_PASSWORD_MAX || !str_is_utf8(password) ||
        memchr(password.ptr, '\0', password.len) != NULL)
        return ERR(MALFORMED);
    buf_init(&b, DIR_DN_MAX);
    dir_dn_start(&b, "habilisId", person);
    TRY(dir_dn_end(&b, "ou=people", d->base, &dn));
    TRY(hash_password(password, hash, sizeof hash));

    char *values[] = { hash, NULL };
    LDAPMod mod = { .mod_op = LDAP_MOD_REPLACE, .mod_type = attr };
    mod.mod_values = values;
    LDAPMod *mods[] = { &mod, NULL };
    err_t e = dir_modify(d, dn, mods);
    wipe(hash, sizeof hash);
    return e;
}
