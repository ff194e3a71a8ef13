/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a copy goes: one line at the bottom. */
#include "config.h"

#include "tui/field.h"
#include "tui/frame.h"
#include "tui/save.h"
#include "tui/screens.h"

struct saving {
    struct field *field;
    GPtrArray *lines;
    char *what;
};

static void saving_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct save_offer *offer = argument;
    struct saving *saving = screen->data;

    saving->field = field_new(offer->path);
    saving->lines = g_ptr_array_ref(offer->lines);
    saving->what = g_strdup(offer->what);
}

static void saving_close(struct screen *screen)
{
    struct saving *saving = screen->data;

    field_free(saving->field);
    g_ptr_array_unref(saving->lines);
    g_free(saving->what);
}

static void saving_draw(struct screen *screen, struct rect area)
{
    const struct saving *saving = screen->data;
    struct rect prompt = frame_prompt();
    int used;

    draw_fill((struct rect){prompt.y, 0, 1, prompt.w}, STYLE_NORMAL);
    used = draw_words(prompt.y, 0, prompt.w, STYLE_STRONG, "Save a copy as: ");
    field_draw(saving->field, prompt.y, used, prompt.w - used, TRUE);
}

static gboolean saving_typed(struct screen *screen, int key)
{
    return field_key(((const struct saving *)screen->data)->field, key);
}

static void saving_key_save(struct screen *screen)
{
    const struct saving *saving = screen->data;

    if (!*field_text(saving->field))
        return;
    save_lines(screen->app, saving->lines, saving->what, field_text(saving->field));
    app_pop(screen->app, screen);
}

static void saving_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row saving_keys[] = {
    {"Enter", "save", "save", "write it to a new file", KEYS_ACT, NULL,
     saving_key_save, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave", KEYS_ACT, NULL, saving_key_leave,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_save = {
    .name = "save",
    .title = "saving a copy",
    .kind = SCREEN_POPUP,
    .keys = saving_keys,
    .size = sizeof(struct saving),
    .open = saving_open_screen,
    .close = saving_close,
    .draw = saving_draw,
    .typed = saving_typed,
};

void save_open(struct app *app, const struct save_offer *offer)
{
    app_push(app, &screen_save, offer);
}
