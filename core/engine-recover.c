/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a crash left of the volumes of halted qubes: committed, dropped, cleaned
 * (spec/storage.md M-12, 3). First all are looked at, which needs no lock and changes
 * nothing; the stop work of the few that need it is done under theirs. */
#include "config.h"

#include "core/engine-private.h"

#include <string.h>

#include "util/error.h"

#define LOOK_DEADLINE_MS 60000
#define LOOK_AGAIN_US (5 * G_USEC_PER_SEC)
/* The other workers are for what the user asks. */
#define AT_ONCE 2

#define XEN "xen:"
#define TESTS "test:"
#define MACHINE "/sys/hypervisor/type"

struct suspect {
    char uuid[37];
    GPtrArray *volumes; /* struct volume */
};

struct recovery {
    GArray *suspects;  /* then those that need it */
    guint next;        /* of them */
    guint running;
};

static void suspect_clear(gpointer data)
{
    struct suspect *suspect = data;

    g_ptr_array_unref(suspect->volumes);
}

static void suspects_add(GArray *suspects, const struct qube *qube)
{
    struct suspect suspect = {
        .volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_unref),
    };

    g_strlcpy(suspect.uuid, qube->uuid, sizeof suspect.uuid);
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume *volume =
            g_array_index(qube->volumes, struct volume_config, i).volume;

        if (volume)
            g_ptr_array_add(suspect.volumes, volume_ref(volume));
    }
    g_array_append_val(suspects, suspect);
}

/* An operation on it does its stop work itself. */
static gboolean is_suspect(const struct qube *qube)
{
    return qube->state == POWER_HALTED && !qube->busy && qube->volumes->len > 0;
}

static GArray *suspects_of(const struct model *model)
{
    GArray *suspects = g_array_new(FALSE, TRUE, sizeof(struct suspect));

    g_array_set_clear_func(suspects, suspect_clear);
    for (guint i = 0; i < model->qubes->len; i++)
        if (is_suspect(model->qubes->pdata[i]))
            suspects_add(suspects, model->qubes->pdata[i]);
    return suspects;
}

/* The stop work. */

static void recovery_end(struct engine *engine)
{
    struct recovery *recovery = g_steal_pointer(&engine->recovery);

    g_array_unref(recovery->suspects);
    g_free(recovery);
}

static void start_some(struct engine *engine);

static void one_is_over(struct engine *engine)
{
    engine->recovery->running--;
    start_some(engine);
}

static void start_one(struct engine *engine, const char *uuid)
{
    const struct qube *qube = model_qube(engine->model, uuid);

    if (!qube || !is_suspect(qube))
        return;
    engine->recovery->running++;
    engine_stop_work(engine, qube, STOP_WORK_CUT_OFF, one_is_over);
}

static void start_some(struct engine *engine)
{
    struct recovery *recovery = engine->recovery;

    while (!engine->closing && recovery->running < AT_ONCE &&
           recovery->next < recovery->suspects->len)
        start_one(engine, g_array_index(recovery->suspects, struct suspect,
                                        recovery->next++).uuid);
    if (recovery->running == 0)
        recovery_end(engine);
}

/* The look. */

struct look {
    struct engine *engine;
    GArray *suspects;
    GError *unknown; /* the first; NULL: all could be looked at */
};

/* FALSE also if that cannot be told, for now. */
static gboolean needs_work(struct look *look, const struct suspect *suspect)
{
    g_autoptr(GError) unknown = NULL;
    gboolean needs = volumes_unsettled(suspect->volumes, &unknown) && !unknown;

    if (unknown && !look->unknown)
        look->unknown = g_steal_pointer(&unknown);
    return needs;
}

static gboolean look_run(struct job *job, gpointer data, GError **error)
{
    struct look *look = data;

    for (guint i = look->suspects->len; i-- > 0;) {
        struct suspect *suspect = &g_array_index(look->suspects, struct suspect, i);

        if (g_cancellable_is_cancelled(job_cancellable(job)))
            break;
        if (!needs_work(look, suspect))
            g_array_remove_index(look->suspects, i);
    }
    return TRUE;
}

static void look_done(struct job *job, const GError *error, gpointer data)
{
    struct look *look = data;

    engine_job_lost(look->engine, error);
    if (!error)
        look->engine->recovery->suspects = g_steal_pointer(&look->suspects);
}

/* Whose volumes cannot be looked at may have been cut off all the same. */
static void look_again(struct look *look)
{
    struct engine *engine = look->engine;

    engine->recovered = FALSE;
    engine->recover_us = g_get_monotonic_time() + LOOK_AGAIN_US;
    if (!engine->recover_told && look->unknown && !engine->closing)
        model_note(engine->model, NULL, TRUE,
                   "whether work on volumes was cut off cannot be told: %s",
                   look->unknown->message);
    engine->recover_told = TRUE;
}

static void look_over(gpointer data)
{
    struct look *look = data;
    struct engine *engine = look->engine;

    engine_job_over(engine);
    if (look->unknown || !engine->recovery->suspects)
        look_again(look);
    g_clear_error(&look->unknown);
    g_clear_pointer(&look->suspects, g_array_unref);
    g_free(look);
    if (!engine->recovery->suspects)
        engine->recovery->suspects = g_array_new(FALSE, FALSE, sizeof(struct suspect));
    start_some(engine);
}

/* With the machine's own files only the hypervisor of the machine knows who runs. */
static gboolean knows_who_runs(const struct engine *engine)
{
    g_autofree char *machine = NULL;

    if (*engine->root)
        return TRUE;
    if (g_str_has_prefix(engine->uri, TESTS))
        return FALSE;
    return g_str_has_prefix(engine->uri, XEN) ||
           !g_file_get_contents(MACHINE, &machine, NULL, NULL) ||
           !g_str_has_prefix(machine, "xen");
}

void engine_recover(struct engine *engine)
{
    struct job_spec spec = {
        .deadline_ms = LOOK_DEADLINE_MS,
        .run = look_run,
        .done = look_done,
        .destroy = look_over,
    };
    struct look *look;

    if (engine->recovered || engine->offline || engine->closing || engine->store_error ||
        engine->recovery || g_get_monotonic_time() < engine->recover_us)
        return;
    engine->recovered = TRUE;
    if (engine_readonly(engine) || !knows_who_runs(engine))
        return;
    engine->recovery = g_new0(struct recovery, 1);
    look = g_new0(struct look, 1);
    look->engine = engine;
    look->suspects = suspects_of(engine->model);
    spec.data = look;
    engine_job(engine, &spec);
}

gboolean engine_recovering(const struct engine *engine)
{
    return engine->recovery != NULL;
}
