/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More room for a volume (ux.md 4.10). */
#include "config.h"

#include <string.h>

#include "tui/dialog.h"
#include "tui/field.h"
#include "tui/qube-text.h"
#include "tui/screens.h"
#include "tui/volume-text.h"
#include "util/error.h"

#define WIDTH 66
#define HEIGHT 15
#define SLIDER_WIDTH 43
#define POOL_HIGH 0.9 /* of a pool: it is nearly full */
#define STEP ((guint64)1 << 30)
#define FIELD_WIDTH 16
#define LABEL_WIDTH 11

enum focus { FOCUS_FIELD, FOCUS_CANCEL, FOCUS_GROW, FOCUS_COUNT };

struct resize {
    char *uuid, *name, *volume;
    struct field *field;
    enum focus focus;
    gboolean cramped; /* too little room to show what it would do */
};

struct resize_spec {
    const char *uuid, *volume;
};

static struct resize *resize_of(const struct screen *screen)
{
    return screen->data;
}

static struct volume_config *resize_config(const struct screen *screen)
{
    const struct resize *resize = resize_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), resize->uuid);

    return qube ? qube_volume(qube, resize->volume) : NULL;
}

/* As short as it can be typed: "20G" rather than "20.0 GiB". */
static char *resize_size_text(guint64 bytes)
{
    if (bytes % STEP == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT "G", bytes / STEP);
    if (bytes % (1 << 20) == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT "M", bytes >> 20);
    return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
}

static void resize_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct resize_spec *spec = argument;
    struct resize *resize = screen->data;
    const struct qube *qube = model_qube(app_model(screen->app), spec->uuid);

    resize->uuid = g_strdup(spec->uuid);
    resize->volume = g_strdup(spec->volume);
    resize->name = g_strdup_printf("%s:%s", qube->name, spec->volume);
    g_autofree char *now = resize_size_text(resize_config(screen)->size);
    resize->field = field_new("");
    field_suggest(resize->field, now);
}

void resize_open(struct app *app, const char *uuid, const char *volume)
{
    struct resize_spec spec = {uuid, volume};

    app_push(app, &screen_resize, &spec);
}

static void resize_close(struct screen *screen)
{
    struct resize *resize = screen->data;

    g_free(resize->uuid);
    g_free(resize->name);
    g_free(resize->volume);
    field_free(resize->field);
}

static void resize_event(struct screen *screen, const struct event *event)
{
    const struct resize *resize = resize_of(screen);
    const char *why = action_refused(screen->app, "resize", resize->uuid);

    if (!why && resize_config(screen))
        return;
    app_note(screen->app, TRUE, "resize of %s is withdrawn: %s", resize->name,
             why ? why : "the volume is gone");
    app_pop(screen->app, screen);
}

/* --- the new size --- */

static gboolean resize_parse(const struct screen *screen, guint64 *size,
                             GError **error)
{
    const struct volume_config *config = resize_config(screen);
    guint64 bytes;

    if (!text_size_parse(field_text(resize_of(screen)->field), &bytes, error))
        return FALSE;
    if (bytes <= config->size) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  bytes == config->size ? "this is the size it has"
                                        : "smaller than now: data could be lost");
        return FALSE;
    }
    *size = bytes;
    return TRUE;
}

static gboolean resize_valid(const struct screen *screen)
{
    guint64 size;

    return !resize_of(screen)->cramped && resize_parse(screen, &size, NULL);
}

static GHashTable *resize_args(const struct resize *resize)
{
    return op_args_new("volume", resize->volume, "size", field_text(resize->field),
                       NULL);
}

static void resize_step(struct screen *screen, gint64 by)
{
    struct resize *resize = resize_of(screen);
    guint64 now = resize_config(screen)->size, size = now;

    text_size_parse(field_text(resize->field), &size, NULL);
    if (by > 0 && size <= G_MAXINT64 - STEP)
        size += STEP;
    if (by < 0)
        size = size > now + STEP ? size - STEP : now;
    g_autofree char *text = resize_size_text(size);
    field_set(resize->field, text);
}

/* --- drawing --- */

static void resize_draw_now(const struct volume_config *config, struct rect line)
{
    g_autofree char *size = text_size_long(config->size);
    int x = line.x;

    x += draw_words(line.y, x, line.w, STYLE_NORMAL, size);
    if (volume_percent(config) < 0)
        return;
    g_autofree char *used = text_size_long(config->used);
    draw_format(line.y, x, line.x + line.w - x, STYLE_NORMAL, "    used %s (%d%%)",
                used, volume_percent(config));
}

static void resize_draw_field(const struct screen *screen, struct rect line)
{
    const struct resize *resize = resize_of(screen);
    int x = line.x;

    x += draw_words(line.y, x, 2, STYLE_NORMAL, "[ ");
    field_draw(resize->field, line.y, x, FIELD_WIDTH,
               resize->focus == FOCUS_FIELD);
    x += FIELD_WIDTH;
    draw_words(line.y, x, line.x + line.w - x, STYLE_NORMAL,
               " ]   + / - step 1G");
}

/* Where the size lies between the present one and all the pool has free. */
struct slider {
    guint64 now, size, max;
    int width, at, high; /* columns; `high`: from there the pool is nearly full */
};

static gboolean resize_slider(const struct screen *screen, struct slider *slider)
{
    const struct volume_config *config = resize_config(screen);
    const struct pool_entry *entry = model_pool(app_model(screen->app), config->pool);
    double free, until_high;

    if (!entry || !entry->usage_known || entry->used >= entry->size)
        return FALSE;
    free = (double)(entry->size - entry->used);
    until_high = (double)entry->size * POOL_HIGH - (double)entry->used;
    slider->now = slider->size = config->size;
    slider->max = config->size + (entry->size - entry->used);
    resize_parse(screen, &slider->size, NULL);
    slider->at = (int)MIN((double)(slider->size - slider->now) / free *
                              (slider->width - 1), slider->width - 1);
    slider->high = (int)(MAX(until_high, 0) / free * (slider->width - 1));
    return TRUE;
}

static char resize_slider_char(const struct slider *slider, int i)
{
    if (i == slider->at)
        return '#';
    if (i < slider->at)
        return '-';
    return i <= slider->high ? '=' : '.';
}

static void resize_draw_scale(const struct slider *slider, struct rect line)
{
    g_autofree char *now = text_size(slider->now);
    g_autofree char *max = text_size(slider->max);
    g_autofree char *size = text_size(slider->size);
    g_autofree char *end = g_strdup_printf("max %s", max);
    int at = MAX(slider->at + 1, text_width(now) + 2);
    int right = slider->width + 2 - text_width(end);

    draw_words(line.y, line.x, line.w, STYLE_DIM, now);
    if (slider->size > slider->now && at + text_width(size) < right)
        draw_words(line.y, line.x + at, line.w - at, STYLE_NORMAL, size);
    draw_words(line.y, line.x + right, line.w - right, STYLE_DIM, end);
}

static void resize_draw_slider(const struct screen *screen, struct rect line,
                               struct rect below)
{
    struct slider slider = {.width = MIN(SLIDER_WIDTH, line.w - 8)};
    g_autoptr(GString) bar = g_string_new("|");

    if (slider.width < 10 || !resize_slider(screen, &slider))
        return;
    for (int i = 0; i < slider.width; i++)
        g_string_append_c(bar, resize_slider_char(&slider, i));
    g_string_append(bar, "| pool");
    draw_words(line.y, line.x, line.w, STYLE_NORMAL, bar->str);
    resize_draw_scale(&slider, below);
}

static void resize_draw_verdict(const struct screen *screen, struct rect line)
{
    g_autoptr(GError) error = NULL;
    guint64 size;

    if (line.w <= 0)
        return;
    if (!resize_parse(screen, &size, &error)) {
        line.h = 2;
        draw_wrapped(line, STYLE_WARN, error->message);
        return;
    }
    g_autofree char *text = text_size_long(size);
    g_autofree char *more = text_size_long(size - resize_config(screen)->size);
    draw_format(line.y, line.x, line.w, STYLE_GOOD, "= %s, %s more", text, more);
}

static void resize_draw_pool(const struct screen *screen, struct rect line)
{
    const struct volume_config *config = resize_config(screen);
    const struct pool_entry *entry = model_pool(app_model(screen->app), config->pool);
    guint64 size = config->size;
    int x = line.x;

    x += draw_words(line.y, x, line.w, STYLE_NORMAL, config->pool);
    if (!entry || !entry->usage_known || !entry->size)
        return;
    resize_parse(screen, &size, NULL);
    double full = (double)entry->used / (double)entry->size;
    double later = full + (double)(size - config->size) / (double)entry->size;
    g_autofree char *then = later < 10 ? g_strdup_printf("%d", (int)(later * 100))
                                       : g_strdup("over 999");
    draw_format(line.y, x, line.x + line.w - x,
                later > 1 ? STYLE_WARN : STYLE_NORMAL,
                "  %d%% used, %s%%%s if all of this is used", (int)(full * 100), then,
                later > 1 ? "!" : "");
}

static void resize_draw_effect(const struct screen *screen, struct rect line)
{
    const struct qube *qube =
        model_qube(app_model(screen->app), resize_of(screen)->uuid);

    draw_format(line.y, line.x, line.w, STYLE_NORMAL, "%s: %s",
                qube_text_state(qube),
                qube->state == POWER_HALTED ? "there at the next start"
                                            : "its disk grows at once");
}

static void resize_draw_command(const struct screen *screen, struct rect line)
{
    const struct resize *resize = resize_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), resize->uuid);

    if (!resize_valid(screen))
        return;
    g_autoptr(GHashTable) args = resize_args(resize);
    g_autofree char *command = op_command(op_find("resize"), qube, args);
    draw_words(line.y, line.x, line.w, STYLE_NORMAL, command);
}

/* The size now, the new one, two lines about it. */
#define ROOM_HEIGHT 4
#define ROOM_WIDTH 36
#define SLIDER_ROOM 10

static void resize_draw_body(struct screen *screen, struct rect inside)
{
    gboolean slides = inside.h >= SLIDER_ROOM;

    if (resize_of(screen)->cramped) {
        draw_wrapped(inside, STYLE_WARN, "too little room");
        return;
    }
    resize_draw_now(resize_config(screen), dialog_line(&inside, LABEL_WIDTH, "Now"));
    resize_draw_field(screen, dialog_line(&inside, LABEL_WIDTH, "New size"));
    if (slides) {
        struct rect slider = dialog_line(&inside, LABEL_WIDTH, "");

        resize_draw_slider(screen, slider, dialog_line(&inside, LABEL_WIDTH, ""));
    }
    struct rect verdict = dialog_line(&inside, LABEL_WIDTH, "");
    dialog_line(&inside, LABEL_WIDTH, "");
    resize_draw_verdict(screen, verdict);
    resize_draw_pool(screen, dialog_line(&inside, LABEL_WIDTH, "Pool"));
    resize_draw_effect(screen, dialog_line(&inside, LABEL_WIDTH, "Qube"));
    resize_draw_command(screen, dialog_line(&inside, LABEL_WIDTH, "Command"));
    dialog_line(&inside, LABEL_WIDTH, "");
    if (inside.h > 0)
        draw_words(inside.y, inside.x, inside.w, STYLE_DIM,
                   "40G = 40GiB = 40960M; 40GB = 37.3 GiB. Never smaller.");
}

static void resize_draw(struct screen *screen, struct rect area)
{
    struct resize *resize = resize_of(screen);
    g_autofree char *title = g_strdup_printf("Grow %s", resize->name);
    struct rect inside =
        dialog_box(screen, area, (struct rect){0, 0, HEIGHT, WIDTH}, title);
    struct rect last = {inside.y + inside.h - 1, inside.x, 1, inside.w};

    inside.h--;
    resize->cramped = inside.h < ROOM_HEIGHT || inside.w < ROOM_WIDTH;
    struct dialog_button buttons[] = {{"Cancel", FALSE},
                                      {"Grow", !resize_valid(screen)}};
    resize_draw_body(screen, inside);
    dialog_buttons(last, buttons, 2,
                   resize->focus == FOCUS_FIELD
                       ? -1 : (int)resize->focus - FOCUS_CANCEL);
}

/* --- keys --- */

static gboolean resize_typed(struct screen *screen, int key)
{
    struct resize *resize = resize_of(screen);

    /* They step from anywhere: a size has no sign. */
    if (key == '+' || key == '-')
        return FALSE;
    return resize->focus == FOCUS_FIELD && field_key(resize->field, key);
}

static void resize_key_more(struct screen *screen)
{
    resize_step(screen, 1);
}

static void resize_key_less(struct screen *screen)
{
    resize_step(screen, -1);
}

static void resize_key_next(struct screen *screen)
{
    struct resize *resize = resize_of(screen);

    resize->focus = (resize->focus + 1) % FOCUS_COUNT;
}

static void resize_key_back(struct screen *screen)
{
    struct resize *resize = resize_of(screen);

    resize->focus = (resize->focus + FOCUS_COUNT - 1) % FOCUS_COUNT;
}

static void resize_key_cancel(struct screen *screen)
{
    app_pop(screen->app, screen);
}

static void resize_submit(struct screen *screen)
{
    const struct resize *resize = resize_of(screen);
    g_autoptr(GHashTable) args = resize_args(resize);
    /* The form with its button was the question. */
    struct action action = {"resize", resize->uuid, args, CONFIRM_L1};

    app_pop(screen->app, screen);
    action_submit(screen->app, &action);
}

static void resize_key_choose(struct screen *screen)
{
    struct resize *resize = resize_of(screen);

    if (resize->focus == FOCUS_CANCEL)
        resize_key_cancel(screen);
    else if (!resize_valid(screen))
        resize->focus = FOCUS_FIELD;
    else if (resize->focus == FOCUS_FIELD)
        resize->focus = FOCUS_GROW;
    else
        resize_submit(screen);
}

/* clang-format off */
static const struct key_row resize_keys[] = {
    {"+", "more", NULL, NULL, KEYS_MOVE, NULL, resize_key_more, NULL},
    {"-", "less", NULL, "1 GiB more or less", KEYS_MOVE, NULL, resize_key_less,
     NULL},
    {"Tab Down Right", "next", "move", NULL, KEYS_MOVE, NULL, resize_key_next,
     NULL},
    {"S-Tab Up Left", "previous", NULL, "to the next, the previous field",
     KEYS_MOVE, NULL, resize_key_back, NULL},
    {"Enter", "choose", "choose", "take the button", KEYS_ACT, NULL,
     resize_key_choose, NULL},
    {"Esc", "cancel", "cancel", "leave it as it is", KEYS_ACT, NULL,
     resize_key_cancel, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_resize = {
    .name = "resize",
    .title = "resizing a volume",
    .kind = SCREEN_POPUP,
    .keys = resize_keys,
    .size = sizeof(struct resize),
    .open = resize_open_screen,
    .close = resize_close,
    .draw = resize_draw,
    .typed = resize_typed,
    .event = resize_event,
};
