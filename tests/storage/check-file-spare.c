/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may go of volumes of driver `file`, and what in its pool is nobody's. The files are
 * put there as runs and crashes leave them: only the last test needs device-mapper. */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "storage/dm.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

static char *said(GPtrArray *remains)
{
    GString *text = g_string_new("");

    remains_sort(remains);
    for (guint i = 0; i < remains->len; i++) {
        const struct remain *remain = remains->pdata[i];

        g_string_append_printf(text, "%s %s\n", remain_kind_word(remain->kind), remain->name);
    }
    return g_string_free(text, FALSE);
}

/* Of the volume appvms/work/private, with these files beside those it has. */
static const struct {
    const char *when;
    enum kind kind;
    int keep;
    const char *files[8], *expected;
} rows[] = {
    {"what was cut off goes", KIND_ORIGIN, 1,
     {"-import.img", ".img~abc1def2", "-cow.img~abc1def2", "-import.img~0abcdef1"},
     "temporary appvms/work/private-cow.img~abc1def2\n"
     "import appvms/work/private-import.img\n"
     "temporary appvms/work/private-import.img~0abcdef1\n"
     "temporary appvms/work/private.img~abc1def2\n"},
    {"what is somebody's own stays", KIND_ORIGIN, 0,
     {".img~original", "-private.img", "2-cow.img.old", ".image", "-notes"}, ""},
    {"the one revision stays", KIND_ORIGIN, 1, {"-cow.img.old"}, ""},
    {"the one revision stays that is an image", KIND_ORIGIN, 1, {".img.old"}, ""},
    {"of two the older goes", KIND_ORIGIN, 1, {"-cow.img.old", ".img.old"},
     "revision appvms/work/private.img.old\n"},
    {"none is kept", KIND_ORIGIN, 0, {"-cow.img.old", ".img.old"},
     "revision appvms/work/private-cow.img.old\nrevision appvms/work/private.img.old\n"},
    {"what is changed in place has no cow", KIND_IN_PLACE, -1, {"-cow.img", "-cow.img.old"},
     "revision appvms/work/private-cow.img\nrevision appvms/work/private-cow.img.old\n"},
    {"a revert has to be ended", KIND_ORIGIN, 0,
     {"-cow.img.old", "-merge", "-merge~abc1def2"},
     "temporary appvms/work/private-merge~abc1def2\n"},
    {"what saves nothing has no cow", KIND_VOLATILE, 1, {"-cow.img"},
     "temporary appvms/work/private-cow.img\n"},
    {"the store of a snapshot is in use", KIND_SNAPSHOT, 1, {"-cow.img", "-import.img"}, ""},
    {"it has run, its store has gone", KIND_SNAPSHOT, 1, {"-import.img"},
     "import appvms/work/private-import.img\n"},
};

static struct volume *of_row(int i)
{
    struct volume *volume = bench_keeping(bench, rows[i].kind, "private", rows[i].keep);

    bench_fill(volume, "text");
    /* The bench has other names for what is in use. */
    for (const char *const *ending = rows[i].files; *ending; ending++) {
        g_autofree char *path = g_strconcat(pool_dir(bench->pool), "/", volume_vid(volume),
                                            *ending, NULL);
        g_autofree char *dir = g_path_get_dirname(path);

        ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
        ck_assert(g_file_set_contents(path, "junk", 4, NULL));
    }
    return volume;
}

static guint files_of(const struct volume *volume)
{
    return bench_count(volume, "private");
}

START_TEST(row_of_files)
{
    auto_of(volume) struct volume *volume = of_row(_i);
    guint before = files_of(volume);
    g_autoptr(GPtrArray) spare = NULL, gone = NULL, after = NULL;
    g_autofree char *text = NULL;

    must((spare = volume_spare(volume, E)));
    text = said(spare);
    ck_assert_msg(g_str_equal(text, rows[_i].expected), "%s: '%s'", rows[_i].when, text);
    ck_assert_uint_eq(files_of(volume), before);
    must(volume_reclaim(volume, &gone, E));
    ck_assert_uint_eq(gone->len, spare->len);
    ck_assert_uint_eq(files_of(volume), before - spare->len);
    must((after = volume_spare(volume, E)));
    ck_assert_uint_eq(after->len, 0);
}
END_TEST

START_TEST(without_an_image_the_revision_stays)
{
    auto_of(volume) struct volume *volume = of_row(5);
    g_autofree char *image = bench_file(volume, ".img");
    g_autoptr(GPtrArray) spare = NULL;

    ck_assert_int_eq(unlink(image), 0);
    must((spare = volume_spare(volume, E)));
    ck_assert_uint_eq(spare->len, 0);
}
END_TEST

static void put_file(const char *name)
{
    g_autofree char *path = g_build_filename(pool_dir(bench->pool), name, NULL);
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
    static const char *const homes[] = {"appvms/far", NULL};
    static const char *const files[] = {
        "appvms/work/private.img", "appvms/work/private-cow.img",
        "appvms/work/private-cow.img.old", "appvms/work/private.img.old",
        "appvms/work/private-import.img", "appvms/work/private-merge",
        "appvms/work/private.img~abc1def2", "appvms/work/root-cow.img",
        "appvms/work/private.img~original", "appvms/work/notes", "appvms/work/gone-merge",
        "appvms/work/gone-cow.img", "appvms/work/gone-cow.img.old", "appvms/work/private2.img",
        "appvms/far/root-import.img~abc1def2", "appvms/far/notes.img.txt",
        "appvms/ghost/private.img", "vm-templates/base/root-cow.img", "other/root.img",
    };
    struct pool_claims claims = {set_of(vids), set_of(homes)};
    g_autoptr(GPtrArray) orphans = NULL;
    g_autofree char *text = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        put_file(files[i]);
    must((orphans = pool_orphans(bench->pool, &claims, E)));
    text = said(orphans);
    ck_assert_str_eq(text, "image appvms/far/root-import.img~abc1def2\n"
                           "directory appvms/ghost\n"
                           "image appvms/work/gone-cow.img\n"
                           "image appvms/work/gone-cow.img.old\n"
                           "image appvms/work/gone-merge\n"
                           "image appvms/work/private2.img\n");
    g_hash_table_unref(claims.vids);
    g_hash_table_unref(claims.homes);
}
END_TEST

/* A qube goes on with the image that its template had before an import. */
START_TEST(what_a_qube_stands_on_stays)
{
    auto_of(volume) struct volume *app = bench_volume(bench, KIND_SNAPSHOT, "root");
    auto_of(volume) struct volume *copy = bench_volume(bench, KIND_ORIGIN, "private");
    auto_of(volume) struct volume *none = NULL;
    g_autoptr(GPtrArray) before = NULL, after = NULL;
    struct volume_spec spec;

    bench_fill(copy, "copy");
    must(volume_start(app, E));
    must(volume_clone(bench->source, copy, NULL, E));
    volume_spec_of(bench->source, &spec);
    spec.revisions_to_keep = 0;
    must((none = volume_new(bench->pool, &spec, E)));
    must((before = volume_spare(none, E)));
    ck_assert_uint_eq(before->len, 0);
    must(volume_stop(app, E));
    must((after = volume_spare(none, E)));
    ck_assert_uint_eq(after->len, 1);
    must(volume_reclaim(none, NULL, E));
    must_state(none, "clean=copy");
}
END_TEST

static Suite *spare_suite(void)
{
    Suite *suite = suite_create("file spare");
    TCase *tcase = tcase_create("file spare");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, row_of_files, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, without_an_image_the_revision_stays);
    tcase_add_test(tcase, orphans_are_what_nobody_claims);
    if (dm_usable(NULL))
        tcase_add_test(tcase, what_a_qube_stands_on_stays);
    else
        printf("# SKIP what_a_qube_stands_on_stays: no device-mapper\n");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(spare_suite());
}
