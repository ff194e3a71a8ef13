/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What failed, why, what to do next, and what became of the rest (ux.md 4.17). */
#include "config.h"

#include "tui/dialog.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 79
#define INDENT 12

struct error {
    char *title, *what, *why, *next, *undone, *left;
};

struct error_spec {
    const struct op *op;  /* or: */
    const char *title;
    const GError *error;
};

static const struct op_step *error_last_step(const struct op *op)
{
    return op->steps->len
               ? &g_array_index(op->steps, struct op_step, op->steps->len - 1)
               : NULL;
}

static void error_fill_op(struct error *error, const struct op *op)
{
    const struct op_step *step = error_last_step(op);

    error->title = g_strdup_printf("%s was not %s", op->subject, op->row->done);
    if (step)
        error->what = g_strdup_printf("step %u, \"%s\", after %.1f s",
                                      op->steps->len, step->text,
                                      (double)(op->ended_us - op->began_us) /
                                          G_USEC_PER_SEC);
    error->undone = g_strdup(op->undone);
    error->left = g_strdup(op->left);
}

static void error_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct error_spec *spec = argument;
    const GError *cause = spec->op ? spec->op->error : spec->error;
    struct error *error = screen->data;

    if (spec->op)
        error_fill_op(error, spec->op);
    else
        error->title = g_strdup(spec->title);
    error->why = g_strdup(cause->message);
    error->next = g_strdup(error_hint(cause));
}

void error_open(struct app *app, const struct op *op)
{
    struct error_spec spec = {.op = op};

    app_push(app, &screen_error, &spec);
}

void error_open_refused(struct app *app, const char *what, const GError *error)
{
    struct error_spec spec = {.title = what, .error = error};

    app_push(app, &screen_error, &spec);
}

static void error_close(struct screen *screen)
{
    struct error *error = screen->data;

    g_free(error->title);
    g_free(error->what);
    g_free(error->why);
    g_free(error->next);
    g_free(error->undone);
    g_free(error->left);
}

struct error_part {
    const char *head, *text;
    enum style style;
};

static int error_part_height(const struct error_part *part, int width)
{
    return part->text ? draw_wrapped_height(width - INDENT, part->text) + 1 : 0;
}

static int error_part_draw(const struct error_part *part, struct rect area)
{
    struct rect text = {area.y, area.x + INDENT, area.h, area.w - INDENT};

    if (!part->text || area.h <= 0)
        return 0;
    draw_words(area.y, area.x, INDENT - 1, STYLE_STRONG, part->head);
    return draw_wrapped(text, part->style, part->text) + 1;
}

static void error_draw(struct screen *screen, struct rect area)
{
    const struct error *error = screen->data;
    const struct error_part parts[] = {
        {"WHY", error->why, STYLE_NORMAL},
        {"WHERE", error->what, STYLE_NORMAL},
        {"NEXT STEP", error->next, STYLE_STRONG},
        {"UNDONE", error->undone, STYLE_NORMAL},
        {"LEFT", error->left, STYLE_STRONG},
    };
    int width = MIN(WIDTH, area.w) - 4, height = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        height += error_part_height(&parts[i], width);
    struct rect size = {0, 0, height + 1, WIDTH};
    struct rect inside = dialog_box(screen, area, size, error->title);
    draw_cursor(inside.y, inside.x);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        int used = error_part_draw(&parts[i], inside);

        inside.y += used;
        inside.h -= used;
    }
}

static void error_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row error_keys[] = {
    {"Esc Enter q", "close", "close", "close", KEYS_ACT, NULL, error_key_close,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_error = {
    .name = "error",
    .title = "an error",
    .kind = SCREEN_POPUP,
    .keys = error_keys,
    .size = sizeof(struct error),
    .open = error_open_screen,
    .close = error_close,
    .draw = error_draw,
};
