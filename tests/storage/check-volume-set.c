/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many volumes at once, and locks. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

static struct bench *bench;
static GPtrArray *volumes;

static void setup(void)
{
    bench = bench_new();
    volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_unref);
}

static void teardown(void)
{
    g_ptr_array_unref(volumes);
    bench_free(bench);
}

static struct volume *nth(guint i)
{
    return g_ptr_array_index(volumes, i);
}

/* v0 ... v4, one of each kind, filled. */
static void make_all(void)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        g_autofree char *name = g_strdup_printf("v%d", (int)kind);
        struct volume *volume = bench_volume(bench, kind, name);

        bench_fill(volume, "old");
        g_ptr_array_add(volumes, volume);
    }
}

static void drop_clean(guint i)
{
    g_autofree char *clean = bench_file(nth(i), ".img");

    ck_assert_int_eq(unlink(clean), 0);
}

START_TEST(all_go_together)
{
    make_all();
    must(volumes_verify(volumes, E));
    must(volumes_start(volumes, E));
    for (guint i = 0; i < volumes->len; i++)
        ck_assert(bench_has(nth(i), "-dirty.img"));
    must(volumes_stop(volumes, E));
    for (guint i = 0; i < volumes->len; i++)
        ck_assert(!bench_has(nth(i), "-dirty.img"));
}
END_TEST

START_TEST(none_is_success)
{
    must(volumes_verify(volumes, E));
    must(volumes_start(volumes, E));
    must(volumes_stop(volumes, E));
}
END_TEST

/* The first in order, whichever came first in time. */
START_TEST(the_first_error_is_told)
{
    make_all();
    drop_clean(KIND_ORIGIN);
    drop_clean(KIND_IN_PLACE);
    for (int i = 0; i < 20; i++) {
        must_fail(QMC_ERROR_NOTFOUND, "v1.img", volumes_verify(volumes, E));
        must_fail(QMC_ERROR_NOTFOUND, "v1.img", volumes_start(volumes, E));
    }
}
END_TEST

START_TEST(a_failed_start_leaves_nothing_started)
{
    static const char *const expected[] = {"", "clean=old", "", "clean=source",
                                           ""};

    make_all();
    drop_clean(KIND_IN_PLACE);
    must_fail(QMC_ERROR_NOTFOUND, "v4.img", volumes_start(volumes, E));
    for (guint i = 0; i < volumes->len; i++)
        must_state(nth(i), expected[i]);
}
END_TEST

static gpointer commit_for_ever(gpointer data)
{
    gint *stop = data;

    for (int i = 0; !g_atomic_int_get(stop); i++) {
        g_autofree char *text = g_strdup_printf("source %d", i);

        bench_run(bench->source, text);
    }
    return NULL;
}

/* A qube starts while its template stops: always one complete version. */
START_TEST(starting_while_the_source_commits)
{
    auto_of(volume) struct volume *volume =
        bench_volume(bench, KIND_SNAPSHOT, "root");
    gint stop = 0;
    GThread *thread = g_thread_new("source", commit_for_ever, &stop);
    int seen = 0, last = -1;

    for (int i = 0; i < 200 || seen < 3; i++) {
        g_autofree char *text = NULL;

        must(volume_verify(volume, E));
        must(volume_start(volume, E));
        text = bench_read(volume, "-dirty.img");
        ck_assert_msg(g_str_has_prefix(text, "source"), "'%s'", text);
        if (g_str_has_prefix(text, "source ")) {
            ck_assert_int_ge(atoi(text + 7), last);
            seen += atoi(text + 7) > last;
            last = atoi(text + 7);
        }
        must(volume_stop(volume, E));
    }
    g_atomic_int_set(&stop, 1);
    g_thread_join(thread);
}
END_TEST

struct race {
    struct volume *volume, *source;
};

static gpointer stop_once(gpointer data)
{
    must(volume_stop(data, E));
    return NULL;
}

/* Two structs for one volume, as two operations have them. */
START_TEST(two_do_not_work_on_one_volume)
{
    auto_of(volume) struct volume *a = bench_volume(bench, KIND_ORIGIN, "a");
    auto_of(volume) struct volume *same = bench_volume(bench, KIND_ORIGIN, "a");

    bench_fill(a, "0");
    for (int i = 1; i <= 100; i++) {
        g_autofree char *text = g_strdup_printf("%d", i);
        g_autofree char *state = g_strdup_printf("clean=%d rev=%d", i, i - 1);
        GThread *thread;

        must(volume_start(a, E));
        bench_write(a, "-dirty.img", text);
        thread = g_thread_new("stop", stop_once, same);
        must(volume_stop(a, E));
        g_thread_join(thread);
        must_state(a, state);
    }
}
END_TEST

/* There is nothing to clone, so this is mostly taking locks. */
static gpointer clone_often(gpointer data)
{
    struct race *race = data;

    for (int i = 0; i < 20000; i++)
        must_fail(QMC_ERROR_NOTFOUND, "missing",
                  volume_clone(race->volume, race->source, NULL, E));
    return NULL;
}

START_TEST(cloning_each_other_does_not_lock_up)
{
    struct race races[2];
    GThread *threads[2];

    for (int i = 0; i < 2; i++) {
        races[i].volume = bench_volume(bench, KIND_ORIGIN, i ? "a" : "b");
        races[i].source = bench_volume(bench, KIND_ORIGIN, i ? "b" : "a");
    }
    for (int i = 0; i < 2; i++)
        threads[i] = g_thread_new("clone", clone_often, &races[i]);
    for (int i = 0; i < 2; i++) {
        g_thread_join(threads[i]);
        volume_unref(races[i].source);
        volume_unref(races[i].volume);
    }
}
END_TEST

static gpointer resize_often(gpointer data)
{
    struct volume *volume = data;

    for (guint64 i = 1; i <= 100; i++)
        must(volume_resize(volume, MEGABYTE + i * 4096, FALSE, E));
    return NULL;
}

/* The old size or the new one, nothing else, and without waiting. */
START_TEST(looking_while_it_is_resized)
{
    auto_of(volume) struct volume *volume =
        bench_volume(bench, KIND_ORIGIN, "private");
    auto_of(volume) struct volume *same =
        bench_volume(bench, KIND_ORIGIN, "private");
    guint64 last = MEGABYTE;
    GThread *thread;

    bench_fill(volume, "old");
    thread = g_thread_new("resize", resize_often, same);
    while (last < MEGABYTE + 100 * 4096) {
        guint64 now = volume_size(volume);

        ck_assert_uint_ge(now, last);
        ck_assert_uint_eq(now % 4096, 0);
        last = now;
    }
    g_thread_join(thread);
}
END_TEST

static Suite *set_suite(void)
{
    const TTest *const tests[] = {
        all_go_together, none_is_success, the_first_error_is_told,
        a_failed_start_leaves_nothing_started,
        starting_while_the_source_commits, cloning_each_other_does_not_lock_up,
        two_do_not_work_on_one_volume, looking_while_it_is_resized,
    };
    Suite *suite = suite_create("volume set");
    TCase *tcase = tcase_create("volume set");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(set_suite());
}
