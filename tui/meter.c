/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/meter.h"

#include <string.h>

#define ALARM 95

int meter_percent(guint64 part, guint64 whole)
{
    return (int)((double)part * 100 / (double)whole + 0.5);
}

static char *meter_figure(const struct meter *meter)
{
    if (meter->percent < 0)
        return g_strdup(meter->text ? meter->text : "?");
    return g_strdup_printf("%s%s%d%%%s", meter->text ? meter->text : "",
                           meter->text ? " " : "", meter->percent,
                           meter->percent >= METER_ATTENTION ? "!" : "");
}

char *meter_text(int percent, int width)
{
    struct meter meter = {.percent = percent};
    g_autofree char *figure = meter_figure(&meter);
    int room = MAX(width - 2 - text_width(figure), 0);
    int bars = MAX(percent, 0) * (width - 2) / 100;
    g_autofree char *bar = g_strnfill((gsize)CLAMP(bars, 0, MAX(room - 1, 0)), '|');
    g_autofree char *padded = text_fit(bar, room, TEXT_LEFT);

    return g_strdup_printf("[%s%s]", padded, figure);
}

enum style meter_words(int percent)
{
    if (percent >= ALARM)
        return STYLE_BAD;
    return percent >= METER_ATTENTION ? STYLE_WARN : STYLE_NORMAL;
}

static enum style meter_style(int percent)
{
    return percent >= METER_ATTENTION ? meter_words(percent) : STYLE_METER;
}

/* Bars stand for the whole inside, but never hide the figure. */
static void meter_draw_inside(int y, int x, int width, const struct meter *meter)
{
    g_autofree char *figure = meter_figure(meter);
    int room = width - text_width(figure);
    int bars = MAX(meter->percent, 0) * width / 100;

    if (room < 1) {
        draw_text_right(y, x, width, STYLE_NORMAL, figure);
        return;
    }
    g_autofree char *bar = g_strnfill((gsize)CLAMP(bars, 0, room - 1), '|');
    draw_text(y, x, room, meter_style(meter->percent), bar);
    draw_text(y, x + room, width - room, STYLE_NORMAL, figure);
}

void meter_draw(int y, int x, int width, const struct meter *meter)
{
    int used = draw_words(y, x, width, STYLE_NORMAL, meter->label);

    if (width - used < 6)
        return;
    draw_text(y, x + used, 2, STYLE_NORMAL, " [");
    meter_draw_inside(y, x + used + 2, width - used - 3, meter);
    draw_text(y, x + width - 1, 1, STYLE_NORMAL, "]");
}
