/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>

#include "util/near.h"

static const char *const words[] = {"start", "stop", "unpause", "vol resize",
                                    "personal", "work", "ls", NULL};

static const struct {
    const char *given, *expected;
} cases[] = {
    {"start", "start"},     {"strat", "start"},   {"stpo", "stop"},
    {"STOP", "stop"},       {"upause", "unpause"}, {"wrok", "work"},
    {"workk", "work"},      {"pers", "personal"}, {"sl", "ls"},
    {"l", "ls"},            {"st", NULL},         {"s", NULL},
    {"xyzzy", NULL},        {"", NULL},           {"abc", NULL},
    {"vol-resize", "vol resize"},
};

START_TEST(test_near)
{
    ck_assert_pstr_eq(near_find(cases[_i].given, words), cases[_i].expected);
}
END_TEST

START_TEST(test_long)
{
    g_autofree char *a = g_strnfill(10000, 'a');
    const char *const long_words[] = {a, NULL};

    ck_assert_ptr_eq(near_find(a, long_words), a);
    ck_assert_ptr_null(near_find("b", long_words));
    ck_assert_ptr_null(near_find(a, words));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("near");
    TCase *tcase = tcase_create("near");
    SRunner *runner;

    tcase_add_loop_test(tcase, test_near, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_long);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
