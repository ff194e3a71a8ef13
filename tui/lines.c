/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/lines.h"

#include <string.h>

#include "tui/key.h"
#include "util/text.h"

struct lines {
    GString *text;
    gsize max, at; /* bytes; that of the cursor */
    guint top;     /* first line shown */
    int page;      /* lines shown, as drawn last */
};

struct lines *lines_new(const char *text, gsize max)
{
    struct lines *lines = g_new0(struct lines, 1);

    lines->text = g_string_new(text);
    lines->max = max;
    lines->page = 1;
    return lines;
}

void lines_free(struct lines *lines)
{
    g_string_free(lines->text, TRUE);
    g_free(lines);
}

const char *lines_text(const struct lines *lines)
{
    return lines->text->str;
}

/* --- places --- */

static gsize lines_begin(const struct lines *lines, gsize at)
{
    while (at > 0 && lines->text->str[at - 1] != '\n')
        at--;
    return at;
}

static gsize lines_end(const struct lines *lines, gsize at)
{
    return at + strcspn(lines->text->str + at, "\n");
}

static gsize lines_before(const struct lines *lines)
{
    const char *text = lines->text->str;

    return lines->at ? (gsize)(g_utf8_find_prev_char(text, text + lines->at) - text) : 0;
}

static gsize lines_after(const struct lines *lines)
{
    const char *text = lines->text->str;

    return lines->at < lines->text->len
               ? (gsize)(g_utf8_find_next_char(text + lines->at, NULL) - text) : lines->at;
}

/* Breaks before that byte. */
static guint lines_number(const struct lines *lines, gsize at)
{
    guint n = 0;

    for (gsize i = 0; i < at; i++)
        n += lines->text->str[i] == '\n';
    return n;
}

/* To another line, as many characters from its beginning as in this one. */
static void lines_step(struct lines *lines, int by)
{
    gsize begin = lines_begin(lines, lines->at);
    glong column = g_utf8_strlen(lines->text->str + begin, (gssize)(lines->at - begin));

    for (; by < 0 && begin > 0; by++)
        begin = lines_begin(lines, begin - 1);
    for (; by > 0 && lines_end(lines, begin) < lines->text->len; by--)
        begin = lines_end(lines, begin) + 1;
    lines->at = begin;
    while (column-- > 0 && lines->at < lines_end(lines, begin))
        lines->at = lines_after(lines);
}

/* --- keys --- */

static void lines_erase(struct lines *lines, gsize from, gsize to)
{
    g_string_erase(lines->text, (gssize)from, (gssize)(to - from));
    lines->at = from;
}

static gboolean lines_type(struct lines *lines, int key)
{
    gunichar typed = key == K_ENTER ? '\n' : (gunichar)key;
    gsize before = lines->text->len;

    if (typed != '\n' && typed != '\t' &&
        (key < ' ' || key == 127 || key >= K_UP || !g_unichar_isprint(typed)))
        return FALSE;
    if (before + (gsize)g_unichar_to_utf8(typed, NULL) <= lines->max)
        g_string_insert_unichar(lines->text, (gssize)lines->at, typed);
    lines->at += lines->text->len - before;
    return TRUE;
}

static gboolean lines_move(struct lines *lines, int key)
{
    switch (key) {
    case K_LEFT:
        lines->at = lines_before(lines);
        return TRUE;
    case K_RIGHT:
        lines->at = lines_after(lines);
        return TRUE;
    case K_HOME:
        lines->at = lines_begin(lines, lines->at);
        return TRUE;
    case K_END:
        lines->at = lines_end(lines, lines->at);
        return TRUE;
    case K_UP:
    case K_DOWN:
        lines_step(lines, key == K_UP ? -1 : 1);
        return TRUE;
    case K_PGUP:
    case K_PGDN:
        lines_step(lines, key == K_PGUP ? -lines->page : lines->page);
        return TRUE;
    }
    return FALSE;
}

gboolean lines_key(struct lines *lines, int key)
{
    if (lines_move(lines, key))
        return TRUE;
    switch (key) {
    case K_BACKSPACE:
        lines_erase(lines, lines_before(lines), lines->at);
        return TRUE;
    case K_DELETE:
        lines_erase(lines, lines->at, lines_after(lines));
        return TRUE;
    case K_CTRL('U'):
        lines_erase(lines, lines_begin(lines, lines->at), lines_end(lines, lines->at));
        return TRUE;
    }
    return lines_type(lines, key);
}

/* --- drawing --- */

/* What there is of a line from the left end of the area on, for the eye. */
static char *lines_shown(const char *begin, gsize length)
{
    return text_sanitise(begin, (gssize)length);
}

static void lines_draw_one(const struct lines *lines, gsize begin, struct rect line)
{
    gsize end = lines_end(lines, begin);
    gboolean here = lines->at >= begin && lines->at <= end;
    const char *text = lines->text->str;
    g_autofree char *before =
        here ? lines_shown(text + begin, lines->at - begin) : g_strdup("");
    int cursor = text_width(before);

    /* A line that is longer is shown from where the cursor is inside. */
    while (cursor >= line.w && begin < lines->at) {
        gsize next = (gsize)(g_utf8_find_next_char(text + begin, NULL) - text);
        g_autofree char *first = lines_shown(text + begin, next - begin);

        cursor -= text_width(first);
        begin = next;
    }
    g_autofree char *shown = lines_shown(text + begin, end - begin);
    draw_text(line.y, line.x, line.w, STYLE_FIELD, shown);
    if (here)
        draw_cursor(line.y, line.x + cursor);
}

void lines_draw(struct lines *lines, struct rect area)
{
    guint at = lines_number(lines, lines->at);
    guint all = lines_number(lines, lines->text->len) + 1, room;
    gsize begin = 0;

    if (area.h <= 0)
        return;
    room = (guint)area.h;
    lines->page = area.h;
    lines->top = CLAMP(lines->top, at >= room ? at - room + 1 : 0, at);
    for (guint i = 0; i < lines->top; i++)
        begin = lines_end(lines, begin) + 1;
    for (guint i = 0; i < room; i++, area.y++) {
        struct rect line = {area.y, area.x, 1, area.w};

        if (lines->top + i < all)
            lines_draw_one(lines, begin, line);
        else
            draw_text(line.y, line.x, line.w, STYLE_FIELD, "");
        begin = MIN(lines_end(lines, MIN(begin, lines->text->len)) + 1,
                    lines->text->len + 1);
    }
}
