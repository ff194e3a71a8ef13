/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/tui/looks.h"

#include <string.h>

#include <check.h>
#include <curses.h>

static void looks_color(GString *text, const char *what, short color)
{
    if (color >= 0)
        g_string_append_printf(text, " %s %d", what, color);
}

/* " bold ink 214"; "" for none. */
static char *looks_of_cell(int y, int x)
{
    static const struct {
        attr_t bit;
        const char *word;
    } bits[] = {{A_BOLD, " bold"}, {A_REVERSE, " reverse"}, {A_UNDERLINE, " underline"}};
    GString *text = g_string_new(NULL);
    wchar_t wide[CCHARW_MAX + 1];
    short pair, ink = -1, ground = -1;
    cchar_t cell;
    attr_t attrs;

    mvwin_wch(curscr, y, x, &cell);
    getcchar(&cell, wide, &attrs, &pair, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bits); i++)
        if (attrs & bits[i].bit)
            g_string_append(text, bits[i].word);
    if (pair)
        pair_content(pair, &ink, &ground);
    looks_color(text, "ink", ink);
    looks_color(text, "ground", ground);
    return g_string_free(text, FALSE);
}

/* Its number in the legend; takes the text. */
static guint looks_number(GPtrArray *legend, char *look)
{
    guint n;

    if (g_ptr_array_find_with_equal_func(legend, look, g_str_equal, &n)) {
        g_free(look);
        return n;
    }
    g_ptr_array_add(legend, look);
    ck_assert_uint_lt(legend->len, 26);
    return legend->len - 1;
}

static void looks_line(GString *text, GPtrArray *legend, int y)
{
    int w = getmaxx(curscr);
    gsize used = text->len;

    for (int x = 0; x < w; x++) {
        char *look = looks_of_cell(y, x);
        gboolean plain = *look == '\0';
        guint n = plain ? (g_free(look), 0) : looks_number(legend, look);

        g_string_append_c(text, plain ? ' ' : (char)('A' + n));
        if (!plain)
            used = text->len;
    }
    g_string_truncate(text, used);
}

char *looks_text(const char *masked)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GPtrArray) legend = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(masked, "\n", -1);

    for (int y = 0; y < getmaxy(curscr); y++) {
        if (g_regex_match_simple("(^| |\\|)\\.{3}( |\\||$)", lines[y], 0, 0))
            g_string_append_c(text, '~');
        else
            looks_line(text, legend, y);
        g_string_append_c(text, '\n');
    }
    for (guint i = 0; i < legend->len; i++)
        g_string_append_printf(text, "--- %c%s\n", 'A' + (int)i,
                               (const char *)legend->pdata[i]);
    return g_string_free(text, FALSE);
}
