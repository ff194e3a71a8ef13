/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the editors promise beside their pictures: forms that outlive nothing,
 * stores that change behind them, many qubes. */
#include "config.h"

#include "tests/tui/console.h"

#include <stdio.h>
#include <string.h>

#include "tests/fake/hv-fake.h"
#include "tests/util/suite.h"
#include "tui/app.h"
#include "tui/screens.h"

/* As in check-console.c: who takes longer has waited for something. */
#define PROMPT_US (5 * G_USEC_PER_SEC)

static char *store_of(int qubes, const char *extra)
{
    return console_store("StandaloneVM", "qube-", qubes, extra);
}

static const struct form {
    const char *keys, *shows;
} forms[] = {
    {"F2 Enter", "Value    ["},
    {"f n", "New firewall rule of qube-3"},
    {"Enter ] ] ] ] n", "New feature of qube-3"},
    {"Enter ] ] ] ] t", "New tag of qube-3"},
};

START_TEST(a_form_goes_with_its_qube)
{
    const struct form *form = &forms[_i];
    g_autofree char *xml = store_of(3, ""), *less = store_of(2, "");
    struct console *console = console_with(xml);
    g_auto(GStrv) keys = g_strsplit(form->keys, " n", 2);

    console_wait(console, "4 qubes");
    console_keys(console, "/ - 3 Enter");
    console_keys(console, keys[0]);
    if (strcmp(keys[0], "f") == 0)
        console_wait(console, "1 rule");
    if (keys[1])
        console_keys(console, "n");
    console_wait(console, form->shows);
    root_write(console->root, less);
    console_wait_gone(console, form->shows);
    console_wait(console, "3 qubes");
    console_free(console);
}
END_TEST

/* Nothing typed is not "let everything through, before all other rules". */
START_TEST(a_rule_needs_a_target)
{
    g_autofree char *xml = store_of(3, "");
    struct console *console = console_with(xml);

    console_wait(console, "4 qubes");
    console_keys(console, "/ - 3 Enter f");
    console_wait(console, "1 rule, rule 0 accepts the rest");
    console_keys(console, "n Enter");
    console_wait(console, "a target is needed");
    console_wait(console, "It matches everything: rules after it have no effect");
    console_keys(console, "1 0 . 0 . 0 . 1");
    console_wait_gone(console, "It matches everything");
    console_keys(console, "Ctrl-U ( a n y ) Enter");
    console_wait(console, "rule 0 added");
    console_free(console);
}
END_TEST

START_TEST(a_store_that_changes_is_shown)
{
    g_autofree char *xml = store_of(1, "");
    g_autofree char *other = store_of(1, "<property name=\"maxmem\">700</property>");
    struct console *console = console_with(xml);

    console_wait(console, "2 qubes");
    console_keys(console, "/ - 1 Enter e");
    console_wait(console, "maxmem                 4000");
    root_write(console->root, other);
    console_wait(console, "maxmem                 700");
    console_free(console);
}
END_TEST

static gboolean store_says(const struct console *console, const char *text)
{
    g_autofree char *path =
        g_build_filename(console->root, "var/lib/qubes/qubes.xml", NULL);
    g_autofree char *xml = NULL;

    ck_assert(g_file_get_contents(path, &xml, NULL, NULL));
    return strstr(xml, text) != NULL;
}

/* Also of those marked: another one of them was changed. */
static const char *const ways[] = {"/ - 1 Enter e / m a x m Enter Enter",
                                   "/ - Enter Space Space e / m a x m Enter Enter"};

START_TEST(nothing_is_replaced_unread)
{
    g_autofree char *xml = store_of(2, "");
    g_autofree char *other = store_of(2, "<property name=\"maxmem\">700</property>");
    struct console *console = console_with(xml);

    console_wait(console, "3 qubes");
    console_keys(console, ways[_i]);
    console_wait(console, "Now      4000 (default)");
    console_keys(console, "5 0 0");
    console_wait(console, "ok: it counts when it starts");
    root_write(console->root, other);
    console_wait(console, "somebody else changed it: it is 700 now");
    console_keys(console, "Enter");
    console_wait(console, "it is 700 now: Enter again replaces that");
    ck_assert(!store_says(console, ">500<"));
    root_write(console->root, xml);
    console_wait(console, "somebody else changed it: it is 4000 (default) now");
    console_keys(console, "Enter Enter");
    if (_i == 1) {
        console_wait(console, "Set maxmem of");
        console_keys(console, "y");
    }
    console_wait(console, "maxmem                 500");
    console_wait(console, "maxmem is 500");
    ck_assert(store_says(console, ">500<"));
    console_free(console);
}
END_TEST

static void rules_write(const struct console *console, const char *comments)
{
    g_autofree char *dir =
        g_build_filename(console->root, "var/lib/qubes/appvms/qube-1", NULL);
    g_autofree char *path = g_build_filename(dir, "firewall.xml", NULL);
    g_auto(GStrv) each = g_strsplit(comments, " ", -1);
    GString *xml = g_string_new("<firewall version=\"2\"><rules>");

    for (gsize i = 0; each[i]; i++)
        g_string_append_printf(xml, "<rule><properties><property name=\"action\">drop"
                               "</property><property name=\"comment\">%s</property>"
                               "</properties></rule>", each[i]);
    g_string_append(xml, "</rules></firewall>");
    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, xml->str, -1, NULL));
    g_string_free(xml, TRUE);
}

/* The number in the form is of the rules as they were shown. */
START_TEST(a_rule_is_not_put_among_others)
{
    g_autofree char *xml = store_of(1, "");
    struct console *console = console_with(xml);

    rules_write(console, "one two");
    console_wait(console, "2 qubes");
    console_keys(console, "/ - 1 Enter f");
    console_wait(console, "2 rules");
    console_keys(console, "G Enter");
    console_wait(console, "Firewall rule of qube-1");
    rules_write(console, "zero one two");
    console_keys(console, "Ctrl-S");
    console_wait(console, "this is number 2 now; Enter again applies");
    console_wait(console, "3 rules");
    console_keys(console, "Ctrl-S");
    console_wait(console, "rule 2 changed");
    console_keys(console, "Enter");
    console_wait(console, "Firewall rule of qube-1");
    rules_write(console, "zero");
    console_keys(console, "Ctrl-S");
    console_wait(console, "the form is withdrawn");
    console_wait(console, "1 rule");
    console_keys(console, "n Tab 1 . 1 . 1 . 1");
    rules_write(console, "zero one");
    console_keys(console, "Enter");
    console_wait(console, "they are 2 now; Enter again adds it");
    console_keys(console, "Backspace");
    console_wait_gone(console, "they are 2 now");
    console_keys(console, "1 Enter");
    console_wait(console, "rule 0 added");
    console_free(console);
}
END_TEST

static char *note_file(const struct console *console, const char *text, gssize length)
{
    g_autofree char *dir =
        g_build_filename(console->root, "var/lib/qubes/appvms/qube-1", NULL);
    char *path = g_build_filename(dir, "notes.txt", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, text, length, NULL));
    return path;
}

START_TEST(a_note_is_not_replaced_unread)
{
    g_autofree char *xml = store_of(1, ""), *none = store_of(0, "");
    g_autofree char *path = NULL, *again = NULL, *text = NULL;
    struct console *console = console_with(xml);

    path = note_file(console, "one\n", -1);
    console_wait(console, "2 qubes");
    console_keys(console, "/ - 1 Enter Enter ] ] ] ] N");
    console_wait(console, "the one it has is still being read");
    console_wait(console, "Note, 4 bytes");
    console_keys(console, "N t w o Space");
    again = note_file(console, "three", -1);
    console_keys(console, "Ctrl-S");
    console_wait(console, "somebody else changed it: it has 5 bytes now");
    console_wait(console, "Note, 5 bytes");
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_str_eq(text, "three");
    console_keys(console, "Ctrl-S");
    console_wait(console, "note of 8 bytes written");
    g_clear_pointer(&text, g_free);
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_str_eq(text, "two one\n");
    console_wait(console, "Note, 8 bytes");
    console_keys(console, "N");
    console_wait(console, "Note of qube-1");
    root_write(console->root, none);
    console_wait_gone(console, "Note of qube-1");
    console_free(console);
}
END_TEST

START_TEST(a_note_that_is_none_is_left_alone)
{
    g_autofree char *xml = store_of(1, ""), *path = NULL;
    struct console *console = console_with(xml);

    path = note_file(console, "a\0b", 3);
    console_wait(console, "2 qubes");
    console_keys(console, "/ - 1 Enter Enter ] ] ] ]");
    console_wait(console, "is no note");
    console_keys(console, "N");
    console_wait(console, "the one it has cannot be read");
    console_free(console);
}
END_TEST

/* Also those that no qube has yet. */
START_TEST(kernels_are_those_installed)
{
    g_autofree char *plain = store_of(1, "");
    g_auto(GStrv) parts = g_strsplit(plain, "<pools/><properties/>", 2);
    g_autofree char *xml = g_strconcat(
        parts[0], "<pools><pool name=\"linux-kernel\" driver=\"linux-kernel\" "
        "dir_path=\"/var/lib/qubes/vm-kernels\"/></pools><properties><property "
        "name=\"default_pool_kernel\">linux-kernel</property></properties>",
        parts[1], NULL);
    struct console *console = console_new("xterm-256color", 24, 80);
    char *root = root_make(xml);

    for (int i = 0; i < 2; i++) {
        g_autofree char *dir = g_build_filename(root, "var/lib/qubes/vm-kernels",
                                                i ? "6.99.1" : "half", NULL);
        g_autofree char *file = g_build_filename(dir, i ? "vmlinuz" : "other", NULL);

        ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
        ck_assert(g_file_set_contents(file, "", 0, NULL));
    }
    fake_reset();
    console_run(console, root);
    console_wait(console, "2 qubes");
    console_keys(console, "/ - 1 Enter e / k e r n e l Enter Enter");
    console_wait(console, "kernel of qube-1");
    console_wait(console, "6.99.1");
    console_wait_gone(console, " half ");
    console_free(console);
}
END_TEST

START_TEST(of_several_the_rest_stays)
{
    g_autofree char *xml = store_of(3, ""), *none = store_of(0, "");
    g_autofree char *less = store_of(2, "<property name=\"maxmem\">700</property>");
    struct console *console = console_with(xml);

    console_wait(console, "4 qubes");
    console_keys(console, "/ - Enter Space Space Space e");
    console_wait(console, "Properties of 3 qubes");
    root_write(console->root, less);
    console_wait(console, "maxmem                 700");
    console_keys(console, "Enter");
    console_wait(console, "label of 2 qubes");
    console_keys(console, "Esc");
    root_write(console->root, none);
    console_wait(console, "0 properties");
    console_keys(console, "Enter D = e");
    console_wait(console, "Properties of 3 qubes");
    console_free(console);
}
END_TEST

/* Hidden defaults do not make fewer qubes of those that are edited. */
START_TEST(hidden_defaults_leave_nobody_out)
{
    g_autofree char *xml = store_of(2, "");
    struct console *console = console_with(xml);

    console_wait(console, "3 qubes");
    console_keys(console, "/ - 2 Enter : p r e f s Space q u b e - 2");
    console_keys(console, "Space m a x m e m Space 7 0 0 Enter");
    console_wait(console, "maxmem is 700");
    console_keys(console, "\\ / - Enter g Space Space e H / m a x Enter Enter");
    console_wait(console, "maxmem of 2 qubes");
    console_free(console);
}
END_TEST

/* The list at the left leads from one to the other. */
START_TEST(rules_are_those_of_the_qube_looked_at)
{
    g_autofree char *xml = store_of(2, "");
    struct console *console = console_new("xterm-256color", 40, 120);
    char *root = root_make(xml);
    g_autofree char *dir = g_build_filename(root, "var/lib/qubes/appvms/qube-1", NULL);
    g_autofree char *path = g_build_filename(dir, "firewall.xml", NULL);

    fake_reset();
    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(
        path, "<firewall version=\"2\"><rules><rule><properties>"
        "<property name=\"action\">drop</property>"
        "<property name=\"comment\">ofthefirst</property>"
        "</properties></rule></rules></firewall>", -1, NULL));
    console_run(console, root);
    console_wait(console, "3 qubes");
    console_keys(console, "/ - Enter g f");
    console_wait(console, "ofthefirst");
    console_keys(console, "Tab j");
    console_wait_gone(console, "ofthefirst");
    console_wait(console, "1 rule, rule 0 accepts the rest");
    console_keys(console, "k");
    console_wait(console, "ofthefirst");
    console_free(console);
}
END_TEST

START_TEST(finding_among_many_does_not_freeze)
{
    g_autofree char *xml = store_of(1000, "");
    struct console *console = console_with(xml);
    gint64 began;

    console_wait(console, "1001 qubes");
    began = g_get_monotonic_time();
    console_keys(console, ": f i n d Space s h u t Enter");
    console_wait(console, "Properties with 'shut'");
    console_keys(console, "/ - 9 9 9 Enter");
    ck_assert_int_lt(g_get_monotonic_time() - began, PROMPT_US);
    console_wait(console, "1 of 1001 properties");
    printf("# %.1f ms\n", (double)(g_get_monotonic_time() - began) / 1e3);
    console_free(console);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_rule_needs_a_target,
        a_store_that_changes_is_shown,
        a_rule_is_not_put_among_others,
        a_note_is_not_replaced_unread,
        a_note_that_is_none_is_left_alone,
        kernels_are_those_installed,
        of_several_the_rest_stays,
        hidden_defaults_leave_nobody_out,
        rules_are_those_of_the_qube_looked_at,
        finding_among_many_does_not_freeze,
        NULL,
    };
    TCase *loop = tcase_create("forms");

    tcase_set_timeout(loop, 120);
    tcase_add_loop_test(loop, a_form_goes_with_its_qube, 0,
                        (int)G_N_ELEMENTS(forms));
    tcase_add_loop_test(loop, nothing_is_replaced_unread, 0,
                        (int)G_N_ELEMENTS(ways));
    return suite_run_cases("editors", tests, NULL, NULL, loop);
}
