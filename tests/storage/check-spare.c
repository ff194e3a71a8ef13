/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may go of a volume, and what is in a pool without being of any: found exactly, and
 * nothing else is ever deleted. */
#include "config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "storage/remain.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

/* "revision appvms/work/x.img.1@...", in lines, by name. */
static char *said(GPtrArray *remains)
{
    GString *text = g_string_new(NULL);

    remains_sort(remains);
    for (guint i = 0; i < remains->len; i++) {
        const struct remain *remain = remains->pdata[i];

        g_string_append_printf(text, "%s%s %s", i ? "\n" : "",
                               remain_kind_word(remain->kind), remain->name);
    }
    return g_string_free(text, FALSE);
}

static char *spare_of(struct volume *volume)
{
    g_autoptr(GPtrArray) spare = NULL;

    must((spare = volume_spare(volume, E)));
    return said(spare);
}

static void ck_spare(struct volume *volume, const char *expected)
{
    g_autofree char *text = spare_of(volume);

    ck_assert_str_eq(text, expected);
}

/* One like it that keeps fewer. */
static struct volume *keeping(const struct volume *volume, int revisions)
{
    struct volume_spec spec;
    struct volume *other = NULL;

    volume_spec_of(volume, &spec);
    spec.revisions_to_keep = revisions;
    must((other = volume_new(volume_pool(volume), &spec, E)));
    return other;
}

START_TEST(revisions_beyond_those_kept_go)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "x", 3);
    auto_of(volume) struct volume *fewer = NULL;
    g_autoptr(GPtrArray) before = NULL, gone = NULL, after = NULL;
    g_autofree char *text = NULL;

    bench_fill(volume, "one");
    bench_run(volume, "two");
    bench_run(volume, "three");
    bench_run(volume, "four");
    ck_spare(volume, "");
    fewer = keeping(volume, 1);
    before = volume_revisions(volume);
    ck_assert_uint_eq(before->len, 3);
    must(volume_pin(volume, ((struct revision *)before->pdata[2])->id, TRUE, E));
    text = spare_of(fewer);
    ck_assert(g_str_has_prefix(text, "revision appvms/work/x.img.") && !strchr(text, '\n'));
    must(volume_reclaim(fewer, &gone, E));
    ck_assert_uint_eq(gone->len, 1);
    after = volume_revisions(volume);
    ck_assert_uint_eq(after->len, 2);
    ck_assert(((struct revision *)after->pdata[1])->pinned);
    ck_assert_str_eq(((struct revision *)after->pdata[0])->id,
                     ((struct revision *)before->pdata[0])->id);
    ck_spare(fewer, "");
    text = (g_free(text), bench_read(volume, ".img"));
    ck_assert_str_eq(text, "four");
}
END_TEST

START_TEST(a_volume_in_use_has_nothing_to_spare)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "x", 2);
    auto_of(volume) struct volume *fewer = NULL;
    g_autofree char *spare = NULL;

    bench_fill(volume, "one");
    bench_run(volume, "two");
    fewer = keeping(volume, 0);
    must(volume_start(volume, E));
    ck_spare(fewer, "");
    must(volume_reclaim(fewer, NULL, E));
    must(volume_stop(volume, E));
    spare = spare_of(fewer);
    ck_assert_ptr_nonnull(strstr(spare, "revision"));
}
END_TEST

START_TEST(what_was_cut_off_goes)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "x", 2);
    g_autofree char *mine = NULL;

    bench_fill(volume, "one");
    bench_touch(volume, "-import.img");
    bench_touch(volume, ".img~abc1def2");
    bench_touch(volume, ".img~original");
    bench_touch(volume, "-private.img");
    unlink((mine = bench_file(volume, "-precache.img")));
    ck_spare(volume, "import appvms/work/x-import.img\n"
                     "temporary appvms/work/x.img~abc1def2");
    must(volume_reclaim(volume, NULL, E));
    ck_assert(!bench_has(volume, "-import.img") && !bench_has(volume, ".img~abc1def2"));
    ck_assert(bench_has(volume, ".img~original") && bench_has(volume, "-private.img"));
    ck_assert(bench_has(volume, ".img"));
}
END_TEST

START_TEST(a_precache_of_another_state_goes)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "x", 2);
    g_autofree char *path = bench_file(volume, "-precache.img");

    bench_fill(volume, "one");
    if (bench->shares)
        ck_spare(volume, "");
    ck_assert(g_file_set_contents(path, "old", 3, NULL));
    ck_spare(volume, "precache appvms/work/x-precache.img");
    must(volume_reclaim(volume, NULL, E));
    ck_assert(access(path, F_OK) < 0);
}
END_TEST

/* A revision may be all there is of it. */
START_TEST(without_a_present_every_revision_stays)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "x", 2);
    auto_of(volume) struct volume *fewer = NULL;
    g_autofree char *clean = bench_file(volume, ".img"), *spare = NULL;

    bench_fill(volume, "one");
    bench_run(volume, "two");
    fewer = keeping(volume, 0);
    unlink(clean);
    spare = spare_of(fewer);
    ck_assert_ptr_null(strstr(spare, "revision"));
}
END_TEST

/* --- of nobody --- */

static char *path_in(const char *name)
{
    return g_build_filename(pool_dir(bench->pool), name, NULL);
}

static void put_file(const char *name)
{
    g_autofree char *path = path_in(name);
    g_autofree char *dir = g_path_get_dirname(path);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, "x", 1, NULL));
}

static GHashTable *set_of(const char *const *names)
{
    GHashTable *set = g_hash_table_new(g_str_hash, g_str_equal);

    for (; *names; names++)
        g_hash_table_add(set, (gpointer)(gintptr)*names);
    return set;
}

START_TEST(orphans_are_what_nobody_claims)
{
    static const char *const vids[] = {"appvms/work/private", "appvms/work/root",
                                       "vm-templates/base/root", NULL};
    static const char *const homes[] = {"appvms/work", "appvms/far", NULL};
    struct pool_claims claims = {set_of(vids), set_of(homes)};
    g_autoptr(GPtrArray) orphans = NULL;
    g_autofree char *text = NULL, *link = path_in("appvms/link");

    put_file("appvms/work/private.img");
    put_file("appvms/work/private-dirty.img");
    put_file("appvms/work/private.img.2@2026-01-01T00:00:00Z");
    put_file("appvms/work/private.img.1@2026-01-01T00:00:00Z.pin");
    put_file("appvms/work/private.img~original");
    put_file("appvms/work/private2.img");
    put_file("appvms/work/old.img.1@2026-01-01T00:00:00Z");
    put_file("appvms/work/firewall.xml");
    put_file("appvms/far/private.img");
    put_file("appvms/far/notes.txt");
    put_file("appvms/ghost/private.img");
    put_file("appvms/ghost/sub/any");
    put_file("vm-templates/base/root.img");
    put_file("vm-templates/file.img");
    put_file("other/root.img");
    ck_assert_int_eq(symlink("ghost", link), 0);
    must((orphans = pool_orphans(bench->pool, &claims, E)));
    text = said(orphans);
    ck_assert_str_eq(text, "image appvms/far/private.img\n"
                           "directory appvms/ghost\n"
                           "image appvms/work/old.img.1@2026-01-01T00:00:00Z\n"
                           "image appvms/work/private2.img");
    ck_assert_uint_ge(remains_used(orphans), 4 * 512);
    g_hash_table_unref(claims.vids);
    g_hash_table_unref(claims.homes);
}
END_TEST

START_TEST(orphans_need_the_directory)
{
    static const char *const none[] = {NULL};
    const struct pool_param params[] = {{"dir_path", "/none"}, {0}};
    auto_of(pool) struct pool *missing = NULL, *kernels = NULL;
    struct pool_claims claims = {set_of(none), set_of(none)};

    must((missing = pool_new("p", "file-reflink", bench->dir, params, E)));
    must((kernels = pool_new("k", "linux-kernel", bench->dir, params, E)));
    must_fail(QMC_ERROR_NOTFOUND, "none", pool_orphans(missing, &claims, E) != NULL);
    must_fail(QMC_ERROR_UNSUPPORTED, "linux-kernel",
              pool_orphans(kernels, &claims, E) != NULL);
    g_hash_table_unref(claims.vids);
    g_hash_table_unref(claims.homes);
}
END_TEST

START_TEST(remains_are_counted_by_kind)
{
    g_autoptr(GPtrArray) remains = remains_new();
    g_autofree char *none = remains_words(remains), *words = NULL;

    remains_add(remains, REMAIN_REVISION, "b", 7);
    remains_add(remains, REMAIN_IMPORT, "c", 8);
    remains_add(remains, REMAIN_REVISION, "a", 9);
    words = remains_words(remains);
    ck_assert_str_eq(none, "nothing");
    ck_assert_str_eq(words, "1 unfinished import, 2 earlier states");
    ck_assert_uint_eq(remains_used(remains), 24);
    remains_sort(remains);
    ck_assert_str_eq(((struct remain *)remains->pdata[0])->name, "a");
}
END_TEST

static Suite *spare_suite(void)
{
    Suite *suite = suite_create("spare");
    TCase *tcase = tcase_create("spare");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, revisions_beyond_those_kept_go);
    tcase_add_test(tcase, a_volume_in_use_has_nothing_to_spare);
    tcase_add_test(tcase, what_was_cut_off_goes);
    tcase_add_test(tcase, a_precache_of_another_state_goes);
    tcase_add_test(tcase, without_a_present_every_revision_stays);
    tcase_add_test(tcase, orphans_are_what_nobody_claims);
    tcase_add_test(tcase, orphans_need_the_directory);
    tcase_add_test(tcase, remains_are_counted_by_kind);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(spare_suite());
}
