/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/list-private.h"

#include <string.h>

#define GAP 1
#define WIDE 110
#define BRANCHES 6 /* columns more for the lines of a tree */

/* --- columns --- */

/* Widths of the columns for a total; 0: not shown. */
struct layout {
    int width[LIST_COLUMNS_MAX];
};

static int list_layout_used(const struct list *list, const struct layout *layout)
{
    int used = 1;

    for (guint i = 0; i < list->n_columns; i++)
        if (layout->width[i])
            used += layout->width[i] + GAP;
    return used - GAP;
}

gboolean list_is_wide_class(const struct list *list)
{
    return list->area.w >= WIDE;
}

guint32 *list_hides(struct list *list)
{
    return &list->hides[list_is_wide_class(list)];
}

static int list_layout_last(const struct list *list, const struct layout *layout)
{
    for (int i = (int)list->n_columns - 1; i >= 0; i--)
        if (layout->width[i] && list->spec.columns[i].rank > 0)
            return i;
    return -1;
}

/* The column to be left out next. */
static int list_layout_worst(const struct list *list, const struct layout *layout)
{
    int worst = -1;

    if (list->wide)
        return list_layout_last(list, layout);

    for (guint i = 0; i < list->n_columns; i++)
        if (layout->width[i] && list->spec.columns[i].rank > 0 &&
            (worst < 0 || list->spec.columns[i].rank >=
                              list->spec.columns[worst].rank))
            worst = (int)i;
    return worst;
}

static void list_layout_grow(const struct list *list, struct layout *layout,
                             int room)
{
    gboolean grew = TRUE;

    while (room > 0 && grew) {
        grew = FALSE;
        for (guint i = 0; i < list->n_columns && room > 0; i++)
            if (layout->width[i] &&
                layout->width[i] < list->spec.columns[i].max) {
                layout->width[i]++;
                room--;
                grew = TRUE;
            }
    }
}

static struct layout list_layout(struct list *list, int width)
{
    struct layout layout = {{0}};
    guint skipped = 0;
    int worst;

    for (guint i = 0; i < list->n_columns; i++) {
        const struct list_column *column = &list->spec.columns[i];

        if (*list_hides(list) & (1u << i))
            continue;
        if (column->rank > 0 && skipped < list->skip)
            skipped++;
        else
            layout.width[i] = list->wide ? column->max : column->min;
        if (list->tree && i == list->spec.trunk)
            layout.width[i] += BRANCHES;
    }
    list->hidden = 0;
    while (list_layout_used(list, &layout) > width &&
           (worst = list_layout_worst(list, &layout)) >= 0) {
        layout.width[worst] = 0;
        list->hidden++;
    }
    list_layout_grow(list, &layout, width - list_layout_used(list, &layout));
    return layout;
}

/* --- drawing --- */

static void list_draw_heads(const struct list *list, const struct layout *layout,
                            struct rect area)
{
    int x = area.x + 1;

    draw_fill((struct rect){area.y, area.x, 1, area.w}, STYLE_HEAD);
    for (guint i = 0; i < list->n_columns; i++) {
        const struct list_column *column = &list->spec.columns[i];
        int width = MIN(layout->width[i], area.x + area.w - x);

        if (layout->width[i] == 0)
            continue;
        (column->align == TEXT_RIGHT ? draw_text_right : draw_text)(
            area.y, x, width, STYLE_HEAD, column->title);
        x += layout->width[i] + GAP;
    }
}

/* Puts the lines of a tree before the text and makes the rest of the place for
 * it; what is very deep shows its last levels. */
static void list_draw_lines(const struct list *list, const char *id,
                            struct rect *place, enum style style)
{
    const char *lines = g_hash_table_lookup(list->branches, id);
    gsize levels = lines ? strlen(lines) : 0;
    gsize room = (gsize)MAX(place->w / 2 - 3, 0);
    int used = 2 * (int)MIN(levels, room);

    if (used == 0)
        return;
    draw_text(place->y, place->x, used, style, "");
    draw_branches(place->y, place->x, style, lines + levels - (gsize)used / 2);
    place->x += used;
    place->w -= used;
}

static void list_draw_cell(const struct list *list, guint column, const char *id,
                           struct rect place, gboolean selected)
{
    const struct list_column *row = &list->spec.columns[column];
    gconstpointer item = list_item(list, id);
    g_autofree char *text = row->text(item, list->spec.data);
    enum style style = STYLE_SELECTED;

    if (!selected)
        style = row->style ? row->style(item, list->spec.data) : STYLE_NORMAL;
    if (list->branches && column == list->spec.trunk)
        list_draw_lines(list, id, &place, style);
    (row->align == TEXT_RIGHT ? draw_text_right : draw_text)(place.y, place.x,
                                                             place.w, style, text);
}

static void list_draw_row(const struct list *list, const struct layout *layout,
                          struct rect line, guint index)
{
    const char *id = list->shown->pdata[index];
    gboolean selected = index == list->index;
    int x = line.x + 1;

    if (!list_item(list, id))
        return;
    if (selected)
        draw_fill(line, STYLE_SELECTED);
    if (g_hash_table_contains(list->marks, id))
        draw_text(line.y, line.x, 1, selected ? STYLE_SELECTED : STYLE_STRONG, "*");
    for (guint i = 0; i < list->n_columns; i++) {
        struct rect place = {line.y, x, 1, MIN(layout->width[i],
                                               line.x + line.w - x)};

        if (layout->width[i] == 0)
            continue;
        list_draw_cell(list, i, id, place, selected);
        x += layout->width[i] + GAP;
    }
}

int list_column_at(struct list *list, int x)
{
    struct layout layout = list_layout(list, list->area.w);
    int end = list->area.x + 1;

    for (guint i = 0; i < list->n_columns; i++) {
        if (layout.width[i] == 0)
            continue;
        end += layout.width[i] + GAP;
        if (x < end)
            return (int)i;
    }
    return -1;
}

static void list_scroll(struct list *list, guint page)
{
    list->page = MAX(page, 1);
    if (list->index < list->top)
        list->top = list->index;
    if (list->index >= list->top + list->page)
        list->top = list->index - list->page + 1;
    if (list->top + list->page > list->shown->len)
        list->top = list->shown->len > list->page
                        ? list->shown->len - list->page : 0;
}

void list_draw(struct list *list, struct rect area)
{
    struct layout layout;

    list->area = area;
    layout = list_layout(list, area.w);
    list_scroll(list, area.h > 1 ? (guint)area.h - 1 : 0);
    list_draw_heads(list, &layout, area);
    list->line = area.y;
    draw_cursor(area.y, area.x);
    for (guint i = 0; i < list->page; i++) {
        guint index = list->top + i;
        struct rect line = {area.y + 1 + (int)i, area.x, 1, area.w};

        if (index >= list->shown->len || (int)i + 1 >= area.h)
            break;
        list_draw_row(list, &layout, line, index);
        if (index == list->index) {
            list->line = line.y;
            draw_cursor(line.y, line.x);
        }
    }
    if (list->prompt)
        list_prompt_draw(list);
}
