/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes of many qubes at once, on disks that are slow, hang or fail: over the driver in
 * memory (spec/storage.md 3.2, and the tests of 7.3 that are named). */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "storage/transfer.h"
#include "tests/fake/disk-fake.h"
#include "util/auto.h"
#include "util/job.h"

enum { ALL = 4, MANY = 8, SLOW_MS = 250 };

static struct bench *bench;
static GPtrArray *volumes;

static void setup(void)
{
    bench = bench_new();
    volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_unref);
}

static void teardown(void)
{
    g_ptr_array_unref(volumes);
    bench_free(bench);
}

static void make(guint count)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("v%u", i + 1);
        struct volume *volume = bench_volume(bench, KIND_ORIGIN, name);

        g_ptr_array_add(volumes, volume);
        bench_fill(volume, "old");
    }
}

static gboolean in_use(guint i)
{
    return volume_in_use(volumes->pdata[i]);
}

/* The second fails last, the fourth first, and the others are slower than it. */
START_TEST(t_x1_the_first_in_order_is_told_and_all_are_awaited)
{
    make(ALL);
    fake_disk_rule(&(struct fake_disk_rule){.call = "stop", .vid = "appvms/work/v2",
                                            .delay_ms = 60, .fails = TRUE,
                                            .code = QMC_ERROR_NOSPACE});
    fake_disk_rule(&(struct fake_disk_rule){.call = "stop", .vid = "appvms/work/v4",
                                            .fails = TRUE, .code = QMC_ERROR_TIMEOUT});
    fake_disk_rule(&(struct fake_disk_rule){.call = "stop", .vid = "appvms/work/v3",
                                            .delay_ms = 120});
    must(volumes_start(volumes, E));
    must_fail(QMC_ERROR_NOSPACE, "by script", volumes_stop(volumes, E));
    ck_assert_uint_eq(fake_disk_count("stop"), ALL);
    ck_assert(!in_use(0) && in_use(1) && !in_use(2) && in_use(3));
}
END_TEST

/* On main, while workers wait for disks. */
struct beat {
    guint turns, over;
};

static gboolean beat(gpointer data)
{
    struct beat *beat = data;

    beat->turns++;
    return G_SOURCE_CONTINUE;
}

static gboolean stop_one(struct job *job, gpointer data, GError **error)
{
    return volume_stop(data, error);
}

static struct beat pulse;

static void one_is_over(struct job *job, const GError *error, gpointer data)
{
    ck_assert(!error);
    pulse.over++;
}

START_TEST(t_x2_the_loop_turns_while_eight_stop)
{
    struct jobs *jobs;
    guint timer;

    make(MANY);
    must(volumes_start(volumes, E));
    fake_disk_rule(&(struct fake_disk_rule){.call = "stop", .delay_ms = SLOW_MS});
    jobs = jobs_new();
    pulse = (struct beat){0};
    timer = g_timeout_add(2, beat, &pulse);
    for (guint i = 0; i < MANY; i++) {
        const struct job_spec spec = {
            .data = volumes->pdata[i], .run = stop_one, .done = one_is_over,
        };

        jobs_submit(jobs, &spec);
    }
    while (pulse.over < MANY)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    jobs_free(jobs);
    /* hundreds; one that waits for a disk has no more than one for each of them */
    ck_assert_uint_gt(pulse.turns, 2 * MANY);
}
END_TEST

static gpointer set_up(gpointer data)
{
    must(pool_setup(bench->pool, E));
    return NULL;
}

START_TEST(t_x3_a_setup_that_hangs_is_in_nobodys_way)
{
    GThread *thread;

    make(ALL);
    fake_disk_rule(&(struct fake_disk_rule){.call = "setup", .hangs = TRUE});
    thread = g_thread_new("setup", set_up, NULL);
    while (fake_disk_count("setup") < 2) /* the first is the bench's */
        g_usleep(1000);
    must(volumes_start(volumes, E));
    must(volumes_stop(volumes, E));
    fake_disk_release();
    g_thread_join(thread);
}
END_TEST

/* Each call of a start fails in turn. */
START_TEST(t_x5_a_start_that_fails_leaves_all_startable)
{
    make(ALL);
    for (guint i = 0; i < ALL; i++) {
        fake_disk_rule(&(struct fake_disk_rule){
            .call = "start", .vid = volume_vid(volumes->pdata[i]), .nth = 1,
            .fails = TRUE, .late = i % 2});
        must_fail(QMC_ERROR_IO, "'start' fails", volumes_start(volumes, E));
        for (guint j = 0; j < ALL; j++)
            ck_assert(!in_use(j));
        must(volumes_start(volumes, E));
        must(volumes_stop(volumes, E));
    }
}
END_TEST

/* However an export ends, it has ended: one that is changed in place can be started. */
START_TEST(t_e1_an_export_that_fails_is_over)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_IN_PLACE, "private");
    g_autofree char *path = g_build_filename(bench->dir, "out", NULL);
    auto_fd int good = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    auto_fd int bad = open(path, O_RDONLY | O_CLOEXEC);
    const struct transfer to_bad = {.fd = bad, .name = "out"};
    const struct transfer to = {.fd = good, .name = "out"};

    bench_fill(volume, "old");
    fake_disk_rule(&(struct fake_disk_rule){.call = "export", .nth = 1, .fails = TRUE});
    must_fail(QMC_ERROR_IO, "'export' fails", volume_export(volume, &to, E));
    must(volume_start(volume, E));
    must(volume_stop(volume, E));
    must_fail(QMC_ERROR_IO, "out", volume_export(volume, &to_bad, E));
    must(volume_start(volume, E));
    must(volume_stop(volume, E));
    must(volume_export(volume, &to, E));
    must(volume_start(volume, E));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        t_x1_the_first_in_order_is_told_and_all_are_awaited,
        t_x2_the_loop_turns_while_eight_stop, t_x3_a_setup_that_hangs_is_in_nobodys_way,
        t_x5_a_start_that_fails_leaves_all_startable, t_e1_an_export_that_fails_is_over,
    };
    Suite *suite = suite_create("parallel");
    TCase *tcase = tcase_create("parallel");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
