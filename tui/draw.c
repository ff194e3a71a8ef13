/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/draw.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <curses.h>

#include "tui/setting.h"
#include "tui/term.h"

/* A frame that took so long to send makes the link a slow one, for so long. */
#define SLOW_US (100 * G_TIME_SPAN_MILLISECOND)
#define SLOW_FOR_US G_TIME_SPAN_MINUTE

static struct {
    attr_t attrs[STYLE_COUNT];
    short pairs[STYLE_COUNT];
    gboolean utf8;
    gboolean ascii; /* lines, too */
    gboolean repaint;
    gint64 slow_until_us;
    guint64 hash, sent; /* of everything put into a frame */
    int cursor_y, cursor_x;
} draw;

/* What the setting makes of the colours the terminal has. */
static int draw_allowed(int colors)
{
    const char *none = getenv("NO_COLOR");

    if (setting_is("color", "16"))
        return MIN(colors, 16);
    if (setting_is("color", "always"))
        return colors;
    return setting_is("color", "auto") && !(none && *none) ? colors : 0;
}

static int draw_colors(void)
{
    if (!has_colors() || start_color() == ERR || use_default_colors() == ERR)
        return 0;
    return draw_allowed(COLOR_PAIRS > STYLE_COUNT ? COLORS : 0);
}

static void draw_setup_style(enum style style, int colors)
{
    enum theme theme = setting_choice("theme");
    struct style_look look = style_look(theme, style, colors);

    draw.attrs[style] = (look.bold ? A_BOLD : 0u) |
                        (look.reverse ? A_REVERSE : 0u) |
                        (look.underline ? A_UNDERLINE : 0u);
    draw.pairs[style] = 0;
    if (look.ink < 0 && look.ground < 0)
        return;
    draw.pairs[style] = (short)(style + 1);
    init_pair(draw.pairs[style], look.ink, look.ground);
}

/* A theme may have a background of its own. */
static void draw_setup_blank(void)
{
    cchar_t blank;

    setcchar(&blank, L" ", 0, draw.pairs[STYLE_NORMAL], NULL);
    wbkgrndset(stdscr, &blank);
}

void draw_setup(void)
{
    int colors = draw_colors();

    for (int i = 0; i < STYLE_COUNT; i++)
        draw_setup_style((enum style)i, colors);
    draw_setup_blank();
    draw.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    draw.ascii = setting_is("lines", "ascii") ||
                 (!draw.utf8 && !term_has_lines());
    draw.utf8 = draw.utf8 && !draw.ascii;
    draw.repaint = TRUE;
}

gboolean draw_slow(void)
{
    if (setting_is("link", "auto"))
        return g_get_monotonic_time() < draw.slow_until_us;
    return setting_is("link", "slow");
}

void draw_size(int *h, int *w)
{
    getmaxyx(stdscr, *h, *w);
}

static void draw_note(const void *data, gsize length)
{
    const unsigned char *bytes = data;

    for (gsize i = 0; i < length; i++)
        draw.hash = (draw.hash ^ bytes[i]) * 1099511628211u;
}

/* The frame is compared by what was asked for, not by what curses would send:
 * a quiet tick must not even look at the cells. */
static void draw_note_cell(int y, int x, int width, enum style style)
{
    int place[] = {y, x, width, (int)style};

    draw_note(place, sizeof(place));
}

void draw_begin(void)
{
    int size[2];

    draw.hash = 14695981039346656037u;
    draw.cursor_y = 0;
    draw.cursor_x = 0;
    draw_size(&size[0], &size[1]);
    draw_note(size, sizeof(size));
    werase(stdscr);
}

gboolean draw_changed(void)
{
    return draw.repaint || draw.hash != draw.sent;
}

static void draw_send(void)
{
    gint64 began = g_get_monotonic_time(), now;

    doupdate();
    now = g_get_monotonic_time();
    if (now - began > SLOW_US)
        draw.slow_until_us = now + SLOW_FOR_US;
}

void draw_end(void)
{
    gboolean changed = draw_changed();

    draw.sent = draw.hash;
    if (!changed)
        return;
    if (draw.repaint)
        clearok(stdscr, TRUE);
    draw.repaint = FALSE;
    wmove(stdscr, draw.cursor_y, draw.cursor_x);
    wnoutrefresh(stdscr);
    draw_send();
}

void draw_repaint(void)
{
    draw.repaint = TRUE;
}

/* A character the terminal has no way to show is a '?' for each column it would
 * take, or the columns to its right would move. */
static void draw_put_char(gunichar c)
{
    wchar_t wide = (wchar_t)c;
    int columns = g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;

    if (c >= 0x20 && c != 0x7f && (draw.utf8 || c < 0x7f)) {
        waddnwstr(stdscr, &wide, 1);
        return;
    }
    for (int i = 0; i < columns; i++)
        waddnwstr(stdscr, L"?", 1);
}

/* One string whose columns are known to fit in [x, x + width). */
static void draw_put(int y, int x, int width, enum style style,
                     const char *text)
{
    int h, w;

    draw_size(&h, &w);
    if (y < 0 || y >= h || x < 0 || x >= w || width <= 0)
        return;
    draw_note_cell(y, x, width, style);
    draw_note(text, strlen(text));
    wattr_set(stdscr, draw.attrs[style], draw.pairs[style], NULL);
    wmove(stdscr, y, x);
    g_autofree gunichar *chars = g_utf8_to_ucs4_fast(text, -1, NULL);
    for (gsize i = 0; chars[i]; i++)
        draw_put_char(chars[i]);
    wattr_set(stdscr, 0, 0, NULL);
}

/* Cut at the right edge of the screen. */
static int draw_room(int x, int width)
{
    int h, w;

    draw_size(&h, &w);
    return CLAMP(w - x, 0, MAX(width, 0));
}

void draw_text(int y, int x, int width, enum style style, const char *untrusted)
{
    g_autofree char *clean = text_sanitise(untrusted, -1);
    int room = draw_room(x, width);
    g_autofree char *fitted = text_fit(clean, room, TEXT_LEFT);

    draw_put(y, x, room, style, fitted);
}

void draw_text_right(int y, int x, int width, enum style style,
                     const char *untrusted)
{
    g_autofree char *clean = text_sanitise(untrusted, -1);
    int room = draw_room(x, width);
    g_autofree char *fitted = text_fit(clean, room, TEXT_RIGHT);

    draw_put(y, x, room, style, fitted);
}

int draw_words(int y, int x, int width, enum style style, const char *untrusted)
{
    g_autofree char *clean = text_sanitise(untrusted, -1);
    int used = MIN(text_width(clean), draw_room(x, width));
    g_autofree char *fitted = text_fit(clean, used, TEXT_LEFT);

    draw_put(y, x, used, style, fitted);
    return used;
}

int draw_format(int y, int x, int width, enum style style, const char *format,
                ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return draw_words(y, x, width, style, text);
}

/* The characters of `text` that make the next line of at most `width` columns;
 * at least one. */
static gsize draw_break(const gunichar *text, int width)
{
    int used = 0;
    gsize blank = 0, n = 0;

    for (; text[n]; n++) {
        if (text[n] == ' ')
            blank = n;
        used += g_unichar_iszerowidth(text[n]) ? 0 : g_unichar_iswide(text[n]) ? 2 : 1;
        if (used > width)
            return blank ? blank : MAX(n, 1);
    }
    return n;
}

static int draw_wrap(struct rect area, enum style style, const char *untrusted,
                     gboolean put)
{
    g_autofree char *clean = text_sanitise(untrusted, -1);
    g_autofree gunichar *chars = g_utf8_to_ucs4_fast(clean, -1, NULL);
    const gunichar *rest = chars;
    int line = 0;

    if (area.w <= 0)
        return 0;
    for (; *rest && line < area.h; line++) {
        gsize length = draw_break(rest, area.w);
        g_autofree char *part =
            g_ucs4_to_utf8(rest, (glong)length, NULL, NULL, NULL);

        if (put)
            draw_text(area.y + line, area.x, area.w, style, part);
        rest += length;
        while (*rest == ' ')
            rest++;
    }
    return line;
}

int draw_wrapped(struct rect area, enum style style, const char *untrusted)
{
    return draw_wrap(area, style, untrusted, TRUE);
}

int draw_wrapped_height(int width, const char *untrusted)
{
    struct rect area = {0, 0, G_MAXINT, width};

    return draw_wrap(area, STYLE_NORMAL, untrusted, FALSE);
}

void draw_fill(struct rect area, enum style style)
{
    for (int y = 0; y < area.h; y++)
        draw_text(area.y + y, area.x, area.w, style, "");
}

enum glyph {
    GLYPH_HORIZONTAL, GLYPH_VERTICAL, GLYPH_UPPER_LEFT, GLYPH_UPPER_RIGHT,
    GLYPH_LOWER_LEFT, GLYPH_LOWER_RIGHT, GLYPH_TEE,
};

/* Those of curses are known only when it runs. */
static const cchar_t *draw_glyph_of(enum glyph glyph)
{
    const cchar_t *const all[] = {
        [GLYPH_HORIZONTAL] = WACS_HLINE,     [GLYPH_VERTICAL] = WACS_VLINE,
        [GLYPH_UPPER_LEFT] = WACS_ULCORNER,  [GLYPH_UPPER_RIGHT] = WACS_URCORNER,
        [GLYPH_LOWER_LEFT] = WACS_LLCORNER,  [GLYPH_LOWER_RIGHT] = WACS_LRCORNER,
        [GLYPH_TEE] = WACS_LTEE,
    };

    return all[glyph];
}

static void draw_glyph(int y, int x, enum style style, enum glyph glyph)
{
    static const wchar_t *const ascii[] = {L"-", L"|", L"+", L"+", L"+", L"+",
                                          L"+"};
    cchar_t cell;
    wchar_t wide[CCHARW_MAX + 1];
    attr_t attrs = 0;
    short pair;
    int h, w;

    draw_size(&h, &w);
    if (y < 0 || y >= h || x < 0 || x >= w)
        return;
    if (!draw.ascii)
        getcchar(draw_glyph_of(glyph), wide, &attrs, &pair, NULL);
    setcchar(&cell, draw.ascii ? ascii[glyph] : wide, attrs | draw.attrs[style],
             draw.pairs[style], NULL);
    mvwadd_wch(stdscr, y, x, &cell);
    draw_note_cell(y, x, (int)glyph, style);
}

void draw_line(int y, int x, int width, enum style style)
{
    for (int i = 0; i < draw_room(x, width); i++)
        draw_glyph(y, x + i, style, GLYPH_HORIZONTAL);
}

void draw_upright(int y, int x, int height, enum style style)
{
    for (int i = 0; i < height; i++)
        draw_glyph(y + i, x, style, GLYPH_VERTICAL);
}

void draw_title(struct rect line, const char *untrusted)
{
    draw_line(line.y, line.x, line.w, STYLE_BOX);
    draw_format(line.y, line.x + 2, line.w - 4, STYLE_STRONG, " %s ", untrusted);
}

void draw_dashed(struct rect line, const char *untrusted)
{
    const char *title = untrusted + strspn(untrusted, "- ");
    const char *end = strstr(title, " --");
    g_autofree char *alone = end ? g_strndup(title, (gsize)(end - title)) : g_strdup(title);

    draw_title(line, alone);
}

void draw_branches(int y, int x, enum style style, const char *branches)
{
    for (; *branches; branches++, x += 2) {
        gboolean leads = *branches == '+' || *branches == '`';

        if (*branches == '|')
            draw_glyph(y, x, style, GLYPH_VERTICAL);
        else if (leads)
            draw_glyph(y, x, style, *branches == '+' ? GLYPH_TEE : GLYPH_LOWER_LEFT);
        if (leads)
            draw_glyph(y, x + 1, style, GLYPH_HORIZONTAL);
    }
}

void draw_box(struct rect area, enum style style)
{
    int bottom = area.y + area.h - 1, right = area.x + area.w - 1;

    draw_fill(area, style);
    for (int x = area.x + 1; x < right; x++) {
        draw_glyph(area.y, x, style, GLYPH_HORIZONTAL);
        draw_glyph(bottom, x, style, GLYPH_HORIZONTAL);
    }
    for (int y = area.y + 1; y < bottom; y++) {
        draw_glyph(y, area.x, style, GLYPH_VERTICAL);
        draw_glyph(y, right, style, GLYPH_VERTICAL);
    }
    draw_glyph(area.y, area.x, style, GLYPH_UPPER_LEFT);
    draw_glyph(area.y, right, style, GLYPH_UPPER_RIGHT);
    draw_glyph(bottom, area.x, style, GLYPH_LOWER_LEFT);
    draw_glyph(bottom, right, style, GLYPH_LOWER_RIGHT);
}

void draw_cursor(int y, int x)
{
    int h, w;

    draw_size(&h, &w);
    draw.cursor_y = CLAMP(y, 0, h - 1);
    draw.cursor_x = CLAMP(x, 0, w - 1);
    draw_note_cell(draw.cursor_y, draw.cursor_x, -1, STYLE_NORMAL);
}

/* --- the picture --- */

/* Lines are what the terminal has for them; in text they are ASCII. */
static gunichar draw_char_at(int y, int x)
{
    wchar_t wide[CCHARW_MAX + 1] = {0};
    attr_t attrs;
    short pair;
    cchar_t cell;

    mvwin_wch(curscr, y, x, &cell);
    getcchar(&cell, wide, &attrs, &pair, NULL);
    if (attrs & A_ALTCHARSET)
        return wide[0] == 'q' ? '-' : wide[0] == 'x' ? '|' : '+';
    if (wide[0] == 0x2500 || wide[0] == 0x2502)
        return wide[0] == 0x2500 ? '-' : '|';
    return wide[0] > 0x2500 && wide[0] < 0x2580 ? '+' : (gunichar)wide[0];
}

char *draw_picture(void)
{
    GString *text = g_string_new(NULL);
    int h = getmaxy(curscr), w = getmaxx(curscr);

    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++)
            g_string_append_unichar(text, draw_char_at(y, x));
        while (text->len && text->str[text->len - 1] == ' ')
            g_string_truncate(text, text->len - 1);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
