/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations from submission to their end: one at a time for each qube, one
 * at a time between its apply and the end of its save. */
#include "config.h"

#include "core/engine-private.h"
#include "core/op-private.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/heap.h"

#define POLL_MS 250
#define SAVE_LOCK_MS 15000 /* many may save at once, on a slow disk */
#define SAVE_DEADLINE_MS 60000
#define RELOAD_DEADLINE_MS 20000
#define UNDO_DEADLINE_MS 120000
#define SAVE_TRIES 5
#define OPS_KEPT 500

static void ops_next(struct engine *engine);
static void op_apply(struct op *op);
static void op_save(struct op *op);

/* Ending. */

static const char *busy_label(struct engine *engine, const char *uuid)
{
    for (guint i = 0; i < engine->ops->len; i++) {
        const struct op *op = engine->ops->pdata[i];

        if (!op_over(op) && g_str_equal(op->uuid, uuid))
            return op->row->doing;
    }
    return NULL;
}

static void show_busy(struct engine *engine, const char *uuid)
{
    struct qube *qube = model_qube(engine->model, uuid);

    if (qube)
        model_set_busy(engine->model, qube, busy_label(engine, uuid));
}

static void steps_finish(struct op *op)
{
    static const enum step_state states[] = {
        [OP_DONE] = STEP_OK, [OP_PARTIAL] = STEP_WARNING, [OP_FAILED] = STEP_FAILED,
    };
    struct op_step *last;

    if (op->steps->len == 0)
        return;
    last = &g_array_index(op->steps, struct op_step, op->steps->len - 1);
    if (last->state == STEP_RUNNING)
        last->state = states[op->phase];
}

/* The next one's apply may not begin before this one's save is settled. */
static void saver_leave(struct op *op)
{
    struct engine *engine = op->engine;
    gboolean first = g_queue_peek_head(&engine->savers) == op;

    if (!g_queue_remove(&engine->savers, op) || !first)
        return;
    if (!g_queue_is_empty(&engine->savers))
        op_save(g_queue_peek_head(&engine->savers));
}

static void show_state(struct engine *engine, const struct op *op)
{
    struct qube *qube = model_qube(engine->model, op->uuid);
    const struct op_private *priv = op->priv;

    if (qube && priv->looked)
        model_set_state(engine->model, qube,
                        qube_power(engine->model, qube, engine->root,
                                   priv->state), priv->xid);
    if (qube)
        local_op_told(engine->local, qube);
}

/* Nobody is at work on it any more. */
static void op_leave(struct op *op)
{
    op_clear(op);
    local_op_over(op->engine->local, op->uuid);
    ops_next(op->engine);
}

/* Takes the error. */
static void op_end(struct op *op, enum op_phase phase, GError *error)
{
    struct engine *engine = op->engine;

    op->phase = phase;
    op->error = error;
    op->ended_us = g_get_monotonic_time();
    steps_finish(op);
    if (!engine->closing) {
        show_state(engine, op);
        show_busy(engine, op->uuid);
        op_emit(op);
        local_refresh_soon(engine->local);
    }
    if (op->priv->done)
        op->priv->done(op, op->priv->done_data);
    saver_leave(op);
    if (op->priv->inside == 0)
        op_leave(op);
}

/* Takes the error; NULL is success. */
static void op_finish(struct op *op, GError *error)
{
    op_end(op, error ? OP_FAILED : OP_DONE, error);
}

/* Jobs of an operation. */

static void op_job_over(gpointer data)
{
    struct op *op = data;

    engine_job_over(op->engine);
    if (--op->priv->inside)
        return;
    op->priv->job = NULL;
    if (op_over(op))
        op_leave(op);
}

static void op_job_free(struct op *op, struct job_spec *spec)
{
    spec->data = op;
    spec->destroy = op_job_over;
    op->priv->inside++;
    op->priv->job = engine_job(op->engine, spec);
}

/* After what the operation has at work. */
static void op_job(struct op *op, struct job_spec *spec)
{
    spec->key = op->row->urgent || op->dry_run ? NULL : op->uuid;
    /* The reserved worker is for the first move alone. */
    spec->urgent = op->row->urgent && !op->priv->again;
    op_job_free(op, spec);
}

static void progress(struct job *job, int kind, const char *text, gpointer data)
{
    op_progress(data, kind, text);
}

static gboolean undo_run(struct job *job, gpointer data, GError **error)
{
    struct op *op = data;

    op->priv->job = job;
    op_undo_all(op);
    return TRUE;
}

static void undo_done(struct job *job, const GError *error, gpointer data)
{
    struct op *op = data;

    op_finish(op, g_steal_pointer(&op->priv->cause));
}

/* Takes back what run did, then ends with the error (taken). */
static void op_unwind(struct op *op, GError *error)
{
    struct job_spec spec = {
        .deadline_ms = UNDO_DEADLINE_MS,
        .run = undo_run,
        .done = undo_done,
        .progress = progress,
    };

    g_clear_pointer(&op->priv->stale, store_save_free);
    if (op->priv->undos->len == 0) {
        op_finish(op, error);
        return;
    }
    op->priv->cause = error;
    op->phase = OP_UNDOING;
    op_emit(op);
    op_job(op, &spec);
}

/* Run. */

/* So that main knows at once what became of it. */
static void op_look(struct op *op)
{
    struct op_private *priv = op->priv;
    struct hv *hv = op->engine->hv;

    priv->looked = !op->row->system && !hv_offline(hv) &&
                   hv_state(hv, op->uuid, &priv->state, &priv->xid, NULL);
}

static gboolean may_go(const struct op *op, GError **error)
{
    return op->row->reads || engine_check_writable(op->engine, error);
}

static gboolean run_guarded(struct op *op, struct job *job,
                            gboolean (*part)(struct op *, GError **),
                            GError **error)
{
    gboolean ok;

    op->priv->job = job;
    op->priv->again = FALSE;
    ok = may_go(op, error) && part(op, error);
    if (ok && op->row->puts_store)
        load_read(op->priv->follow);
    if (ok)
        op_look(op);
    /* Main has reported a failure already, so it must be one. */
    if (!ok || !job_settle(job))
        op_undo_all(op);
    return ok;
}

static gboolean first_job(struct job *job, gpointer data, GError **error)
{
    struct op *op = data;

    return run_guarded(op, job, op->row->run, error);
}

static gboolean poll_job(struct job *job, gpointer data, GError **error)
{
    struct op *op = data;

    return run_guarded(op, job, op->row->poll, error);
}

static void op_end_cancelled(struct op *op)
{
    g_autofree char *title = op_title(op->row);
    GError *error = NULL;

    error_set(&error, QMC_ERROR_CANCELLED, NULL, "'%s' of '%s' was cancelled", title,
              op->subject);
    op_unwind(op, error);
}

/* A deadline is the job's; what was silent, and at what, is known here. */
static GError *op_error(const struct op *op, const GError *error)
{
    g_autofree char *title = op_title(op->row);
    const struct op_step *last;
    GError *own = NULL;

    if (!error_is(error, QMC_ERROR_TIMEOUT) || error_hint(error))
        return g_error_copy(error);
    last = op->steps->len
               ? &g_array_index(op->steps, struct op_step, op->steps->len - 1)
               : NULL;
    error_set(&own, QMC_ERROR_TIMEOUT,
              op->row->silent ? op->row->silent
                              : "see whether the hypervisor answers: virsh list; then qmc ls",
              "'%s' of '%s' got %s%s%s", title, op->subject,
              error->message, last ? " at: " : "", last ? last->text : "");
    return own;
}

static gboolean poll_now(gpointer data);

static void run_done(struct job *job, const GError *error, gpointer data)
{
    struct op *op = data;

    engine_job_lost(op->engine, error);
    /* What broke when it was cancelled is no news. */
    if (op->priv->cancelled && (error ? !error_is(error, QMC_ERROR_TIMEOUT)
                                      : op->priv->again))
        op_end_cancelled(op);
    else if (error)
        op_finish(op, op_error(op, error));
    else if (op->priv->again)
        op->priv->poll_timer =
            engine_timer_add(op->engine, POLL_MS, poll_now, op);
    else
        op_apply(op);
}

static gboolean poll_now(gpointer data)
{
    struct op *op = data;
    struct job_spec spec = {
        .deadline_ms = op->row->deadline_ms,
        .run = poll_job,
        .done = run_done,
        .progress = progress,
    };

    op->priv->poll_timer = 0;
    op_job(op, &spec);
    return G_SOURCE_REMOVE;
}

static void op_launch(struct op *op)
{
    struct job_spec spec = {
        .deadline_ms = op->row->deadline_ms,
        .run = first_job,
        .done = run_done,
        .progress = progress,
    };

    op->phase = OP_RUNNING;
    op->began_us = g_get_monotonic_time();
    if (op->row->puts_store)
        op->priv->follow = load_new(op->engine);
    op_job(op, &spec);
    op_emit(op);
}

/* Apply and save. */

static void saved(struct job *job, const GError *error, gpointer data);

/* What it could not write over is read here, too: of a stale one the lock is kept, so
 * what is read now is what the next try finds. Both reads are as large as the store. */
static gboolean save_run(struct job *job, gpointer data, GError **error)
{
    struct op *op = data;
    gboolean fine = engine_check_writable(op->engine, error) &&
                    store_save_run(op->priv->save, SAVE_LOCK_MS, error);

    if (!fine || op->priv->reads)
        load_read(op->priv->follow);
    heap_release();
    return fine;
}

static void save_submit(struct op *op)
{
    struct engine *engine = op->engine;
    struct job_spec spec = {
        .deadline_ms = SAVE_DEADLINE_MS,
        .run = save_run,
        .done = saved,
    };

    op->phase = OP_SAVING;
    if (op->priv->saves++ == 0)
        op_progress(op, PROGRESS_STEP, "store saved");
    op->priv->save =
        store_save_new(engine->store, engine->model, op->row->name);
    if (op->priv->stale)
        store_save_inherit(op->priv->save, op->priv->stale);
    g_clear_pointer(&op->priv->stale, store_save_free);
    /* A finding may be about what was changed, whosever it is. */
    op->priv->reads = op->reread || model_findings(engine->model);
    load_free(op->priv->follow);
    op->priv->follow = load_new(engine);
    op_job(op, &spec);
    op_emit(op);
}

static void follow(struct engine *engine, struct load *load)
{
    const GError *error;

    load_adopt(load);
    error = engine_store_error(engine);
    if (error)
        model_note(engine->model, NULL, TRUE, "%s", error->message);
}

static gboolean reload_run(struct job *job, gpointer data, GError **error)
{
    load_read(((struct op *)data)->priv->reload);
    return TRUE;
}

static void reload_done(struct job *job, const GError *error, gpointer data)
{
    struct op *op = data;

    engine_job_lost(op->engine, error);
    if (error)
        model_note(op->engine->model, NULL, TRUE, "the store does not answer: %s",
                   error->message);
    else
        follow(op->engine, op->priv->reload);
    op_unwind(op, g_steal_pointer(&op->priv->cause));
}

/* The file is not ours any more, or was not written: the model follows it. A worker
 * that was given up is still at its own reading, so another one makes one. */
static void save_failed(struct op *op, GError *error)
{
    struct job_spec spec = {
        .deadline_ms = RELOAD_DEADLINE_MS,
        .run = reload_run,
        .done = reload_done,
    };

    if (!error_is(error, QMC_ERROR_TIMEOUT)) {
        follow(op->engine, op->priv->follow);
        op_unwind(op, error);
        return;
    }
    op->priv->cause = error;
    op->priv->reload = load_new(op->engine);
    op_job_free(op, &spec);
}

static void save_again(struct op *op)
{
    op->priv->stale = g_steal_pointer(&op->priv->save);
    load_adopt(op->priv->follow);
    if (engine_store_error(op->engine))
        op_unwind(op, g_error_copy(engine_store_error(op->engine)));
    else
        op_save(op);
}

/* Once the store is saved. */

static gboolean finish_run(struct job *job, gpointer data, GError **error)
{
    struct op *op = data;

    op->priv->job = job;
    return op->row->finish(op, error);
}

/* At its deadline, say, nothing told what stays. */
static GError *finish_error(const struct op *op, const GError *error)
{
    g_autoptr(GError) own = op_error(op, error);
    GError *partial = NULL;

    if (error_is(own, QMC_ERROR_PARTIAL))
        return g_steal_pointer(&own);
    error_set(&partial, QMC_ERROR_PARTIAL, "see what is left: qmc xml check",
              "'%s' is %s, but not all that follows is done: %s", op->subject,
              op->row->done, own->message);
    return partial;
}

/* What it was for stands in the store. */
static void finish_done(struct job *job, const GError *error, gpointer data)
{
    struct op *op = data;

    engine_job_lost(op->engine, error);
    if (error)
        op_end(op, OP_PARTIAL, finish_error(op, error));
    else
        op_finish(op, NULL);
}

static void op_finish_saved(struct op *op)
{
    struct job_spec spec = {
        .deadline_ms = op->row->deadline_ms,
        .run = finish_run,
        .done = finish_done,
        .progress = progress,
    };

    if (!op->row->finish) {
        op_finish(op, NULL);
        return;
    }
    saver_leave(op);
    op_job(op, &spec);
}

/* The file is written, whatever comes of reading it. */
static void save_done(struct op *op)
{
    store_save_commit(op->priv->save, op->engine->model);
    if (op->priv->reads)
        follow(op->engine, op->priv->follow);
}

static void saved(struct job *job, const GError *error, gpointer data)
{
    struct op *op = data;
    gboolean stale = error && store_save_stale(op->priv->save);

    if (stale && op->priv->saves < SAVE_TRIES) {
        save_again(op);
        return;
    }
    if (!error)
        save_done(op);
    /* At its deadline the worker is still at it. */
    if (!error_is(error, QMC_ERROR_TIMEOUT))
        g_clear_pointer(&op->priv->save, store_save_free);
    if (error)
        save_failed(op, g_error_copy(error));
    else
        op_finish_saved(op);
}

/* It is this one's turn. */
static void op_save(struct op *op)
{
    GError *error = NULL;

    if (op_prepare_current(op, &error) && op->row->apply(op, &error))
        save_submit(op);
    else
        op_unwind(op, error);
}

/* What was put is what everything else is made from now. */
static void op_follow_put(struct op *op)
{
    if (load_error(op->priv->follow)) {
        op_unwind(op, g_error_copy(load_error(op->priv->follow)));
        return;
    }
    load_adopt(op->priv->follow);
    op_finish(op, NULL);
}

static void op_apply(struct op *op)
{
    struct engine *engine = op->engine;
    GError *error = NULL;

    /* What fails from here on is not the last step of run. */
    op_progress(op, STEP_OK, "");
    if (op->row->writes_store) {
        g_queue_push_tail(&engine->savers, op);
        if (g_queue_peek_head(&engine->savers) == op)
            op_save(op);
    } else if (op->row->puts_store) {
        op_follow_put(op);
    } else if (op->row->apply && !op->row->apply(op, &error)) {
        op_unwind(op, error);
    } else {
        op_finish(op, NULL);
    }
}

/* Queue. */

static gboolean op_waits(struct engine *engine, const struct op *op)
{
    for (guint i = 0; i < engine->ops->len; i++) {
        const struct op *other = engine->ops->pdata[i];

        if (other == op)
            return FALSE;
        if (!other->row->urgent && (!op_over(other) || other->priv->inside) &&
            g_str_equal(other->uuid, op->uuid))
            return TRUE;
    }
    return FALSE;
}

/* What was true when it was submitted may not be so any more. */
static void op_launch_waited(struct op *op)
{
    GError *error = NULL;

    if (op_prepare(op, &error))
        op_launch(op);
    else
        op_finish(op, error);
}

static void ops_next(struct engine *engine)
{
    for (guint i = 0; i < engine->ops->len && !engine->closing; i++) {
        struct op *op = engine->ops->pdata[i];

        if (op->phase == OP_QUEUED && !op->dry_run && !op_waits(engine, op)) {
            op_launch_waited(op);
            return;
        }
    }
}

/* Submission. */

static gboolean look_job(struct job *job, gpointer data, GError **error)
{
    struct op *op = data;

    op->priv->job = job;
    return may_go(op, error) &&
           (!op->row->look || op->row->look(op, error));
}

static void look_done(struct job *job, const GError *error, gpointer data)
{
    struct op *op = data;

    engine_job_lost(op->engine, error);
    op_finish(op, error ? op_error(op, error) : NULL);
}

static void op_look_only(struct op *op)
{
    struct job_spec spec = {
        .deadline_ms = op->row->deadline_ms,
        .run = look_job,
        .done = look_done,
        .progress = progress,
    };

    op->phase = OP_RUNNING;
    op_job(op, &spec);
}

/* A console may be open for weeks. */
static void ops_forget(struct engine *engine)
{
    for (guint i = 0; i < engine->ops->len && engine->ops->len > OPS_KEPT;) {
        const struct op *op = engine->ops->pdata[i];

        if (op_over(op) && op->priv->inside == 0)
            g_ptr_array_remove_index(engine->ops, i);
        else
            i++;
    }
}

static void op_enqueue(struct engine *engine, struct op *op)
{
    g_ptr_array_add(engine->ops, op);
    ops_forget(engine);
    if (op->dry_run) {
        op_look_only(op);
        return;
    }
    show_busy(engine, op->uuid);
    if (op->row->urgent || !op_waits(engine, op))
        op_launch(op);
    else
        op_emit(op);
}

struct op *engine_submit(struct engine *engine, const struct op_request *request,
                         GError **error)
{
    const struct op_row *row = op_find(request->op);
    const struct qube *qube = model_qube(engine->model, request->uuid);
    struct op *op;

    if (!row || (!qube && !row->unread)) {
        error_set(error, QMC_ERROR_NOTFOUND, NULL, "there is no %s '%s'",
                  row ? "qube" : "operation", row ? request->uuid : request->op);
        return NULL;
    }
    if (!op_args_check(row, request->args, error))
        return NULL;
    op = op_new(engine, row, qube, request);
    /* Nobody is asked for what cannot be. */
    if (engine_admits(op, qube, request, error) && op_prepare(op, error) &&
        engine_confirmed(op, qube, request, error)) {
        op_enqueue(engine, op);
        return op;
    }
    op_unref(op);
    return NULL;
}

void engine_cancel(struct engine *engine, struct op *op)
{
    if (op_over(op) || op->phase == OP_SAVING || op->phase == OP_UNDOING)
        return;
    op->priv->cancelled = TRUE;
    /* It waits for its turn to be saved: it shall not get one. */
    if (g_queue_remove(&engine->savers, op)) {
        op_end_cancelled(op);
        return;
    }
    if (op->phase == OP_RUNNING && !op->priv->poll_timer) {
        job_cancel(op->priv->job);
        return;
    }
    if (op->priv->poll_timer)
        engine_timer_remove(engine, op->priv->poll_timer);
    op->priv->poll_timer = 0;
    op_end_cancelled(op);
}

void ops_cancel(struct engine *engine)
{
    for (guint i = 0; i < engine->ops->len; i++)
        engine_cancel(engine, engine->ops->pdata[i]);
}

GPtrArray *engine_ops(struct engine *engine)
{
    return engine->ops;
}

guint engine_busy(struct engine *engine)
{
    guint n = 0;

    for (guint i = 0; i < engine->ops->len; i++)
        n += !op_over(engine->ops->pdata[i]);
    return n;
}
