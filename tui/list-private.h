/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the list share: list.c has its rows and their order,
 * list-mark.c marks and prompts, list-draw.c columns and cells, list-keys.c
 * the keys, list-state.c what is remembered, scr-columns.c what is shown. */
#pragma once

#include "tui/field.h"
#include "tui/list.h"
#include "tui/screen.h"

#define LIST_COLUMNS_MAX 24

struct list {
    struct list_spec spec;
    guint n_columns;
    GPtrArray *ids;   /* all, char * */
    GPtrArray *shown; /* borrowed from ids: filtered and sorted */
    char *selected;
    guint index;      /* of the selected row among the shown */
    guint top;        /* first row on the screen */
    guint page;       /* rows drawn last */
    int line;         /* screen line of the selected row */
    struct rect area; /* where it was drawn last */
    GHashTable *marks; /* ids */
    char *filter;
    struct field *prompt; /* while a pattern is being typed, else NULL */
    char asked;       /* for it: '/', '+' or '-' */
    char *before;     /* the filter when '/' was pressed */
    guint sort;
    gboolean reversed;
    guint skip;       /* columns scrolled away to the left */
    guint hidden;     /* columns that had no room, last time */
    guint32 hides[2]; /* bits of columns the user does not want, by width */
    gboolean tree;    /* rows stand under their parents */
    GHashTable *branches; /* what is drawn before those; NULL: no tree */
    gboolean wide;    /* each column as wide as it may be, the rest scrolls */
};

/* Of a screen whose class has one. */
struct list *list_of(const struct screen *screen);
gconstpointer list_item(const struct list *list, const char *id);
/* Filters and sorts again, and finds the selected row. */
void list_arrange(struct list *list);
/* Takes the nearest row there is. */
void list_select(struct list *list, guint index);
/* TRUE if the name of the row has the text in it, or is like a pattern with
 * `*` and `?`. */
gboolean list_is_like(const struct list *list, const char *id,
                      const char *pattern);

/* The columns not wanted on a terminal as wide as the one drawn on last. */
gboolean list_is_wide_class(const struct list *list);
guint32 *list_hides(struct list *list);
/* The column whose heading covers that place of the area drawn last; -1: none. */
int list_column_at(struct list *list, int x);

/* Drops the marks of what is gone. */
void list_marks_sweep(struct list *list);
void list_prompt_open(struct list *list, char asked);
void list_prompt_draw(const struct list *list);
