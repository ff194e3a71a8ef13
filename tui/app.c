/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/app.h"

#include <stdarg.h>

#include "tui/action.h"
#include "tui/findings.h"
#include "tui/frame.h"
#include "tui/pane.h"
#include "tui/screens.h"
#include "tui/state.h"
#include "tui/term.h"
#include "tui/views.h"

/* A key is answered at once, only a flood of them is thinned out. */
#define FRAME_US (100 * G_TIME_SPAN_MILLISECOND)
#define KEY_FRAME_US (20 * G_TIME_SPAN_MILLISECOND)
#define TOAST_S 5
#define SLOW_FRAME_US (10 * G_TIME_SPAN_SECOND)

struct app {
    struct engine *engine;
    struct state *state;
    struct views *views;
    struct panes *panes;
    GPtrArray *closed;  /* freed when no callback of theirs can be running */
    guint listener, draw_source, sweep_source, toast_source;
    gint64 drawn_us, draw_due_us;
    struct journal *journal;
    struct findings *findings;
    guint alert;        /* number of the warning nobody has answered; 0: none */
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

struct state *app_state(const struct app *app)
{
    return app->state;
}

struct findings *app_findings(const struct app *app)
{
    return app->findings;
}

struct model *app_model(const struct app *app)
{
    return engine_model(app->engine);
}

const char *app_clock(const struct app *app)
{
    return app->clock;
}

const struct views *app_views(const struct app *app)
{
    return app->views;
}

const struct journal *app_journal(const struct app *app)
{
    return app->journal;
}

/* Bottom first. */
static GPtrArray *app_stack(const struct app *app)
{
    return views_stack(app->views);
}

/* --- frames --- */

static void app_tick_clock(struct app *app)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *text = g_date_time_format(now, "%H:%M");

    g_strlcpy(app->clock, text, sizeof(app->clock));
}

/* Those below the view too: some show their rows. */
static void app_fill(struct app *app)
{
    for (guint i = 0; i < app_stack(app)->len; i++) {
        struct screen *screen = app_stack(app)->pdata[i];

        if (screen->stale && screen->class->fill)
            screen->class->fill(screen);
        screen->stale = FALSE;
    }
}

static void app_draw_screens(struct app *app)
{
    struct screen *view = app_view(app);
    struct rect body = frame_draw(app, view);
    struct rect own = panes_draw(app->panes, view, body);
    gboolean above = FALSE;

    for (guint i = 0; i < app_stack(app)->len; i++) {
        struct screen *screen = app_stack(app)->pdata[i];

        if (screen == view)
            above = TRUE;
        if (above)
            screen->class->draw(screen, screen == view ? own : body);
    }
    frame_draw_footer(app, view);
}

static void app_schedule(struct app *app, gint64 due_us);

void app_draw(struct app *app)
{
    app->drawn_us = g_get_monotonic_time();
    app_fill(app);
    draw_begin();
    app_draw_screens(app);
    /* The clock alone is no reason to write to the terminal. */
    if (draw_changed()) {
        app_tick_clock(app);
        frame_draw_clock(app, app_view(app));
    }
    draw_end();
    if (panes_due(app->panes))
        app_schedule(app, panes_due(app->panes));
}

gboolean app_is_whole(const struct app *app)
{
    return panes_due(app->panes) == 0;
}

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
    return app_stack(app)->pdata[app_stack(app)->len - 1];
}

struct screen *app_view(const struct app *app)
{
    const GPtrArray *stack = app_stack(app);
    guint i = stack->len - 1;

    while (i > 0 &&
           ((struct screen *)stack->pdata[i])->class->kind == SCREEN_POPUP)
        i--;
    return stack->pdata[i];
}

struct screen *app_find(const struct app *app, const struct screen_class *class)
{
    for (guint i = 0; i < app_stack(app)->len; i++) {
        struct screen *screen = app_stack(app)->pdata[i];

        if (screen->class == class)
            return screen;
    }
    return NULL;
}

void app_push(struct app *app, const struct screen_class *class,
              gconstpointer argument)
{
    g_ptr_array_add(app_stack(app), screen_new(class, app, argument));
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
    GPtrArray *stack = views_stack_of(app->views, screen);

    while (stack && stack->len > 1 && !screen->closing) {
        struct screen *top = g_ptr_array_steal_index(stack, stack->len - 1);

        top->closing = TRUE;
        g_ptr_array_add(app->closed, top);
    }
    if (!app->sweep_source)
        app->sweep_source = g_idle_add(app_sweep, app);
    app_dirty(app);
}

/* --- notes and events --- */

static const struct journal_entry *app_last_entry(const struct app *app)
{
    guint n = journal_length(app->journal);

    return n ? journal_at(app->journal, n - 1) : NULL;
}

/* In small frames a note gives way to what it covers. */
static gboolean app_toast_over(gpointer data)
{
    struct app *app = data;

    app->toast_source = 0;
    app_dirty(app);
    return G_SOURCE_REMOVE;
}

static void app_add_note(struct app *app, const char *uuid, gboolean warning,
                         const char *text)
{
    const struct qube *qube = uuid ? model_qube(app_model(app), uuid) : NULL;

    app_tick_clock(app);
    journal_add(app->journal, uuid, qube ? qube->name : NULL, warning, text);
    if (warning)
        app->alert = app_last_entry(app)->number;
    g_clear_handle_id(&app->toast_source, g_source_remove);
    app->toast_source = g_timeout_add_seconds(TOAST_S, app_toast_over, app);
    app_dirty(app);
}

void app_note(struct app *app, gboolean warning, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    app_add_note(app, NULL, warning, text);
}

void app_note_on(struct app *app, const char *uuid, gboolean warning,
                 const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    app_add_note(app, uuid, warning, text);
}

char *app_note_text(const struct app *app, enum note_kind *kind)
{
    const struct journal_entry *entry =
        app->alert ? journal_find(app->journal, app->alert) : app_last_entry(app);

    *kind = app->alert ? NOTE_ALERT : app->toast_source ? NOTE_TOAST : NOTE_LAST;
    if (!entry)
        return NULL;
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);
    g_autofree char *time = g_date_time_format(at, "%H:%M");
    return g_strdup_printf("%s %s%s", time, entry->warning ? "! " : "",
                           entry->text);
}

/* The title has the short word; the reason, and that it is over, are events. */
static void app_event_hv(struct app *app, const struct event *event)
{
    /* Nobody has to answer for what is over. */
    if (app->hv_down && !event->warning)
        app->alert = 0;
    /* One outage is one event, whatever each call says of it. */
    if (event->warning && !app->hv_down)
        app_note(app, TRUE, "libvirt is %s", event->text);
    else if (!event->warning && app->hv_down)
        app_note(app, FALSE, "libvirt: %s", event->text);
    app->hv_down = event->warning;
}

/* On a slow line figures alone are worth a frame now and then only. */
static void app_dirty_event(struct app *app, const struct event *event)
{
    if (event->type == EVENT_STATS && draw_slow())
        app_schedule(app, app->drawn_us + SLOW_FRAME_US);
    else
        app_dirty(app);
}

/* A screen may open and close others while it is told. */
static void app_tell(struct app *app, const struct event *event)
{
    g_autoptr(GPtrArray) now = g_ptr_array_new();

    g_ptr_array_extend(now, app_stack(app), NULL, NULL);
    for (guint i = 0; i < now->len; i++) {
        struct screen *screen = now->pdata[i];

        if (!screen->closing && screen->class->event)
            screen->class->event(screen, event);
    }
}

/* Views that are not shown are told when they are shown again. */
static void app_event(const struct event *event, gpointer data)
{
    struct app *app = data;

    if (event->type == EVENT_MODEL)
        findings_tell(app->findings, app);
    if (event->type == EVENT_NOTE)
        app_add_note(app, event->uuid, event->warning, event->text);
    if (event->type == EVENT_HV)
        app_event_hv(app, event);
    if (event->type == EVENT_OP)
        action_event(app, event->op);
    app_tell(app, event);
    app_dirty_event(app, event);
}

/* --- views --- */

void app_show(struct app *app, const struct screen_class *class)
{
    struct event event = {.type = EVENT_MODEL};

    if (app_top(app)->class->kind != SCREEN_VIEW)
        return;
    if (views_show(app->views, class))
        app_tell(app, &event);
    app_dirty(app);
}

static void app_key_qubes(struct screen *screen)
{
    app_show(screen->app, &screen_qubes);
}

static void app_key_pools(struct screen *screen)
{
    app_show(screen->app, &screen_pools);
}

static void app_key_volumes(struct screen *screen)
{
    app_show(screen->app, &screen_allvolumes);
}

static void app_key_jobs(struct screen *screen)
{
    app_show(screen->app, &screen_jobs);
}

static void app_key_events(struct screen *screen)
{
    app_show(screen->app, &screen_events);
}

static void app_key_repair(struct screen *screen)
{
    app_show(screen->app, &screen_repair);
}

/* --- keys --- */

static void app_run_row(struct screen *screen, const struct key_row *row)
{
    g_auto(GStrv) uuids = NULL;

    if (!row->op) {
        if (row->run)
            row->run(screen);
        return;
    }
    uuids = action_targets(screen);
    action_start_all(screen->app, row->op, uuids);
}

/* Nothing is begun or agreed to unseen. */
static gboolean app_is_blind_key(const struct key_row *row, int key)
{
    return !row->op && (key == K_ESC || row->group == KEYS_MOVE ||
                        row->group == KEYS_ANYWHERE);
}

void app_key(struct app *app, int key)
{
    struct screen *screen = app_top(app);

    app_fill(app);
    /* A warning was there to be read, and has been. */
    app->alert = 0;
    if (frame_blind() || !screen->class->typed ||
        !screen->class->typed(screen, key)) {
        const struct key_row *row = screen_row(screen, key);

        if (row && (!frame_blind() || app_is_blind_key(row, key)))
            app_run_row(screen, row);
    }
    app_schedule(app, app->drawn_us + KEY_FRAME_US);
}

static void app_key_help(struct screen *screen)
{
    help_open(screen);
}

static void app_key_command(struct screen *screen)
{
    app_push(screen->app, &screen_command, NULL);
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

static void app_key_freeze(struct screen *screen)
{
    struct engine *engine = screen->app->engine;
    gboolean frozen = !engine_frozen(engine);

    engine_freeze(engine, frozen);
    app_note(screen->app, FALSE, frozen ? "figures are frozen; Z lets them go on"
                                        : "figures go on");
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

    if (app_stack(app)->len > 1)
        app_pop(app, screen);
    else if (!views_is_first(app->views))
        app_show(app, &screen_qubes);
    else if (busy)
        question_open_quit(app, busy);
    else
        app_quit(app, 0);
}

static gboolean app_is_first(const struct screen *screen)
{
    const struct app *app = screen->app;

    return app_stack(app)->len == 1 && views_is_first(app->views);
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

static void app_key_pane(struct screen *screen)
{
    struct app *app = screen->app;

    if (app_is_view(screen) && !panes_toggle_events(app->panes))
        app_note(app, FALSE, "there is no room for events below the list; 8 shows "
                             "all of them");
}

/* clang-format off */
static const struct key_row rows[] = {
    {"F1 ?", "help", "Help", "help; again: all keys",
     KEYS_ANYWHERE, NULL, app_key_help, NULL},
    {":", "command", "Command", "command line",
     KEYS_ANYWHERE, NULL, app_key_command, app_is_view},
    {"Ctrl-R", "refresh", NULL, "read everything again",
     KEYS_ANYWHERE, NULL, app_key_refresh, NULL},
    {"Z", "freeze", NULL, "freeze, thaw the figures",
     KEYS_ANYWHERE, NULL, app_key_freeze, NULL},
    {"Ctrl-L", "redraw", NULL, "redraw the terminal",
     KEYS_ANYWHERE, NULL, app_key_redraw, NULL},
    {"Ctrl-C", "interrupt", NULL, "cancel what runs",
     KEYS_ANYWHERE, NULL, app_key_cancel, app_is_view, TRUE},
    {"Ctrl-Z", "suspend", NULL, "suspend",
     KEYS_ANYWHERE, NULL, app_key_stop, NULL},
    {"q Esc", "back", "Back", "back", KEYS_ANYWHERE, NULL, app_key_back,
     app_is_later_view},
    {"q", "quit", "Quit", "in the list of qubes: quit",
     KEYS_ANYWHERE, NULL, app_key_back, app_is_first},
    {"L", "event-pane", NULL, "show or hide the events below", KEYS_SHOW, NULL,
     app_key_pane, app_is_view},
    {"1", "view-qubes", NULL, NULL, KEYS_ANYWHERE, NULL, app_key_qubes, app_is_view},
    {"2", "view-pools", NULL, NULL, KEYS_ANYWHERE, NULL, app_key_pools, app_is_view},
    {"3", "view-volumes", NULL, NULL, KEYS_ANYWHERE, NULL, app_key_volumes,
     app_is_view},
    {"7", "view-jobs", NULL, NULL, KEYS_ANYWHERE, NULL, app_key_jobs, app_is_view},
    {"8", "view-events", NULL, NULL, KEYS_ANYWHERE, NULL, app_key_events, app_is_view},
    {"9", "view-repair", NULL, "the views by their numbers", KEYS_ANYWHERE, NULL,
     app_key_repair, app_is_view},
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

/* What is played with in a demo does not come back in earnest. */
static struct state *app_state_new(struct engine *engine)
{
    g_autofree char *path =
        engine_mode(engine) == MODE_DEMO
            ? g_build_filename(engine_root(engine), "console-state", NULL)
            : state_path();

    return state_new(path);
}

struct app *app_new(struct engine *engine)
{
    struct app *app = g_new0(struct app, 1);

    app->engine = engine;
    app->state = app_state_new(engine);
    app->journal = journal_new();
    app->findings = findings_new();
    app->panes = panes_new();
    app->closed = g_ptr_array_new_with_free_func(app_screen_free);
    app->listener = events_listen(app_model(app)->events, app_event, app);
    app_tick_clock(app);
    app->views = views_new(app);
    findings_tell(app->findings, app);
    app_dirty(app);
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
    g_clear_handle_id(&app->toast_source, g_source_remove);
    views_free(app->views);
    panes_free(app->panes);
    journal_free(app->journal);
    findings_free(app->findings);
    state_save(app->state);
    state_free(app->state);
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
