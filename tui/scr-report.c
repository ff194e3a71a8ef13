/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What failed, why, what to do next, and what became of the rest (ux.md 4.17). */
#include "config.h"

#include <string.h>

#include "tui/dialog.h"
#include "tui/pager.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 79
#define INDENT 16
#define FILE_WIDTH 78

struct error {
    char *uuid; /* NULL: it was about no qube */
    char *title, *what, *why, *next, *undone, *left;
    struct pager *pager; /* where there is no room for all of it */
    int width;           /* its lines are made for; 0: there is room */
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

    error->uuid = g_strdup(op->uuid);
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
    struct pager_spec pager = {NULL};

    error->pager = pager_new(&pager);
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

    pager_free(error->pager);
    g_free(error->uuid);
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

#define PARTS 5

static void error_parts(const struct error *error, struct error_part *parts)
{
    const struct error_part all[PARTS] = {
        {"CAUSE", error->why, STYLE_NORMAL},
        {"STEP", error->what, STYLE_NORMAL},
        {"NEXT STEP", error->next, STYLE_STRONG},
        {"ALREADY UNDONE", error->undone, STYLE_NORMAL},
        {"STILL THERE", error->left, STYLE_STRONG},
    };

    memcpy(parts, all, sizeof(all));
}

static void error_fold(const struct error *error, GPtrArray *lines, int width)
{
    struct pager_fold fold = {lines, INDENT, width};
    struct error_part parts[PARTS];

    error_parts(error, parts);
    for (gsize i = 0; i < PARTS; i++)
        if (parts[i].text)
            pager_fold(&fold, parts[i].head, parts[i].text);
}

static void error_fill_pager(struct error *error, int width)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    if (error->width == width)
        return;
    error->width = width;
    error_fold(error, lines, width);
    pager_set(error->pager, lines);
}

static void error_draw(struct screen *screen, struct rect area)
{
    struct error *error = screen->data;
    struct error_part parts[PARTS];
    int width = MIN(WIDTH, area.w) - 4, height = 1;

    error_parts(error, parts);
    for (gsize i = 0; i < PARTS; i++)
        height += error_part_height(&parts[i], width);
    /* Before the box, whose hints say whether there is more. */
    if (height > area.h) {
        error_fill_pager(error, width);
        pager_draw(error->pager, (struct rect){area.y, area.x, area.h - 2, width});
    }
    struct rect size = {0, 0, height, WIDTH};
    struct rect inside = dialog_box(screen, area, size, error->title);
    if (height > area.h) {
        pager_draw(error->pager, inside);
        return;
    }
    error->width = 0;
    draw_cursor(inside.y, inside.x);
    for (gsize i = 0; i < PARTS; i++) {
        int used = error_part_draw(&parts[i], inside);

        inside.y += used;
        inside.h -= used;
    }
}

static void error_key_log(struct screen *screen)
{
    const struct error *error = screen->data;
    struct app *app = screen->app;

    app_pop(app, screen);
    if (model_qube(app_model(app), error->uuid))
        detail_open(app, error->uuid, DETAIL_LOG);
}

static void error_key_save(struct screen *screen)
{
    const struct error *error = screen->data;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    struct save_offer offer = {lines, "the report", "~/qmc-report.txt"};

    g_ptr_array_add(lines, g_strdup(error->title));
    error_fold(error, lines, FILE_WIDTH);
    save_open(screen->app, &offer);
}

static void error_key_down(struct screen *screen)
{
    pager_move(((struct error *)screen->data)->pager, 1);
}

static void error_key_up(struct screen *screen)
{
    pager_move(((struct error *)screen->data)->pager, -1);
}

static gboolean error_is_long(const struct screen *screen)
{
    return ((const struct error *)screen->data)->width > 0;
}

static gboolean error_has_more(const struct screen *screen)
{
    return error_is_long(screen) &&
           !pager_at_end(((const struct error *)screen->data)->pager);
}

static gboolean error_has_qube(const struct screen *screen)
{
    return ((const struct error *)screen->data)->uuid != NULL;
}

static void error_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row error_keys[] = {
    {"PgDn Space", "page-down", "more", NULL, KEYS_MOVE, NULL, error_key_down,
     error_has_more},
    {"PgUp", "page-up", NULL, "a page, if it is long", KEYS_MOVE, NULL,
     error_key_up, error_is_long},
    {"l F3", "log", "log", "the log of the qube", KEYS_ACT, NULL, error_key_log,
     error_has_qube},
    {"s", "save", "save", "save a report", KEYS_ACT, NULL, error_key_save, NULL},
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
