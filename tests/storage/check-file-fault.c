/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver `file`: each operation with its first, second, ... system call failing, until
 * it gets through. What is committed survives, and a second try succeeds. What makes
 * devices runs where the kernel can. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "fault.h"
#include "place.h"
#include "storage/transfer.h"

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

static Suite *fault_suite(void)
{
    Suite *suite = suite_create("file fault");
    TCase *tcase = tcase_create("file fault");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, every_call_may_fail, 0, G_N_ELEMENTS(trials));
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(fault_suite());
}
