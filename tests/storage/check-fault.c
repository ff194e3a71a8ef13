/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each operation with its first, second, ... system call failing, until it
 * gets through: what is committed survives, and a second try succeeds. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "fault.h"
#include "storage/transfer.h"

struct trial {
    const char *name;
    void (*prepare)(struct volume *volume);
    gboolean (*act)(struct volume *volume, GError **error);
    const char *expected[KINDS]; /* NULL: does not apply */
    gboolean destroys;
    const char *twice; /* the state if the first try had done it all the same */
};

static struct bench *bench;
static int offered = -1; /* a file beside the pool, open: what is imported */

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    if (offered >= 0)
        close(offered);
    offered = -1;
    bench_free(bench);
}

static void as_filled(struct volume *volume)
{
    bench_fill(volume, "old");
}

static void as_run(struct volume *volume)
{
    bench_fill(volume, "old");
    bench_run(volume, "new");
}

static void as_written(struct volume *volume)
{
    bench_fill(volume, "old");
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
}

static gboolean grow(struct volume *volume, GError **error)
{
    return volume_resize(volume, 2 * MEGABYTE, FALSE, error);
}

static gboolean clone_source(struct volume *volume, GError **error)
{
    return volume_clone(volume, bench->source, NULL, error);
}

static gboolean revert(struct volume *volume, GError **error)
{
    return volume_revert(volume, NULL, error);
}

static void as_offered(struct volume *volume)
{
    g_autofree char *path = g_build_filename(bench->dir, "offered", NULL);

    as_filled(volume);
    if (offered >= 0)
        return;
    offered = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(ftruncate(offered, MEGABYTE), 0);
    ck_assert_int_eq(pwrite(offered, "source", 6, 0), 6);
}

static gboolean import(struct volume *volume, GError **error)
{
    const struct transfer from = {.fd = offered, .name = "offered"};

    return volume_import(volume, 0, &from, error);
}

static gboolean pin(struct volume *volume, GError **error)
{
    return volume_pin(volume, NULL, TRUE, error);
}

static const struct trial trials[] = {
    {"create", as_written, volume_create,
     {"", "clean=", "", "", "clean="}, TRUE},
    {"start", as_filled, volume_start,
     {"dirty=", "clean=old dirty=old", "clean=source dirty=source",
      "clean=source dirty=source", "dirty=old"}},
    {"start again", as_run, volume_start,
     {"dirty=", "clean=new rev=old dirty=new", "clean=source dirty=source",
      "clean=source rev=source dirty=source", "dirty=new"}},
    {"start after a crash", as_written, volume_start,
     {"dirty=", "clean=old dirty=new", "clean=source dirty=source",
      "clean=source dirty=new", "dirty=new"}},
    {"stop", as_written, volume_stop,
     {"", "clean=new rev=old", "", "clean=new rev=source", "clean=new"}},
    {"resize running", as_written, grow,
     {"dirty=new", "clean=old dirty=new", "clean=source dirty=new",
      "clean=source dirty=new", "dirty=new"}},
    {"resize stopped", as_filled, grow,
     {"", "clean=old", NULL, NULL, "clean=old"}},
    {"clone", as_filled, clone_source,
     {NULL, "clean=source rev=old", NULL, "clean=source", "clean=source rev=old"},
     .twice = "clean=source rev=source"},
    {"import", as_offered, import,
     {NULL, "clean=source rev=old", NULL, NULL, "clean=source rev=old"},
     .twice = "clean=source rev=source"},
    {"revert", as_run, revert,
     {NULL, "clean=old rev=new", NULL, NULL, NULL}, .twice = "clean=new rev=old"},
    {"pin", as_run, pin,
     {NULL, "clean=new rev=old", NULL, NULL, NULL}},
    {"remove", as_written, volume_remove,
     {"", "", "", "", ""}, TRUE},
};

/* At every moment one complete copy stands under a name that is looked for. */
static void check_committed(const struct volume *volume, const char *call)
{
    g_autofree char *clean = bench_read(volume, ".img");
    g_autofree char *dirty = bench_read(volume, "-dirty.img");
    const char *text = clean ? clean : dirty;

    if (!volume_save_on_stop(volume) || volume_snap_on_start(volume))
        return;
    ck_assert_msg(text != NULL, "%s: everything is gone", call);
    ck_assert_msg(g_str_equal(text, "old") || g_str_equal(text, "new") ||
                      g_str_equal(text, "source"),
                  "%s: damaged: '%s'", call, text);
}

static void check_result(const struct trial *trial, enum kind kind,
                         const struct volume *volume, gboolean strict)
{
    g_autofree char *state = bench_state(volume);

    if (g_strcmp0(state, trial->twice) == 0)
        return;
    if (!strict && g_str_has_suffix(state, "tmp"))
        *strstr(state, *state == 't' ? "tmp" : " tmp") = '\0';
    ck_assert_msg(g_str_equal(state, trial->expected[kind]),
                  "%s: '%s', not '%s'", trial->name, state,
                  trial->expected[kind]);
    must_state(bench->source, "clean=source");
}

/* Returns FALSE when there was no nth call. */
static gboolean run_trial(const struct trial *trial, enum kind kind, guint nth)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, kind, "private");
    g_autofree char *where = g_strdup_printf("%s, call %u", trial->name, nth);
    g_autoptr(GError) error = NULL;
    gboolean done, reached;

    trial->prepare(volume);
    fault_arm(NULL, nth, EIO);
    done = trial->act(volume, &error);
    reached = fault_disarm() >= nth;
    ck_assert_msg(done || error, "%s: no error set", where);
    ck_assert_msg(done || reached, "%s: %s", where, error ? error->message : "");
    if (!done && !trial->destroys)
        check_committed(volume, where);
    if (!done)
        must(trial->act(volume, E));
    check_result(trial, kind, volume, !done);
    must(volume_remove(volume, E));
    return reached;
}

START_TEST(every_call_may_fail)
{
    const struct trial *trial = &trials[_i / KINDS];
    enum kind kind = _i % KINDS;
    guint nth = 1;

    if (!trial->expected[kind])
        return;
    while (run_trial(trial, kind, nth))
        nth++;
    /* If it were less the calls would not be caught at all. */
    ck_assert_uint_gt(nth, 2);
}
END_TEST

START_TEST(a_signal_changes_nothing)
{
    const struct trial *trial = &trials[_i / KINDS];
    enum kind kind = _i % KINDS;
    guint seen = 1;

    for (guint nth = 1; trial->expected[kind] && nth <= seen; nth++) {
        auto_of(volume) struct volume *volume =
            bench_volume(bench, kind, "private");

        trial->prepare(volume);
        fault_arm("retried", nth, EINTR);
        must(trial->act(volume, E));
        seen = fault_disarm();
        check_result(trial, kind, volume, TRUE);
        must(volume_remove(volume, E));
    }
}
END_TEST

/* The second sync of the same pages would succeed and prove nothing. */
START_TEST(a_failed_sync_is_not_trusted_again)
{
    auto_of(volume) struct volume *volume =
        bench_volume(bench, KIND_ORIGIN, "private");
    g_autofree char *dirty = bench_file(volume, "-dirty.img");
    struct stat before, after;

    as_written(volume);
    ck_assert_int_eq(stat(dirty, &before), 0);
    fault_arm("fsync", 1, EIO);
    must_fail(QMC_ERROR_IO, "sync directory", volume_stop(volume, E));
    must_state(volume, "clean=old rev=old dirty=new");
    fault_arm("fsync", 1, EIO);
    must_fail(QMC_ERROR_IO, "cannot write", volume_stop(volume, E));
    fault_disarm();
    must_state(volume, "clean=old rev=old dirty=new");
    ck_assert_int_eq(stat(dirty, &after), 0);
    ck_assert_uint_ne(before.st_ino, after.st_ino);
    must(volume_stop(volume, E));
    must_state(volume, "clean=new rev=old");
}
END_TEST

/* The disk is full: first when the new size is synced, then when the image is
 * copied. */
START_TEST(a_full_disk_leaves_the_size)
{
    auto_of(volume) struct volume *volume =
        bench_volume(bench, KIND_ORIGIN, "private");

    bench_fill(volume, "old");
    fault_arm(bench->shares ? "ioctl" : "pwrite", 1, ENOSPC);
    must_fail(QMC_ERROR_NOSPACE, "private.img", grow(volume, E));
    ck_assert_uint_eq(fault_disarm(), 1);
    must_state(volume, "clean=old");
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must(volume_start(volume, E));
    fault_arm("fsync", 1, ENOSPC);
    must_fail(QMC_ERROR_NOSPACE, "private-dirty.img", grow(volume, E));
    ck_assert_uint_eq(fault_disarm(), 1);
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must(volume_stop(volume, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
}
END_TEST

/* ext4 allows 65000 links, some file systems none. */
START_TEST(refused_links_become_copies)
{
    static const int reasons[] = {EMLINK, EXDEV, EPERM, EOPNOTSUPP};
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 2);

    as_written(volume);
    fault_arm("link", 1, reasons[_i]);
    must(volume_stop(volume, E));
    ck_assert_uint_eq(fault_disarm(), 1);
    must_state(volume, "clean=new rev=old");
}
END_TEST

START_TEST(a_copied_revision_is_not_made_twice)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 5);

    as_written(volume);
    fault_arm("link", 1, EMLINK);
    must(volume_stop(volume, E));
    fault_disarm();
    /* As if the process had died right after the copy. */
    g_autofree char *clean = bench_file(volume, ".img");
    g_autofree char *dirty = bench_file(volume, "-dirty.img");
    g_autoptr(GPtrArray) revisions = volume_revisions(volume);
    const struct revision *revision = g_ptr_array_index(revisions, 0);
    g_autofree char *ending = g_strconcat(".img.", revision->id, NULL);
    g_autofree char *kept = bench_file(volume, ending);

    ck_assert_int_eq(rename(clean, dirty), 0);

    g_autofree char *content = NULL;
    gsize length;
    struct stat st;

    ck_assert(g_file_get_contents(kept, &content, &length, NULL));
    ck_assert_int_eq(stat(kept, &st), 0);
    ck_assert(g_file_set_contents(clean, content, (gssize)length, NULL));

    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st.st_mtim};

    ck_assert_int_eq(utimensat(AT_FDCWD, clean, times, 0), 0);
    must(volume_stop(volume, E));
    must_state(volume, "clean=new rev=old");
}
END_TEST

static Suite *fault_suite(void)
{
    Suite *suite = suite_create("fault");
    TCase *tcase = tcase_create("fault");
    int all = G_N_ELEMENTS(trials) * KINDS;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, every_call_may_fail, 0, all);
    tcase_add_loop_test(tcase, a_signal_changes_nothing, 0, all);
    tcase_add_test(tcase, a_full_disk_leaves_the_size);
    tcase_add_test(tcase, a_failed_sync_is_not_trusted_again);
    tcase_add_loop_test(tcase, refused_links_become_copies, 0, 4);
    tcase_add_test(tcase, a_copied_revision_is_not_made_twice);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(fault_suite());
}
