/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long text: moved through, searched, wrapped or scrolled sideways. Only the
 * lines on the screen are laid out, of a line at most PAGER_LINE_MAX bytes are
 * looked at, and a search goes on in slices between the turns of the loop: no
 * text is so long that a key waits for it. */
#pragma once

#include "tui/draw.h"
#include "tui/key.h"

#define PAGER_LINE_MAX 16384

struct pager_spec {
    enum style (*style)(const char *line, gpointer data); /* NULL: normal */
    void (*changed)(gpointer data); /* a search found more: draw; NULL ok */
    gpointer data;
    gboolean titles; /* a line that begins with "-- " goes to draw_dashed() */
};

struct pager;
struct pager *pager_new(const struct pager_spec *spec);
void pager_free(struct pager *pager);

/* The text from now on: char *, not changed afterwards; takes a reference. The
 * first line shown stays, but at the end of the text it stays at the end if it
 * follows. A search is made again. */
void pager_set(struct pager *pager, GPtrArray *lines);
guint pager_lines(const struct pager *pager);
void pager_rewind(struct pager *pager); /* to the first line */
void pager_move(struct pager *pager, int pages); /* down, or up if negative */
void pager_set_wrap(struct pager *pager, gboolean wrap);
gboolean pager_wraps(const struct pager *pager);
void pager_set_follow(struct pager *pager, gboolean follow); /* goes to the end */
gboolean pager_follows(const struct pager *pager);
/* As drawn last: nothing is below what is shown. */
gboolean pager_at_end(const struct pager *pager);
gboolean pager_searches(const struct pager *pager); /* a search is on */

/* Puts the cursor on the match or the first line. */
void pager_draw(struct pager *pager, struct rect area);
/* "match 2 of 3   line 9 of 812", "" if all of it is seen; caller frees. */
char *pager_status(const struct pager *pager);

/* For the callback of a screen: TRUE if the key went into the search text. */
gboolean pager_typed(struct pager *pager, int key);
gboolean pager_typing(const struct pager *pager);
/* The search text and what was found, with the cursor in it while typed. */
void pager_draw_search(const struct pager *pager, struct rect line,
                       enum style style);

/* Adds a text to lines: broken at blanks to the width, `head` before its first
 * line, the others indented as far; at least one line. Where that leaves no room
 * for the text, the head is a line of its own. */
struct pager_fold {
    GPtrArray *lines;
    int indent, width;
};
void pager_fold(const struct pager_fold *fold, const char *head,
                const char *untrusted);

/* Movement and search: for screens whose class names its pager. */
extern const struct key_row pager_keys[];
/* What ends the typing of a search. */
extern const struct key_row pager_field_keys[];
