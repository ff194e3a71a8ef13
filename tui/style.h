/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What things mean on the screen, and how that looks on terminals with none,
 * 8 or 256 colours. Red and green never stand alone: a letter says the same. */
#pragma once

#include <glib.h>

enum style {
    STYLE_NORMAL,
    STYLE_TITLE,
    STYLE_FOOTER,
    STYLE_HEAD,
    STYLE_SELECTED,
    STYLE_DIM,
    STYLE_STRONG,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_METER,
    STYLE_BOX,
    STYLE_FIELD,
    STYLE_BUTTON,
    STYLE_FOCUS,
    STYLE_RED,
    STYLE_ORANGE,
    STYLE_YELLOW,
    STYLE_GREEN,
    STYLE_GRAY,
    STYLE_BLUE,
    STYLE_PURPLE,
    STYLE_BLACK,
    STYLE_COUNT,
};

/* -1: the theme's own, which is the terminal's own if it has none. */
struct style_look {
    short ink, ground;
    gboolean bold, reverse, underline;
};

enum theme {
    THEME_DEFAULT,
    THEME_LIGHT,
    THEME_MONO,
    THEME_HIGH_CONTRAST,
    THEME_BLUE_YELLOW,
    THEME_COUNT,
};
/* By enum theme, then NULL. */
extern const char *const style_theme_names[];

/* colors: what the terminal has; less than 8 is mono. */
struct style_look style_look(enum theme theme, enum style style, int colors);

/* Three letters and a style for the name of a label; unknown labels are cut to
 * three bytes by the caller's column. */
enum style style_of_label(const char *name);
const char *style_label_letters(const char *name);
