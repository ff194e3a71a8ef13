/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of one operation: made on main, reporting from a worker. */
#include "config.h"

#include "core/op-private.h"

#include "core/engine-private.h"
#include "util/error.h"
#include "util/log.h"
#include "util/text.h"

/* A rate goes by what moved since the older of two marks. */
#define MARK_US (5 * G_USEC_PER_SEC)
#define RATE_US (3 * G_USEC_PER_SEC)

static void step_clear(gpointer data)
{
    struct op_step *step = data;

    g_free(step->text);
}

static void undo_clear(gpointer data)
{
    struct op_undo *undo = data;

    if (undo->destroy)
        undo->destroy(undo->data);
}

static struct op_private *private_new(const struct op_request *request)
{
    struct op_private *priv = g_new0(struct op_private, 1);

    priv->refs = 1;
    priv->undos = g_array_new(FALSE, TRUE, sizeof(struct op_undo));
    g_array_set_clear_func(priv->undos, undo_clear);
    priv->old_data = g_ptr_array_new();
    priv->done = request->done;
    priv->done_data = request->data;
    return priv;
}

static char *subject_of(const struct op_row *row, const struct qube *qube,
                        GHashTable *args)
{
    if (row->maker_of)
        return text_sanitise(g_hash_table_lookup(args, row->maker_of), -1);
    return row->system ? g_strdup("system") : text_sanitise(qube->name, -1);
}

struct op *op_new(struct engine *engine, const struct op_row *row,
                  const struct qube *qube, const struct op_request *request)
{
    struct op *op = g_new0(struct op, 1);

    op->engine = engine;
    op->row = row;
    op->number = ++engine->ops_made;
    g_strlcpy(op->uuid, request->uuid, sizeof op->uuid);
    op->subject = subject_of(row, qube, request->args);
    op->phase = OP_QUEUED;
    op->began_us = g_get_monotonic_time();
    op->steps = g_array_new(FALSE, TRUE, sizeof(struct op_step));
    g_array_set_clear_func(op->steps, step_clear);
    op->dry_run = request->dry_run;
    op->args = op_args_copy(request->args);
    op->priv = private_new(request);
    return op;
}

void op_clear(struct op *op)
{
    struct op_private *priv = op->priv;

    if (op->data)
        g_ptr_array_add(priv->old_data, g_steal_pointer(&op->data));
    for (guint i = 0; i < priv->old_data->len; i++) {
        op->data = priv->old_data->pdata[i];
        op->row->clear(op);
    }
    op->data = NULL;
    g_ptr_array_set_size(priv->old_data, 0);
}

static void op_free(struct op *op)
{
    struct op_private *priv = op->priv;

    g_assert(priv->inside == 0);
    op_clear(op);
    if (priv->poll_timer)
        engine_timer_remove(op->engine, priv->poll_timer);
    load_free(priv->follow);
    load_free(priv->reload);
    store_save_free(priv->save);
    store_save_free(priv->stale);
    g_array_unref(priv->undos);
    g_ptr_array_unref(priv->old_data);
    g_clear_error(&priv->cause);
    g_free(priv);
    g_array_unref(op->steps);
    g_hash_table_unref(op->args);
    g_clear_error(&op->error);
    g_free(op->subject);
    g_free(op->undone);
    g_free(op->left);
    g_free(op->result);
    g_free(op);
}

struct op *op_ref(struct op *op)
{
    op->priv->refs++;
    return op;
}

void op_unref(struct op *op)
{
    if (--op->priv->refs == 0)
        op_free(op);
}

gboolean op_over(const struct op *op)
{
    return op->phase >= OP_DONE;
}

static gboolean fits_still(struct op *op, const struct qube *qube, GError **error)
{
    const struct op_row *row = op->row;

    if (qube || row->unread)
        return !row->fits || row->fits(op->engine->model, qube, op->args, error);
    error_set(error, QMC_ERROR_NOTFOUND, NULL,
              "qube '%s' was removed meanwhile", op->subject);
    return FALSE;
}

gboolean op_prepare(struct op *op, GError **error)
{
    const struct qube *qube = model_qube(op->engine->model, op->uuid);

    if (op->data)
        g_ptr_array_add(op->priv->old_data, g_steal_pointer(&op->data));
    op->priv->load = op->engine->loads;
    return fits_still(op, qube, error) && op->row->prepare(op, error);
}

/* Other operations of this process may have changed the model, too. */
gboolean op_prepare_current(struct op *op, GError **error)
{
    const struct qube *qube = model_qube(op->engine->model, op->uuid);

    return op->priv->load == op->engine->loads ? fits_still(op, qube, error)
                                               : op_prepare(op, error);
}

void op_emit(struct op *op)
{
    struct event event = { .type = EVENT_OP, .uuid = op->uuid, .op = op };

    events_emit(op->engine->model->events, &event);
}

/* Steps, on main. */

static struct op_step *step_running(struct op *op)
{
    struct op_step *last;

    if (op->steps->len == 0)
        return NULL;
    last = &g_array_index(op->steps, struct op_step, op->steps->len - 1);
    return last->state == STEP_RUNNING ? last : NULL;
}

char *op_step_shown(const struct op *op)
{
    const struct op_step *last;

    if (op->steps->len == 0)
        return NULL;
    last = &g_array_index(op->steps, struct op_step, op->steps->len - 1);
    return last->state == STEP_RUNNING && last->percent >= 0
               ? g_strdup_printf("%d%% %s", last->percent, last->text)
               : g_strdup(last->text);
}

static void step_append(struct op *op, enum step_state state, const char *text)
{
    struct op_step step = {
        .at_us = g_get_monotonic_time() - op->began_us,
        .state = state,
        .percent = -1,
        .text = text_sanitise(text, -1),
    };

    g_array_append_val(op->steps, step);
}

static void step_begin(struct op *op, const char *text)
{
    struct op_step *step = step_running(op);

    if (step)
        step->state = STEP_OK;
    step_append(op, STEP_RUNNING, text);
}

static void step_end(struct op *op, enum step_state state, const char *text)
{
    struct op_step *step = step_running(op);

    if (!step)
        return;
    step->state = state;
    if (*text) {
        g_free(step->text);
        step->text = text_sanitise(text, -1);
    }
    if (*text && (state == STEP_SKIPPED || state == STEP_WARNING))
        model_note(op->engine->model, op->uuid, state == STEP_WARNING, "%s: %s",
                   op->subject, step->text);
}

static void step_moved(struct op *op, const char *text)
{
    struct op_step *step = step_running(op);
    struct op_mark now = { .at_us = g_get_monotonic_time() };
    char *rest;

    if (!step)
        return;
    now.moved = step->moved = g_ascii_strtoull(text, &rest, 10);
    step->size = g_ascii_strtoull(rest, NULL, 10);
    if (step->percent < 0)
        step->marks[0] = step->marks[1] = now;
    if (now.at_us - step->marks[1].at_us >= MARK_US) {
        step->marks[0] = step->marks[1];
        step->marks[1] = now;
    }
    step->percent = step->size
                        ? (int)((double)step->moved / (double)step->size * 100) : 100;
}

guint64 op_step_rate(const struct op_step *step, gint64 now_us)
{
    gint64 span = now_us - step->marks[0].at_us;

    if (step->percent < 0 || span < RATE_US)
        return 0;
    return (guint64)((double)(step->moved - step->marks[0].moved) /
                     (double)span * G_USEC_PER_SEC);
}

static void undone_add(struct op *op, const char *what)
{
    char *more = op->undone ? g_strconcat(op->undone, ", ", what, NULL)
                            : g_strdup(what);

    g_free(op->undone);
    op->undone = more;
}

static void left_set(struct op *op, const char *text)
{
    g_free(op->left);
    op->left = text_sanitise(text, -1);
    model_note(op->engine->model, op->uuid, TRUE, "%s: not undone: %s",
               op->subject, op->left);
}

void op_progress(struct op *op, int kind, const char *text)
{
    if (kind == PROGRESS_STEP) {
        step_begin(op, text);
    } else if (kind == PROGRESS_MOVED) {
        step_moved(op, text);
    } else if (kind == PROGRESS_UNDO) {
        op->phase = OP_UNDOING;
        step_end(op, STEP_FAILED, "");
    } else if (kind == PROGRESS_UNDONE) {
        undone_add(op, text);
    } else if (kind == PROGRESS_LEFT) {
        left_set(op, text);
    } else {
        step_end(op, kind, text);
    }
    op_emit(op);
}

void op_plan(struct op *op, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    if (!op->dry_run)
        return;
    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    step_append(op, STEP_OK, text);
}

/* The worker's side. */

void op_step(struct op *op, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    job_allow(op->priv->job, op->row->deadline_ms);
    job_progress(op->priv->job, PROGRESS_STEP, "%s", text);
}

void op_allow(struct op *op, int deadline_ms)
{
    job_allow(op->priv->job, deadline_ms);
}

void op_moved(struct op *op, guint64 moved, guint64 size)
{
    job_progress(op->priv->job, PROGRESS_MOVED, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                 moved, size);
}

void op_step_end(struct op *op, enum step_state state, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    job_progress(op->priv->job, state, "%s", text);
}

void op_set_result(struct op *op, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_free(op->result);
    op->result = text_sanitise(text, -1);
}

void op_push_undo(struct op *op, const char *what, op_undo_fn undo,
                  gpointer data, GDestroyNotify destroy)
{
    struct op_undo row = { what, undo, data, destroy };

    g_array_append_val(op->priv->undos, row);
}

void op_keep_first(struct op *op, GError **first, GError *failed)
{
    if (!failed)
        return;
    if (!*first) {
        *first = failed;
        return;
    }
    log_line("op", "%s of %s: also: %s", op->row->name, op->subject, failed->message);
    g_error_free(failed);
}

void op_settle(struct op *op)
{
    g_array_set_size(op->priv->undos, 0);
}

void op_again(struct op *op)
{
    op->priv->again = TRUE;
}

void op_undo_all(struct op *op)
{
    GArray *undos = op->priv->undos;

    if (undos->len)
        job_progress(op->priv->job, PROGRESS_UNDO, "%s", "");
    while (undos->len) {
        struct op_undo *last =
            &g_array_index(undos, struct op_undo, undos->len - 1);
        g_autoptr(GError) error = NULL;

        job_allow(op->priv->job, op->row->deadline_ms);
        if (!last->undo(last->data, &error)) {
            log_line("op", "%s of %s, undo %s: %s", op->row->name, op->subject,
                     last->what, error->message);
            job_progress(op->priv->job, PROGRESS_LEFT, "%s: %s", last->what,
                         error->message);
            /* What came before may be in use by what could not be undone. */
            g_array_set_size(undos, 0);
            return;
        }
        job_progress(op->priv->job, PROGRESS_UNDONE, "%s", last->what);
        g_array_set_size(undos, undos->len - 1);
    }
}

GCancellable *op_cancellable(struct op *op)
{
    return job_cancellable(op->priv->job);
}

gboolean op_sleep(struct op *op, int ms, GError **error)
{
    GCancellable *cancel = op_cancellable(op);
    GPollFD fd;

    if (g_cancellable_make_pollfd(cancel, &fd)) {
        g_poll(&fd, 1, ms);
        g_cancellable_release_fd(cancel);
    }
    if (!g_cancellable_is_cancelled(cancel))
        return TRUE;
    error_set(error, QMC_ERROR_CANCELLED, NULL, "'%s' of '%s' was cancelled",
              op->row->name, op->subject);
    return FALSE;
}
