#include "residents.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct owned_note {
    char *when, *author, *target, *text;
};

struct shelf { /* what was added about one resident */
    struct owned_note notes[NOTES_MAX];
    size_t count;
};

struct residents {
    json_t *file;
    const json_t *list, *structures; /* of the file */
    pthread_mutex_t lock;
    struct shelf *shelves; /* under the lock; one a resident */
};

const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

size_t residents_count(const struct residents *r) { return json_array_size(r->list); }

const json_t *residents_at(const struct residents *r, size_t i)
{
    return json_array_get(r->list, i);
}

static size_t index_of(const struct residents *r, const json_t *resident)
{
    size_t i = 0;
    while (i < residents_count(r) && residents_at(r, i) != resident)
        i++;
    return i;
}

const json_t *residents_find(const struct residents *r, const char *id)
{
    for (size_t i = 0; i < residents_count(r); i++)
        if (strcmp(text_of(residents_at(r, i), "id"), id) == 0)
            return residents_at(r, i);
    return NULL;
}

const json_t *residents_structure(const struct residents *r, const char *code)
{
    for (size_t i = 0; i < json_array_size(r->structures); i++) {
        const json_t *s = json_array_get(r->structures, i);
        if (strcmp(text_of(s, "code"), code) == 0)
            return s;
    }
    return NULL;
}

const json_t *residents_structure_at(const struct residents *r, size_t i)
{
    return json_array_get(r->structures, i);
}

static bool has_member(const struct residents *r, const char **missing)
{
    static const char *const needed[] = { "id", "nom", "prenom", "naissance", "structure" };
    for (size_t i = 0; i < residents_count(r); i++) {
        for (size_t n = 0; n < sizeof needed / sizeof needed[0]; n++) {
            *missing = needed[n];
            if (text_of(residents_at(r, i), needed[n])[0] == '\0')
                return false;
        }
        *missing = "a known structure";
        if (residents_structure(r, text_of(residents_at(r, i), "structure")) == NULL)
            return false;
    }
    return true;
}

bool residents_load(const char *path, struct residents **out, char why[200])
{
    json_error_t e;
    const char *missing = "residents";
    struct residents *r = calloc(1, sizeof *r);
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (r == NULL || file == NULL) {
        (void)snprintf(why, 200, "%s: line %d: %s", path, r == NULL ? 0 : e.line, e.text);
        json_decref(file);
        free(r);
        return false;
    }
    r->file = file;
    r->list = json_object_get(file, "residents");
    r->structures = json_object_get(file, "structures");
    r->shelves = calloc(residents_count(r) + 1, sizeof *r->shelves);
    pthread_mutex_init(&r->lock, NULL);
    if (r->shelves == NULL || residents_count(r) == 0 || !has_member(r, &missing)) {
        (void)snprintf(why, 200, "%s: lacks %s", path, missing);
        residents_free(r);
        return false;
    }
    *out = r;
    return true;
}

static void free_note(struct owned_note *n)
{
    free(n->when);
    free(n->author);
    free(n->target);
    free(n->text);
}

void residents_free(struct residents *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; r->shelves != NULL && i < residents_count(r); i++)
        for (size_t n = 0; n < r->shelves[i].count; n++)
            free_note(&r->shelves[i].notes[n]);
    free(r->shelves);
    pthread_mutex_destroy(&r->lock);
    json_decref(r->file);
    free(r);
}

bool resident_followed_by(const json_t *resident, const char *name)
{
    const json_t *by = json_object_get(resident, "suivi_par");
    for (size_t i = 0; i < json_array_size(by); i++) {
        const char *one = json_string_value(json_array_get(by, i));
        if (one != NULL && name[0] != '\0' && strcmp(one, name) == 0)
            return true;
    }
    return false;
}

const char *residents_tutor(const struct residents *r, const char *name)
{
    return text_of(json_object_get(r->file, "tuteurs"), name);
}

static bool copy_note(const struct note *from, struct owned_note *to)
{
    *to = (struct owned_note){ strdup(from->when), strdup(from->author), strdup(from->target),
                               strdup(from->text) };
    if (to->when != NULL && to->author != NULL && to->target != NULL && to->text != NULL)
        return true;
    free_note(to);
    return false;
}

static struct note borrow(const struct owned_note *n)
{
    return (struct note){ n->when, n->author, n->target, n->text };
}

/* Each is copied, so that FN (which writes a page) runs outside the lock. */
static void each_added(struct residents *r, size_t resident, note_fn *fn, void *arg)
{
    for (size_t back = 0;; back++) {
        struct owned_note copy;
        struct note note;
        pthread_mutex_lock(&r->lock);
        const struct shelf *s = &r->shelves[resident];
        bool there = back < s->count;
        if (there) {
            note = borrow(&s->notes[s->count - 1 - back]);
            there = copy_note(&note, &copy);
        }
        pthread_mutex_unlock(&r->lock);
        if (!there)
            return;
        note = borrow(&copy);
        fn(arg, &note);
        free_note(&copy);
    }
}

void residents_each_note(struct residents *r, const json_t *resident, note_fn *fn, void *arg)
{
    size_t i = index_of(r, resident);
    const json_t *list = json_object_get(resident, "transmissions");
    each_added(r, i, fn, arg);
    for (size_t n = 0; n < json_array_size(list); n++) {
        const json_t *j = json_array_get(list, n);
        const struct note note = { text_of(j, "quand"), text_of(j, "auteur"), text_of(j, "cible"),
                                   text_of(j, "texte") };
        fn(arg, &note);
    }
}

bool residents_add_note(struct residents *r, const json_t *resident, const struct note *note)
{
    struct owned_note copy;
    size_t i = index_of(r, resident);
    if (i == residents_count(r) || !copy_note(note, &copy))
        return false;
    pthread_mutex_lock(&r->lock);
    struct shelf *s = &r->shelves[i];
    if (s->count == NOTES_MAX) { /* the oldest goes */
        free_note(&s->notes[0]);
        memmove(&s->notes[0], &s->notes[1], (NOTES_MAX - 1) * sizeof s->notes[0]);
        s->count--;
    }
    s->notes[s->count++] = copy;
    pthread_mutex_unlock(&r->lock);
    return true;
}
