/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/tabs.h"

static int tabs_width(const char *const *titles, guint first, guint last)
{
    int width = 0;

    for (guint i = first; i <= last; i++)
        width += text_width(titles[i]) + 3;
    return width - 1;
}

void tabs_draw(struct rect line, const char *const *titles, guint n,
               guint current)
{
    int end = line.x + line.w, x = line.x;
    guint first = 0;

    while (first < current && tabs_width(titles, first, current) > line.w)
        first++;
    for (guint i = first; i < n && x < end; i++) {
        gboolean on = i == current;

        if (i > current && tabs_width(titles, first, i) > line.w)
            break;
        x += draw_format(line.y, x, end - x, on ? STYLE_STRONG : STYLE_NORMAL,
                         on ? "[%s] " : " %s  ", titles[i]);
    }
}
