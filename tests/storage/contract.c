/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every promise of storage/volume.h and storage/driver.h, for every kind of
 * volume and every driver. QMC_TEST_DIR names the directory to run in: on btrfs
 * or xfs blocks are shared, elsewhere bytes are copied. */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "lvm-stand.h"
#include "place.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    place_let_go();
    bench_free(bench);
}

/* What a row of the state machine leaves behind, for each kind of volume; in the second
 * row where a snapshot has no evidence of its source (place.h). There one that is saved is
 * nothing before its first stop. */
typedef const char *const outcome[2][KINDS];

static const outcome outcome_started = {
    {"dirty=", "clean=old dirty=old", "clean=source dirty=source",
     "clean=source dirty=source", "dirty=old"},
    {"dirty=", "clean=old dirty=old", "dirty=source", "dirty=source", "dirty=old"},
};

static const outcome outcome_written = {
    {"dirty=new", "clean=old dirty=new", "clean=source dirty=new",
     "clean=source dirty=new", "dirty=new"},
    {"dirty=new", "clean=old dirty=new", "dirty=new", "dirty=new", "dirty=new"},
};

static const outcome outcome_stopped = {
    {"", "clean=new rev=old", "", "clean=new rev=source", "clean=new"},
    {"", "clean=new rev=old", "", "clean=new", "clean=new"},
};

#define after(outcome, kind) ((outcome)[!place_has_evidence][kind])

/* As a qube does, which lets go before the stop work. */
static void begin(struct volume *volume)
{
    must(volume_start(volume, E));
    place_take(volume);
}

static void end(struct volume *volume)
{
    place_let_go();
    must(volume_stop(volume, E));
}

static struct volume *filled(enum kind kind)
{
    struct volume *volume = bench_volume(bench, kind, "private");

    bench_fill(volume, "old");
    return volume;
}

static struct volume *written(enum kind kind)
{
    struct volume *volume = filled(kind);

    begin(volume);
    bench_write(volume, "-dirty.img", "new");
    must_state(volume, after(outcome_written, kind));
    return volume;
}

/* As another process would see it, or this one after a crash. */
static void forget(struct volume **volume, enum kind kind)
{
    volume_unref(*volume);
    *volume = bench_volume(bench, kind, "private");
}

static void lose_host(struct volume **volume, enum kind kind)
{
    place_let_go();
    forget(volume, kind);
}

START_TEST(row_create)
{
    static const char *const expected[KINDS] = {"", "clean=", "", "", "clean="};
    auto_of(volume) struct volume *volume = bench_volume(bench, _i, "private");

    must(volume_create(volume, E));
    must_state(volume, expected[_i]);
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    ck_assert(!volume_in_use(volume));
    ck_assert(!volume_is_dirty(volume));
}
END_TEST

START_TEST(row_create_over_leftovers)
{
    static const char *const expected[KINDS] = {"", "clean=", "", "", "clean="};
    static const char *const leftovers[] = {
        ".img", "-dirty.img", "-precache.img", "-import.img",
        ".img.7@2026-01-02T03:04:05Z", ".img~0abcdef1", "-dirty.img~0abcdef1",
        "-precache.img~abc_defg", "-import.img~abc_defg",
        ".img.7@2026-01-02T03:04:05Z~a1b2c3d4",
    };
    static const char *const foreign[] = {
        ".img~original", ".img~backup", "-dirty.img~2026-01-02", ".img~abcdefgh1",
        "2.img", "2-dirty.img", "2.img~0abcdef1", ".img.x@2026-01-02T03:04:05Z",
        ".img@2026-01-02T03:04:05Z", ".image",
    };
    auto_of(volume) struct volume *volume = bench_volume(bench, _i, "private");
    auto_of(volume) struct volume *other = filled(KIND_ORIGIN);

    /* Others have other names for what they leave: see their own tests. */
    if (!place_has_names || strcmp(pool_driver(bench->pool)->name, "file-reflink") != 0)
        return;
    must(volume_remove(other, E));
    must(volume_create(other, E));
    for (gsize i = 0; i < G_N_ELEMENTS(leftovers); i++)
        bench_touch(volume, leftovers[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        bench_touch(volume, foreign[i]);
    must(volume_create(volume, E));
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        ck_assert_msg(bench_has(volume, foreign[i]), "%s", foreign[i]);
    for (gsize i = 1; i < G_N_ELEMENTS(leftovers); i++)
        ck_assert_msg(!bench_has(volume, leftovers[i]) ||
                          strstr(leftovers[i], "precache.img"),
                      "%s", leftovers[i]);
    if (*expected[_i])
        ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    else
        ck_assert(!bench_has(volume, ".img"));
}
END_TEST

START_TEST(row_start)
{
    auto_of(volume) struct volume *volume = filled(_i);
    gboolean saves = volume_save_on_stop(volume);

    must(volume_verify(volume, E));
    begin(volume);
    must_state(volume, after(outcome_started, _i));
    ck_assert(volume_in_use(volume));
    ck_assert_int_eq(volume_is_dirty(volume), saves);
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);

    g_autofree char *said = volume_path(volume);
    g_autofree char *path = stand_path(said);
    g_autofree char *dirty = bench_file(volume, "-dirty.img");
    struct stat st;

    ck_assert_str_eq(path, dirty);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert(!S_ISREG(st.st_mode) || (st.st_mode & 07777) == 0600);
}
END_TEST

START_TEST(row_source_commits_while_running)
{
    auto_of(volume) struct volume *volume = filled(_i);

    if (!place_takes(KIND_ORIGIN))
        return;
    begin(volume);
    bench_run(bench->source, "later");
    must_state(volume, after(outcome_started, _i));
    end(volume);
    begin(volume);
    if (volume_snap_on_start(volume))
        must_state(volume, place_has_evidence   ? "clean=later dirty=later"
                           : _i == KIND_SNAPSHOT ? "dirty=later"
                                                 : "clean=source dirty=later");
}
END_TEST

START_TEST(row_stop)
{
    auto_of(volume) struct volume *volume = written(_i);

    end(volume);
    must_state(volume, after(outcome_stopped, _i));
    ck_assert(!volume_is_dirty(volume));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    if (_i != KIND_ORIGIN && _i != KIND_ORIGIN_SNAPSHOT)
        ck_assert_uint_eq(bench_count(volume, "precache"), 0);
}
END_TEST

START_TEST(row_stop_when_stopped)
{
    auto_of(volume) struct volume *volume = written(_i);

    end(volume);
    end(volume);
    must_state(volume, after(outcome_stopped, _i));
}
END_TEST

START_TEST(row_stop_before_anything)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, _i, "private");

    end(volume);
    must_state(volume, "");
}
END_TEST

START_TEST(row_process_crash)
{
    auto_of(volume) struct volume *volume = written(_i);
    gboolean saves = volume_save_on_stop(volume);

    forget(&volume, _i);
    must_state(volume, after(outcome_written, _i));
    ck_assert(volume_in_use(volume));
    ck_assert_int_eq(volume_is_dirty(volume), saves);
}
END_TEST

START_TEST(row_host_crash_then_stop)
{
    auto_of(volume) struct volume *volume = written(_i);

    lose_host(&volume, _i);
    end(volume);
    must_state(volume, after(outcome_stopped, _i));
}
END_TEST

START_TEST(row_host_crash_then_start)
{
    static const outcome expected = {
        {"dirty=", "clean=old dirty=new", "clean=source dirty=source",
         "clean=source dirty=new", "dirty=new"},
        {"dirty=", "clean=old dirty=new", "dirty=source", "dirty=new", "dirty=new"},
    };
    auto_of(volume) struct volume *volume = written(_i);

    lose_host(&volume, _i);
    must(volume_verify(volume, E));
    begin(volume);
    must_state(volume, after(expected, _i));
}
END_TEST

/* What an operation of a qube does when its domain cannot be made. */
START_TEST(row_start_fails_later)
{
    static const outcome expected = {
        {"", "clean=old", "", "clean=source", "clean=old"},
        {"", "clean=old rev=old", "", "clean=source", "clean=old"},
    };
    auto_of(volume) struct volume *volume = filled(_i);

    begin(volume);
    end(volume);
    must_state(volume, after(expected, _i));
}
END_TEST

START_TEST(row_remove)
{
    auto_of(volume) struct volume *volume = written(_i);
    g_autofree char *image = bench_file(volume, "");
    g_autofree char *path = g_path_get_dirname(image);

    end(volume);
    begin(volume);
    must(volume_remove(volume, E));
    must_state(volume, "");
    ck_assert(!place_has_names || access(path, F_OK) < 0);
    must(volume_remove(volume, E));
    must_state(bench->source, "clean=source");
}
END_TEST

/* One that has nothing yet, beside the one of the bench. */
static struct volume *empty_one(enum kind kind)
{
    return bench_volume(bench, kind, "other");
}

START_TEST(row_vacant)
{
    auto_of(volume) struct volume *neighbour = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *volume = empty_one(_i);

    must(volume_vacant(volume, E));
    bench_fill(volume, "old");
    begin(volume);
    must_fail(QMC_ERROR_EXISTS, "is there already", volume_vacant(volume, E));
    must(volume_remove(volume, E));
    must(volume_vacant(volume, E));
    if (!place_has_names)
        return;
    bench_touch(volume, "-import.img~0abcdef1");
    must_fail(QMC_ERROR_EXISTS, "is there already", volume_vacant(volume, E));
}
END_TEST

START_TEST(row_share)
{
    auto_of(volume) struct volume *volume = written(_i);
    auto_of(volume) struct volume *other = empty_one(_i);

    must_fail(QMC_ERROR_STATE, "in use", volume_share(other, volume, E));
    must_state(other, "");
    end(volume);
    must(volume_share(other, volume, E));
    must_state(other, after(outcome_stopped, _i));
    must_state(volume, after(outcome_stopped, _i));
    ck_assert_uint_eq(volume_size(other), MEGABYTE);
    if (*after(outcome_stopped, _i))
        must_fail(QMC_ERROR_EXISTS, "is there already",
                  volume_share(other, volume, E));
    must(volume_remove(volume, E));
    must_state(other, after(outcome_stopped, _i));
    begin(other);
    bench_write(other, "-dirty.img", "newest");
    end(other);
}
END_TEST

START_TEST(row_clone_into_nothing)
{
    static const char *const expected[KINDS] = {"", "clean=source", "", "clean=source",
                                                "clean=source"};
    auto_of(volume) struct volume *volume = empty_one(_i);

    must(volume_clone(volume, bench->source, NULL, E));
    must_state(volume, expected[_i]);
    must(volume_remove(volume, E));
    must_state(bench->source, "clean=source");
}
END_TEST

/* What one of them does is nothing to the other. */
START_TEST(row_share_then_go_on)
{
    auto_of(volume) struct volume *volume = written(_i);
    auto_of(volume) struct volume *other = empty_one(_i);

    end(volume);
    must(volume_share(other, volume, E));
    must(volume_remove(other, E));
    must_state(volume, after(outcome_stopped, _i));
}
END_TEST

/* (1,1) of spec/storage.md 1.4 */
START_TEST(what_is_both_is_refused_by_file)
{
    g_autofree char *vid = bench_vid(bench, "appvms", "work", "private");
    const struct volume_spec spec = {
        .name = "private", .vid = vid, .size = MEGABYTE, .rw = TRUE, .snap_on_start = TRUE,
        .save_on_stop = TRUE, .ephemeral = -1, .source = bench->source,
    };
    auto_of(volume) struct volume *volume = NULL;

    if (place_takes(KIND_ORIGIN_SNAPSHOT))
        must((volume = volume_new(bench->pool, &spec, E)));
    else
        must_fail(QMC_ERROR_INVALID, "cannot save what is made from a source",
                  (volume = volume_new(bench->pool, &spec, E)) != NULL);
}
END_TEST

static const char *const drivers[] = {"file-reflink", "file", "lvm_thin", "linux-kernel"};

START_TEST(every_driver_is_listed)
{
    const struct driver *const *all = driver_all();

    for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
        ck_assert_ptr_nonnull(all[i]);
        ck_assert_str_eq(all[i]->name, drivers[i]);
        ck_assert_ptr_eq(driver_find(drivers[i]), all[i]);
    }
    ck_assert_str_eq(place_driver ? place_driver : "",
                     all[G_N_ELEMENTS(drivers)] ? all[G_N_ELEMENTS(drivers)]->name : "");
    ck_assert_ptr_null(driver_find("lvm"));
}
END_TEST

static struct pool *any_pool(const char *driver)
{
    const struct pool_param of_files[] = {
        {"dir_path", "/any"}, {driver == drivers[0] ? "setup_check" : NULL, "0"},
        {0},
    };
    g_auto(GStrv) real = stand_real();
    const struct pool_param of_lvm[] = {
        {"volume_group", real ? real[0] : STAND_VG},
        {"thin_pool", real ? real[1] : STAND_POOL}, {0},
    };
    const struct pool_param *params = g_str_equal(driver, "lvm_thin") ? of_lvm : of_files;
    struct pool *pool = NULL;

    if (params == of_lvm && !real)
        stand_new(bench->dir);
    must((pool = pool_new("any", driver, bench->dir, params, E)));
    return pool;
}

START_TEST(every_driver_keeps_its_promises)
{
    auto_of(pool) struct pool *pool = any_pool(drivers[_i]);
    g_autofree char *vid =
        pool_driver(pool)->vid(pool, "appvms", "work", "volatile");
    const struct volume_spec spec = {
        .name = "volatile", .vid = vid, .size = 4096, .ephemeral = -1,
    };
    auto_of(volume) struct volume *volume = NULL;
    g_autoptr(GPtrArray) revisions = NULL;

    must(pool_setup(pool, E));
    must(pool_setup(pool, E));
    must((volume = volume_new(pool, &spec, E)));
    must(volume_vacant(volume, E));
    must(volume_create(volume, E));
    must(volume_verify(volume, E));
    begin(volume);
    ck_assert(!volume_is_dirty(volume));
    end(volume);
    end(volume);
    must_fail(QMC_ERROR_STATE, "read-only",
              volume_resize(volume, 8192, FALSE, E));
    ck_assert_uint_eq(volume_size(volume), 4096);
    ck_assert_uint_eq(volume_used(volume),
                      pool_driver(pool)->used ? 0 : G_MAXUINT64);
    revisions = volume_revisions(volume);
    ck_assert_uint_eq(revisions->len, 0);
    must(volume_clone(volume, bench->source, NULL, E));
    must(volume_remove(volume, E));
}
END_TEST

/* With CK_RUN_CASE one of them is run: all take too long where LVM is emulated. */
static TCase *contract_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static Suite *contract_suite(void)
{
    const TTest *const rows[] = {
        row_create, row_create_over_leftovers, row_start,
        row_source_commits_while_running, row_stop, row_stop_when_stopped,
        row_stop_before_anything, row_process_crash, row_host_crash_then_stop,
        row_host_crash_then_start, row_start_fails_later, row_remove,
        row_vacant, row_share, row_share_then_go_on, row_clone_into_nothing,
    };
    Suite *suite = suite_create("storage contract");
    TCase *tcase;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        tcase = contract_case(suite, rows[i]->name);
        for (int kind = 0; kind < KINDS; kind++)
            if (place_takes(kind))
                tcase_add_loop_test(tcase, rows[i], kind, kind + 1);
    }
    tcase = contract_case(suite, "drivers");
    tcase_add_test(tcase, what_is_both_is_refused_by_file);
    tcase_add_test(tcase, every_driver_is_listed);
    tcase_add_loop_test(tcase, every_driver_keeps_its_promises, 0,
                        G_N_ELEMENTS(drivers));
    return suite;
}

int main(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (!place_takes(kind))
            printf("# SKIP volumes of kind %d: the driver has none, or needs device-mapper\n",
                   kind);
    fflush(stdout);
    return bench_main(contract_suite());
}
