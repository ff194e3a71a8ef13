/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes in a thin pool: what is peculiar to their names, their revisions, and what
 * interrupted work leaves. contract-lvm has what they share with others. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench.h"
#include "lvm-stand.h"
#include "storage/lvm-table.h"
#include "storage/transfer.h"
#include "util/auto.h"

gint64 __real_g_get_real_time(void);
/* Seen from libraries, too. */
__attribute__((visibility("default"))) gint64 __wrap_g_get_real_time(void);

static gint64 clock_s; /* 0: the real one */

gint64 __wrap_g_get_real_time(void)
{
    return clock_s ? clock_s * G_USEC_PER_SEC : __real_g_get_real_time();
}

static struct bench *bench;

static void setup(void)
{
    clock_s = 1521065900;
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

static struct volume *filled(enum kind kind)
{
    struct volume *volume = bench_volume(bench, kind, "private");

    bench_fill(volume, "old");
    return volume;
}

static void must_names(const char *expected)
{
    g_autofree char *names = stand_names();

    ck_assert_str_eq(names, expected);
}

/* lvcreate and lvrename as a person, or another program, would. */
static void by_hand_create(const char *lv)
{
    stand_lvm("lvcreate --thin --name=%s --virtualsize=1048576B -- " STAND_VG "/" STAND_POOL,
              lv);
}

static void by_hand_rename(const char *from, const char *to)
{
    stand_lvm("lvrename -- " STAND_VG "/%s " STAND_VG "/%s", from, to);
}

static void put_text(const char *lv, const char *text)
{
    g_autofree char *path = stand_device(STAND_VG, lv);
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, text, strlen(text) + 1, 0), strlen(text) + 1);
    close(fd);
}

/* --- names --- */

static const struct {
    const char *vid, *why; /* NULL: fine */
} vids[] = {
    {STAND_VG "/vm-work-private", NULL},
    {STAND_VG "/vm-x-root-private", NULL},
    {STAND_VG "/vm-x-root-snap-root", NULL},
    {STAND_VG "/vm-x-root-1521065904-back-root", NULL},
    {STAND_VG "/vm-work-backup", NULL},
    {STAND_VG "/vm-x-back", NULL},
    {STAND_VG "/vm-x-root-snap", "could not be told from a part of another volume"},
    {STAND_VG "/vm-x-root-import", "could not be told"},
    {STAND_VG "/vm-x-7-back", "could not be told"},
    {STAND_VG "/vm-x-7-pin", "could not be told"},
    {STAND_VG "/vm-x-trash-7", "could not be told"},
    {STAND_VG "/vm-my_cvol-root", "LVM reserves such names"},
    {STAND_VG "/vm-my_tdata-root", "LVM reserves such names"},
    {STAND_VG "/vm-a b-root", "LVM reserves such names"},
    {STAND_VG "/vm-a/b", "LVM reserves such names"},
    {STAND_VG "/root", "does not begin with 'vm-'"},
    {STAND_VG "/", "does not begin with 'vm-'"},
    {STAND_VG, "is no volume id of pool 'bench'"},
    {"vm-work-private", "is no volume id of pool 'bench'"},
    {"other/vm-work-private", "is no volume id of pool 'bench'"},
    {"qubes_dom/vm-work-private", "is no volume id of pool 'bench'"},
    {"/" STAND_VG "/vm-work-private", "is no volume id of pool 'bench'"},
    {STAND_VG "/vm-00000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000-root", "it is too long"},
};

START_TEST(a_vid_is_checked)
{
    const struct volume_spec spec = {
        .name = "private", .vid = vids[_i].vid, .size = MEGABYTE, .rw = TRUE,
        .save_on_stop = TRUE, .ephemeral = -1,
    };
    struct volume *volume = NULL;

    if (vids[_i].why) {
        must_fail(QMC_ERROR_INVALID, vids[_i].why,
                  (volume = volume_new(bench->pool, &spec, E)) != NULL);
        return;
    }
    must((volume = volume_new(bench->pool, &spec, E)));
    volume_unref(volume);
}
END_TEST

static struct volume *of_qube(const char *qube, const char *name)
{
    g_autofree char *vid = bench_vid(bench, "appvms", qube, name);
    const struct volume_spec spec = {
        .name = name, .vid = vid, .size = MEGABYTE, .rw = TRUE, .save_on_stop = TRUE,
        .revisions_to_keep = 2, .ephemeral = -1,
    };
    struct volume *volume = NULL;

    must((volume = volume_new(bench->pool, &spec, E)));
    return volume;
}

/* qubes-issues#4680 */
START_TEST(names_that_begin_alike_are_kept_apart)
{
    static const char *const others[][2] = {
        {"x-root", "private"}, {"x-root-snap", "root"}, {"x-root-1521065904-back", "root"},
    };
    auto_of(volume) struct volume *volume = of_qube("x", "root");
    struct volume *foreign[G_N_ELEMENTS(others)];

    bench_fill(volume, "x");
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        foreign[i] = of_qube(others[i][0], others[i][1]);
        bench_fill(foreign[i], others[i][0]);
        bench_run(foreign[i], "second");
        must(volume_start(foreign[i], E));
    }
    must_state(volume, "clean=x");
    bench_run(volume, "xx");
    bench_run(volume, "xxx");
    must_state(volume, "clean=xxx rev=xx rev=x");
    must(volume_revert(volume, NULL, E));
    must(volume_remove(volume, E));
    must_state(volume, "");
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *state = g_strdup_printf("clean=second rev=%s dirty=second",
                                                 others[i][0]);

        must_state(foreign[i], state);
        volume_unref(foreign[i]);
    }
}
END_TEST

static void by_hand_create_ending(const char *ending)
{
    g_autofree char *lv = g_strconcat(STAND_LV, ending, NULL);

    by_hand_create(lv);
}

static gboolean has_word(const char *names, const char *ending)
{
    g_autofree char *word = g_strconcat(" " STAND_LV, ending, " ", NULL);

    return strstr(names, word) != NULL;
}

/* All that is of it goes, and nothing else. */
START_TEST(create_removes_what_is_left)
{
    static const char *const own[] = {
        "", "-snap", "-import", "-1521065904-back", "-1521065905-pin", "-trash-0",
        "-trash-12",
    };
    static const char *const foreign[] = {
        "-x-back", "--7-back", "-7-back-", "-7back", "-snap-", "x", "-trash-",
        "-1234567890123456-back", "-trash-x", "-backup",
    };
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");
    g_autofree char *names = NULL, *words = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
        by_hand_create_ending(own[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        by_hand_create_ending(foreign[i]);
    must_fail(QMC_ERROR_EXISTS, "is there already", volume_vacant(volume, E));
    must(volume_create(volume, E));
    must_state(volume, "clean=");
    must(volume_remove(volume, E));
    must(volume_vacant(volume, E));
    names = g_strconcat(" ", words = stand_names(), " ", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        ck_assert_msg(has_word(names, foreign[i]), "%s", foreign[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
        ck_assert_msg(!has_word(names, own[i]), "%s in %s", own[i], names);
}
END_TEST

/* Somebody's file system, or dom0's own. */
START_TEST(what_is_in_no_thin_pool_is_not_touched)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");
    g_autofree char *path = g_build_filename(bench->dir, "lvm", "state", NULL);
    g_autofree char *text = NULL, *more = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    more = g_strconcat(text, STAND_VG "|" STAND_LV "||1048576|||a\n", NULL);
    ck_assert(g_file_set_contents(path, more, -1, NULL));
    stand_forget();
    must_fail(QMC_ERROR_STATE, "is no volume of the thin pool", volume_create(volume, E));
    must_fail(QMC_ERROR_STATE, "is no volume of the thin pool", volume_remove(volume, E));
    must_fail(QMC_ERROR_STATE, "is no volume of the thin pool", volume_start(volume, E));
}
END_TEST

/* --- commit --- */

/* Killed between the two renames: upstream's names and ours (T-L4). */
START_TEST(an_interrupted_commit_goes_on)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 2);

    by_hand_create(STAND_LV "-1521065904-back");
    by_hand_create(STAND_LV "-1521065905-back");
    by_hand_create(STAND_LV "-snap");
    put_text(STAND_LV "-1521065904-back", "4");
    put_text(STAND_LV "-1521065905-back", "5");
    put_text(STAND_LV "-snap", "snap");
    stand_forget();
    must(volume_verify(volume, E));
    ck_assert(volume_is_dirty(volume));
    must_state(volume, "rev=5 rev=4 dirty=snap");
    if (_i) {
        must(volume_start(volume, E));
        must_state(volume, "rev=5 rev=4 dirty=snap");
    }
    must(volume_stop(volume, E));
    must_state(volume, "clean=snap rev=5 rev=4");
    must(volume_start(volume, E));
    must_state(volume, "clean=snap rev=5 rev=4 dirty=snap");
}
END_TEST

START_TEST(revisions_are_ordered_whatever_the_clock_says)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 3);
    g_autoptr(GPtrArray) revisions = NULL;

    bench_fill(volume, "1");
    bench_run(volume, "2");
    bench_run(volume, "3"); /* in the same second */
    clock_s -= 1000000;
    bench_run(volume, "4");
    clock_s = 0;
    bench_run(volume, "5");
    must_state(volume, "clean=5 rev=4 rev=3 rev=2");
    revisions = volume_revisions(volume);
    ck_assert_str_eq(((struct revision *)revisions->pdata[2])->id, "1521065901-back");
    ck_assert_str_eq(((struct revision *)revisions->pdata[1])->id, "1521065902-back");
    ck_assert_int_eq(((struct revision *)revisions->pdata[1])->time, 1521065902);
}
END_TEST

START_TEST(as_many_are_kept_as_asked_for)
{
    static const char *const expected[] = {"clean=4", "clean=4 rev=3", "clean=4 rev=3 rev=2"};
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", _i);

    bench_fill(volume, "1");
    bench_run(volume, "2");
    bench_run(volume, "3");
    bench_run(volume, "4");
    must_state(volume, expected[_i]);
}
END_TEST

/* Whoever reads it: an export that takes longer than the revision is kept. */
START_TEST(one_that_is_read_is_not_deleted)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 0);
    g_autofree char *path = NULL;
    int fd;

    bench_fill(volume, "old");
    path = bench_file(volume, ".img");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_SH), 0);
    bench_run(volume, "new");
    must_state(volume, "clean=new rev=old");
    must_fail(QMC_ERROR_BUSY, "it is open", volume_remove(volume, E));
    close(fd);
    bench_run(volume, "newer");
    must_state(volume, "clean=newer");
}
END_TEST

START_TEST(a_pinned_one_stays)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    bench_run(volume, "2");
    must(volume_pin(volume, "1521065900-back", TRUE, E));
    must(volume_pin(volume, "1521065900-back", TRUE, E));
    must_names(STAND_BASE " " STAND_LV " " STAND_LV "-1521065900-pin");
    bench_run(volume, "3");
    bench_run(volume, "4");
    must_state(volume, "clean=4 rev=3 rev=old");
    must(volume_revert(volume, "1521065900-back", E));
    must_state(volume, "clean=old rev=4 rev=3 rev=old");
    must(volume_pin(volume, "1521065900-back", FALSE, E));
    bench_run(volume, "5");
    must_state(volume, "clean=5 rev=old");
    must_fail(QMC_ERROR_NOTFOUND, "no revision", volume_pin(volume, "1-back", TRUE, E));
}
END_TEST

START_TEST(revert_keeps_the_present)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 3);

    bench_fill(volume, "1");
    bench_run(volume, "2");
    bench_run(volume, "3");
    must(volume_revert(volume, "1521065900-back", E));
    must_state(volume, "clean=1 rev=3 rev=2");
    must(volume_revert(volume, NULL, E));
    must_state(volume, "clean=3 rev=1 rev=2");
}
END_TEST

/* What a qube cannot write to has nothing new (L-11). */
START_TEST(a_read_only_one_is_not_committed)
{
    g_autofree char *vid = bench_vid(bench, "appvms", "work", "private");
    const struct volume_spec spec = {
        .name = "private", .vid = vid, .size = MEGABYTE, .save_on_stop = TRUE,
        .revisions_to_keep = 1, .ephemeral = -1,
    };
    auto_of(volume) struct volume *volume = NULL;

    must((volume = volume_new(bench->pool, &spec, E)));
    bench_fill(volume, "old");
    must(volume_start(volume, E));
    must(volume_stop(volume, E));
    must_state(volume, "clean=old");
}
END_TEST

/* --- imports that were interrupted (L-10) --- */

START_TEST(an_import_that_was_not_confirmed_goes)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    bench_run(volume, "new");
    by_hand_create(STAND_LV "-import");
    put_text(STAND_LV "-import", "half");
    stand_forget();
    if (_i == 0)
        must(volume_start(volume, E));
    else
        must(volume_stop(volume, E));
    must_state(volume, _i == 0 ? "clean=new rev=old dirty=new" : "clean=new rev=old");
}
END_TEST

START_TEST(an_import_that_was_confirmed_is_finished)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    by_hand_create(STAND_LV "-import");
    put_text(STAND_LV "-import", "whole");
    by_hand_rename(STAND_LV, STAND_LV "-1521065904-back");
    stand_forget();
    if (_i == 0)
        must(volume_start(volume, E));
    else
        must(volume_stop(volume, E));
    must_state(volume, _i == 0 ? "clean=whole rev=old dirty=whole" : "clean=whole rev=old");
}
END_TEST

/* Into nothing: there is no telling that it was whole. */
START_TEST(the_first_import_is_none_until_confirmed)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");

    by_hand_create(STAND_LV "-import");
    stand_forget();
    must(volume_stop(volume, E));
    must_state(volume, "");
    must_fail(QMC_ERROR_NOTFOUND, "is missing", volume_start(volume, E));
    must_fail(QMC_ERROR_NOTFOUND, "is missing", volume_verify(volume, E));
}
END_TEST

/* Upstream's revert, killed in the middle. */
START_TEST(without_a_current_one_the_newest_revision_is_it)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 2);

    by_hand_create(STAND_LV "-4-back");
    by_hand_create(STAND_LV "-5-back");
    put_text(STAND_LV "-5-back", "5");
    stand_forget();
    must(volume_verify(volume, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must(volume_start(volume, E));
    must_state(volume, "clean=5 rev= dirty=5");
}
END_TEST

START_TEST(trash_is_removed)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    by_hand_create(STAND_LV "-trash-3");
    stand_forget();
    if (_i == 0)
        must(volume_start(volume, E));
    else
        must(volume_stop(volume, E));
    must_names(_i == 0 ? STAND_BASE " " STAND_LV " " STAND_LV "-snap" : STAND_BASE " " STAND_LV);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-thin");
    TCase *tcase = tcase_create("lvm-thin");
    TCase *names = tcase_create("names"); /* in the lab, too */

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(names, setup, teardown);
    tcase_set_timeout(names, 600);
    tcase_add_test(names, names_that_begin_alike_are_kept_apart);
    tcase_add_loop_test(tcase, a_vid_is_checked, 0, G_N_ELEMENTS(vids));
    tcase_add_test(tcase, create_removes_what_is_left);
    tcase_add_test(tcase, what_is_in_no_thin_pool_is_not_touched);
    tcase_add_loop_test(tcase, an_interrupted_commit_goes_on, 0, 2);
    tcase_add_test(tcase, revisions_are_ordered_whatever_the_clock_says);
    tcase_add_loop_test(tcase, as_many_are_kept_as_asked_for, 0, 3);
    tcase_add_test(tcase, one_that_is_read_is_not_deleted);
    tcase_add_test(tcase, a_pinned_one_stays);
    tcase_add_test(tcase, revert_keeps_the_present);
    tcase_add_test(tcase, a_read_only_one_is_not_committed);
    tcase_add_loop_test(tcase, an_import_that_was_not_confirmed_goes, 0, 2);
    tcase_add_loop_test(tcase, an_import_that_was_confirmed_is_finished, 0, 2);
    tcase_add_test(tcase, the_first_import_is_none_until_confirmed);
    tcase_add_test(tcase, without_a_current_one_the_newest_revision_is_it);
    tcase_add_loop_test(tcase, trash_is_removed, 0, 2);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, names);
    return bench_main(suite);
}
