/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/views.h"

struct view {
    const struct screen_class *class;
    GPtrArray *screens; /* bottom first; empty: never shown yet */
};

struct views {
    struct app *app;
    GArray *views; /* struct view, in the order of screens.list */
    guint current;
};

static struct view *views_at(const struct views *views, guint i)
{
    return &g_array_index(views->views, struct view, i);
}

static void views_screen_free(gpointer screen)
{
    screen_free(screen);
}

static void views_add(struct views *views, const struct screen_class *class)
{
    struct view view = {
        class, g_ptr_array_new_with_free_func(views_screen_free)};

    g_array_append_val(views->views, view);
}

static void views_enter(struct views *views, guint i)
{
    struct view *view = views_at(views, i);

    views->current = i;
    if (view->screens->len == 0)
        g_ptr_array_add(view->screens, screen_new(view->class, views->app, NULL));
}

struct views *views_new(struct app *app)
{
    struct views *views = g_new0(struct views, 1);
    const struct screen_class *const *classes;
    gsize n;

    views->app = app;
    views->views = g_array_new(FALSE, FALSE, sizeof(struct view));
    classes = screen_classes(&n);
    for (gsize i = 0; i < n; i++)
        if (classes[i]->view)
            views_add(views, classes[i]);
    views_enter(views, 0);
    return views;
}

void views_free(struct views *views)
{
    for (guint i = 0; i < views->views->len; i++)
        g_ptr_array_unref(views_at(views, i)->screens);
    g_array_unref(views->views);
    g_free(views);
}

GPtrArray *views_stack(const struct views *views)
{
    return views_at(views, views->current)->screens;
}

GPtrArray *views_stack_of(const struct views *views, const struct screen *screen)
{
    for (guint i = 0; i < views->views->len; i++)
        if (g_ptr_array_find(views_at(views, i)->screens, screen, NULL))
            return views_at(views, i)->screens;
    return NULL;
}

const struct screen_class *views_current(const struct views *views)
{
    return views_at(views, views->current)->class;
}

gboolean views_is_first(const struct views *views)
{
    return views->current == 0;
}

gboolean views_show(struct views *views, const struct screen_class *class)
{
    guint i = 0;

    while (views_at(views, i)->class != class)
        i++;
    if (i == views->current)
        return FALSE;
    views_enter(views, i);
    return TRUE;
}

void views_each(const struct views *views, views_fn fn, gpointer data)
{
    for (guint i = 0; i < views->views->len; i++)
        fn(views_at(views, i)->class, i == views->current, data);
}
