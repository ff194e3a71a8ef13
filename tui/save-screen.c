/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/save-screen.h"

#include "core/logs.h"

/* It may end after the console did, but not after the engine. */
struct save {
    struct model *model;
    char *path;
};

static void save_done(struct log_text *text, const GError *error, gpointer data)
{
    struct save *save = data;

    if (error)
        model_note(save->model, NULL, TRUE, "%s", error->message);
    else
        model_note(save->model, NULL, FALSE, "the screen is saved in '%s'",
                   save->path);
    g_free(save->path);
    g_free(save);
}

void save_screen(struct app *app, const char *path)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    struct save *save = g_new0(struct save, 1);
    g_autofree char *picture = NULL;
    g_auto(GStrv) split = NULL;

    app_draw(app);
    picture = draw_picture();
    split = g_strsplit(g_strchomp(picture), "\n", -1);
    for (gsize i = 0; split[i]; i++)
        g_ptr_array_add(lines, g_strdup(split[i]));
    save->model = app_model(app);
    save->path = g_canonicalize_filename(path, NULL);
    logs_request_save(app_engine(app), lines, save->path, save_done, save);
}
