/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Revisions, precaches, sizes, clones, and what is missing or in the way. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

/* What a row of the state machine leaves behind, for each kind of volume. */
typedef const char *const outcome[KINDS];

static const outcome outcome_clean = {
    [KIND_VOLATILE] = "",
    [KIND_ORIGIN] = "clean=old",
    [KIND_SNAPSHOT] = "",
    [KIND_ORIGIN_SNAPSHOT] = "",
    [KIND_IN_PLACE] = "clean=old",
};

static const outcome outcome_started = {
    [KIND_VOLATILE] = "dirty=",
    [KIND_ORIGIN] = "clean=old dirty=old",
    [KIND_SNAPSHOT] = "clean=source dirty=source",
    [KIND_ORIGIN_SNAPSHOT] = "clean=source dirty=source",
    [KIND_IN_PLACE] = "dirty=old",
};

static const outcome outcome_written = {
    [KIND_VOLATILE] = "dirty=new",
    [KIND_ORIGIN] = "clean=old dirty=new",
    [KIND_SNAPSHOT] = "clean=source dirty=new",
    [KIND_ORIGIN_SNAPSHOT] = "clean=source dirty=new",
    [KIND_IN_PLACE] = "dirty=new",
};

static const outcome outcome_stopped = {
    [KIND_VOLATILE] = "",
    [KIND_ORIGIN] = "clean=new rev=old",
    [KIND_SNAPSHOT] = "",
    [KIND_ORIGIN_SNAPSHOT] = "clean=new rev=source",
    [KIND_IN_PLACE] = "clean=new",
};

static struct volume *filled(enum kind kind)
{
    struct volume *volume = bench_volume(bench, kind, "private");

    bench_fill(volume, "old");
    return volume;
}

static struct volume *written(enum kind kind)
{
    struct volume *volume = filled(kind);

    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
    must_state(volume, outcome_written[kind]);
    return volume;
}

START_TEST(remove_keeps_the_neighbours)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *other =
        bench_volume(bench, KIND_ORIGIN, "private2");

    bench_fill(other, "other");
    bench_run(other, "more");
    must(volume_start(other, E));
    bench_touch(other, "-dirty.img~0abcdef1");
    must(volume_remove(volume, E));
    ck_assert(bench_has(other, "-dirty.img~0abcdef1"));
    must(volume_stop(other, E));
    must_state(other, "clean=more rev=other");
}
END_TEST

START_TEST(revisions_are_kept_and_pruned)
{
    static const char *const expected[] = {
        "clean=4", "clean=4 rev=3", "clean=4 rev=3 rev=2",
    };
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", _i);

    bench_fill(volume, "0");
    for (const char *text = "1\0002\0003\0004\0"; *text; text += 2)
        bench_run(volume, text);
    must_state(volume, expected[_i]);
}
END_TEST

START_TEST(revisions_count_on_when_the_clock_jumps_back)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 5);
    g_autofree char *clean = bench_file(volume, ".img");
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 86400}};

    bench_fill(volume, "0");
    bench_run(volume, "1");
    ck_assert_int_eq(utimensat(AT_FDCWD, clean, times, 0), 0);
    bench_run(volume, "2");
    must_state(volume, "clean=2 rev=1 rev=0");

    g_autoptr(GPtrArray) revisions = volume_revisions(volume);
    const struct revision *newest = g_ptr_array_index(revisions, 0);
    const struct revision *oldest = g_ptr_array_index(revisions, 1);

    ck_assert_str_eq(newest->id, "2@1970-01-02T00:00:00Z");
    ck_assert_int_eq(newest->number, 2);
    ck_assert_int_eq(newest->time, 86400);
    ck_assert_int_gt(oldest->time, newest->time);
    ck_assert_int_eq(oldest->number, 1);
}
END_TEST

START_TEST(revisions_ignore_what_is_none)
{
    static const char *const foreign[] = {
        ".img@2026-01-02T03:04:05Z", ".img.@2026-01-02T03:04:05Z",
        ".img.x@2026-01-02T03:04:05Z", ".img.1@2026-13-02T03:04:05Z",
        ".img.1@2026-01-02T03:04:05", ".img.1@2026-01-02 03:04:05Z",
        ".img.1@2026-01-02T03:04:05Z~0abcdef1", ".img.-1@2026-01-02T03:04:05Z",
        ".img.99999999999999999999@2026-01-02T03:04:05Z", ".img.1@",
    };
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        bench_touch(volume, foreign[i]);

    g_autoptr(GPtrArray) revisions = volume_revisions(volume);

    ck_assert_uint_eq(revisions->len, 0);
    bench_run(volume, "new");
    ck_assert_uint_eq(bench_count(volume, ".img.1@20"), 4);
}
END_TEST

/* What is only called like one does not hide those there are. */
START_TEST(a_directory_is_no_revision)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *dir = bench_file(volume, ".img.2@2026-01-02T03:04:05Z");
    g_autoptr(GPtrArray) revisions = NULL;

    bench_run(volume, "new");
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    revisions = volume_revisions(volume);
    ck_assert_uint_eq(revisions->len, 1);
    must(volume_revert(volume, NULL, E));
    must_state(volume, "clean=old rev=new");
}
END_TEST

START_TEST(an_unused_run_pushes_no_revision_out)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    bench_run(volume, "new");
    for (int i = 0; i < 3; i++) {
        must(volume_start(volume, E));
        must(volume_stop(volume, E));
    }
    must_state(volume, "clean=new rev=old");
}
END_TEST

START_TEST(revisions_go_when_snapshots_are_disabled)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *in_place =
        bench_volume(bench, KIND_IN_PLACE, "private");
    g_autofree char *clean = bench_file(volume, ".img");
    struct stat before, after;

    bench_run(volume, "new");
    ck_assert_int_eq(stat(clean, &before), 0);
    must(volume_start(in_place, E));
    must_state(in_place, "dirty=new");
    must(volume_verify(in_place, E));
    must(volume_stop(in_place, E));
    must_state(in_place, "clean=new");
    ck_assert_int_eq(stat(clean, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(revisions_stay_when_there_is_nothing_newer)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *in_place =
        bench_volume(bench, KIND_IN_PLACE, "private");
    g_autofree char *clean = bench_file(volume, ".img");

    bench_run(volume, "new");
    ck_assert_int_eq(unlink(clean), 0);
    must_fail(QMC_ERROR_NOTFOUND, clean, volume_start(in_place, E));
    must_state(volume, "rev=old");
}
END_TEST

START_TEST(a_revision_costs_nothing)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *clean = bench_file(volume, ".img");
    struct stat old, kept;

    ck_assert_int_eq(stat(clean, &old), 0);
    bench_run(volume, "new");

    g_autoptr(GPtrArray) revisions = volume_revisions(volume);
    const struct revision *revision = g_ptr_array_index(revisions, 0);
    g_autofree char *file = g_strconcat(clean, ".", revision->id, NULL);

    ck_assert_int_eq(stat(file, &kept), 0);
    ck_assert_uint_eq(old.st_ino, kept.st_ino);
    ck_assert_uint_eq(revision->used, (guint64)kept.st_blocks * 512);
}
END_TEST

START_TEST(precache_is_used_only_where_it_is_cheap)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *precache = bench_file(volume, "-precache.img");
    g_autofree char *dirty = bench_file(volume, "-dirty.img");
    struct stat before, after;

    ck_assert(!bench_has(volume, "-precache.img"));
    bench_run(volume, "new");
    ck_assert_int_eq(bench_has(volume, "-precache.img"), bench->shares);
    if (!bench->shares)
        return;
    ck_assert_int_eq(stat(precache, &before), 0);
    must(volume_start(volume, E));
    ck_assert_int_eq(stat(dirty, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(precache_that_is_stale_is_dropped)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    bench_touch(volume, "-precache.img");
    must(volume_start(volume, E));
    must_state(volume, "clean=old dirty=old");
    must(volume_stop(volume, E));
    must_state(volume, "clean=old");
    bench_write(volume, ".img", "edited");
    must(volume_start(volume, E));
    must_state(volume, "clean=edited dirty=edited");
}
END_TEST

START_TEST(precache_stays_when_clean_is_missing)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *clean = bench_file(volume, ".img");

    bench_touch(volume, "-precache.img");
    ck_assert_int_eq(unlink(clean), 0);
    must_fail(QMC_ERROR_NOTFOUND, clean, volume_start(volume, E));
    must_fail(QMC_ERROR_NOTFOUND, clean, volume_verify(volume, E));
    ck_assert(bench_has(volume, "-precache.img"));
}
END_TEST

/* rename(2) does nothing then, and the volume would look dirty for ever. */
START_TEST(two_names_of_one_file_become_one)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *clean = bench_file(volume, ".img");
    g_autofree char *dirty = bench_file(volume, "-dirty.img");

    ck_assert_int_eq(link(clean, dirty), 0);
    must(volume_stop(volume, E));
    must_state(volume, "clean=old");
}
END_TEST

START_TEST(resize_grows_running)
{
    auto_of(volume) struct volume *volume = written(_i);

    must(volume_resize(volume, 3 * MEGABYTE, FALSE, E));
    ck_assert_uint_eq(volume_size(volume), 3 * MEGABYTE);
    must_state(volume, outcome_written[_i]);
    must(volume_stop(volume, E));
    must_state(volume, outcome_stopped[_i]);
    /* A snapshot has the size of its source again. */
    ck_assert_uint_eq(volume_size(volume),
                      _i == KIND_SNAPSHOT ? MEGABYTE : 3 * MEGABYTE);
}
END_TEST

START_TEST(resize_grows_stopped)
{
    auto_of(volume) struct volume *volume = filled(_i);
    const guint64 size = 2 * MEGABYTE + 700;

    if (volume_snap_on_start(volume)) {
        must_fail(QMC_ERROR_STATE, "vm-templates/base/root",
                  volume_resize(volume, size, FALSE, E));
        ck_assert_uint_eq(volume_size(volume), MEGABYTE);
        return;
    }
    must(volume_resize(volume, size, FALSE, E));
    must_state(volume, outcome_clean[_i]);
    ck_assert_uint_eq(volume_size(volume), size);
    must(volume_start(volume, E));
    ck_assert_uint_eq(volume_size(volume), size);
    must_state(volume, outcome_started[_i]);
}
END_TEST

START_TEST(resize_takes_no_room)
{
    const guint64 size = (guint64)1 << 40;
    auto_of(volume) struct volume *volume = filled(_i);

    must(volume_start(volume, E));
    must(volume_resize(volume, size, FALSE, E));
    ck_assert_uint_eq(volume_size(volume), size);
    ck_assert_uint_lt(volume_used(volume), MEGABYTE);
}
END_TEST

START_TEST(resize_never_shrinks_by_itself)
{
    auto_of(volume) struct volume *volume = filled(_i);

    must(volume_start(volume, E));
    must_fail(QMC_ERROR_INVALID, "1.0 MiB",
              volume_resize(volume, MEGABYTE / 2, FALSE, E));
    must_fail(QMC_ERROR_INVALID, "512.0 KiB",
              volume_resize(volume, MEGABYTE / 2, FALSE, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must_state(volume, outcome_started[_i]);
}
END_TEST

START_TEST(resize_never_shrinks_what_is_in_use)
{
    auto_of(volume) struct volume *volume = written(_i);

    must_fail(QMC_ERROR_STATE, "in use",
              volume_resize(volume, MEGABYTE / 2, TRUE, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must_state(volume, outcome_written[_i]);
    must(volume_resize(volume, MEGABYTE, TRUE, E));
    must(volume_resize(volume, 2 * MEGABYTE, TRUE, E));
}
END_TEST

START_TEST(resize_shrinks_stopped_when_asked)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    must(volume_resize(volume, 4096, TRUE, E));
    ck_assert_uint_eq(volume_size(volume), 4096);
    must_state(volume, "clean=old");
}
END_TEST

START_TEST(resize_refuses_rubbish)
{
    auto_of(volume) struct volume *volume = filled(_i);

    must_fail(QMC_ERROR_INVALID, "appvms/work/private",
              volume_resize(volume, 0, TRUE, E));
    must_fail(QMC_ERROR_INVALID, "appvms/work/private",
              volume_resize(volume, (guint64)1 << 63, FALSE, E));
    must_fail(QMC_ERROR_INVALID, "18446744073709551615",
              volume_resize(volume, G_MAXUINT64, TRUE, E));
    must_state(volume, outcome_clean[_i]);
}
END_TEST

START_TEST(resize_that_the_system_refuses_changes_nothing)
{
    auto_of(volume) struct volume *volume = written(_i);
    struct rlimit old, limit;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = (struct rlimit){2 * MEGABYTE, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    must_fail(QMC_ERROR_IO, "-dirty.img",
              volume_resize(volume, 3 * MEGABYTE, FALSE, E));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must_state(volume, outcome_written[_i]);
}
END_TEST

START_TEST(resize_makes_a_new_file)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *child =
        bench_volume(bench, KIND_SNAPSHOT, "root");
    g_autofree char *evidence = bench_file(child, ".img");
    g_autofree char *clean = bench_file(bench->source, ".img");
    struct stat before, after, kept;

    ck_assert_int_eq(stat(clean, &before), 0);
    must(volume_start(child, E));
    must(volume_resize(bench->source, 2 * MEGABYTE, FALSE, E));
    ck_assert_int_eq(stat(clean, &after), 0);
    ck_assert_int_eq(stat(evidence, &kept), 0);
    ck_assert_uint_ne(before.st_ino, after.st_ino);
    ck_assert_uint_eq(before.st_ino, kept.st_ino);
    ck_assert_int_eq(kept.st_size, MEGABYTE);
    ck_assert_uint_eq(volume_size(child), MEGABYTE);
    must(volume_stop(child, E));
    ck_assert_uint_eq(volume_size(child), 2 * MEGABYTE);
    must(volume_start(child, E));
    ck_assert_uint_eq(volume_size(child), 2 * MEGABYTE);
}
END_TEST

START_TEST(resize_to_the_same_size_changes_nothing)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *clean = bench_file(volume, ".img");
    struct stat before, after;

    ck_assert_int_eq(stat(clean, &before), 0);
    must(volume_resize(volume, MEGABYTE, FALSE, E));
    ck_assert_int_eq(stat(clean, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(the_image_wins_over_the_store)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *clean = bench_file(volume, ".img");

    ck_assert_int_eq(truncate(clean, 12345), 0);
    ck_assert_uint_eq(volume_size(volume), 12345);
}
END_TEST

START_TEST(clone_takes_the_committed_state)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    must(volume_resize(bench->source, 2 * MEGABYTE, FALSE, E));
    must(volume_start(bench->source, E));
    bench_write(bench->source, "-dirty.img", "running");
    must(volume_clone(volume, bench->source, NULL, E));
    must_state(volume, "clean=source rev=old");
    ck_assert_uint_eq(volume_size(volume), 2 * MEGABYTE);
    must(volume_stop(bench->source, E));
    must_state(bench->source, "clean=running rev=source");
    must_state(volume, "clean=source rev=old");
}
END_TEST

START_TEST(clone_into_what_saves_nothing_is_nothing)
{
    auto_of(volume) struct volume *volume = filled(_i);

    must(volume_clone(volume, bench->source, NULL, E));
    must_state(volume, outcome_clean[_i]);
}
END_TEST

START_TEST(clone_is_refused)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *scratch =
        bench_volume(bench, KIND_VOLATILE, "volatile");
    auto_of(volume) struct volume *in_place =
        bench_volume(bench, KIND_IN_PLACE, "huge");
    auto_of(volume) struct volume *missing =
        bench_volume(bench, KIND_ORIGIN, "missing");

    bench_fill(in_place, "huge");
    must(volume_start(in_place, E));
    must_fail(QMC_ERROR_INVALID, "itself", volume_clone(volume, volume, NULL, E));
    must_fail(QMC_ERROR_STATE, "volatile", volume_clone(volume, scratch, NULL, E));
    must_fail(QMC_ERROR_STATE, "huge", volume_clone(volume, in_place, NULL, E));
    must_fail(QMC_ERROR_NOTFOUND, "missing.img",
              volume_clone(volume, missing, NULL, E));
    must_state(volume, "clean=old");
    must(volume_start(volume, E));
    must_fail(QMC_ERROR_STATE, "in use",
              volume_clone(volume, bench->source, NULL, E));
    must_state(volume, "clean=old dirty=old");
}
END_TEST

START_TEST(a_source_that_is_changed_in_place_is_not_copied_while_in_use)
{
    auto_of(volume) struct volume *source =
        bench_volume(bench, KIND_IN_PLACE, "huge");
    const struct volume_spec spec = {
        .name = "root", .vid = "appvms/disp1/root", .size = MEGABYTE, .rw = TRUE,
        .snap_on_start = TRUE, .ephemeral = -1, .source = source,
    };
    auto_of(volume) struct volume *volume = volume_new(bench->pool, &spec, NULL);

    bench_fill(source, "huge");
    must(volume_start(source, E));
    must_fail(QMC_ERROR_STATE, "appvms/work/huge", volume_verify(volume, E));
    must_fail(QMC_ERROR_STATE, "appvms/work/huge", volume_start(volume, E));
    must(volume_stop(source, E));
    must(volume_start(volume, E));
}
END_TEST

START_TEST(verify_names_what_is_missing)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, _i, "private");
    g_autofree char *own = bench_file(volume, ".img");
    g_autofree char *base = bench_file(bench->source, ".img");
    const char *file = volume_snap_on_start(volume) ? base : own;

    ck_assert_int_eq(unlink(base), 0);
    if (_i == KIND_VOLATILE) {
        must(volume_verify(volume, E));
        return;
    }
    must_fail(QMC_ERROR_NOTFOUND, file, volume_verify(volume, E));
    must_fail(QMC_ERROR_NOTFOUND, file, volume_start(volume, E));
    must_state(volume, "");
}
END_TEST

START_TEST(a_size_lost_with_the_power_is_not_kept)
{
    auto_of(volume) struct volume *volume = filled(KIND_VOLATILE);
    g_autofree char *dirty = bench_file(volume, "-dirty.img");
    guint64 size = volume_size(volume);

    must(volume_start(volume, E));
    ck_assert_int_eq(truncate(dirty, 0), 0);
    must(volume_stop(volume, E));
    ck_assert_uint_eq(volume_size(volume), size);
    must(volume_start(volume, E));
    must(volume_stop(volume, E));
}
END_TEST

START_TEST(a_pool_that_is_not_mounted_is_not_filled)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, _i, "private");
    g_autofree char *prefix =
        g_build_filename(pool_dir(bench->pool), "appvms", NULL);
    g_autofree char *away = g_strconcat(prefix, ".away", NULL);
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(rename(prefix, away), 0);
    ck_assert(!volume_start(volume, &error));
    ck_assert(error_is(error, QMC_ERROR_NOTFOUND));
    ck_assert(access(prefix, F_OK) < 0);
    must(volume_stop(volume, E));
    ck_assert(access(prefix, F_OK) < 0);
}
END_TEST

START_TEST(a_directory_in_the_way_is_an_error)
{
    auto_of(volume) struct volume *volume = filled(_i);
    g_autofree char *dirty = bench_file(volume, "-dirty.img");
    g_autofree char *dir = g_path_get_dirname(dirty);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert_int_eq(mkdir(dirty, 0700), 0);
    must_fail(QMC_ERROR_IO, dirty, volume_start(volume, E));
    must_fail(QMC_ERROR_IO, dirty, volume_stop(volume, E));
}
END_TEST

START_TEST(a_volume_without_size_is_refused)
{
    const struct volume_spec specs[] = {
        {.name = "volatile", .vid = "appvms/work/volatile", .rw = TRUE,
         .ephemeral = -1},
        {.name = "private", .vid = "appvms/work/private", .rw = TRUE,
         .save_on_stop = TRUE, .ephemeral = -1},
    };
    auto_of(volume) struct volume *scratch =
        volume_new(bench->pool, &specs[0], NULL);
    auto_of(volume) struct volume *private =
        volume_new(bench->pool, &specs[1], NULL);

    must_fail(QMC_ERROR_INVALID, "volatile", volume_start(scratch, E));
    must_fail(QMC_ERROR_INVALID, "private", volume_create(private, E));
}
END_TEST

START_TEST(read_only_is_not_resized)
{
    const struct volume_spec spec = {
        .name = "root", .vid = "appvms/work/root", .size = MEGABYTE,
        .save_on_stop = TRUE, .ephemeral = -1,
    };
    auto_of(volume) struct volume *volume = volume_new(bench->pool, &spec, NULL);

    must(volume_create(volume, E));
    must_fail(QMC_ERROR_STATE, "read-only",
              volume_resize(volume, 2 * MEGABYTE, FALSE, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
}
END_TEST

static Suite *volume_suite(void)
{
    const TTest *const per_kind[] = {
        revisions_count_on_when_the_clock_jumps_back,
        revisions_go_when_snapshots_are_disabled,
        revisions_stay_when_there_is_nothing_newer, a_revision_costs_nothing,
        precache_is_used_only_where_it_is_cheap,
        precache_stays_when_clean_is_missing, resize_grows_running,
        resize_grows_stopped, resize_takes_no_room,
        resize_never_shrinks_by_itself, resize_never_shrinks_what_is_in_use,
        resize_refuses_rubbish,
        resize_that_the_system_refuses_changes_nothing,
        resize_makes_a_new_file,
        resize_to_the_same_size_changes_nothing, the_image_wins_over_the_store,
        verify_names_what_is_missing, a_pool_that_is_not_mounted_is_not_filled,
        a_directory_in_the_way_is_an_error,
    };
    const TTest *const single[] = {
        remove_keeps_the_neighbours, two_names_of_one_file_become_one,
        revisions_ignore_what_is_none, a_directory_is_no_revision,
        an_unused_run_pushes_no_revision_out,
        precache_that_is_stale_is_dropped, resize_shrinks_stopped_when_asked,
        clone_takes_the_committed_state, clone_is_refused,
        a_source_that_is_changed_in_place_is_not_copied_while_in_use,
        a_volume_without_size_is_refused, read_only_is_not_resized,
        a_size_lost_with_the_power_is_not_kept,
    };
    Suite *suite = suite_create("volume");
    TCase *tcase = tcase_create("volume");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    for (gsize i = 0; i < G_N_ELEMENTS(per_kind); i++)
        tcase_add_loop_test(tcase, per_kind[i], 0, KINDS);
    for (gsize i = 0; i < G_N_ELEMENTS(single); i++)
        tcase_add_test(tcase, single[i]);
    tcase_add_loop_test(tcase, revisions_are_kept_and_pruned, 0, 3);
    tcase_add_loop_test(tcase, clone_into_what_saves_nothing_is_nothing,
                        KIND_VOLATILE, KIND_VOLATILE + 1);
    tcase_add_loop_test(tcase, clone_into_what_saves_nothing_is_nothing,
                        KIND_SNAPSHOT, KIND_SNAPSHOT + 1);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(volume_suite());
}
