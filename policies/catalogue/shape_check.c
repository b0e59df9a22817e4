#include "catalogue/shape.h"

#include <string.h>

enum { WORD_MAX = 64, NAMES_MAX = 32 };

struct task {
    const struct node *node;
    const struct shape *shape;
};

/* What remains to be looked at: children are put aside rather than called for. */
struct checking {
    struct arena *arena;
    const struct document *doc;
    struct cat_problems *problems;
    struct task *tasks;
    size_t count, cap;
};

static err_t put_aside(struct checking *c, const struct node *node, const struct shape *shape)
{
    c->tasks = cat_grown(c->arena, c->tasks, c->count, &c->cap, sizeof *c->tasks);
    if (c->tasks == NULL)
        return ERR(NO_MEMORY);
    c->tasks[c->count++] = (struct task){ node, shape };
    return ERR(OK);
}

static void tell(struct checking *c, const struct node *n, const char *what)
{
    struct str shown = n->kind == NODE_SCALAR ? cat_shown(c->arena, n->text) : STR("");
    if (shown.len > 0)
        cat_problem_add(c->problems, node_place(c->doc, n), "« %.*s » : %s", STR_ARG(shown), what);
    else
        cat_problem_add(c->problems, node_place(c->doc, n), "%s", what);
}

/* ---- the forms of words ---- */

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return s.len > 0 && s.len <= WORD_MAX;
}

static bool is_code(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool first = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!first && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return s.len > 0 && s.len <= CAT_CODE_MAX;
}

static bool is_right(struct str s)
{
    struct str resource;
    return str_cut(&s, ':', &resource) && is_code(resource) && is_word(s);
}

static bool is_number(const struct shape *shape, struct str s)
{
    int64_t n;
    if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0') || s.ptr[0] == '-' || !str_to_i64(s, &n))
        return false;
    return n >= shape->least && n <= shape->most;
}

static bool is_text(struct str s)
{
    struct str trimmed = str_trim(s);
    return s.len > 0 && s.len <= CAT_TEXT_MAX && trimmed.len == s.len && str_is_printable(s);
}

/* ---- one value ---- */

static err_t check_choice(struct checking *c, const struct node *n, const struct shape *shape)
{
    struct str words[NAMES_MAX], rest = str_of(shape->choices), hint;
    size_t count = 0;
    if (str_in_list(rest, ' ', n->text))
        return ERR(OK);
    while (count < NAMES_MAX && str_next(&rest, ' ', &words[count]))
        count++;
    TRY(cat_suggestion(c->arena, n->text, words, NULL, count, &hint));
    cat_problem_add(c->problems, node_place(c->doc, n), "« %.*s » n'est pas dans la liste (%s)%.*s",
                    STR_ARG(cat_shown(c->arena, n->text)), shape->choices, STR_ARG(hint));
    return ERR(OK);
}

static err_t check_scalar(struct checking *c, const struct node *n, const struct shape *shape)
{
    bool ok = true;
    const char *what = "";
    if (n->kind != NODE_SCALAR) {
        tell(c, n, "un seul mot ou un seul texte est attendu ici");
        return ERR(OK);
    }
    switch (shape->kind) {
    case SHAPE_CODE:
        ok = is_code(n->text);
        what = "code mal formé : majuscules, chiffres, « . », « _ » et « - », 64 au plus";
        break;
    case SHAPE_WORD:
        ok = is_word(n->text) || (shape->star && str_eq(n->text, STR("*")));
        what = "mot mal formé : minuscules sans accent, chiffres et « _ »";
        break;
    case SHAPE_TEXT:
        ok = is_text(n->text);
        what = "texte vide, trop long, ou avec des espaces au bord ou des retours à la ligne";
        break;
    case SHAPE_NUMBER:
        ok = !n->quoted && is_number(shape, n->text);
        what = "nombre attendu, dans les limites permises, sans guillemets";
        break;
    case SHAPE_RIGHT:
        ok = is_right(n->text);
        what = "droit mal formé : « RESSOURCE:action » attendu";
        break;
    case SHAPE_CHOICE:
        return check_choice(c, n, shape);
    case SHAPE_WORDS:
    case SHAPE_RECORD:
    case SHAPE_TABLE:
    case SHAPE_ROWS:
    case SHAPE_LIST:
        return ERR(BUG);
    }
    if (!ok)
        tell(c, n, what);
    return ERR(OK);
}

static err_t check_words(struct checking *c, const struct node *n, const struct shape *shape)
{
    if (n->kind != NODE_LIST) {
        tell(c, n, "une liste entre crochets est attendue ici : [a, b]");
        return ERR(OK);
    }
    if ((int64_t)n->count < shape->least || (int64_t)n->count > shape->most)
        cat_problem_add(c->problems, node_place(c->doc, n),
                        "liste de %zu : il en faut de %lld à %lld", n->count,
                        (long long)shape->least, (long long)shape->most);
    for (size_t i = 0; i < n->count && (int64_t)i <= shape->most; i++) {
        TRY(put_aside(c, n->items[i], shape->item));
        for (size_t j = 0; j < i; j++)
            if (n->items[i]->kind == NODE_SCALAR && n->items[j]->kind == NODE_SCALAR &&
                str_eq(n->items[i]->text, n->items[j]->text))
                tell(c, n->items[i], "déjà dans la liste");
    }
    return ERR(OK);
}

/* ---- what holds others ---- */

static const struct field *field_of(const struct shape *shape, struct str name)
{
    for (const struct field *f = shape->fields; f->name != NULL; f++)
        if (str_eq(str_of(f->name), name))
            return f;
    return NULL;
}

static err_t unknown_key(struct checking *c, const struct node *key, const struct shape *shape)
{
    struct str names[NAMES_MAX], hint;
    size_t count = 0;
    for (const struct field *f = shape->fields; f->name != NULL && count < NAMES_MAX; f++)
        names[count++] = str_of(f->name);
    TRY(cat_suggestion(c->arena, key->text, names, NULL, count, &hint));
    cat_problem_add(c->problems, node_place(c->doc, key), "clé « %.*s » inconnue%.*s",
                    STR_ARG(cat_shown(c->arena, key->text)), STR_ARG(hint));
    return ERR(OK);
}

static err_t check_record(struct checking *c, const struct node *n, const struct shape *shape)
{
    if (n->kind != NODE_MAP) {
        tell(c, n, "des « clé: valeur » sont attendues ici");
        return ERR(OK);
    }
    for (size_t i = 0; i < n->count; i += 2) {
        const struct field *f = field_of(shape, n->items[i]->text);
        if (f == NULL)
            TRY(unknown_key(c, n->items[i], shape));
        else
            TRY(put_aside(c, n->items[i + 1], f->shape));
    }
    for (const struct field *f = shape->fields; f->name != NULL; f++)
        if (f->required && node_get(n, f->name) == NULL)
            cat_problem_add(c->problems, node_place(c->doc, n), "%s : il manque « %s »",
                            shape->what, f->name);
    return ERR(OK);
}

static err_t check_table(struct checking *c, const struct node *n, const struct shape *shape)
{
    static const struct shape code = { .kind = SHAPE_CODE };
    if (n->kind != NODE_MAP) {
        tell(c, n, "des « CODE: … » sont attendus ici");
        return ERR(OK);
    }
    for (size_t i = 0; i < n->count; i += 2) {
        TRY(put_aside(c, n->items[i], &code));
        TRY(put_aside(c, n->items[i + 1], shape->item));
    }
    return ERR(OK);
}

static err_t check_list(struct checking *c, const struct node *n, const struct shape *shape)
{
    static const struct shape code = { .kind = SHAPE_CODE };
    if (n->kind != NODE_LIST) {
        tell(c, n, "une liste est attendue ici : un « - » par ligne");
        return ERR(OK);
    }
    for (size_t i = 0; i < n->count; i++) {
        const struct node *item = n->items[i];
        if (shape->kind == SHAPE_LIST) {
            TRY(put_aside(c, item, shape->item));
        } else if (item->kind != NODE_MAP || item->count != 2) {
            tell(c, item, "« - CODE: {…} » est attendu ici");
        } else {
            TRY(put_aside(c, item->items[0], &code));
            TRY(put_aside(c, item->items[1], shape->item));
        }
    }
    return ERR(OK);
}

static err_t check_one(struct checking *c, struct task t)
{
    switch (t.shape->kind) {
    case SHAPE_RECORD:
        return check_record(c, t.node, t.shape);
    case SHAPE_TABLE:
        return check_table(c, t.node, t.shape);
    case SHAPE_ROWS:
    case SHAPE_LIST:
        return check_list(c, t.node, t.shape);
    case SHAPE_WORDS:
        return check_words(c, t.node, t.shape);
    case SHAPE_CODE:
    case SHAPE_CHOICE:
    case SHAPE_TEXT:
    case SHAPE_NUMBER:
    case SHAPE_RIGHT:
    case SHAPE_WORD:
        break;
    }
    return check_scalar(c, t.node, t.shape);
}

err_t shape_check(struct arena *a, const struct document *d, const struct shape *shape,
                  struct cat_problems *p)
{
    struct checking c = { .arena = a, .doc = d, .problems = p };
    size_t before = cat_problems_count(p);
    if (d->root == NULL || (d->root->kind == NODE_MAP && d->root->count == 0)) {
        cat_problem_add(p, (struct cat_place){ d->name, 1, 1 }, "fichier vide : effacez-le");
        return ERR(MALFORMED);
    }
    TRY(put_aside(&c, d->root, shape));
    while (c.count > 0)
        TRY(check_one(&c, c.tasks[--c.count]));
    return cat_problems_count(p) == before ? ERR(OK) : ERR(MALFORMED);
}
