/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hv/hv-private.h"

#include <string.h>

#include <check.h>

#include "util/error.h"

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

/* A creation that fails, with a hypervisor that keeps something of it: the test
 * driver cannot start a domain paused. */

static int left_id;
static gboolean obeys;

static gboolean id_of(const char *uuid, int *id, GError **error)
{
    ck_assert_str_eq(uuid, UUID);
    *id = left_id;
    return TRUE;
}

static gboolean destroy(const char *uuid, GError **error)
{
    if (obeys)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "see 'xl list'", "domain 7 runs");
    return FALSE;
}

static const struct dom_spec work = {
    .name = "work", .uuid = UUID, .virt_mode = VIRT_PVH,
    .memory_mib = 400, .vcpus = 2, .kernel = "/boot/vmlinuz",
};

static struct hv *fail_to_create(struct hv_driver *driver, GError **error)
{
    struct hv *hv = hv_new("test:///default", NULL);
    int xid;

    *driver = *hv->driver;
    driver->starts_paused = TRUE;
    driver->leftover_id = id_of;
    driver->leftover_destroy = destroy;
    hv->driver = driver;
    ck_assert(!hv_create(hv, &work, &xid, error));
    return hv;
}

static enum power_state state_of(struct hv *hv, int *xid)
{
    enum power_state state = POWER_UNKNOWN;

    ck_assert(hv_state(hv, UUID, &state, xid, NULL));
    return state;
}

START_TEST(leftover_is_said_and_active)
{
    g_autoptr(GError) error = NULL;
    struct hv_driver driver;
    struct hv *hv;
    int xid;

    left_id = 7;
    obeys = FALSE;
    hv = fail_to_create(&driver, &error);
    ck_assert_int_ne(error->code, QMC_ERROR_STATE);
    ck_assert_ptr_nonnull(strstr(error->message, "cannot create 'work': "));
    ck_assert_ptr_nonnull(strstr(error->message, "; something of it may be "
                                                 "left: domain 7 runs"));
    ck_assert_str_eq(error_hint(error), "see 'xl list'");
    ck_assert_int_eq(state_of(hv, &xid), POWER_RUNNING);
    ck_assert_int_eq(xid, 7);
    left_id = 0; /* somebody ended it */
    ck_assert_int_eq(state_of(hv, &xid), POWER_HALTED);
    ck_assert_int_eq(xid, -1);
    left_id = 7; /* and nobody looks for it again */
    ck_assert_int_eq(state_of(hv, NULL), POWER_HALTED);
    hv_free(hv);
}
END_TEST

START_TEST(nothing_left_nothing_said)
{
    g_autoptr(GError) error = NULL;
    struct hv_driver driver;
    struct hv *hv;

    left_id = 7;
    obeys = TRUE;
    hv = fail_to_create(&driver, &error);
    ck_assert_ptr_null(strstr(error->message, "left"));
    ck_assert_int_eq(state_of(hv, NULL), POWER_HALTED);
    hv_free(hv);
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
    tcase_add_test(tc, leftover_is_said_and_active);
    tcase_add_test(tc, nothing_left_nothing_said);
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    srunner_free(sr);
    return 0;
}
