/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may go of a volume in a thin pool: found exactly, and nothing else is deleted. */
#include "config.h"

#include "bench.h"
#include "lvm-stand.h"
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

static void by_hand_create(const char *ending)
{
    stand_lvm("lvcreate --thin --name=" STAND_LV "%s --virtualsize=1048576B -- "
              STAND_VG "/" STAND_POOL, ending);
}

static void by_hand_rename(const char *from, const char *to)
{
    stand_lvm("lvrename -- " STAND_VG "/" STAND_LV "%s " STAND_VG "/" STAND_LV "%s", from, to);
}

/* "revision -7-back, import -import", by name. */
static char *spare_of(struct volume *volume)
{
    g_autoptr(GPtrArray) spare = NULL;
    GString *text = g_string_new(NULL);

    stand_forget();
    must((spare = volume_spare(volume, E)));
    remains_sort(spare);
    for (guint i = 0; i < spare->len; i++) {
        const struct remain *remain = spare->pdata[i];

        ck_assert(g_str_has_prefix(remain->name, STAND_VG "/" STAND_LV));
        g_string_append_printf(text, "%s%s %s", i ? ", " : "", remain_kind_word(remain->kind),
                               remain->name + strlen(STAND_VG "/" STAND_LV));
    }
    return g_string_free(text, FALSE);
}

static void must_spare(struct volume *volume, const char *expected)
{
    g_autofree char *text = spare_of(volume);

    ck_assert_str_eq(text, expected);
}

/* After it there is nothing left that may go. */
static void must_reclaim(struct volume *volume, guint expected)
{
    g_autoptr(GPtrArray) gone = NULL;

    must(volume_reclaim(volume, &gone, E));
    ck_assert_uint_eq(gone->len, expected);
    must_spare(volume, "");
}

START_TEST(revisions_beyond_those_kept_go)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "private", 1);

    bench_fill(volume, "old");
    bench_run(volume, "new");
    must_spare(volume, "");
    by_hand_create("-5-back");
    by_hand_create("-6-back");
    by_hand_create("-7-pin");
    must_spare(volume, "revision -5-back, revision -6-back");
    must_reclaim(volume, 2);
    must_state(volume, "clean=new rev=old rev=");
    must_reclaim(volume, 0);
}
END_TEST

/* All but those that are pinned. */
START_TEST(where_none_is_kept_all_go)
{
    auto_of(volume) struct volume *keeping = bench_keeping(bench, KIND_ORIGIN, "private", 2);
    auto_of(volume) struct volume *volume =
        _i ? bench_volume(bench, KIND_IN_PLACE, "private")
           : bench_keeping(bench, KIND_ORIGIN, "private", 0);

    bench_fill(keeping, "1");
    by_hand_create("-5-pin");
    by_hand_create("-6-back");
    by_hand_create("-7-back");
    must_spare(keeping, "");
    must_spare(volume, "revision -6-back, revision -7-back");
    must_reclaim(volume, 2);
    must_state(volume, "clean=1 rev=");
}
END_TEST

/* It may be the only state there is. */
START_TEST(without_a_current_one_every_revision_stays)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "private", 0);

    by_hand_create("-5-back");
    by_hand_create("-6-back");
    must_spare(volume, "");
    must_reclaim(volume, 0);
    must_state(volume, "rev= rev=");
}
END_TEST

START_TEST(what_was_cut_off_goes)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");
    g_autofree char *names = NULL;

    bench_fill(volume, "old");
    by_hand_create("-import");
    by_hand_create("-trash-3");
    by_hand_create("-trash-x");
    by_hand_create("-import2");
    by_hand_create("-5-back-import");
    stand_forget();
    ck_assert(volume_unsettled(volume));
    must_spare(volume, "import -import, temporary -trash-3");
    must_reclaim(volume, 2);
    ck_assert(!volume_unsettled(volume));
    must_state(volume, "clean=old");
    names = stand_names();
    ck_assert_str_eq(names, STAND_BASE " " STAND_LV " " STAND_LV "-5-back-import " STAND_LV
                            "-import2 " STAND_LV "-trash-x");
}
END_TEST

/* Killed between the two renames: it is whole, and becomes the state (L-10). */
START_TEST(an_import_that_was_confirmed_stays)
{
    auto_of(volume) struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "private", 0);

    bench_fill(volume, "old");
    by_hand_create("-import");
    by_hand_rename("", "-5-back");
    must_spare(volume, "");
    must_reclaim(volume, 0);
    must(volume_stop(volume, E));
    must_state(volume, "clean= rev=old");
}
END_TEST

/* The first one: nothing says that it was whole. */
START_TEST(an_import_into_nothing_goes)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_ORIGIN, "private");

    by_hand_create("-import");
    must_spare(volume, "import -import");
    must_reclaim(volume, 1);
}
END_TEST

/* What it wrote is to become the state, whoever has it open. */
START_TEST(a_dirty_one_has_nothing_to_spare)
{
    auto_of(volume) struct volume *volume =
        bench_volume(bench, _i ? KIND_IN_PLACE : KIND_ORIGIN, "private");

    bench_fill(volume, "old");
    must(volume_start(volume, E));
    by_hand_create("-5-back");
    by_hand_create("-6-back");
    must_spare(volume, "");
    must_reclaim(volume, 0);
    must(volume_stop(volume, E));
}
END_TEST

/* Of a run that nobody ended, and that a stop would throw away. */
START_TEST(what_a_run_has_left_goes_if_nobody_has_it)
{
    static const struct {
        enum kind kind;
        const char *lv, *spare;
    } rows[] = {
        {KIND_SNAPSHOT, STAND_LV "-snap", "scratch -snap"},
        {KIND_VOLATILE, STAND_LV, "scratch "},
    };
    auto_of(volume) struct volume *volume = bench_volume(bench, rows[_i].kind, "private");

    must(volume_start(volume, E));
    stand_open(rows[_i].lv);
    must_spare(volume, "");
    must_reclaim(volume, 0);
    stand_open(NULL);
    must_spare(volume, rows[_i].spare);
    must_reclaim(volume, 1);
    ck_assert(!volume_in_use(volume));
    must_state(bench->source, "clean=source");
}
END_TEST

/* A snapshot of the same name beside a state that was saved once. */
START_TEST(a_state_is_not_what_a_run_has_left)
{
    auto_of(volume) struct volume *saved = bench_volume(bench, KIND_ORIGIN, "private");
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_SNAPSHOT, "private");

    bench_fill(saved, "old");
    must_spare(volume, "");
    must(volume_start(volume, E));
    must_spare(volume, "scratch -snap");
    must_reclaim(volume, 1);
    must_state(saved, "clean=old");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-thin-spare");
    TCase *tcase = tcase_create("lvm-thin-spare");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, revisions_beyond_those_kept_go);
    tcase_add_loop_test(tcase, where_none_is_kept_all_go, 0, 2);
    tcase_add_test(tcase, without_a_current_one_every_revision_stays);
    tcase_add_test(tcase, what_was_cut_off_goes);
    tcase_add_test(tcase, an_import_that_was_confirmed_stays);
    tcase_add_test(tcase, an_import_into_nothing_goes);
    tcase_add_loop_test(tcase, a_dirty_one_has_nothing_to_spare, 0, 2);
    tcase_add_loop_test(tcase, what_a_run_has_left_goes_if_nobody_has_it, 0, 2);
    tcase_add_test(tcase, a_state_is_not_what_a_run_has_left);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
