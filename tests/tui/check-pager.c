/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What no replay reaches: texts that are too long, wide characters, the end
 * that grows. */
#include "config.h"

#include "tui/pager.h"

#include <string.h>

#include "tests/tui/console.h"
#include "tests/util/suite.h"
#include "tui/screen.h"

#define FRAME_MS 200 /* 5 is usual; a test machine may be busy */

static struct pager *shown;

static struct pager *the_pager(const struct screen *screen)
{
    return shown;
}

static const struct screen_class class = {
    .name = "pager", .keys = pager_keys, .pager = the_pager};

static void draw(int height, int width)
{
    draw_begin();
    pager_draw(shown, (struct rect){0, 0, height, width});
    draw_end();
}

/* Each key with its frame, as in the console; text goes to the search. */
static void press(const char *names)
{
    struct screen screen = {.class = &class};
    g_auto(GStrv) parts = g_strsplit(names, " ", -1);

    for (gsize i = 0; parts[i]; i++) {
        int key = key_parse(parts[i]);
        gint64 began = g_get_monotonic_time();
        const struct key_row *row =
            pager_typing(shown) ? pager_field_keys : pager_keys;

        ck_assert_int_ne(key, 0);
        if (!pager_typed(shown, key))
            for (; row->keys; row++)
                if (key_row_has(row, key))
                    row->run(&screen);
        draw(10, 20);
        ck_assert_int_lt((g_get_monotonic_time() - began) / 1000, FRAME_MS);
    }
}

static void status_is(const char *wanted)
{
    g_autofree char *status = pager_status(shown);

    ck_assert_str_eq(status, wanted);
}

static void text_has(struct console *console, const char *wanted)
{
    g_autofree char *text = console_text(console);

    ck_assert_msg(strstr(text, wanted), "no '%s' in:\n%s", wanted, text);
}

static struct console *begin(GPtrArray *lines)
{
    struct console *console = console_new("xterm-256color", 24, 80);
    struct pager_spec spec = {NULL};

    draw_setup();
    shown = pager_new(&spec);
    pager_set(shown, lines);
    draw(10, 20);
    return console;
}

static void end(struct console *console)
{
    pager_free(shown);
    console_free(console);
}

static GPtrArray *numbered(guint from, guint n)
{
    GPtrArray *lines = g_ptr_array_new_full(n, g_free);

    for (guint i = 0; i < n; i++)
        g_ptr_array_add(lines, g_strdup_printf("line-%u.", from + i));
    return lines;
}

START_TEST(a_line_of_100_mib_is_no_burden)
{
    g_autoptr(GPtrArray) lines = numbered(0, 3);
    struct console *console;

    g_ptr_array_add(lines, g_strnfill(100 << 20, 'x'));
    g_ptr_array_add(lines, g_strdup("after"));
    console = begin(lines);
    press("G g w G g j j PgDn Ctrl-U w l l l h / x x n N Esc / a f t Enter");
    status_is("match 1 of 1   line 5 of 5");
    text_has(console, "after");
    end(console);
}
END_TEST

START_TEST(a_million_lines_are_searched_in_slices)
{
    g_autoptr(GPtrArray) lines = numbered(0, 1000000);
    struct console *console = begin(lines);

    press("G");
    text_has(console, "line-999999.");
    status_is("line 999991 of 1000000");
    press("g w G k w g / 9 9 9 9 9 9 .");
    while (g_main_context_iteration(NULL, FALSE))
        ;
    draw(10, 20);
    text_has(console, "line-999999.");
    status_is("match 1 of 1   line 1000000 of 1000000");
    end(console);
}
END_TEST

START_TEST(search_begins_where_one_is_and_comes_round)
{
    g_autoptr(GPtrArray) lines = numbered(0, 100);
    struct console *console = begin(lines);

    press("PgDn PgDn / - 5 Enter");
    status_is("match 2 of 11   line 51 of 100");
    press("N");
    status_is("match 1 of 11   line 6 of 100");
    press("N");
    status_is("match 11 of 11   line 60 of 100");
    press("n");
    status_is("match 1 of 11   line 6 of 100");
    press("/ z");
    status_is("no match   line 3 of 100");
    end(console);
}
END_TEST

START_TEST(wide_characters_are_never_split)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    struct console *console;

    g_ptr_array_add(lines, g_strdup("x日本語日本語日本語日本語!"));
    console = begin(lines);
    /* 20 columns: one, nine of two, and the next has no room. Each stands in
     * both of its cells. */
    pager_set_wrap(shown, TRUE);
    draw(10, 20);
    text_has(console, "\n日日本本語語!");
    end(console);
}
END_TEST

/* But where half of the row would stay empty; and what is searched for is found in
 * its row. */
START_TEST(no_word_is_broken)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    GString *many = g_string_new(NULL);
    struct console *console;

    for (int i = 0; i < 40; i++)
        g_string_append(many, "abcdefghijklm ");
    g_string_append(many, "zz");
    g_ptr_array_add(lines, g_strdup("the store cannot be parsed at line one"));
    g_ptr_array_add(lines, g_strdup("in /var/lib/qubes/qubes.xml"));
    console = begin(lines);
    pager_set_wrap(shown, TRUE);
    draw(10, 20);
    text_has(console, "the store cannot be\nparsed at line one\n"
                      "in /var/lib/qubes/qu\nbes.xml\n");
    g_ptr_array_add(lines, g_string_free(g_steal_pointer(&many), FALSE));
    pager_set(shown, lines);
    draw(10, 20);
    press("/ z z Enter");
    text_has(console, "zz\n");
    end(console);
}
END_TEST

START_TEST(the_end_is_followed_until_one_leaves_it)
{
    g_autoptr(GPtrArray) lines = numbered(0, 50), more = numbered(0, 60);
    g_autoptr(GPtrArray) most = numbered(0, 70);
    struct console *console = begin(lines);

    pager_set_follow(shown, TRUE);
    draw(10, 20);
    status_is("line 41 of 50");
    pager_set(shown, more);
    draw(10, 20);
    status_is("line 51 of 60");
    press("k");
    ck_assert(!pager_at_end(shown));
    pager_set(shown, most);
    draw(10, 20);
    status_is("line 50 of 70");
    press("G");
    ck_assert(pager_at_end(shown));
    end(console);
}
END_TEST

START_TEST(a_match_to_the_right_is_brought_in)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *blank = g_strnfill(300, '-');
    struct console *console;

    g_ptr_array_add(lines, g_strconcat(blank, "here", blank, NULL));
    console = begin(lines);
    press("/ h e r e");
    text_has(console, "here");
    press("Enter w");
    text_has(console, "here");
    end(console);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_line_of_100_mib_is_no_burden,
        a_million_lines_are_searched_in_slices,
        search_begins_where_one_is_and_comes_round,
        wide_characters_are_never_split,
        no_word_is_broken,
        the_end_is_followed_until_one_leaves_it,
        a_match_to_the_right_is_brought_in,
        NULL,
    };

    return suite_run("pager", tests);
}
