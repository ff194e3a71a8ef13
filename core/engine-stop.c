/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stop work of a qube that nobody here stopped: it stopped by itself or by somebody
 * else, or was cut off while no engine looked. */
#include "config.h"

#include "core/engine-private.h"

#include "core/hold.h"
#include "util/error.h"

#define STOP_WORK_DEADLINE_MS 300000

struct stop_work {
    struct engine *engine;
    struct hold *hold;
    enum stop_work_why why;
    void (*over)(struct engine *engine); /* NULL ok */
    gboolean worked;
};

static const struct {
    const char *verb; /* as other programs see it */
    const char *failed, *done;
} words[] = {
    [STOP_WORK_STOPPED] = { "stop work", "cleaning up after it stopped", NULL },
    [STOP_WORK_CUT_OFF] = { "recovery", "cleaning up what was cut off",
                            "what was cut off is cleaned up, what it saved is kept" },
};

static gboolean stop_work_run(struct job *job, gpointer data, GError **error)
{
    struct stop_work *work = data;
    GCancellable *cancel = job_cancellable(job);
    gboolean unsettled = volumes_unsettled(hold_volumes(work->hold), NULL);

    if (!hold_take(work->hold, words[work->why].verb, 0, cancel, error))
        return FALSE;
    work->worked = unsettled && hold_state(work->hold) == POWER_HALTED;
    hold_release(work->hold);
    return TRUE;
}

/* The console shows what is on the disk now. */
static void tell_done(const struct stop_work *work)
{
    struct engine *engine = work->engine;

    if (!work->worked || !words[work->why].done)
        return;
    model_note(engine->model, hold_uuid(work->hold), FALSE, "%s: %s",
               hold_name(work->hold), words[work->why].done);
    engine_request_volumes(engine, hold_uuid(work->hold));
}

/* Whoever has the lock does it; where nothing may be changed it is another one's. */
static void stop_work_done(struct job *job, const GError *error, gpointer data)
{
    struct stop_work *work = data;
    struct engine *engine = work->engine;

    if (engine->closing || error_is(error, QMC_ERROR_BUSY) ||
        error_is(error, QMC_ERROR_DENIED))
        return;
    if (!error)
        tell_done(work);
    else
        model_note(engine->model, hold_uuid(work->hold), TRUE, "%s: %s: %s",
                   hold_name(work->hold), words[work->why].failed, error->message);
}

static void stop_work_over(gpointer data)
{
    struct stop_work *work = data;

    engine_job_over(work->engine);
    if (work->over)
        work->over(work->engine);
    hold_free(work->hold);
    g_free(work);
}

void engine_stop_work(struct engine *engine, const struct qube *qube,
                      enum stop_work_why why, void (*over)(struct engine *engine))
{
    struct job_spec spec = {
        .key = qube->uuid,
        .deadline_ms = STOP_WORK_DEADLINE_MS,
        .run = stop_work_run,
        .done = stop_work_done,
        .destroy = stop_work_over,
    };
    struct stop_work *work = g_new0(struct stop_work, 1);

    work->engine = engine;
    work->hold = hold_new(engine, qube);
    work->why = why;
    work->over = over;
    spec.data = work;
    engine_job(engine, &spec);
}
