/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <check.h>
#include <stdlib.h>

#include "hv/hostinfo.h"

#define BLOCK(family, model)                                                   \
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: " family         \
    "\nmodel\t\t: " model "\nmodel name\t: any 58\n"

static const struct {
    const char *text;
    gboolean hides;
} rows[] = {
    { BLOCK("6", "58"), TRUE },
    { BLOCK("6", "62"), TRUE },
    { BLOCK("6", "85"), FALSE },
    { BLOCK("23", "58"), FALSE },
    /* the first processor decides */
    { BLOCK("6", "85") "\n" BLOCK("6", "58"), FALSE },
    { BLOCK("6", "58") "\n" BLOCK("6", "85"), TRUE },
    { "model name\t: 58\ncpu family\t: 6\n", FALSE },
    { "", FALSE },
    { "cpu family", FALSE },
};

START_TEST(rdrand)
{
    ck_assert_int_eq(hostinfo_hides_rdrand(rows[_i].text), rows[_i].hides);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostinfo");
    TCase *tc = tcase_create("hostinfo");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, rdrand, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tc);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
