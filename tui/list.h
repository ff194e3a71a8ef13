/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of rows: sorted, filtered, scrolled, one row selected. Rows are known
 * by an id (a UUID), never by a pointer, so the selection stays on its object
 * whatever the model does. Columns are rows of a table. */
#pragma once

#include "tui/draw.h"
#include "tui/key.h"

struct list_column {
    const char *title; /* NULL ends the table */
    int min, max;      /* columns; it grows as far as there is room */
    int rank;          /* 0: always shown, never scrolled away; else the
                          highest is left out first */
    enum text_align align;
    char *(*text)(gconstpointer item, gpointer data); /* caller frees */
    enum style (*style)(gconstpointer item, gpointer data); /* NULL: normal */
    const char *sort;  /* word for "sorted by"; NULL: cannot be sorted by */
    int (*compare)(gconstpointer a, gconstpointer b, gpointer data);
};

struct list_spec {
    const struct list_column *columns;
    /* The object of an id, NULL if it is gone; pointers live for one call. */
    gconstpointer (*item)(const char *id, gpointer data);
    const char *(*name)(gconstpointer item, gpointer data); /* for the filter */
    /* Order of rows that are equal in the column sorted by. */
    int (*compare)(gconstpointer a, gconstpointer b, gpointer data);
    gpointer data;
    /* For lists that can be a tree: the id of the parent, NULL if it has none, and
     * the column its lines are drawn in. */
    const char *(*parent)(const char *id, gpointer data);
    guint trunk;
};

struct list;
struct state;
struct list *list_new(const struct list_spec *spec);
void list_free(struct list *list);

/* The ids there are now, in any order; takes the array of char *, which owns
 * its texts. Keeps the selection, or takes the nearest row. */
void list_set(struct list *list, GPtrArray *ids);
/* NULL: nothing to select. */
const char *list_selected(const struct list *list);
/* Nothing changes if it is not shown. */
void list_select_id(struct list *list, const char *id);
guint list_shown(const struct list *list); /* after the filter */
guint list_all(const struct list *list);
const char *list_filter(const struct list *list); /* "": none */
void list_set_filter(struct list *list, const char *text);
/* Marked rows, shown or not. */
guint list_marked(const struct list *list);
/* Their ids, in the order shown, then those that are not shown; caller frees. */
char **list_marks(const struct list *list);
/* Sorts by the column of that word, if there is one. */
void list_order(struct list *list, const char *sort);
/* "state", or "state reversed". */
char *list_sort_text(const struct list *list);
/* "3 of 40 events  filter: x  sort: time", for state lines; caller frees. */
char *list_status(const struct list *list, const char *one, const char *many);

gboolean list_is_tree(const struct list *list);
void list_set_tree(struct list *list, gboolean tree);
gboolean list_is_wide(const struct list *list);
/* Takes order, filter and columns from the state, as kept under that name. */
void list_restore(struct list *list, const struct state *state, const char *name);
void list_keep(const struct list *list, struct state *state, const char *name);

/* Heading and rows, and the pattern being typed; puts the cursor on it or on
 * the selected row. */
void list_draw(struct list *list, struct rect area);
/* Where the selected row was drawn last, relative to nothing: a screen line. */
int list_selected_line(const struct list *list);

/* Movement, columns, sort: for screens whose class names its list. */
extern const struct key_row list_keys[];
/* Marks and filter, in this order: Esc clears one thing at a time. Their screens
 * have list_typed as `typed`. */
extern const struct key_row list_mark_keys[], list_filter_keys[];
/* A pattern is being typed; these rows end it. */
gboolean list_typing(const struct list *list);
extern const struct key_row list_field_keys[];
gboolean list_typed(struct screen *screen, int key);
