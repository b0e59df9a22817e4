/* catalogue.h - structures, profiles, resources, rights and constraints of a load, checked.
 *
 * Reads etablissements.csv, profils.csv, ressources.csv, matrice.csv, incompatibilites.csv and, if it
 * is there, contrats.csv (else the one that the program carries). What is wrong goes to the problems;
 * the items are then not to be used. What refers to a file without a single good line is not read:
 * one problem, not one more for each line that refers to it.
 */
#ifndef CTL_CATALOGUE_H
#define CTL_CATALOGUE_H

#include "ctl/item.h"
#include "ctl/sheet.h"
#include "ctl/strmap.h"

struct establishment {
    struct str code, og, finess;
};

struct catalogue {
    struct arena *arena;
    struct problems *problems;
    const char *dir;
    struct items structures, rights; /* rights: profiles, applications, resources, constraints */
    struct establishment *establishments;
    struct strmap places;       /* code of any structure -> index of its item */
    struct strmap finess;       /* -> index in establishments */
    struct strmap ogs;          /* code -> index of its item */
    struct strmap profiles;     /* code -> 1 when it needs an RPPS */
    struct strmap contracts;    /* code -> 1 when it must end */
    struct strmap resources;    /* code -> index in rights */
    struct strmap incompatible; /* "A+B", profiles in byte order -> row of incompatibilites.csv */
};

/* Errors: NO_MEMORY, TOO_LARGE, IO. */
NODISCARD err_t catalogue_read(struct arena *a, struct problems *p, const char *dir,
                               struct catalogue *out);

/* Does a line of incompatibilites.csv keep these two profiles apart? Errors: NO_MEMORY. */
NODISCARD err_t catalogue_incompatible(struct catalogue *c, struct str a, struct str b, bool *out);

/* ---- among the files of this module ---- */

/* An absent file is a problem, and a sheet without rows. */
NODISCARD err_t catalogue_sheet(struct catalogue *c, const char *file, const char *const *columns,
                                struct sheet *out);
NODISCARD err_t catalogue_read_rights(struct catalogue *c);

/* Adds the structure unless it is there. Used for services, too. */
NODISCARD err_t catalogue_structure(struct catalogue *c, struct str code, const char *kind,
                                    struct str label, struct str parent, struct item **added);

#endif
