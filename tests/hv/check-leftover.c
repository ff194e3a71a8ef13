/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hv/hv-private.h"

#include <check.h>

#define UUID "3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11"
#define HEAD "UUID                                  ID    name\n"
#define DOM0 "00000000-0000-0000-0000-000000000000  0    Domain-0      \n"
#define NAMES "Name                    ID   Mem VCPUs\tState\tTime(s)\n"

START_TEST(finds_the_domain_of_a_uuid)
{
    ck_assert_int_eq(leftover_xen_find(HEAD DOM0 UUID "  12   work  \n", UUID), 12);
    ck_assert_int_eq(
        leftover_xen_find(HEAD "3F0E6A52-7A0B-4F4E-9A55-0D7C2F1B9E11 3 x", UUID), 3);
}
END_TEST

static const char *const without[] = {
    "", "\n\n", HEAD, HEAD DOM0,
    HEAD "3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e12  12   work\n",
    HEAD "1  2  " UUID "  7\n", /* a name that looks like it */
    HEAD UUID,
    HEAD UUID "  none\n",
};

START_TEST(finds_nothing_else)
{
    ck_assert_int_eq(leftover_xen_find(without[_i], UUID), 0);
}
END_TEST

START_TEST(half_built_never_ran)
{
    ck_assert(leftover_xen_never_ran(
        NAMES "work      1   160     0     --p---       0.0\n"));
    ck_assert(leftover_xen_never_ran(NAMES "work 1 160 1 --p--- 0.0"));
}
END_TEST

static const char *const ran[] = {
    "", "\n", "0.0", NAMES,
    NAMES "work   1   160     1     -b----       0.0\n",
    NAMES "work   1   160     1     r-----       0.0\n",
    NAMES "work   1   160     1     --p---       3.2\n",
    NAMES "work   1   160     1     ------       0.0\n",
    NAMES "p 0.0  1   160     1     -b----       9.0\n",
};

START_TEST(others_have_run)
{
    ck_assert(!leftover_xen_never_ran(ran[_i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leftover");
    TCase *tc = tcase_create("leftover");
    SRunner *sr = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, finds_the_domain_of_a_uuid);
    tcase_add_loop_test(tc, finds_nothing_else, 0, G_N_ELEMENTS(without));
    tcase_add_test(tc, half_built_never_ran);
    tcase_add_loop_test(tc, others_have_run, 0, G_N_ELEMENTS(ran));
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    srunner_free(sr);
    return 0;
}
