#include "base/clock.h"
#include "client/client.h"
#include "token/json.h"

#include <stdlib.h>

static err_t keep(struct habilis_session *s, enum habilis_text which, struct str text)
{
    if (text.len == 0 || s->text[which][0] != '\0')
        return ERR(OK);
    return arena_cstr(s->arena, text, &s->text[which]);
}

/* Codes, and beside them the labels in the same order; a label that is missing is its code. */
static err_t keep_profiles(struct habilis_session *s, const json_t *codes, const json_t *labels)
{
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const json_t *code = json_array_get(codes, i), *label = json_array_get(labels, i);
        if (!json_is_string(code) || s->profile_count == SESSION_PROFILES_MAX)
            return ERR(TOKEN_MALFORMED);
        if (!json_is_string(label))
            label = code;
        TRY(arena_cstr(s->arena, str_of(json_string_value(code)),
                       &s->profile_code[s->profile_count]));
        TRY(arena_cstr(s->arena, str_of(json_string_value(label)), &s->profile[s->profile_count]));
        s->profile_count++;
    }
    return ERR(OK);
}

static err_t keep_structure(struct habilis_session *s, const json_t *claims)
{
    static const struct {
        const char *name;
        enum habilis_text which;
    } rows[] = {
        { "code", HABILIS_STRUCTURE },
        { "label", HABILIS_STRUCTURE_LABEL },
        { "establishment", HABILIS_ESTABLISHMENT },
        { "establishment_label", HABILIS_ESTABLISHMENT_LABEL },
    };
    const json_t *structure = json_object_get(claims, "structure");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str text;
        if (json_text(structure, rows[i].name, &text))
            TRY(keep(s, rows[i].which, text));
    }
    return s->profile_count > 0 ? ERR(OK)
                                : keep_profiles(s, json_object_get(structure, "profiles"),
                                                json_object_get(structure, "profile_labels"));
}

/* A list of texts, copied; absent is an empty one. */
static err_t copy_list(struct arena *a, const json_t *list, const struct str **out, size_t *count)
{
    size_t n = json_array_size(list);
    struct str *copy = arena_array(a, n + 1, sizeof *copy);
    if (copy == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item))
            return ERR(TOKEN_MALFORMED);
        TRY(arena_str(a, str_from(json_string_value(item), json_string_length(item)), &copy[i]));
    }
    *out = copy;
    *count = n;
    return ERR(OK);
}

static err_t keep_rights(struct habilis_session *s, const json_t *claims)
{
    const struct str *list = NULL;
    size_t count = 0;
    const json_t *entitlements = json_object_get(claims, "entitlements");
    if (entitlements == NULL)
        return ERR(OK);
    if (!json_is_array(entitlements))
        return ERR(TOKEN_MALFORMED);
    TRY(copy_list(s->arena, entitlements, &list, &count));
    return ent_parse(s->arena, list, count, &s->rights);
}

/* What a person is called and how she logged in: of either token, the first that says it. */
static err_t keep_claims(struct habilis_session *s, const struct jwt *t)
{
    TRY(keep(s, HABILIS_SUBJECT, t->sub));
    TRY(keep(s, HABILIS_ACR, t->acr));
    TRY(keep(s, HABILIS_SESSION_ID, t->sid));
    TRY(keep(s, HABILIS_LOGIN_NAME, jwt_text(t, "preferred_username")));
    TRY(keep(s, HABILIS_NAME, jwt_text(t, "name")));
    TRY(keep(s, HABILIS_GIVEN_NAME, jwt_text(t, "given_name")));
    TRY(keep(s, HABILIS_FAMILY_NAME, jwt_text(t, "family_name")));
    if (s->amr_count == 0)
        TRY(copy_list(s->arena, json_object_get(t->claims, "amr"), &s->amr, &s->amr_count));
    if (s->authenticated == 0)
        s->authenticated = t->auth_time;
    return ERR(OK);
}

static struct jwt_expect expect(const struct habilis *h, struct str typ, const char *audience,
                                int64_t now)
{
    return (struct jwt_expect){ .typ = typ,
                                .issuer = provider_issuer(h->provider),
                                .audience = str_of(audience),
                                .now = now,
                                .leeway = CLIENT_LEEWAY };
}

/* OpenID Connect Core 1.0 section 3.1.3.7, what jwt_verify() does not know: azp, nonce, at_hash,
 * auth_time. */
static err_t check_id_token(const struct habilis *h, const struct session_source *from,
                            const struct jwt *t)
{
    char hash[JWT_AT_HASH_LEN];
    const json_t *aud = json_object_get(t->claims, "aud");
    bool several = json_array_size(aud) > 1;
    if (t->sub.len == 0 || !str_eq(t->nonce, from->nonce))
        return ERR(TOKEN_FORGED);
    if ((several || t->azp.len > 0) && !str_eq(t->azp, str_of(h->client_id)))
        return ERR(TOKEN_WRONG_AUDIENCE);
    TRY(jwt_at_hash(from->access_token, hash));
    if (t->at_hash.len > 0 && !str_eq(t->at_hash, str_from(hash, sizeof hash)))
        return ERR(TOKEN_FORGED);
    if (from->max_age > 0 && t->auth_time + from->max_age + CLIENT_LEEWAY < from->now)
        return ERR(TOKEN_EXPIRED);
    return ERR(OK);
}

static err_t use_id_token(struct habilis *h, const struct session_source *from,
                          struct habilis_session *s)
{
    const struct jwt_expect want = expect(h, STR("JWT"), h->client_id, from->now);
    struct jwt t = { 0 };
    TRY(provider_verify(h->provider, from->id_token, &want, &t));
    err_t e = check_id_token(h, from, &t);
    if (err_ok(e))
        e = keep_claims(s, &t);
    if (err_ok(e))
        e = keep_structure(s, t.claims);
    jwt_done(&t);
    return e;
}

/* Both tokens are about one person, or neither is believed. */
static err_t read_access_token(struct habilis_session *s, const struct jwt *t)
{
    if (t->sub.len == 0 ||
        (s->text[HABILIS_SUBJECT][0] != '\0' && !str_eq(t->sub, str_of(s->text[HABILIS_SUBJECT]))))
        return ERR(TOKEN_FORGED);
    /* Where she works decides what she may: the access token's word goes before the ID token's. */
    s->profile_count = 0;
    for (int i = HABILIS_STRUCTURE; i <= HABILIS_ESTABLISHMENT_LABEL; i++)
        s->text[i] = "";
    TRY(keep_structure(s, t->claims));
    TRY(keep_claims(s, t));
    s->expires = t->exp;
    return keep_rights(s, t->claims);
}

/* Another provider's token may be no JWT at all: then it is kept, and nothing is decided from it. */
static bool is_opaque(struct str token)
{
    struct jws jws;
    return jws_parse(token, &jws).code == ERR_TOKEN_MALFORMED && !str_has_char(token, '.');
}

static err_t use_access_token(struct habilis *h, const struct session_source *from,
                              struct habilis_session *s)
{
    const struct jwt_expect want = expect(h, STR("at+jwt"), h->audience, from->now);
    struct jwt t = { 0 };
    s->expires = from->expires;
    if (from->id_token.len > 0 && is_opaque(from->access_token))
        return ERR(OK);
    TRY(provider_verify(h->provider, from->access_token, &want, &t));
    err_t e = read_access_token(s, &t);
    jwt_done(&t);
    return e;
}

static err_t fill(struct habilis *h, const struct session_source *from, struct habilis_session *s)
{
    for (size_t i = 0; i < SESSION_TEXTS; i++)
        s->text[i] = "";
    TRY(arena_new(ARENA_DEFAULT_MAX, &s->arena));
    if (from->id_token.len > 0)
        TRY(use_id_token(h, from, s));
    TRY(use_access_token(h, from, s));
    TRY(keep(s, HABILIS_ID_TOKEN, from->id_token));
    return keep(s, HABILIS_ACCESS_TOKEN, from->access_token);
}

err_t session_new(struct habilis *h, const struct session_source *from,
                  struct habilis_session **out)
{
    struct habilis_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR(NO_MEMORY);
    err_t e = fill(h, from, s);
    if (!err_ok(e)) {
        habilis_session_free(s);
        return e;
    }
    *out = s;
    return ERR(OK);
}

enum habilis_status habilis_bearer(struct habilis *h, const char *access_token,
                                   struct habilis_session **out)
{
    if (h == NULL || access_token == NULL || out == NULL)
        return HABILIS_MISUSE;
    const struct session_source from = { .access_token = str_of(access_token), .now = clock_now() };
    return status_of(session_new(h, &from, out));
}

const char *habilis_session_text(const struct habilis_session *s, enum habilis_text which)
{
    return which >= HABILIS_SUBJECT && (size_t)which < SESSION_TEXTS ? s->text[which] : "";
}

const char *habilis_session_profile(const struct habilis_session *s, size_t i)
{
    return i < s->profile_count ? s->profile[i] : NULL;
}

const char *habilis_session_profile_code(const struct habilis_session *s, size_t i)
{
    return i < s->profile_count ? s->profile_code[i] : NULL;
}

int habilis_session_amr_has(const struct habilis_session *s, const char *method)
{
    for (size_t i = 0; i < s->amr_count; i++)
        if (str_eq(s->amr[i], str_of(method)))
            return 1;
    return 0;
}

int64_t habilis_session_expires(const struct habilis_session *s) { return s->expires; }
int64_t habilis_session_authenticated(const struct habilis_session *s) { return s->authenticated; }

void habilis_session_free(struct habilis_session *s)
{
    if (s == NULL)
        return;
    arena_free(s->arena);
    free(s);
}
