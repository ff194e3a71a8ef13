/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/tui.h"

#include <stdlib.h>
#include <unistd.h>

#include "tui/app.h"
#include "tui/setting.h"
#include "tui/term.h"
#include "util/error.h"

struct tui {
    struct app *app;
    GMainLoop *loop;
    int status;
};

static void tui_key(int key, gpointer data)
{
    struct tui *tui = data;

    app_key(tui->app, key);
}

static void tui_resized(gpointer data)
{
    struct tui *tui = data;

    app_dirty(tui->app);
}

static void tui_quit(int status, gpointer data)
{
    struct tui *tui = data;

    tui->status = status;
    g_main_loop_quit(tui->loop);
}

gboolean tui_set(const char *name, const char *value, GError **error)
{
    return setting_set(name, value, error);
}

gboolean tui_possible(const char **why)
{
    return term_possible(getenv("TERM"), STDIN_FILENO, STDOUT_FILENO, why);
}

/* An unreadable store is shown by the list, not here: the screen starts empty
 * and says why. */
static void tui_start(struct tui *tui, struct engine *engine)
{
    engine_load(engine, NULL);
    tui->app = app_new(engine);
    app_on_quit(tui->app, tui_quit, tui);
    app_draw(tui->app);
    engine_follow(engine);
}

int tui_run(struct engine *engine)
{
    struct tui tui = {0};
    struct term_spec spec = {
        .in = STDIN_FILENO,
        .out = STDOUT_FILENO,
        .guard = TRUE,
        .key = tui_key,
        .resized = tui_resized,
        .ended = tui_quit,
        .data = &tui,
    };
    g_autoptr(GError) error = NULL;

    if (!term_open(&spec, &error)) {
        g_printerr("qmc: %s\n", error->message);
        return error_exit_status(error);
    }
    tui.loop = g_main_loop_new(NULL, FALSE);
    tui_start(&tui, engine);
    g_main_loop_run(tui.loop);
    term_close();
    app_free(tui.app);
    g_main_loop_unref(tui.loop);
    return tui.status;
}
