/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pools and volumes are made from: everything in the store is hostile. */
#include "config.h"

#include <stdio.h>
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

static const struct {
    const char *driver;
    struct pool_param params[4];
    QmcErrorCode code;
    const char *text;
} bad_pools[] = {
    {"lvm", {{0}}, QMC_ERROR_NOTFOUND, "lvm"},
    {"file-reflink", {{0}}, QMC_ERROR_INVALID, "dir_path"},
    {"file-reflink", {{"dir_path", ""}}, QMC_ERROR_INVALID, "dir_path"},
    {"file-reflink", {{"dir_path", "var/lib"}}, QMC_ERROR_INVALID, "var/lib"},
    {"file-reflink", {{"dir_path", "/a/../../b"}}, QMC_ERROR_INVALID, "/a/../"},
    {"file-reflink", {{"dir_path", "/.."}}, QMC_ERROR_INVALID, "/.."},
    {"file-reflink", {{"dir_path", "/a"}, {"dir_path", "/b"}},
     QMC_ERROR_INVALID, "twice"},
    {"file-reflink", {{"dir_path", "/a"}, {"thin_pool", "x"}},
     QMC_ERROR_INVALID, "thin_pool"},
    {"file-reflink", {{"dir_path", "/a"}, {"revisions_to_keep", "-2"}},
     QMC_ERROR_INVALID, "revisions_to_keep"},
    {"file-reflink", {{"dir_path", "/a"}, {"revisions_to_keep", "two"}},
     QMC_ERROR_INVALID, "revisions_to_keep"},
    {"file-reflink", {{"dir_path", "/a"}, {"revisions_to_keep", ""}},
     QMC_ERROR_INVALID, "revisions_to_keep"},
    {"file-reflink", {{"dir_path", "/a"}, {"ephemeral_volatile", "maybe"}},
     QMC_ERROR_INVALID, "ephemeral_volatile"},
    {"file-reflink", {{"dir_path", "/a"}, {"setup_check", "2"}},
     QMC_ERROR_INVALID, "setup_check"},
    {"linux-kernel", {{0}}, QMC_ERROR_INVALID, "dir_path"},
    {"linux-kernel", {{"dir_path", "/a"}, {"revisions_to_keep", "1"}},
     QMC_ERROR_INVALID, "revisions_to_keep"},
};

START_TEST(bad_pools_are_named)
{
    must_fail(bad_pools[_i].code, bad_pools[_i].text,
              pool_new("p", bad_pools[_i].driver, "", bad_pools[_i].params, E) !=
                  NULL);
}
END_TEST

START_TEST(a_pool_needs_a_name)
{
    const struct pool_param params[] = {{"dir_path", "/a"}, {0}};

    must_fail(QMC_ERROR_INVALID, "name",
              pool_new("", "file-reflink", "", params, E) != NULL);
}
END_TEST

static const struct {
    const char *root, *path, *dir;
} dirs[] = {
    {"", "/var/lib/qubes", "/var/lib/qubes"},
    {"/r", "/var/lib/qubes", "/r/var/lib/qubes"},
    {"/r//", "/var//lib/./qubes/", "/r/var/lib/qubes"},
    {"/", "/var/..lib", "/var/..lib"},
};

START_TEST(directories_are_below_the_root)
{
    const struct pool_param params[] = {{"dir_path", dirs[_i].path}, {0}};
    auto_of(pool) struct pool *pool = NULL;

    must((pool = pool_new("p", "file-reflink", dirs[_i].root, params, E)));
    ck_assert_str_eq(pool_dir(pool), dirs[_i].dir);
    ck_assert_str_eq(pool_param(pool, "dir_path"), dirs[_i].path);
    ck_assert_ptr_null(pool_param(pool, "revisions_to_keep"));
    ck_assert_int_eq(pool_revisions_to_keep(pool), 1);
    ck_assert(!pool_ephemeral_volatile(pool));
}
END_TEST

static const struct {
    const char *word;
    gboolean value;
} flags[] = {{"True", TRUE}, {"true", TRUE}, {"1", TRUE},   {"on", TRUE},
             {"yes", TRUE},  {"False", FALSE}, {"0", FALSE}, {"off", FALSE},
             {"no", FALSE},  {"", FALSE}};

START_TEST(flags_have_many_spellings)
{
    const struct pool_param params[] = {
        {"dir_path", "/a"}, {"ephemeral_volatile", flags[_i].word},
        {"revisions_to_keep", "-1"}, {0},
    };
    auto_of(pool) struct pool *pool = NULL;

    must((pool = pool_new("p", "file-reflink", "", params, E)));
    ck_assert_int_eq(pool_ephemeral_volatile(pool), flags[_i].value);
    ck_assert_int_eq(pool_revisions_to_keep(pool), -1);
}
END_TEST

static struct pool *fresh_pool(const char *driver, const char *dir)
{
    const struct pool_param params[] = {{"dir_path", dir}, {0}};
    struct pool *pool = NULL;

    must((pool = pool_new("fresh", driver, bench->dir, params, E)));
    return pool;
}

START_TEST(setup_refuses_slow_file_systems)
{
    auto_of(pool) struct pool *pool = fresh_pool("file-reflink", "/new");

    if (bench->shares) {
        must(pool_setup(pool, E));
        return;
    }
    must_fail(QMC_ERROR_UNSUPPORTED, pool_dir(pool), pool_setup(pool, E));
    ck_assert(access(pool_dir(pool), F_OK) < 0);
    ck_assert_int_eq(mkdir(pool_dir(pool), 0700), 0);
    must_fail(QMC_ERROR_UNSUPPORTED, "reflinks", pool_setup(pool, E));
    ck_assert(access(pool_dir(pool), F_OK) == 0);
}
END_TEST

START_TEST(usage_says_how_full)
{
    auto_of(pool) struct pool *missing = fresh_pool("file-reflink", "/missing");
    auto_of(pool) struct pool *kernels = fresh_pool("linux-kernel", "/pool");
    guint64 size = 7, used = 7;

    must_fail(QMC_ERROR_NOTFOUND, "directory is not there",
              pool_usage(missing, &size, &used, E));
    must_fail(QMC_ERROR_UNSUPPORTED, "fresh",
              pool_usage(kernels, &size, &used, E));
    ck_assert(size == 7 && used == 7);
    must(pool_usage(bench->pool, &size, &used, E));
    ck_assert_uint_gt(size, MEGABYTE);
    ck_assert_uint_le(used, size);
}
END_TEST

/* What is made, what of that goes. */

static struct pool *slow_pool(const char *dir, const char *check)
{
    const struct pool_param params[] = {{"dir_path", dir}, {"setup_check", check}, {0}};
    struct pool *pool = NULL;

    must((pool = pool_new("fresh", "file-reflink", bench->dir, params, E)));
    return pool;
}

static gboolean is_there(const char *name)
{
    g_autofree char *path = g_build_filename(bench->dir, name, NULL);

    return access(path, F_OK) == 0;
}

static void make_dir(const char *name)
{
    g_autofree char *path = g_build_filename(bench->dir, name, NULL);

    ck_assert_int_eq(g_mkdir_with_parents(path, 0700), 0);
}

START_TEST(what_a_setup_made_can_go_again)
{
    auto_of(pool) struct pool *pool = slow_pool("/a/b/c", "False");
    g_autoptr(GPtrArray) made = NULL;

    make_dir("a");
    must(pool_setup_anew(pool, &made, E));
    ck_assert(is_there("a/b/c/appvms") && is_there("a/b/c/vm-templates"));
    pool_setup_undo(made);
    ck_assert(!is_there("a/b") && is_there("a"));
}
END_TEST

START_TEST(what_was_there_before_a_setup_stays)
{
    auto_of(pool) struct pool *pool = slow_pool("/a/b", "False");
    g_autoptr(GPtrArray) made = NULL;

    make_dir("a/b/appvms");
    must(pool_setup_anew(pool, &made, E));
    ck_assert_uint_eq(made->len, 1);
    pool_setup_undo(made);
    ck_assert(is_there("a/b/appvms") && !is_there("a/b/vm-templates"));
}
END_TEST

START_TEST(what_somebody_put_there_stays)
{
    auto_of(pool) struct pool *pool = slow_pool("/a/b", "False");
    g_autoptr(GPtrArray) made = NULL;

    must(pool_setup_anew(pool, &made, E));
    make_dir("a/b/appvms/mine");
    pool_setup_undo(made);
    ck_assert(is_there("a/b/appvms/mine") && !is_there("a/b/vm-templates"));
}
END_TEST

START_TEST(a_setup_that_fails_leaves_nothing)
{
    g_autofree char *file = g_build_filename(bench->dir, "a/b/c/vm-templates", NULL);
    auto_of(pool) struct pool *pool = slow_pool("/a/b/c", "False");
    auto_of(pool) struct pool *shares = slow_pool("/x/y/z", "True");
    g_autoptr(GPtrArray) made = NULL;

    make_dir("a/b/c");
    ck_assert(g_file_set_contents(file, "", 0, NULL));
    ck_assert(!pool_setup_anew(pool, &made, NULL));
    ck_assert(!is_there("a/b/c/appvms") && is_there("a/b/c/vm-templates"));
    if (!bench->shares) {
        must_fail(QMC_ERROR_UNSUPPORTED, "reflinks", pool_setup_anew(shares, &made, E));
        ck_assert(!is_there("x"));
    }
    ck_assert_ptr_null(made);
}
END_TEST

START_TEST(names_of_pools_are_plain)
{
    static const char *const bad[] = {"", "-a", "a b", "a/b", "a\n", "\xc3\xb6", "a:b"};
    static const char *const good[] = {"a", "A-9_.", ".", "0"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        must_fail(QMC_ERROR_INVALID, "cannot be called", pool_name_check(bad[i], E));
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        must(pool_name_check(good[i], E));
}
END_TEST

START_TEST(details_are_those_of_usage)
{
    auto_of(pool) struct pool *kernels = fresh_pool("linux-kernel", "/kernels");
    auto_of(pool) struct pool *missing = fresh_pool("file-reflink", "/missing");
    struct pool_details details = {NULL}, copy = {NULL};

    must(pool_read_details(bench->pool, &details, E));
    ck_assert_uint_gt(pool_details_get(&details, "data_size"), MEGABYTE);
    ck_assert_uint_le(pool_details_get(&details, "data_usage"),
                      pool_details_get(&details, "data_size"));
    ck_assert_uint_eq(pool_details_get(&details, "metadata_size"), G_MAXUINT64);
    pool_details_carry(&details, &copy);
    ck_assert_uint_eq(copy.figures->len, 2);
    pool_details_clear(&copy);
    pool_details_clear(&details);
    ck_assert_uint_eq(pool_details_get(&details, "data_size"), G_MAXUINT64);
    must(pool_read_details(kernels, &details, E));
    ck_assert_uint_eq(details.figures->len, 0);
    pool_details_clear(&details);
    must_fail(QMC_ERROR_NOTFOUND, "directory is not there",
              pool_read_details(missing, &details, E));
    pool_details_clear(&details);
}
END_TEST

START_TEST(a_pool_is_in_the_innermost_one)
{
    auto_of(pool) struct pool *outer = fresh_pool("file-reflink", "/a");
    auto_of(pool) struct pool *inner = fresh_pool("file-reflink", "/a/b");
    auto_of(pool) struct pool *kernels = fresh_pool("linux-kernel", "/a/b/kernels");
    auto_of(pool) struct pool *near = fresh_pool("linux-kernel", "/a/bb");
    auto_of(pool) struct pool *linked = fresh_pool("linux-kernel", "/link");
    auto_of(pool) struct pool *missing = fresh_pool("linux-kernel", "/a/none");
    struct pool *all[] = {outer, inner, kernels, near, linked, missing};
    g_autoptr(GPtrArray) pools = g_ptr_array_new();
    g_autofree char *link = g_build_filename(bench->dir, "link", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_ptr_array_add(pools, all[i]);
    make_dir("a/b/kernels");
    make_dir("a/bb");
    ck_assert_int_eq(symlink("a/bb", link), 0);
    ck_assert_ptr_null(pool_included_in(outer, pools));
    ck_assert_ptr_eq(pool_included_in(inner, pools), outer);
    ck_assert_ptr_eq(pool_included_in(kernels, pools), inner);
    ck_assert_ptr_eq(pool_included_in(near, pools), outer);
    ck_assert_ptr_eq(pool_included_in(linked, pools), outer);
    ck_assert_ptr_null(pool_included_in(missing, pools));
}
END_TEST

START_TEST(two_pools_may_be_one_place)
{
    auto_of(pool) struct pool *one = fresh_pool("file-reflink", "/a/b");
    auto_of(pool) struct pool *same = fresh_pool("linux-kernel", "/a//./b/");
    auto_of(pool) struct pool *other = fresh_pool("file-reflink", "/a");

    ck_assert(pool_same_place(one, one) && pool_same_place(one, same));
    ck_assert(!pool_same_place(one, other));
}
END_TEST

START_TEST(a_directory_cannot_be_extended)
{
    guint64 bytes = MEGABYTE;

    must_fail(QMC_ERROR_UNSUPPORTED, "the room of the file system",
              pool_extend(bench->pool, FALSE, &bytes, E));
}
END_TEST

static const char *const bad_vids[] = {
    "", "/", "root", "appvms/work", "appvms/work/", "appvms//root",
    "/appvms/work", "appvms/../root", "../work/root", "appvms/work/..",
    "appvms/work/.", "appvms/./root", "etc/work/root", "appvms/work/root/x",
    "appvms/work/ro ot", "appvms/work/ro\not", "appvms/wo~rk/root",
    "appvms/work/root~", "appvms/work/root-dirty", "appvms/work/root-precache",
    "appvms/work/root-import", "appvms/work/root.img", "appvms/work/a.img.b",
    "appvms/work/r\xc3\xb6t", "appvms2/work/root", "APPVMS/work/root",
    "appvms/wo\x1brk/root", "appvms/$(id)/root",
};

START_TEST(bad_volume_ids_are_refused)
{
    const struct volume_spec spec = {
        .name = "root", .vid = bad_vids[_i], .size = 1, .ephemeral = -1,
    };

    must_fail(QMC_ERROR_INVALID, bad_vids[_i],
              volume_new(bench->pool, &spec, E) != NULL);
}
END_TEST

static const char *const good_vids[] = {
    "appvms/work/root", "vm-templates/debian-12-x.y+z/private",
    "appvms/w_1/my-dirty-disk", "appvms/..a/b..", "appvms/-/-",
};

START_TEST(good_volume_ids_are_taken)
{
    const struct volume_spec spec = {
        .name = "root", .vid = good_vids[_i], .size = 1, .ephemeral = -1,
    };
    auto_of(volume) struct volume *volume = NULL;

    must((volume = volume_new(bench->pool, &spec, E)));
    ck_assert_str_eq(volume_vid(volume), good_vids[_i]);
}
END_TEST

#define SPEC .name = "root", .vid = "appvms/work/root", .size = 1

START_TEST(contradictions_are_refused)
{
    auto_of(pool) struct pool *other = fresh_pool("file-reflink", "/other");
    const struct volume_spec template = {SPEC, .ephemeral = -1};
    auto_of(volume) struct volume *foreign = volume_new(other, &template, NULL);
    const struct {
        struct volume_spec spec;
        const char *why;
    } faults[] = {
        {{SPEC, .snap_on_start = TRUE, .ephemeral = -1}, "source"},
        {{SPEC, .source = bench->source, .ephemeral = -1}, "source"},
        {{SPEC, .snap_on_start = TRUE, .source = foreign, .ephemeral = -1},
         "another pool"},
        {{.name = "root", .vid = "vm-templates/base/root",
          .snap_on_start = TRUE, .source = bench->source, .ephemeral = -1},
         "its own source"},
        {{SPEC, .revisions_to_keep = -2, .ephemeral = -1}, "revisions_to_keep"},
        {{.name = "root", .vid = "appvms/work/root",
          .size = (guint64)1 << 63, .ephemeral = -1}, "2^63-1"},
        {{.name = "", .vid = "appvms/work/root", .ephemeral = -1}, "name"},
        {{SPEC, .ephemeral = 1}, "ephemeral"},
        {{SPEC, .rw = TRUE, .save_on_stop = TRUE, .ephemeral = 1}, "ephemeral"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++)
        must_fail(QMC_ERROR_INVALID, faults[i].why,
                  volume_new(bench->pool, &faults[i].spec, E) != NULL);
}
END_TEST

START_TEST(ephemeral_is_computed)
{
    const struct pool_param params[] = {
        {"dir_path", "/a"}, {"ephemeral_volatile", "True"}, {0},
    };
    auto_of(pool) struct pool *pool =
        pool_new("e", "file-reflink", "", params, NULL);
    const struct {
        struct volume_spec spec;
        gboolean in_bench, in_pool;
    } rows[] = {
        {{SPEC, .rw = TRUE, .ephemeral = -1}, FALSE, TRUE},
        {{SPEC, .rw = TRUE, .ephemeral = 0}, FALSE, FALSE},
        {{SPEC, .rw = TRUE, .ephemeral = 1}, TRUE, TRUE},
        {{SPEC, .rw = FALSE, .ephemeral = -1}, FALSE, FALSE},
        {{SPEC, .rw = TRUE, .save_on_stop = TRUE, .ephemeral = -1}, FALSE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        auto_of(volume) struct volume *a =
            volume_new(bench->pool, &rows[i].spec, NULL);
        auto_of(volume) struct volume *b = volume_new(pool, &rows[i].spec, NULL);

        ck_assert_int_eq(volume_ephemeral(a), rows[i].in_bench);
        ck_assert_int_eq(volume_ephemeral(b), rows[i].in_pool);
    }
}
END_TEST

/* Kernels. */

static struct volume *kernel(struct pool *pool, const char *version)
{
    const struct volume_spec spec = {
        .name = "kernel", .vid = version, .ephemeral = -1,
    };
    struct volume *volume = NULL;

    must((volume = volume_new(pool, &spec, E)));
    return volume;
}

static void make_kernel(struct pool *pool, const char *version, const char *file)
{
    g_autofree char *dir = g_build_filename(pool_dir(pool), version, NULL);
    g_autofree char *path = g_build_filename(dir, file, NULL);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, "x", 1, NULL));
}

START_TEST(kernels_are_looked_for)
{
    auto_of(pool) struct pool *pool = fresh_pool("linux-kernel", "/kernels");
    auto_of(volume) struct volume *none = kernel(pool, "");
    auto_of(volume) struct volume *bare = kernel(pool, "6.1.0-1.fc37");
    auto_of(volume) struct volume *full = kernel(pool, "6.6+rt");
    auto_of(volume) struct volume *missing = kernel(pool, "None");
    g_autofree char *path = NULL, *expected = NULL;

    make_kernel(pool, "6.1.0-1.fc37", "vmlinuz");
    make_kernel(pool, "6.6+rt", "vmlinuz");
    make_kernel(pool, "6.6+rt", "modules.img");
    must(volume_verify(none, E));
    must(volume_verify(bare, E));
    must(volume_verify(full, E));
    must_fail(QMC_ERROR_NOTFOUND, "None/vmlinuz", volume_verify(missing, E));
    ck_assert_ptr_null(volume_path(none));
    ck_assert_ptr_null(volume_path(bare));
    path = volume_path(full);
    expected = g_build_filename(pool_dir(pool), "6.6+rt", "modules.img", NULL);
    ck_assert_str_eq(path, expected);
    must(volume_remove(full, E));
    ck_assert(access(path, F_OK) == 0);
}
END_TEST

static const char *const bad_kernels[] = {"..", ".", "a/b", "/etc", "6 1", "a\n"};

START_TEST(bad_kernels_are_refused)
{
    auto_of(pool) struct pool *pool = fresh_pool("linux-kernel", "/kernels");
    const struct volume_spec spec = {
        .name = "kernel", .vid = bad_kernels[_i], .ephemeral = -1,
    };

    must_fail(QMC_ERROR_INVALID, bad_kernels[_i],
              volume_new(pool, &spec, E) != NULL);
}
END_TEST

START_TEST(kernels_are_read_only)
{
    auto_of(pool) struct pool *pool = fresh_pool("linux-kernel", "/kernels");
    const struct volume_spec legacy = {
        .name = "kernel", .vid = "6.1", .snap_on_start = TRUE,
        .revisions_to_keep = 3, .ephemeral = -1,
    };
    const struct volume_spec bad[] = {
        {.name = "kernel", .vid = "6.1", .rw = TRUE, .ephemeral = -1},
        {.name = "kernel", .vid = "6.1", .save_on_stop = TRUE, .ephemeral = -1},
        {.name = "kernel", .vid = "6.1", .ephemeral = 1},
    };
    auto_of(volume) struct volume *volume = NULL;

    must((volume = volume_new(pool, &legacy, E)));
    ck_assert(!volume_snap_on_start(volume));
    ck_assert_int_eq(volume_revisions_to_keep(volume), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        must_fail(QMC_ERROR_INVALID, "6.1", volume_new(pool, &bad[i], E) != NULL);
}
END_TEST

#define ADD_ROWS(test, rows)                                                   \
    tcase_add_loop_test(tcase, test, 0, G_N_ELEMENTS(rows))

static Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    ADD_ROWS(bad_pools_are_named, bad_pools);
    tcase_add_test(tcase, a_pool_needs_a_name);
    ADD_ROWS(directories_are_below_the_root, dirs);
    ADD_ROWS(flags_have_many_spellings, flags);
    tcase_add_test(tcase, setup_refuses_slow_file_systems);
    tcase_add_test(tcase, usage_says_how_full);
    tcase_add_test(tcase, what_a_setup_made_can_go_again);
    tcase_add_test(tcase, what_was_there_before_a_setup_stays);
    tcase_add_test(tcase, what_somebody_put_there_stays);
    tcase_add_test(tcase, a_setup_that_fails_leaves_nothing);
    tcase_add_test(tcase, names_of_pools_are_plain);
    tcase_add_test(tcase, details_are_those_of_usage);
    tcase_add_test(tcase, a_pool_is_in_the_innermost_one);
    tcase_add_test(tcase, two_pools_may_be_one_place);
    tcase_add_test(tcase, a_directory_cannot_be_extended);
    ADD_ROWS(bad_volume_ids_are_refused, bad_vids);
    ADD_ROWS(good_volume_ids_are_taken, good_vids);
    tcase_add_test(tcase, contradictions_are_refused);
    tcase_add_test(tcase, ephemeral_is_computed);
    tcase_add_test(tcase, kernels_are_looked_for);
    ADD_ROWS(bad_kernels_are_refused, bad_kernels);
    tcase_add_test(tcase, kernels_are_read_only);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(pool_suite());
}
