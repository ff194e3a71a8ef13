/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lvs says, and how often it is asked. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "lvm-stand.h"
#include "storage/lvm-table.h"
#include "util/file.h"

gint64 __real_g_get_monotonic_time(void);
/* Seen from libraries, too. */
__attribute__((visibility("default"))) gint64 __wrap_g_get_monotonic_time(void);

static gint64 later; /* us */

gint64 __wrap_g_get_monotonic_time(void)
{
    return __real_g_get_monotonic_time() + later;
}

static char *dir;

static void setup(void)
{
    dir = g_build_filename(g_get_tmp_dir(), "qmc-lvm-XXXXXX", NULL);
    ck_assert_ptr_nonnull(g_mkdtemp(dir));
    stand_new(dir);
}

static void teardown(void)
{
    must(file_remove_tree(dir, E));
    g_free(dir);
}

/* --- reading --- */

/* Of LVM 2.03.16, and what the same command says with --reportformat=json. */
static const char lines[] =
    "  qubes_dom0||vm-pool|209715200|79.53|twi-aotz--||4194304|12.60||4194304||347602944\n"
    "  qubes_dom0|vm-pool|vm-x-big|10003415040|1.67|Vwi-aotz--|||||4194304|unknown|347602944\n"
    "  qubes_dom0|vm-pool|vm-x-root|4194304|0.00|Vwi-a-tz--|vm-x-root-1521065904-back||||"
    "4194304|unknown|347602944\n"
    "  qubes_dom0|vm-pool|vm-x-root-1521065904-back|12582912||Vwi---tz--||||a,qmc-in-use|"
    "4194304|unknown|347602944\n";
static const char json[] =
    "  {\n      \"report\": [\n          {\n              \"lv\": [\n"
    "                  {\"vg_name\":\"qubes_dom0\", \"pool_lv\":\"\", \"lv_name\":\"vm-pool\", "
    "\"lv_size\":\"209715200B\", \"data_percent\":\"79.53\", \"lv_attr\":\"twi-aotz--\", "
    "\"origin\":\"\", \"lv_metadata_size\":\"4194304B\", \"metadata_percent\":\"12.60\", "
    "\"lv_tags\":\"\", \"vg_extent_size\":\"4194304B\", \"lv_check_needed\":\"\", "
    "\"vg_free\":\"347602944B\"},\n"
    "                  {\"vg_name\":\"qubes_dom0\", \"pool_lv\":\"vm-pool\", "
    "\"lv_name\":\"vm-x-big\", \"lv_size\":\"10003415040B\", \"data_percent\":\"1.67\", "
    "\"lv_attr\":\"Vwi-aotz--\", \"origin\":\"\", \"lv_metadata_size\":\"\", "
    "\"metadata_percent\":\"\", \"lv_tags\":\"\", \"vg_extent_size\":\"4194304B\", "
    "\"lv_check_needed\":\"unknown\", "
    "\"vg_free\":\"347602944B\"},\n"
    "                  {\"vg_name\":\"qubes_dom0\", \"pool_lv\":\"vm-pool\", "
    "\"lv_name\":\"vm-x-root\", \"lv_size\":\"4194304B\", \"data_percent\":\"0.00\", "
    "\"lv_attr\":\"Vwi-a-tz--\", \"origin\":\"vm-x-root-1521065904-back\", "
    "\"lv_metadata_size\":\"\", \"metadata_percent\":\"\", \"lv_tags\":\"\", "
    "\"vg_extent_size\":\"4194304B\", \"lv_check_needed\":\"unknown\", "
    "\"vg_free\":\"347602944B\"},\n"
    "                  {\"vg_name\":\"qubes_dom0\", \"pool_lv\":\"vm-pool\", "
    "\"lv_name\":\"vm-x-root-1521065904-back\", \"lv_size\":\"12582912B\", "
    "\"data_percent\":\"\", \"lv_attr\":\"Vwi---tz--\", \"origin\":\"\", "
    "\"lv_metadata_size\":\"\", \"metadata_percent\":\"\", \"lv_tags\":\"a,qmc-in-use\", "
    "\"vg_extent_size\":\"4194304B\", \"lv_check_needed\":\"unknown\", "
    "\"vg_free\":\"347602944B\"}\n"
    "              ]\n          }\n      ]\n  }\n";

/* The values of a flat object, with the separator between them and without units. */
static char *from_json(const char *text)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GRegex) object = g_regex_new("\\{(\"vg_name\"[^}]*)\\}", 0, 0, NULL);
    g_autoptr(GRegex) value = g_regex_new("\"[a-z_]+\":\"([^\"]*)\"", 0, 0, NULL);
    g_autoptr(GMatchInfo) objects = NULL;

    for (g_regex_match(object, text, 0, &objects); g_match_info_matches(objects);
         g_match_info_next(objects, NULL)) {
        g_autofree char *fields = g_match_info_fetch(objects, 1);
        g_autoptr(GMatchInfo) values = NULL;
        const char *between = "";

        for (g_regex_match(value, fields, 0, &values); g_match_info_matches(values);
             g_match_info_next(values, NULL)) {
            g_autofree char *field = g_match_info_fetch(values, 1);
            gsize length = strlen(field);

            if (length > 1 && field[length - 1] == 'B' && g_ascii_isdigit(field[length - 2]))
                field[length - 1] = '\0';
            g_string_append_printf(out, "%s%s", between, field);
            between = "|";
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static char *written(const struct lvm_table *table)
{
    GString *out = g_string_new(NULL);
    const struct lvm_entry *const *entries;
    guint n = lvm_table_range(table, "qubes_dom0", "", &entries);

    ck_assert_uint_eq(n, lvm_table_length(table));
    for (guint i = 0; i < n; i++) {
        const struct lvm_entry *e = entries[i];

        g_string_append_printf(
            out, "%s %s %s %s [%s] %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u %d %"
            G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u %" G_GUINT64_FORMAT " %d %"
            G_GUINT64_FORMAT "\n", e->key,
            e->pool, e->origin, e->attr, e->tags, e->size, e->used, e->data, e->has_metadata,
            e->metadata_size, e->metadata_used, e->metadata, e->extent, e->needs_check,
            e->free);
    }
    return g_string_free(out, FALSE);
}

START_TEST(both_formats_say_the_same)
{
    g_autofree char *flat = from_json(json);
    auto_of(lvm_table) struct lvm_table *a = NULL, *b = NULL;

    must((a = lvm_table_parse(lines, E)));
    must((b = lvm_table_parse(flat, E)));

    g_autofree char *left = written(a), *right = written(b);

    ck_assert_uint_eq(lvm_table_length(a), 4);
    ck_assert_str_eq(left, right);
    ck_assert_str_eq(
        left,
        "qubes_dom0/vm-pool   twi-aotz-- [] 209715200 166786498 7953 1 4194304 528482 1260 "
        "4194304 0 347602944\n"
        "qubes_dom0/vm-x-big vm-pool  Vwi-aotz-- [] 10003415040 167057031 167 0 0 0 0 "
        "4194304 0 347602944\n"
        "qubes_dom0/vm-x-root vm-pool vm-x-root-1521065904-back Vwi-a-tz-- [] 4194304 0 0 0 "
        "0 0 0 4194304 0 347602944\n"
        "qubes_dom0/vm-x-root-1521065904-back vm-pool  Vwi---tz-- [a,qmc-in-use] 12582912 0 "
        "0 0 0 0 0 4194304 0 347602944\n");
}
END_TEST

static const struct {
    const char *line;
    guint64 size, used;
    int needs_check;
} readable[] = {
    {"v|p|l|1000|50.00|a||||t|1|unknown|2", 1000, 500, 0},
    {"v|p|l|1000|50|a||||t|1|unknown|2", 1000, 500, 0},
    {"v|p|l|1000|0.19|a||||t|1|unknown|2", 1000, 1, 0},
    {"v|p|l|1000|0.999|a||||t|1|unknown|2", 1000, 9, 0},
    {"v|p|l|1000|100.00|a||||t|1|unknown|2", 1000, 1000, 0},
    {"v|p|l|9223372036854775807|100.00|a||||t|1|unknown|2", G_MAXINT64, G_MAXINT64, 0},
    {"v|p|l|9223372036854775807|99.99|a||||t|1|unknown|2", G_MAXINT64, 9222449699651090329u, 0},
    {"v||l|1000||t|||||1|check needed|2", 1000, 0, 1},
};

START_TEST(a_line_is_read)
{
    auto_of(lvm_table) struct lvm_table *table = NULL;
    const struct lvm_entry *entry;

    must((table = lvm_table_parse(readable[_i].line, E)));
    entry = lvm_table_find(table, "v", "l");
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->size, readable[_i].size);
    ck_assert_uint_eq(entry->used, readable[_i].used);
    ck_assert_int_eq(entry->needs_check, readable[_i].needs_check);
}
END_TEST

static const char *const unreadable[] = {
    "v|p|l|1000|50,00|a||||t|1|unknown|2", /* of another locale */
    "v|p|l|1000|-1|a||||t|1|unknown|2",    "v|p|l|1000|100.01|a||||t|1|unknown|2",
    "v|p|l|1000B|1|a||||t|1|unknown|2",    "v|p|l|1000.5|1|a||||t|1|unknown|2",
    "v|p|l|9223372036854775808|1|a||||t|1|unknown|2",
    "v|p|l|1000|1|a||||t|1|unknown",       "v|p|l|1000|1|a||||t|1|unknown|x",
    "v|p|l|1000|1|a||||t|1|unknown|2|x",
    "  WARNING: something",                 "|p|l|1000|1|a||||t|1|unknown|2",
    "v|p||1000|1|a||||t|1|unknown|2",
};

START_TEST(what_is_no_line_is_an_error)
{
    must_fail(QMC_ERROR_IO, "cannot read what LVM says",
              lvm_table_parse(unreadable[_i], E) != NULL);
}
END_TEST

START_TEST(a_range_ends_where_the_names_do)
{
    auto_of(lvm_table) struct lvm_table *table = NULL;
    const struct lvm_entry *const *entries;

    must((table = lvm_table_parse("v|p|vm-x-root-snap|1||a||||t|1||2\n"
                                  "w|p|vm-x-root|1||a||||t|1||2\n"
                                  "v|p|vm-x-root|1||a||||t|1||2\nv|p|vm-x-roo|1||a||||t|1||2\n"
                                  "v|p|vm-x-rope|1||a||||t|1||2\n", E)));
    ck_assert_uint_eq(lvm_table_range(table, "v", "vm-x-root", &entries), 2);
    ck_assert_str_eq(entries[0]->lv, "vm-x-root");
    ck_assert_uint_eq(lvm_table_range(table, "u", "vm-x-root", &entries), 0);
    ck_assert_uint_eq(lvm_table_range(table, "v", "vm-y", &entries), 0);
    ck_assert_ptr_null(lvm_table_find(table, "v", "vm-x-roo-"));
}
END_TEST

/* --- asking --- */

static guint asked(void)
{
    g_autofree char *calls = stand_calls();
    g_auto(GStrv) parts = g_strsplit(calls, "lvs ", -1);

    return g_strv_length(parts) ? g_strv_length(parts) - 1 : 0;
}

static void look(enum lvm_age age)
{
    auto_of(lvm_table) struct lvm_table *table = NULL;

    must((table = lvm_table_get(age, E)));
}

START_TEST(a_thousand_looks_are_one_question)
{
    for (int i = 0; i < 1000; i++)
        look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 1);
    later += 29 * G_USEC_PER_SEC;
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 0);
    later += 2 * G_USEC_PER_SEC;
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 1);
    later += 3 * G_USEC_PER_SEC;
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 0);
    look(LVM_RECENT);
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

START_TEST(after_a_change_it_is_asked_again)
{
    const struct lvm_request request = {LVM_CREATE, STAND_VG, "vm-a", STAND_POOL, 65536};
    auto_of(lvm_table) struct lvm_table *before = NULL, *after = NULL;

    must((before = lvm_table_get(LVM_SHOWN, E)));
    must(lvm_change(&request, E));
    must((after = lvm_table_get(LVM_SHOWN, E)));
    ck_assert_ptr_null(lvm_table_find(before, STAND_VG, "vm-a"));
    ck_assert_ptr_nonnull(lvm_table_find(after, STAND_VG, "vm-a"));
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 2);
    /* one that failed may have done it all the same */
    must_fail(QMC_ERROR_EXISTS, "exists", lvm_change(&request, E));
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

static gpointer look_aside(gpointer data)
{
    look(LVM_FRESH);
    return NULL;
}

START_TEST(of_many_at_once_one_asks)
{
    GThread *threads[40];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("look", look_aside, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    ck_assert_uint_le(asked(), 3);
}
END_TEST

START_TEST(a_failure_is_believed_for_a_while)
{
    g_autofree char *path = g_strdup(g_getenv("PATH"));

    g_setenv("PATH", "/nowhere", TRUE);
    if (access("/usr/sbin/lvm", X_OK) == 0 || access("/sbin/lvm", X_OK) == 0)
        return;
    must_fail(QMC_ERROR_NOTFOUND, "not installed", lvm_table_get(LVM_SHOWN, E) != NULL);
    g_setenv("PATH", path, TRUE);
    must_fail(QMC_ERROR_NOTFOUND, "not installed", lvm_table_get(LVM_SHOWN, E) != NULL);
    look(LVM_FRESH);
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 1);
    later += 6 * G_USEC_PER_SEC;
    look(LVM_SHOWN);
    ck_assert_uint_eq(asked(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-table");
    TCase *tcase = tcase_create("lvm-table");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, both_formats_say_the_same);
    tcase_add_loop_test(tcase, a_line_is_read, 0, G_N_ELEMENTS(readable));
    tcase_add_loop_test(tcase, what_is_no_line_is_an_error, 0, G_N_ELEMENTS(unreadable));
    tcase_add_test(tcase, a_range_ends_where_the_names_do);
    tcase_add_test(tcase, a_thousand_looks_are_one_question);
    tcase_add_test(tcase, after_a_change_it_is_asked_again);
    tcase_add_test(tcase, of_many_at_once_one_asks);
    tcase_add_test(tcase, a_failure_is_believed_for_a_while);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
