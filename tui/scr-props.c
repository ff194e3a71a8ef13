/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties of more than one qube: of the system, of those marked, of all that
 * hold a text (ux.md 1a, 4.3). */
#include "config.h"

#include <string.h>

#include "tui/list.h"
#include "tui/props.h"
#include "tui/screens.h"

struct view {
    struct props *props;
    char *title;
};

struct view_spec {
    enum props_scope scope;
    char **uuids; /* PROPS_QUBES */
    const char *text;   /* PROPS_FOUND */
};

static struct props *view_props(const struct screen *screen)
{
    return ((const struct view *)screen->data)->props;
}

struct props *props_of(const struct screen *screen)
{
    if (screen->class == &screen_props)
        return view_props(screen);
    return detail_props(screen);
}

static void view_open(struct screen *screen, gconstpointer argument)
{
    const struct view_spec *spec = argument;
    struct view *view = screen->data;

    view->props = props_new(screen, spec->scope);
    if (spec->scope == PROPS_SYSTEM) {
        view->title = g_strdup("Properties of the system");
    } else if (spec->scope == PROPS_QUBES) {
        view->title = g_strdup_printf("Properties of %u qubes",
                                      g_strv_length(spec->uuids));
        props_set_qubes(view->props, spec->uuids);
    } else if (*spec->text) {
        view->title = g_strdup_printf("Properties with '%s'", spec->text);
        props_set_text(view->props, spec->text);
    } else {
        view->title = g_strdup("Properties that are set");
    }
    props_fill(view->props);
}

/* In place of one that is looked at: back leads to where that was opened. */
static void view_start(struct app *app, const struct view_spec *spec)
{
    struct screen *top = app_top(app);

    if (top->class == &screen_props)
        app_pop(app, top);
    app_push(app, &screen_props, spec);
}

void props_open_system(struct app *app)
{
    view_start(app, &(struct view_spec){.scope = PROPS_SYSTEM});
}

void props_open_several(struct app *app, char **uuids)
{
    view_start(app, &(struct view_spec){.scope = PROPS_QUBES, .uuids = uuids});
}

void props_open_found(struct app *app, const char *text)
{
    view_start(app, &(struct view_spec){.scope = PROPS_FOUND, .text = text});
}

static void view_close(struct screen *screen)
{
    struct view *view = screen->data;

    props_free(view->props);
    g_free(view->title);
}

static char *view_head(struct screen *screen)
{
    return g_strdup(((const struct view *)screen->data)->title);
}

static void view_draw(struct screen *screen, struct rect area)
{
    props_draw(view_props(screen), area);
}

static void view_event(struct screen *screen, const struct event *event)
{
    props_event(view_props(screen), event);
}

static struct list *view_list(const struct screen *screen)
{
    return props_list(view_props(screen));
}

static const char *view_subject(const struct screen *screen)
{
    return props_subject(view_props(screen));
}

static char *view_status(const struct screen *screen)
{
    return props_status(view_props(screen));
}

static const struct key_row *const view_tables[] = {list_mark_keys, list_filter_keys,
                                                    NULL};

const struct screen_class screen_props = {
    .name = "props",
    .title = "properties of several",
    .kind = SCREEN_VIEW,
    .keys = props_keys,
    .more = list_keys,
    .others = view_tables,
    .size = sizeof(struct view),
    .open = view_open,
    .close = view_close,
    .head = view_head,
    .draw = view_draw,
    .typed = list_typed,
    .event = view_event,
    .list = view_list,
    .subject = view_subject,
    .status = view_status,
};
