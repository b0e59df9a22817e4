#include "registry/client.h"

#include "base/access.h"
#include "base/enc.h"
#include "base/secret.h"

#include <jansson.h>
#include <string.h>

/* What is being read: each member has one small reader. */
struct reading {
    struct arena *arena;
    struct client *client;
    const json_t *value;
    const char *member;
    struct buf *problem;
};

static err_t wrong(const struct reading *r, const char *why)
{
    buf_addf(r->problem, "%s: %s", r->member, why);
    return ERR(MALFORMED);
}

static err_t text_of(const struct reading *r, const json_t *value, struct str *out)
{
    if (!json_is_string(value))
        return wrong(r, "must be a string");
    struct str text = str_from(json_string_value(value), json_string_length(value));
    if (text.len > CLIENT_URI_MAX || !str_is_printable(text))
        return wrong(r, "is too long or has control characters");
    return arena_str(r->arena, text, out);
}

static err_t name_of(const struct reading *r, struct str *out)
{
    TRY(text_of(r, r->value, out));
    return out->len == 0 ? wrong(r, "must not be empty") : ERR(OK);
}

static err_t read_name(const struct reading *r) { return name_of(r, &r->client->name); }

static err_t read_name_fr(const struct reading *r) { return name_of(r, &r->client->name_fr); }

/* Absolute, with a host, without a fragment (RFC 6749 section 3.1.2), https except on loopback. */
static bool uri_is_safe(struct str uri)
{
    static const struct str hosts[] = { STR_INIT("http://localhost:"),
                                        STR_INIT("http://127.0.0.1:"), STR_INIT("http://[::1]:") };
    bool scheme = str_starts(uri, STR("https://")) && uri.len > strlen("https://");
    for (size_t i = 0; i < COUNT(hosts); i++)
        scheme = scheme || str_starts(uri, hosts[i]);
    for (size_t i = 0; i < uri.len; i++) {
        unsigned char c = (unsigned char)uri.ptr[i];
        if (c <= 0x20 || c >= 0x7F || strchr("#\"<>\\^`{|}@", c) != NULL)
            return false;
    }
    return scheme;
}

static err_t uri_of(const struct reading *r, const json_t *value, struct str *out)
{
    TRY(text_of(r, value, out));
    if (!uri_is_safe(*out))
        return wrong(r, "must be an https URI without fragment or user (http on loopback only)");
    return ERR(OK);
}

static err_t read_uri(const struct reading *r) { return uri_of(r, r->value, &r->client->uri); }

static err_t read_emergency_uri(const struct reading *r)
{
    return uri_of(r, r->value, &r->client->emergency_uri);
}

static err_t uris_of(const struct reading *r, const struct str **out, size_t *count)
{
    size_t n = json_array_size(r->value);
    if (!json_is_array(r->value) || n > CLIENT_URIS_MAX)
        return wrong(r, "must be an array of at most 32 URIs");
    struct str *list = arena_array(r->arena, n + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < n; i++)
        TRY(uri_of(r, json_array_get(r->value, i), &list[i]));
    *out = list;
    *count = n;
    return ERR(OK);
}

static err_t read_redirect_uris(const struct reading *r)
{
    return uris_of(r, &r->client->redirect_uris, &r->client->redirect_uri_count);
}

static err_t read_post_logout_uris(const struct reading *r)
{
    return uris_of(r, &r->client->post_logout_uris, &r->client->post_logout_uri_count);
}

static err_t read_scope(const struct reading *r) { return text_of(r, r->value, &r->client->scope); }

static bool value_is(const json_t *value, const char *want)
{
    return json_is_string(value) && strcmp(json_string_value(value), want) == 0;
}

static err_t read_auth_method(const struct reading *r)
{
    if (value_is(r->value, "client_secret_basic"))
        r->client->auth = CLIENT_AUTH_SECRET_BASIC;
    else if (value_is(r->value, "private_key_jwt"))
        r->client->auth = CLIENT_AUTH_PRIVATE_KEY_JWT;
    else
        return wrong(r, "must be client_secret_basic or private_key_jwt");
    return ERR(OK);
}

static err_t read_grant_types(const struct reading *r)
{
    size_t i = 0;
    const json_t *grant = NULL;
    if (!json_is_array(r->value))
        return wrong(r, "must be an array");
    r->client->grants = 0;
    json_array_foreach(r->value, i, grant)
    {
        if (value_is(grant, "authorization_code"))
            r->client->grants |= CLIENT_GRANT_CODE;
        else if (value_is(grant, "client_credentials"))
            r->client->grants |= CLIENT_GRANT_CREDENTIALS;
        else
            return wrong(r, "only authorization_code and client_credentials are known");
    }
    return ERR(OK);
}

static err_t read_response_types(const struct reading *r)
{
    bool code = json_array_size(r->value) == 1 && value_is(json_array_get(r->value, 0), "code");
    return code || (json_is_array(r->value) && json_array_size(r->value) == 0)
               ? ERR(OK)
               : wrong(r, "must be [\"code\"]");
}

static err_t read_es256(const struct reading *r)
{
    return value_is(r->value, "ES256") ? ERR(OK) : wrong(r, "must be ES256");
}

static err_t read_jwks(const struct reading *r)
{
    err_t e = jwks_of_json(r->value, &r->client->keys);
    return err_class_of(e) == ERR_CLASS_CALLER ? wrong(r, "must be a JWK Set with EC P-256 keys")
                                               : e;
}

/* The first of the list is the one that a client prefers; with one level there is one value. */
static err_t read_acr_values(const struct reading *r)
{
    struct str acr;
    if (!json_is_array(r->value) || json_array_size(r->value) != 1)
        return wrong(r, "must be an array of one value");
    TRY(text_of(r, json_array_get(r->value, 0), &acr));
    r->client->acr_min = (int)access_acr_of(acr);
    return r->client->acr_min == 0 ? wrong(r, "must be eidas1, eidas2 or eidas3") : ERR(OK);
}

static err_t read_max_age(const struct reading *r)
{
    json_int_t seconds = json_integer_value(r->value);
    if (!json_is_integer(r->value) || seconds < 0 || seconds > 365 * 86400)
        return wrong(r, "must be a number of seconds");
    r->client->max_age = seconds;
    return ERR(OK);
}

/* ---- the Authorization API ---- */

static err_t texts_of(const struct reading *r, const json_t *value, const struct str **out,
                      size_t *count)
{
    size_t n = json_array_size(value);
    struct str *list = arena_array(r->arena, n + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    if (!json_is_array(value) || n > CLIENT_URIS_MAX)
        return wrong(r, "must hold arrays of at most 32 strings");
    for (size_t i = 0; i < n; i++)
        TRY(text_of(r, json_array_get(value, i), &list[i]));
    *out = list;
    *count = n;
    return ERR(OK);
}

static err_t read_applications(const struct reading *r, const json_t *value)
{
    struct client_authzen *z = &r->client->authzen;
    TRY(texts_of(r, value, &z->applications, &z->application_count));
    z->every_application = z->application_count == 1 && str_eq(z->applications[0], STR("*"));
    for (size_t i = 0; i < z->application_count && !z->every_application; i++)
        if (!access_is_code(z->applications[i]))
            return wrong(r, "applications must be codes, or [\"*\"]");
    return ERR(OK);
}

static bool is_property(struct str word)
{
    struct str object;
    return str_cut(&word, '.', &object) &&
           (str_eq(object, STR("subject")) || str_eq(object, STR("action")) ||
            str_eq(object, STR("resource"))) &&
           access_is_name(word);
}

static err_t read_trusted(const struct reading *r, const json_t *value)
{
    static const struct {
        const char *name;
        enum client_trust bit;
    } words[] = {
        { "acr", CLIENT_TRUST_ACR },
        { "amr", CLIENT_TRUST_AMR },
        { "structure", CLIENT_TRUST_STRUCTURE },
        { "owner", CLIENT_TRUST_OWNER },
        { "presence_physique", CLIENT_TRUST_PRESENCE },
        { "supervise", CLIENT_TRUST_SUPERVISE },
    };
    struct client_authzen *z = &r->client->authzen;
    TRY(texts_of(r, value, &z->properties, &z->property_count));
    for (size_t i = 0; i < z->property_count; i++) {
        size_t k = 0;
        while (k < COUNT(words) && !str_eq(z->properties[i], str_of(words[k].name)))
            k++;
        if (k < COUNT(words))
            z->trusted |= (unsigned)words[k].bit;
        else if (!is_property(z->properties[i]))
            return wrong(r, "trusted holds a word that is not known");
    }
    return ERR(OK);
}

static err_t read_flag(const struct reading *r, const json_t *value, bool *out)
{
    if (!json_is_boolean(value))
        return wrong(r, "at, bare and explain must be true or false");
    *out = json_is_true(value);
    return ERR(OK);
}

static err_t read_authzen(const struct reading *r)
{
    struct client_authzen *z = &r->client->authzen;
    const char *name = NULL;
    json_t *value = NULL, *object = NULL;
    if (!json_is_object(r->value))
        return wrong(r, "must be an object");
    /* jansson iterates over what is not const; nothing is changed */
    object = json_deep_copy(r->value);
    err_t e = object == NULL ? ERR(NO_MEMORY) : ERR(OK);
    json_object_foreach(object, name, value)
    {
        if (!err_ok(e))
            break;
        if (strcmp(name, "applications") == 0)
            e = read_applications(r, value);
        else if (strcmp(name, "trusted") == 0)
            e = read_trusted(r, value);
        else if (strcmp(name, "at") == 0)
            e = read_flag(r, value, &z->at);
        else if (strcmp(name, "bare") == 0)
            e = read_flag(r, value, &z->bare);
        else if (strcmp(name, "explain") == 0)
            e = read_flag(r, value, &z->explain);
        else
            e = wrong(r, "has a member that is not supported");
    }
    json_decref(object);
    return e;
}

static const struct member {
    const char *name;
    err_t (*read)(const struct reading *r);
} members[] = {
    { "client_name", read_name },
    { "client_name#fr", read_name_fr },
    { "client_uri", read_uri },
    { "emergency_uri", read_emergency_uri },
    { "redirect_uris", read_redirect_uris },
    { "post_logout_redirect_uris", read_post_logout_uris },
    { "scope", read_scope },
    { "token_endpoint_auth_method", read_auth_method },
    { "grant_types", read_grant_types },
    { "response_types", read_response_types },
    { "id_token_signed_response_alg", read_es256 },
    { "token_endpoint_auth_signing_alg", read_es256 },
    { "jwks", read_jwks },
    { "default_acr_values", read_acr_values },
    { "default_max_age", read_max_age },
    { "habilis_authzen", read_authzen },
};

static err_t read_member(struct reading *r)
{
    for (size_t i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].name, r->member) == 0)
            return members[i].read(r);
    return wrong(r, "is not supported");
}

static err_t read_all(struct reading *r, json_t *metadata)
{
    json_t *value = NULL;
    json_object_foreach(metadata, r->member, value)
    {
        r->value = value;
        TRY(read_member(r));
    }
    return ERR(OK);
}

static err_t read_secret(struct reading *r, struct str hex)
{
    size_t len = 0;
    r->member = "secret hash";
    if (hex.len == 0)
        return ERR(OK);
    if (hex.len != HEX_LEN(SHA256_LEN) ||
        !err_ok(hex_decode(hex, r->client->secret_hash, SHA256_LEN, &len)))
        return wrong(r, "must be 64 lower-case hexadecimal digits");
    r->client->has_secret = true;
    return ERR(OK);
}

/* What no single member shows. */
static err_t check_whole(struct reading *r)
{
    struct client *c = r->client;
    r->member = "client_id";
    if (str_is_uuid(c->id)) /* people's ids have that form: a `sub` must never be mistaken */
        return wrong(r, "must not be a UUID");
    r->member = "token_endpoint_auth_method";
    if (c->auth == CLIENT_AUTH_PRIVATE_KEY_JWT && (c->keys == NULL || jwks_count(c->keys) == 0))
        return wrong(r, "private_key_jwt needs jwks with a usable key");
    if (c->auth == CLIENT_AUTH_SECRET_BASIC && !c->has_secret)
        return wrong(r, "client_secret_basic needs a secret");
    r->member = "redirect_uris";
    if ((c->grants & CLIENT_GRANT_CODE) != 0 && c->redirect_uri_count == 0)
        return wrong(r, "authorization_code needs at least one");
    if (c->name.len == 0)
        c->name = c->id;
    if (c->name_fr.len == 0)
        c->name_fr = c->name;
    return ERR(OK);
}

static err_t parse_into(struct reading *r, const struct client_source *source)
{
    json_t *metadata =
        json_loadb(source->metadata.ptr, source->metadata.len, JSON_REJECT_DUPLICATES, NULL);
    r->member = "metadata";
    err_t e = json_is_object(metadata) ? read_all(r, metadata) : wrong(r, "must be a JSON object");
    json_decref(metadata);
    TRY(e);
    TRY(read_secret(r, source->secret_hash));
    return check_whole(r);
}

err_t client_parse(struct arena *a, const struct client_source *source, struct buf *problem,
                   struct client *out)
{
    struct client c = { .auth = CLIENT_AUTH_SECRET_BASIC,
                        .grants = CLIENT_GRANT_CODE,
                        .scope = STR_INIT("openid profile"),
                        .max_age = -1 };
    struct reading r = { .arena = a, .client = &c, .problem = problem };
    TRY(arena_str(a, source->id, &c.id));
    TRY(arena_str(a, source->application, &c.application));
    struct str *own = arena_array(a, 1, sizeof *own);
    if (own == NULL)
        return ERR(NO_MEMORY);
    *own = c.application;
    c.authzen.applications = own;
    c.authzen.application_count = 1;
    err_t e = parse_into(&r, source);
    if (!err_ok(e)) {
        client_done(&c);
        return e;
    }
    *out = c;
    return ERR(OK);
}

void client_done(struct client *c)
{
    jwks_free(c->keys);
    c->keys = NULL;
    wipe(c->secret_hash, sizeof c->secret_hash);
}

static bool has_text(const struct str *list, size_t count, struct str text)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(list[i], text))
            return true;
    return false;
}

bool client_has_redirect_uri(const struct client *c, struct str uri)
{
    return has_text(c->redirect_uris, c->redirect_uri_count, uri);
}

bool client_has_post_logout_uri(const struct client *c, struct str uri)
{
    return has_text(c->post_logout_uris, c->post_logout_uri_count, uri);
}

bool client_secret_is(const struct client *c, struct str secret)
{
    unsigned char digest[SHA256_LEN];
    if (!c->has_secret || secret.len == 0 || !err_ok(sha256(secret, digest)))
        return false;
    bool same = ct_equal(digest, c->secret_hash, sizeof digest);
    wipe(digest, sizeof digest);
    return same;
}

bool client_speaks_for(const struct client *c, struct str application)
{
    const struct client_authzen *z = &c->authzen;
    return z->every_application || has_text(z->applications, z->application_count, application);
}

bool client_is_trusted_for(const struct client *c, struct str name)
{
    return has_text(c->authzen.properties, c->authzen.property_count, name);
}
