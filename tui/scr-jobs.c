/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every operation of this session: at work, done or failed (ux.md 3.3). */
#include "config.h"

#include <string.h>

#include "tui/list.h"
#include "tui/pane.h"
#include "tui/screens.h"
#include "util/error.h"

struct jobs_view {
    struct list *list;
    GHashTable *cleared; /* numbers of those put away */
    guint timer;         /* while something is at work: its time goes on */
};

static struct jobs_view *jobs_of(const struct screen *screen)
{
    return screen->data;
}

static GPtrArray *jobs_ops(const struct screen *screen)
{
    return engine_ops(app_engine(screen->app));
}

/* They are in the order of their numbers, which count from 1: none stands after
 * its number. */
static struct op *jobs_find(const struct screen *screen, const char *id)
{
    guint64 number = g_ascii_strtoull(id, NULL, 10);
    GPtrArray *ops = jobs_ops(screen);

    for (guint64 i = MIN(number, ops->len); i > 0; i--)
        if (((struct op *)ops->pdata[i - 1])->number == number)
            return ops->pdata[i - 1];
    return NULL;
}

static struct op *jobs_selected(const struct screen *screen)
{
    const char *id = list_selected(jobs_of(screen)->list);

    return id ? jobs_find(screen, id) : NULL;
}

/* --- cells --- */

static gconstpointer jobs_item(const char *id, gpointer data)
{
    return jobs_find(data, id);
}

static const char *jobs_name(gconstpointer item, gpointer data)
{
    return ((const struct op *)item)->subject;
}

static char *jobs_text_number(gconstpointer item, gpointer data)
{
    return g_strdup_printf("%u", ((const struct op *)item)->number);
}

/* Newest first. */
static int jobs_compare_number(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct op *one = a, *two = b;

    return one->number < two->number ? 1 : -(one->number > two->number);
}

static gboolean jobs_was_cancelled(const struct op *op)
{
    return op->phase == OP_FAILED && error_is(op->error, QMC_ERROR_CANCELLED);
}

static const char *jobs_word(const struct op *op)
{
    static const char *const words[] = {
        [OP_QUEUED] = "queued", [OP_RUNNING] = "running", [OP_UNDOING] = "undoing",
        [OP_SAVING] = "saving", [OP_DONE] = "done",       [OP_FAILED] = "failed",
        [OP_PARTIAL] = "in part",
    };

    return jobs_was_cancelled(op) ? "cancelled" : words[op->phase];
}

static char *jobs_text_state(gconstpointer item, gpointer data)
{
    return g_strdup(jobs_word(item));
}

static enum style jobs_style_state(gconstpointer item, gpointer data)
{
    static const enum style styles[] = {
        [OP_QUEUED] = STYLE_DIM,     [OP_RUNNING] = STYLE_STRONG,
        [OP_UNDOING] = STYLE_WARN,   [OP_SAVING] = STYLE_STRONG,
        [OP_DONE] = STYLE_GOOD,      [OP_FAILED] = STYLE_BAD,
        [OP_PARTIAL] = STYLE_WARN,
    };
    const struct op *op = item;

    return jobs_was_cancelled(op) ? STYLE_DIM : styles[op->phase];
}

/* What is at work comes first, in the order of the phases. */
static int jobs_compare_state(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct op *one = a, *two = b;

    return (int)one->phase - (int)two->phase;
}

static char *jobs_text_subject(gconstpointer item, gpointer data)
{
    return g_strdup(jobs_name(item, data));
}

static int jobs_compare_subject(gconstpointer a, gconstpointer b, gpointer data)
{
    return strcmp(jobs_name(a, data), jobs_name(b, data));
}

static char *jobs_text_label(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct op *)item)->row->label);
}

static int jobs_compare_label(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct op *one = a, *two = b;

    return strcmp(one->row->label, two->row->label);
}

static gint64 jobs_time(const struct op *op)
{
    if (op->began_us == 0)
        return 0;
    return (op_over(op) ? op->ended_us : g_get_monotonic_time()) - op->began_us;
}

static char *jobs_text_time(gconstpointer item, gpointer data)
{
    const struct op *op = item;
    gint64 us = jobs_time(op);

    if (op->began_us == 0)
        return g_strdup("-");
    if (op_over(op))
        return g_strdup_printf("%.1f s", (double)us / G_USEC_PER_SEC);
    return g_strdup_printf("%d s", (int)(us / G_USEC_PER_SEC));
}

static int jobs_compare_time(gconstpointer a, gconstpointer b, gpointer data)
{
    gint64 one = jobs_time(a), two = jobs_time(b);

    return one < two ? 1 : -(one > two);
}

static char *jobs_text_result(gconstpointer item, gpointer data)
{
    const struct op *op = item;

    if (op->error)
        return g_strdup(op->error->message);
    if (op->phase == OP_DONE)
        return g_strdup(op->result ? op->result : op->row->done);
    if (op->steps->len == 0)
        return g_strdup("waiting for its turn");
    return op_step_shown(op);
}

/* clang-format off */
static const struct list_column jobs_columns[] = {
    {"NO", 3, 4, 0, TEXT_RIGHT, jobs_text_number, NULL, "newest",
     jobs_compare_number},
    {"STATE", 9, 9, 0, TEXT_LEFT, jobs_text_state, jobs_style_state, "state",
     jobs_compare_state},
    {"QUBE", 12, 16, 0, TEXT_LEFT, jobs_text_subject, NULL, "qube",
     jobs_compare_subject},
    {"OPERATION", 9, 10, 1, TEXT_LEFT, jobs_text_label, NULL, "operation",
     jobs_compare_label},
    {"TIME", 7, 7, 2, TEXT_RIGHT, jobs_text_time, NULL, "time",
     jobs_compare_time},
    {"STEP OR RESULT", 20, 200, 3, TEXT_LEFT, jobs_text_result, NULL, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static void jobs_fill(struct screen *screen)
{
    struct jobs_view *view = jobs_of(screen);
    GPtrArray *ops = jobs_ops(screen);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < ops->len; i++) {
        guint number = ((const struct op *)ops->pdata[i])->number;

        if (!g_hash_table_contains(view->cleared, GUINT_TO_POINTER(number)))
            g_ptr_array_add(ids, g_strdup_printf("%u", number));
    }
    list_set(view->list, ids);
}

static gboolean jobs_tick(gpointer data)
{
    struct screen *screen = data;

    app_dirty(screen->app);
    if (engine_busy(app_engine(screen->app)))
        return G_SOURCE_CONTINUE;
    jobs_of(screen)->timer = 0;
    return G_SOURCE_REMOVE;
}

static void jobs_event(struct screen *screen, const struct event *event)
{
    struct jobs_view *view = jobs_of(screen);

    if (event->type != EVENT_OP && event->type != EVENT_MODEL)
        return;
    screen->stale = TRUE;
    if (!view->timer && engine_busy(app_engine(screen->app)))
        view->timer = g_timeout_add_seconds(1, jobs_tick, screen);
}

static void jobs_open(struct screen *screen, gconstpointer argument)
{
    struct jobs_view *view = jobs_of(screen);
    struct list_spec spec = {jobs_columns, jobs_item, jobs_name,
                             jobs_compare_number, screen};

    view->list = list_new(&spec);
    view->cleared = g_hash_table_new(NULL, NULL);
}

static void jobs_close(struct screen *screen)
{
    struct jobs_view *view = jobs_of(screen);

    g_clear_handle_id(&view->timer, g_source_remove);
    g_hash_table_unref(view->cleared);
    list_free(view->list);
}

static struct list *jobs_list(const struct screen *screen)
{
    return jobs_of(screen)->list;
}

static const char *jobs_subject(const struct screen *screen)
{
    const struct op *op = jobs_selected(screen);

    return op ? op->uuid : NULL;
}

static char *jobs_status(const struct screen *screen)
{
    g_autofree char *rest = list_status(jobs_of(screen)->list, "listed", "listed");

    return g_strdup_printf("%u at work  %s", engine_busy(app_engine(screen->app)),
                           rest);
}

static guint jobs_count(struct app *app)
{
    return engine_busy(app_engine(app));
}

static void jobs_draw(struct screen *screen, struct rect area)
{
    struct jobs_view *view = jobs_of(screen);
    const char *text = list_all(view->list) > 0
                           ? "No job is on a qube of this name. \\ clears the filter."
                           : "No jobs. What is started, stopped or changed is "
                             "listed here, step by step.";

    list_draw(view->list, area);
    if (list_shown(view->list) == 0)
        draw_wrapped((struct rect){area.y + 2, area.x + 2, area.h - 2, area.w - 4},
                     STYLE_NORMAL, text);
}

static void jobs_detail(const struct screen *screen, struct pane *pane)
{
    const struct op *op = jobs_selected(screen);
    guint first, room = (guint)MAX(pane_room(pane), 1);

    if (!op)
        return;
    pane_line(pane, STYLE_STRONG, "%u  %s %s: %s", op->number, op->row->label,
              op->subject, jobs_word(op));
    first = op->steps->len > room - 1 ? op->steps->len - (room - 1) : 0;
    for (guint i = first; i < op->steps->len; i++)
        progress_pane_step(op, i, pane);
}

/* --- keys --- */

/* A failure is explained, everything else shows its steps. */
static void jobs_key_open(struct screen *screen)
{
    struct op *op = jobs_selected(screen);

    if (op->error)
        error_open(screen->app, op);
    else
        progress_open(screen->app, op);
}

static void jobs_key_cancel(struct screen *screen)
{
    question_open_cancel(screen->app, jobs_selected(screen));
}

static void jobs_key_clear(struct screen *screen)
{
    GPtrArray *ops = jobs_ops(screen);

    for (guint i = 0; i < ops->len; i++) {
        const struct op *op = ops->pdata[i];

        if (op_over(op))
            g_hash_table_add(jobs_of(screen)->cleared, GUINT_TO_POINTER(op->number));
    }
    screen->stale = TRUE;
}

static gboolean jobs_has_any(const struct screen *screen)
{
    return jobs_selected(screen) != NULL;
}

static gboolean jobs_can_cancel(const struct screen *screen)
{
    const struct op *op = jobs_selected(screen);

    return op && !op_over(op);
}

static gboolean jobs_can_clear(const struct screen *screen)
{
    return list_all(jobs_of(screen)->list) > engine_busy(app_engine(screen->app));
}

/* clang-format off */
static const struct key_row jobs_keys[] = {
    {"Enter", "open", "Steps or error", "its steps, or why it failed", KEYS_ACT,
     NULL, jobs_key_open, jobs_has_any},
    {"Ctrl-C", "cancel", "Cancel", "cancel it (asks)", KEYS_ACT, NULL,
     jobs_key_cancel, jobs_can_cancel},
    {"c", "clear", "Clear ended", "put away those that have ended", KEYS_ACT, NULL,
     jobs_key_clear, jobs_can_clear},
    {NULL},
};
/* clang-format on */

static const struct key_row *const jobs_tables[] = {list_filter_keys, NULL};

const struct screen_class screen_jobs = {
    .name = "jobs",
    .title = "jobs",
    .kind = SCREEN_VIEW,
    .view = '7',
    .tab = "Jobs",
    .brief = "Jobs",
    .count = jobs_count,
    .panes = TRUE,
    .keys = jobs_keys,
    .more = list_keys,
    .others = jobs_tables,
    .size = sizeof(struct jobs_view),
    .open = jobs_open,
    .close = jobs_close,
    .draw = jobs_draw,
    .typed = list_typed,
    .event = jobs_event,
    .fill = jobs_fill,
    .list = jobs_list,
    .subject = jobs_subject,
    .status = jobs_status,
    .detail = jobs_detail,
};
