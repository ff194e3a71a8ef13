/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a question has to say is being read: a box that goes when it is there. It
 * owns the reading, so that leaving it forgets that, too. */
#include "config.h"

#include "core/weigh.h"
#include "tui/dialog.h"
#include "tui/screens.h"
#include "util/text.h"

#define WIDTH 50

struct weigh {
    struct query *query; /* NULL: it is there */
    const struct op_row *row;
    char *uuid, *title;
    enum confirm given;
};

struct weigh_spec {
    const struct action *action;
    enum confirm given;
};

static void weigh_done(gpointer args, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct weigh *weigh = screen->data;
    struct action action = {.op = weigh->row->name, .uuid = weigh->uuid, .args = args};
    struct app *app = screen->app;

    weigh->query = NULL;
    /* Left in this turn it has nothing to open. */
    if (!screen->closing) {
        /* The memory of the screen stays until the end of this turn. */
        app_pop(app, screen);
        if (error)
            action_refuse(app, weigh->row, error);
        else
            action_start_weighed(app, &action, weigh->given);
    }
    if (args)
        g_hash_table_unref(args);
    app_dirty(app);
}

static void weigh_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct weigh_spec *spec = argument;
    const struct action *action = spec->action;
    struct weigh *weigh = screen->data;
    const struct qube *qube = model_qube(app_model(screen->app), action->uuid);
    g_autofree char *object = NULL, *shown = NULL;

    weigh->row = op_find(action->op);
    weigh->uuid = g_strdup(action->uuid);
    weigh->given = spec->given;
    object = op_object(weigh->row, qube, action->args);
    shown = text_sanitise(object, -1);
    weigh->title = g_strdup_printf("%s %s", op_verb(weigh->row, qube, action->args), shown);
    weigh->query = weigh_submit(app_engine(screen->app), weigh->row, action->args,
                                weigh_done, screen);
}

void weigh_open(struct app *app, const struct action *action, enum confirm given)
{
    struct weigh_spec spec = {action, given};

    app_push(app, &screen_weigh, &spec);
}

static void weigh_close(struct screen *screen)
{
    struct weigh *weigh = screen->data;

    g_clear_pointer(&weigh->query, query_forget);
    g_free(weigh->uuid);
    g_free(weigh->title);
}

static void weigh_draw(struct screen *screen, struct rect area)
{
    const struct weigh *weigh = screen->data;
    struct rect size = {0, 0, 3, WIDTH};
    struct rect inside = dialog_box(screen, area, size, weigh->title);

    draw_wrapped(inside, STYLE_NORMAL, "What it would change is being read ...");
}

static void weigh_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row weigh_keys[] = {
    {"Esc q", "leave", "leave", "do nothing", KEYS_ACT, NULL, weigh_key_leave, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_weigh = {
    .name = "weigh",
    .title = "before a question",
    .kind = SCREEN_POPUP,
    .keys = weigh_keys,
    .size = sizeof(struct weigh),
    .open = weigh_open_screen,
    .close = weigh_close,
    .draw = weigh_draw,
};
