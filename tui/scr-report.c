/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is too long for a line, part by part: what failed, why, what to do next,
 * and what became of the rest (ux.md 4.17); an event as a whole. */
#include "config.h"

#include <string.h>

#include "tui/dialog.h"
#include "tui/list.h"
#include "tui/pager.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 79
#define WIDTH_MAX 110
#define INDENT 16
#define FILE_WIDTH 78

struct report_part {
    const char *head;
    char *text;
    enum style style;
};

struct report {
    char *uuid; /* NULL: it is about no qube */
    char *title;
    gboolean event;      /* one of the journal */
    GArray *parts;       /* struct report_part */
    struct pager *pager; /* where there is no room for all of it */
    int width;           /* its lines are made for; 0: there is room */
};

/* One of them: */
struct report_spec {
    const struct op *op;
    const GError *error;
    const struct journal_entry *entry;
    const char *title; /* of the error */
};

static void report_part_clear(gpointer data)
{
    g_free(((struct report_part *)data)->text);
}

/* Takes the text; NULL: there is no such part. */
static void report_add(struct report *report, const char *head, enum style style,
                       char *untrusted)
{
    struct report_part part = {head, NULL, style};

    if (!untrusted)
        return;
    part.text = text_sanitise(untrusted, -1);
    g_array_append_val(report->parts, part);
    g_free(untrusted);
}

/* --- what it says --- */

/* NULL: it did not fail at one. */
static char *report_step(const struct op *op)
{
    double seconds = (double)(op->ended_us - op->began_us) / G_USEC_PER_SEC;

    for (guint i = op->steps->len; i > 0; i--) {
        const struct op_step *step = &g_array_index(op->steps, struct op_step, i - 1);

        if (step->state == STEP_FAILED)
            return g_strdup_printf("%u, \"%s\", after %.1f s", i, step->text, seconds);
    }
    return NULL;
}

static void report_fill_cause(struct report *report, const GError *error, char *step)
{
    report_add(report, "CAUSE", STYLE_NORMAL, g_strdup(error->message));
    report_add(report, "STEP", STYLE_NORMAL, step);
    report_add(report, "NEXT STEP", STYLE_STRONG, g_strdup(error_hint(error)));
}

static void report_fill_op(struct report *report, const struct op *op)
{
    report->uuid = g_strdup(op->uuid);
    report->title = g_strdup_printf(op->phase == OP_PARTIAL ? "%s was %s, but something stayed"
                                                            : "%s was not %s",
                                    op->subject, op->row->done);
    report_fill_cause(report, op->error, report_step(op));
    report_add(report, "ALREADY UNDONE", STYLE_NORMAL, g_strdup(op->undone));
    report_add(report, "STILL THERE", STYLE_STRONG, g_strdup(op->left));
}

static void report_fill_event(struct report *report,
                              const struct journal_entry *entry)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);
    gboolean any = *entry->subject != '\0';

    report->event = TRUE;
    report->uuid = *entry->uuid ? g_strdup(entry->uuid) : NULL;
    report->title = g_strdup(any              ? entry->subject
                             : entry->warning ? "Warning" : "Event");
    report_add(report, "EVENT", entry->warning ? STYLE_WARN : STYLE_NORMAL,
               g_strdup(entry->text));
    report_add(report, "TIME", STYLE_NORMAL, g_date_time_format(at, "%F %T"));
    report_add(report, "QUBE", STYLE_NORMAL, any ? g_strdup(entry->subject) : NULL);
}

static void report_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct report_spec *spec = argument;
    struct report *report = screen->data;
    struct pager_spec pager = {NULL};

    report->pager = pager_new(&pager);
    report->parts = g_array_new(FALSE, FALSE, sizeof(struct report_part));
    g_array_set_clear_func(report->parts, report_part_clear);
    if (spec->op) {
        report_fill_op(report, spec->op);
    } else if (spec->entry) {
        report_fill_event(report, spec->entry);
    } else {
        report->title = g_strdup(spec->title);
        report_fill_cause(report, spec->error, NULL);
    }
}

void error_open(struct app *app, const struct op *op)
{
    struct report_spec spec = {.op = op};

    app_push(app, &screen_report, &spec);
}

void error_open_refused(struct app *app, const char *what, const GError *error)
{
    struct report_spec spec = {.title = what, .error = error};

    app_push(app, &screen_report, &spec);
}

void event_open(struct app *app, const struct journal_entry *entry)
{
    struct report_spec spec = {.entry = entry};

    app_push(app, &screen_report, &spec);
}

static void report_close(struct screen *screen)
{
    struct report *report = screen->data;

    pager_free(report->pager);
    g_array_unref(report->parts);
    g_free(report->uuid);
    g_free(report->title);
}

/* --- drawing --- */

static const struct report_part *report_part(const struct report *report, guint i)
{
    return &g_array_index(report->parts, struct report_part, i);
}

static int report_height(const struct report *report, int width)
{
    int height = 1;

    for (guint i = 0; i < report->parts->len; i++)
        height += 1 + draw_wrapped_height(width - INDENT,
                                          report_part(report, i)->text);
    return height;
}

/* Wider than usual only for what would be broken into lines else. */
static int report_width(const struct report *report, int room)
{
    int width = WIDTH;

    for (guint i = 0; i < report->parts->len; i++)
        width = MAX(width, INDENT + 4 + text_width(report_part(report, i)->text));
    return MIN(MIN(width, WIDTH_MAX), room);
}

static int report_draw_part(const struct report_part *part, struct rect area)
{
    struct rect text = {area.y, area.x + INDENT, area.h, area.w - INDENT};

    if (area.h <= 0)
        return 0;
    draw_words(area.y, area.x, INDENT - 1, STYLE_STRONG, part->head);
    return draw_wrapped(text, part->style, part->text) + 1;
}

static void report_fold(const struct report *report, GPtrArray *lines, int width)
{
    struct pager_fold fold = {lines, INDENT, width};

    for (guint i = 0; i < report->parts->len; i++)
        pager_fold(&fold, report_part(report, i)->head, report_part(report, i)->text);
}

static void report_fill_pager(struct report *report, int width)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    if (report->width == width)
        return;
    report->width = width;
    report_fold(report, lines, width);
    pager_set(report->pager, lines);
}

/* The line of what is selected below it; 0: nothing is. */
static int report_spoken_of(const struct screen *screen)
{
    const struct screen *view = app_view(screen->app);
    const struct list *list = view->class->list ? view->class->list(view) : NULL;

    return list && list_selected(list) ? list_selected_line(list) : 0;
}

static void report_draw(struct screen *screen, struct rect area)
{
    struct report *report = screen->data;
    int all = report_width(report, area.w), width = all - 4;
    struct rect size = {report_spoken_of(screen), 0, report_height(report, width), all};

    /* Before the box, whose hints say whether there is more. */
    if (size.h > area.h) {
        report_fill_pager(report, width);
        pager_draw(report->pager, (struct rect){area.y, area.x, area.h - 2, width});
    }
    struct rect inside = dialog_box(screen, area, size, report->title);
    if (size.h > area.h) {
        pager_draw(report->pager, inside);
        return;
    }
    report->width = 0;
    draw_cursor(inside.y, inside.x);
    for (guint i = 0; i < report->parts->len; i++) {
        int used = report_draw_part(report_part(report, i), inside);

        inside.y += used;
        inside.h -= used;
    }
}

/* --- keys --- */

static void report_open_detail(struct screen *screen, enum detail_page page)
{
    g_autofree char *uuid = g_strdup(((const struct report *)screen->data)->uuid);
    struct app *app = screen->app;

    app_pop(app, screen);
    detail_open(app, uuid, page);
}

static void report_key_qube(struct screen *screen)
{
    report_open_detail(screen, DETAIL_OVERVIEW);
}

static void report_key_log(struct screen *screen)
{
    report_open_detail(screen, DETAIL_LOG);
}

static void report_key_save(struct screen *screen)
{
    const struct report *report = screen->data;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    struct save_offer offer = {lines, "the report", "~/qmc-report.txt"};

    g_ptr_array_add(lines, g_strdup(report->title));
    report_fold(report, lines, FILE_WIDTH);
    save_open(screen->app, &offer);
}

static void report_key_down(struct screen *screen)
{
    pager_move(((struct report *)screen->data)->pager, 1);
}

static void report_key_up(struct screen *screen)
{
    pager_move(((struct report *)screen->data)->pager, -1);
}

static gboolean report_is_long(const struct screen *screen)
{
    return ((const struct report *)screen->data)->width > 0;
}

static gboolean report_has_more(const struct screen *screen)
{
    return report_is_long(screen) &&
           !pager_at_end(((const struct report *)screen->data)->pager);
}

static gboolean report_has_qube(const struct screen *screen)
{
    const char *uuid = ((const struct report *)screen->data)->uuid;

    return uuid && model_qube(app_model(screen->app), uuid);
}

static gboolean report_leads_on(const struct screen *screen)
{
    return ((const struct report *)screen->data)->event && report_has_qube(screen);
}

static void report_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row report_keys[] = {
    {"PgDn Space", "page-down", "more", NULL, KEYS_MOVE, NULL, report_key_down,
     report_has_more},
    {"PgUp", "page-up", NULL, "a page, if it is long", KEYS_MOVE, NULL,
     report_key_up, report_is_long},
    {"Enter o", "qube", "its qube", "of an event: its qube", KEYS_ACT, NULL,
     report_key_qube, report_leads_on},
    {"l F3", "log", "log", "the log of the qube", KEYS_ACT, NULL, report_key_log,
     report_has_qube},
    {"s", "save", "save", "save a report", KEYS_ACT, NULL, report_key_save, NULL},
    {"Esc Enter q", "close", "close", "close", KEYS_ACT, NULL, report_key_close,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_report = {
    .name = "report",
    .title = "an error or an event",
    .kind = SCREEN_POPUP,
    .keys = report_keys,
    .size = sizeof(struct report),
    .open = report_open_screen,
    .close = report_close,
    .draw = report_draw,
};
