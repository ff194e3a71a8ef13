/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/engine-private.h"

#include <string.h>

#include "core/layout.h"
#include "core/op-private.h"
#include "core/qubesd.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/log.h"

#define QUBESD_TIMEOUT_MS 500
#define END_UNDO_MS 2000
#define END_READING_MS 100
#define LOST_LIMIT 4

#define DEFAULT_URI "xen:///system"

struct engine *engine_new(const struct engine_config *config, GError **error)
{
    const char *uri = config->uri ? config->uri : DEFAULT_URI;
    struct hv *hv = hv_new(config->offline ? NULL : uri, error);
    struct engine *engine;

    if (!hv)
        return NULL;
    engine = g_new0(struct engine, 1);
    engine->hv = hv;
    engine->uri = g_strdup(uri);
    engine->root = config->root && *config->root
                       ? g_canonicalize_filename(config->root, NULL)
                       : g_strdup("");
    engine->offline = config->offline;
    engine->readonly = config->readonly;
    engine->demo = config->demo;
    engine->context = g_main_context_ref_thread_default();
    engine->model = model_new();
    engine->store = store_new(engine->root);
    engine->qubesd_path = layout_path(engine->root, LAYOUT_QUBESD);
    engine->jobs = jobs_new();
    engine->ops = g_ptr_array_new_with_free_func((GDestroyNotify)op_unref);
    g_queue_init(&engine->savers);
    engine->local = local_new(engine);
    return engine;
}

static gboolean engine_idle(const struct engine *engine)
{
    return engine->inside == 0;
}

/* Undo work is waited for, a reading that hangs is not. */
static void engine_drain(struct engine *engine, int undo_ms)
{
    gint64 began = g_get_monotonic_time();

    while (!engine_idle(engine)) {
        gint64 ms = (g_get_monotonic_time() - began) / 1000;
        const gboolean never = FALSE;

        if (ms >= (engine_busy(engine) ? undo_ms : END_READING_MS))
            return;
        engine_turn(engine, &never, 10);
    }
}

void engine_end(struct engine *engine, int undo_ms)
{
    if (!engine->closing) {
        engine->closing = TRUE;
        local_stop(engine->local);
        ops_cancel(engine);
        engine_drain(engine, undo_ms);
    }
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    engine_end(engine, END_UNDO_MS);
    if (!engine_idle(engine)) {
        /* A worker hangs in a call that cannot be cancelled: all that it may
         * still look at has to stay. */
        log_line("engine", "left behind with %u calls unanswered",
                 engine->inside);
        return;
    }
    jobs_free(engine->jobs);
    g_ptr_array_unref(engine->ops);
    local_free(engine->local);
    g_queue_clear(&engine->savers);
    model_free(engine->model);
    store_free(engine->store);
    hv_free(engine->hv);
    g_main_context_unref(engine->context);
    g_clear_error(&engine->store_error);
    g_free(engine->qubesd_path);
    g_free(engine->root);
    g_free(engine->uri);
    g_free(engine);
}

struct job *engine_job(struct engine *engine, const struct job_spec *spec)
{
    engine->inside++;
    return jobs_submit(engine->jobs, spec);
}

void engine_job_over(struct engine *engine)
{
    g_assert(engine->inside > 0);
    engine->inside--;
}

void engine_job_lost(struct engine *engine, const GError *error)
{
    if (!error_is(error, QMC_ERROR_TIMEOUT) ||
        jobs_lost(engine->jobs) < LOST_LIMIT)
        return;
    log_line("engine", "%u calls hang: the connection is given up",
             jobs_lost(engine->jobs));
    hv_abandon(engine->hv);
}

guint engine_timer_add(struct engine *engine, guint ms, GSourceFunc fn,
                       gpointer data)
{
    g_autoptr(GSource) source = g_timeout_source_new(ms);

    g_source_set_callback(source, fn, data, NULL);
    return g_source_attach(source, engine->context);
}

void engine_timer_remove(struct engine *engine, guint id)
{
    GSource *source = g_main_context_find_source_by_id(engine->context, id);

    if (source)
        g_source_destroy(source);
}

static gboolean time_over(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

gboolean engine_turn(struct engine *engine, const gboolean *done, int timeout_ms)
{
    gboolean over = FALSE;
    guint timer = engine_timer_add(engine, (guint)timeout_ms, time_over, &over);

    while (!*done && !over)
        g_main_context_iteration(engine->context, TRUE);
    if (!over)
        engine_timer_remove(engine, timer);
    return *done;
}

struct model *engine_model(struct engine *engine)
{
    return engine->model;
}

struct hv *engine_hv(struct engine *engine)
{
    return engine->hv;
}

const char *engine_root(const struct engine *engine)
{
    return engine->root;
}

enum engine_mode engine_mode(const struct engine *engine)
{
    if (engine->demo)
        return MODE_DEMO;
    return engine->qubesd == QUBESD_NONE || engine->qubesd == QUBESD_DENIED ? MODE_DIRECT
                                                                           : MODE_SHARED;
}

static const char *engine_closed(const struct engine *engine)
{
    return engine->readonly ? "read-only was asked for" : qubesd_reason(engine->qubesd);
}

const char *engine_readonly(const struct engine *engine)
{
    const char *closed = engine_closed(engine);

    return closed                ? closed
           : engine->store_error ? "the store cannot be read" : NULL;
}

const char *engine_refused(const struct engine *engine, const struct op_row *row)
{
    return row->reads    ? NULL
           : row->unread ? engine_closed(engine) : engine_readonly(engine);
}

/* Is a qubesd there? */

struct probe {
    struct engine *engine;
    enum qubesd_answer answer;
};

static gboolean probe_run(struct job *job, gpointer data, GError **error)
{
    struct probe *probe = data;

    probe->answer =
        qubesd_probe(probe->engine->qubesd_path, QUBESD_TIMEOUT_MS);
    return TRUE;
}

static void probe_done(struct job *job, const GError *error, gpointer data)
{
    struct probe *probe = data;
    struct engine *engine = probe->engine;
    struct event event = { .type = EVENT_MODE };

    if (error || engine->closing || probe->answer == engine->qubesd)
        return;
    engine->qubesd = probe->answer;
    events_emit(engine->model->events, &event);
}

static void probe_over(gpointer data)
{
    struct probe *probe = data;

    probe->engine->probing = FALSE;
    engine_job_over(probe->engine);
    g_free(probe);
}

void engine_probe(struct engine *engine)
{
    struct job_spec spec = {
        .deadline_ms = 2 * QUBESD_TIMEOUT_MS,
        .run = probe_run,
        .done = probe_done,
        .destroy = probe_over,
    };
    struct probe *probe;

    if (engine->probing ||
        (!engine->qubesd && qubesd_absent(engine->qubesd_path)))
        return;
    engine->probing = TRUE;
    probe = g_new0(struct probe, 1);
    probe->engine = engine;
    spec.data = probe;
    engine_job(engine, &spec);
}

gboolean engine_check_writable(struct engine *engine, GError **error)
{
    const char *reason = "read-only was asked for";
    const char *hint = HINT_READONLY;

    job_may_block();
    if (!engine->readonly) {
        enum qubesd_answer answer = qubesd_probe(engine->qubesd_path, QUBESD_TIMEOUT_MS);

        reason = qubesd_reason(answer);
        hint = qubesd_hint(answer);
    }
    if (!reason)
        return TRUE;
    error_set(error, QMC_ERROR_DENIED, hint, "nothing may be changed: %s",
              reason);
    return FALSE;
}
