/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/list-private.h"

#include "tui/screens.h"
#include "tui/setting.h"
#include "tui/term.h"

static void list_move(struct screen *screen, gint64 by)
{
    struct list *list = list_of(screen);
    gint64 index = (gint64)list->index + by;

    list_select(list, index < 0 ? 0 : (guint)MIN(index, G_MAXINT));
}

static void list_key_up(struct screen *screen)
{
    list_move(screen, -1);
}

static void list_key_down(struct screen *screen)
{
    list_move(screen, 1);
}

static void list_key_half_up(struct screen *screen)
{
    list_move(screen, -(gint64)(list_of(screen)->page + 1) / 2);
}

static void list_key_half_down(struct screen *screen)
{
    list_move(screen, (gint64)(list_of(screen)->page + 1) / 2);
}

static void list_key_page_up(struct screen *screen)
{
    list_move(screen, -(gint64)list_of(screen)->page);
}

static void list_key_page_down(struct screen *screen)
{
    list_move(screen, (gint64)list_of(screen)->page);
}

static void list_key_first(struct screen *screen)
{
    list_move(screen, G_MININT);
}

static void list_key_last(struct screen *screen)
{
    list_move(screen, G_MAXINT);
}

static gboolean list_is_cut(const struct screen *screen)
{
    return list_of(screen)->hidden > 0 || list_of(screen)->skip > 0;
}

static void list_key_left(struct screen *screen)
{
    struct list *list = list_of(screen);

    if (list->skip > 0)
        list->skip--;
}

static void list_key_right(struct screen *screen)
{
    struct list *list = list_of(screen);

    if (list->hidden > 0)
        list->skip++;
}

static void list_key_wide(struct screen *screen)
{
    list_of(screen)->wide = !list_of(screen)->wide;
    list_of(screen)->skip = 0;
}

static void list_sort_by(struct list *list, int step)
{
    guint column = list->sort;

    do
        column = (column + list->n_columns + (guint)step) % list->n_columns;
    while (!list->spec.columns[column].sort);
    list->sort = column;
    list_arrange(list);
}

static void list_key_sort_left(struct screen *screen)
{
    list_sort_by(list_of(screen), -1);
}

static void list_key_sort_right(struct screen *screen)
{
    list_sort_by(list_of(screen), 1);
}

static void list_key_invert(struct screen *screen)
{
    struct list *list = list_of(screen);

    list->reversed = !list->reversed;
    list_arrange(list);
}

/* The heading of the column it is sorted by turns the order round. */
static void list_click_head(struct list *list, int x)
{
    int column = list_column_at(list, x);

    if (column < 0 || !list->spec.columns[column].sort)
        return;
    list->reversed = (guint)column == list->sort && !list->reversed;
    list->sort = (guint)column;
    list_arrange(list);
}

static void list_key_click(struct screen *screen)
{
    struct list *list = list_of(screen);
    int y, x;

    term_click(&y, &x);
    y -= list->area.y;
    if (y == 0)
        list_click_head(list, x);
    else if (y > 0 && y < list->area.h && list->top + (guint)y <= list->shown->len)
        list_select(list, list->top + (guint)y - 1);
}

static gboolean list_has_mouse(const struct screen *screen)
{
    return setting_is("mouse", "on");
}

/* clang-format off */
const struct key_row list_keys[] = {
    {"k Up", "up", NULL, NULL, KEYS_MOVE, NULL, list_key_up, NULL},
    {"j Down", "down", NULL, "one line", KEYS_MOVE, NULL, list_key_down, NULL},
    {"Ctrl-U", "half-up", NULL, NULL, KEYS_MOVE, NULL, list_key_half_up, NULL},
    {"Ctrl-D", "half-down", NULL, "half a page", KEYS_MOVE, NULL,
     list_key_half_down, NULL},
    {"PgUp", "page-up", NULL, NULL, KEYS_MOVE, NULL, list_key_page_up, NULL},
    {"PgDn", "page-down", NULL, "a page", KEYS_MOVE, NULL, list_key_page_down,
     NULL},
    {"g Home", "first", NULL, NULL, KEYS_MOVE, NULL, list_key_first, NULL},
    {"G End", "last", NULL, "first, last", KEYS_MOVE, NULL, list_key_last, NULL},
    {"h Left", "left", NULL, NULL, KEYS_MOVE, NULL, list_key_left, list_is_cut},
    {"l Right", "right", NULL, "cut columns", KEYS_MOVE, NULL,
     list_key_right, list_is_cut},
    {"<", "sort-left", NULL, NULL, KEYS_SHOW, NULL, list_key_sort_left, NULL},
    {">", "sort-right", NULL, "sort by another column", KEYS_SHOW, NULL,
     list_key_sort_right, NULL},
    {"I", "invert", NULL, "turn the order round", KEYS_SHOW, NULL,
     list_key_invert, NULL},
    {"o", "columns", NULL, "choose the columns", KEYS_SHOW, NULL,
     columns_open, NULL},
    {"w", "wide", NULL, "wide columns", KEYS_SHOW, NULL, list_key_wide, NULL},
    {"Click", "click", NULL, "select; on a heading: sort", KEYS_SHOW,
     NULL, list_key_click, list_has_mouse},
    {NULL},
};
/* clang-format on */
