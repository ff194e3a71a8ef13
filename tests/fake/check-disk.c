/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The script of the driver in memory; what it does with volumes is for
 * tests/storage/contract-memory. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

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

static guint64 figure(const char *name)
{
    struct pool_details details = {NULL};
    guint64 bytes;

    ck_assert(pool_read_details(pool, &details, NULL));
    bytes = pool_details_get(&details, name);
    pool_details_clear(&details);
    return bytes;
}

START_TEST(a_pool_says_what_it_was_told)
{
    GError *error = NULL;
    guint64 more = 200;

    fake_disk_pool("memory", &(struct fake_disk_pool){
        .size = 1000, .used = 900, .metadata_size = 100, .metadata_used = 50,
        .extend_free = 300, .carries = "/mnt/thin"});
    ck_assert_uint_eq(figure("data_usage"), 900);
    ck_assert(pool_extend(pool, FALSE, &more, NULL));
    more = 100;
    ck_assert(pool_extend(pool, TRUE, &more, NULL));
    ck_assert(!pool_extend(pool, FALSE, &more, &error));
    ck_error(&error, QMC_ERROR_NOSPACE, NULL);
    ck_assert_uint_eq(figure("data_size"), 1200);
    ck_assert_uint_eq(figure("metadata_size"), 200);
    ck_assert(pool_driver(pool)->carries(pool, "/mnt/thin/x"));
    ck_assert(!pool_driver(pool)->carries(pool, "/mnt"));
}
END_TEST

START_TEST(what_nobody_claims_is_an_orphan)
{
    static char claimed[] = "appvms/work/private";
    struct volume *other = make("appvms/gone/private");
    g_autoptr(GHashTable) vids = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) homes = g_hash_table_new(g_str_hash, g_str_equal);
    const struct pool_claims claims = {vids, homes};
    g_autoptr(GPtrArray) orphans = NULL;

    g_hash_table_add(vids, claimed);
    ck_assert(volume_create(other, NULL));
    orphans = pool_orphans(pool, &claims, NULL);
    ck_assert_uint_eq(orphans->len, 1);
    ck_assert_str_eq(((struct remain *)orphans->pdata[0])->name, "appvms/gone/private");
    volume_unref(other);
}
END_TEST

/* One revision more than it keeps now. */
START_TEST(what_is_surplus_goes)
{
    const struct volume_spec fewer = {
        .name = "private", .vid = "appvms/work/private", .size = 4096, .rw = TRUE,
        .save_on_stop = TRUE, .revisions_to_keep = 0, .ephemeral = -1,
    };
    struct volume *same = volume_new(pool, &fewer, NULL);
    g_autoptr(GPtrArray) gone = NULL, kept = NULL;

    ck_assert(volume_start(volume, NULL));
    g_autofree char *dirty = volume_path(volume);
    auto_fd int fd = open(dirty, O_WRONLY | O_CLOEXEC);
    g_usleep(20000); /* a tick of the clock of files */
    ck_assert_int_eq((int)pwrite(fd, "new", 3, 0), 3);
    ck_assert(volume_stop(volume, NULL));
    ck_assert(volume_reclaim(same, &gone, NULL));
    ck_assert_uint_eq(gone->len, 1);
    kept = volume_revisions(volume);
    ck_assert_uint_eq(kept->len, 0);
    volume_unref(same);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        it_is_a_driver_beside_the_real_ones, what_it_keeps_outlives_the_volume,
        the_nth_call_fails_and_does_nothing, a_late_failure_has_done_the_work,
        a_rule_is_for_its_volume, it_hangs_until_it_is_released, it_takes_its_time,
        a_pool_says_what_it_was_told, what_nobody_claims_is_an_orphan, what_is_surplus_goes,
        NULL,
    };

    return suite_run_fixture("fake disk", tests, setup, teardown);
}
