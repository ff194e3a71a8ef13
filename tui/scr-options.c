/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings as a form. */
#include "config.h"

#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/form.h"
#include "tui/setting.h"

#define WIDTH 78

struct options {
    struct form_row *rows;
    struct form *form;
};

static char *options_refused(guint row, const char *value, gpointer data)
{
    return setting_refused(&setting_rows()[row], value);
}

static guint options_count(void)
{
    guint n = 0;

    while (setting_rows()[n].name)
        n++;
    return n;
}

static void options_open_screen(struct screen *screen, gconstpointer argument)
{
    struct options *options = screen->data;
    struct form_spec spec = {.n = options_count(), .refused = options_refused};

    options->rows = g_new0(struct form_row, spec.n);
    for (guint i = 0; i < spec.n; i++) {
        const struct setting_row *row = &setting_rows()[i];

        options->rows[i] = (struct form_row){
            row->label, row->choices, row->type == SETTING_SWITCH,
            setting_text(row->name), row->help};
    }
    spec.rows = options->rows;
    options->form = form_new(&spec);
}

static void options_close(struct screen *screen)
{
    struct options *options = screen->data;

    form_free(options->form);
    g_free(options->rows);
}

/* What would be typed for the last change. */
static char *options_command(const struct options *options)
{
    for (guint i = options_count(); i > 0; i--)
        if (form_changed(options->form, i - 1))
            return g_strdup_printf("Same as    :set %s %s", setting_rows()[i - 1].name,
                                   form_value(options->form, i - 1));
    return g_strdup("");
}

static void options_draw(struct screen *screen, struct rect area)
{
    const struct options *options = screen->data;
    struct rect size = {0, 0, form_height(options->form) + 4, WIDTH};
    struct rect inside = dialog_box(screen, area, size, "Options");
    g_autofree char *command = options_command(options);

    if (inside.h > form_height(options->form)) {
        draw_text(inside.y + inside.h - 1, inside.x, inside.w, STYLE_NORMAL, command);
        inside.h = form_height(options->form);
    }
    form_draw(options->form, inside);
}

static gboolean options_typed(struct screen *screen, int key)
{
    return form_key(((const struct options *)screen->data)->form, key);
}

static void options_key_apply(struct screen *screen)
{
    const struct options *options = screen->data;

    if (!form_check(options->form))
        return;
    for (guint i = 0; i < options_count(); i++)
        if (form_changed(options->form, i))
            setting_set(setting_rows()[i].name, form_value(options->form, i), NULL);
    app_pop(screen->app, screen);
}

static void options_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row options_keys[] = {
    {"Tab S-Tab Up Down", "move", "move", "to another field", KEYS_MOVE, NULL,
     NULL, NULL},
    {"Space Left Right", "change", "change", "another choice", KEYS_ACT, NULL,
     NULL, NULL},
    {"Ctrl-U", "clear", NULL, "empty the field", KEYS_ACT, NULL, NULL, NULL},
    {"Ctrl-S Enter", "apply", "apply", "apply", KEYS_ACT, NULL,
     options_key_apply, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave it as it is", KEYS_ACT, NULL,
     options_key_leave, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_options = {
    .name = "options",
    .title = "options",
    .kind = SCREEN_POPUP,
    .keys = options_keys,
    .size = sizeof(struct options),
    .open = options_open_screen,
    .close = options_close,
    .draw = options_draw,
    .typed = options_typed,
};
