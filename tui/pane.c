/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/pane.h"

#include <stdarg.h>
#include <string.h>

#include "tui/app.h"
#include "tui/list.h"

#define HEIGHT_EVENTS 30
#define HEIGHT_LARGE 36
#define HEIGHT_DETAIL 22
#define WIDTH_DETAIL 110
#define LINES_LARGE 9
#define LINES_MIDDLE 6
#define LINES_SMALL 4
#define TIME_WIDTH 8
#define SUBJECT_WIDTH 12

#define REST_US (120 * G_TIME_SPAN_MILLISECOND)

struct pane_text {
    enum style style;
    char *text;
};

struct panes {
    gboolean no_events;
    char asked[37];    /* whose volumes were asked for last */
    const struct screen *of; /* the view they belong to */
    char *shown, *wanted; /* what the details are of, what is selected */
    GArray *lines;     /* struct pane_text: the details */
    gint64 due_us;     /* when those of another one are shown; 0: they are */
};

struct pane {
    GArray *lines;
    int room;
};

static void pane_text_clear(gpointer data)
{
    g_free(((struct pane_text *)data)->text);
}

struct panes *panes_new(void)
{
    struct panes *panes = g_new0(struct panes, 1);

    panes->lines = g_array_new(FALSE, FALSE, sizeof(struct pane_text));
    g_array_set_clear_func(panes->lines, pane_text_clear);
    return panes;
}

void panes_free(struct panes *panes)
{
    g_array_unref(panes->lines);
    g_free(panes->shown);
    g_free(panes->wanted);
    g_free(panes);
}

gint64 panes_due(const struct panes *panes)
{
    return panes->due_us;
}

gboolean panes_toggle_events(struct panes *panes)
{
    int h, w;

    draw_size(&h, &w);
    if (h < HEIGHT_EVENTS)
        return FALSE;
    panes->no_events = !panes->no_events;
    return TRUE;
}

static void pane_draw_head(struct rect line, const char *title)
{
    int used = draw_format(line.y, line.x, line.w, STYLE_STRONG, "%s ", title);

    draw_line(line.y, line.x + used, line.w - used, STYLE_BOX);
}

/* --- details --- */

int pane_room(const struct pane *pane)
{
    return pane->room - (int)pane->lines->len;
}

void pane_line(struct pane *pane, enum style style, const char *format, ...)
{
    struct pane_text line = {.style = style};
    va_list args;

    if (pane_room(pane) <= 0)
        return;
    va_start(args, format);
    line.text = g_strdup_vprintf(format, args);
    va_end(args);
    g_array_append_val(pane->lines, line);
}

/* Figures of volumes are not followed, so they are asked for when they come
 * into sight. */
static void panes_ask(struct panes *panes, struct screen *view)
{
    const char *uuid = view->class->subject ? view->class->subject(view) : NULL;

    if (!uuid || strcmp(uuid, panes->asked) == 0)
        return;
    g_strlcpy(panes->asked, uuid, sizeof(panes->asked));
    engine_request_volumes(app_engine(view->app), uuid);
}

/* They are not in sight. */
static void panes_forget(struct panes *panes)
{
    panes->of = NULL;
    panes->due_us = 0;
}

/* FALSE: another one was selected a moment ago. Who runs through the list has
 * no use for the details of each, and they are most of the bytes of a key. */
static gboolean panes_rest(struct panes *panes, const char *selected)
{
    gint64 now = g_get_monotonic_time();

    if (!panes->shown || strcmp(selected, panes->shown) == 0)
        panes->due_us = 0;
    else if (g_strcmp0(selected, panes->wanted) != 0)
        panes->due_us = now + REST_US;
    g_free(panes->wanted);
    panes->wanted = g_strdup(selected);
    if (panes->due_us > now)
        return FALSE;
    panes->due_us = 0;
    return TRUE;
}

static void panes_fill(struct panes *panes, struct screen *view, int room)
{
    const struct list *list = view->class->list(view);
    const char *selected = list_selected(list) ? list_selected(list) : "";
    struct pane pane = {panes->lines, room};

    if (panes->of != view)
        g_clear_pointer(&panes->shown, g_free);
    panes->of = view;
    if (!panes_rest(panes, selected))
        return;
    g_free(panes->shown);
    panes->shown = g_strdup(selected);
    g_array_set_size(panes->lines, 0);
    panes_ask(panes, view);
    view->class->detail(view, &pane);
}

static void panes_draw_detail(struct panes *panes, struct screen *view,
                              struct rect area, int columns)
{
    int h = area.h - 1, width = area.w / columns;

    panes_fill(panes, view, h * columns);
    pane_draw_head((struct rect){area.y, area.x, 1, area.w}, "Selected:");
    for (int i = 0; i < MIN((int)panes->lines->len, h * columns); i++) {
        const struct pane_text *line =
            &g_array_index(panes->lines, struct pane_text, i);

        draw_text(area.y + 1 + i % h, area.x + i / h * width, width - 1, line->style,
                  line->text);
    }
}

/* --- events --- */

static void pane_draw_event(const struct journal_entry *entry, struct rect line)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);
    g_autofree char *time = g_date_time_format(at, "%H:%M:%S");
    int x = line.x + TIME_WIDTH + 1;

    draw_text(line.y, line.x, TIME_WIDTH, STYLE_DIM, time);
    draw_text(line.y, x, SUBJECT_WIDTH, STYLE_NORMAL,
              *entry->subject ? entry->subject : "-");
    x += SUBJECT_WIDTH + 1;
    draw_text(line.y, x, line.x + line.w - x,
              entry->warning ? STYLE_WARN : STYLE_NORMAL, entry->brief);
}

static void panes_draw_events(const struct journal *journal, struct rect area)
{
    guint n = journal_length(journal);

    pane_draw_head((struct rect){area.y, area.x, 1, area.w}, "Events");
    for (guint i = 0; i < n && (int)i < area.h - 1; i++)
        pane_draw_event(journal_at(journal, n - 1 - i),
                        (struct rect){area.y + 1 + (int)i, area.x, 1, area.w});
}

/* --- both --- */

static int panes_height(int h, gboolean events, gboolean detail)
{
    if (!events && !detail)
        return 0;
    if (h < HEIGHT_EVENTS)
        return LINES_SMALL;
    return events && detail && h >= HEIGHT_LARGE ? LINES_LARGE : LINES_MIDDLE;
}

static void panes_draw_both(struct panes *panes, struct screen *view,
                            struct rect area)
{
    int half = area.w / 2;
    struct rect left = {area.y, area.x, area.h, half};
    struct rect right = {area.y, area.x + half + 2, area.h, area.w - half - 2};

    panes_draw_detail(panes, view, left, 1);
    draw_upright(area.y, area.x + half, area.h, STYLE_BOX);
    panes_draw_events(app_journal(view->app), right);
}

struct rect panes_draw(struct panes *panes, struct screen *view, struct rect body)
{
    const struct screen_class *class = view->class;
    gboolean events, detail;
    int h, w;

    draw_size(&h, &w);
    events = class->panes && !panes->no_events && h >= HEIGHT_EVENTS;
    detail = class->panes && class->detail && w >= WIDTH_DETAIL && h >= HEIGHT_DETAIL;
    if (!detail)
        panes_forget(panes);
    int height = panes_height(h, events, detail);
    struct rect area = {body.y + body.h - height, body.x, height, body.w};
    if (events && detail)
        panes_draw_both(panes, view, area);
    else if (events)
        panes_draw_events(app_journal(view->app), area);
    else if (detail)
        panes_draw_detail(panes, view, area, 2);
    body.h -= height;
    return body;
}
