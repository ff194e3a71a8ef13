/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console at work: the stack of screens, the one place that draws, the
 * event line. Main thread. */
#pragma once

#include "core/engine.h"
#include "tui/journal.h"
#include "tui/screen.h"

struct app;
struct state;
struct views;

/* The terminal must be open. Shows the list of qubes as its first screen. */
struct app *app_new(struct engine *engine);
/* After the terminal is closed: saving may block. */
void app_free(struct app *app);
/* Called once when the user has left, or app_quit() was. */
void app_on_quit(struct app *app, void (*quit)(int status, gpointer data),
                 gpointer data);

struct engine *app_engine(const struct app *app);
/* What is remembered; saved by app_free(). */
struct state *app_state(const struct app *app);
struct findings;
struct findings *app_findings(const struct app *app);
struct model *app_model(const struct app *app);
/* Valid on every screen; the first is the help. */
const struct key_row *app_keys(void);

void app_key(struct app *app, int key);
/* Something may look different: a frame is drawn soon, at most 10 a second. */
void app_dirty(struct app *app);
/* Draws now. */
void app_draw(struct app *app);
/* FALSE: the details of what was just selected follow in a moment. */
gboolean app_is_whole(const struct app *app);

void app_push(struct app *app, const struct screen_class *class,
              gconstpointer argument);
/* Closes the screen and what lies above it. */
void app_pop(struct app *app, struct screen *screen);
struct screen *app_top(const struct app *app);
/* The lowest screen that is drawn now. */
struct screen *app_view(const struct app *app);
/* The first screen of the class on the stack, or NULL. */
struct screen *app_find(const struct app *app, const struct screen_class *class);
void app_quit(struct app *app, int status);
/* The view behind a digit; nothing happens while a popup is open. */
void app_show(struct app *app, const struct screen_class *class);

/* The event line: a sentence with the time, which stands in the journal too; a
 * warning stays until a key. */
void app_note(struct app *app, gboolean warning, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The same about a qube; uuid may be NULL. */
void app_note_on(struct app *app, const char *uuid, gboolean warning,
                 const char *format, ...) G_GNUC_PRINTF(4, 5);
enum note_kind {
    NOTE_LAST,  /* the last event, not new */
    NOTE_TOAST, /* for some seconds */
    NOTE_ALERT, /* until a key */
};
/* "21:13 personal started", or NULL; caller frees. */
char *app_note_text(const struct app *app, enum note_kind *kind);
const struct journal *app_journal(const struct app *app);
const struct views *app_views(const struct app *app);
const char *app_clock(const struct app *app); /* HH:MM of the last change */
