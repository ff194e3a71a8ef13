/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver `file`, with the real device-mapper: who sees what while templates and the
 * qubes on them start, write and stop in any order (T-D1 to T-D7). */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "storage/dm.h"
#include "storage/file-node.h"
#include "storage/loop.h"
#include "storage/transfer.h"
#include "util/file.h"

enum { CHUNK = 256 * 512, SIZE = 4 * MEGABYTE };

static char *dir;
static struct pool *pool;
static struct volume *template, *app;

static struct volume *make(const char *vid, struct volume *source, int keep)
{
    g_autofree char *name = g_path_get_basename(vid);
    const struct volume_spec spec = {
        .name = name, .vid = vid, .size = SIZE, .rw = TRUE, .snap_on_start = source != NULL,
        .save_on_stop = source == NULL, .revisions_to_keep = keep, .ephemeral = -1,
        .source = source,
    };
    struct volume *volume = NULL;

    must((volume = volume_new(pool, &spec, E)));
    return volume;
}

static void make_pool(void)
{
    const char *parent = g_getenv("QMC_TEST_DIR");

    dir = g_build_filename(parent ? parent : g_get_tmp_dir(), "qmc-file-XXXXXX", NULL);
    ck_assert_ptr_nonnull(g_mkdtemp(dir));

    const struct pool_param params[] = {{"dir_path", dir}, {0}};

    must((pool = pool_new("file", "file", "", params, E)));
    must(pool_setup(pool, E));
}

static void setup(void)
{
    make_pool();
    template = make("vm-templates/base/root", NULL, 1);
    app = make("appvms/work/root", template, 0);
    must(volume_create(template, E));
}

/* Whatever a test has left, so that the next one is not disturbed. */
static void teardown(void)
{
    g_autofree char *image = bench_file(template, ".img"), *base = node_ident(image);
    g_autoptr(GPtrArray) names = NULL;

    must(volume_stop(app, E));
    must(volume_stop(template, E));
    must((names = dm_names("", E)));
    for (guint i = 0; i < names->len; i++)
        ck_assert_msg(!strstr(names->pdata[i], base), "'%s' is left",
                      (const char *)names->pdata[i]);
    volume_unref(app);
    volume_unref(template);
    pool_unref(pool);
    must(file_remove_tree(dir, E));
    g_free(dir);
}

static int open_volume(const struct volume *volume, int flags)
{
    g_autofree char *path = volume_path(volume);
    int fd = open(path, flags | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "no '%s'", path);
    ck_assert_msg(g_str_has_prefix(path, "/dev/mapper/"), "'%s' is no device", path);
    return fd;
}

/* As its qube does: what is at this chunk. */
static char get(const struct volume *volume, guint chunk)
{
    auto_fd int fd = open_volume(volume, O_RDONLY);
    char byte = '?';

    ioctl(fd, BLKFLSBUF, 0);
    ck_assert_int_eq(pread(fd, &byte, 1, (off_t)chunk * CHUNK), 1);
    return byte ? byte : '.';
}

static void put(const struct volume *volume, guint chunk, char what)
{
    auto_fd int fd = open_volume(volume, O_WRONLY);
    char block[4096];

    memset(block, what, sizeof block);
    ck_assert_int_eq(pwrite(fd, block, sizeof block, (off_t)chunk * CHUNK), sizeof block);
    ck_assert_int_eq(fsync(fd), 0);
}

static void put_all(const struct volume *volume, char what)
{
    for (guint chunk = 0; chunk < SIZE / CHUNK; chunk++)
        put(volume, chunk, what);
}

/* What is committed, by the file. */
static char image_byte(const struct volume *volume, guint chunk)
{
    g_autofree char *path = bench_file(volume, ".img");
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    char byte = '?';

    ck_assert_int_eq(pread(fd, &byte, 1, (off_t)chunk * CHUNK), 1);
    return byte ? byte : '.';
}

static void run(struct volume *volume, char what)
{
    must(volume_start(volume, E));
    put(volume, 0, what);
    must(volume_stop(volume, E));
}

static guint revisions_of(const struct volume *volume)
{
    g_autoptr(GPtrArray) list = volume_revisions(volume);

    return list->len;
}

START_TEST(an_origin_is_written_in_place)
{
    must(volume_start(template, E));
    ck_assert(volume_is_dirty(template));
    put(template, 0, 'a');
    must(volume_stop(template, E));
    ck_assert(!volume_in_use(template));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    ck_assert_uint_eq(revisions_of(template), 1);
}
END_TEST

START_TEST(a_run_that_writes_nothing_keeps_the_revision)
{
    run(template, 'a');
    must(volume_revert(template, NULL, E));
    must(volume_start(template, E));
    ck_assert_int_eq(get(template, 0), '.');
    must(volume_stop(template, E));
    must(volume_revert(template, "old", E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
}
END_TEST

START_TEST(a_snapshot_goes_with_its_qube)
{
    run(template, 'a');
    must(volume_start(app, E));
    ck_assert(volume_in_use(app));
    ck_assert(!volume_in_use(template));
    ck_assert_int_eq(get(app, 0), 'a');
    put(app, 0, 'x');
    ck_assert_int_eq(get(app, 0), 'x');
    must(volume_stop(app, E));
    ck_assert(!volume_in_use(app));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    must(volume_start(app, E));
    ck_assert_int_eq(get(app, 0), 'a');
}
END_TEST

/* T-D5 */
START_TEST(a_template_that_runs_is_seen_as_before)
{
    auto_of(volume) struct volume *late = make("appvms/late/root", template, 0);

    run(template, 'a');
    must(volume_start(app, E));
    must(volume_start(template, E));
    put_all(template, 'b');
    ck_assert_int_eq(get(app, 0), 'a');
    ck_assert_int_eq(get(app, 7), '.');
    must(volume_stop(app, E));
    put(template, 1, 'c');
    must(volume_start(late, E));
    ck_assert_int_eq(get(late, 0), 'a');
    ck_assert_int_eq(get(late, 1), '.');
    must(volume_stop(template, E));
    ck_assert_int_eq(get(late, 0), 'a');
    must(volume_start(app, E));
    ck_assert_int_eq(get(app, 0), 'b');
    ck_assert_int_eq(get(app, 1), 'c');
    must(volume_stop(late, E));
}
END_TEST

/* T-D7 */
START_TEST(generations_live_side_by_side)
{
    auto_of(volume) struct volume *second = make("appvms/second/root", template, 0);
    auto_of(volume) struct volume *third = make("appvms/third/root", template, 0);

    run(template, 'a');
    must(volume_start(app, E));
    run(template, 'b');
    must(volume_start(second, E));
    must(volume_start(template, E));
    put_all(template, 'c');
    must(volume_start(third, E));
    ck_assert_int_eq(get(app, 0), 'a');
    ck_assert_int_eq(get(second, 0), 'b');
    ck_assert_int_eq(get(third, 0), 'b');
    ck_assert_int_eq(get(app, 5), '.');
    must(volume_stop(second, E));
    put(template, 0, 'd');
    must(volume_stop(template, E));
    ck_assert_int_eq(get(app, 0), 'a');
    ck_assert_int_eq(get(third, 0), 'b');
    must(volume_stop(third, E));
}
END_TEST

/* T-D3 */
START_TEST(all_of_it_can_be_written_anew)
{
    must(volume_start(app, E));
    must(volume_start(template, E));
    put_all(template, 'b');
    put_all(app, 'x');
    ck_assert_int_eq(get(app, SIZE / CHUNK - 1), 'x');
    must(volume_stop(app, E));
    must(volume_stop(template, E));
    must(volume_revert(template, NULL, E));
    ck_assert_int_eq(image_byte(template, SIZE / CHUNK - 1), '.');
}
END_TEST

/* T-D4 */
START_TEST(grows_while_it_runs)
{
    must(volume_start(template, E));
    put(template, 0, 'a');
    must(volume_resize(template, 2 * SIZE, FALSE, E));
    put(template, 2 * SIZE / CHUNK - 1, 'z');
    ck_assert_uint_eq(volume_size(template), 2 * SIZE);
    must(volume_stop(template, E));
    ck_assert_int_eq(image_byte(template, 2 * SIZE / CHUNK - 1), 'z');
    must(volume_start(template, E));
    put(template, 0, 'b');
    must(volume_start(app, E));
    ck_assert_int_eq(get(app, 0), 'a');
    ck_assert_int_eq(get(app, 2 * SIZE / CHUNK - 1), 'z');
    ck_assert_uint_eq(volume_size(app), 2 * SIZE);
    must_fail(QMC_ERROR_STATE, "size of its source",
              volume_resize(app, 4 * SIZE, FALSE, E));
}
END_TEST

START_TEST(shrinks_only_when_nobody_looks)
{
    must(volume_start(app, E));
    must_fail(QMC_ERROR_STATE, "cannot shrink", volume_resize(template, SIZE / 2, TRUE, E));
    must(volume_stop(app, E));
    run(template, 'a');
    must(volume_resize(template, SIZE / 2, TRUE, E));
    ck_assert_uint_eq(volume_size(template), SIZE / 2);
    ck_assert_uint_eq(revisions_of(template), 0);
    run(template, 'b');
    ck_assert_int_eq(image_byte(template, 0), 'b');
}
END_TEST

/* T-D6; and back again: what was there is the revision then. */
START_TEST(goes_back_and_forth)
{
    run(template, 'a');
    run(template, 'b');
    must(volume_revert(template, "old", E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    ck_assert_uint_eq(revisions_of(template), 1);
    must(volume_revert(template, NULL, E));
    ck_assert_int_eq(image_byte(template, 0), 'b');
    must(volume_revert(template, NULL, E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    must(volume_start(app, E));
    must_fail(QMC_ERROR_STATE, "cannot revert", volume_revert(template, NULL, E));
    ck_assert_int_eq(get(app, 0), 'a');
}
END_TEST

START_TEST(a_revert_that_was_cut_off_is_ended)
{
    g_autofree char *marker = bench_file(template, "-merge");
    g_autofree char *old = bench_file(template, "-cow.img.old");
    g_autofree char *text = NULL;
    struct stat st;

    run(template, 'a');
    run(template, 'b');
    ck_assert_int_eq(stat(old, &st), 0);
    text = g_strdup_printf("%lx:%lu", (gulong)st.st_dev, (gulong)st.st_ino);
    ck_assert(g_file_set_contents(marker, text, -1, NULL));
    ck_assert(volume_unsettled(template));
    must_fail(QMC_ERROR_STATE, "being reverted", volume_start(app, E));
    must(volume_stop(template, E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    ck_assert(!volume_in_use(template));
    /* It was through but for the marker: nothing goes back once more. */
    ck_assert(g_file_set_contents(marker, text, -1, NULL));
    must(volume_stop(template, E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    ck_assert(access(marker, F_OK) < 0);
    ck_assert_uint_eq(revisions_of(template), 1);
}
END_TEST

/* The machine went down: the devices are gone, the files are as they are. */
static void crash(struct volume *volume)
{
    g_autofree char *path = volume_path(volume);

    must(dm_node_remove(strrchr(path, '/') + 1, E));
    if (volume_snap_on_start(volume))
        return;

    g_autoptr(GPtrArray) pasts = NULL;

    must((pasts = dm_names("snapshot-", E)));
    for (guint i = 0; i < pasts->len; i++)
        must(dm_node_remove(pasts->pdata[i], E));
}

START_TEST(what_was_written_before_a_crash_stays)
{
    run(template, 'a');
    must(volume_start(template, E));
    put(template, 0, 'b');
    crash(template);
    ck_assert(volume_is_dirty(template));
    must(volume_start(template, E));
    ck_assert_int_eq(get(template, 0), 'b');
    crash(template);
    must(volume_stop(template, E));
    ck_assert(!volume_is_dirty(template));
    must(volume_revert(template, NULL, E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    must(volume_start(app, E));
    put(app, 0, 'x');
    crash(app);
    ck_assert(volume_in_use(app));
    must(volume_start(app, E));
    ck_assert_int_eq(get(app, 0), 'a');
}
END_TEST

START_TEST(keeps_what_it_was_told_to)
{
    auto_of(volume) struct volume *none = make("appvms/work/private", NULL, 0);
    auto_of(volume) struct volume *place = make("appvms/work/big", NULL, -1);
    g_autofree char *path = volume_path(place), *device = NULL;
    auto_fd int loop = -1;

    must(volume_create(none, E));
    run(none, 'a');
    ck_assert_uint_eq(revisions_of(none), 0);
    ck_assert(!volume_in_use(none));
    must(volume_create(place, E));
    must(volume_start(place, E));
    must((loop = loop_attach(path, FALSE, &device, E)) >= 0);
    ck_assert(volume_in_use(place));
    must_fail(QMC_ERROR_STATE, "keeps no state", volume_clone(none, place, NULL, E));
}
END_TEST

START_TEST(other_content_is_another_image)
{
    auto_of(volume) struct volume *copy = make("vm-templates/copy/root", NULL, 1);

    run(template, 'a');
    must(volume_clone(copy, template, NULL, E));
    ck_assert_int_eq(image_byte(copy, 0), 'a');
    run(copy, 'b');
    must(volume_start(app, E));
    must(volume_clone(template, copy, NULL, E));
    ck_assert_int_eq(get(app, 0), 'a');
    ck_assert_int_eq(image_byte(template, 0), 'b');
    ck_assert_uint_eq(revisions_of(template), 1);
    must(volume_stop(app, E));
    must(volume_start(app, E));
    ck_assert_int_eq(get(app, 0), 'b');
    must(volume_stop(app, E));
    must(volume_revert(template, NULL, E));
    ck_assert_int_eq(image_byte(template, 0), 'a');
    must(volume_start(copy, E));
    must_fail(QMC_ERROR_STATE, "is in use", volume_clone(template, copy, NULL, E));
    must(volume_stop(copy, E));
    must(volume_remove(copy, E));
}
END_TEST

START_TEST(names_that_begin_alike_are_apart)
{
    auto_of(volume) struct volume *x = make("appvms/x/root", template, 0);
    auto_of(volume) struct volume *x_root = make("appvms/x-root/root", template, 0);
    auto_of(volume) struct volume *a = make("appvms/x/root-x", NULL, 1);
    auto_of(volume) struct volume *b = make("appvms/x/root-x2", NULL, 1);

    must(volume_start(x, E));
    must(volume_start(x_root, E));
    put(x, 0, 'x');
    put(x_root, 0, 'r');
    must(volume_stop(x, E));
    ck_assert_int_eq(get(x_root, 0), 'r');
    must(volume_stop(x_root, E));
    must(volume_create(a, E));
    must(volume_create(b, E));
    run(b, 'b');
    must(volume_remove(a, E));
    ck_assert_int_eq(image_byte(b, 0), 'b');
    ck_assert_uint_eq(revisions_of(b), 1);
    must(volume_remove(b, E));
}
END_TEST

START_TEST(what_is_open_is_not_committed)
{
    int fd;

    must(volume_start(template, E));
    put(template, 0, 'a');
    fd = open_volume(template, O_RDONLY);
    must_fail(QMC_ERROR_BUSY, "origin-", volume_stop(template, E));
    ck_assert(volume_is_dirty(template));
    ck_assert_uint_eq(revisions_of(template), 0);
    close(fd);
    must(volume_stop(template, E));
    ck_assert_uint_eq(revisions_of(template), 1);
}
END_TEST

/* F-2 */
START_TEST(an_image_has_one_loop_device)
{
    g_autofree char *image = bench_file(template, ".img");
    auto_of(volume) struct volume *second = make("appvms/second/root", template, 0);
    g_autoptr(GPtrArray) users = NULL, after = NULL;

    must(volume_start(app, E));
    must(volume_start(template, E));
    must(volume_start(second, E));
    users = loop_users(image);
    ck_assert_uint_eq(users->len, 1);
    must(volume_stop(second, E));
    must(volume_stop(app, E));
    must(volume_stop(template, E));
    after = loop_users(image);
    ck_assert_uint_eq(after->len, 0);
}
END_TEST

static struct volume *starters[8];

static gpointer start_one(gpointer data)
{
    g_autoptr(GError) error = NULL;

    return volume_start(data, &error) ? NULL : g_strdup(error->message);
}

START_TEST(many_start_at_once)
{
    GThread *threads[G_N_ELEMENTS(starters)];

    run(template, 'a');
    for (gsize i = 0; i < G_N_ELEMENTS(starters); i++) {
        g_autofree char *vid = g_strdup_printf("appvms/many%zu/root", i);

        starters[i] = make(vid, template, 0);
        threads[i] = g_thread_new("start", start_one, starters[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(starters); i++) {
        g_autofree char *failure = g_thread_join(threads[i]);

        ck_assert_msg(!failure, "%s", failure);
        ck_assert_int_eq(get(starters[i], 0), 'a');
    }
    for (gsize i = 0; i < G_N_ELEMENTS(starters); i++) {
        must(volume_stop(starters[i], E));
        volume_unref(starters[i]);
    }
}
END_TEST

static Suite *file_suite(void)
{
    const TTest *const tests[] = {
        an_origin_is_written_in_place, a_run_that_writes_nothing_keeps_the_revision,
        a_snapshot_goes_with_its_qube, a_template_that_runs_is_seen_as_before,
        generations_live_side_by_side, all_of_it_can_be_written_anew, grows_while_it_runs,
        shrinks_only_when_nobody_looks, goes_back_and_forth,
        a_revert_that_was_cut_off_is_ended, what_was_written_before_a_crash_stays,
        keeps_what_it_was_told_to, other_content_is_another_image,
        names_that_begin_alike_are_apart, what_is_open_is_not_committed,
        an_image_has_one_loop_device, many_start_at_once,
    };
    Suite *suite = suite_create("file driver");
    TCase *tcase = tcase_create("file driver");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    g_autoptr(GError) error = NULL;

    if (dm_usable(&error))
        return bench_main(file_suite());
    printf("1..0 # SKIP no device-mapper: %s\n", error->message);
    return 0;
}
