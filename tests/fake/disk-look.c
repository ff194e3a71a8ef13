/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "disk-private.h"

gboolean disk_in_use(const struct volume *volume, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);

    return disk && disk->dirty;
}

gboolean disk_unfinished(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);

    return disk && (disk->import || !volume_save_on_stop(volume));
}

gboolean disk_outdated(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);
    const struct disk *source = disk_find(volume_source(volume));

    return disk && disk->clean && source && source->clean &&
           disk->clean != source->clean && !blob_is_version(disk->clean, source->clean);
}

guint64 disk_size(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);
    const struct disk *source =
        volume_snap_on_start(volume) ? disk_find(volume_source(volume)) : NULL;

    return disk && disk->dirty        ? blob_size(disk->dirty)
           : disk && disk->clean      ? blob_size(disk->clean)
           : source && source->clean ? blob_size(source->clean)
                                      : 0;
}

guint64 disk_used(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);

    if (disk && (disk->dirty || disk->clean))
        return blob_used(disk->dirty ? disk->dirty : disk->clean);
    return volume_save_on_stop(volume) ? G_MAXUINT64 : 0;
}

char *disk_path(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);

    return disk && disk->dirty ? blob_path(disk->dirty) : NULL;
}

static void listed_free(gpointer data)
{
    struct revision *revision = data;

    g_free(revision->id);
    g_free(revision);
}

GPtrArray *disk_revisions(const struct volume *volume, GError **error)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    GPtrArray *list = g_ptr_array_new_with_free_func(listed_free);
    const struct disk *disk = disk_find(volume);

    for (guint i = 0; disk && i < disk->kept->len; i++) {
        const struct kept *kept = disk->kept->pdata[i];
        struct revision *revision = g_new(struct revision, 1);

        *revision = kept->public;
        revision->id = g_strdup(kept->public.id);
        revision->used = blob_used(kept->image);
        g_ptr_array_add(list, revision);
    }
    return list;
}
