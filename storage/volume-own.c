/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has a volume to himself, and since when: what a driver remembers from before may be
 * another one's work (spec/storage.md 2.4, L-7). */
#include "config.h"
#include "storage/volume-private.h"

/* Others changed it as long as nobody here had it. */
static void begin(const struct volume *volume)
{
    const struct driver *driver = pool_driver(volume_pool(volume));

    if (driver->outdate)
        driver->outdate();
}

struct volume_hold volume_hold_take(struct volume *volume, struct volume *source)
{
    struct volume_hold hold =
        volume_lock_take(volume_lock_of(volume), source ? volume_lock_of(source) : NULL);

    if (hold.first)
        begin(volume);
    return hold;
}

void volumes_own(GPtrArray *volumes)
{
    for (guint i = 0; i < volumes->len; i++)
        if (volume_lock_own(volume_lock_of(volumes->pdata[i])))
            begin(volumes->pdata[i]);
}

void volumes_disown(GPtrArray *volumes)
{
    for (guint i = 0; i < volumes->len; i++)
        volume_lock_disown(volume_lock_of(volumes->pdata[i]));
}
