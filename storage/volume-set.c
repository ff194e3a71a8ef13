/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All volumes of a qube at once (spec/storage.md 1.7, X-1, X-5). */
#include "config.h"
#include "storage/volume.h"

#include "util/error.h"
#include "util/job.h"
#include "util/log.h"

struct part {
    struct volume *volume;
    gboolean (*act)(struct volume *volume, GError **error);
    GThread *thread;
    GError *error;
};

static gpointer part_run(gpointer data)
{
    struct part *part = data;

    part->act(part->volume, &part->error);
    return NULL;
}

/* Where no thread is to be had the work is done one by one. */
static void part_begin(struct part *part)
{
    part->thread = g_thread_try_new("volume", part_run, part, NULL);
    if (!part->thread)
        part_run(part);
}

static void part_end(struct part *part, GError **first)
{
    if (part->thread)
        g_thread_join(part->thread);
    if (!part->error)
        return;
    if (!*first) {
        *first = g_steal_pointer(&part->error);
        return;
    }
    log_line("storage", "also: %s", part->error->message);
    g_clear_error(&part->error);
}

static gboolean act_on_all(GPtrArray *volumes,
                           gboolean (*act)(struct volume *, GError **),
                           GError **error)
{
    g_autofree struct part *parts = g_new0(struct part, volumes->len);
    GError *first = NULL;

    job_may_block();
    volumes_own(volumes); /* once for all of them */
    for (guint i = 0; i < volumes->len; i++) {
        parts[i].volume = g_ptr_array_index(volumes, i);
        parts[i].act = act;
        part_begin(&parts[i]);
    }
    for (guint i = 0; i < volumes->len; i++)
        part_end(&parts[i], &first);
    volumes_disown(volumes);
    if (!first)
        return TRUE;
    g_propagate_error(error, first);
    return FALSE;
}

gboolean volumes_verify(GPtrArray *volumes, GError **error)
{
    return act_on_all(volumes, volume_verify, error);
}

gboolean volumes_stop(GPtrArray *volumes, GError **error)
{
    return act_on_all(volumes, volume_stop, error);
}

gboolean volumes_start(GPtrArray *volumes, GError **error)
{
    g_autoptr(GError) undo = NULL;

    if (act_on_all(volumes, volume_start, error))
        return TRUE;
    if (!volumes_stop(volumes, &undo))
        log_line("storage", "undo of a failed start: %s", undo->message);
    return FALSE;
}

gboolean volumes_unsettled(GPtrArray *volumes, GError **error)
{
    g_autoptr(GError) unknown = NULL;

    for (guint i = 0; i < volumes->len; i++) {
        gboolean in_use;

        if (volume_look_in_use(volumes->pdata[i], &in_use, unknown ? NULL : &unknown) &&
            volume_unsettled(volumes->pdata[i]))
            return TRUE;
    }
    if (!unknown)
        return FALSE;
    g_propagate_error(error, g_steal_pointer(&unknown));
    return TRUE;
}
