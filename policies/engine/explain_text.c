#include "base/date.h"
#include "engine/explain_try.h"

/* ---- the table: what people read, French first ---- */

/* Indexed by the reason. Nothing here says more than the code does. */
static const struct explain_text reasons[] = {
    [ACCESS_UNSET] = { "La question n'a pas reçu de réponse : c'est un refus.",
                       "The question got no answer: that is a refusal." },
    [ACCESS_UNKNOWN] = { "La personne, le droit ou le lieu demandé n'est pas connu.",
                         "The person, the right or the place asked for is not known." },
    [ACCESS_SUSPENDED] = { "Le compte de cette personne est suspendu.",
                           "This person's account is suspended." },
    [ACCESS_NO_GRANT] = { "Aucun profil de cette personne ne donne ce droit.",
                          "None of this person's profiles gives this right." },
    [ACCESS_ELSEWHERE] = { "Cette personne a ce droit, mais pas pour ce lieu ou ces données.",
                           "This person has this right, but not for this place or these data." },
    [ACCESS_EXPIRED] = { "La période pendant laquelle cette personne avait ce droit est terminée.",
                         "The period during which this person had this right is over." },
    [ACCESS_NOT_YET] = { "La période pendant laquelle cette personne aura ce droit n'a pas "
                         "commencé.",
                         "The period during which this person will have this right has not "
                         "begun." },
    [ACCESS_CLOSED] = { "Le lieu demandé, ou celui du profil, n'est pas ouvert à cette date.",
                        "The place asked for, or that of the profile, is not open on that date." },
    [ACCESS_NEVER] = { "Un profil de cette personne interdit ce droit dans ce lieu.",
                       "A profile of this person forbids this right in this place." },
    [ACCESS_CLOSURE] = { "Une fermeture coupe ce droit dans ce lieu, pour tous.",
                         "A closure cuts this right in this place, for everybody." },
    [ACCESS_CONDITION] = { "Une condition de ce droit n'est pas remplie.",
                           "A condition of this right is not met." },
    [ACCESS_STEP_UP] = { "Le niveau de connexion ne suffit pas pour ce droit.",
                         "The level of sign-in is not enough for this right." },
    [ACCESS_OK] = { "Cette personne a ce droit.", "This person has this right." },
};

/* Indexed by the word: what stands after "avec" or "sous réserve de". */
static const struct explain_text words[ACCESS_WORD_KNOWN] = {
    [ACCESS_W_2F] = { "une connexion à deux facteurs", "a sign-in with two factors" },
    [ACCESS_W_ALLERGIES] = { "les allergies et antécédents seulement",
                             "allergies and history only" },
    [ACCESS_W_ANIMATIONS] = { "les animations seulement", "activities only" },
    [ACCESS_W_BOITE_DIRECTION] = { "la boîte de la direction seulement",
                                   "the management's mailbox only" },
    [ACCESS_W_CONTRESEING] = { "la signature du tuteur", "the supervisor's signature" },
    [ACCESS_W_CRENEAU_ASTREINTE] = { "une astreinte programmée, avec une date de fin",
                                     "scheduled on-call duty, with an end date" },
    [ACCESS_W_CRENEAU_NUIT] = { "une heure de nuit, entre 21 h et 7 h",
                                "a time of night, between 21:00 and 07:00" },
    [ACCESS_W_DEMANDE_ACCES] = { "une demande de la personne accompagnée ou de son représentant",
                                 "a request of the resident or of a representative" },
    [ACCESS_W_DEMANDE_MOTIVEE] = { "une demande motivée", "a reasoned request" },
    [ACCESS_W_DOSSIERS_DESIGNES] = { "les dossiers désignés seulement", "the files named only" },
    [ACCESS_W_DUREE_CONTRAT] = { "un contrat avec une date de fin", "a contract with an end date" },
    [ACCESS_W_DUREE_STAGE] = { "un stage avec une date de fin", "a placement with an end date" },
    [ACCESS_W_FENETRE_INTERVENTION] = { "une intervention avec une date de fin",
                                        "an intervention with an end date" },
    [ACCESS_W_FENETRE_VISITE] = { "une visite avec une date de fin", "a visit with an end date" },
    [ACCESS_W_FILE] = { "les seules personnes que suit cet agent",
                        "only the residents whom this person follows" },
    [ACCESS_W_MATRICE_NATIONALE] = { "les règles nationales du dossier partagé",
                                     "the national rules of the shared record" },
    [ACCESS_W_MOTIF] = { "un motif écrit", "a written reason" },
    [ACCESS_W_PAS_SOI_MEME] = { "une autre personne concernée que soi-même",
                                "somebody else than oneself concerned" },
    [ACCESS_W_POSTE_ANIMATION] = { "le poste des animations seulement",
                                   "the activities workstation only" },
    [ACCESS_W_PRESENCE_PHYSIQUE] = { "la présence de la personne sur place",
                                     "the person being there" },
    [ACCESS_W_PSC] = { "une connexion par Pro Santé Connect", "a sign-in with Pro Santé Connect" },
    [ACCESS_W_PSEUDONYMISE] = { "des données sans les noms", "data without the names" },
    [ACCESS_W_SUPERVISE] = { "un agent de l'établissement qui suit l'intervention",
                             "a member of staff who follows the intervention" },
    [ACCESS_W_TOURNEE_DU_JOUR] = { "la tournée du jour seulement", "today's round only" },
    [ACCESS_W_TRACE] = { "une inscription au journal", "an entry in the journal" },
    [ACCESS_W_TUTEUR] = { "la présence d'un tuteur", "a supervisor" },
    [ACCESS_W_URGENCE] = { "une urgence déclarée", "a declared emergency" },
    [ACCESS_W_URGENCE_OU_CARENCE] = { "une urgence ou l'absence du prescripteur",
                                      "an emergency or no prescriber at hand" },
    [ACCESS_W_VIOLATION_DONNEES] = { "une violation de données seulement", "a data breach only" },
    [ACCESS_W_VOLET_SCOLARITE] = { "le volet scolarité seulement", "the school part only" },
};
static const struct explain_text other_word = { "une condition que ce service ne connaît pas",
                                                "a condition that this service does not know" };

/* %P profile, %L place, %F the instant `from`, %D the period. What is needed besides follows. */
static const struct explain_text steps[] = {
    [EXPLAIN_LOGIN] = { "Se connecter à un niveau plus élevé : cela suffit",
                        "Sign in at a higher level: that is enough" },
    [EXPLAIN_STATE] = { "Compléter la demande", "Complete the request" },
    [EXPLAIN_PLACE] = { "Pas ici ; cette personne a ce droit pour %L",
                        "Not here; this person has this right for %L" },
    [EXPLAIN_OWN] = { "Ce droit porte sur ses propres données seulement",
                      "This right is for the person's own data only" },
    [EXPLAIN_OTHER] = { "Ce droit porte sur une autre personne que soi-même : une autre personne "
                        "doit agir pour elle, ou la demande doit dire qui est concerné",
                        "This right is for somebody else than oneself: somebody else has to act "
                        "for her, or the request must say who is concerned" },
    [EXPLAIN_WAIT] = { "Attendre le %F", "Wait until %F" },
    [EXPLAIN_RENEW] = { "Renouveler la période du profil %P pour %L, %D",
                        "Renew the period of the profile %P for %L, %D" },
    [EXPLAIN_ASSIGN] = { "Donner le profil %P pour %L, %D", "Give the profile %P for %L, %D" },
    [EXPLAIN_EMERGENCY] = { "Ouvrir un accès d'urgence pour %L, pendant quatre heures",
                            "Open an emergency access for %L, for four hours" },
    [EXPLAIN_REACTIVATE] = { "Rétablir le compte de cette personne",
                             "Reactivate this person's account" },
    [EXPLAIN_NOTHING] = { "Aucune démarche ne donne ce droit : voir avec la personne responsable "
                          "des profils",
                          "No step gives this right: see whoever is responsible for profiles" },
};

static const struct explain_text months[] = {
    { "janvier", "January" }, { "février", "February" },  { "mars", "March" },
    { "avril", "April" },     { "mai", "May" },           { "juin", "June" },
    { "juillet", "July" },    { "août", "August" },       { "septembre", "September" },
    { "octobre", "October" }, { "novembre", "November" }, { "décembre", "December" },
};

struct explain_text explain_reason(enum access_reason reason)
{
    return (unsigned)reason < COUNT(reasons) ? reasons[reason] : reasons[ACCESS_UNSET];
}

struct explain_text explain_word(struct str name)
{
    struct access_words known;
    access_words_init(&known);
    for (unsigned i = 0; i < ACCESS_WORD_KNOWN; i++)
        if (str_eq(known.name[i], name))
            return words[i];
    return other_word;
}

/* ---- writing ---- */

static const char *pick(struct explain_text t, bool english) { return english ? t.en : t.fr; }

static void add(struct buf *out, const char *text) { buf_add(out, str_of(text)); }

/* "Label (CODE)"; the code alone when that is all there is. */
static void add_name(struct buf *out, struct str label, struct str code, bool english)
{
    if (label.len == 0 || str_eq(label, code)) {
        buf_add(out, code);
        return;
    }
    add(out, english ? "“" : "« ");
    buf_add(out, label);
    add(out, english ? "” (" : " » (");
    buf_add(out, code);
    add(out, ")");
}

static void add_structure(const struct snapshot *s, int at, bool english, struct buf *out)
{
    if (at == ENGINE_NONE)
        return;
    add_name(out, s->structures[at].label, s->structure_codes[at], english);
}

static void add_day(struct buf *out, int64_t instant, bool english)
{
    int year, month, day;
    date_civil(explain_paris_day(instant), &year, &month, &day);
    if (english)
        buf_addf(out, "%d %s %d", day, months[month - 1].en, year);
    else
        buf_addf(out, "%d%s %s %d", day, day == 1 ? "er" : "", months[month - 1].fr, year);
}

void explain_put_instant(struct buf *out, int64_t instant, bool english)
{
    int minute = date_paris_minute_of_day(instant);
    add_day(out, instant, english);
    if (minute == 0)
        return; /* with the day */
    if (english)
        buf_addf(out, ", %02d:%02d", minute / 60, minute % 60);
    else if (minute % 60 == 0)
        buf_addf(out, " à %d h", minute / 60);
    else
        buf_addf(out, " à %d h %02d", minute / 60, minute % 60);
}

/* The last day is worked: the period ends at the midnight after it. */
static void add_period(struct buf *out, int64_t from, int64_t until, bool english)
{
    if (from != MODEL_ALWAYS) {
        add(out, english ? "from " : "à partir du ");
        add_day(out, from, english);
    }
    if (until == MODEL_EVER)
        return;
    add(out, from == MODEL_ALWAYS ? "" : " ");
    add(out, english ? "to the end of " : "jusqu'au ");
    add_day(out, until - 1, english);
    add(out, english ? "" : " inclus");
}

void explain_put_words(const struct snapshot *s, uint64_t set, bool english, struct buf *out)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned count = access_words_list(&s->words, set, names);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            add(out, i + 1 < count ? ", " : english ? " and " : " et ");
        add(out, pick(explain_word(names[i]), english));
    }
}

static void add_field(const struct snapshot *s, const struct explain_step *step, char field,
                      bool english, struct buf *out)
{
    if (field == 'P')
        add_name(out, s->profiles[step->profile].label, s->bundle_codes[step->profile], english);
    else if (field == 'L')
        add_structure(s, step->structure, english, out);
    else if (field == 'F')
        explain_put_instant(out, step->from, english);
    else if (field == 'D')
        add_period(out, step->from, step->until, english);
}

void explain_say(const struct snapshot *s, const struct explain_step *step, bool english,
                 struct buf *out)
{
    for (const char *c = pick(steps[step->kind], english); *c != '\0'; c++) {
        if (*c == '%')
            add_field(s, step, *++c, english, out);
        else
            buf_add_char(out, *c);
    }
    if (step->needs != 0) {
        add(out, english ? ", with " : ", avec ");
        explain_put_words(s, step->needs, english, out);
    }
    add(out, ".");
}

/* "« Infirmier » (IDE) pour SOUB-ESAT, à partir du 1er mars 2026" or the emergency. */
static void say_source(const struct snapshot *s, const struct engine_person *p,
                       const struct explain_pair *pair, bool english, struct buf *out)
{
    struct str place;
    if (pair->assignment != ENGINE_NONE) {
        const struct engine_assignment *a = &p->assignments[pair->assignment];
        int profile = engine_profile(s, a->profile);
        place = a->structure;
        add_name(out, s->profiles[profile].label, a->profile, english);
        add(out, english ? " for " : " pour ");
        add_structure(s, engine_structure(s, place), english, out);
        if (a->start != MODEL_ALWAYS || a->end != MODEL_EVER)
            add(out, ", ");
        add_period(out, a->start, a->end, english);
        return;
    }
    place = p->emergencies[pair->emergency].structure;
    add(out, english ? "Emergency access for " : "Accès d'urgence pour ");
    add_structure(s, engine_structure(s, place), english, out);
}

void explain_say_pair(const struct snapshot *s, const struct engine_person *p,
                      const struct explain_pair *pair, bool english, struct buf *out)
{
    uint64_t set = pair->reason == ACCESS_OK ? pair->obligations : pair->missing;
    say_source(s, p, pair, english, out);
    add(out, english ? ": " : " : ");
    add(out, pick(explain_reason(pair->reason), english));
    if (set == 0)
        return;
    if (pair->reason == ACCESS_OK)
        add(out, english ? " Limited to: " : " Dans cette limite : ");
    else
        add(out, english ? " Missing: " : " Il manque : ");
    explain_put_words(s, set, english, out);
    add(out, ".");
}
