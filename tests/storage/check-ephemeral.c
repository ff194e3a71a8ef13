/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes that are encrypted with a key nobody keeps (spec/storage.md M-16, 4.5, T-D8).
 * Names, and what happens without device-mapper, anywhere; the rest where it is. */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "storage/dm.h"
#include "storage/ephemeral.h"
#include "storage/loop.h"

#define TEXT "what must not reach the disk"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

static struct volume *scratch(const char *vid, int ephemeral)
{
    const struct volume_spec spec = {
        .name = "volatile", .vid = vid, .size = MEGABYTE, .rw = TRUE,
        .ephemeral = ephemeral,
    };
    g_autoptr(GError) error = NULL;
    struct volume *volume = volume_new(bench->pool, &spec, &error);

    ck_assert_msg(volume != NULL, "%s", error ? error->message : "");
    return volume;
}

static char *node_of(struct volume *volume)
{
    char *path = volume_path(volume);

    ck_assert(g_str_has_prefix(path, "/dev/mapper/vm-volatile-work-crypt@volatile"));
    return path;
}

static guint64 node_size(const char *path)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    guint64 size = 0;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ioctl(fd, BLKGETSIZE64, &size), 0);
    return size;
}

static void node_write(const char *path, off_t offset, const char *text)
{
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    char sector[4096] = "";

    g_strlcpy(sector, text, sizeof(sector));
    ck_assert_int_eq(pwrite(fd, sector, sizeof(sector), offset), sizeof(sector));
    ck_assert_int_eq(fsync(fd), 0);
}

static char *whole_image(const struct volume *volume, gsize *len)
{
    g_autofree char *path = bench_file(volume, "-dirty.img");
    char *bytes;

    ck_assert(g_file_get_contents(path, &bytes, len, NULL));
    return bytes;
}

static guint loops_on(const struct volume *volume)
{
    g_autofree char *path = bench_file(volume, "-dirty.img");
    g_autoptr(GPtrArray) loops = loop_users(path);

    return loops->len;
}

/* --- anywhere --- */

/* spec/storage.md 7.5 property 11 */
START_TEST(names_are_never_equal)
{
    static const char *const qubes[] = {
        "a", "a-b", "a_b", "a_d", "a_db", "a_u", "a-", "a_", "a_-b", "a-_b", "A",
    };
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(qubes); i++) {
        g_autofree char *vid = g_strdup_printf("appvms/%s/volatile", qubes[i]);
        auto_of(volume) struct volume *volume = scratch(vid, 1);

        ck_assert_msg(g_hash_table_add(seen, ephemeral_name(volume)), "%s", vid);
    }
    ck_assert(g_hash_table_contains(seen, "vm-volatile-a_db-crypt@volatile"));
    ck_assert(g_hash_table_contains(seen, "vm-volatile-a_udb-crypt@volatile"));
}
END_TEST

/* Never started in the clear, and nothing left started. */
START_TEST(without_device_mapper_it_does_not_start)
{
    auto_of(volume) struct volume *volume = scratch("appvms/work/volatile", 1);

    must(volume_create(volume, E));
    must_fail(QMC_ERROR_UNSUPPORTED, "volume 'appvms/work/volatile' cannot be encrypted",
              volume_start(volume, E));
    ck_assert(!volume_in_use(volume));
    must_state(volume, "");
}
END_TEST

/* --- with device-mapper --- */

START_TEST(what_is_written_is_not_on_the_disk)
{
    auto_of(volume) struct volume *volume = scratch("appvms/work/volatile", 1);
    g_autofree char *node = NULL, *image = NULL;
    gsize len;

    must(volume_create(volume, E));
    must(volume_start(volume, E));
    node = node_of(volume);
    ck_assert_uint_eq(node_size(node), MEGABYTE);
    node_write(node, 128 * 1024, TEXT);
    image = whole_image(volume, &len);
    ck_assert_ptr_null(memmem(image, len, TEXT, strlen(TEXT)));
    ck_assert_int_ne(memcmp(image + 128 * 1024, image + 129 * 1024, 1024), 0);
    must(volume_stop(volume, E));
    ck_assert(!g_file_test(node, G_FILE_TEST_EXISTS));
    must_state(volume, "");
}
END_TEST

START_TEST(the_beginning_reads_as_zeros)
{
    auto_of(volume) struct volume *volume = scratch("appvms/work/volatile", 1);
    static const char zeros[64 * 1024];
    g_autofree char *node = NULL, *bytes = g_malloc(MEGABYTE);
    auto_fd int fd = -1;

    must(volume_create(volume, E));
    must(volume_start(volume, E));
    node = node_of(volume);
    fd = open(node, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(pread(fd, bytes, MEGABYTE, 0), MEGABYTE);
    ck_assert_mem_eq(bytes, zeros, sizeof(zeros));
    ck_assert_mem_ne(bytes + sizeof(zeros), zeros, sizeof(zeros));
    must_fail(QMC_ERROR_BUSY, "vm-volatile-work", volume_stop(volume, E));
    close(auto_fd_steal(&fd));
    must(volume_stop(volume, E));
}
END_TEST

/* The start that made it was killed before the qube had it. */
START_TEST(what_is_stale_is_made_anew)
{
    auto_of(volume) struct volume *volume = scratch("appvms/work/volatile", 1);
    g_autofree char *node = NULL, *again = NULL, *bytes = g_malloc(4096);
    auto_fd int fd = -1;

    must(volume_create(volume, E));
    must(volume_start(volume, E));
    node = node_of(volume);
    node_write(node, 0, TEXT);
    must(volume_start(volume, E));
    again = node_of(volume);
    fd = open(again, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(pread(fd, bytes, 4096, 0), 4096);
    ck_assert_str_eq(bytes, "");
    close(auto_fd_steal(&fd));
    ck_assert_uint_eq(loops_on(volume), 1);
    must(volume_stop(volume, E));
}
END_TEST

START_TEST(it_goes_although_the_setting_has_changed)
{
    auto_of(volume) struct volume *before = scratch("appvms/work/volatile", 1);
    auto_of(volume) struct volume *after = scratch("appvms/work/volatile", 0);
    g_autofree char *node = NULL;

    must(volume_create(before, E));
    must(volume_start(before, E));
    node = node_of(after);
    must(volume_stop(after, E));
    ck_assert(!g_file_test(node, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(it_grows_while_it_is_used)
{
    auto_of(volume) struct volume *volume = scratch("appvms/work/volatile", 1);
    g_autofree char *node = NULL, *bytes = g_malloc0(4096);
    auto_fd int fd = -1;

    must(volume_create(volume, E));
    must(volume_start(volume, E));
    node = node_of(volume);
    node_write(node, 512 * 1024, TEXT);
    fd = open(node, O_RDONLY | O_CLOEXEC);
    must(volume_resize(volume, 3 * MEGABYTE, FALSE, E));
    ck_assert_uint_eq(node_size(node), 3 * MEGABYTE);
    ck_assert_int_eq(pread(fd, bytes, 4096, 512 * 1024), 4096);
    ck_assert_str_eq(bytes, TEXT);
    close(auto_fd_steal(&fd));
    must(volume_stop(volume, E));
}
END_TEST

START_TEST(removing_it_removes_its_device)
{
    auto_of(volume) struct volume *volume = scratch("appvms/work/volatile", 1);
    g_autofree char *node = NULL;

    must(volume_create(volume, E));
    must(volume_start(volume, E));
    node = node_of(volume);
    must(volume_remove(volume, E));
    ck_assert(!g_file_test(node, G_FILE_TEST_EXISTS));
}
END_TEST

static Suite *ephemeral_suite(gboolean usable)
{
    const TTest *const with[] = {
        what_is_written_is_not_on_the_disk, the_beginning_reads_as_zeros,
        what_is_stale_is_made_anew, it_goes_although_the_setting_has_changed,
        it_grows_while_it_is_used, removing_it_removes_its_device, NULL,
    };
    const TTest *const without[] = {without_device_mapper_it_does_not_start, NULL};
    Suite *suite = suite_create("ephemeral");
    TCase *tcase = tcase_create("ephemeral");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, names_are_never_equal);
    for (const TTest *const *test = usable ? with : without; *test; test++)
        tcase_add_test(tcase, *test);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    g_autoptr(GError) error = NULL;
    gboolean usable = dm_usable(&error);

    /* without the right to use it nothing of both can be seen */
    if (usable || error_is(error, QMC_ERROR_UNSUPPORTED))
        return bench_main(ephemeral_suite(usable));
    printf("1..0 # SKIP no device-mapper: %s\n", error->message);
    return 0;
}
