/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/facts.h"

#define INDENT 9

#define LIST_LINES 3 /* its heading and two rows */

struct rect facts_cut(struct rect *area, guint shown, int lines)
{
    int rows = area->h < lines + LIST_LINES
                   ? area->h
                   : CLAMP((int)shown + 2, LIST_LINES, area->h - lines);
    struct rect below = {area->y + rows, area->x, area->h - rows, area->w};

    area->h = rows;
    return below;
}

void facts_skip(struct facts *facts)
{
    facts->area.y++;
    facts->area.h--;
}

void facts_title(struct facts *facts, const char *untrusted)
{
    struct rect area = facts->area;

    if (area.h <= 0)
        return;
    draw_title(area, untrusted);
    facts_skip(facts);
}

void facts_put(struct facts *facts, enum style style, const char *word,
               const char *untrusted)
{
    struct rect area = facts->area;

    if (!untrusted || area.h <= 0)
        return;
    draw_text(area.y, area.x, INDENT, STYLE_NORMAL, word);
    draw_text(area.y, area.x + INDENT, area.w - INDENT, style, untrusted);
    facts_skip(facts);
}
