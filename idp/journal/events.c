#include "journal/events.h"

static const struct journal_kind kinds[JOURNAL_EVENT_COUNT] = {
#define X(code, name, fields, data, french) \
    [JOURNAL_##code] = { name, french, (unsigned)(fields), data },
    JOURNAL_EVENTS(X)
#undef X
};

const struct journal_kind *journal_kind_of(enum journal_event event)
{
    return (unsigned)event < COUNT(kinds) ? &kinds[event] : NULL;
}

const char *journal_event_name(enum journal_event event)
{
    const struct journal_kind *kind = journal_kind_of(event);
    return kind != NULL ? kind->name : "";
}

bool journal_event_of(struct str name, enum journal_event *out)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (str_eq(name, str_of(kinds[i].name))) {
            *out = (enum journal_event)i;
            return true;
        }
    }
    return false;
}

const char *journal_event_french(struct str name)
{
    enum journal_event event;
    return journal_event_of(name, &event) ? kinds[event].french : "Événement inconnu";
}

const char *journal_fault_french(enum journal_fault fault)
{
    switch (fault) {
    case JOURNAL_SOUND:
        return "journal intègre";
    case JOURNAL_GAP:
        return "enregistrement manquant";
    case JOURNAL_LINK_BROKEN:
        return "enregistrement qui ne suit pas le précédent";
    case JOURNAL_HASH_WRONG:
        return "enregistrement modifié";
    case JOURNAL_CHECKPOINT_BAD:
        return "point de contrôle en désaccord";
    case JOURNAL_ANCHOR_BAD:
        return "ancre en désaccord";
    }
    return "";
}

const char *journal_anchor_french(enum journal_anchor anchor)
{
    switch (anchor) {
    case ANCHOR_AGREES:
        return "conforme";
    case ANCHOR_MISSING:
        return "absente";
    case ANCHOR_FORGED:
        return "fausse ou abîmée";
    case ANCHOR_DISAGREES:
        return "l’enregistrement qu’elle désigne est différent";
    case ANCHOR_AHEAD:
        return "la fin du journal a été coupée";
    }
    return "";
}
