/* habilisctl app - OAuth clients, described in the JSON of RFC 7591 section 2, below their
 * application. A secret is 256 random bits, shown once or read from a file, and kept as SHA-256. */
#include "ctl/ctl.h"
#include "ctl/known.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "directory/directory.h"
#include "registry/client.h"
#include "token/hash.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    METADATA_MAX = 64 * 1024, /* bytes */
    PROBLEM_MAX = 512,
    CLIENT_ID_MAX = 64,
    SECRET_BYTES = 32,
    SECRET_MIN =
        32, /* characters of one that is given: the hash is no shelter for a guessable one */
    SECRET_MAX = 256
};

static bool is_client_id(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || !str_has_char(STR("._-"), c)))
            return false;
    }
    return s.len > 0 && s.len <= CLIENT_ID_MAX;
}

/* ---- the description ---- */

static void json_freep(json_t **j) { json_decref(*j); }

static bool wants_secret(const json_t *metadata)
{
    const char *method = json_string_value(json_object_get(metadata, "token_endpoint_auth_method"));
    /* RFC 7591 section 2: client_secret_basic when it is not said */
    return method == NULL || strncmp(method, "client_secret_", sizeof "client_secret_" - 1) == 0;
}

/* What the provider would refuse is refused here, with its words: it reads with the same function. */
static bool provider_accepts(struct ctl *ctl, const char *path, const json_t *parsed,
                             const struct client_source *source)
{
    struct buf problem;
    struct client client;
    struct client_source tried = *source;
    if (wants_secret(parsed)) /* made or read later; any digest will do here */
        tried.secret_hash = STR("0000000000000000000000000000000000000000000000000000000000000000");
    buf_init(&problem, PROBLEM_MAX);
    err_t e = client_parse(ctl->arena, &tried, &problem, &client);
    if (err_ok(e))
        client_done(&client);
    else if (problem.len > 0)
        (void)ctl_fail("%s : %.*s", path, STR_ARG(buf_str(&problem)));
    else
        (void)ctl_fail("%s : %s", path, ctl_reason(e));
    buf_done(&problem);
    return err_ok(e);
}

/* Compact, keys in the order of the file, in the arena. */
static bool read_metadata(struct ctl *ctl, const char *path, json_t **parsed, struct str *text)
{
    json_error_t error;
    *parsed = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (*parsed == NULL) {
        (void)ctl_fail("%s, ligne %d, colonne %d : %s", path, error.line, error.column, error.text);
        return false;
    }
    char *dump = json_dumps(*parsed, JSON_COMPACT);
    bool ok = dump != NULL && strlen(dump) <= METADATA_MAX &&
              err_ok(arena_str(ctl->arena, str_of(dump), text));
    free(dump);
    if (!ok)
        (void)ctl_fail("%s : trop grand", path);
    return ok;
}

/* ---- the secret ---- */

static bool hash_hex(struct ctl *ctl, struct str secret, struct str *out)
{
    unsigned char digest[SHA256_LEN];
    char *hex = arena_alloc(ctl->arena, HEX_LEN(SHA256_LEN));
    if (hex == NULL || !err_ok(sha256(secret, digest))) {
        (void)ctl_fail("calcul de l'empreinte impossible");
        return false;
    }
    hex_encode(hex, digest, sizeof digest);
    *out = str_from(hex, HEX_LEN(SHA256_LEN));
    return true;
}

static bool given_secret(struct ctl *ctl, const char *path, struct str *hash)
{
    struct str secret;
    if (!ctl_secret(ctl, path, SECRET_MAX, &secret))
        return false;
    if (secret.len < SECRET_MIN) {
        (void)ctl_fail("secret trop court : au moins %d caractères tirés au hasard", SECRET_MIN);
        return false;
    }
    return hash_hex(ctl, secret, hash);
}

static bool fresh_secret(struct ctl *ctl, struct str *secret, struct str *hash)
{
    unsigned char bytes[SECRET_BYTES];
    char *text = arena_alloc(ctl->arena, BASE64URL_LEN(SECRET_BYTES));
    if (text == NULL) {
        (void)ctl_fail("mémoire insuffisante");
        return false;
    }
    rng_fill(bytes, sizeof bytes);
    base64url_encode(text, bytes, sizeof bytes);
    wipe(bytes, sizeof bytes);
    *secret = str_from(text, BASE64URL_LEN(SECRET_BYTES));
    return hash_hex(ctl, *secret, hash);
}

/* ---- in the directory ---- */

static const struct known_entry *find(const struct known *k, const char *attr, struct str value)
{
    for (size_t i = 0; i < k->count; i++)
        if (str_eq(known_value(&k->list[i], attr), value))
            return &k->list[i];
    return NULL;
}

static err_t write_client(struct ctl *ctl, const struct known_entry *known,
                          const struct client_source *c)
{
    static const struct str object_class = STR_INIT("habilisClient");
    char now[DATE_LDAP_LEN + 1];
    date_format_ldap(clock_now(), now);
    const struct str created = str_of(now);
    struct dir_attr attrs[5];
    struct dir_edit edit = { .kind = DIR_EDIT_REPLACE, .attrs = attrs };
    size_t n = 0, failed;
    attrs[n++] = (struct dir_attr){ "habilisMetadata", &c->metadata, 1 };
    if (c->secret_hash.len > 0)
        attrs[n++] = (struct dir_attr){ "habilisSecretHash", &c->secret_hash, 1 };
    if (known == NULL) {
        const struct dir_rdn rdns[] = { { "habilisClientId", c->id },
                                        { "habilisCode", c->application } };
        edit.kind = DIR_EDIT_ADD;
        attrs[n++] = (struct dir_attr){ "objectClass", &object_class, 1 };
        attrs[n++] = (struct dir_attr){ "habilisClientId", &c->id, 1 };
        attrs[n++] = (struct dir_attr){ "habilisCreated", &created, 1 };
        TRY(directory_dn(ctl->directory, ctl->arena, rdns, COUNT(rdns), "applications", &edit.dn));
    } else {
        edit.dn = known->dn;
    }
    edit.attr_count = n;
    return directory_apply(ctl->directory, &edit, 1, &failed);
}

/* The client as it is now (*known NULL: a new one); false after saying what is in the way. */
static bool look_up(struct ctl *ctl, const struct client_source *c,
                    const struct known_entry **known)
{
    static const char *const app_attrs[] = { "habilisCode", NULL };
    static const char *const client_attrs[] = { "habilisClientId", "habilisSecretHash", NULL };
    struct known apps, clients;
    struct directory *d = ctl_directory(ctl);
    if (d == NULL)
        return false;
    err_t e = known_read(d, ctl->arena, "habilisApplication", app_attrs, &apps);
    if (err_ok(e))
        e = known_read(d, ctl->arena, "habilisClient", client_attrs, &clients);
    if (!err_ok(e)) {
        (void)ctl_fail("lecture de l'annuaire : %s", ctl_reason(e));
        return false;
    }
    if (find(&apps, "habilisCode", c->application) == NULL) {
        (void)ctl_fail("application inconnue : %.*s", STR_ARG(c->application));
        return false;
    }
    *known = find(&clients, "habilisClientId", c->id);
    if (*known != NULL && !str_eq((*known)->parent, c->application)) {
        (void)ctl_fail("%.*s existe déjà sous l'application %.*s", STR_ARG(c->id),
                       STR_ARG((*known)->parent));
        return false;
    }
    return true;
}

static bool has_hash(const struct known_entry *known)
{
    return known != NULL && known_value(known, "habilisSecretHash").len > 0;
}

static int add(struct ctl *ctl, int argc, char **argv)
{
    __attribute__((cleanup(json_freep))) json_t *metadata = NULL;
    struct client_source c = { .id = str_of(argv[0]), .application = str_of(argv[1]) };
    const struct known_entry *known = NULL;
    struct str fresh = STR("");
    if (!is_client_id(c.id))
        return ctl_fail("identifiant de client mal formé : lettres, chiffres, « . _ - »");
    if (!read_metadata(ctl, argv[2], &metadata, &c.metadata) ||
        !provider_accepts(ctl, argv[2], metadata, &c) || !look_up(ctl, &c, &known))
        return CTL_FAILED;
    bool secret = wants_secret(metadata);
    if (argc > 3 && !secret)
        return ctl_fail("%s : cette méthode d'authentification n'a pas de secret", argv[2]);
    if (argc > 3 && !given_secret(ctl, argv[3], &c.secret_hash))
        return CTL_FAILED;
    if (argc == 3 && secret && !has_hash(known) && !fresh_secret(ctl, &fresh, &c.secret_hash))
        return CTL_FAILED;
    err_t e = write_client(ctl, known, &c);
    if (!err_ok(e))
        return ctl_fail("%s : %s", argv[0], ctl_reason(e));
    (void)printf("client_id: %s\n", argv[0]);
    if (fresh.len > 0)
        (void)printf("client_secret: %.*s\n", STR_ARG(fresh)); /* this once */
    return CTL_DONE;
}

static int list(struct ctl *ctl, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct dir_clients clients;
    struct directory *d = ctl_directory(ctl);
    if (d == NULL)
        return CTL_FAILED;
    err_t e = directory_clients(d, ctl->arena, &clients);
    if (!err_ok(e))
        return ctl_fail("lecture de l'annuaire : %s", ctl_reason(e));
    for (size_t i = 0; i < clients.count; i++)
        (void)printf("%.*s\t%.*s\t%s\t%.*s\n", STR_ARG(clients.list[i].client_id),
                     STR_ARG(clients.list[i].application),
                     clients.list[i].secret_hash.len > 0 ? "secret" : "sans secret",
                     STR_ARG(clients.list[i].metadata));
    return CTL_DONE;
}

const struct ctl_command ctl_app_add = {
    .words = "app add",
    .usage = "CLIENT APPLICATION FICHIER.json [FICHIER-SECRET|-]",
    .help = "ajoute un client OAuth, ou remplace sa description ; sans fichier, le secret d'un "
            "nouveau client est affiché, une fois",
    .least = 3,
    .most = 4,
    .run = add,
};

const struct ctl_command ctl_app_list = {
    .words = "app list",
    .usage = "",
    .help = "les clients OAuth : identifiant, application, secret ou non, description",
    .least = 0,
    .most = 0,
    .run = list,
};
