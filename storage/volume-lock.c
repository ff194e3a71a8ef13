/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/volume-lock.h"

#include <string.h>

struct volume_lock {
    GRWLock guard;
    char *key;
    guint users;
    gboolean importing; /* this and what follows: under table_guard */
    guint exports;
    guint owners;
};

static GMutex table_guard;
static GHashTable *table; /* key -> lock; NULL while nobody has one */

struct volume_lock *volume_lock_get(const char *pool, const char *vid)
{
    g_autofree char *key = g_strdup_printf("%zu:%s%s", strlen(pool), pool, vid);
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);
    struct volume_lock *lock;

    if (!table)
        table = g_hash_table_new(g_str_hash, g_str_equal);
    lock = g_hash_table_lookup(table, key);
    if (!lock) {
        lock = g_new0(struct volume_lock, 1);
        g_rw_lock_init(&lock->guard);
        lock->key = g_steal_pointer(&key);
        g_hash_table_insert(table, lock->key, lock);
    }
    lock->users++;
    return lock;
}

void volume_lock_put(struct volume_lock *lock)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    if (--lock->users > 0)
        return;
    g_hash_table_remove(table, lock->key);
    if (g_hash_table_size(table) == 0)
        g_clear_pointer(&table, g_hash_table_unref);
    g_rw_lock_clear(&lock->guard);
    g_free(lock->key);
    g_free(lock);
}

gboolean volume_lock_own(struct volume_lock *lock)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    return lock->owners++ == 0;
}

void volume_lock_disown(struct volume_lock *lock)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    lock->owners--;
}

struct volume_hold volume_lock_take(struct volume_lock *own,
                                    struct volume_lock *source)
{
    gboolean source_first = source && strcmp(source->key, own->key) < 0;

    if (source_first)
        g_rw_lock_reader_lock(&source->guard);
    g_rw_lock_writer_lock(&own->guard);
    if (source && !source_first)
        g_rw_lock_reader_lock(&source->guard);
    return (struct volume_hold){own, source, volume_lock_own(own)};
}

void volume_hold_release(struct volume_hold *hold)
{
    volume_lock_disown(hold->own);
    g_rw_lock_writer_unlock(&hold->own->guard);
    if (hold->source)
        g_rw_lock_reader_unlock(&hold->source->guard);
}

void volume_lock_import(struct volume_lock *lock, gboolean begins)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    lock->importing = begins;
}

gboolean volume_lock_importing(struct volume_lock *lock)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    return lock->importing;
}

void volume_lock_export(struct volume_lock *lock, gboolean begins)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    lock->exports += begins ? 1 : -1u;
}

gboolean volume_lock_exporting(struct volume_lock *lock)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&table_guard);

    return lock->exports > 0;
}
