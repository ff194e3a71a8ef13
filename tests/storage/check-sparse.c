/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "fault.h"
#include "storage/sparse.h"
#include "util/auto.h"
#include "util/file.h"

enum { LARGE = 3 * MEGABYTE + 700 };

static char *dir, *source, *target;

static void setup(void)
{
    const char *parent = g_getenv("QMC_TEST_DIR");

    dir = g_build_filename(parent ? parent : g_get_tmp_dir(),
                           "qmc-sparse-XXXXXX", NULL);
    ck_assert_ptr_nonnull(g_mkdtemp(dir));
    source = g_build_filename(dir, "source", NULL);
    target = g_build_filename(dir, "target", NULL);
    umask(0);
}

static void teardown(void)
{
    must(file_remove_tree(dir, E));
    g_free(dir);
    g_free(source);
    g_free(target);
}

static void put(const char *path, const char *text, off_t at)
{
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ssize_t length = (ssize_t)strlen(text);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, text, strlen(text), at), length);
}

static void make_source(void)
{
    put(source, "begin", 0);
    put(source, "middle", MEGABYTE + 1);
    put(source, "end", LARGE - 3);
}

static void check_target(off_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *now = NULL, *expected = g_malloc0((gsize)size);
    gsize length;
    struct stat st;

    memcpy(expected, "begin", 5);
    if (size > MEGABYTE + 7)
        memcpy(expected + MEGABYTE + 1, "middle", 6);
    if (size >= LARGE)
        memcpy(expected + LARGE - 3, "end", 3);
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert(g_file_get_contents(target, &now, &length, &error));
    ck_assert_int_eq((off_t)length, size);
    ck_assert(memcmp(now, expected, length) == 0);
}

static guint files(void)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    guint count = 0;

    while (g_dir_read_name(entries))
        count++;
    return count;
}

static const struct {
    gint64 size;
    off_t expected;
} sizes[] = {{-1, LARGE}, {2 * LARGE, 2 * LARGE}, {100, 100}, {LARGE, LARGE}};

START_TEST(copies_to_any_size)
{
    for (int data_only = 0; data_only < 2; data_only++) {
        struct sparse_copy copy = {source, target, sizes[_i].size,
                                   .data_only = data_only};

        make_source();
        must(sparse_copy(&copy, E));
        check_target(sizes[_i].expected);
        ck_assert_uint_eq(files(), 2);
    }
}
END_TEST

START_TEST(replaces_and_empties)
{
    struct sparse_copy copy = {source, target, 0};
    struct stat st;

    make_source();
    put(target, "before", 0);
    must(sparse_copy(&copy, E));
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    copy.size = -1;
    copy.source = target;
    must(sparse_copy(&copy, E));
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
}
END_TEST

START_TEST(holes_and_zeros_take_no_room)
{
    struct sparse_copy copy = {source, target, -1, .data_only = TRUE};
    g_autofree char *zeros = g_malloc0(MEGABYTE);
    struct stat st;

    make_source();
    auto_fd int fd = open(source, O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(pwrite(fd, zeros, MEGABYTE, 2 * MEGABYTE), MEGABYTE);
    must(sparse_copy(&copy, E));
    check_target(LARGE);
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_lt(st.st_blocks * 512, MEGABYTE / 2);
}
END_TEST

START_TEST(create_is_sparse)
{
    struct stat st;

    must(sparse_create(target, (guint64)1 << 40, E));
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_eq(st.st_size, (off_t)1 << 40);
    ck_assert_int_lt(st.st_blocks * 512, MEGABYTE);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(keeps_the_time_if_asked)
{
    struct sparse_copy copy = {source, target, -1, .keep_time = TRUE};
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {1234567, 89}};
    struct stat st;

    make_source();
    ck_assert_int_eq(utimensat(AT_FDCWD, source, times, 0), 0);
    must(sparse_copy(&copy, E));
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_eq(st.st_mtim.tv_sec, 1234567);
    ck_assert_int_eq(st.st_mtim.tv_nsec, 89);
    copy.keep_time = FALSE;
    must(sparse_copy(&copy, E));
    ck_assert_int_eq(stat(target, &st), 0);
    ck_assert_int_gt(st.st_mtim.tv_sec, 1234567);
}
END_TEST

static const int refusals[] = {EBADF, EINVAL, EOPNOTSUPP, EXDEV};

START_TEST(copies_where_the_kernel_cannot_clone)
{
    struct sparse_copy copy = {source, target, -1};

    make_source();
    fault_arm("ioctl", 1, refusals[_i]);
    must(sparse_copy(&copy, E));
    ck_assert_uint_eq(fault_disarm(), 1);
    check_target(LARGE);
    copy.clone_only = TRUE;
    fault_arm("ioctl", 1, refusals[_i]);
    must_fail(QMC_ERROR_UNSUPPORTED, source, sparse_copy(&copy, E));
    ck_assert_uint_eq(files(), 2);
}
END_TEST

static const struct {
    int errnum;
    QmcErrorCode code;
} faults[] = {
    {EIO, QMC_ERROR_IO}, {ENOSPC, QMC_ERROR_NOSPACE},
    {EDQUOT, QMC_ERROR_NOSPACE}, {EPERM, QMC_ERROR_DENIED},
    {EISDIR, QMC_ERROR_IO}, {ETXTBSY, QMC_ERROR_IO}, {EROFS, QMC_ERROR_DENIED},
    {ENOTTY, QMC_ERROR_IO}, {EFBIG, QMC_ERROR_IO}, {ENOMEM, QMC_ERROR_NOSPACE},
};

START_TEST(other_answers_are_faults)
{
    struct sparse_copy copy = {source, target, -1};

    make_source();
    fault_arm("ioctl", 1, faults[_i].errnum);
    must_fail(faults[_i].code, source, sparse_copy(&copy, E));
    ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(short_writes_are_continued)
{
    struct sparse_copy copy = {source, target, -1, .data_only = TRUE};

    make_source();
    fault_shorten(1000);
    must(sparse_copy(&copy, E));
    fault_shorten(0);
    check_target(LARGE);
}
END_TEST

/* A file system without SEEK_DATA says EINVAL; so does a full one ENOSPC. */
START_TEST(copies_without_knowing_holes)
{
    struct sparse_copy copy = {source, target, -1, .data_only = TRUE};

    make_source();
    fault_arm("lseek", 1, EINVAL);
    must(sparse_copy(&copy, E));
    fault_disarm();
    check_target(LARGE);
    fault_arm("pwrite", 2, ENOSPC);
    must_fail(QMC_ERROR_NOSPACE, target, sparse_copy(&copy, E));
    check_target(LARGE);
    ck_assert_uint_eq(files(), 2);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
    struct sparse_copy copy = {source, target, -1};

    must_fail(QMC_ERROR_NOTFOUND, source, sparse_copy(&copy, E));
    ck_assert_int_eq(mkfifo(source, 0600), 0);
    must_fail(QMC_ERROR_IO, source, sparse_copy(&copy, E));
    copy.source = dir;
    must_fail(QMC_ERROR_IO, dir, sparse_copy(&copy, E));
    ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(names_the_file_when_the_directory_is_missing)
{
    g_autofree char *lost = g_build_filename(dir, "lost", "target", NULL);

    must_fail(QMC_ERROR_NOTFOUND, lost, sparse_create(lost, 1, E));
}
END_TEST

START_TEST(finds_out_whether_blocks_can_be_shared)
{
    gboolean can = FALSE, really;

    make_source();
    auto_fd int from = open(source, O_RDONLY | O_CLOEXEC);
    auto_fd int to = open(target, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    really = ioctl(to, FICLONE, from) == 0;
    must(sparse_can_share(dir, &can, E));
    ck_assert_int_eq(can, really);
    fault_arm("ioctl", 1, EIO);
    must_fail(QMC_ERROR_IO, dir, sparse_can_share(dir, &can, E));
    fault_arm("open", 1, EOPNOTSUPP);
    must(sparse_can_share(dir, &can, E));
    fault_disarm();
    ck_assert(!can);
}
END_TEST

static Suite *sparse_suite(void)
{
    const TTest *const single[] = {
        replaces_and_empties, holes_and_zeros_take_no_room, create_is_sparse,
        keeps_the_time_if_asked, short_writes_are_continued,
        copies_without_knowing_holes, refuses_what_is_no_file,
        names_the_file_when_the_directory_is_missing,
        finds_out_whether_blocks_can_be_shared,
    };
    Suite *suite = suite_create("sparse");
    TCase *tcase = tcase_create("sparse");

    tcase_add_checked_fixture(tcase, setup, teardown);
    for (gsize i = 0; i < G_N_ELEMENTS(single); i++)
        tcase_add_test(tcase, single[i]);
    tcase_add_loop_test(tcase, copies_to_any_size, 0, G_N_ELEMENTS(sizes));
    tcase_add_loop_test(tcase, copies_where_the_kernel_cannot_clone, 0,
                        G_N_ELEMENTS(refusals));
    tcase_add_loop_test(tcase, other_answers_are_faults, 0, G_N_ELEMENTS(faults));
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(sparse_suite());
}
