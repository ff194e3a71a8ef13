/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/pane.h"

#include <stdarg.h>
#include <string.h>

#include "tui/app.h"

#define HEIGHT_EVENTS 30
#define HEIGHT_LARGE 36
#define HEIGHT_DETAIL 22
#define WIDTH_DETAIL 110
#define LINES_LARGE 9
#define LINES_MIDDLE 6
#define LINES_SMALL 4
#define TIME_WIDTH 8
#define SUBJECT_WIDTH 12

struct panes {
    gboolean no_events;
    char asked[37]; /* whose volumes were asked for last */
};

struct pane {
    struct rect area;
    int columns; /* lines go on in the next one */
    int line;
};

struct panes *panes_new(void)
{
    return g_new0(struct panes, 1);
}

void panes_free(struct panes *panes)
{
    g_free(panes);
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
    return pane->area.h * pane->columns - pane->line;
}

void pane_line(struct pane *pane, enum style style, const char *format, ...)
{
    int width = pane->area.w / pane->columns;
    int column = pane->line / pane->area.h;
    va_list args;

    if (column >= pane->columns)
        return;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    draw_text(pane->area.y + pane->line % pane->area.h,
              pane->area.x + column * width, width - 1, style, text);
    pane->line++;
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

static void panes_draw_detail(struct panes *panes, struct screen *view,
                              struct rect area, int columns)
{
    struct pane pane = {{area.y + 1, area.x, area.h - 1, area.w}, columns, 0};

    panes_ask(panes, view);
    pane_draw_head((struct rect){area.y, area.x, 1, area.w}, "Selected:");
    view->class->detail(view, &pane);
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
    for (int y = 0; y < area.h; y++)
        draw_words(area.y + y, area.x + half, 1, STYLE_BOX, "|");
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
