/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the next operation makes of a process that died at each step
 * (spec/storage.md 3.5). */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static struct bench *bench;
static struct volume *volume;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    volume_unref(volume);
    bench_free(bench);
}

static void make(enum kind kind)
{
    volume = bench_volume(bench, kind, "private");
    bench_fill(volume, "old");
}

static void move(const char *from, const char *to)
{
    g_autofree char *a = bench_file(volume, from);
    g_autofree char *b = bench_file(volume, to);

    ck_assert_int_eq(rename(a, b), 0);
}

static void copy(const char *from, const char *to)
{
    g_autofree char *a = bench_file(volume, from);
    g_autofree char *b = bench_file(volume, to);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    g_autofree char *data = NULL;
    gsize length;
    struct stat st;

    ck_assert(g_file_get_contents(a, &data, &length, NULL));
    ck_assert(g_file_set_contents(b, data, (gssize)length, NULL));
    ck_assert_int_eq(stat(a, &st), 0);
    times[1] = st.st_mtim;
    ck_assert_int_eq(utimensat(AT_FDCWD, b, times, 0), 0);
}

static void name_again(const char *from, const char *to)
{
    g_autofree char *a = bench_file(volume, from);
    g_autofree char *b = bench_file(volume, to);

    ck_assert_int_eq(link(a, b), 0);
}

static void drop(const char *ending)
{
    g_autofree char *path = bench_file(volume, ending);

    ck_assert_int_eq(unlink(path), 0);
}

static void stop_gives(const char *state)
{
    must(volume_stop(volume, E));
    must_state(volume, state);
}

static void start_gives(const char *state)
{
    must(volume_start(volume, E));
    must_state(volume, state);
}

START_TEST(start_precache_renamed)
{
    make(KIND_ORIGIN);
    copy(".img", "-precache.img");
    move("-precache.img", "-dirty.img");
    stop_gives("clean=old");
}
END_TEST

START_TEST(start_snapshot_clean_unlinked)
{
    make(KIND_SNAPSHOT);
    must(volume_start(volume, E));
    drop(".img");
    drop("-dirty.img");
    must(volume_verify(volume, E));
    start_gives("clean=source dirty=source");
}
END_TEST

START_TEST(start_snapshot_half_copied)
{
    make(KIND_SNAPSHOT);
    must(volume_start(volume, E));
    move("-dirty.img", "-dirty.img~a1b2c3d4");
    if (_i == 0)
        stop_gives("");
    else
        start_gives("clean=source dirty=source");
}
END_TEST

START_TEST(running_host_lost)
{
    make(KIND_ORIGIN);
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
    stop_gives("clean=new rev=old");
}
END_TEST

static const char rev1[] = ".img.1@2026-01-02T03:04:05Z";
static const char rev2[] = ".img.2@2026-01-03T03:04:05Z";

/* A run with one revision, stopped in the middle of its commit. */
static void make_committing(void)
{
    make(KIND_ORIGIN);
    copy(".img", rev1);
    bench_write(volume, rev1, "oldest");
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
}

START_TEST(commit_copying_the_revision)
{
    make_committing();
    copy(".img", ".img.2@2026-01-03T03:04:05Z~a1b2c3d4");
    stop_gives("clean=new rev=old");
}
END_TEST

START_TEST(commit_revision_added)
{
    make_committing();
    name_again(".img", rev2);
    must_state(volume, "clean=old rev=old rev=oldest dirty=new");
    volume_unref(volume);
    volume = bench_keeping(bench, KIND_ORIGIN, "private", 2);
    stop_gives("clean=new rev=old rev=oldest");
}
END_TEST

START_TEST(commit_pruned)
{
    make_committing();
    name_again(".img", rev2);
    drop(rev1);
    stop_gives("clean=new rev=old");
}
END_TEST

START_TEST(commit_renamed)
{
    make_committing();
    name_again(".img", rev2);
    drop(rev1);
    move("-dirty.img", ".img");
    stop_gives("clean=new rev=old");
    start_gives("clean=new rev=old dirty=new");
}
END_TEST

START_TEST(commit_making_the_precache)
{
    make_committing();
    must(volume_stop(volume, E));
    copy(".img", "-precache.img~a1b2c3d4");
    start_gives("clean=new rev=old dirty=new");
}
END_TEST

START_TEST(resize_running_not_announced)
{
    g_autofree char *dirty = NULL;

    make(KIND_ORIGIN);
    must(volume_start(volume, E));
    dirty = bench_file(volume, "-dirty.img");
    ck_assert_int_eq(truncate(dirty, 2 * MEGABYTE), 0);
    ck_assert_uint_eq(volume_size(volume), 2 * MEGABYTE);
    must(volume_resize(volume, 2 * MEGABYTE, FALSE, E));
    ck_assert_uint_eq(volume_size(volume), 2 * MEGABYTE);
}
END_TEST

START_TEST(resize_stopped_copying)
{
    make(KIND_ORIGIN);
    copy(".img", ".img~a1b2c3d4");
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    start_gives("clean=old dirty=old");
}
END_TEST

START_TEST(import_half_done)
{
    make(KIND_ORIGIN);
    copy(".img", "-import.img");
    copy(".img", "-import.img~a1b2c3d4");
    if (_i == 0)
        start_gives("clean=old dirty=old");
    else
        must(volume_clone(volume, bench->source, NULL, E));
    ck_assert_uint_eq(bench_count(volume, "import"), 0);
}
END_TEST

START_TEST(import_committed)
{
    make(KIND_ORIGIN);
    name_again(".img", rev1);
    copy(".img", "-import.img");
    bench_write(volume, "-import.img", "imported");
    move("-import.img", ".img");
    start_gives("clean=imported rev=old dirty=imported");
}
END_TEST

START_TEST(remove_half_done)
{
    make_committing();
    drop(".img");
    must(volume_create(volume, E));
    must_state(volume, "clean=");
}
END_TEST

START_TEST(in_place_host_lost)
{
    make(KIND_IN_PLACE);
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
    must(volume_verify(volume, E));
    if (_i == 0)
        stop_gives("clean=new");
    else
        start_gives("dirty=new");
}
END_TEST

struct shared {
    volatile int begun;   /* generation being written */
    volatile int written; /* and written */
};

enum { KILLS = 40, KEEP = 2, LONGEST_US = 12000 };

static void run_for_ever(struct shared *shared)
{
    for (;;) {
        g_autofree char *text = g_strdup_printf("%08d", shared->written + 1);

        must(volume_start(volume, E));
        shared->begun = shared->written + 1;
        bench_write(volume, "-dirty.img", text);
        shared->written = shared->begun;
        must(volume_stop(volume, E));
    }
}

static int number_in(const char *ending)
{
    g_autofree char *text = bench_read(volume, ending);

    ck_assert_ptr_nonnull(text);
    return atoi(text);
}

/* Each commit makes one revision of the generation before: none is left out.
 * One comes twice if the kill met a write between the file's time and its
 * data, for then the image is newer and yet the same. */
static void check_generations(struct shared *shared)
{
    g_autoptr(GPtrArray) revisions = volume_revisions(volume);
    int now = number_in(".img");

    ck_assert_msg(now == shared->written || now == shared->begun,
                  "%d is neither %d nor %d", now, shared->written,
                  shared->begun);
    shared->written = now;
    ck_assert_uint_le(revisions->len, KEEP);
    ck_assert_uint_ge(revisions->len, (guint)MIN(now, KEEP));
    for (guint i = 0; i < revisions->len; i++) {
        struct revision *revision = g_ptr_array_index(revisions, i);
        g_autofree char *ending = g_strconcat(".img.", revision->id, NULL);
        int number = number_in(ending);

        ck_assert_msg(number == now || number == now - 1,
                      "revision of %d after %d", number, now);
        now = number;
    }
}

START_TEST(killed_at_any_moment)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    volume = bench_keeping(bench, KIND_ORIGIN, "private", KEEP);
    bench_fill(volume, "00000000");
    /* On a busy machine most may be killed before they begin. */
    for (int i = 0; i < KILLS || shared->written <= 2; i++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            run_for_ever(shared);
        ck_assert_int_gt(child, 0);
        g_usleep((gulong)g_random_int_range(0, LONGEST_US));
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        must(volume_stop(volume, E));
        check_generations(shared);
        ck_assert_uint_eq(bench_count(volume, "~"), 0);
    }
    munmap(shared, sizeof *shared);
}
END_TEST

static Suite *crash_suite(void)
{
    const TTest *const points[] = {
        start_precache_renamed, start_snapshot_clean_unlinked,
        running_host_lost, commit_copying_the_revision, commit_revision_added,
        commit_pruned, commit_renamed, commit_making_the_precache,
        resize_running_not_announced, resize_stopped_copying, import_committed,
        remove_half_done, killed_at_any_moment,
    };
    const TTest *const both_ways[] = {
        start_snapshot_half_copied, import_half_done, in_place_host_lost,
    };
    Suite *suite = suite_create("crash");
    TCase *tcase = tcase_create("crash");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    for (gsize i = 0; i < G_N_ELEMENTS(points); i++)
        tcase_add_test(tcase, points[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(both_ways); i++)
        tcase_add_loop_test(tcase, both_ways[i], 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(crash_suite());
}
