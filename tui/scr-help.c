/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help of a screen, made from its rows and its topic (ux.md 4.18). */
#include "config.h"

#include "core/op-words.h"
#include "tui/help.h"
#include "tui/pager.h"
#include "tui/screens.h"

/* What the help is about: a screen, or an operation. */
struct help_spec {
    const struct screen_class *of;
    const struct op_row *op;
};

struct help {
    struct help_spec about;
    gboolean all;
    struct pager *pager;
    int width; /* the lines are made for; 0: none yet */
};

static struct help *help_of(const struct screen *screen)
{
    return screen->data;
}

static enum style help_style(const char *line, gpointer data)
{
    return g_ascii_isupper(*line) && g_ascii_isupper(line[1]) ? STYLE_STRONG
                                                              : STYLE_NORMAL;
}

static void help_changed(gpointer screen)
{
    app_dirty(((struct screen *)screen)->app);
}

static void help_open_screen(struct screen *screen, gconstpointer about)
{
    struct pager_spec spec = {help_style, help_changed, screen};

    help_of(screen)->about = *(const struct help_spec *)about;
    help_of(screen)->pager = pager_new(&spec);
}

static void help_close(struct screen *screen)
{
    pager_free(help_of(screen)->pager);
}

void help_open_of(struct app *app, const struct screen_class *class)
{
    struct help_spec about = {.of = class};

    app_push(app, &screen_help, &about);
}

void help_open_op(struct app *app, const struct op_row *op)
{
    struct help_spec about = {.op = op};

    app_push(app, &screen_help, &about);
}

void help_open(struct screen *screen)
{
    if (screen->class != &screen_help) {
        help_open_of(screen->app, screen->class);
        return;
    }
    help_of(screen)->all = !help_of(screen)->all;
    help_of(screen)->width = 0;
    pager_rewind(help_of(screen)->pager);
}

static void help_fit(struct help *help, int width)
{
    g_autoptr(GPtrArray) lines = NULL;

    if (help->width == width)
        return;
    help->width = width;
    lines = help->all        ? help_lines_all(width)
            : help->about.op ? help_lines_op(help->about.op, width)
                             : help_lines(help->about.of, width);
    pager_set(help->pager, lines);
}

static void help_draw_foot(struct screen *screen, struct rect line)
{
    const struct key_row *field = screen_field(screen);
    g_autofree char *keys =
        screen_hints(screen, field ? field : screen->class->keys);
    g_autofree char *more =
        field ? g_strdup("") : screen_hints(screen, screen->class->more);

    draw_fill(line, STYLE_FOOTER);
    draw_format(line.y, line.x + 1, line.w - 1, STYLE_FOOTER, "%s%s%s", more,
                *more ? "  " : "", keys);
}

static char *help_title(const struct help *help)
{
    if (help->all)
        return g_strdup("all keys");
    return help->about.op ? op_words_verb(help->about.op)
                          : g_strdup(help->about.of->title);
}

static void help_draw_head(const struct help *help, struct rect line)
{
    g_autofree char *status = pager_status(help->pager);
    g_autofree char *title = help_title(help);

    draw_fill(line, STYLE_TITLE);
    draw_format(line.y, line.x, line.w, STYLE_TITLE, " Help: %s", title);
    if (pager_searches(help->pager) && !pager_typing(help->pager))
        draw_text_right(line.y, line.x + line.w / 2, line.w - line.w / 2 - 1,
                        STYLE_TITLE, status);
}

static void help_draw(struct screen *screen, struct rect area)
{
    struct help *help = help_of(screen);
    int bottom = area.y + area.h - 1;

    if (area.h < 5)
        return;
    help_fit(help, area.w);
    pager_draw(help->pager, (struct rect){area.y + 2, area.x, area.h - 4, area.w});
    help_draw_head(help, (struct rect){area.y, area.x, 1, area.w});
    draw_line(area.y + 1, area.x, area.w, STYLE_BOX);
    if (pager_typing(help->pager))
        pager_draw_search(help->pager, (struct rect){bottom - 1, area.x, 1, area.w},
                          STYLE_NORMAL);
    else
        draw_line(bottom - 1, area.x, area.w, STYLE_BOX);
    /* Only now is it known whether there is more. */
    help_draw_foot(screen, (struct rect){bottom, area.x, 1, area.w});
}

/* --- keys --- */

static gboolean help_typed(struct screen *screen, int key)
{
    return pager_typed(help_of(screen)->pager, key);
}

static struct pager *help_pager(const struct screen *screen)
{
    return help_of(screen)->pager;
}

static void help_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* Esc takes back one thing at a time: first the search. */
static gboolean help_is_plain(const struct screen *screen)
{
    return !pager_searches(help_of(screen)->pager);
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
    {"F1 ?", "all", "All keys", "all screens", KEYS_SHOW, NULL,
     help_open, help_is_one},
    {"F1 ?", "one", "Only this", "this screen", KEYS_SHOW, NULL,
     help_open, help_is_all},
    {"Esc", "close", "Close", NULL, KEYS_ANYWHERE, NULL, help_key_close,
     help_is_plain},
    {"q Enter", "leave", NULL, "close", KEYS_ANYWHERE, NULL, help_key_close,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_help = {
    .name = "help",
    .title = "help",
    .kind = SCREEN_FULL,
    .keys = help_keys,
    .more = pager_keys,
    .size = sizeof(struct help),
    .open = help_open_screen,
    .close = help_close,
    .draw = help_draw,
    .typed = help_typed,
    .pager = help_pager,
};
