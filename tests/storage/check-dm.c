/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real device-mapper over real loop devices: what the file driver builds on. */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bench.h"
#include "storage/dm.h"
#include "storage/loop.h"

enum { CHUNK = 256 * 512 };

static char *dir;

/* A file of so many bytes on a loop device. */
struct disk {
    char *operand; /* MAJOR:MINOR */
    char *file;
    int fd;
};
static struct disk base, cow;

static struct disk disk_new(const char *name, guint64 bytes)
{
    struct disk disk = {.file = g_build_filename(dir, name, NULL)};
    g_autofree char *device = NULL;
    auto_fd int fd = open(disk.file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;

    ck_assert_int_eq(ftruncate(fd, (off_t)bytes), 0);
    must((disk.fd = loop_attach(disk.file, FALSE, &device, E)) >= 0);
    ck_assert_int_eq(fstat(disk.fd, &st), 0);
    disk.operand = g_strdup_printf("%u:%u", major(st.st_rdev), minor(st.st_rdev));
    return disk;
}

static void disk_clear(struct disk *disk)
{
    close(disk->fd);
    unlink(disk->file);
    g_free(disk->operand);
    g_free(disk->file);
}

static void setup(void)
{
    dir = g_strdup("/tmp/qmc-dm-XXXXXX");
    ck_assert_ptr_nonnull(g_mkdtemp(dir));
    base = disk_new("base", 16 * MEGABYTE);
    cow = disk_new("cow", 130 * CHUNK);
}

static void teardown(void)
{
    static const char *const names[] = {"qmc-test-top", "qmc-test-snap", "qmc-test-origin",
                                        "qmc-test-linear"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        must(dm_node_remove(names[i], E));
    disk_clear(&cow);
    disk_clear(&base);
    rmdir(dir);
    g_free(dir);
}

static void create(const char *name, const char *type, const char *params)
{
    const struct dm_table table = {.sectors = 16 * MEGABYTE / 512, .type = type,
                                   .params = params};

    must(dm_node_create(name, &table, E));
}

static void create_pair(void)
{
    g_autofree char *params = g_strdup_printf("%s %s P 256", base.operand, cow.operand);

    create("qmc-test-snap", "snapshot", params);
    create("qmc-test-origin", "snapshot-origin", base.operand);
}

static struct dm_node look(const char *name)
{
    struct dm_node node = {0};

    must(dm_node_look(name, &node, E));
    return node;
}

static int open_node(const char *name, int flags)
{
    g_autofree char *path = dm_path(name);
    int fd = open(path, flags | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "no node '%s'", path);
    return fd;
}

static char first_byte(const char *name)
{
    auto_fd int fd = open_node(name, O_RDONLY);
    char byte = '?';

    ioctl(fd, BLKFLSBUF, 0);
    ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
    return byte;
}

static void write_all(const char *name, char what, gsize bytes)
{
    auto_fd int fd = open_node(name, O_WRONLY);
    g_autofree char *block = g_malloc(CHUNK);

    memset(block, what, CHUNK);
    for (gsize at = 0; at < bytes; at += CHUNK)
        ck_assert_int_eq(pwrite(fd, block, CHUNK, (off_t)at), CHUNK);
    ck_assert_int_eq(fsync(fd), 0);
}

START_TEST(comes_and_goes_with_its_node)
{
    g_autofree char *path = dm_path("qmc-test-linear"), *type = NULL;
    g_autofree char *params = g_strdup_printf("%s 0", base.operand);
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(GArray) deps = NULL;
    struct stat st;
    guint64 sectors;

    ck_assert(!look("qmc-test-linear").exists);
    create("qmc-test-linear", "linear", params);
    ck_assert(look("qmc-test-linear").exists);
    ck_assert(!look("qmc-test-linear").suspended);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(look("qmc-test-linear").dev, st.st_rdev);
    must((names = dm_names("qmc-test-", E)));
    ck_assert_uint_eq(names->len, 1);
    ck_assert_str_eq(names->pdata[0], "qmc-test-linear");
    must(dm_node_table("qmc-test-linear", &sectors, &type, E));
    ck_assert_str_eq(type, "linear");
    ck_assert_uint_eq(sectors, 16 * MEGABYTE / 512);
    must((deps = dm_node_deps("qmc-test-linear", E)));
    ck_assert_uint_eq(deps->len, 1);
    ck_assert_int_eq(fstat(base.fd, &st), 0);
    ck_assert_uint_eq(g_array_index(deps, dev_t, 0), st.st_rdev);
    must(dm_node_remove("qmc-test-linear", E));
    ck_assert(!look("qmc-test-linear").exists);
    ck_assert_int_lt(stat(path, &st), 0);
    must(dm_node_remove("qmc-test-linear", E));
}
END_TEST

START_TEST(a_table_takes_the_place_of_another)
{
    g_autofree char *params = g_strdup_printf("%s 0", base.operand), *type = NULL;
    const struct dm_table smaller = {.sectors = 1024, .type = "linear", .params = params};
    const struct dm_table none = {.sectors = 1024, .type = "linear", .params = "rubbish"};
    guint64 sectors;

    create("qmc-test-linear", "linear", params);
    must(dm_node_suspend("qmc-test-linear", E));
    ck_assert(look("qmc-test-linear").suspended);
    must(dm_node_resume("qmc-test-linear", E));
    must(dm_node_reload("qmc-test-linear", &smaller, E));
    ck_assert(!look("qmc-test-linear").suspended);
    must(dm_node_table("qmc-test-linear", &sectors, &type, E));
    ck_assert_uint_eq(sectors, 1024);
    must_fail(QMC_ERROR_IO, "qmc-test-linear",
              dm_node_reload("qmc-test-linear", &none, E));
}
END_TEST

START_TEST(says_what_is_wrong)
{
    g_autofree char *params = g_strdup_printf("%s 0", base.operand);
    const struct dm_table table = {.sectors = 1024, .type = "linear", .params = params};
    const struct dm_table bad = {.sectors = 1024, .type = "linear", .params = "rubbish"};
    auto_fd int user = -1;

    must_fail(QMC_ERROR_NOTFOUND, "'qmc-test-none'", dm_node_suspend("qmc-test-none", E));
    must_fail(QMC_ERROR_NOTFOUND, "'qmc-test-none'",
              dm_node_deps("qmc-test-none", E) != NULL);
    must_fail(QMC_ERROR_IO, "'qmc-test-linear'",
              dm_node_create("qmc-test-linear", &bad, E));
    ck_assert(!look("qmc-test-linear").exists);
    must(dm_node_create("qmc-test-linear", &table, E));
    must_fail(QMC_ERROR_BUSY, "'qmc-test-linear'",
              dm_node_create("qmc-test-linear", &table, E));
    user = open_node("qmc-test-linear", O_RDONLY);
    ck_assert_uint_eq(look("qmc-test-linear").opens, 1);
    must_fail(QMC_ERROR_BUSY, "'qmc-test-linear'", dm_node_remove("qmc-test-linear", E));
}
END_TEST

/* T-D1: a store that nothing was saved in holds a header and one empty area. */
START_TEST(an_empty_store_is_two_chunks)
{
    static const guint8 header[16] = {0x53, 0x6e, 0x41, 0x70, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    g_autofree guint8 *bytes = g_malloc(2 * CHUNK);
    struct dm_snapshot snapshot;
    struct stat st;

    create_pair();
    must(dm_snapshot_look("qmc-test-snap", &snapshot, E));
    ck_assert_int_eq(snapshot.health, DM_HEALTHY);
    ck_assert_uint_eq(snapshot.used, 512);
    ck_assert_uint_eq(snapshot.metadata, 512);
    ck_assert_uint_eq(snapshot.total, 130 * 256);
    must(dm_node_remove("qmc-test-origin", E));
    must(dm_node_remove("qmc-test-snap", E));
    ck_assert_int_eq(fsync(cow.fd), 0);
    ck_assert_int_eq(stat(cow.file, &st), 0);
    ck_assert_int_eq(st.st_blocks * 512, 2 * CHUNK);
    ck_assert_int_eq(pread(cow.fd, bytes, 2 * CHUNK, 0), 2 * CHUNK);
    ck_assert_mem_eq(bytes, header, sizeof header);
    for (gsize i = sizeof header; i < 2 * CHUNK; i++)
        ck_assert_uint_eq(bytes[i], 0);
}
END_TEST

/* T-D3: 130 chunks hold the whole of 128; as many as the origin has do not. */
START_TEST(the_size_of_the_store_decides)
{
    struct disk small = disk_new("small", 128 * CHUNK);
    g_autofree char *params = g_strdup_printf("%s %s P 256", base.operand, small.operand);
    struct dm_snapshot snapshot;

    create_pair();
    create("qmc-test-top", "snapshot", params);
    write_all("qmc-test-origin", 'x', 16 * MEGABYTE);
    must(dm_snapshot_look("qmc-test-snap", &snapshot, E));
    ck_assert_int_eq(snapshot.health, DM_HEALTHY);
    ck_assert_int_eq(first_byte("qmc-test-snap"), 0);
    ck_assert_int_eq(first_byte("qmc-test-origin"), 'x');
    must(dm_snapshot_look("qmc-test-top", &snapshot, E));
    ck_assert_int_ne(snapshot.health, DM_HEALTHY);
    must(dm_node_remove("qmc-test-top", E));
    disk_clear(&small);
}
END_TEST

static Suite *dm_suite(void)
{
    const TTest *const tests[] = {
        comes_and_goes_with_its_node, a_table_takes_the_place_of_another,
        says_what_is_wrong, an_empty_store_is_two_chunks, the_size_of_the_store_decides,
    };
    Suite *suite = suite_create("dm");
    TCase *tcase = tcase_create("dm");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    g_autoptr(GError) error = NULL;

    if (dm_usable(&error))
        return bench_main(dm_suite());
    printf("1..0 # SKIP no device-mapper: %s\n", error->message);
    return 0;
}
