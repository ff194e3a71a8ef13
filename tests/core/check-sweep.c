/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The deletion of what was left over: when it is refused, and what then goes. */
#include "config.h"

#include <string.h>

#include "hv-fake.h"
#include "util/error.h"
#include "util/file.h"
#include "world.h"

#include "tests/util/suite.h"

static struct world *world;

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
}

static void teardown(void)
{
    world_free(world);
}

/* The error is the operation's; NULL: it went. */
static const GError *sweep(const char *path)
{
    g_autoptr(GHashTable) args = op_args_new("directory", path, NULL);
    const struct op_request request = {
        .op = "sweep", .args = args, .consent = CONFIRM_L3,
    };
    g_autoptr(GError) error = NULL;
    struct op *op;

    op = world_submit_as(world, &request, "dom0", &error);
    ck_no_error(error);
    world_finish(world, op);
    return op->error;
}

static void ck_refused(const char *path, QmcErrorCode code, const char *part)
{
    const GError *error = sweep(path);

    ck_assert_msg(error_is(error, code), "%s", error ? error->message : "no error");
    ck_assert_msg(strstr(error->message, part) != NULL, "%s", error->message);
    ck_assert(g_file_test(path, G_FILE_TEST_IS_DIR));
}

START_TEST(of_a_domain_that_runs_nothing_is_deleted)
{
    g_autofree char *home = world_path(world, "/var/lib/qubes/appvms/work");
    g_autofree char *ghost = world_path(world, "/var/lib/qubes/appvms/ghost");

    ck_assert(file_mkdirs(home, 0700, NULL) && file_mkdirs(ghost, 0700, NULL));
    ck_no_error(world_run(world, "start", "work", NULL)->error);
    ck_refused(home, QMC_ERROR_STATE, "a domain 'work' is running");
    ck_no_error(sweep(ghost));
    ck_assert(!g_file_test(ghost, G_FILE_TEST_EXISTS));
    world_run(world, "kill", "work", NULL);
    ck_refused(home, QMC_ERROR_NOTFOUND, "no directory that was left over");
}
END_TEST

START_TEST(without_an_answer_nothing_is_deleted)
{
    g_autofree char *ghost = world_path(world, "/var/lib/qubes/appvms/ghost");

    ck_assert(file_mkdirs(ghost, 0700, NULL));
    fake_script("fail=snapshot");
    ck_assert_ptr_nonnull(sweep(ghost));
    ck_assert(g_file_test(ghost, G_FILE_TEST_IS_DIR));
    fake_script("fail=");
    ck_no_error(sweep(ghost));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        of_a_domain_that_runs_nothing_is_deleted, without_an_answer_nothing_is_deleted,
        NULL,
    };

    return suite_run_fixture("sweep", tests, setup, teardown);
}
