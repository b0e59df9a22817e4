#include "oidc/claims.h"

#include "base/access.h"
#include "base/jsonw.h"
#include "config/config.h"
#include "token/jwt.h"

static void put_words(struct buf *b, const char *name, struct str words)
{
    struct str word;
    jsonw_open(b, name, '[');
    while (str_next(&words, ' ', &word))
        jsonw_str(b, NULL, word);
    jsonw_close(b, ']');
}

static void put_sign_in(struct buf *b, const struct grant *g)
{
    jsonw_int(b, "auth_time", g->auth_time);
    jsonw_str(b, "acr", str_of(access_acr_name((enum access_acr)g->acr)));
    put_words(b, "amr", g->amr);
    jsonw_str(b, "sid", g->sid);
}

static void put_access_head(struct buf *b, const struct service *svc, const struct grant *g,
                            struct str sub)
{
    jsonw_open(b, NULL, '{');
    jsonw_str(b, "iss", svc->issuer);
    jsonw_str(b, "sub", sub);
    jsonw_str(b, "aud", g->audience);
    jsonw_str(b, "client_id", g->client_id);
    jsonw_int(b, "iat", g->now);
    jsonw_str(b, "jti", str_from(g->jti, UUID_LEN));
    jsonw_str(b, "scope", g->scope);
}

static void put_structure(struct buf *b, const struct place *place)
{
    jsonw_open(b, "structure", '{');
    jsonw_str(b, "code", place->structure);
    jsonw_str(b, "label", place->label);
    jsonw_str(b, "establishment", place->establishment);
    jsonw_str(b, "establishment_label", place->establishment_label);
    jsonw_open(b, "profiles", '[');
    for (size_t i = 0; i < place->profile_count; i++)
        jsonw_str(b, NULL, place->profile_codes[i]);
    jsonw_close(b, ']');
    jsonw_open(b, "profile_labels", '[');
    for (size_t i = 0; i < place->profile_count; i++)
        jsonw_str(b, NULL, place->profiles[i]);
    jsonw_close(b, ']');
    jsonw_close(b, '}');
}

static err_t finish(struct arena *a, struct buf *b, struct str *out)
{
    jsonw_close(b, '}');
    err_t e = buf_err(b);
    return err_ok(e) ? arena_str(a, buf_str(b), out) : e;
}

static err_t write_access(const struct service *svc, const struct view *v, struct arena *a,
                          struct grant *g, struct buf *b)
{
    struct rights_question q = { .application = g->audience,
                                 .structure = g->place->structure,
                                 .login = { g->acr, g->amr },
                                 .now = g->now,
                                 .opened = svc->opened };
    int64_t not_after = INT64_MAX;
    put_access_head(b, svc, g, g->person->id);
    put_sign_in(b, g);
    jsonw_str(b, "preferred_username", g->person->login);
    put_structure(b, g->place);
    TRY(rights_entitlements(v, a, g->person, &q, b, &not_after));
    if (g->expires > not_after)
        g->expires = not_after;
    jsonw_int(b, "exp", g->expires);
    return g->expires > g->now ? ERR(OK) : ERR(DENIED);
}

err_t claims_access(const struct service *svc, const struct view *v, struct arena *a,
                    struct grant *g, struct str *out)
{
    struct buf b;
    buf_init(&b, CLAIMS_MAX);
    err_t e = write_access(svc, v, a, g, &b);
    if (err_ok(e))
        e = finish(a, &b, out);
    buf_done(&b);
    return e;
}

void claims_person(struct buf *b, const struct dir_person *p, struct str scope)
{
    if (str_in_list(scope, ' ', STR("profile"))) {
        jsonw_str_if(b, "name", p->display_name);
        jsonw_str_if(b, "given_name", p->given_name);
        jsonw_str_if(b, "family_name", p->family_name);
        jsonw_str_if(b, "preferred_username", p->login);
    }
    if (str_in_list(scope, ' ', STR("email")))
        jsonw_str_if(b, "email", p->mail);
}

err_t claims_id(const struct service *svc, struct arena *a, const struct grant *g,
                struct str access_token, struct str *out)
{
    struct buf b;
    char at_hash[JWT_AT_HASH_LEN];
    TRY(jwt_at_hash(access_token, at_hash));
    buf_init(&b, CLAIMS_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_str(&b, "iss", svc->issuer);
    jsonw_str(&b, "sub", g->person->id);
    jsonw_str(&b, "aud", g->client_id);
    jsonw_int(&b, "iat", g->now);
    jsonw_int(&b, "exp", g->now + svc->config->id_token_lifetime);
    put_sign_in(&b, g);
    jsonw_str_if(&b, "nonce", g->nonce);
    jsonw_str(&b, "at_hash", str_from(at_hash, sizeof at_hash));
    claims_person(&b, g->person, g->scope);
    err_t e = finish(a, &b, out);
    buf_done(&b);
    return e;
}

err_t claims_client(const struct service *svc, struct arena *a, const struct grant *g,
                    struct str *out)
{
    struct buf b;
    buf_init(&b, CLAIMS_MAX);
    put_access_head(&b, svc, g, g->client_id);
    jsonw_int(&b, "exp", g->expires);
    err_t e = finish(a, &b, out);
    buf_done(&b);
    return e;
}
