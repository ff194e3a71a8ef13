/* SPDX-License-Identifier: GPL-2.0-or-later */
/* P-11 (spec/storage.md 7.5): whatever names two volumes have, no file can be of both. */
#include "config.h"

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

START_TEST(names_of_files_are_of_one_volume)
{
    static const char *const parts[] = {"a", "b", "-", "_", ".", "-dirty", "-import",
                                        "-precache", ".img", ".img.", "1", "~", "@"};
    static const char *const endings[] = {"", ".img", "-dirty.img", "-precache.img",
                                          "-import.img", ".img.1@2026-01-02T03:04:05Z",
                                          ".img.1@2026-01-02T03:04:05Z.pin"};
    g_autoptr(GHashTable) owners =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    guint taken = 0;

    for (int i = 0; i < 4000; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        g_autofree char *vid = NULL;
        struct volume *volume;

        for (int n = g_random_int_range(1, 5); n > 0; n--)
            g_string_append(name, parts[g_random_int_range(0, G_N_ELEMENTS(parts))]);
        vid = g_strdup_printf("appvms/work/%s", name->str);
        volume = volume_new_like(bench->source, vid, NULL);
        if (!volume)
            continue;
        taken++;
        for (gsize j = 1; j < G_N_ELEMENTS(endings); j++) {
            char *file = bench_file(volume, endings[j]);
            const char *owner = g_hash_table_lookup(owners, file);

            ck_assert_msg(!owner || g_str_equal(owner, vid), "%s is of %s and of %s", file,
                          owner, vid);
            g_hash_table_insert(owners, file, g_strdup(vid));
        }
        volume_unref(volume);
    }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, names_of_files_are_of_one_volume);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
