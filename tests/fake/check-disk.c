/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The script of the driver in memory; what it does with volumes is for
 * tests/storage/contract-memory. */
#include "config.h"

#include "disk-fake.h"
#include "storage/driver.h"
#include "tests/util/suite.h"

static struct pool *pool;
static struct volume *volume;

static struct volume *make(const char *vid)
{
    const struct volume_spec spec = {
        .name = "private", .vid = vid, .size = 4096, .rw = TRUE, .save_on_stop = TRUE,
        .revisions_to_keep = 1, .ephemeral = -1,
    };

    return volume_new(pool, &spec, NULL);
}

static void setup(void)
{
    static const struct pool_param none[] = {{0}};

    fake_disk_reset();
    pool = pool_new("memory", FAKE_DISK, "", none, NULL);
    ck_assert_ptr_nonnull(pool);
    volume = make("appvms/work/private");
    ck_assert(volume_create(volume, NULL));
}

static void teardown(void)
{
    volume_unref(volume);
    pool_unref(pool);
}

START_TEST(it_is_a_driver_beside_the_real_ones)
{
    ck_assert_str_eq(pool_driver(pool)->name, FAKE_DISK);
    ck_assert_ptr_nonnull(driver_find("file-reflink"));
}
END_TEST

START_TEST(what_it_keeps_outlives_the_volume)
{
    ck_assert(volume_start(volume, NULL));
    volume_unref(volume);
    volume = make("appvms/work/private");
    ck_assert(volume_is_dirty(volume));
    ck_assert_uint_eq(fake_disk_volumes(), 1);
    fake_disk_reset();
    ck_assert(!volume_is_dirty(volume));
    ck_assert_uint_eq(fake_disk_volumes(), 0);
}
END_TEST

START_TEST(the_nth_call_fails_and_does_nothing)
{
    GError *error = NULL;

    fake_disk_rule(&(struct fake_disk_rule){
        .call = "start", .fails = TRUE, .nth = 2, .code = QMC_ERROR_NOSPACE});
    ck_assert(volume_start(volume, NULL));
    ck_assert(volume_stop(volume, NULL));
    ck_assert(!volume_start(volume, &error));
    ck_error(&error, QMC_ERROR_NOSPACE, "'start' fails by script");
    ck_assert(!volume_in_use(volume));
    ck_assert(volume_start(volume, NULL));
    ck_assert_uint_eq(fake_disk_count("start"), 3);
    ck_assert_uint_eq(fake_disk_count(NULL), 5);
}
END_TEST

START_TEST(a_late_failure_has_done_the_work)
{
    GError *error = NULL;

    fake_disk_rule(&(struct fake_disk_rule){.call = "start", .fails = TRUE, .late = TRUE});
    ck_assert(!volume_start(volume, &error));
    ck_error(&error, QMC_ERROR_IO, NULL);
    ck_assert(volume_in_use(volume));
}
END_TEST

START_TEST(a_rule_is_for_its_volume)
{
    struct volume *other = make("appvms/other/private");

    fake_disk_rule(&(struct fake_disk_rule){
        .vid = "appvms/other/private", .fails = TRUE});
    ck_assert(volume_start(volume, NULL));
    ck_assert(!volume_create(other, NULL));
    volume_unref(other);
}
END_TEST

static gpointer start_it(gpointer data)
{
    ck_assert(volume_start(volume, NULL));
    return NULL;
}

START_TEST(it_hangs_until_it_is_released)
{
    GThread *thread;

    fake_disk_rule(&(struct fake_disk_rule){.call = "start", .hangs = TRUE});
    thread = g_thread_new("start", start_it, NULL);
    while (fake_disk_count("start") == 0)
        g_usleep(1000);
    g_usleep(20000);
    ck_assert(!volume_in_use(volume)); /* getters never wait */
    fake_disk_release();
    g_thread_join(thread);
    ck_assert(volume_in_use(volume));
}
END_TEST

START_TEST(it_takes_its_time)
{
    gint64 began = g_get_monotonic_time();

    fake_disk_rule(&(struct fake_disk_rule){.call = "start", .delay_ms = 50});
    ck_assert(volume_start(volume, NULL));
    ck_assert_int_ge(g_get_monotonic_time() - began, 50000);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        it_is_a_driver_beside_the_real_ones, what_it_keeps_outlives_the_volume,
        the_nth_call_fails_and_does_nothing, a_late_failure_has_done_the_work,
        a_rule_is_for_its_volume, it_hangs_until_it_is_released, it_takes_its_time, NULL,
    };

    return suite_run_fixture("fake disk", tests, setup, teardown);
}
