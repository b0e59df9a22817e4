/* decide.c - from entitlements to an answer that a person can read. */
#include "base/clock.h"
#include "client/client.h"

#include <string.h>

struct wording {
    const char *reason, *fr, *en;
};

static const struct wording permitted = { "ok", "Autorisé.", "Permitted." };
static const struct wording no_grant = { "no_grant", "Votre profil ne donne pas ce droit.",
                                         "Your profile does not give this right." };
static const struct wording elsewhere = {
    "elsewhere", "Votre profil ne donne pas ce droit dans cette structure.",
    "Your profile does not give this right in this place."
};
static const struct wording condition = { "condition", "Une condition demandée n'est pas remplie.",
                                          "A condition that is asked for is not met." };
static const struct wording step_up = { "step_up", "Cette action demande une connexion plus forte.",
                                        "This action needs a stronger login." };
static const struct wording ask = { "ask",
                                    "Cette structure n'est pas votre lieu de travail actuel.",
                                    "This is not where you are working now." };
static const struct wording expired = { "expired", "Votre session doit être renouvelée.",
                                        "Your session needs to be renewed." };

static void say(struct habilis_answer *out, enum habilis_effect effect, const struct wording *w)
{
    out->effect = effect;
    out->reason = w->reason;
    out->text_fr = w->fr;
    out->text_en = w->en;
}

/* Names with spaces between. False when they do not all fit: an obligation that is not told is not
 * honoured. */
static bool put_names(const struct access_words *words, uint64_t set, char *out, size_t cap)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned count = access_words_list(words, set, names);
    size_t n = 0;
    for (unsigned i = 0; i < count; i++) {
        if (n + names[i].len + 2 > cap)
            return false;
        if (i > 0)
            out[n++] = ' ';
        memcpy(out + n, names[i].ptr, names[i].len);
        n += names[i].len;
    }
    out[n] = '\0';
    return true;
}

static struct str text_of(const char *text)
{
    return text != NULL ? str_of(text) : (struct str){ NULL, 0 };
}

static struct ent_question question_of(const struct habilis_session *s,
                                       const struct habilis_question *q)
{
    return (struct ent_question){
        .resource = text_of(q->resource),
        .action = text_of(q->action),
        .structure = text_of(q->structure),
        .owner = text_of(q->owner),
        .subject = str_of(s->text[HABILIS_SUBJECT]),
        .subject_login = s->text[HABILIS_LOGIN_NAME][0] != '\0'
                             ? str_of(s->text[HABILIS_LOGIN_NAME])
                             : (struct str){ NULL, 0 },
        .motif = text_of(q->motif),
        .urgence = q->urgence == 1,
        .presence_physique = q->presence_physique == 1,
        .supervise = q->supervise == 1,
        .acr = access_acr_of(str_of(s->text[HABILIS_ACR])),
        .psc = habilis_session_amr_has(s, "psc") == 1,
        .now = clock_now(),
    };
}

static void translate(const struct ent_set *rights, const struct ent_answer *a,
                      struct habilis_answer *out)
{
    const struct access_words *words = ent_words(rights);
    switch (a->effect) {
    case ENT_PERMIT:
        if (put_names(words, a->obligations, out->obligations, sizeof out->obligations))
            say(out, HABILIS_PERMIT, &permitted);
        break;
    case ENT_STEP_UP:
        say(out, HABILIS_STEP_UP, &step_up);
        out->acr_values = a->needs_psc ? "eidas3" : "eidas2";
        break;
    case ENT_ASK:
        say(out, HABILIS_ASK, &ask);
        break;
    case ENT_DENY:
        if (a->reason == ACCESS_CONDITION) {
            say(out, HABILIS_DENY, &condition);
            (void)put_names(words, a->missing, out->missing, sizeof out->missing);
        } else if (a->reason == ACCESS_ELSEWHERE) {
            say(out, HABILIS_DENY, &elsewhere);
        }
        break;
    case ENT_UNDECIDED:
        break;
    }
}

void habilis_decide(const struct habilis_session *s, const struct habilis_question *q,
                    struct habilis_answer *out)
{
    struct ent_answer a = { 0 };
    *out = (struct habilis_answer){ .acr_values = "" };
    say(out, HABILIS_DENY, &no_grant);
    if (s == NULL || q == NULL || q->size != sizeof *q || q->resource == NULL || q->action == NULL)
        return;
    if (clock_now() >= s->expires) {
        say(out, HABILIS_RENEW, &expired);
        return;
    }
    if (s->rights == NULL) {
        say(out, HABILIS_ASK, &ask);
        return;
    }
    const struct ent_question question = question_of(s, q);
    ent_decide(s->rights, &question, &a);
    translate(s->rights, &a, out);
}

int habilis_answer_obliges(const struct habilis_answer *a, const char *name)
{
    return a->effect == HABILIS_PERMIT && str_in_list(str_of(a->obligations), ' ', str_of(name))
               ? 1
               : 0;
}

int habilis_may(const struct habilis_session *s, const char *resource, const char *action)
{
    return s->rights != NULL && ent_has(s->rights, str_of(resource), str_of(action)) ? 1 : 0;
}
