/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/style.h"

#define PLAIN {-1, -1, FALSE, FALSE, FALSE}
#define BOLD {-1, -1, TRUE, FALSE, FALSE}
#define REVERSE {-1, -1, FALSE, TRUE, FALSE}
#define BOLD_REVERSE {-1, -1, TRUE, TRUE, FALSE}
#define UNDERLINE {-1, -1, FALSE, FALSE, TRUE}
#define INK(n) {n, -1, FALSE, FALSE, FALSE}
#define BOLD_INK(n) {n, -1, TRUE, FALSE, FALSE}
#define ON(n, ground) {n, ground, FALSE, FALSE, FALSE}
#define BOLD_ON(n, ground) {n, ground, TRUE, FALSE, FALSE}

struct style_row {
    struct style_look mono, eight, many;
};

/* clang-format off */
static const struct style_row style_rows[STYLE_COUNT] = {
    /*                  mono          8 colours     256 colours */
    [STYLE_NORMAL]   = {PLAIN,        PLAIN,        PLAIN},
    [STYLE_TITLE]    = {REVERSE,      REVERSE,      ON(254, 238)},
    [STYLE_FOOTER]   = {REVERSE,      REVERSE,      ON(250, 238)},
    [STYLE_HEAD]     = {BOLD,         BOLD,         BOLD},
    [STYLE_SELECTED] = {REVERSE,      REVERSE,      REVERSE},
    [STYLE_DIM]      = {PLAIN,        PLAIN,        INK(245)},
    [STYLE_STRONG]   = {BOLD,         BOLD,         BOLD},
    [STYLE_GOOD]     = {BOLD,         INK(2),       INK(71)},
    [STYLE_WARN]     = {BOLD,         BOLD_INK(3),  BOLD_INK(214)},
    [STYLE_BAD]      = {BOLD,         BOLD_INK(1),  BOLD_INK(203)},
    [STYLE_METER]    = {PLAIN,        INK(6),       INK(73)},
    [STYLE_BOX]      = {PLAIN,        PLAIN,        PLAIN},
    [STYLE_FIELD]    = {UNDERLINE,    UNDERLINE,    UNDERLINE},
    [STYLE_BUTTON]   = {PLAIN,        PLAIN,        PLAIN},
    [STYLE_FOCUS]    = {REVERSE,      REVERSE,      REVERSE},
    [STYLE_RED]      = {PLAIN,        BOLD_INK(1),  INK(203)},
    [STYLE_ORANGE]   = {PLAIN,        INK(3),       INK(208)},
    [STYLE_YELLOW]   = {PLAIN,        BOLD_INK(3),  INK(220)},
    [STYLE_GREEN]    = {PLAIN,        INK(2),       INK(71)},
    [STYLE_GRAY]     = {PLAIN,        PLAIN,        INK(245)},
    /* The blue of eight colours cannot be read on black. */
    [STYLE_BLUE]     = {PLAIN,        BOLD_INK(6),  INK(75)},
    [STYLE_PURPLE]   = {PLAIN,        INK(5),       INK(134)},
    [STYLE_BLACK]    = {REVERSE,      REVERSE,      REVERSE},
};

/* Where a theme looks otherwise; ends with STYLE_COUNT. */
struct theme_row {
    enum style style;
    struct style_look eight, many;
};

static const struct theme_row same_rows[] = {{STYLE_COUNT, PLAIN, PLAIN}};

static const struct theme_row light_rows[] = {
    {STYLE_TITLE,  REVERSE,     ON(235, 252)},
    {STYLE_FOOTER, REVERSE,     ON(238, 252)},
    {STYLE_DIM,    PLAIN,       INK(242)},
    {STYLE_GOOD,   INK(2),      INK(28)},
    {STYLE_WARN,   BOLD_INK(5), BOLD_INK(130)},
    {STYLE_BAD,    BOLD_INK(1), BOLD_INK(160)},
    {STYLE_METER,  INK(4),      INK(30)},
    {STYLE_RED,    INK(1),      INK(160)},
    {STYLE_ORANGE, PLAIN,       INK(166)},
    {STYLE_YELLOW, PLAIN,       INK(94)},
    {STYLE_GREEN,  INK(2),      INK(28)},
    {STYLE_GRAY,   PLAIN,       INK(242)},
    {STYLE_BLUE,   INK(4),      INK(25)},
    {STYLE_PURPLE, INK(5),      INK(91)},
    {STYLE_COUNT,  PLAIN,       PLAIN},
};

static const struct theme_row high_contrast_rows[] = {
    {STYLE_NORMAL, BOLD,         PLAIN},
    {STYLE_TITLE,  REVERSE,      REVERSE},
    {STYLE_FOOTER, REVERSE,      REVERSE},
    {STYLE_DIM,    BOLD,         PLAIN},
    {STYLE_GOOD,   BOLD,         BOLD},
    {STYLE_WARN,   BOLD_INK(3),  BOLD_INK(226)},
    {STYLE_BAD,    BOLD_REVERSE, BOLD_REVERSE},
    {STYLE_METER,  BOLD,         PLAIN},
    {STYLE_BOX,    BOLD,         PLAIN},
    {STYLE_BUTTON, BOLD,         PLAIN},
    {STYLE_RED,    BOLD,         PLAIN},
    {STYLE_ORANGE, BOLD,         PLAIN},
    {STYLE_YELLOW, BOLD,         PLAIN},
    {STYLE_GREEN,  BOLD,         PLAIN},
    {STYLE_GRAY,   BOLD,         PLAIN},
    {STYLE_BLUE,   BOLD,         PLAIN},
    {STYLE_PURPLE, BOLD,         PLAIN},
    {STYLE_COUNT,  PLAIN,        PLAIN},
};

/* For eyes that cannot tell red from green: those two are yellow and blue. */
static const struct theme_row blue_yellow_rows[] = {
    {STYLE_GOOD,   INK(6),      INK(75)},
    {STYLE_WARN,   BOLD_INK(3), BOLD_INK(220)},
    {STYLE_BAD,    {3, -1, TRUE, TRUE, FALSE}, {220, -1, TRUE, TRUE, FALSE}},
    {STYLE_RED,    BOLD_INK(3), INK(220)},
    {STYLE_ORANGE, INK(3),      INK(222)},
    {STYLE_YELLOW, BOLD_INK(3), BOLD_INK(228)},
    {STYLE_GREEN,  INK(6),      INK(75)},
    {STYLE_BLUE,   BOLD_INK(6), BOLD_INK(75)},
    {STYLE_PURPLE, PLAIN,       INK(153)},
    {STYLE_COUNT,  PLAIN,       PLAIN},
};

static const struct {
    const struct theme_row *rows;
    int colors; /* at most so many */
    short ink_eight, ground_eight, ink_many, ground_many;
} themes[THEME_COUNT] = {
    [THEME_DEFAULT]       = {same_rows, G_MAXINT, -1, -1, -1, -1},
    [THEME_LIGHT]         = {light_rows, G_MAXINT, -1, -1, -1, -1},
    [THEME_MONO]          = {same_rows, 0, -1, -1, -1, -1},
    [THEME_HIGH_CONTRAST] = {high_contrast_rows, G_MAXINT, 7, 0, 231, 16},
    [THEME_BLUE_YELLOW]   = {blue_yellow_rows, G_MAXINT, -1, -1, -1, -1},
};

const char *const style_theme_names[] = {
    [THEME_DEFAULT] = "default",
    [THEME_LIGHT] = "light",
    [THEME_MONO] = "mono",
    [THEME_HIGH_CONTRAST] = "high-contrast",
    [THEME_BLUE_YELLOW] = "blue-yellow",
    [THEME_COUNT] = NULL,
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

static struct style_look style_of_theme(enum theme theme, enum style style,
                                        gboolean many)
{
    const struct style_row *base = &style_rows[style];

    for (const struct theme_row *row = themes[theme].rows;
         row->style != STYLE_COUNT; row++)
        if (row->style == style)
            return many ? row->many : row->eight;
    return many ? base->many : base->eight;
}

struct style_look style_look(enum theme theme, enum style style, int colors)
{
    gboolean many = colors >= 256;
    struct style_look look;

    if (MIN(colors, themes[theme].colors) < 8)
        return style_rows[style].mono;
    look = style_of_theme(theme, style, many);
    if (look.ink < 0)
        look.ink = many ? themes[theme].ink_many : themes[theme].ink_eight;
    if (look.ground < 0)
        look.ground = many ? themes[theme].ground_many : themes[theme].ground_eight;
    return look;
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
