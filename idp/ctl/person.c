/* habilisctl person … - one person as the directory knows her, her password, her second factor. */
#include "base/clock.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "base/secret.h"
#include "ctl/ctl.h"
#include "directory/directory.h"
#include "keys/keys.h"
#include "login/otp.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_MAX = 1024 * 1024, SEED_MAX = 64, SEED_TEXT_MAX = 128 };

static bool find(struct ctl *ctl, const char *login, struct dir_person *out)
{
    struct directory *d = ctl_directory(ctl);
    if (d == NULL)
        return false;
    err_t e = directory_person_by_login(d, ctl->arena, str_of(login), out);
    if (!err_ok(e))
        (void)ctl_fail("%s : %s", login, ctl_reason(e));
    return err_ok(e);
}

/* ---- person show ---- */

static void put_instant(struct buf *b, const char *key, int64_t at)
{
    char text[DATE_RFC3339_LEN + 1];
    if (at == INT64_MAX) {
        jsonw_null(b, key);
        return;
    }
    date_format_rfc3339(at, text);
    jsonw_str(b, key, str_of(text));
}

static void put_person(struct buf *b, const struct dir_person *p)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "id", p->id);
    jsonw_str(b, "login", p->login);
    jsonw_str(b, "display_name", p->display_name);
    jsonw_str_if(b, "mail", p->mail);
    jsonw_str_if(b, "rpps", p->rpps);
    jsonw_bool(b, "active", p->active);
    jsonw_bool(b, "has_password", p->has_password);
    jsonw_str_if(b, "charter_version", p->charter_version);
    jsonw_open(b, "assignments", '[');
    for (size_t i = 0; i < p->assignment_count; i++) {
        const struct dir_assignment *a = &p->assignments[i];
        jsonw_open(b, NULL, '{');
        jsonw_str(b, "profile", a->profile);
        jsonw_str(b, "structure", a->structure);
        put_instant(b, "start", a->start);
        put_instant(b, "end", a->end);
        jsonw_close(b, '}');
    }
    jsonw_close(b, ']');
    jsonw_open(b, "credentials", '[');
    for (size_t i = 0; i < p->credential_count; i++) {
        jsonw_open(b, NULL, '{');
        jsonw_str(b, "id", p->credentials[i].id);
        jsonw_str(b, "kind", p->credentials[i].kind);
        jsonw_str(b, "label", p->credentials[i].label);
        put_instant(b, "created", p->credentials[i].created);
        jsonw_close(b, '}');
    }
    jsonw_close(b, ']');
    jsonw_close(b, '}');
}

static int show(struct ctl *ctl, int argc, char **argv)
{
    struct dir_person person;
    struct buf text;
    (void)argc;
    if (!find(ctl, argv[0], &person))
        return CTL_FAILED;
    buf_init(&text, OUTPUT_MAX);
    put_person(&text, &person);
    err_t e = buf_err(&text);
    if (err_ok(e))
        (void)printf("%.*s\n", STR_ARG(buf_str(&text)));
    buf_done(&text);
    return err_ok(e) ? CTL_DONE : ctl_fail("%s : %s", argv[0], ctl_reason(e));
}

const struct ctl_command ctl_person_show = {
    "person show", "IDENTIFIANT", "montre une personne et ses affectations, en JSON", 1, 1, show,
};

/* ---- person set-password ---- */

static int set_password(struct ctl *ctl, int argc, char **argv)
{
    struct dir_person person;
    struct str password;
    (void)argc;
    if (!ctl_secret(ctl, argv[1], DIR_PASSWORD_MAX, &password) || !find(ctl, argv[0], &person))
        return CTL_FAILED;
    err_t e = directory_set_password(ctl_directory(ctl), person.id, password);
    return err_ok(e) ? CTL_DONE : ctl_fail("%s : %s", argv[0], ctl_reason(e));
}

const struct ctl_command ctl_person_set_password = {
    "person set-password",
    "IDENTIFIANT FICHIER",
    "donne un mot de passe, lu dans un fichier fermé aux autres (« - » : l'entrée standard)",
    2,
    2,
    set_password,
};

/* ---- person totp ---- */

/* Seals the seed for this person and this credential, as the sign-in does, and stores it. */
static err_t enrol(struct ctl *ctl, const struct keys *keys, const struct dir_person *person,
                   struct str seed)
{
    char id[UUID_LEN];
    struct str stored;
    uuid_v4(id);
    struct dir_credential credential = {
        .id = str_from(id, sizeof id),
        .kind = STR("totp"),
        .label = STR("application de codes"),
        .created = clock_now(),
    };
    const struct seal_owner owner = { person->id, credential.id };
    TRY(keys_seal(keys, ctl->arena, &owner, seed, &credential.sealed));
    return directory_add_credential(ctl_directory(ctl), ctl->arena, person->id, &credential,
                                    &stored);
}

/* The secret as authenticator applications show it: base32, in any case, spaces allowed. */
static err_t read_seed(struct str text, unsigned char seed[SEED_MAX], size_t *len)
{
    char plain[SEED_TEXT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ')
            continue;
        if (n == sizeof plain)
            return ERR(TOO_LARGE);
        plain[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    err_t e = base32_decode(str_from(plain, n), seed, SEED_MAX, len);
    wipe(plain, sizeof plain);
    if (err_ok(e) && *len != OTP_SEED_LEN)
        return ERR(MALFORMED);
    return e;
}

static int totp(struct ctl *ctl, int argc, char **argv)
{
    struct dir_person person;
    struct str text;
    unsigned char seed[SEED_MAX];
    size_t len = 0;
    (void)argc;
    if (!ctl_secret(ctl, argv[1], SEED_TEXT_MAX, &text) || !find(ctl, argv[0], &person))
        return CTL_FAILED;
    const struct keys *keys = ctl_keys(ctl);
    if (keys == NULL)
        return CTL_FAILED;
    err_t e = read_seed(text, seed, &len);
    if (err_ok(e))
        e = enrol(ctl, keys, &person, str_from((const char *)seed, len));
    wipe(seed, sizeof seed);
    return err_ok(e) ? CTL_DONE : ctl_fail("%s : %s", argv[0], ctl_reason(e));
}

const struct ctl_command ctl_person_totp = {
    "person totp",
    "IDENTIFIANT FICHIER",
    "enregistre un second facteur : secret TOTP de 20 octets en base32, lu comme un mot de passe",
    2,
    2,
    totp,
};
