/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/app.h"

#include <stdarg.h>

#include "tui/action.h"
#include "tui/frame.h"
#include "tui/list.h"
#include "tui/screens.h"
#include "tui/term.h"

/* A key is answered at once, only a flood of them is thinned out. */
#define FRAME_US (100 * G_TIME_SPAN_MILLISECOND)
#define KEY_FRAME_US (20 * G_TIME_SPAN_MILLISECOND)

struct app {
    struct engine *engine;
    GPtrArray *screens; /* bottom first */
    GPtrArray *closed;  /* freed when no callback of theirs can be running */
    guint listener, draw_source, sweep_source;
    gint64 drawn_us, draw_due_us;
    char *note;
    gboolean note_warning;
    gboolean hv_down;   /* and it was told */
    char clock[8];
    gboolean quitting;
    void (*quit)(int status, gpointer data);
    gpointer quit_data;
};

struct engine *app_engine(const struct app *app)
{
    return app->engine;
}

struct model *app_model(const struct app *app)
{
    return engine_model(app->engine);
}

const char *app_clock(const struct app *app)
{
    return app->clock;
}

/* --- frames --- */

static void app_tick_clock(struct app *app)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *text = g_date_time_format(now, "%H:%M");

    g_strlcpy(app->clock, text, sizeof(app->clock));
}

static void app_draw_screens(struct app *app)
{
    struct screen *view = app_view(app);
    struct rect body = frame_draw(app, view);
    gboolean above = FALSE;

    for (guint i = 0; i < app->screens->len; i++) {
        struct screen *screen = app->screens->pdata[i];

        if (screen == view)
            above = TRUE;
        if (above)
            screen->class->draw(screen, body);
    }
    frame_draw_footer(app, view);
}

void app_draw(struct app *app)
{
    app->drawn_us = g_get_monotonic_time();
    draw_begin();
    app_draw_screens(app);
    /* The clock alone is no reason to write to the terminal. */
    if (draw_changed()) {
        app_tick_clock(app);
        frame_draw_clock(app, app_view(app));
    }
    draw_end();
}

static void app_schedule(struct app *app, gint64 due_us);

static gboolean app_draw_due(gpointer data)
{
    struct app *app = data;

    app->draw_source = 0;
    if (term_writable())
        app_draw(app);
    else
        app_schedule(app, g_get_monotonic_time() + FRAME_US);
    return G_SOURCE_REMOVE;
}

static void app_schedule(struct app *app, gint64 due_us)
{
    gint64 wait = due_us - g_get_monotonic_time();

    if (app->draw_source && app->draw_due_us <= due_us)
        return;
    if (app->draw_source)
        g_source_remove(app->draw_source);
    app->draw_due_us = due_us;
    app->draw_source = wait > 0 ? g_timeout_add((guint)(wait / 1000) + 1,
                                                app_draw_due, app)
                                : g_idle_add(app_draw_due, app);
}

void app_dirty(struct app *app)
{
    app_schedule(app, app->drawn_us + FRAME_US);
}

/* --- the stack --- */

struct screen *app_top(const struct app *app)
{
    return app->screens->pdata[app->screens->len - 1];
}

struct screen *app_view(const struct app *app)
{
    guint i = app->screens->len - 1;

    while (i > 0 && ((struct screen *)app->screens->pdata[i])->class->kind ==
                        SCREEN_POPUP)
        i--;
    return app->screens->pdata[i];
}

struct screen *app_find(const struct app *app, const struct screen_class *class)
{
    for (guint i = 0; i < app->screens->len; i++) {
        struct screen *screen = app->screens->pdata[i];

        if (screen->class == class)
            return screen;
    }
    return NULL;
}

void app_push(struct app *app, const struct screen_class *class,
              gconstpointer argument)
{
    g_ptr_array_add(app->screens, screen_new(class, app, argument));
    app_dirty(app);
}

static gboolean app_sweep(gpointer data)
{
    struct app *app = data;

    app->sweep_source = 0;
    g_ptr_array_set_size(app->closed, 0);
    return G_SOURCE_REMOVE;
}

void app_pop(struct app *app, struct screen *screen)
{
    if (screen->closing)
        return;
    while (app->screens->len > 1 && !screen->closing) {
        guint last = app->screens->len - 1;
        struct screen *top = g_ptr_array_steal_index(app->screens, last);

        top->closing = TRUE;
        g_ptr_array_add(app->closed, top);
    }
    if (!app->sweep_source)
        app->sweep_source = g_idle_add(app_sweep, app);
    app_dirty(app);
}

/* --- notes and events --- */

static void app_set_note(struct app *app, gboolean warning, const char *text)
{
    app_tick_clock(app);
    g_free(app->note);
    app->note = g_strdup_printf("%s %s%s", app->clock, warning ? "! " : "", text);
    app->note_warning = warning;
    app_dirty(app);
}

void app_note(struct app *app, gboolean warning, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    app_set_note(app, warning, text);
}

const char *app_note_text(const struct app *app, gboolean *warning)
{
    *warning = app->note_warning;
    return app->note;
}

/* The title has the short word; the reason, and that it is over, are events. */
static void app_event_hv(struct app *app, const struct event *event)
{
    if (event->warning)
        app_note(app, TRUE, "libvirt is %s", event->text);
    else if (app->hv_down)
        app_note(app, FALSE, "libvirt: %s", event->text);
    app->hv_down = event->warning;
}

static void app_event(const struct event *event, gpointer data)
{
    struct app *app = data;
    /* A screen may open and close others while it is told. */
    g_autoptr(GPtrArray) now = g_ptr_array_new();

    g_ptr_array_extend(now, app->screens, NULL, NULL);
    if (event->type == EVENT_NOTE)
        app_set_note(app, event->warning, event->text);
    if (event->type == EVENT_HV)
        app_event_hv(app, event);
    if (event->type == EVENT_OP)
        action_event(app, event->op);
    for (guint i = 0; i < now->len; i++) {
        struct screen *screen = now->pdata[i];

        if (!screen->closing && screen->class->event)
            screen->class->event(screen, event);
    }
    app_dirty(app);
}

/* --- keys --- */

static void app_run_row(struct screen *screen, const struct key_row *row)
{
    const char *uuid;

    if (!row->op) {
        row->run(screen);
        return;
    }
    uuid = screen->class->subject ? screen->class->subject(screen) : NULL;
    if (uuid)
        action_start(screen->app, row->op, uuid, NULL);
}

void app_key(struct app *app, int key)
{
    struct screen *screen = app_top(app);

    /* A warning was there to be read, and has been. */
    app->note_warning = FALSE;
    if (!screen->class->typed || !screen->class->typed(screen, key)) {
        const struct key_row *row = screen_row(screen, key);

        if (row)
            app_run_row(screen, row);
    }
    app_schedule(app, app->drawn_us + KEY_FRAME_US);
}

static void app_key_help(struct screen *screen)
{
    help_open(screen);
}

static void app_key_redraw(struct screen *screen)
{
    draw_repaint();
}

static void app_key_refresh(struct screen *screen)
{
    engine_request_all(screen->app->engine);
    app_note(screen->app, FALSE, "reading everything again");
}

/* What is being asked first, then what works on the selected qube, then what
 * works at all. The program itself is not ended by it. */
static void app_key_cancel(struct screen *screen)
{
    struct app *app = screen->app;
    const char *uuid;
    struct op *op = NULL;

    if (screen->class->kind != SCREEN_VIEW) {
        app_key(app, K_ESC);
        return;
    }
    uuid = screen->class->subject ? screen->class->subject(screen) : NULL;
    if (uuid)
        op = action_running(app, uuid);
    if (!op)
        op = action_running(app, NULL);
    if (op)
        question_open_cancel(app, op);
    else
        app_note(app, FALSE, "nothing is at work that could be cancelled");
}

static void app_key_stop(struct screen *screen)
{
    term_stop();
}

static void app_key_back(struct screen *screen)
{
    struct app *app = screen->app;
    guint busy = engine_busy(app->engine);

    if (app->screens->len > 1)
        app_pop(app, screen);
    else if (busy)
        question_open_quit(app, busy);
    else
        app_quit(app, 0);
}

static gboolean app_is_first(const struct screen *screen)
{
    return screen->app->screens->len == 1;
}

/* Popups have a way out of their own, and it is named there. */
static gboolean app_is_view(const struct screen *screen)
{
    return screen->class->kind == SCREEN_VIEW;
}

static gboolean app_is_later_view(const struct screen *screen)
{
    return app_is_view(screen) && !app_is_first(screen);
}

static void app_key_quit(struct screen *screen)
{
    guint busy = engine_busy(screen->app->engine);

    if (busy)
        question_open_quit(screen->app, busy);
    else
        app_quit(screen->app, 0);
}

/* clang-format off */
static const struct key_row rows[] = {
    {"F1 ?", "help", "Help", "help; again: all keys",
     KEYS_ANYWHERE, NULL, app_key_help, NULL},
    {"Ctrl-R", "refresh", NULL, "read everything again",
     KEYS_ANYWHERE, NULL, app_key_refresh, NULL},
    {"Ctrl-L", "redraw", NULL, "redraw the terminal",
     KEYS_ANYWHERE, NULL, app_key_redraw, NULL},
    {"Ctrl-C", "interrupt", NULL, "cancel what runs",
     KEYS_ANYWHERE, NULL, app_key_cancel, app_is_view},
    {"Ctrl-Z", "suspend", NULL, "suspend",
     KEYS_ANYWHERE, NULL, app_key_stop, NULL},
    {"q Esc", "back", "Back", "back", KEYS_ANYWHERE, NULL, app_key_back,
     app_is_later_view},
    {"q", "quit", "Quit", "in the list of qubes: quit",
     KEYS_ANYWHERE, NULL, app_key_back, app_is_first},
    {"Q", "leave", NULL, "quit from anywhere", KEYS_ANYWHERE, NULL, app_key_quit,
     NULL},
    {NULL},
};
/* clang-format on */

const struct key_row *app_keys(void)
{
    return rows;
}

/* --- life --- */

static void app_screen_free(gpointer screen)
{
    screen_free(screen);
}

struct app *app_new(struct engine *engine)
{
    struct app *app = g_new0(struct app, 1);

    app->engine = engine;
    app->screens = g_ptr_array_new_with_free_func(app_screen_free);
    app->closed = g_ptr_array_new_with_free_func(app_screen_free);
    app->listener = events_listen(app_model(app)->events, app_event, app);
    app_tick_clock(app);
    app_push(app, &screen_qubes, NULL);
    return app;
}

void app_free(struct app *app)
{
    events_ignore(app_model(app)->events, app->listener);
    if (app->draw_source)
        g_source_remove(app->draw_source);
    if (app->sweep_source)
        g_source_remove(app->sweep_source);
    g_ptr_array_unref(app->closed);
    g_ptr_array_unref(app->screens);
    g_free(app->note);
    g_free(app);
}

void app_on_quit(struct app *app, void (*quit)(int status, gpointer data),
                 gpointer data)
{
    app->quit = quit;
    app->quit_data = data;
}

void app_quit(struct app *app, int status)
{
    if (app->quitting)
        return;
    app->quitting = TRUE;
    if (app->quit)
        app->quit(status, app->quit_data);
}
