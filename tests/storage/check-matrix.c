/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of spec/storage.md 7.3 that have no better place; the file `matrix` says where the
 * others are. */
#include "config.h"

#include <linux/fs.h>
#include <linux/loop.h>

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

/* A driver may put right what an old store says, but not in the caller's configuration. */
START_TEST(t_v2_the_configuration_is_left_alone)
{
    const struct pool_param params[] = {{"dir_path", "/kernels"}, {0}};
    auto_of(pool) struct pool *pool = NULL;
    auto_of(volume) struct volume *volume = NULL;
    const struct volume_spec before = {
        .name = "kernel", .vid = "6.1", .snap_on_start = TRUE, .revisions_to_keep = 3,
        .ephemeral = -1,
    };
    struct volume_spec spec = before;

    must((pool = pool_new("kernels", "linux-kernel", bench->dir, params, E)));
    must((volume = volume_new(pool, &spec, E)));
    ck_assert(!volume_snap_on_start(volume));
    ck_assert_int_eq(volume_revisions_to_keep(volume), 0);
    ck_assert_int_eq(memcmp(&spec, &before, sizeof spec), 0);
}
END_TEST

/* The two encodings there are: of most machines, and of PowerPC and some others. */
START_TEST(t_r4_the_numbers_of_the_calls_are_the_kernel_s)
{
    ck_assert(FICLONE == 0x40049409 || FICLONE == 0x80049409);
    ck_assert_uint_eq(LOOP_SET_CAPACITY, 0x4C07);
    ck_assert_uint_eq(sizeof(int), 4);
}
END_TEST

START_TEST(t_r11_outdated_after_a_resize_of_the_source)
{
    auto_of(volume) struct volume *volume =
        bench_volume(bench, KIND_SNAPSHOT, "root");

    bench_fill(volume, "old");
    must(volume_start(volume, E));
    ck_assert(!volume_is_outdated(volume));
    must(volume_resize(bench->source, 2 * MEGABYTE, FALSE, E));
    ck_assert(volume_is_outdated(volume));
    must(volume_stop(volume, E));
    must(volume_start(volume, E));
    ck_assert(!volume_is_outdated(volume));
    ck_assert_uint_eq(volume_size(volume), 2 * MEGABYTE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        t_v2_the_configuration_is_left_alone, t_r4_the_numbers_of_the_calls_are_the_kernel_s,
        t_r11_outdated_after_a_resize_of_the_source,
    };
    Suite *suite = suite_create("matrix");
    TCase *tcase = tcase_create("matrix");

    tcase_add_checked_fixture(tcase, setup, teardown);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
