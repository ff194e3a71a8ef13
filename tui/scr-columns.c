/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns of a list are shown, on a terminal as wide as this one. */
#include "config.h"

#include "tui/dialog.h"
#include "tui/list-private.h"
#include "tui/screens.h"

#define WIDTH 44

struct columns {
    struct list *list; /* of the screen below, which is not closed before this */
    GArray *indexes;   /* guint; those that may be left out */
    guint focus, top;
};

static struct columns *columns_of(const struct screen *screen)
{
    return screen->data;
}

static void columns_open_screen(struct screen *screen, gconstpointer list)
{
    struct columns *columns = screen->data;
    const struct screen *below = list;

    columns->list = below->class->list(below);
    columns->indexes = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < columns->list->n_columns; i++)
        if (columns->list->spec.columns[i].rank > 0)
            g_array_append_val(columns->indexes, i);
}

void columns_open(struct screen *below)
{
    app_push(below->app, &screen_columns, below);
}

static void columns_close(struct screen *screen)
{
    g_array_unref(columns_of(screen)->indexes);
}

static guint columns_index(const struct columns *columns, guint line)
{
    return g_array_index(columns->indexes, guint, line);
}

/* --- drawing --- */

static void columns_draw_line(const struct columns *columns, guint line,
                              struct rect place)
{
    const struct list *list = columns->list;
    guint index = columns_index(columns, line);
    gboolean shown = !(*list_hides(columns->list) & (1u << index));
    gboolean focused = line == columns->focus;
    enum style style = focused ? STYLE_SELECTED : STYLE_NORMAL;

    draw_fill(place, style);
    draw_format(place.y, place.x, place.w, style, "[%c] %s", shown ? 'x' : ' ',
                list->spec.columns[index].title);
    if (focused)
        draw_cursor(place.y, place.x + 1);
}

static void columns_draw(struct screen *screen, struct rect area)
{
    struct columns *columns = screen->data;
    guint n = columns->indexes->len;
    struct rect size = {0, 0, (int)n + 2, WIDTH};
    struct rect inside =
        dialog_box(screen, area, size,
                   list_is_wide_class(columns->list) ? "Columns, 110 and wider"
                                                     : "Columns, up to 109 wide");
    guint room = (guint)MAX(inside.h, 1);

    dialog_scroll(&columns->top, columns->focus, room, n);
    for (guint i = 0; (int)i < inside.h && columns->top + i < n; i++)
        columns_draw_line(columns, columns->top + i,
                          (struct rect){inside.y + (int)i, inside.x, 1, inside.w});
    if (columns->top + room < n || columns->top)
        dialog_more(inside, columns->top, n - MIN(columns->top + room, n));
}

/* --- keys --- */

static void columns_key_up(struct screen *screen)
{
    columns_of(screen)->focus -= columns_of(screen)->focus > 0;
}

static void columns_key_down(struct screen *screen)
{
    struct columns *columns = screen->data;

    columns->focus += columns->focus + 1 < columns->indexes->len;
}

static void columns_key_turn(struct screen *screen)
{
    struct columns *columns = screen->data;

    *list_hides(columns->list) ^= 1u << columns_index(columns, columns->focus);
}

static void columns_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row columns_keys[] = {
    {"k Up", "up", NULL, NULL, KEYS_MOVE, NULL, columns_key_up, NULL},
    {"j Down", "down", NULL, "one line", KEYS_MOVE, NULL, columns_key_down, NULL},
    {"Space", "turn", "show, hide", "show or hide the column", KEYS_SHOW, NULL,
     columns_key_turn, NULL},
    {"Esc q o Enter", "close", "close", "close", KEYS_ANYWHERE, NULL,
     columns_key_close, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_columns = {
    .name = "columns",
    .title = "columns of a list",
    .kind = SCREEN_POPUP,
    .keys = columns_keys,
    .size = sizeof(struct columns),
    .open = columns_open_screen,
    .close = columns_close,
    .draw = columns_draw,
};
