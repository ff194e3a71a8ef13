/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stop work of a qube that stopped by itself or by somebody else. */
#include "config.h"

#include "core/engine-private.h"

#include "core/hold.h"
#include "util/error.h"

#define STOP_WORK_DEADLINE_MS 300000

struct stop_work {
    struct engine *engine;
    struct hold *hold;
};

static gboolean stop_work_run(struct job *job, gpointer data, GError **error)
{
    struct stop_work *work = data;
    GCancellable *cancel = job_cancellable(job);

    if (!hold_take(work->hold, "stop work", 0, cancel, error))
        return FALSE;
    hold_release(work->hold);
    return TRUE;
}

/* Whoever has the lock does it. */
static void stop_work_done(struct job *job, const GError *error, gpointer data)
{
    struct stop_work *work = data;
    struct engine *engine = work->engine;

    if (!error || engine->closing || error_is(error, QMC_ERROR_BUSY) ||
        error_is(error, QMC_ERROR_DENIED))
        return;
    model_note(engine->model, hold_uuid(work->hold), TRUE,
               "%s: cleaning up after it stopped: %s", hold_name(work->hold),
               error->message);
}

static void stop_work_over(gpointer data)
{
    struct stop_work *work = data;

    engine_job_over(work->engine);
    hold_free(work->hold);
    g_free(work);
}

void engine_stop_work(struct engine *engine, const struct qube *qube)
{
    struct job_spec spec = {
        .key = qube->uuid,
        .deadline_ms = STOP_WORK_DEADLINE_MS,
        .run = stop_work_run,
        .done = stop_work_done,
        .destroy = stop_work_over,
    };
    struct stop_work *work;

    if (engine_readonly(engine) || qube->volumes->len == 0)
        return;
    work = g_new0(struct stop_work, 1);
    work->engine = engine;
    work->hold = hold_new(engine, qube);
    spec.data = work;
    engine_job(engine, &spec);
}
