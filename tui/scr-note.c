/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The note of a qube, written in a box (ux.md 4.7); read once more before it is
 * replaced. */
#include "config.h"

#include <string.h>

#include "core/note.h"
#include "tui/dialog.h"
#include "tui/lines.h"
#include "tui/note-reading.h"
#include "tui/screens.h"

#define WIDTH 76
#define HEIGHT 16

struct memo {
    char *uuid, *title;
    struct lines *lines;
    char *seen;            /* as it was when it was looked at last; hostile */
    struct query *looking; /* again, before anything is changed; NULL: not now */
    char *news;            /* what somebody else did to it, or why not; or NULL */
};

static struct memo *memo_of(const struct screen *screen)
{
    return screen->data;
}

/* --- life --- */

struct memo_spec {
    const char *uuid, *text;
};

static void memo_set(struct memo *memo, const char *text)
{
    g_autofree char *shown = text_sanitise_lines(text, -1);

    g_clear_pointer(&memo->lines, lines_free);
    g_free(memo->seen);
    memo->seen = g_strdup(text);
    memo->lines = lines_new(shown, NOTE_MAX);
}

/* What cannot be read is not written over. */
static void memo_read(gpointer answer, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct memo *memo = memo_of(screen);
    auto_of(note) struct note *note = answer;

    memo->looking = NULL;
    if (screen->closing)
        return;
    if (note) {
        memo_set(memo, note->text);
        app_dirty(screen->app);
        return;
    }
    app_pop(screen->app, screen);
    error_open_refused(screen->app, memo->title, error);
}

static void memo_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct memo_spec *spec = argument;
    struct memo *memo = memo_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), spec->uuid);

    memo->uuid = g_strdup(spec->uuid);
    memo->title = g_strdup_printf("Note of %s", qube->name);
    memo_set(memo, spec->text ? spec->text : "");
    if (!spec->text)
        memo->looking = note_ask(app_engine(screen->app), qube, memo_read, screen);
}

void note_open(struct app *app, const char *uuid, const char *text)
{
    struct memo_spec spec = {uuid, text};

    app_push(app, &screen_note, &spec);
}

static void memo_close(struct screen *screen)
{
    struct memo *memo = memo_of(screen);

    g_clear_pointer(&memo->looking, query_forget);
    lines_free(memo->lines);
    g_free(memo->uuid);
    g_free(memo->title);
    g_free(memo->seen);
    g_free(memo->news);
}

static void memo_event(struct screen *screen, const struct event *event)
{
    const struct memo *memo = memo_of(screen);
    char *uuids[] = {memo->uuid, NULL};

    dialog_withdraw(screen, memo->title, uuids);
}

static void memo_draw(struct screen *screen, struct rect area)
{
    const struct memo *memo = memo_of(screen);
    struct rect inside =
        dialog_box(screen, area, (struct rect){0, 0, HEIGHT, WIDTH}, memo->title);
    int foot = inside.y + inside.h - 1;

    if (inside.h > 1)
        inside.h--;
    lines_draw(memo->lines, inside);
    if (memo->news)
        draw_words(foot, inside.x, inside.w, STYLE_WARN, memo->news);
    else if (inside.y + inside.h <= foot)
        draw_format(foot, inside.x, inside.w, STYLE_DIM, "%zu of %d bytes",
                    strlen(lines_text(memo->lines)), NOTE_MAX);
}

/* --- what others do --- */

static void memo_submit(struct screen *screen)
{
    const struct memo *memo = memo_of(screen);
    g_autoptr(GHashTable) args = op_args_new("text", lines_text(memo->lines), NULL);
    g_autofree char *uuid = g_strdup(memo->uuid);
    /* The box was the question. */
    struct action action = {"note", uuid, args, CONFIRM_L1};

    app_pop(screen->app, screen);
    action_submit(screen->app, &action);
}

/* What cannot be read is told by the operation, with what is to be done. */
static void memo_looked(gpointer answer, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct memo *memo = memo_of(screen);
    auto_of(note) struct note *note = answer;

    memo->looking = NULL;
    if (screen->closing) /* left in this turn: nothing is written */
        return;
    if (!note || g_str_equal(note->text, memo->seen)) {
        memo_submit(screen);
        return;
    }
    g_free(memo->seen);
    memo->seen = g_strdup(note->text);
    memo->news = g_strdup_printf("somebody else changed it: it has %zu bytes now;"
                                 " Ctrl-S again replaces that", strlen(note->text));
    detail_reread_note(screen->app);
    app_dirty(screen->app);
}

/* --- keys --- */

static gboolean memo_typed(struct screen *screen, int key)
{
    struct memo *memo = memo_of(screen);

    if (memo->looking && key != K_ESC && key != K_CTRL('C'))
        return TRUE;
    if (!lines_key(memo->lines, key))
        return FALSE;
    g_clear_pointer(&memo->news, g_free);
    return TRUE;
}

/* The box stays until the note has been looked at, so that it can be left. */
static void memo_key_apply(struct screen *screen)
{
    struct memo *memo = memo_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), memo->uuid);
    g_autoptr(GError) error = NULL;
    g_autofree char *clean = note_clean(lines_text(memo->lines), &error);

    g_clear_pointer(&memo->news, g_free);
    if (clean)
        memo->looking = note_ask(app_engine(screen->app), qube, memo_looked, screen);
    else
        memo->news = g_strdup(error->message);
}

static void memo_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row memo_keys[] = {
    {"Enter Tab", "break", NULL, "a new line; a blank as wide as it comes", KEYS_ACT,
     NULL, NULL, NULL},
    {"Up Down PgUp PgDn", "move", NULL, "to another line", KEYS_MOVE, NULL, NULL, NULL},
    {"Ctrl-U", "clear", NULL, "empty the line", KEYS_ACT, NULL, NULL, NULL},
    {"Ctrl-S", "apply", "write it", "write it; an empty one removes it", KEYS_ACT,
     NULL, memo_key_apply, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave it as it was", KEYS_ACT, NULL,
     memo_key_leave, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_note = {
    .name = "note",
    .title = "a note",
    .kind = SCREEN_POPUP,
    .keys = memo_keys,
    .size = sizeof(struct memo),
    .open = memo_open_screen,
    .close = memo_close,
    .draw = memo_draw,
    .typed = memo_typed,
    .event = memo_event,
};
