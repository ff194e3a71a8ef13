/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/list.h"

#include <string.h>

#include "tui/screen.h"

#define GAP 1
#define COLUMNS_MAX 24

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
    char *filter;
    guint sort;
    gboolean reversed;
    guint skip;       /* columns scrolled away to the left */
    guint hidden;     /* columns that had no room, last time */
};

struct list *list_new(const struct list_spec *spec)
{
    struct list *list = g_new0(struct list, 1);

    list->spec = *spec;
    list->ids = g_ptr_array_new_with_free_func(g_free);
    list->shown = g_ptr_array_new();
    list->filter = g_strdup("");
    list->page = 1;
    while (spec->columns[list->n_columns].title)
        list->n_columns++;
    g_assert(list->n_columns <= COLUMNS_MAX);
    while (!spec->columns[list->sort].sort)
        list->sort++;
    return list;
}

void list_free(struct list *list)
{
    g_ptr_array_unref(list->ids);
    g_ptr_array_unref(list->shown);
    g_free(list->selected);
    g_free(list->filter);
    g_free(list);
}

/* --- what is shown --- */

static gconstpointer list_item(const struct list *list, const char *id)
{
    return list->spec.item(id, list->spec.data);
}

static gboolean list_matches(const struct list *list, const char *id)
{
    gconstpointer item = list_item(list, id);

    if (!item || !*list->filter)
        return item != NULL;
    g_autofree char *name =
        g_utf8_casefold(list->spec.name(item, list->spec.data), -1);
    g_autofree char *part = g_utf8_casefold(list->filter, -1);
    return strstr(name, part) != NULL;
}

static int list_compare(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct list *list = data;
    gconstpointer one = list_item(list, *(const char *const *)a);
    gconstpointer two = list_item(list, *(const char *const *)b);
    const struct list_column *column = &list->spec.columns[list->sort];
    int order = column->compare(one, two, list->spec.data);

    if (order == 0)
        return list->spec.compare(one, two, list->spec.data);
    return list->reversed ? -order : order;
}

static void list_select(struct list *list, guint index)
{
    g_clear_pointer(&list->selected, g_free);
    list->index = 0;
    if (list->shown->len == 0)
        return;
    list->index = MIN(index, list->shown->len - 1);
    list->selected = g_strdup(list->shown->pdata[list->index]);
}

static void list_find_selected(struct list *list)
{
    for (guint i = 0; list->selected && i < list->shown->len; i++)
        if (strcmp(list->shown->pdata[i], list->selected) == 0) {
            list->index = i;
            return;
        }
    list_select(list, list->index);
}

static void list_arrange(struct list *list)
{
    g_ptr_array_set_size(list->shown, 0);
    for (guint i = 0; i < list->ids->len; i++)
        if (list_matches(list, list->ids->pdata[i]))
            g_ptr_array_add(list->shown, list->ids->pdata[i]);
    g_ptr_array_sort_with_data(list->shown, list_compare, list);
    list_find_selected(list);
}

void list_set(struct list *list, GPtrArray *ids)
{
    g_ptr_array_unref(list->ids);
    list->ids = ids;
    list_arrange(list);
}

void list_select_id(struct list *list, const char *id)
{
    g_free(list->selected);
    list->selected = g_strdup(id);
    list_find_selected(list);
}

const char *list_selected(const struct list *list)
{
    return list->selected;
}

guint list_shown(const struct list *list)
{
    return list->shown->len;
}

guint list_all(const struct list *list)
{
    return list->ids->len;
}

const char *list_filter(const struct list *list)
{
    return list->filter;
}

void list_set_filter(struct list *list, const char *text)
{
    g_free(list->filter);
    list->filter = g_strdup(text);
    list_arrange(list);
}

char *list_sort_text(const struct list *list)
{
    return g_strconcat(list->spec.columns[list->sort].sort,
                       list->reversed ? " reversed" : "", NULL);
}

int list_selected_line(const struct list *list)
{
    return list->line;
}

/* --- columns --- */

/* Widths of the columns for a total; 0: not shown. */
struct layout {
    int width[COLUMNS_MAX];
};

static int list_layout_used(const struct list *list, const struct layout *layout)
{
    int used = 1;

    for (guint i = 0; i < list->n_columns; i++)
        if (layout->width[i])
            used += layout->width[i] + GAP;
    return used - GAP;
}

static int list_layout_worst(const struct list *list, const struct layout *layout)
{
    int worst = -1;

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

        if (column->rank > 0 && skipped < list->skip)
            skipped++;
        else
            layout.width[i] = column->min;
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

static void list_draw_row(const struct list *list, const struct layout *layout,
                          struct rect line, gconstpointer item, gboolean selected)
{
    int x = line.x + 1;

    if (selected)
        draw_fill(line, STYLE_SELECTED);
    for (guint i = 0; i < list->n_columns; i++) {
        const struct list_column *column = &list->spec.columns[i];
        int width = MIN(layout->width[i], line.x + line.w - x);
        enum style style = STYLE_SELECTED;

        if (layout->width[i] == 0)
            continue;
        if (!selected)
            style = column->style ? column->style(item, list->spec.data)
                                  : STYLE_NORMAL;
        g_autofree char *text = column->text(item, list->spec.data);
        (column->align == TEXT_RIGHT ? draw_text_right : draw_text)(
            line.y, x, width, style, text);
        x += layout->width[i] + GAP;
    }
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
    struct layout layout = list_layout(list, area.w);

    list_scroll(list, area.h > 1 ? (guint)area.h - 1 : 0);
    list_draw_heads(list, &layout, area);
    list->line = area.y;
    draw_cursor(area.y, area.x);
    for (guint i = 0; i < list->page; i++) {
        guint index = list->top + i;
        struct rect line = {area.y + 1 + (int)i, area.x, 1, area.w};

        if (index >= list->shown->len || (int)i + 1 >= area.h)
            break;
        gconstpointer item = list_item(list, list->shown->pdata[index]);
        if (item)
            list_draw_row(list, &layout, line, item, index == list->index);
        if (index == list->index) {
            list->line = line.y;
            draw_cursor(line.y, line.x);
        }
    }
}

/* --- keys --- */

static struct list *list_of(const struct screen *screen)
{
    return screen->class->list(screen);
}

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
    {NULL},
};
/* clang-format on */
