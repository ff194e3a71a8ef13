/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/note-reading.h"

#include "core/note.h"

struct note_reading {
    struct app *app;
    char *uuid;             /* whose it is; NULL: of nobody */
    struct note *note;      /* NULL: not read yet, or it failed */
    char *error;
    struct query *query;    /* NULL: none at work */
    gboolean again;         /* something else was asked for meanwhile */
};

static gpointer note_ask_run(gconstpointer path, GError **error)
{
    return note_read(path, error);
}

static void note_ask_free(gpointer answer)
{
    note_free(answer);
}

struct query *note_ask(struct engine *engine, const struct qube *qube, query_fn done,
                       gpointer data)
{
    struct query_spec spec = {note_ask_run, note_ask_free, g_free, done, data};
    char *path = note_path(engine_root(engine), qube);

    return path ? query_submit(engine, path, &spec) : NULL;
}

struct note_reading *note_reading_new(struct app *app)
{
    struct note_reading *reading = g_new0(struct note_reading, 1);

    reading->app = app;
    return reading;
}

static void note_reading_forget(struct note_reading *reading)
{
    g_clear_pointer(&reading->note, note_free);
    g_clear_pointer(&reading->error, g_free);
}

void note_reading_free(struct note_reading *reading)
{
    g_clear_pointer(&reading->query, query_forget);
    note_reading_forget(reading);
    g_free(reading->uuid);
    g_free(reading);
}

static void note_reading_done(gpointer answer, const GError *error, gpointer data)
{
    struct note_reading *reading = data;
    const struct qube *qube = model_qube(app_model(reading->app), reading->uuid);

    reading->query = NULL;
    if (reading->again) {
        g_clear_pointer(&answer, note_ask_free);
        if (qube)
            note_reading_look(reading, qube);
        return;
    }
    note_reading_forget(reading);
    reading->note = answer;
    reading->error = error ? g_strdup(error->message) : NULL;
    app_dirty(reading->app);
}

void note_reading_look(struct note_reading *reading, const struct qube *qube)
{
    /* Never the note of one qube below the name of another. */
    if (g_strcmp0(reading->uuid, qube->uuid) != 0) {
        note_reading_forget(reading);
        g_free(reading->uuid);
        reading->uuid = g_strdup(qube->uuid);
    }
    reading->again = reading->query != NULL;
    if (!reading->again)
        reading->query =
            note_ask(app_engine(reading->app), qube, note_reading_done, reading);
}

const char *note_reading_text(const struct note_reading *reading)
{
    return reading->note ? reading->note->text : NULL;
}

const char *note_reading_error(const struct note_reading *reading)
{
    return reading->error;
}

gboolean note_reading_is_of(const struct note_reading *reading, const char *uuid)
{
    return g_strcmp0(reading->uuid, uuid) == 0;
}
