/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Check program that prints TAP. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <glib.h>

#include "util/error.h"

/* setup and teardown surround each test; NULL ok. extra (NULL ok) is a case
 * with tests of another kind. */
static inline int suite_run_cases(const char *name, const TTest *const *tests,
                                  void (*setup)(void), void (*teardown)(void),
                                  TCase *extra)
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    for (; *tests; tests++)
        tcase_add_test(tc, *tests);
    suite_add_tcase(suite, tc);
    if (extra)
        suite_add_tcase(suite, extra);
    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int suite_run_fixture(const char *name, const TTest *const *tests,
                                    void (*setup)(void), void (*teardown)(void))
{
    return suite_run_cases(name, tests, setup, teardown, NULL);
}

static inline int suite_run(const char *name, const TTest *const *tests)
{
    return suite_run_cases(name, tests, NULL, NULL, NULL);
}

/* Consumes the error. */
static inline void ck_error(GError **error, QmcErrorCode code, const char *part)
{
    ck_assert_ptr_nonnull(*error);
    ck_assert_msg(error_is(*error, code), "code %d: %s", (*error)->code,
                  (*error)->message);
    if (part)
        ck_assert_msg(strstr((*error)->message, part) != NULL,
                      "'%s' is not in '%s'", part, (*error)->message);
    g_clear_error(error);
}

static inline void ck_no_error(const GError *error)
{
    ck_assert_msg(error == NULL, "%s", error ? error->message : "");
}

/* How many names a directory has. */
static inline guint suite_names(const char *dir)
{
    g_autoptr(GDir) handle = g_dir_open(dir, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(handle))
        n++;
    return n;
}
