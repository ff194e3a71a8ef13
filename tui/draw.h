/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting things on cells. draw_text() and its kin sanitise whatever they are
 * given and are the only way text reaches the terminal. Main thread, and only
 * between draw_begin() and draw_end(). Everything outside the screen is cut. */
#pragma once

#include <glib.h>

#include "tui/style.h"
#include "util/text.h"

struct rect {
    int y, x, h, w;
};

/* After each term_open(), and when one of the settings colour, theme or lines
 * was changed: takes what the terminal has and they allow. */
void draw_setup(void);
/* TRUE if the terminal takes its bytes slowly, or the user says so: figures and
 * the clock are not worth them then. */
gboolean draw_slow(void);

void draw_size(int *h, int *w);
/* An empty frame of the present size. */
void draw_begin(void);
/* TRUE if something differs from the frame sent last; what is drawn after the
 * question does not count. */
gboolean draw_changed(void);
/* Sends the difference to the terminal; nothing if nothing differs. */
void draw_end(void);
/* The next draw_end() repaints everything, whatever the terminal shows. */
void draw_repaint(void);

/* What the terminal shows, a line each, lines drawn as + - |. Caller frees. */
char *draw_picture(void);

/* Exactly `width` columns: padded with blanks, cut with '~'. */
void draw_text(int y, int x, int width, enum style style, const char *untrusted);
void draw_text_right(int y, int x, int width, enum style style,
                     const char *untrusted);
/* As wide as it is, at most `width`; the columns used. */
int draw_words(int y, int x, int width, enum style style, const char *untrusted);
int draw_format(int y, int x, int width, enum style style, const char *format,
                ...) G_GNUC_PRINTF(5, 6);
/* Words broken at blanks over at most area.h lines; the lines used. */
int draw_wrapped(struct rect area, enum style style, const char *untrusted);
/* Lines that draw_wrapped() would use without a limit. */
int draw_wrapped_height(int width, const char *untrusted);

void draw_fill(struct rect area, enum style style);
void draw_line(int y, int x, int width, enum style style);
void draw_upright(int y, int x, int height, enum style style);
/* A line with words in it: "-- work:private ----------". */
void draw_title(struct rect line, const char *untrusted);
/* The same of a text that has the dashes already. */
void draw_dashed(struct rect line, const char *untrusted);
/* The lines before a row of a tree, two columns for each character (tree.h). */
void draw_branches(int y, int x, enum style style, const char *branches);
/* A cleared area with a border. */
void draw_box(struct rect area, enum style style);
/* Where the terminal's own cursor rests after the frame: the selected row or
 * field. The last call counts. */
void draw_cursor(int y, int x);
