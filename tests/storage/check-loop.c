/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real loop devices; what they hold, and how they are told a new size. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "storage/loop.h"

static struct bench *bench;
static struct volume *volume;
static char *image;

static void setup(void)
{
    bench = bench_new();
    volume = bench_volume(bench, KIND_ORIGIN, "private");
    bench_fill(volume, "old");
    must(volume_start(volume, E));
    image = volume_path(volume);
}

static void teardown(void)
{
    g_free(image);
    volume_unref(volume);
    bench_free(bench);
}

static int attach(const char *path, gboolean readonly, char **device)
{
    int fd = -1;

    must((fd = loop_attach(path, readonly, device, E)) >= 0);
    return fd;
}

static guint64 size_of(int fd)
{
    guint64 size = 0;

    ck_assert_int_eq(ioctl(fd, BLKGETSIZE64, &size), 0);
    return size;
}

START_TEST(attaches_until_closed)
{
    g_autofree char *device = NULL;
    int fd = attach(image, FALSE, &device);
    struct loop_info64 info = {0};
    struct stat st;
    char text[4] = "";
    g_autoptr(GPtrArray) users = loop_users(image);

    ck_assert_int_eq(stat(device, &st), 0);
    ck_assert(S_ISBLK(st.st_mode));
    ck_assert_int_eq(ioctl(fd, LOOP_GET_STATUS64, &info), 0);
    ck_assert_uint_eq(info.lo_flags, LO_FLAGS_AUTOCLEAR);
    ck_assert_uint_eq(size_of(fd), MEGABYTE);
    ck_assert_int_eq(pread(fd, text, 3, 0), 3);
    ck_assert_str_eq(text, "old");
    ck_assert_uint_eq(users->len, 1);
    ck_assert_str_eq(g_ptr_array_index(users, 0), device);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    close(fd);

    /* Somebody who probes new devices may hold it for a moment. */
    for (int i = 0; i < 50000; i++) {
        g_autoptr(GPtrArray) now = loop_users(image);

        if (now->len == 0)
            return;
        g_usleep(1000);
    }
    ck_abort_msg("%s is still attached", device);
}
END_TEST

/* The hypervisor opens the device while the descriptor is still held. */
START_TEST(leaves_the_device_to_others)
{
    g_autofree char *device = NULL;
    auto_fd int fd = attach(image, FALSE, &device);
    auto_fd int other = open(device, O_RDWR | O_EXCL | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_msg(other >= 0, "%s: %s", device, g_strerror(errno));
}
END_TEST

START_TEST(attaches_read_only)
{
    g_autofree char *device = NULL;
    auto_fd int fd = attach(image, TRUE, &device);
    auto_fd int writer = -1;
    int readonly = 0;

    ck_assert_int_eq(ioctl(fd, BLKROGET, &readonly), 0);
    ck_assert_int_eq(readonly, 1);
    writer = open(device, O_RDWR | O_CLOEXEC);
    ck_assert(writer < 0 || pwrite(writer, "x", 1, 0) < 0);
}
END_TEST

START_TEST(attaches_many_at_once)
{
    g_autofree char *a = NULL, *b = NULL, *link = g_strconcat(image, ".l", NULL);

    ck_assert_int_eq(symlink(image, link), 0);

    auto_fd int first = attach(image, TRUE, &a);
    auto_fd int second = attach(link, TRUE, &b);
    g_autoptr(GPtrArray) users = loop_users(link);

    ck_assert_int_ge(first, 0);
    ck_assert_int_ge(second, 0);
    ck_assert_str_ne(a, b);
    ck_assert_uint_eq(users->len, 2);
}
END_TEST

START_TEST(resize_tells_every_device_of_the_image)
{
    g_autofree char *a = NULL, *b = NULL, *c = NULL;
    g_autofree char *link = g_strconcat(image, ".l", NULL);
    g_autofree char *other = bench_file(bench->source, ".img");

    ck_assert_int_eq(symlink(image, link), 0);

    auto_fd int first = attach(image, FALSE, &a);
    auto_fd int second = attach(link, TRUE, &b);
    auto_fd int unrelated = attach(other, TRUE, &c);

    ck_assert_int_eq(truncate(other, 2 * MEGABYTE), 0);
    must(volume_resize(volume, 3 * MEGABYTE + 700, FALSE, E));
    ck_assert_uint_eq(size_of(first), 3 * MEGABYTE + 512);
    ck_assert_uint_eq(size_of(second), 3 * MEGABYTE + 512);
    ck_assert_uint_eq(size_of(unrelated), MEGABYTE);
}
END_TEST

/* What the VM wrote through the device is in what stop commits. */
START_TEST(writes_arrive_in_the_commit)
{
    g_autofree char *device = NULL;
    int fd = attach(image, FALSE, &device);

    bench_wait(image);
    ck_assert_int_eq(pwrite(fd, "new", 4, 0), 4);
    ck_assert_int_eq(fsync(fd), 0);
    close(fd);
    must(volume_stop(volume, E));
    must_state(volume, "clean=new rev=old");
}
END_TEST

START_TEST(names_what_cannot_be_attached)
{
    g_autofree char *device = NULL;

    must_fail(QMC_ERROR_NOTFOUND, "/nowhere",
              loop_attach("/nowhere", FALSE, &device, E) >= 0);
    must_fail(QMC_ERROR_NOTFOUND, "/nowhere", loop_refresh("/nowhere", E));
    ck_assert_ptr_null(device);

    g_autoptr(GPtrArray) users = loop_users("/nowhere");

    ck_assert_uint_eq(users->len, 0);
}
END_TEST

static Suite *loop_suite(void)
{
    const TTest *const tests[] = {
        attaches_until_closed, leaves_the_device_to_others, attaches_read_only,
        attaches_many_at_once, resize_tells_every_device_of_the_image,
        writes_arrive_in_the_commit, names_what_cannot_be_attached,
    };
    Suite *suite = suite_create("loop");
    TCase *tcase = tcase_create("loop");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

/* A free device must be there and ours to set up: containers have the control
 * device without the others. */
static const char *why_not(void)
{
    auto_fd int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    g_autofree char *device = NULL;
    int number;

    if (control < 0)
        return g_strerror(errno);
    number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0)
        return g_strerror(errno);
    device = g_strdup_printf("/dev/loop%d", number);
    return access(device, R_OK | W_OK) < 0 ? g_strerror(errno) : NULL;
}

int main(void)
{
    const char *reason = why_not();

    if (!reason)
        return bench_main(loop_suite());
    printf("1..0 # SKIP no loop devices: %s\n", reason);
    return 0;
}
