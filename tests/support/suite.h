/* suite.h - what every Check suite of the project starts with. */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include "base/str.h"

#include <check.h>

/* Runs the cases as one suite and prints Check's closing line. Returns main()'s exit status. */
int run_suite(const char *name, TCase *const *cases, size_t count);
#define RUN_SUITE(name, ...)                         \
    run_suite(name, (TCase *const[]){ __VA_ARGS__ }, \
              sizeof((TCase *const[]){ __VA_ARGS__ }) / sizeof(TCase *))

#define ck_assert_ok(expr)                                                \
    do {                                                                  \
        err_t ck_e = (expr);                                              \
        ck_assert_msg(err_ok(ck_e), "%s: got %s", #expr, err_name(ck_e)); \
    } while (0)

#define ck_assert_err(expr, want)                                                    \
    do {                                                                             \
        err_t ck_e = (expr);                                                         \
        ck_assert_msg(ck_e.code == ERR_##want, "%s: got %s", #expr, err_name(ck_e)); \
    } while (0)

#define ck_assert_str_is(s, want)                                                            \
    do {                                                                                     \
        struct str ck_s = (s), ck_w = str_of(want);                                          \
        ck_assert_msg(str_eq(ck_s, ck_w), "%s is \"%.*s\", not \"%.*s\"", #s, STR_ARG(ck_s), \
                      STR_ARG(ck_w));                                                        \
    } while (0)

#endif
