/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What things mean on the screen, and how that looks on terminals with none,
 * 8 or 256 colours. Red and green never stand alone: a letter says the same. */
#pragma once

#include <glib.h>

enum style {
    STYLE_NORMAL,
    STYLE_TITLE,
    STYLE_FOOTER,
    STYLE_KEY,
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

struct style_look {
    short color; /* foreground, -1: the terminal's own */
    gboolean bold, reverse, underline;
};

/* colors: what the terminal has; less than 8 is mono. */
struct style_look style_look(enum style style, int colors);

/* Three letters and a style for the name of a label; unknown labels are cut to
 * three bytes by the caller's column. */
enum style style_of_label(const char *name);
const char *style_label_letters(const char *name);
