/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/screen.h"

#include "tui/action.h"
#include "tui/list.h"
#include "tui/pager.h"

#define SCREEN(name) &screen_##name,
static const struct screen_class *const classes[] = {
#include "tui/screens.list"
};
#undef SCREEN

const struct screen_class *const *screen_classes(gsize *n)
{
    *n = G_N_ELEMENTS(classes);
    return classes;
}

struct screen *screen_new(const struct screen_class *class, struct app *app,
                          gconstpointer argument)
{
    struct screen *screen = g_new0(struct screen, 1);

    screen->class = class;
    screen->app = app;
    screen->data = g_malloc0(class->size);
    screen->stale = TRUE;
    if (class->open)
        class->open(screen, argument);
    return screen;
}

void screen_free(struct screen *screen)
{
    if (screen->class->close)
        screen->class->close(screen);
    g_free(screen->data);
    g_free(screen);
}

static gboolean screen_shows(const struct screen *screen,
                             const struct key_row *row)
{
    if (row->visible)
        return row->visible(screen);
    return !row->op || action_can(screen, row->op);
}

const char *screen_volume_of(const struct screen *screen)
{
    return screen->class->volume ? screen->class->volume(screen) : NULL;
}

const char *screen_revision_of(const struct screen *screen)
{
    return screen->class->revision ? screen->class->revision(screen) : NULL;
}

const struct key_row *screen_table(const struct screen_class *class, guint index)
{
    const struct key_row *const *others = class->others;
    const struct key_row *own[] = {class->keys, class->more};

    for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
        if (own[i] && index-- == 0)
            return own[i];
    for (; others && *others; others++)
        if (index-- == 0)
            return *others;
    return index == 0 ? app_keys() : NULL;
}

const struct key_row *screen_field(const struct screen *screen)
{
    const struct screen_class *class = screen->class;
    const struct list *list = class->list ? class->list(screen) : NULL;
    const struct pager *pager = class->pager ? class->pager(screen) : NULL;

    if (list && list_typing(list))
        return list_field_keys;
    return pager && pager_typing(pager) ? pager_field_keys : NULL;
}

void screen_each_row(const struct screen *screen, gboolean all, screen_row_fn fn,
                     gpointer data)
{
    const struct key_row *field = screen_field(screen), *table;

    for (const struct key_row *row = field; row && row->keys; row++)
        fn(row, data);
    if (field && !all)
        return;
    for (guint i = 0; (table = screen_table(screen->class, i)); i++) {
        if (screen->class->has && !screen->class->has(screen, table))
            continue;
        for (const struct key_row *row = table; row->keys; row++)
            if (all || screen_shows(screen, row))
                fn(row, data);
    }
}

struct row_search {
    const struct screen *screen;
    int key;
    const struct key_row *hidden, *visible;
};

static void screen_row_match(const struct key_row *row, gpointer data)
{
    struct row_search *search = data;

    if (search->visible || !key_row_has(row, search->key))
        return;
    if (!search->hidden && (row->op || row->anyway))
        search->hidden = row;
    if (screen_shows(search->screen, row))
        search->visible = row;
}

const struct key_row *screen_row(const struct screen *screen, int key)
{
    struct row_search search = {.screen = screen, .key = key};

    screen_each_row(screen, TRUE, screen_row_match, &search);
    return search.visible ? search.visible : search.hidden;
}

char *screen_hints(const struct screen *screen, const struct key_row *keys)
{
    GString *hints = g_string_new(NULL);

    for (const struct key_row *row = keys; row && row->keys; row++) {
        if (!row->hint || !screen_shows(screen, row))
            continue;
        g_autofree char *key = key_row_first(row);
        g_string_append_printf(hints, "%s%s %s", hints->len ? "  " : "", key,
                               row->hint);
    }
    return g_string_free(hints, FALSE);
}
