/* internal.h - what the files of policies/cases share. */
#ifndef CASES_INTERNAL_H
#define CASES_INTERNAL_H

#include "cases/cases.h"
#include "catalogue/shape.h"

/* What a case may expect: one word for each reason, in the order of the words below. */
#define CASE_EXPECTED                                                                            \
    "accordé inconnu suspendu aucun-droit ailleurs terminé à-venir structure-fermée jamais " \
    "fermeture condition connexion"

extern const struct shape case_file_shape;

/* UNSET when it is none of them. */
enum access_reason case_expect_of(struct str word);

#endif
