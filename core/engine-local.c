/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the model is kept true: readings of hypervisor, pools and volumes, one
 * of each kind at a time. */
#include "config.h"

#include "core/engine-private.h"

#include "core/figures.h"
#include "core/op.h"
#include "core/pool-search.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/text.h"

#define TICK_MS 1000
#define TICKS_STATES 2
#define TICKS_POOLS 30
#define TICKS_PROBE 10
#define SOON_MS 50
#define SILENT_S 3
#define READING_DEADLINE_MS 20000

enum reading_kind {
    READING_STATES, READING_POOLS, READING_VOLUMES, READING_REMAINS, READING_KINDS
};

struct waiter {
    gboolean done;
    GError *error;
};

/* What is asked is filled in on main, what is answered on a worker. */
struct reading {
    struct engine *engine;
    enum reading_kind kind;
    struct waiter *waiter; /* NULL: nobody waits any more */
    struct hv_snapshot *snapshot;
    GArray *figures; /* of pools or volumes */
    GPtrArray *searches; /* in pools */
};

enum hv_link { LINK_UNASKED, LINK_UP, LINK_DOWN };

struct local {
    struct engine *engine;
    gboolean following, frozen;
    guint tick_timer, soon_timer, ticks;
    struct reading *pending[READING_KINDS];
    gboolean again;       /* states: something happened meanwhile */
    gboolean volumes_all; /* of all qubes, asked for meanwhile */
    gboolean remains;     /* asked for meanwhile */
    GHashTable *volumes;  /* uuid of each qube they were asked for meanwhile */
    GHashTable *active;   /* uuid of each qube seen active */
    GHashTable *untold;   /* the same, until somebody was told of its end */
    GHashTable *stopped;  /* uuid of each that stopped under an operation */
    enum hv_link link;
    gint64 silent_us;     /* when the reading was asked for that has no answer
                             yet, over deadlines; 0: none */
    char *down;           /* why */
    char *status, *shown; /* of now, and as last announced */
    guint64 cpu_busy_ns;
    gint64 cpu_taken_us;
};

static void local_status_changed(struct local *local);

static gboolean read_states(struct reading *reading, GError **error)
{
    reading->snapshot = hv_snapshot(reading->engine->hv, error);
    return reading->snapshot != NULL;
}

static gboolean read_pools(struct reading *reading, GError **error)
{
    figures_read_pools(reading->figures);
    return TRUE;
}

static gboolean read_volumes(struct reading *reading, GError **error)
{
    figures_read_volumes(reading->figures);
    return TRUE;
}

static gboolean read_remains(struct reading *reading, GError **error)
{
    pool_searches_run(reading->searches);
    return TRUE;
}

/* Into the model. */

static gboolean always_running(const struct qube *qube)
{
    /* A second dom0 is a mistake in the store, and nothing that runs. */
    return qube->class && (qube->class->id == CLASS_REMOTE ||
                           g_str_equal(qube->uuid, DOM0_UUID));
}

static void stop_work(struct local *local, const struct qube *qube);

/* A qube that is gone without anybody here having stopped it. */
static void note_active(struct local *local, const struct qube *qube)
{
    if (qube->state == POWER_HALTED) {
        if (g_hash_table_remove(local->active, qube->uuid))
            stop_work(local, qube);
    } else if (qube->state != POWER_UNKNOWN) {
        g_hash_table_add(local->active, g_strdup(qube->uuid));
        g_hash_table_add(local->untold, g_strdup(qube->uuid));
    }
}

static void apply_qube(struct local *local, struct qube *qube,
                       const struct hv_snapshot *snapshot)
{
    struct engine *engine = local->engine;
    const struct hv_domain *domain = hv_snapshot_find(snapshot, qube->uuid);
    enum power_state state = POWER_HALTED;

    if (domain)
        state = qube_power(engine->model, qube, engine->root, domain->state);
    if (!local->frozen || !domain)
        qube->memory_kib = domain ? domain->memory_kib : 0;
    qube->maxmem_kib = domain ? domain->maxmem_kib : 0;
    if (always_running(qube)) {
        model_set_state(engine->model, qube, POWER_RUNNING,
                        domain ? domain->id : -1);
        return;
    }
    model_set_state(engine->model, qube, state, domain ? domain->id : -1);
    if (local->following)
        note_active(local, qube);
}

static void apply_host(struct local *local, const struct hv_snapshot *snapshot)
{
    struct model *model = local->engine->model;
    const struct hv_host *host = &snapshot->host;
    gint64 us = snapshot->taken_us - local->cpu_taken_us;

    model->host = *host;
    model->host_cpu_percent = -1;
    if (host->cpu_known && host->cpus && local->cpu_taken_us && us > 0 &&
        host->cpu_busy_ns >= local->cpu_busy_ns)
        model->host_cpu_percent =
            (int)MIN((host->cpu_busy_ns - local->cpu_busy_ns) / 10 /
                         ((guint64)us * host->cpus), 100);
    local->cpu_busy_ns = host->cpu_busy_ns;
    local->cpu_taken_us = host->cpu_known ? snapshot->taken_us : 0;
}

static void set_all_states(struct model *model, enum power_state state)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];

        model_set_state(model, qube,
                        always_running(qube) ? POWER_RUNNING : state, -1);
    }
}

/* What was true a moment ago is not shown as if it still was. What the host has
 * does not change. */
static void forget_all(struct model *model)
{
    set_all_states(model, POWER_UNKNOWN);
    for (guint i = 0; i < model->qubes->len; i++)
        ((struct qube *)model->qubes->pdata[i])->memory_kib = 0;
    model->host.free_known = FALSE;
    model->host_cpu_percent = -1;
}

static void set_link(struct local *local, enum hv_link link, const char *why)
{
    local->link = link;
    g_free(local->down);
    local->down = why ? text_sanitise(why, -1) : NULL;
    local_status_changed(local);
}

/* A late answer leaves what was known; a refused one means nothing is. */
static void states_failed(struct local *local, const GError *error)
{
    if (error_is(error, QMC_ERROR_TIMEOUT))
        return;
    local->silent_us = 0;
    set_link(local, LINK_DOWN, error->message);
    forget_all(local->engine->model);
}

static void apply_states(struct reading *reading, const GError *error)
{
    struct local *local = reading->engine->local;
    struct model *model = reading->engine->model;
    struct event event = { .type = EVENT_STATS };

    if (error) {
        states_failed(local, error);
        return;
    }
    for (guint i = 0; i < model->qubes->len; i++)
        apply_qube(local, model->qubes->pdata[i], reading->snapshot);
    if (!local->frozen)
        apply_host(local, reading->snapshot);
    local->silent_us = 0;
    set_link(local, LINK_UP, NULL);
    events_emit(model->events, &event);
    if (local->following)
        engine_recover(reading->engine);
}

static void apply_pools(struct reading *reading, const GError *error)
{
    struct event event = { .type = EVENT_POOLS };

    if (!error)
        figures_apply_pools(reading->figures, reading->engine->model);
    events_emit(reading->engine->model->events, &event);
}

static void apply_volumes(struct reading *reading, const GError *error)
{
    if (!error)
        figures_apply_volumes(reading->figures, reading->engine->model);
}

static void apply_remains(struct reading *reading, const GError *error)
{
    if (!error)
        pool_searches_apply(reading->searches, reading->engine->model);
}

/* Readings. */

static const struct reading_row {
    gboolean (*run)(struct reading *reading, GError **error);
    void (*apply)(struct reading *reading, const GError *error);
} readings[READING_KINDS] = {
    [READING_STATES] = { read_states, apply_states },
    [READING_POOLS] = { read_pools, apply_pools },
    [READING_VOLUMES] = { read_volumes, apply_volumes },
    [READING_REMAINS] = { read_remains, apply_remains },
};

static gboolean reading_run(struct job *job, gpointer data, GError **error)
{
    struct reading *reading = data;

    return readings[reading->kind].run(reading, error);
}

static void reading_done(struct job *job, const GError *error, gpointer data)
{
    struct reading *reading = data;

    engine_job_lost(reading->engine, error);
    if (!reading->engine->closing)
        readings[reading->kind].apply(reading, error);
    if (!reading->waiter)
        return;
    reading->waiter->error = error ? g_error_copy(error) : NULL;
    reading->waiter->done = TRUE;
    reading->waiter = NULL;
}

static void request_volumes(struct local *local);

static void reading_follow_up(struct local *local, enum reading_kind kind)
{
    if (local->engine->closing)
        return;
    if (kind == READING_STATES && local->again)
        local_refresh_soon(local);
    else if (kind == READING_VOLUMES)
        request_volumes(local);
    else if (kind == READING_REMAINS && local->remains)
        engine_request_remains(local->engine);
}

static void reading_over(gpointer data)
{
    struct reading *reading = data;
    struct local *local = reading->engine->local;
    enum reading_kind kind = reading->kind;

    local->pending[kind] = NULL;
    engine_job_over(reading->engine);
    hv_snapshot_free(reading->snapshot);
    g_clear_pointer(&reading->figures, g_array_unref);
    g_clear_pointer(&reading->searches, g_ptr_array_unref);
    g_free(reading);
    reading_follow_up(local, kind);
}

static struct reading *reading_submit(struct local *local,
                                      enum reading_kind kind, GArray *figures)
{
    struct reading *reading = g_new0(struct reading, 1);
    struct job_spec spec = {
        .deadline_ms = READING_DEADLINE_MS,
        .data = reading,
        .run = reading_run,
        .done = reading_done,
        .destroy = reading_over,
    };

    g_assert(!local->pending[kind]);
    reading->engine = local->engine;
    reading->kind = kind;
    reading->figures = figures;
    if (kind == READING_REMAINS)
        reading->searches = pool_searches_new(local->engine->model);
    local->pending[kind] = reading;
    engine_job(local->engine, &spec);
    return reading;
}

static void request_states(struct local *local)
{
    if (local->engine->offline || local->pending[READING_STATES])
        return;
    local->again = FALSE;
    if (!local->silent_us)
        local->silent_us = g_get_monotonic_time();
    reading_submit(local, READING_STATES, NULL);
}

static void request_pools(struct local *local)
{
    if (!local->pending[READING_POOLS])
        reading_submit(local, READING_POOLS,
                       figures_of_pools(local->engine->model));
}

/* What was asked for since the last reading began. */
static void request_volumes(struct local *local)
{
    GArray *figures;

    if (!local->volumes_all && g_hash_table_size(local->volumes) == 0)
        return;
    figures = figures_of_volumes(local->engine->model,
                                 local->volumes_all ? NULL : local->volumes);
    local->volumes_all = FALSE;
    g_hash_table_remove_all(local->volumes);
    reading_submit(local, READING_VOLUMES, figures);
}

void engine_request_volumes(struct engine *engine, const char *uuid)
{
    struct local *local = engine->local;

    if (uuid)
        g_hash_table_add(local->volumes, g_strdup(uuid));
    else
        local->volumes_all = TRUE;
    if (!local->pending[READING_VOLUMES])
        request_volumes(local);
}

void engine_request_remains(struct engine *engine)
{
    struct local *local = engine->local;

    local->remains = local->pending[READING_REMAINS] != NULL;
    if (!local->remains)
        reading_submit(local, READING_REMAINS, NULL);
}

void engine_freeze(struct engine *engine, gboolean frozen)
{
    engine->local->frozen = frozen;
}

gboolean engine_frozen(const struct engine *engine)
{
    return engine->local->frozen;
}

void engine_request_all(struct engine *engine)
{
    struct local *local = engine->local;

    engine_freeze(engine, FALSE);
    engine_check_store(engine);
    if (local->pending[READING_STATES])
        local->again = TRUE;
    request_states(local);
    request_pools(local);
    engine_request_volumes(engine, NULL);
}

/* Waiting, for commands. */

static gboolean reading_wait(struct engine *engine, struct reading *reading,
                             int timeout_ms, GError **error)
{
    struct waiter waiter = { FALSE, NULL };
    enum reading_kind kind = reading->kind;

    reading->waiter = &waiter;
    if (engine_turn(engine, &waiter.done, timeout_ms)) {
        if (waiter.error)
            g_propagate_error(error, waiter.error);
        return waiter.error == NULL;
    }
    engine->local->pending[kind]->waiter = NULL;
    if (kind == READING_STATES)
        error_set(error, QMC_ERROR_TIMEOUT, "is libvirtd alive?",
                  "no answer from hypervisor '%s' within %d ms", engine->uri,
                  timeout_ms);
    else
        error_set(error, QMC_ERROR_TIMEOUT, NULL,
                  "the disks gave no figures within %d ms", timeout_ms);
    return FALSE;
}

gboolean engine_refresh_states(struct engine *engine, int timeout_ms,
                               GError **error)
{
    if (engine->offline)
        return TRUE;
    request_states(engine->local);
    return reading_wait(engine, engine->local->pending[READING_STATES],
                        timeout_ms, error);
}

gboolean engine_refresh_pools(struct engine *engine, int timeout_ms, GError **error)
{
    request_pools(engine->local);
    return reading_wait(engine, engine->local->pending[READING_POOLS],
                        timeout_ms, error);
}

gboolean engine_refresh_volumes(struct engine *engine, const char *uuid,
                                int timeout_ms, GError **error)
{
    struct reading **pending = &engine->local->pending[READING_VOLUMES];

    if (*pending && !reading_wait(engine, *pending, timeout_ms, error))
        return FALSE;
    engine_request_volumes(engine, uuid);
    return reading_wait(engine, *pending, timeout_ms, error);
}

/* An operation of ours may do it itself, but most do not. */
static void stop_work(struct local *local, const struct qube *qube)
{
    if (qube->busy)
        g_hash_table_add(local->stopped, g_strdup(qube->uuid));
    else if (!engine_readonly(local->engine) && qube->volumes->len > 0)
        engine_stop_work(local->engine, qube, STOP_WORK_STOPPED, NULL);
}

void local_op_told(struct local *local, const struct qube *qube)
{
    if (qube->state == POWER_HALTED)
        g_hash_table_remove(local->untold, qube->uuid);
}

void local_op_over(struct local *local, const char *uuid)
{
    const struct qube *qube = model_qube(local->engine->model, uuid);

    if (!local->engine->closing && g_hash_table_remove(local->stopped, uuid) &&
        qube)
        stop_work(local, qube);
}

/* Following. */

/* In steps that grow: a figure that changes each second would have the title
 * written each second for nothing. */
static char *silence_text(gint64 seconds)
{
    gint64 step = seconds < 10 ? 5 : seconds < 30 ? 10 : 30;

    if (seconds >= 60)
        return g_strdup_printf("no answer %d min", (int)(seconds / 60));
    return g_strdup_printf("no answer %d s",
                           (int)MAX(seconds / step * step, SILENT_S));
}

static char *status_of(struct local *local)
{
    gint64 waited =
        local->silent_us ? g_get_monotonic_time() - local->silent_us : 0;

    if (local->engine->offline)
        return g_strdup("offline");
    if (waited >= SILENT_S * G_USEC_PER_SEC)
        return silence_text(waited / G_USEC_PER_SEC);
    if (local->link == LINK_DOWN)
        return g_strdup_printf("down: %s", local->down);
    return g_strdup(local->link == LINK_UP ? "ok" : "connecting");
}

const char *engine_hv_status(const struct engine *engine)
{
    struct local *local = engine->local;

    g_free(local->status);
    local->status = status_of(local);
    return local->status;
}

static void local_status_changed(struct local *local)
{
    struct event event = { .type = EVENT_HV };

    event.text = engine_hv_status(local->engine);
    if (g_strcmp0(event.text, local->shown) == 0)
        return;
    g_free(local->shown);
    local->shown = g_strdup(event.text);
    event.warning = g_str_has_prefix(event.text, "down");
    events_emit(local->engine->model->events, &event);
}

static gboolean soon(gpointer data)
{
    struct local *local = data;

    local->soon_timer = 0;
    request_states(local);
    return G_SOURCE_REMOVE;
}

void local_refresh_soon(struct local *local)
{
    if (!local->following || local->engine->offline || local->soon_timer)
        return;
    if (local->pending[READING_STATES])
        local->again = TRUE;
    else
        local->soon_timer = engine_timer_add(local->engine, SOON_MS, soon, local);
}

static const struct {
    gboolean warning;
    const char *text;
} stop_notes[] = {
    [HV_STOP_OTHER] = { TRUE, "stopped" },
    [HV_STOP_SHUTDOWN] = { FALSE, "shut down" },
    [HV_STOP_KILLED] = { FALSE, "was killed by another program" },
    [HV_STOP_CRASHED] = { TRUE, "crashed" },
};

/* What an operation of ours ends, the operation tells itself. */
static void note_stop(struct local *local, const struct qube *qube, enum hv_stop stop)
{
    if (!g_hash_table_remove(local->untold, qube->uuid) ||
        (qube->busy && stop != HV_STOP_CRASHED))
        return;
    model_note(local->engine->model, qube->uuid, stop_notes[stop].warning, "%s %s",
               qube->name, stop_notes[stop].text);
}

static void qube_stopped(struct local *local, const struct hv_event *event)
{
    struct qube *qube = model_qube(local->engine->model, event->uuid);

    if (qube) {
        g_hash_table_remove(local->active, qube->uuid);
        note_stop(local, qube, event->stop);
        stop_work(local, qube);
    }
    local_refresh_soon(local);
}

static void on_hv_event(const struct hv_event *event, gpointer data)
{
    struct local *local = data;

    switch (event->type) {
    case HV_EVENT_DOMAIN:
        local_refresh_soon(local);
        break;
    case HV_EVENT_STOPPED:
        qube_stopped(local, event);
        break;
    case HV_EVENT_UP:
        set_link(local, LINK_UP, NULL);
        local_refresh_soon(local);
        break;
    case HV_EVENT_DOWN:
        set_link(local, LINK_DOWN, event->text);
        forget_all(local->engine->model);
        break;
    }
}

static gboolean tick(gpointer data)
{
    struct local *local = data;
    struct engine *engine = local->engine;

    local->ticks++;
    engine_check_store(engine);
    if (!engine->qubesd || local->ticks % TICKS_PROBE == 0)
        engine_probe(engine);
    if (local->ticks % TICKS_STATES == 0)
        request_states(local);
    if (local->ticks % TICKS_POOLS == 0 && !local->frozen)
        request_pools(local);
    local_status_changed(local);
    return G_SOURCE_CONTINUE;
}

void engine_follow(struct engine *engine)
{
    struct local *local = engine->local;

    if (local->following)
        return;
    local->following = TRUE;
    local->tick_timer = engine_timer_add(engine, TICK_MS, tick, local);
    if (!engine->offline)
        hv_watch(engine->hv, on_hv_event, local);
    request_states(local);
    request_pools(local);
}

/* A pool that is new, or was hidden by a store that could not be read. */
static gboolean some_pool_unknown(const struct model *model)
{
    for (guint i = 0; i < model->pools->len; i++)
        if (!((const struct pool_entry *)model->pools->pdata[i])->usage_known)
            return TRUE;
    return FALSE;
}

void local_loaded(struct local *local)
{
    struct model *model = local->engine->model;

    for (guint i = 0; i < model->qubes->len; i++)
        if (always_running(model->qubes->pdata[i]))
            model_set_state(model, model->qubes->pdata[i], POWER_RUNNING, -1);
    if (local->engine->offline)
        set_all_states(model, POWER_HALTED);
    local_refresh_soon(local);
    if (local->following && some_pool_unknown(model))
        request_pools(local);
}

static GHashTable *uuids_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

struct local *local_new(struct engine *engine)
{
    struct local *local = g_new0(struct local, 1);

    local->engine = engine;
    local->volumes = uuids_new();
    local->active = uuids_new();
    local->untold = uuids_new();
    local->stopped = uuids_new();
    return local;
}

void local_stop(struct local *local)
{
    if (local->following && !local->engine->offline)
        hv_unwatch(local->engine->hv);
    if (local->tick_timer)
        engine_timer_remove(local->engine, local->tick_timer);
    if (local->soon_timer)
        engine_timer_remove(local->engine, local->soon_timer);
    local->following = FALSE;
}

void local_free(struct local *local)
{
    g_hash_table_unref(local->volumes);
    g_hash_table_unref(local->active);
    g_hash_table_unref(local->untold);
    g_hash_table_unref(local->stopped);
    g_free(local->down);
    g_free(local->status);
    g_free(local->shown);
    g_free(local);
}
