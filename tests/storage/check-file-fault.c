/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver `file`: each operation with its first, second, ... system call failing, until
 * it gets through. What is committed survives, and a second try succeeds. What makes
 * devices runs where the kernel can. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench.h"
#include "fault.h"
#include "place.h"
#include "storage/file-plan.h"
#include "storage/transfer.h"
#include "util/auto.h"

enum { CHUNK = 256 * 512 };

static struct bench *bench;
static struct volume *other;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

static void as_nothing(struct volume *volume)
{
}

static void as_filled(struct volume *volume)
{
    bench_fill(volume, "old");
}

static void as_imported(struct volume *volume)
{
    bench_fill(volume, "old");
    must(volume_clone(volume, bench->source, NULL, E));
}

static void as_started(struct volume *volume)
{
    bench_fill(volume, "old");
    must(volume_start(volume, E));
}

static void as_written(struct volume *volume)
{
    as_started(volume);
    bench_write(volume, "-dirty.img", "new");
}

static void as_run(struct volume *volume)
{
    bench_fill(volume, "old");
    bench_run(volume, "new");
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

/* Again, if what failed was after it. */
static gboolean share(struct volume *volume, GError **error)
{
    return volume_remove(other, error) && volume_share(other, volume, error);
}

struct trial {
    const char *name;
    enum kind kind;
    void (*prepare)(struct volume *volume);
    gboolean (*act)(struct volume *volume, GError **error);
    const char *expected;
    const char *twice;  /* the state if the first try had done it all the same */
    gboolean destroys, devices;
};

static const struct trial trials[] = {
    {"create", KIND_ORIGIN, as_nothing, volume_create, "clean=", .destroys = TRUE},
    {"create anew", KIND_ORIGIN, as_imported, volume_create, "clean=", .destroys = TRUE},
    {"import", KIND_ORIGIN, as_filled, clone_source, "clean=source rev=old",
     "clean=source rev=source"},
    {"back to the image", KIND_ORIGIN, as_imported, revert, "clean=old rev=source",
     "clean=source rev=old"},
    {"resize", KIND_ORIGIN, as_filled, grow, "clean=old"},
    {"share", KIND_ORIGIN, as_imported, share, "clean=source rev=old"},
    {"remove", KIND_ORIGIN, as_imported, volume_remove, "", .destroys = TRUE},
    {"stop before anything", KIND_ORIGIN, as_filled, volume_stop, "clean=old"},
    {"start", KIND_VOLATILE, as_filled, volume_start, "dirty="},
    {"stop", KIND_VOLATILE, as_started, volume_stop, ""},
    {"start in place", KIND_IN_PLACE, as_imported, volume_start, "clean=source"},
    {"stop in place", KIND_IN_PLACE, as_started, volume_stop, "clean=old"},
    {"start", KIND_ORIGIN, as_filled, volume_start, "clean=old dirty=old", .devices = TRUE},
    {"start again", KIND_ORIGIN, as_run, volume_start, "clean=new rev=old dirty=new",
     .devices = TRUE},
    {"stop", KIND_ORIGIN, as_written, volume_stop, "clean=new rev=old", .devices = TRUE},
    {"resize running", KIND_ORIGIN, as_written, grow, "clean=old dirty=new",
     .devices = TRUE},
    {"back", KIND_ORIGIN, as_run, revert, "clean=old rev=new", "clean=new rev=old",
     .devices = TRUE},
    {"start", KIND_SNAPSHOT, as_filled, volume_start, "clean=source dirty=source",
     .devices = TRUE},
    {"stop", KIND_SNAPSHOT, as_written, volume_stop, "", .devices = TRUE},
    {"remove", KIND_SNAPSHOT, as_written, volume_remove, "", .destroys = TRUE,
     .devices = TRUE},
};

static void check_committed(const struct volume *volume, const char *where)
{
    g_autofree char *text = bench_read(volume, ".img");

    if (!volume_save_on_stop(volume))
        return;
    ck_assert_msg(text != NULL, "%s: everything is gone", where);
    ck_assert_msg(strstr("old new source", text) != NULL && *text, "%s: damaged: '%s'", where,
                  text);
}

static void check_result(const struct trial *trial, const struct volume *volume)
{
    g_autofree char *state = bench_state(volume);

    if (g_str_has_suffix(state, " tmp"))
        *strrchr(state, ' ') = '\0';
    ck_assert_msg(g_str_equal(state, trial->expected) ||
                      g_strcmp0(state, trial->twice) == 0,
                  "%s: '%s', not '%s'", trial->name, state, trial->expected);
    must_state(bench->source, "clean=source");
}

/* Returns FALSE when there was no nth call. */
static gboolean run_trial(const struct trial *trial, guint nth)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, trial->kind, "private");
    g_autofree char *where = g_strdup_printf("%s, call %u", trial->name, nth);
    g_autoptr(GError) error = NULL;
    gboolean done, reached;

    other = bench_volume(bench, trial->kind, "other");
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
    check_result(trial, volume);
    must(volume_remove(other, E));
    must(volume_remove(volume, E));
    volume_unref(other);
    return reached;
}

START_TEST(every_call_may_fail)
{
    const struct trial *trial = &trials[_i];
    guint nth = 1;

    if (trial->devices && !place_takes(trial->kind))
        return;
    while (run_trial(trial, nth))
        nth++;
    /* If it were less the calls would not be caught at all. */
    ck_assert_uint_gt(nth, 2);
}
END_TEST

/* By its name there: the bench has other names for what is in use. */
static char *file_of(const struct volume *volume, const char *ending)
{
    return g_strconcat(pool_dir(bench->pool), "/", volume_vid(volume), ending, NULL);
}

static gboolean has(const struct volume *volume, const char *ending)
{
    g_autofree char *path = file_of(volume, ending);

    return access(path, F_OK) == 0;
}

static void put(const struct volume *volume, const char *ending, const void *bytes, gsize length,
                off_t size)
{
    g_autofree char *path = file_of(volume, ending);
    auto_fd int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, length, 0), (gssize)length);
    ck_assert_int_eq(ftruncate(fd, size), 0);
}

/* As a run leaves one that has saved a chunk of an image of 1 MiB. */
static void put_cow(const struct volume *volume, const char *ending)
{
    g_autofree guint8 *bytes = g_malloc0(2 * CHUNK);

    memcpy(bytes, "SnAp\1\0\0\0\1\0\0\0\0\1\0\0", 16);
    bytes[CHUNK] = 1;
    put(volume, ending, bytes, 2 * CHUNK, (off_t)file_cow_size(MEGABYTE));
}

static guint revisions_of(const struct volume *volume)
{
    g_autoptr(GPtrArray) list = volume_revisions(volume);

    return list->len;
}

/* T-F2; what its qube wrote is not known to be on the disk. */
START_TEST(what_cannot_be_synced_is_not_committed)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");
    g_autofree char *text = NULL;

    bench_fill(volume, "old");
    put_cow(volume, "-cow.img");
    fault_arm("fsync", 1, EIO);
    must_fail(QMC_ERROR_IO, "private.img'", volume_stop(volume, E));
    fault_disarm();
    ck_assert(volume_is_dirty(volume));
    ck_assert(has(volume, "-cow.img"));
    ck_assert_uint_eq(revisions_of(volume), 0);
    must(volume_stop(volume, E));
    ck_assert(!volume_is_dirty(volume));
    ck_assert_uint_eq(revisions_of(volume), 1);
    ck_assert_str_eq((text = bench_read(volume, ".img")), "old");
}
END_TEST

START_TEST(what_is_changed_in_place_is_synced)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_IN_PLACE, "private");

    bench_fill(volume, "old");
    must(volume_start(volume, E));
    fault_arm("fsync", 1, EIO);
    must_fail(QMC_ERROR_IO, "private.img'", volume_stop(volume, E));
    fault_disarm();
    must(volume_stop(volume, E));
}
END_TEST

static const char *const forms[] = {"-cow.img.old", ".img.old"};

static char *told(const struct volume *volume)
{
    GString *text = g_string_new("");

    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
        g_string_append(text, has(volume, forms[i]) ? forms[i] : "");
    return g_string_free(text, FALSE);
}

static void must_be(const struct volume *volume, const char *form, const char *where)
{
    g_autofree char *revision = told(volume), *text = bench_read(volume, ".img");

    ck_assert_msg(g_str_equal(revision, form), "%s: '%s', not '%s'", where, revision, form);
    ck_assert_msg(g_str_equal(text, "old"), "%s: '%s'", where, text);
}

/* Each of its calls fails; only after the rename it has another content. */
static gboolean try_import(const char *form, guint nth)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");
    g_autofree char *where = g_strdup_printf("%s, call %u", form, nth), *text = NULL;
    gboolean done, reached;

    bench_fill(volume, "old");
    put_cow(volume, form);
    fault_arm(NULL, nth, EIO);
    done = clone_source(volume, NULL);
    reached = fault_disarm() >= nth;
    text = bench_read(volume, ".img");
    if (g_str_equal(text, "old")) {
        ck_assert(!done);
        must(volume_stop(volume, E));
        must_be(volume, form, where);
    } else {
        must(volume_stop(volume, E));
        ck_assert_msg(has(volume, ".img.old") && !has(volume, "-cow.img.old"), "%s", where);
    }
    ck_assert_msg(!has(volume, "-cow.img.aside") && !has(volume, ".img.aside"), "%s", where);
    must(volume_remove(volume, E));
    return reached;
}

START_TEST(an_import_that_fails_keeps_the_revision)
{
    guint nth = 1;

    while (try_import(forms[_i], nth))
        nth++;
    ck_assert_uint_gt(nth, 10);
}
END_TEST

/* The last rename of three: the revision, the content before its sync, and the image. */
START_TEST(at_once)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");
    auto_of(incoming) struct incoming *incoming = NULL;

    bench_fill(volume, "old");
    put_cow(volume, forms[_i]);
    must((incoming = incoming_new(volume, 0, E)));
    fault_arm("rename", 2, EIO);
    must_fail(QMC_ERROR_IO, "import", incoming_commit(incoming, E));
    fault_disarm();
    must_be(volume, forms[_i], "at once");
    ck_assert_uint_eq(revisions_of(volume), 1);
}
END_TEST

/* What is on the disk if the machine goes down before each of its steps. */
static const struct cut {
    const char *files[4], *form;
} cuts[] = {
    {{"-import.img", "-cow.img.old"}, "-cow.img.old"},
    {{"-import.img", "-cow.img.aside"}, "-cow.img.old"},
    {{"-import.img", "-cow.img.aside", ".img.old"}, "-cow.img.old"},
    {{"-cow.img.aside", ".img.old"}, ".img.old"},
    {{"-import.img", ".img.old"}, ".img.old"},
    {{"-import.img", ".img.aside"}, ".img.old"},
    {{"-import.img", ".img.aside", ".img.old"}, ".img.old"},
    {{".img.aside", ".img.old"}, ".img.old"},
};

START_TEST(an_import_that_is_cut_off_keeps_the_revision)
{
    for (guint reclaimed = 0; reclaimed < 2; reclaimed++) {
        auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");

        bench_fill(volume, "old");
        for (guint i = 0; cuts[_i].files[i]; i++)
            put_cow(volume, cuts[_i].files[i]);
        ck_assert(volume_unsettled(volume));
        if (reclaimed)
            must(volume_reclaim(volume, NULL, E));
        must(volume_stop(volume, E));
        must_be(volume, cuts[_i].form, cuts[_i].files[0]);
        ck_assert(!volume_unsettled(volume));
        must(volume_remove(volume, E));
    }
}
END_TEST

START_TEST(to_grow_and_back_keeps_the_revision)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");

    bench_fill(volume, "old");
    put_cow(volume, "-cow.img.old");
    must(volume_resize(volume, 2 * MEGABYTE, FALSE, E));
    must(volume_resize(volume, MEGABYTE, TRUE, E));
    must_be(volume, "-cow.img.old", "back");
    must(volume_resize(volume, MEGABYTE - 512, TRUE, E));
    must_be(volume, "", "smaller");
    put_cow(volume, "-cow.img.old");
    must(volume_resize(volume, MEGABYTE / 2, TRUE, E));
    must_be(volume, "", "half of it");
}
END_TEST

static guint seen;

/* Whoever else wants to make or remove devices waits. */
static void must_be_locked(void)
{
    auto_fd int fd = open(pool_dir(bench->pool), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ne(flock(fd, LOCK_EX | LOCK_NB), 0);
    seen++;
}

static gboolean shrink(struct volume *volume, GError **error)
{
    return volume_resize(volume, MEGABYTE / 2, TRUE, error);
}

static const struct {
    const char *name;
    enum kind kind;
    void (*prepare)(struct volume *volume);
    gboolean (*act)(struct volume *volume, GError **error);
    const char *call;
} acts[] = {
    {"start in place", KIND_IN_PLACE, as_filled, volume_start, "unlink"},
    {"shrink", KIND_ORIGIN, as_filled, shrink, "ftruncate"},
    {"back", KIND_ORIGIN, as_imported, revert, "unlink"},
    {"start", KIND_ORIGIN, as_filled, volume_start, "ftruncate"},
};

START_TEST(nobody_else_comes_between)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, acts[_i].kind, "private");
    g_autoptr(GError) error = NULL;

    acts[_i].prepare(volume);
    seen = 0;
    fault_watch(acts[_i].call, must_be_locked);
    /* A start has made its cow before it lacks device-mapper. */
    if (!acts[_i].act(volume, &error))
        ck_assert_msg(acts[_i].kind == KIND_ORIGIN && acts[_i].act == volume_start, "%s: %s",
                      acts[_i].name, error->message);
    fault_watch(NULL, NULL);
    ck_assert_msg(seen > 0, "%s", acts[_i].name);
    must(volume_stop(volume, E));
}
END_TEST

START_TEST(a_marker_that_cannot_be_read_is_told)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");

    bench_fill(volume, "old");
    put(volume, "-merge", "1:2", 3, (off_t)1 << 42);
    must_fail(QMC_ERROR_INVALID, "private-merge", volume_stop(volume, E));
}
END_TEST

static Suite *fault_suite(void)
{
    Suite *suite = suite_create("file fault");
    TCase *tcase = tcase_create("file fault");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, every_call_may_fail, 0, G_N_ELEMENTS(trials));
    tcase_add_test(tcase, what_cannot_be_synced_is_not_committed);
    tcase_add_test(tcase, what_is_changed_in_place_is_synced);
    tcase_add_loop_test(tcase, an_import_that_fails_keeps_the_revision, 0,
                        G_N_ELEMENTS(forms));
    tcase_add_loop_test(tcase, at_once, 0, G_N_ELEMENTS(forms));
    tcase_add_loop_test(tcase, an_import_that_is_cut_off_keeps_the_revision, 0,
                        G_N_ELEMENTS(cuts));
    tcase_add_test(tcase, to_grow_and_back_keeps_the_revision);
    tcase_add_loop_test(tcase, nobody_else_comes_between, 0, G_N_ELEMENTS(acts));
    tcase_add_test(tcase, a_marker_that_cannot_be_read_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(fault_suite());
}
