/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may go of a volume without anybody missing it. */
#include "config.h"
#include "storage/volume-private.h"

#include "util/job.h"

static gboolean is_abandoned(const struct volume *volume)
{
    const struct driver *driver = pool_driver(volume_pool(volume));

    return driver->abandoned && driver->abandoned(volume);
}

static gboolean look_at_work(struct volume *volume, gboolean *at_work, GError **error)
{
    if (!volume_look_in_use(volume, at_work, error))
        return FALSE;
    *at_work = (*at_work && !is_abandoned(volume)) ||
               volume_lock_importing(volume_lock_of(volume));
    return TRUE;
}

GPtrArray *volume_spare(struct volume *volume, GError **error)
{
    const struct driver *driver = pool_driver(volume_pool(volume));

    gboolean at_work;

    job_may_block();
    if (!driver->spare)
        return remains_new();
    if (!look_at_work(volume, &at_work, error))
        return NULL;
    if (at_work)
        return remains_new();
    return driver->spare(volume, error);
}

gboolean volume_reclaim(struct volume *volume, GPtrArray **gone, GError **error)
{
    const struct driver *driver = pool_driver(volume_pool(volume));
    g_autoptr(GPtrArray) spare = NULL;

    job_may_block();
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    spare = volume_spare(volume, error);
    if (!spare || (spare->len > 0 && !driver->discard(volume, spare, error)))
        return FALSE;
    if (gone)
        *gone = g_steal_pointer(&spare);
    return TRUE;
}
