/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start, stop and their like against the scripted hypervisor: above all that a
 * failure at any point leaves nothing behind. */
#include "config.h"

#include <glib/gstdio.h>

#include "core/layout.h"
#include "core/op-private.h"
#include "hv-fake.h"
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

static void run_ok(const char *op, const char *qube)
{
    g_autoptr(GError) error = NULL;

    world_run(world, op, qube, &error);
    ck_no_error(error);
}

static void expect_nothing_left(const char *qube, const char *store)
{
    g_autofree char *now = world_store(world);

    ck_assert(!fake_active(world_uuid(world, qube)));
    ck_assert(!fake_defined(world_uuid(world, qube)));
    ck_assert(world_clean(world, qube));
    ck_assert(world_unlocked(world, qube));
    ck_assert_str_eq(now, store);
    ck_assert_ptr_null(world_qube(world, qube)->busy);
}

START_TEST(starts_net_qubes_first)
{
    run_ok("start", "work");
    ck_assert(fake_active(world_uuid(world, "sys-net")));
    ck_assert(fake_active(world_uuid(world, "sys-firewall")));
    ck_assert(fake_active(world_uuid(world, "work")));
    ck_assert_int_eq(world_qube(world, "work")->state, POWER_RUNNING);
    ck_assert(!world_clean(world, "work"));
    ck_assert(world_unlocked(world, "work"));
    ck_assert(world_unlocked(world, "sys-net"));
}
END_TEST

START_TEST(gives_the_domain_what_the_store_says)
{
    g_autofree char *xml = NULL;

    run_ok("start", "work");
    xml = fake_xml(world_uuid(world, "work"));
    ck_assert_ptr_nonnull(strstr(xml, "<name>work</name>"));
    ck_assert_ptr_nonnull(strstr(xml, "appvms/work/root-dirty.img"));
    ck_assert_ptr_nonnull(strstr(xml, "appvms/work/private-dirty.img"));
    ck_assert_ptr_nonnull(strstr(xml, "/vmlinuz</kernel>"));
    ck_assert_ptr_nonnull(strstr(xml, "nopat"));
    ck_assert_ptr_null(strstr(xml, "<interface"));
}
END_TEST

START_TEST(a_running_qube_is_a_silent_success)
{
    struct op *op;

    run_ok("start", "vault");
    ck_assert_uint_eq(fake_count("create"), 1);
    op = world_run(world, "start", "vault", NULL);
    ck_assert_int_eq(op->phase, OP_DONE);
    ck_assert_str_eq(op->result, "already running");
    ck_assert_uint_eq(fake_count("create"), 1);
}
END_TEST

/* The n-th call fails, for every n there is. */
static unsigned fail_each_call(const char *op, const char *qube)
{
    g_autofree char *store = world_store(world);
    unsigned failures = 0;

    for (unsigned n = 1;; n++) {
        struct op *made;

        world_state(world, qube);
        fake_fail_nth(n);
        made = world_run(world, op, qube, NULL);
        fake_fail_nth(0);
        if (made->phase == OP_DONE)
            return failures;
        ck_assert_msg(error_is(made->error, QMC_ERROR_IO), "call %u: %s", n,
                      made->error->message);
        expect_nothing_left(qube, store);
        failures++;
    }
}

START_TEST(each_call_that_fails_leaves_nothing)
{
    ck_assert_uint_ge(fail_each_call("start", "vault"), 3);
    ck_assert(fake_active(world_uuid(world, "vault")));
}
END_TEST

START_TEST(a_net_qube_that_came_up_stays_up)
{
    g_autofree char *store = world_store(world);
    g_autoptr(GError) error = NULL;
    struct op *op;

    run_ok("start", "sys-firewall");
    fake_script("fail=create error=nospace");
    op = world_run(world, "start", "work", &error);
    ck_assert_int_eq(op->phase, OP_FAILED);
    ck_error(&error, QMC_ERROR_NOSPACE, NULL);
    expect_nothing_left("work", store);
    ck_assert(fake_active(world_uuid(world, "sys-net")));
    ck_assert(fake_active(world_uuid(world, "sys-firewall")));
}
END_TEST

START_TEST(a_net_qube_that_fails_is_taken_back)
{
    g_autofree char *store = world_store(world);
    g_autoptr(GError) error = NULL;

    fake_script("fail=resume");
    world_run(world, "start", "work", &error);
    ck_error(&error, QMC_ERROR_IO, NULL);
    expect_nothing_left("sys-net", store);
    expect_nothing_left("sys-firewall", store);
    expect_nothing_left("work", store);
}
END_TEST

START_TEST(volumes_of_a_domain_that_stays_are_not_touched)
{
    g_autoptr(GError) error = NULL;

    fake_script("fail=resume,destroy error=conn");
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_CONN, NULL);
    ck_assert(fake_active(world_uuid(world, "vault")));
    ck_assert(!world_clean(world, "vault"));
    ck_assert_ptr_nonnull(strstr(world->notes->str, "not undone: domain"));
    ck_assert(world_unlocked(world, "vault"));
    fake_script("fail=none");
    ck_assert_int_eq(world_state(world, "vault"), POWER_PAUSED);
    run_ok("kill", "vault");
    ck_assert(world_clean(world, "vault"));
}
END_TEST

/* A creation that failed may have left a domain. */
START_TEST(volumes_stay_if_nobody_knows_of_a_domain)
{
    g_autoptr(GError) error = NULL;

    fake_script("fail=create,destroy error=conn");
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_CONN, NULL);
    ck_assert(!world_clean(world, "vault"));
    ck_assert_ptr_nonnull(strstr(world->notes->str, "not undone: domain"));
    ck_assert(world_unlocked(world, "vault"));
    fake_script("fail=none");
    run_ok("start", "vault");
}
END_TEST

START_TEST(volumes_of_a_domain_of_others_stay)
{
    struct op *start;

    fake_script("hang=undefine fail=resume");
    start = world_submit(world, "start", "vault", NULL, NULL);
    while (fake_count("undefine") == 0)
        g_usleep(1000);
    fake_set_state(world_uuid(world, "vault"), "vault", POWER_RUNNING);
    fake_script("hang=none");
    world_finish(world, start);
    ck_assert_int_eq(start->phase, OP_FAILED);
    ck_assert(!world_clean(world, "vault"));
    ck_assert_ptr_nonnull(strstr(world->notes->str, "not undone: volumes"));
}
END_TEST

/* Real causes. */

START_TEST(a_missing_kernel_is_named)
{
    g_autofree char *store = world_store(world);
    g_autofree char *kernel = qube_get(engine_model(world->engine),
                                       world_qube(world, "vault"), "kernel");
    g_autofree char *file = g_strdup_printf("%s" LAYOUT_KERNELS "/%s/vmlinuz",
                                            world->root, kernel);
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(g_remove(file), 0);
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_NOTFOUND, file);
    expect_nothing_left("vault", store);
    ck_assert_uint_eq(fake_count("create"), 0);
}
END_TEST

START_TEST(a_missing_image_is_named)
{
    g_autofree char *store = world_store(world);
    g_autofree char *file = world_image(world, "vault", "private.img");
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(g_remove(file), 0);
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_NOTFOUND, "private");
    expect_nothing_left("vault", store);
    ck_assert_uint_eq(fake_count("create"), 0);
}
END_TEST

START_TEST(net_qubes_are_not_started_for_one_that_cannot)
{
    g_autofree char *file = world_image(world, "work", "private.img");

    ck_assert_int_eq(g_remove(file), 0);
    world_run(world, "start", "work", NULL);
    ck_assert_uint_eq(fake_count("create"), 0);
}
END_TEST

START_TEST(helpers_that_cannot_be_served_refuse_the_start)
{
    g_autofree char *helper = NULL, *dir = NULL;
    g_autoptr(GError) error = NULL;

    world_free(world);
    world = world_new("xen:///system", NULL);
    helper = world_path(world, "/usr/sbin/qubesdb-daemon");
    dir = g_path_get_dirname(helper);
    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    ck_assert(g_file_set_contents(helper, "", 0, NULL));
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_UNSUPPORTED, "qubesdb-daemon");
    ck_assert(world_clean(world, "vault"));
    ck_assert_uint_eq(fake_count("create"), 0);
}
END_TEST

/* Somebody else. */

START_TEST(a_qube_somebody_works_on_is_busy)
{
    g_autofree char *path =
        g_strdup_printf("%s" LAYOUT_RUN "/%s.lock", world->root,
                        world_uuid(world, "vault"));
    g_autoptr(GError) error = NULL;
    struct file_lock *lock;

    ck_assert(world_unlocked(world, "vault"));
    ck_assert(g_file_set_contents(path, "4711 stop work\n", -1, NULL));
    lock = file_lock_take(path, FALSE, 0, &error);
    ck_no_error(error);
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_BUSY, "'stop work' of process 4711");
    ck_assert_uint_eq(fake_count("create"), 0);
    file_lock_release(lock);
    run_ok("start", "vault");
}
END_TEST

START_TEST(a_running_net_qube_may_be_busy)
{
    g_autofree char *path = NULL;
    struct file_lock *lock;

    run_ok("start", "sys-firewall");
    path = g_strdup_printf("%s" LAYOUT_RUN "/%s.lock", world->root,
                           world_uuid(world, "sys-firewall"));
    lock = file_lock_take(path, FALSE, 0, NULL);
    ck_assert_ptr_nonnull(lock);
    run_ok("start", "work");
    file_lock_release(lock);
}
END_TEST

START_TEST(a_kill_ends_a_start)
{
    g_autofree char *store = world_store(world);
    struct op *start, *kill;

    fake_script("hang=create");
    start = world_submit(world, "start", "vault", NULL, NULL);
    while (fake_count("create") == 0)
        g_usleep(1000);
    kill = world_submit(world, "kill", "vault", NULL, NULL);
    fake_script("hang=");
    world_finish(world, kill);
    world_finish(world, start);
    ck_assert_int_eq(kill->phase, OP_DONE);
    ck_assert_int_eq(start->phase, OP_FAILED);
    ck_assert(error_is(start->error, QMC_ERROR_CANCELLED));
    expect_nothing_left("vault", store);
}
END_TEST

static void kill_queued_start(struct op *before, struct op **start,
                              struct op **kill)
{
    *start = world_submit(world, "start", "vault", NULL, NULL);
    *kill = world_submit(world, "kill", "vault", NULL, NULL);
    world_finish(world, *kill);
    world_finish(world, *start);
    world_finish(world, before);
    ck_assert(error_is((*start)->error, QMC_ERROR_CANCELLED));
}

/* A start that had not begun holds no lock and cleans nothing up. */
START_TEST(a_kill_cleans_up_though_a_start_waited)
{
    struct op *start, *kill;

    run_ok("start", "vault");
    run_ok("pause", "vault");
    kill_queued_start(world_submit(world, "unpause", "vault", NULL, NULL), &start,
                      &kill);
    ck_no_error(kill->error);
    ck_assert_ptr_null(kill->result);
    ck_assert(!fake_active(world_uuid(world, "vault")));
    ck_assert(world_clean(world, "vault"));
}
END_TEST

START_TEST(a_kill_of_a_waiting_start_says_so)
{
    struct op *start, *kill;

    kill_queued_start(world_submit(world, "resize", "vault", NULL, "volume",
                                   "private", "size", "1G", NULL), &start, &kill);
    ck_no_error(kill->error);
    ck_assert_str_eq(kill->result, "its start was cancelled");
}
END_TEST

static gboolean is_polled(gpointer data)
{
    const struct op *op = data;

    return op_over(op) || op->priv->poll_timer;
}

START_TEST(a_kill_leaves_its_worker_to_the_next)
{
    struct op *kill;

    run_ok("start", "vault");
    kill = world_submit(world, "kill", "vault", NULL, NULL);
    ck_assert(world_until(world, is_polled, kill));
    ck_assert(!op_over(kill));
    ck_assert(!world_clean(world, "vault"));
    world_finish(world, kill);
    ck_no_error(kill->error);
    ck_assert(world_clean(world, "vault"));
}
END_TEST

START_TEST(a_domain_killed_by_others_ends_its_start)
{
    g_autofree char *store = world_store(world);
    struct op *start;

    fake_script("hang=resume");
    start = world_submit(world, "start", "vault", NULL, NULL);
    while (fake_count("resume") == 0)
        g_usleep(1000);
    fake_set_state(world_uuid(world, "vault"), NULL, POWER_HALTED);
    fake_script("hang=");
    world_finish(world, start);
    ck_assert_int_eq(start->phase, OP_FAILED);
    expect_nothing_left("vault", store);
}
END_TEST

START_TEST(two_starts_of_one_qube_create_it_once)
{
    struct op *first = world_submit(world, "start", "vault", NULL, NULL);
    struct op *second = world_submit(world, "start", "vault", NULL, NULL);

    world_finish(world, second);
    ck_assert_int_eq(first->phase, OP_DONE);
    ck_assert_int_eq(second->phase, OP_DONE);
    ck_assert_str_eq(second->result, "already running");
    ck_assert_uint_eq(fake_count("create"), 1);
}
END_TEST

START_TEST(two_starts_share_a_net_qube)
{
    struct op *first = world_submit(world, "start", "work", NULL, NULL);
    struct op *second = world_submit(world, "start", "untrusted", NULL, NULL);

    world_finish(world, first);
    world_finish(world, second);
    ck_assert_int_eq(first->phase, OP_DONE);
    ck_assert_int_eq(second->phase, OP_DONE);
    ck_assert_uint_eq(fake_count("create"), 4);
}
END_TEST

START_TEST(a_waiting_operation_can_be_cancelled)
{
    struct op *first, *second;

    fake_script("delay=50");
    first = world_submit(world, "start", "vault", NULL, NULL);
    second = world_submit(world, "start", "vault", NULL, NULL);
    ck_assert_int_eq(second->phase, OP_QUEUED);
    engine_cancel(world->engine, second);
    ck_assert_int_eq(second->phase, OP_FAILED);
    ck_assert(error_is(second->error, QMC_ERROR_CANCELLED));
    world_finish(world, first);
    ck_assert_int_eq(first->phase, OP_DONE);
}
END_TEST

/* Stopping. */

START_TEST(stop_that_waits_cleans_up)
{
    g_autoptr(GError) error = NULL;
    struct op *op;

    run_ok("start", "vault");
    op = world_submit(world, "stop", "vault", &error, "wait", "true", NULL);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert(!fake_active(world_uuid(world, "vault")));
    ck_assert(world_clean(world, "vault"));
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_HALTED);
}
END_TEST

START_TEST(stop_leaves_the_clean_up_to_the_next)
{
    run_ok("start", "vault");
    run_ok("stop", "vault");
    ck_assert(!fake_active(world_uuid(world, "vault")));
    ck_assert(!world_clean(world, "vault"));
    run_ok("start", "vault");
    ck_assert(fake_active(world_uuid(world, "vault")));
}
END_TEST

START_TEST(stop_gives_up_in_time_and_names_the_way_on)
{
    struct op *op;

    run_ok("start", "vault");
    fake_script("shutdown=ignore");
    op = world_submit(world, "stop", "vault", NULL, "wait", "true", "timeout",
                      "1", NULL);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_TIMEOUT));
    ck_assert_ptr_nonnull(strstr(error_hint(op->error), "kill"));
    ck_assert(fake_active(world_uuid(world, "vault")));
    run_ok("kill", "vault");
    ck_assert(!fake_active(world_uuid(world, "vault")));
    ck_assert(world_clean(world, "vault"));
}
END_TEST

START_TEST(a_wait_takes_no_worker)
{
    struct op *waits[5];
    static const char *const names[] = { "vault", "work", "untrusted", "personal",
                                         "sys-usb" };

    for (int i = 0; i < 5; i++)
        run_ok("start", names[i]);
    fake_script("shutdown=ignore");
    for (int i = 0; i < 5; i++)
        waits[i] = world_submit(world, "stop", names[i], NULL, "wait", "true", NULL);
    ck_assert_int_eq(world_state(world, "vault"), POWER_RUNNING);
    for (int i = 0; i < 5; i++) {
        ck_assert(!op_over(waits[i]));
        engine_cancel(world->engine, waits[i]);
        world_finish(world, waits[i]);
        ck_assert(error_is(waits[i]->error, QMC_ERROR_CANCELLED));
    }
}
END_TEST

static gboolean is_looking(gpointer data)
{
    const struct op *op = data;

    return op->priv->inside && !op->priv->poll_timer && world_step(op, "halted");
}

START_TEST(a_wait_is_cancelled_while_it_looks)
{
    struct op *op;

    run_ok("start", "vault");
    fake_script("shutdown=ignore delay=100");
    op = world_submit(world, "stop", "vault", NULL, "wait", "true", NULL);
    ck_assert(world_until(world, is_looking, op));
    engine_cancel(world->engine, op);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_CANCELLED));
}
END_TEST

START_TEST(what_is_halted_stays_so)
{
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(world_state(world, "vault"), POWER_HALTED);
    ck_assert_str_eq(world_run(world, "stop", "vault", NULL)->result,
                     "already halted");
    ck_assert_ptr_null(world_run(world, "kill", "vault", &error));
    ck_error(&error, QMC_ERROR_STATE, "not running");
    ck_assert_ptr_null(world_run(world, "pause", "vault", &error));
    ck_error(&error, QMC_ERROR_STATE, "not running");
}
END_TEST

/* So that it is not refused for want of them. */
static void fill_args(const struct op_row *row, GHashTable *args)
{
    static const struct {
        const char *name, *value;
    } values[] = { { "volume", "private" }, { "size", "1G" }, { "rule", "accept" },
                   { "name", "other" } };

    for (const struct op_arg *arg = row->args; arg && arg->name; arg++)
        for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
            if (strcmp(arg->name, values[i].name) == 0)
                g_hash_table_insert(args, g_strdup(arg->name),
                                    g_strdup(values[i].value));
}

START_TEST(of_an_unknown_state_nothing_is_begun)
{
    for (const struct op_row *const *row = op_all(); *row; row++) {
        struct op_request request = {.op = (*row)->name, .consent = CONFIRM_L3};
        g_autoptr(GHashTable) args = op_args_none();
        g_autoptr(GError) error = NULL;

        /* What changes the store alone does not depend on it. */
        if ((*row)->states & (1u << POWER_UNKNOWN))
            continue;
        fake_script("down=1");
        request.args = args;
        fill_args(*row, args);
        ck_assert_ptr_null(world_submit_as(world, &request, "vault", &error));
        ck_error(&error, QMC_ERROR_CONN, "its state is not known");
    }
}
END_TEST

/* The model may be behind: the worker looks for itself. */
START_TEST(a_state_of_before_is_looked_up)
{
    g_autoptr(GError) error = NULL;

    run_ok("start", "vault");
    fake_set_state(world_uuid(world, "vault"), NULL, POWER_HALTED);
    world_run(world, "kill", "vault", &error);
    ck_error(&error, QMC_ERROR_STATE, "not running");
    run_ok("start", "vault");
    run_ok("pause", "vault");
    fake_set_state(world_uuid(world, "vault"), NULL, POWER_RUNNING);
    world_run(world, "unpause", "vault", &error);
    ck_error(&error, QMC_ERROR_STATE, "not paused");
}
END_TEST

START_TEST(pause_and_unpause)
{
    g_autoptr(GError) error = NULL;

    run_ok("start", "vault");
    run_ok("pause", "vault");
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_PAUSED);
    world_run(world, "stop", "vault", &error);
    ck_error(&error, QMC_ERROR_STATE, "paused");
    run_ok("unpause", "vault");
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_RUNNING);
}
END_TEST

START_TEST(a_net_qube_in_use_needs_a_strong_yes)
{
    g_autoptr(GError) error = NULL;
    struct op *op;

    run_ok("start", "work");
    ck_assert_ptr_null(world_run(world, "stop", "sys-firewall", &error));
    ck_error(&error, QMC_ERROR_UNCONFIRMED, "work");
    op = world_submit_as(world, &(struct op_request){ .op = "stop",
                         .consent = CONFIRM_L2 }, "sys-firewall", &error);
    ck_no_error(error);
    world_finish(world, op);
    ck_no_error(op->error);
}
END_TEST

/* Else two guests would write to it. */
START_TEST(an_image_of_two_qubes_is_not_started_on)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    g_autofree char *store = world_store(world), *changed = NULL;
    g_auto(GStrv) parts = g_strsplit(store, "\"appvms/work/private\"", 2);
    struct world second = *world;
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_nonnull(parts[1]);
    changed = g_strconcat(parts[0], "\"appvms/vault/private\"", parts[1], NULL);
    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    second.engine = world_engine(world, NULL);
    world_run(&second, "start", "work", &error);
    ck_error(&error, QMC_ERROR_STATE, "volume 'private' of 'work'");
    world_run(&second, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_STATE, "volume 'private' of 'vault'");
    engine_free(second.engine);
}
END_TEST

/* Consent is for those who lose their network, not for the qube's own data. */
START_TEST(a_strong_yes_kills_nothing)
{
    g_autoptr(GError) error = NULL;
    struct op *op;

    run_ok("start", "work");
    world_state(world, "sys-firewall");
    run_ok("pause", "sys-firewall");
    op = world_submit_as(world, &(struct op_request){ .op = "stop",
                         .consent = CONFIRM_L2 }, "sys-firewall", &error);
    ck_no_error(error);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_STATE));
    ck_assert(fake_active(world_uuid(world, "sys-firewall")));
}
END_TEST

START_TEST(force_kills_what_is_paused)
{
    g_autoptr(GHashTable) args = op_args_new("force", "true", NULL);
    g_autofree char *stake = NULL;
    struct op *op;

    run_ok("start", "vault");
    run_ok("pause", "vault");
    stake = op_consequence(&op_stop, engine_model(world->engine),
                           world_qube(world, "vault"), args);
    ck_assert_ptr_nonnull(strstr(stake, "lost"));
    op = world_submit(world, "stop", "vault", NULL, "force", "true", NULL);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert_ptr_nonnull(strstr(op->result, "killed"));
    ck_assert(!fake_active(world_uuid(world, "vault")));
    ck_assert(world_clean(world, "vault"));
}
END_TEST

START_TEST(force_asks_what_can_hear)
{
    struct op *op;

    run_ok("start", "vault");
    op = world_submit(world, "stop", "vault", NULL, "force", "true", NULL);
    world_finish(world, op);
    ck_assert_str_eq(op->result, "asked to shut down");
    ck_assert_uint_eq(fake_count("destroy"), 0);
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
    g_autofree char *store = world_store(world);
    struct op *op = world_submit_as(world, &(struct op_request){
        .op = "start", .dry_run = TRUE }, "work", NULL);

    world_finish(world, op);
    ck_assert_int_eq(op->phase, OP_DONE);
    ck_assert_uint_gt(op->steps->len, 5);
    for (guint i = 0; i < op->steps->len; i++) {
        const char *text = g_array_index(op->steps, struct op_step, i).text;

        /* nothing has happened yet */
        ck_assert_msg(!strstr(text, " is ") && !strstr(text, "ed "), "%s", text);
    }
    ck_assert_uint_eq(fake_count("create") + fake_count("undefine"), 0);
    expect_nothing_left("work", store);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        starts_net_qubes_first,
        gives_the_domain_what_the_store_says,
        a_running_qube_is_a_silent_success,
        each_call_that_fails_leaves_nothing,
        a_net_qube_that_came_up_stays_up,
        a_net_qube_that_fails_is_taken_back,
        volumes_of_a_domain_that_stays_are_not_touched,
        volumes_stay_if_nobody_knows_of_a_domain,
        volumes_of_a_domain_of_others_stay,
        a_missing_kernel_is_named,
        a_missing_image_is_named,
        net_qubes_are_not_started_for_one_that_cannot,
        helpers_that_cannot_be_served_refuse_the_start,
        a_qube_somebody_works_on_is_busy,
        a_running_net_qube_may_be_busy,
        a_kill_ends_a_start,
        a_kill_cleans_up_though_a_start_waited,
        a_kill_of_a_waiting_start_says_so,
        a_kill_leaves_its_worker_to_the_next,
        a_domain_killed_by_others_ends_its_start,
        two_starts_of_one_qube_create_it_once,
        two_starts_share_a_net_qube,
        a_waiting_operation_can_be_cancelled,
        stop_that_waits_cleans_up,
        stop_leaves_the_clean_up_to_the_next,
        stop_gives_up_in_time_and_names_the_way_on,
        a_wait_takes_no_worker,
        a_wait_is_cancelled_while_it_looks,
        what_is_halted_stays_so,
        of_an_unknown_state_nothing_is_begun,
        a_state_of_before_is_looked_up,
        pause_and_unpause,
        a_net_qube_in_use_needs_a_strong_yes,
        an_image_of_two_qubes_is_not_started_on,
        a_strong_yes_kills_nothing,
        force_kills_what_is_paused,
        force_asks_what_can_hear,
        a_dry_run_changes_nothing,
        NULL,
    };

    return suite_run_fixture("start", tests, setup, teardown);
}
