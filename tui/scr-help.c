/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help of a screen, made from its rows and its topic (ux.md 4.18). */
#include "config.h"

#include "tui/help.h"
#include "tui/screens.h"

struct help {
    const struct screen_class *of;
    gboolean all;
    int top, page, lines;
};

static struct help *help_of(const struct screen *screen)
{
    return screen->data;
}

static void help_open_screen(struct screen *screen, gconstpointer class)
{
    help_of(screen)->of = class;
}

void help_open(struct screen *screen)
{
    if (screen->class != &screen_help) {
        app_push(screen->app, &screen_help, screen->class);
        return;
    }
    help_of(screen)->all = !help_of(screen)->all;
    help_of(screen)->top = 0;
}

static enum style help_style(const char *line)
{
    return g_ascii_isupper(*line) && g_ascii_isupper(line[1]) ? STYLE_STRONG
                                                              : STYLE_NORMAL;
}

static void help_draw_lines(struct help *help, GPtrArray *lines, struct rect area)
{
    help->lines = (int)lines->len;
    help->page = MAX(area.h, 1);
    help->top = CLAMP(help->top, 0, MAX(help->lines - help->page, 0));
    for (int i = 0; i < area.h && help->top + i < help->lines; i++) {
        const char *line = lines->pdata[help->top + i];

        draw_words(area.y + i, area.x, area.w, help_style(line), line);
    }
}

static void help_draw(struct screen *screen, struct rect area)
{
    struct help *help = help_of(screen);
    int bottom = area.y + area.h - 1;
    struct rect body = {area.y + 2, area.x, area.h - 4, area.w};
    g_autoptr(GPtrArray) lines =
        help->all ? help_lines_all(area.w) : help_lines(help->of, area.w);

    if (area.h < 5)
        return;
    draw_fill((struct rect){area.y, area.x, 1, area.w}, STYLE_TITLE);
    draw_format(area.y, area.x, area.w, STYLE_TITLE, " Help: %s",
                help->all ? "all keys" : help->of->title);
    draw_line(area.y + 1, area.x, area.w, STYLE_BOX);
    help_draw_lines(help, lines, body);
    draw_line(bottom - 1, area.x, area.w, STYLE_BOX);
    /* Only now is it known whether there is more. */
    g_autofree char *hints = screen_hints(screen, screen->class->keys);
    draw_fill((struct rect){bottom, area.x, 1, area.w}, STYLE_FOOTER);
    draw_words(bottom, area.x + 1, area.w - 1, STYLE_FOOTER, hints);
    draw_cursor(body.y, body.x);
}

/* --- keys --- */

static void help_key_up(struct screen *screen)
{
    help_of(screen)->top--;
}

static void help_key_down(struct screen *screen)
{
    help_of(screen)->top++;
}

static void help_key_page_up(struct screen *screen)
{
    help_of(screen)->top -= help_of(screen)->page;
}

static void help_key_page_down(struct screen *screen)
{
    help_of(screen)->top += help_of(screen)->page;
}

static void help_key_first(struct screen *screen)
{
    help_of(screen)->top = 0;
}

static void help_key_last(struct screen *screen)
{
    help_of(screen)->top = help_of(screen)->lines;
}

static void help_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

static gboolean help_is_long(const struct screen *screen)
{
    return help_of(screen)->lines > help_of(screen)->page;
}

static gboolean help_is_all(const struct screen *screen)
{
    return help_of(screen)->all;
}

static gboolean help_is_one(const struct screen *screen)
{
    return !help_of(screen)->all;
}

/* clang-format off */
static const struct key_row help_keys[] = {
    {"PgDn Space Ctrl-D", "page-down", "more", NULL, KEYS_MOVE, NULL,
     help_key_page_down, help_is_long},
    {"PgUp Ctrl-U", "page-up", NULL, "a page", KEYS_MOVE, NULL,
     help_key_page_up, help_is_long},
    {"j Down", "down", NULL, NULL, KEYS_MOVE, NULL, help_key_down, help_is_long},
    {"k Up", "up", NULL, "one line", KEYS_MOVE, NULL, help_key_up, help_is_long},
    {"g Home", "first", NULL, NULL, KEYS_MOVE, NULL, help_key_first,
     help_is_long},
    {"G End", "last", NULL, "first, last line", KEYS_MOVE, NULL, help_key_last,
     help_is_long},
    {"F1 ?", "all", "all keys", "keys of all screens", KEYS_SHOW, NULL,
     help_open, help_is_one},
    {"F1 ?", "one", "this screen", "back to the one screen", KEYS_SHOW, NULL,
     help_open, help_is_all},
    {"Esc q Enter", "close", "close", "close", KEYS_ANYWHERE, NULL,
     help_key_close, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_help = {
    .name = "help",
    .title = "help",
    .kind = SCREEN_FULL,
    .keys = help_keys,
    .size = sizeof(struct help),
    .open = help_open_screen,
    .draw = help_draw,
};
