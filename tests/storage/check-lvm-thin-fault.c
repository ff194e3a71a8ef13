/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes in a thin pool: each command of LVM failing in turn. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "lvm-stand.h"
#include "storage/lvm-table.h"
#include "storage/transfer.h"
#include "util/auto.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

static int offer(gsize size)
{
    g_autofree char *path = g_build_filename(bench->dir, "offered", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(pwrite(fd, "source", 6, 0), 6);
    return fd;
}

/* --- each command failing in turn --- */

struct trial {
    const char *name;
    void (*prepare)(struct volume *volume);
    gboolean (*act)(struct volume *volume, GError **error);
    enum kind kind;
    const char *before, *after; /* texts that are the state of it, or "" */
    gboolean destroys;
};

static void as_filled(struct volume *volume)
{
    bench_fill(volume, "old");
}

static void as_written(struct volume *volume)
{
    bench_fill(volume, "old");
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
}

static void as_run(struct volume *volume)
{
    bench_fill(volume, "old");
    bench_run(volume, "new");
}

static gboolean clone_source(struct volume *volume, GError **error)
{
    return volume_clone(volume, bench->source, NULL, error);
}

static gboolean import(struct volume *volume, GError **error)
{
    auto_fd int fd = offer(MEGABYTE);
    const struct transfer from = {.fd = fd, .name = "offered"};

    return volume_import(volume, MEGABYTE, &from, error);
}

static gboolean revert(struct volume *volume, GError **error)
{
    return volume_revert(volume, NULL, error);
}

static gboolean pin(struct volume *volume, GError **error)
{
    return volume_pin(volume, NULL, TRUE, error);
}

static gboolean grow(struct volume *volume, GError **error)
{
    return volume_resize(volume, 2 * MEGABYTE, FALSE, error);
}

static gboolean shrink(struct volume *volume, GError **error)
{
    return volume_resize(volume, MEGABYTE / 2, TRUE, error);
}

static const struct trial trials[] = {
    {"create", as_written, volume_create, KIND_ORIGIN, "old", "", TRUE},
    {"start", as_filled, volume_start, KIND_ORIGIN, "old", "old"},
    {"start in place", as_run, volume_start, KIND_IN_PLACE, "new", "new"},
    {"stop", as_written, volume_stop, KIND_ORIGIN, "new", "new"},
    {"stop in place", as_written, volume_stop, KIND_IN_PLACE, "new", "new"},
    {"clone", as_filled, clone_source, KIND_ORIGIN, "old", "source"},
    {"import", as_filled, import, KIND_ORIGIN, "old", "source"},
    {"revert", as_run, revert, KIND_ORIGIN, "new", "old"},
    {"pin", as_run, pin, KIND_ORIGIN, "new", "new"},
    {"grow", as_filled, grow, KIND_ORIGIN, "old", "old"},
    {"shrink", as_filled, shrink, KIND_ORIGIN, "old", "old"},
    {"remove", as_written, volume_remove, KIND_ORIGIN, "old", "", TRUE},
    {"start of a snapshot", as_filled, volume_start, KIND_SNAPSHOT, "", ""},
    {"stop of a snapshot", as_written, volume_stop, KIND_SNAPSHOT, "", ""},
    {"start of a volatile one", as_filled, volume_start, KIND_VOLATILE, "", ""},
    {"stop of a volatile one", as_written, volume_stop, KIND_VOLATILE, "", ""},
};

/* What the start of the daemon does, then what it has. */
static char *recovered(struct volume *volume)
{
    g_autofree char *text = NULL, *names = NULL;

    stand_forget();
    must(volume_stop(volume, E));
    names = stand_names();
    if (strstr(names, STAND_LV)) /* it need not be active */
        stand_lvm("lvchange --activate=y -- " STAND_VG "/" STAND_LV);
    text = bench_read(volume, ".img");
    return text ? g_steal_pointer(&text) : g_strdup("nothing");
}

static gboolean is_one_of(const struct trial *trial, const char *text)
{
    if (trial->destroys || !*trial->after)
        return TRUE;
    return g_str_equal(text, trial->before) || g_str_equal(text, trial->after);
}

/* FALSE: it has no n-th command any more. */
static gboolean try(const struct trial *trial, const char *mode, int n)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, trial->kind, "private");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *names = NULL;
    gboolean done;

    must(volume_remove(volume, E));
    trial->prepare(volume);
    stand_fault(n, mode);
    done = trial->act(volume, &error);
    if (stand_fault_left() > 0) {
        stand_fault(0, "fails");
        return FALSE;
    }
    ck_assert_msg(done || error, "%s: no error", trial->name);
    text = recovered(volume);
    ck_assert_msg(is_one_of(trial, text), "%s, %d %s: %s", trial->name, n, mode, text);
    if (!done && !trial->destroys && g_str_equal(trial->after, text) &&
        g_str_equal(mode, "fails"))
        ck_assert_msg(g_str_equal(trial->before, trial->after), "%s, %d: done all the same",
                      trial->name, n);
    names = stand_names();
    ck_assert_msg(!strstr(names, "-import") && !strstr(names, "-trash") &&
                      !strstr(names, "-snap"), "%s, %d %s: %s", trial->name, n, mode, names);
    must(volume_create(volume, E));
    must_state(volume, trial->kind == KIND_ORIGIN || trial->kind == KIND_IN_PLACE ? "clean="
                                                                                   : "");
    must_state(bench->source, "clean=source");
    return TRUE;
}

static const char *const modes[] = {"fails", "late", "dies", "lies"};

START_TEST(each_command_fails_in_turn)
{
    const struct trial *trial = &trials[_i];

    for (gsize mode = 0; mode < G_N_ELEMENTS(modes); mode++) {
        int n = 1;

        while (try(trial, modes[mode], n))
            n++;
        ck_assert_msg(n > 1, "%s: no command", trial->name);
    }
}
END_TEST

/* --- what may go --- */

static guint spare_count(struct volume *volume)
{
    g_autoptr(GPtrArray) spare = NULL;

    stand_forget();
    must((spare = volume_spare(volume, E)));
    return spare->len;
}

/* FALSE: it has no n-th command any more. */
static gboolean try_reclaim(const char *mode, int n)
{
    static const char *const left[] = {"-import", "-5-back", "-6-back", "-7-pin", "-trash-1"};
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "private", 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *names = NULL;
    gboolean done;

    must(volume_remove(volume, E));
    as_run(volume);
    for (gsize i = 0; i < G_N_ELEMENTS(left); i++)
        stand_lvm("lvcreate --thin --name=" STAND_LV "%s --virtualsize=65536B -- "
                  STAND_VG "/" STAND_POOL, left[i]);
    stand_forget();
    stand_fault(n, mode);
    done = volume_reclaim(volume, NULL, &error);
    if (stand_fault_left() > 0) {
        stand_fault(0, "fails");
        return FALSE;
    }
    ck_assert_msg(done || error, "%d %s: no error", n, mode);
    ck_assert_msg(!done || spare_count(volume) == 0, "%d %s: not all went", n, mode);
    must(volume_reclaim(volume, NULL, E));
    ck_assert_uint_eq(spare_count(volume), 0);
    must_state(volume, "clean=new rev=old rev=");
    names = stand_names();
    ck_assert_ptr_nonnull(strstr(names, STAND_LV "-7-pin"));
    return TRUE;
}

START_TEST(each_command_of_a_reclaim_fails_in_turn)
{
    int n = 1;

    while (try_reclaim(modes[_i], n))
        n++;
    ck_assert_int_ge(n, 6);
}
END_TEST

/* --- the pool itself --- */

static guint64 part_size(gboolean metadata)
{
    struct pool_details details = {0};
    guint64 size;

    stand_forget();
    must(pool_read_details(bench->pool, &details, E));
    size = pool_details_get(&details, metadata ? "metadata_size" : "data_size");
    pool_details_clear(&details);
    return size;
}

/* It is as large as it was, or the error says that it is not. */
START_TEST(a_pool_that_is_not_extended_says_so)
{
    static const struct {
        const char *mode, *said;
        guint64 more;
    } rows[] = {
        {"fails", "Input/output error (status 5)", 0},
        {"late", "Failed to write VG. (status 5); but %s 1.0 MiB more now", MEGABYTE},
        {"dies", "; but %s 1.0 MiB more now", MEGABYTE},
        {"lies", "LVM says that it extended pool 'bench', and it did not", 0},
    };
    gboolean metadata = _i >= (int)G_N_ELEMENTS(rows);
    gsize row = (gsize)_i % G_N_ELEMENTS(rows);
    g_auto(GStrv) halves = g_strsplit(rows[row].said, "%s", 2);
    g_autofree char *said = g_strjoinv(metadata ? "its metadata have" : "it has", halves);
    guint64 before = part_size(metadata), bytes = MEGABYTE;

    stand_fault(1, rows[row].mode);
    must_fail(QMC_ERROR_IO, said, pool_extend(bench->pool, metadata, &bytes, E));
    ck_assert_uint_eq(part_size(metadata), before + rows[row].more);
    must(pool_extend(bench->pool, metadata, &bytes, E));
    ck_assert_uint_eq(part_size(metadata), before + rows[row].more + MEGABYTE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-thin-fault");
    TCase *tcase = tcase_create("lvm-thin-fault");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, each_command_fails_in_turn, 0, G_N_ELEMENTS(trials));
    tcase_add_loop_test(tcase, each_command_of_a_reclaim_fails_in_turn, 0,
                        G_N_ELEMENTS(modes));
    tcase_add_loop_test(tcase, a_pool_that_is_not_extended_says_so, 0, 8);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
