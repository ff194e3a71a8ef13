/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which copy is newer, whatever the clock said when it was made. */
#include "config.h"

#include "core/store-history.h"

#include <string.h>

#include "core/layout.h"
#include "tests/core/root.h"

static const char a_store[] =
    "<qubes><labels/><pools/><domains><domain id='domain-0' class='AdminVM'/>"
    "</domains></qubes>";

static char *put_copy(const char *absolute, const char *name)
{
    g_autofree char *dir = root_path(absolute);
    char *path = g_build_filename(dir, name, NULL);

    ck_assert(file_mkdirs(dir, 0770, NULL));
    ck_assert(g_file_set_contents(path, a_store, -1, NULL));
    return path;
}

static void put_copies(const char *const *names)
{
    for (; *names; names++)
        g_free(put_copy(g_strrstr(*names, "Z") ? LAYOUT_HISTORY : LAYOUT_BACKUP, *names));
}

/* The names of all copies, the newest first. */
static char *by_age(void)
{
    g_autoptr(GPtrArray) copies = store_copies_list(root, NULL, NULL);
    GString *text = g_string_new(NULL);

    ck_assert_ptr_nonnull(copies);
    for (guint i = 0; i < copies->len; i++) {
        const struct store_copy *copy = copies->pdata[i];

        g_string_append_printf(text, "%s ", copy->id);
        for (guint j = i + 1; j < copies->len; j++)
            ck_assert_int_gt(store_copy_compare_age(copy, copies->pdata[j]), 0);
    }
    return g_string_free(text, FALSE);
}

static void ck_order(const char *expected)
{
    g_autofree char *order = by_age();

    ck_assert_str_eq(order, expected);
}

START_TEST(the_number_says_which_is_newer)
{
    static const char *const names[] = {
        "qubes-20990101T000000Z-007.xml", /* the clock was ahead */
        "qubes-20260301T000000Z-008.xml",
        "qubes-19700101T000000Z-009.xml", /* and had lost its battery */
        "qubes-20260301T000500Z-010.xml",
        "qubes-20260301T000500Z-1000.xml",
        "qubes-20260301T000500Z-999.xml", NULL,
    };

    put_copies(names);
    ck_order("qubes-20260301T000500Z-1000.xml qubes-20260301T000500Z-999.xml "
             "qubes-20260301T000500Z-010.xml qubes-19700101T000000Z-009.xml "
             "qubes-20260301T000000Z-008.xml qubes-20990101T000000Z-007.xml ");
}
END_TEST

START_TEST(what_has_no_number_is_older)
{
    static const char *const names[] = {
        "qubes-20260303T000000Z.xml", "qubes-20260304T000000Z.xml",
        "qubes-20260302T000000Z-000.xml", "qubes-20260301T000000Z-001.xml", NULL,
    };

    put_copies(names);
    ck_order("qubes-20260301T000000Z-001.xml qubes-20260302T000000Z-000.xml "
             "qubes-20260304T000000Z.xml qubes-20260303T000000Z.xml ");
}
END_TEST

/* They are between ours by the time, as far as that can be. */
START_TEST(the_machine_s_copies_are_in_an_order_too)
{
    static const char *const names[] = {
        "qubes-20260301T120000Z-001.xml", "qubes-20260305T120000Z-002.xml",
        "qubes-20260303T120000Z-003.xml", "qubes-20260309T120000Z-004.xml",
        "qubes-2026-03-04-12:00:00.xml", "qubes-2026-03-07-12:00:00.xml", NULL,
    };

    put_copies(names);
    ck_order("qubes-20260309T120000Z-004.xml qubes-2026-03-07-12:00:00.xml "
             "qubes-20260303T120000Z-003.xml qubes-20260305T120000Z-002.xml "
             "qubes-2026-03-04-12:00:00.xml qubes-20260301T120000Z-001.xml ");
}
END_TEST

static void ck_next(const char *end)
{
    g_autofree char *place = store_history_place(root, NULL);

    ck_assert_ptr_nonnull(place);
    ck_assert_msg(g_str_has_suffix(place, end), "%s, not %s", place, end);
}

START_TEST(numbers_go_on_after_the_highest)
{
    ck_next("Z-001.xml");
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260303T000000Z.xml"));
    ck_next("Z-001.xml");
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20990101T000000Z-007.xml"));
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260101T000000Z-012.xml"));
    ck_next("Z-013.xml");
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260101T000000Z-999.xml"));
    ck_next("Z-1000.xml");
    /* of others */
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260101T000000Z-5000.xml.mine"));
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260101T000000Z-6000x.xml"));
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260101T000000Z-.xml"));
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20260101T000000Z-9999999999999999999.xml"));
    ck_next("Z-1000.xml");
}
END_TEST

START_TEST(saves_number_what_they_keep)
{
    g_autofree char *dir = root_path(LAYOUT_HISTORY);

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    g_free(put_copy(LAYOUT_HISTORY, "qubes-20990101T000000Z-041.xml"));
    for (int i = 0; i < 3; i++) {
        root_set_memory("work", 500 + i);
        ck_save();
    }
    for (int i = 42; i < 45; i++) {
        g_autofree char *end = g_strdup_printf("Z-%03d.xml", i);
        g_autoptr(GDir) list = g_dir_open(dir, 0, NULL);
        const char *name;
        gboolean there = FALSE;

        while ((name = g_dir_read_name(list)))
            there |= g_str_has_suffix(name, end);
        ck_assert_msg(there, "none is %s", end);
    }
}
END_TEST

/* The rules of thinning are about times; which are the newest is not. */
START_TEST(the_newest_stay_when_the_clock_was_ahead)
{
    const struct history_limits limits = { .recent = 2, .bytes = G_MAXUINT64 };
    g_autofree char *ahead = put_copy(LAYOUT_HISTORY, "qubes-20990101T000000Z-001.xml");
    g_autofree char *old = put_copy(LAYOUT_HISTORY, "qubes-20260301T000000Z-002.xml");
    g_autofree char *new = put_copy(LAYOUT_HISTORY, "qubes-20260201T000000Z-003.xml");

    store_history_prune(root, &limits, new, TRUE);
    ck_assert(!g_file_test(ahead, G_FILE_TEST_EXISTS));
    ck_assert(g_file_test(old, G_FILE_TEST_EXISTS));
    ck_assert(g_file_test(new, G_FILE_TEST_EXISTS));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_number_says_which_is_newer, what_has_no_number_is_older,
        the_machine_s_copies_are_in_an_order_too, numbers_go_on_after_the_highest,
        saves_number_what_they_keep, the_newest_stay_when_the_clock_was_ahead, NULL,
    };

    return suite_run_fixture("history-order", tests, root_setup, root_teardown);
}
