/* `habilisctl load` against a real slapd: what is refused, what is written, what stays as it is. */
#include "integration/directory_fixture.h"

#include "ctl/csv_table.h"
#include "ctl/plan.h"
#include "engine/engine.h"
#include "engine/model.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 256 * 1024 * 1024, STAFF_SIZE = 300 };

/* A load as far as it goes. */
struct load {
    struct arena *arena;
    struct problems *problems;
    struct catalogue catalogue;
    struct staff staff;
    struct plan plan;
};

static char data[128], generated[128];

/* ---- files ---- */

static void run_or_die(const char *const *argv)
{
    char output[4096];
    if (run_command(argv, NULL, output, sizeof output) != 0) {
        fputs(output, stderr);
        abort();
    }
}

static void copy(const char *from, const char *to)
{
    run_or_die((const char *const[]){ "cp", from, to, NULL });
}

static const char *path_of(const char *dir, const char *file)
{
    static char path[2][512];
    static int which;
    which = 1 - which;
    (void)snprintf(path[which], sizeof path[which], "%s/%s", dir, file);
    return path[which];
}

static void reset_file(const char *file)
{
    copy(path_of(CATALOGUE_DIR, file), path_of(data, file));
}

static void make_files(void)
{
    static const char *const files[] = { "etablissements.csv", "profils.csv", "ressources.csv",
                                         "matrice.csv", "incompatibilites.csv" };
    char people[16];
    (void)snprintf(data, sizeof data, "%s/data", slapd_folder(fix.server));
    (void)snprintf(generated, sizeof generated, "%s/generated", slapd_folder(fix.server));
    (void)snprintf(people, sizeof people, "%d", STAFF_SIZE);
    run_or_die((const char *const[]){ "mkdir", data, NULL });
    for (size_t i = 0; i < COUNT(files); i++)
        reset_file(files[i]);
    run_or_die((const char *const[]){ "python3", CATALOGUE_DIR "/generate_people.py", "--people",
                                      people, "--out", generated, NULL });
}

static void start(void)
{
    fix.server = slapd_new(); /* without the entries of the other suites */
    make_files();
}

static void write_text(const char *file, const char *mode, const char *text)
{
    FILE *f = fopen(path_of(data, file), mode);
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    fclose(f);
}

#define HEADER                                                                            \
    "matricule,civilite,nom,prenom,email,rpps,og,finess_et,etablissement,service,profil," \
    "type_contrat,date_entree,date_sortie,quotite\n"

static void write_staff(const char *rows)
{
    write_text("personnel_utf8.csv", "we", HEADER);
    write_text("personnel_utf8.csv", "ae", rows);
}

/* ---- loads ---- */

static void load_files(struct load *l)
{
    bool present;
    ck_assert_ok(arena_new(ARENA_MAX, &l->arena));
    ck_assert_ok(problems_new(l->arena, &l->problems));
    ck_assert_ok(catalogue_read(l->arena, l->problems, data, &l->catalogue));
    ck_assert_ok(staff_read(&l->catalogue, &l->staff, &present));
}

static void show_problems(const struct load *l)
{
    if (problems_count(l->problems) > 0)
        problems_print(l->problems, stderr);
}

static void make_plan(struct load *l)
{
    load_files(l);
    show_problems(l);
    ck_assert_uint_eq(problems_count(l->problems), 0);
    ck_assert_ok(plan_make(fix.dir, &l->catalogue, &l->staff, &l->plan));
}

static void end_load(struct load *l) { arena_free(l->arena); }

static err_t apply(const struct load *l)
{
    size_t done;
    struct str refused;
    return plan_apply(&l->plan, &done, &refused);
}

/* Loads what is in the folder; returns the counts. */
static void load_all(struct plan_count counts[PLAN_KINDS])
{
    struct load l;
    make_plan(&l);
    ck_assert_uint_eq(problems_count(l.problems), 0);
    ck_assert_ok(apply(&l));
    memcpy(counts, l.plan.counts, sizeof l.plan.counts);
    end_load(&l);
}

static size_t sum(const struct plan_count *counts)
{
    size_t n = 0;
    for (size_t i = 0; i < PLAN_KINDS; i++)
        n += counts[i].added + counts[i].modified;
    return n;
}

static struct dir_person person(const char *login)
{
    struct dir_person p;
    ck_assert_ok(directory_person_by_login(fix.dir, fix.arena, str_of(login), &p));
    return p;
}

/* ---- the whole demonstration ---- */

static void load_generated(struct plan_count *counts)
{
    copy(path_of(generated, "personnel_utf8.csv"), path_of(data, "personnel_utf8.csv"));
    load_all(counts);
}

/* Running it twice changes nothing, and what was written compiles into decisions. */
START_TEST(twice_is_once)
{
    struct plan_count first[PLAN_KINDS], second[PLAN_KINDS];
    struct model *model;
    struct snapshot *snapshot;
    struct problem problem;
    load_generated(first);
    ck_assert_uint_eq(first[PLAN_PEOPLE].added,
                      STAFF_SIZE + 3); /* one director, four OGs, no RPPS */
    ck_assert_uint_eq(first[PLAN_PROFILES].added, 63);
    ck_assert_uint_eq(first[PLAN_CONSTRAINTS].added, 15);
    load_generated(second);
    ck_assert_uint_eq(sum(second), 0);
    ck_assert_uint_eq(second[PLAN_PEOPLE].same, first[PLAN_PEOPLE].added);
    ck_assert_uint_eq(second[PLAN_ASSIGNMENTS].same, first[PLAN_ASSIGNMENTS].added);

    ck_assert_ok(model_new(&model));
    ck_assert_ok(directory_load_model(fix.dir, model));
    err_t e = engine_compile(model, &snapshot, &problem);
    ck_assert_msg(err_ok(e), "%s: %s %.*s", err_name(e), model_problem_fr(problem.what),
                  STR_ARG(problem.code));
    snapshot_unref(snapshot);
    model_free(model);
}
END_TEST

/* The ugly but legal names of the generator: homonyms are numbered, one RPPS is one person. */
START_TEST(people_of_the_generator)
{
    struct plan_count counts[PLAN_KINDS];
    load_generated(counts);
    ck_assert_str_is(person("marie.martin").family_name, "Martin");
    ck_assert_str_is(person("marie.martin3").family_name, "MARTIN");
    ck_assert(!str_eq(person("yann.le-goff").id, person("yann.le-goff2").id));
    ck_assert_uint_eq(person("gaelle.trois-sites").assignment_count, 3); /* three OGs */
    ck_assert_uint_eq(person("celine.revenante").assignment_count, 2);   /* left and came back */
    ck_assert_str_is(person("servane.abgrall").assignments[0].structure,
                     "SOUB-ESAT.POLE-ENFANCE-SITE-DE-CRETEIL");
    /* a mission of one day: 00:00 to 00:00 in Paris */
    const struct dir_assignment *day = &person("cedric.unjour").assignments[0];
    ck_assert_int_eq(day->end - day->start, 86400);
    ck_assert(!person("cedric.unjour").has_password);
}
END_TEST

/* ---- changes ---- */

#define MARIE(mail, service, until)                                     \
    "M1,Mme,Petit,Marie," mail ",,OG-SOUB,990100018,SOUB-ESAT," service \
    ",SECR,CDD,2020-01-06," until ",100\n"
#define OTHER_MARIE "M2,Mme,Petit,Marie,,,OG-SOUB,990100018,SOUB-ESAT,,SECR,CDI,2020-01-06,,100\n"

/* A changed end is one modification; a row that is gone takes nothing away; an empty cell does not
 * take away a mail. */
START_TEST(changes_only_what_changed)
{
    struct plan_count counts[PLAN_KINDS];
    write_staff(MARIE("m@x.example", "", "2030-12-31"));
    load_all(counts);
    struct dir_person before = person("marie.petit");
    write_staff(MARIE("", "", "2029-12-31"));
    load_all(counts);
    ck_assert_uint_eq(counts[PLAN_ASSIGNMENTS].modified, 1);
    ck_assert_uint_eq(sum(counts), 1);
    struct dir_person after = person("marie.petit");
    ck_assert_str_is(after.mail, "m@x.example");
    ck_assert(str_eq(after.assignments[0].id, before.assignments[0].id));
    ck_assert_int_eq(before.assignments[0].end - after.assignments[0].end, 365 * 86400);
    write_staff(OTHER_MARIE);
    load_all(counts);
    ck_assert_uint_eq(counts[PLAN_PEOPLE].added, 1);
    ck_assert_uint_eq(counts[PLAN_PEOPLE].unmentioned, 1);
    ck_assert_uint_eq(person("marie.petit").assignment_count, 1);
}
END_TEST

/* A login is given once: neither the order of lines nor a new name changes it. */
START_TEST(logins_stay)
{
    struct plan_count counts[PLAN_KINDS];
    write_staff(MARIE("", "", "2030-12-31") OTHER_MARIE);
    load_all(counts);
    struct str one = person("marie.petit").id, two = person("marie.petit2").id;
    write_staff(OTHER_MARIE MARIE("", "", "2030-12-31"));
    load_all(counts);
    ck_assert_uint_eq(sum(counts), 0);
    write_staff("M1,Mme,Grand,Marie,,,OG-SOUB,990100018,SOUB-ESAT,,SECR,CDD,2020-01-06,2030-12-31,"
                "100\n");
    load_all(counts);
    ck_assert_uint_eq(counts[PLAN_PEOPLE].modified, 1);
    ck_assert(str_eq(person("marie.petit").id, one));
    ck_assert_str_is(person("marie.petit").family_name, "Grand");
    ck_assert(str_eq(person("marie.petit2").id, two));
}
END_TEST

#define NURSE(matricule, rpps, og, finess, place) \
    matricule ",Mme,Unique,Ida,," rpps "," og "," finess "," place ",,IDE,CDI,2020-01-06,,50\n"
#define CLERK(matricule) \
    matricule ",Mme,Unique,Ida,,,OG-SOUB,990100018,SOUB-ESAT,,SECR,CDI,2010-01-04,,50\n"

/* One RPPS in two OGs is one person, whichever line comes first, with or without it. */
START_TEST(one_rpps_is_one_person)
{
    struct plan_count counts[PLAN_KINDS];
    write_staff(CLERK("A") NURSE("A", "99705079194", "OG-SOUB", "990100018", "SOUB-ESAT")
                    NURSE("B", "997 0507 9194", "OG-EHRE", "990100034", "EHRE-EAM"));
    load_all(counts);
    ck_assert_uint_eq(counts[PLAN_PEOPLE].added, 1);
    ck_assert_uint_eq(person("ida.unique").assignment_count, 3);
    ck_assert_str_is(person("ida.unique").rpps, "99705079194");
}
END_TEST

/* Two accounts that the files say are one person: nothing is guessed, nothing written. */
START_TEST(two_accounts_are_told)
{
    struct plan_count counts[PLAN_KINDS];
    struct load l;
    enum problem_code code;
    write_staff(CLERK("A") CLERK("C"));
    load_all(counts);
    ck_assert_uint_eq(counts[PLAN_PEOPLE].added, 2);
    write_staff(NURSE("A", "99705079194", "OG-SOUB", "990100018", "SOUB-ESAT")
                    NURSE("C", "99705079194", "OG-EHRE", "990100034", "EHRE-EAM"));
    write_text(
        "personnel_utf8.csv", "ae",
        "C,Mme,Unique,Ida,,99705079194,OG-SOUB,990100018,SOUB-ESAT,,SECR,CDI,2010-01-04,,50\n");
    make_plan(&l);
    ck_assert_uint_eq(problems_count(l.problems), 1);
    ck_assert_ptr_nonnull(problems_get(l.problems, 0, &code));
    ck_assert_str_eq(problem_name(code), "E_IDENTITE");
    end_load(&l);
}
END_TEST

#define DUTY(profile, place, finess, start, end) \
    "D1,Mme,Double,Ana,,,OG-SOUB," finess "," place ",," profile ",CDD," start "," end ",50\n"
#define DPO(start, end) DUTY("DPO", "SOUB-ESAT", "990100018", start, end)
#define DIR(start, end) DUTY("DIR", "SOUB-ESAT", "990100018", start, end)

static const struct {
    const char *name, *before, *rows;
    const char *value; /* NULL: nothing is wrong */
    int64_t line;
} duties[] = {
    { "together", "", DPO("2020-01-06", "2020-06-30") DIR("2020-06-30", "2021-01-01"),
      "DIR ; DPO ligne 2", 3 },
    { "one after the other", "", DPO("2020-01-06", "2020-06-29") DIR("2020-06-30", "2021-01-01"),
      NULL, 0 },
    { "in the future", "", DIR("2040-01-01", "2040-12-31") DPO("2040-12-01", "2041-12-31"),
      "DPO ; DIR ligne 2", 3 },
    { "compatible", "",
      DUTY("SECR", "SOUB-ESAT", "990100018", "2020-01-06", "2021-01-01")
          DIR("2020-01-06", "2021-01-01"),
      NULL, 0 },
    { "with what the directory has", DPO("2020-01-06", "2020-12-31"),
      DIR("2020-06-30", "2021-01-01"), "DIR ; DPO dans l'annuaire, à SOUB-ESAT", 2 },
    { "which ends before", DPO("2020-01-06", "2020-06-29"), DIR("2020-06-30", "2021-01-01"), NULL,
      0 },
    { "which the file ends", DPO("2020-01-06", "2020-12-31"),
      DPO("2020-01-06", "2020-06-29") DIR("2020-06-30", "2021-01-01"), NULL, 0 },
};

/* Two profiles that the files keep apart are refused when assigning, future overlaps included: both
 * lines are named, or what the directory has already. */
START_TEST(incompatible_profiles)
{
    struct plan_count counts[PLAN_KINDS];
    struct load l;
    enum problem_code code;
    if (duties[_i].before[0] != '\0') {
        write_staff(duties[_i].before);
        load_all(counts);
    }
    write_staff(duties[_i].rows);
    load_files(&l);
    if (problems_count(l.problems) == 0)
        ck_assert_ok(plan_make(fix.dir, &l.catalogue, &l.staff, &l.plan));
    ck_assert_msg(problems_count(l.problems) == (duties[_i].value != NULL), "%s: %zu problems",
                  duties[_i].name, problems_count(l.problems));
    if (duties[_i].value != NULL) {
        const struct problem_at *at = problems_get(l.problems, 0, &code);
        ck_assert_str_eq(problem_name(code), "E_CUMUL");
        ck_assert_str_is(at->value, duties[_i].value);
        ck_assert_int_eq(at->line, duties[_i].line);
    }
    end_load(&l);
}
END_TEST

static int64_t uid_number(const char *login)
{
    char output[1024], filter[64];
    (void)snprintf(filter, sizeof filter, "(uid=%s)", login);
    const char *const args[] = { "-LLL", "-b",        "ou=people,dc=test,dc=habilis",
                                 filter, "uidNumber", NULL };
    (void)as_habilisd(fix.server, "ldapsearch", args, NULL, output, sizeof output);
    const char *at = strstr(output, "uidNumber: ");
    return at == NULL ? -1 : strtoll(at + sizeof "uidNumber: " - 1, NULL, 10);
}

/* A uidNumber is never given again, though its owner is gone: her files may still be there. */
START_TEST(uid_numbers_are_not_reused)
{
    struct plan_count counts[PLAN_KINDS];
    write_staff(CLERK("A"));
    load_all(counts);
    int64_t first = uid_number("ida.unique");
    struct dir_person p = person("ida.unique");
    const char *dn;
    ck_assert_ok(arena_cstr(fix.arena, p.dn, &dn));
    ck_assert_int_eq(as_habilisd(fix.server, "ldapdelete", (const char *const[]){ "-r", dn, NULL },
                                 NULL, NULL, 0),
                     0);
    load_all(counts);
    ck_assert_int_eq(uid_number("ida.unique"), first + 1);
}
END_TEST

/* Of two loads at once, the second writes nothing: its numbers may be the first one's. */
START_TEST(two_loads_at_once)
{
    struct load one, two;
    struct plan_count counts[PLAN_KINDS];
    write_staff(CLERK("Z"));
    load_all(counts); /* the catalogue */
    write_staff(CLERK("A"));
    make_plan(&one);
    write_staff(CLERK("B"));
    make_plan(&two);
    ck_assert_ok(apply(&one));
    ck_assert(!err_ok(apply(&two)));
    ck_assert_int_eq(uid_number("ida.unique3"), -1);
    ck_assert_int_ge(uid_number("ida.unique2"), 0);
    end_load(&one);
    end_load(&two);
    load_all(counts); /* the server is well, and the third time is the charm */
    ck_assert_uint_eq(counts[PLAN_PEOPLE].added, 1);
}
END_TEST

/* ---- refusals ---- */

static bool told(const struct problems *p, int64_t line, struct str code)
{
    enum problem_code got;
    const struct problem_at *at;
    for (size_t i = 0; (at = problems_get(p, i, &got)) != NULL; i++)
        if ((line == 0 || at->line == line) && str_eq(str_of(problem_name(got)), code))
            return true;
    return false;
}

static struct csv_table expectations(struct arena *a, const char *dir, const char *file)
{
    struct csv_table t;
    struct str text;
    ck_assert_ok(sheet_read_file(a, dir, file, &text));
    ck_assert_ok(csv_table_read(a, text, &t));
    ck_assert(!t.broken && t.count > 1);
    return t;
}

/* Every faulty line of the generator, by line and code; the good ones are not complained of. */
START_TEST(faulty_lines)
{
    struct load l;
    size_t faulty = 0;
    copy(path_of(generated, "malformes_utf8.csv"), path_of(data, "personnel_utf8.csv"));
    load_files(&l);
    struct csv_table t = expectations(l.arena, generated, "malformes_utf8_attendu.csv");
    for (size_t i = 1; i < t.count; i++) {
        const struct str *f = t.records[i].fields; /* record, line, code, column, explanation */
        int64_t line;
        ck_assert(str_to_i64(f[1], &line));
        if (str_eq(f[2], STR("OK")))
            continue;
        faulty++;
        ck_assert_msg(told(l.problems, line, f[2]), "line %lld: %.*s (%.*s) not told",
                      (long long)line, STR_ARG(f[2]), STR_ARG(f[4]));
    }
    ck_assert_uint_gt(faulty, 60);
    ck_assert_uint_eq(problems_count(l.problems), faulty);
    end_load(&l);
}
END_TEST

/* Every file that is to be refused as a whole, by its code. */
START_TEST(faulty_files)
{
    char dir[256];
    struct load l;
    struct arena *a;
    (void)snprintf(dir, sizeof dir, "%s/fichiers_refuses", generated);
    ck_assert_ok(arena_new(ARENA_MAX, &a));
    struct csv_table t = expectations(a, dir, "attendu.csv");
    for (size_t i = 1; i < t.count; i++) {
        const struct str *f = t.records[i].fields; /* file, code, explanation */
        const char *name;
        ck_assert_ok(arena_cstr(a, f[0], &name));
        copy(path_of(dir, name), path_of(data, "personnel_utf8.csv"));
        load_files(&l);
        ck_assert_msg(told(l.problems, 0, f[1]), "%s: %.*s not told", name, STR_ARG(f[1]));
        end_load(&l);
    }
    arena_free(a);
}
END_TEST

/* One wrong line at the end of a file of the catalogue. */
static const struct {
    const char *name, *file, *line, *code;
} faults[] = {
    { "profile twice", "profils.csv", "IDE,Infirmier,soins,non,2F,0,,", "E_DOUBLON" },
    { "profile without name", "profils.csv", "XX,,soins,non,2F,0,,", "E_CHAMP_VIDE" },
    { "unknown strength", "profils.csv", "XX,x,soins,non,3F,0,,", "E_VALEUR" },
    { "days in words", "profils.csv", "XX,x,soins,non,2F,dix,,", "E_NOMBRE" },
    { "code in lower case", "profils.csv", "xx,x,soins,non,2F,0,,", "E_CODE_FORMAT" },
    { "resource twice", "ressources.csv", "DUI,DUI.PROJET,x,lire,sante", "E_DOUBLON" },
    { "no action", "ressources.csv", "DUI,DUI.X,x,,sante", "E_LISTE" },
    { "action twice", "ressources.csv", "DUI,DUI.X,x,lire|lire,sante", "E_LISTE" },
    { "unknown sensitivity", "ressources.csv", "DUI,DUI.X,x,lire,secret", "E_VALEUR" },
    { "grant to nobody", "matrice.csv", "NOBODY,DUI,DUI.PROJET,lire,etab,2f,", "E_PROFIL_INCONNU" },
    { "grant on nothing", "matrice.csv", "IDE,DUI,DUI.NOPE,lire,etab,2f,", "E_RESSOURCE_INCONNUE" },
    { "another's resource", "matrice.csv", "IDE,POSTE,DUI.PROJET,lire,etab,2f,",
      "E_APPLICATION_INCOHERENTE" },
    { "unknown action", "matrice.csv", "IDE,DUI,DUI.PROJET,danser,etab,2f,", "E_ACTION_INCONNUE" },
    { "unknown scope", "matrice.csv", "IDE,DUI,DUI.PROJET,lire,monde,2f,", "E_VALEUR" },
    { "condition twice", "matrice.csv", "IDE,DUI,DUI.PROJET,lire,soi,\"2f,2f\",", "E_LISTE" },
    { "incompatible with itself", "incompatibilites.csv", "IDE,IDE,x", "E_INCOMPATIBLE_SOI" },
    { "the same pair the other way", "incompatibilites.csv", "RSSI,ADMIN_IDP,x", "E_DOUBLON" },
    { "unknown profile", "incompatibilites.csv", "IDE,NOPE,x", "E_PROFIL_INCONNU" },
    { "FINESS with a false key", "etablissements.csv",
      "XX-1,x,246,ESAT,OG-X,x,GX,x,990100011,990000010,,,44,1,,,x,", "E_FINESS_CLE" },
    { "SIRET with a false key", "etablissements.csv",
      "XX-1,x,246,ESAT,OG-X,x,GX,x,999999998,,00000001800011,,44,1,,,x,", "E_SIRET" },
    { "closed before it opens", "etablissements.csv",
      "XX-1,x,246,ESAT,OG-X,x,GX,x,999999998,,,,44,1,2020-01-02,2020-01-01,x,", "E_DATE_ORDRE" },
    { "OG in another group", "etablissements.csv",
      "XX-1,x,246,ESAT,OG-SOUB,x,GX,x,999999998,,,,44,1,,,x,", "E_GROUPE_INCOHERENT" },
    { "establishment twice", "etablissements.csv",
      "SOUB-ESAT,x,246,ESAT,OG-X,x,GX,x,999999998,,,,44,1,,,x,", "E_DOUBLON" },
    { "one column more", "incompatibilites.csv", "IDE,AS,x,y", "E_COLONNES" },
    { "not UTF-8", "incompatibilites.csv", "IDE,AS,\xe9", "E_ENCODAGE" },
};

START_TEST(fault_table)
{
    struct load l;
    reset_file(faults[_i].file);
    write_text(faults[_i].file, "ae", faults[_i].line);
    write_text(faults[_i].file, "ae", "\n");
    write_staff(OTHER_MARIE);
    load_files(&l);
    reset_file(faults[_i].file);
    bool found = told(l.problems, 0, str_of(faults[_i].code));
    if (!found)
        show_problems(&l);
    ck_assert_msg(found, "%s: %s not told", faults[_i].name, faults[_i].code);
    end_load(&l);
}
END_TEST

/* A file that others refer to is missing: that is told once, not once for each line that refers to it. */
START_TEST(missing_reference)
{
    static const char *const files[] = { "etablissements.csv", "profils.csv", "ressources.csv" };
    struct load l;
    ck_assert_int_eq(remove(path_of(data, files[_i])), 0);
    write_staff(OTHER_MARIE);
    load_files(&l);
    reset_file(files[_i]);
    ck_assert(told(l.problems, 0, STR("E_FICHIER_ABSENT")));
    ck_assert_uint_eq(problems_count(l.problems), 1);
    end_load(&l);
}
END_TEST

/* A missing file is a problem that is named, not a crash nor an empty catalogue. */
START_TEST(missing_file)
{
    struct load l;
    ck_assert_int_eq(remove(path_of(data, "matrice.csv")), 0);
    write_staff(OTHER_MARIE);
    load_files(&l);
    reset_file("matrice.csv");
    ck_assert(told(l.problems, 0, STR("E_FICHIER_ABSENT")));
    end_load(&l);
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *refusals = tcase_create("refusals"), *writes = tcase_create("writes");
    tcase_add_unchecked_fixture(refusals, start, fixture_stop_server);
    tcase_add_loop_test(refusals, fault_table, 0, COUNT(faults));
    tcase_add_test(refusals, missing_file);
    tcase_add_loop_test(refusals, missing_reference, 0, 3);
    tcase_add_test(refusals, faulty_lines);
    tcase_add_test(refusals, faulty_files);
    tcase_set_timeout(refusals, 60);

    tcase_add_checked_fixture(writes, start, fixture_stop_server);
    tcase_add_checked_fixture(writes, fixture_open, fixture_close);
    tcase_set_timeout(writes, 60);
    tcase_add_test(writes, twice_is_once);
    tcase_add_test(writes, people_of_the_generator);
    tcase_add_test(writes, changes_only_what_changed);
    tcase_add_test(writes, logins_stay);
    tcase_add_test(writes, one_rpps_is_one_person);
    tcase_add_test(writes, two_accounts_are_told);
    tcase_add_loop_test(writes, incompatible_profiles, 0, COUNT(duties));
    tcase_add_test(writes, uid_numbers_are_not_reused);
    tcase_add_test(writes, two_loads_at_once);
    return RUN_SUITE("load", refusals, writes);
}
