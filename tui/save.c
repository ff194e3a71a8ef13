/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/save.h"

#include "core/logs.h"

/* It may end after the console did, but not after the engine. */
struct save {
    struct model *model;
    char *what, *path;
};

static void save_done(gpointer lines, const GError *error, gpointer data)
{
    struct save *save = data;

    if (error)
        model_note(save->model, NULL, TRUE, "%s", error->message);
    else
        model_note(save->model, NULL, FALSE, "%s is saved in '%s'", save->what,
                   save->path);
    g_clear_pointer(&lines, g_ptr_array_unref);
    g_free(save->what);
    g_free(save->path);
    g_free(save);
}

static char *save_path(const char *typed)
{
    return typed[0] == '~' && typed[1] == '/'
               ? g_build_filename(g_get_home_dir(), typed + 2, NULL)
               : g_canonicalize_filename(typed, NULL);
}

void save_lines(struct app *app, GPtrArray *lines, const char *what,
                const char *path)
{
    struct save *save = g_new0(struct save, 1);

    save->model = app_model(app);
    save->what = g_strdup(what);
    save->path = save_path(path);
    logs_request_save(app_engine(app), lines, save->path, save_done, save);
}

void save_screen(struct app *app, const char *path)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *picture = NULL;
    g_auto(GStrv) split = NULL;

    app_draw(app);
    picture = draw_picture();
    split = g_strsplit(g_strchomp(picture), "\n", -1);
    for (gsize i = 0; split[i]; i++)
        g_ptr_array_add(lines, g_strdup(split[i]));
    save_lines(app, lines, "the screen", path);
}
