/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a qube under its lock: that no other domain runs under its name, and
 * that the store still says of it what the model does. */
#include "config.h"

#include <string.h>

#include "core/op-private.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/util/suite.h"

#define OTHER "0a0b0c0d-0000-4000-8000-000000000001"

static struct world *world;
static struct engine *another;
static struct world beside; /* the same root, by another program */

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
    life_make(world, "x");
    life_write(world, "appvms/x/private.img", "mails");
    another = world_engine(world, NULL);
    beside = (struct world){ world->root, world->uri, another, world->notes };
}

static void teardown(void)
{
    engine_free(another);
    world_free(world);
}

/* --- a domain of its name --- */

static void run_namesake(void)
{
    fake_set_state(OTHER, "x", POWER_RUNNING);
}

static const struct {
    const char *op, *argument, *value, *more, *more_value;
} wants_it_halted[] = {
    { "start" },
    { "stop" },
    { "remove" },
    { "rename", "name", "z" },
    { "clone", "name", "z" },
    { "resize", "volume", "private", "size", "400G" },
};

static struct op *run(guint i, gboolean dry_run)
{
    g_autoptr(GHashTable) args = op_args_none();
    const struct op_request request = {
        .op = wants_it_halted[i].op, .args = args, .consent = CONFIRM_L3, .dry_run = dry_run,
    };
    g_autoptr(GError) error = NULL;
    struct op *op;

    if (wants_it_halted[i].argument)
        op_args_set(args, wants_it_halted[i].argument, wants_it_halted[i].value);
    if (wants_it_halted[i].more)
        op_args_set(args, wants_it_halted[i].more, wants_it_halted[i].more_value);
    op = world_submit_as(world, &request, "x", &error);
    ck_no_error(error);
    world_finish(world, op);
    return op;
}

static void ck_named(const struct op *op)
{
    ck_assert_msg(error_is(op->error, QMC_ERROR_STATE), "%s", op->row->name);
    ck_assert_ptr_nonnull(strstr(op->error->message, "'x' is running, but not as the qube"));
    ck_assert_ptr_nonnull(strstr(op->error->message, OTHER));
    ck_assert_ptr_nonnull(strstr(op->error->message, world_uuid(world, "x")));
    ck_assert_ptr_nonnull(strstr(error_hint(op->error), "virsh shutdown " OTHER));
}

START_TEST(who_runs_under_its_name_is_named)
{
    g_autofree char *before = life_state(world);

    run_namesake();
    ck_named(run(_i, FALSE));
    life_same(world, before, wants_it_halted[_i].op);
    ck_assert(fake_active(OTHER));
}
END_TEST

START_TEST(a_dry_run_names_it_too)
{
    run_namesake();
    ck_named(run(_i, TRUE));
}
END_TEST

START_TEST(one_that_is_halted_is_in_nobodys_way)
{
    fake_set_state(OTHER, "x", POWER_HALTED);
    ck_no_error(life_remove(world, "x")->error);
}
END_TEST

/* What the guest has written must not be taken for left over. */
START_TEST(its_images_are_not_cleaned_up)
{
    run_namesake();
    life_write(world, "appvms/x/private-dirty.img", "new mails");
    run(0, FALSE);
    run(1, FALSE);
    ck_assert(life_has(world, "appvms/x/private-dirty.img"));
}
END_TEST

START_TEST(rules_can_be_changed)
{
    run_namesake();
    ck_no_error(life_run(world, "fw-add", "x", "rule", "drop", NULL)->error);
}
END_TEST

/* libvirtd may be gone by then, and what a start made is its own to take back. */
START_TEST(the_undo_of_a_start_asks_nobody_of_the_name)
{
    struct op *op;

    ck_no_error(life_run(world, "set", "x", "name", "netvm", "value", "", NULL)->error);
    fake_script("hang=create");
    op = world_submit(world, "start", "x", NULL, NULL);
    ck_assert_ptr_nonnull(op);
    while (fake_count_of("create", world_uuid(world, "x")) == 0) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    ck_assert(!world_clean(world, "x"));
    fake_script("fail=create,namesake");
    fake_script("hang=");
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_IO));
    ck_assert(world_clean(world, "x"));
    ck_assert_ptr_null(op->left);
}
END_TEST

START_TEST(a_failing_question_refuses)
{
    g_autofree char *before = life_state(world);

    fake_script("fail=namesake");
    ck_assert(error_is(life_run(world, "remove", "x", NULL)->error, QMC_ERROR_IO));
    life_same(world, before, "afterwards");
}
END_TEST

/* --- the store by now --- */

START_TEST(one_that_was_renamed_is_not_copied)
{
    struct op *op;

    ck_no_error(life_run(&beside, "rename", "x", "name", "z", NULL)->error);
    op = life_run(world, "clone", "x", "name", "copy", NULL);
    ck_assert(error_is(op->error, QMC_ERROR_NOTFOUND));
    ck_assert_str_eq(op->error->message, "qube 'x' was renamed to 'z' meanwhile");
    ck_assert(!life_has(world, "appvms/copy"));
}
END_TEST

START_TEST(one_that_was_removed_is_not_copied)
{
    struct op *op;

    ck_no_error(life_remove(&beside, "x")->error);
    op = life_run(world, "clone", "x", "name", "copy", NULL);
    ck_assert(error_is(op->error, QMC_ERROR_NOTFOUND));
    ck_assert_str_eq(op->error->message, "qube 'x' was removed meanwhile");
    ck_assert(!life_has(world, "appvms/copy"));
}
END_TEST

/* The name went to another qube, which runs: what it writes is not cleaned up by who
 * holds the lock of the former one. */
START_TEST(the_images_of_who_has_the_name_now_stay)
{
    struct op *op;

    ck_no_error(life_run(&beside, "rename", "x", "name", "z", NULL)->error);
    ck_no_error(life_run(&beside, "create", "dom0", "name", "x", "class", "AppVM", "label",
                         "red", NULL)->error);
    life_write(world, "appvms/x/private-dirty.img", "new mails");
    op = life_run(world, "start", "x", NULL);
    ck_assert(error_is(op->error, QMC_ERROR_NOTFOUND));
    ck_assert(life_has(world, "appvms/x/private-dirty.img"));
}
END_TEST

START_TEST(another_change_of_the_store_hinders_nobody)
{
    ck_no_error(life_run(&beside, "set", "work", "name", "memory", "value", "600",
                         NULL)->error);
    ck_no_error(life_run(world, "clone", "x", "name", "copy", NULL)->error);
    ck_assert(life_has(world, "appvms/copy"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        one_that_is_halted_is_in_nobodys_way,
        its_images_are_not_cleaned_up,
        rules_can_be_changed,
        the_undo_of_a_start_asks_nobody_of_the_name,
        a_failing_question_refuses,
        one_that_was_renamed_is_not_copied,
        one_that_was_removed_is_not_copied,
        the_images_of_who_has_the_name_now_stay,
        another_change_of_the_store_hinders_nobody,
        NULL,
    };
    TCase *rows = tcase_create("wants");
    int n = (int)G_N_ELEMENTS(wants_it_halted);

    tcase_set_timeout(rows, 60);
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_loop_test(rows, who_runs_under_its_name_is_named, 0, n);
    tcase_add_loop_test(rows, a_dry_run_names_it_too, 0, n);
    return suite_run_cases("hold", tests, setup, teardown, rows);
}
