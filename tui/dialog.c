/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/dialog.h"

#include <string.h>

#include "tui/app.h"

#define BUTTON_GAP 6
#define COMMAND_LINES 2

static int dialog_top(struct rect area, int h, int line)
{
    int top = area.y + (area.h - h) / 2;

    if (line < area.y || line < top || line >= top + h)
        return top;
    if (line + 1 + h <= area.y + area.h)
        return line + 1;
    return line - h >= area.y ? line - h : top;
}

/* The first ones go where there is no room for all: the way out is the last. */
static char *dialog_hints(struct screen *screen, int width)
{
    g_autofree char *hints = screen_hints(screen, screen->class->keys);
    const char *rest = hints, *next;

    while (text_width(rest) > width && (next = strstr(rest, "  ")))
        rest = next + 2;
    return g_strdup(rest);
}

struct rect dialog_box(struct screen *screen, struct rect area,
                       struct rect size, const char *title)
{
    int h = MIN(size.h, area.h), w = MIN(size.w, area.w);
    struct rect box = {dialog_top(area, h, size.y), area.x + (area.w - w) / 2, h, w};
    g_autofree char *head = g_strdup_printf(" %s ", title);
    g_autofree char *hints = dialog_hints(screen, w - 6);
    g_autofree char *foot = g_strdup_printf(" %s ", hints);

    screen->boxed = h >= 3 && w >= 8;
    if (!screen->boxed) {
        draw_fill(box, STYLE_BOX);
        return box;
    }
    draw_box(box, STYLE_BOX);
    draw_words(box.y, box.x + 3, w - 4, STYLE_STRONG, head);
    if (*hints)
        draw_words(box.y + h - 1, box.x + 3, w - 4, STYLE_BOX, foot);
    return (struct rect){box.y + 1, box.x + 2, h - 2, w - 4};
}

void dialog_form(struct screen *screen, struct rect area,
                 const struct dialog_form *dialog)
{
    g_autofree char *wrong = form_wrong(dialog->form), *why = form_why(dialog->form);
    int height = form_height(dialog->form);
    int lines = why ? draw_wrapped_height(MIN(dialog->width, area.w) - 4, why) : 0;
    struct rect size = {dialog->line, 0,
                        height + MAX(COMMAND_LINES + 1, lines - 1) + 2, dialog->width};
    struct rect inside = dialog_box(screen, area, size, dialog->title);

    if (why) {
        form_draw(dialog->form, inside);
        return;
    }
    if (inside.h > height + COMMAND_LINES && dialog->command)
        draw_wrapped((struct rect){inside.y + inside.h - COMMAND_LINES, inside.x,
                                   COMMAND_LINES, inside.w},
                     wrong ? STYLE_WARN : STYLE_NORMAL, wrong ? wrong : dialog->command);
    inside.h = MIN(inside.h, height);
    form_draw(dialog->form, inside);
}

gboolean dialog_withdraw(struct screen *screen, const char *title, char *const *uuids)
{
    for (gsize i = 0; uuids[i]; i++)
        if (!model_qube(app_model(screen->app), uuids[i])) {
            app_note(screen->app, TRUE, "%s: the form is withdrawn: %s", title,
                     uuids[1] ? "a qube is gone" : "the qube is gone");
            app_pop(screen->app, screen);
            return TRUE;
        }
    return FALSE;
}

struct rect dialog_line(struct rect *inside, int width, const char *label)
{
    struct rect line = {inside->y, inside->x + width, 1, inside->w - width};

    if (inside->h <= 0)
        return (struct rect){-1, 0, 0, 0};
    draw_words(inside->y, inside->x, width, STYLE_NORMAL, label);
    inside->y++;
    inside->h--;
    return line;
}

void dialog_scroll(guint *top, guint focus, guint room, guint n)
{
    if (focus < *top)
        *top = focus;
    if (focus >= *top + room)
        *top = focus - room + 1;
    *top = MIN(*top, n > room ? n - room : 0);
}

void dialog_more(struct rect rows, guint above, guint below)
{
    g_autofree char *up = g_strdup_printf(" %u above", above);
    g_autofree char *down = g_strdup_printf(" %u below", below);
    int end = rows.x + rows.w;

    if (above && rows.h > 1 && text_width(up) < rows.w)
        draw_words(rows.y, end - text_width(up), text_width(up), STYLE_DIM, up);
    if (below && rows.h > 0 && text_width(down) < rows.w)
        draw_words(rows.y + rows.h - 1, end - text_width(down), text_width(down),
                   STYLE_DIM, down);
}

static int dialog_buttons_width(const struct dialog_button *buttons, guint n)
{
    int width = 0;

    for (guint i = 0; i < n; i++)
        width += text_width(buttons[i].label) + 4 + (i ? BUTTON_GAP : 0);
    return width;
}

void dialog_buttons(struct rect line, const struct dialog_button *buttons,
                    guint n, int focus)
{
    int x = line.x + MAX(line.w - dialog_buttons_width(buttons, n), 0) / 2;
    int end = line.x + line.w;

    for (guint i = 0; i < n && x < end; i++) {
        gboolean focused = (int)i == focus;
        enum style style = focused ? STYLE_FOCUS
                           : buttons[i].disabled ? STYLE_DIM : STYLE_BUTTON;

        if (focused)
            draw_cursor(line.y, x + 2);
        x += draw_format(line.y, x, end - x, style, "[ %s ]", buttons[i].label);
        x += BUTTON_GAP;
    }
}
