/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/style.h"

#define PLAIN {-1, FALSE, FALSE, FALSE}
#define BOLD {-1, TRUE, FALSE, FALSE}
#define REVERSE {-1, FALSE, TRUE, FALSE}
#define UNDERLINE {-1, FALSE, FALSE, TRUE}
#define INK(n) {n, FALSE, FALSE, FALSE}
#define STRONG_INK(n) {n, TRUE, FALSE, FALSE}

struct style_row {
    struct style_look mono, eight, many;
};

/* clang-format off */
static const struct style_row style_rows[STYLE_COUNT] = {
    /*                  mono       8 colours      256 colours */
    [STYLE_NORMAL]   = {PLAIN,     PLAIN,         PLAIN},
    [STYLE_TITLE]    = {REVERSE,   REVERSE,       REVERSE},
    [STYLE_FOOTER]   = {REVERSE,   REVERSE,       REVERSE},
    [STYLE_KEY]      = {{-1, TRUE, TRUE, FALSE}, {-1, TRUE, TRUE, FALSE},
                        {-1, TRUE, TRUE, FALSE}},
    [STYLE_HEAD]     = {BOLD,      BOLD,          BOLD},
    [STYLE_SELECTED] = {REVERSE,   REVERSE,       REVERSE},
    [STYLE_DIM]      = {PLAIN,     PLAIN,         INK(245)},
    [STYLE_STRONG]   = {BOLD,      BOLD,          BOLD},
    [STYLE_GOOD]     = {BOLD,      INK(2),        INK(71)},
    [STYLE_WARN]     = {BOLD,      STRONG_INK(3), STRONG_INK(214)},
    [STYLE_BAD]      = {BOLD,      STRONG_INK(1), STRONG_INK(203)},
    [STYLE_METER]    = {PLAIN,     INK(6),        INK(73)},
    [STYLE_BOX]      = {PLAIN,     PLAIN,         PLAIN},
    [STYLE_FIELD]    = {UNDERLINE, UNDERLINE,     UNDERLINE},
    [STYLE_BUTTON]   = {PLAIN,     PLAIN,         PLAIN},
    [STYLE_FOCUS]    = {REVERSE,   REVERSE,       REVERSE},
    [STYLE_RED]      = {PLAIN,     STRONG_INK(1), INK(203)},
    [STYLE_ORANGE]   = {PLAIN,     INK(3),        INK(208)},
    [STYLE_YELLOW]   = {PLAIN,     STRONG_INK(3), INK(220)},
    [STYLE_GREEN]    = {PLAIN,     INK(2),        INK(71)},
    [STYLE_GRAY]     = {PLAIN,     PLAIN,         INK(245)},
    [STYLE_BLUE]     = {PLAIN,     STRONG_INK(4), INK(75)},
    [STYLE_PURPLE]   = {PLAIN,     INK(5),        INK(134)},
    [STYLE_BLACK]    = {REVERSE,   REVERSE,       REVERSE},
};

static const struct {
    const char *name, *letters;
    enum style style;
} label_rows[] = {
    {"red",    "red", STYLE_RED},
    {"orange", "org", STYLE_ORANGE},
    {"yellow", "yel", STYLE_YELLOW},
    {"green",  "grn", STYLE_GREEN},
    {"gray",   "gry", STYLE_GRAY},
    {"blue",   "blu", STYLE_BLUE},
    {"purple", "pur", STYLE_PURPLE},
    {"black",  "blk", STYLE_BLACK},
};
/* clang-format on */

struct style_look style_look(enum style style, int colors)
{
    const struct style_row *row = &style_rows[style];

    if (colors >= 256)
        return row->many;
    return colors >= 8 ? row->eight : row->mono;
}

enum style style_of_label(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(label_rows); i++)
        if (g_strcmp0(name, label_rows[i].name) == 0)
            return label_rows[i].style;
    return STYLE_NORMAL;
}

const char *style_label_letters(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(label_rows); i++)
        if (g_strcmp0(name, label_rows[i].name) == 0)
            return label_rows[i].letters;
    return name && *name ? name : "-";
}
