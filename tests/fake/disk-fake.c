/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "disk-fake.h"
#include "disk-blob.h"
#include "disk-pool.h"
#include "disk-private.h"
#include "disk-script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/driver.h"
#include "storage/volume-private.h"

GMutex disk_guard; /* all below */
static GHashTable *disks; /* "POOL:VID" -> struct disk */

/* Disks. */

static void kept_free(gpointer data)
{
    struct kept *kept = data;

    blob_drop(&kept->image);
    g_free(kept->public.id);
    g_free(kept);
}

static void disk_free(gpointer data)
{
    struct disk *disk = data;

    blob_drop(&disk->clean);
    blob_drop(&disk->dirty);
    blob_drop(&disk->import);
    g_ptr_array_unref(disk->kept);
    g_free(disk);
}

static char *key_of(const struct volume *volume)
{
    return g_strdup_printf("%s:%s", pool_name(volume_pool(volume)), volume_vid(volume));
}

struct disk *disk_find(const struct volume *volume)
{
    g_autofree char *key = key_of(volume);

    return disks ? g_hash_table_lookup(disks, key) : NULL;
}

static void disk_drop(const struct volume *volume)
{
    g_autofree char *key = key_of(volume);

    if (disks)
        g_hash_table_remove(disks, key);
}

static struct disk *disk_get(const struct volume *volume)
{
    struct disk *disk = disk_find(volume);

    if (disk)
        return disk;
    if (!disks)
        disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, disk_free);
    disk = g_new0(struct disk, 1);
    disk->kept = g_ptr_array_new_with_free_func(kept_free);
    g_hash_table_insert(disks, key_of(volume), disk);
    return disk;
}

static gboolean missing(const struct volume *volume, GError **error)
{
    error_set(error, QMC_ERROR_NOTFOUND, NULL, "image of volume '%s' is missing",
              volume_vid(volume));
    return FALSE;
}

/* Revisions. */

static void keep_clean(struct disk *disk)
{
    const struct kept *newest = disk->kept->len ? disk->kept->pdata[0] : NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    struct kept *kept;

    if (!disk->clean || (newest && newest->image == disk->clean))
        return;
    kept = g_new0(struct kept, 1);
    kept->public.number = newest ? newest->public.number + 1 : 1;
    kept->public.time = g_date_time_to_unix(now);
    kept->public.id = g_strdup_printf("%" G_GINT64_FORMAT "@%s", kept->public.number, time);
    kept->image = blob_name(disk->clean);
    g_ptr_array_insert(disk->kept, 0, kept);
}

static void prune(struct disk *disk, guint keep)
{
    guint seen = 0;

    for (guint i = 0; i < disk->kept->len;) {
        const struct kept *kept = disk->kept->pdata[i];

        if (!kept->public.pinned && seen++ >= keep)
            g_ptr_array_remove_index(disk->kept, i);
        else
            i++;
    }
}

static struct kept *kept_find(const struct volume *volume, const char *id, GError **error)
{
    const struct disk *disk = disk_find(volume);

    for (guint i = 0; disk && i < disk->kept->len; i++) {
        struct kept *kept = disk->kept->pdata[i];

        if (g_str_equal(kept->public.id, id))
            return kept;
    }
    error_set(error, QMC_ERROR_NOTFOUND, NULL, "volume '%s' has no revision '%s'",
              volume_vid(volume), id);
    return NULL;
}

/* Takes the image. */
static void commit(struct disk *disk, struct blob **image, guint keep)
{
    if (keep > 0)
        keep_clean(disk);
    prune(disk, keep);
    blob_drop(&disk->clean);
    disk->clean = g_steal_pointer(image);
}

/* The calls. */

static gboolean needs_size(const struct volume *volume, GError **error)
{
    if (volume_nominal(volume) > 0)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, NULL, "volume '%s' has no size",
              volume_vid(volume));
    return FALSE;
}

static gboolean do_create(struct volume *volume, GError **error)
{
    disk_drop(volume);
    if (volume_snap_on_start(volume) || !volume_save_on_stop(volume))
        return TRUE;
    if (!needs_size(volume, error))
        return FALSE;
    disk_get(volume)->clean = blob_new(volume_nominal(volume));
    return TRUE;
}

static gboolean do_remove(struct volume *volume, GError **error)
{
    disk_drop(volume);
    return TRUE;
}

static gboolean do_verify(struct volume *volume, GError **error)
{
    const struct volume *owner =
        volume_snap_on_start(volume) ? volume_source(volume) : volume;
    const struct disk *disk = disk_find(owner);

    if (owner == volume && !volume_save_on_stop(volume))
        return TRUE;
    return (disk && (disk->clean || (volume_in_place(owner) && disk->dirty))) ||
           missing(owner, error);
}

static gboolean start_copy(struct disk *disk, const struct volume *volume, GError **error)
{
    if (!disk->clean)
        return missing(volume, error);
    disk->dirty = blob_copy(disk->clean, blob_size(disk->clean));
    return TRUE;
}

static gboolean start_in_place(struct disk *disk, const struct volume *volume,
                               GError **error)
{
    if (!disk->clean && !disk->dirty)
        return missing(volume, error);
    prune(disk, 0);
    if (!disk->dirty)
        disk->dirty = g_steal_pointer(&disk->clean);
    return TRUE;
}

static gboolean start_snapshot(struct disk *disk, const struct volume *volume,
                               GError **error)
{
    const struct disk *source = disk_find(volume_source(volume));

    if (!source || !source->clean)
        return missing(volume_source(volume), error);
    blob_drop(&disk->dirty);
    blob_drop(&disk->clean);
    disk->clean = blob_name(source->clean);
    return start_copy(disk, volume, error);
}

static gboolean do_start(struct volume *volume, GError **error)
{
    struct disk *disk = disk_get(volume);

    blob_drop(&disk->import);
    if (volume_in_place(volume))
        return start_in_place(disk, volume, error);
    if (disk->dirty && volume_save_on_stop(volume))
        return TRUE;
    if (volume_snap_on_start(volume))
        return start_snapshot(disk, volume, error);
    if (volume_save_on_stop(volume))
        return start_copy(disk, volume, error);
    if (!needs_size(volume, error))
        return FALSE;
    blob_drop(&disk->dirty);
    disk->dirty = blob_new(volume_nominal(volume));
    return TRUE;
}

static void stop_saved(struct disk *disk, const struct volume *volume)
{
    if (volume_in_place(volume)) {
        disk->clean = g_steal_pointer(&disk->dirty);
    } else if (disk->clean && blob_is_version(disk->clean, disk->dirty)) {
        prune(disk, volume_keep(volume));
        blob_drop(&disk->clean);
        disk->clean = g_steal_pointer(&disk->dirty);
    } else {
        commit(disk, &disk->dirty, volume_keep(volume));
    }
}

static gboolean do_stop(struct volume *volume, GError **error)
{
    struct disk *disk = disk_find(volume);

    if (!disk)
        return TRUE;
    blob_drop(&disk->import);
    if (volume_save_on_stop(volume)) {
        if (disk->dirty)
            stop_saved(disk, volume);
        return TRUE;
    }
    if (disk->dirty && !volume_snap_on_start(volume))
        volume_set_nominal(volume, blob_size(disk->dirty));
    disk_drop(volume);
    return TRUE;
}

static gboolean do_import_commit(struct volume *volume, GError **error)
{
    struct disk *disk = disk_find(volume);

    if (!disk || !disk->import)
        return missing(volume, error);
    commit(disk, &disk->import, MAX(volume_keep(volume), 1));
    return TRUE;
}

static gboolean do_import_drop(struct volume *volume, GError **error)
{
    struct disk *disk = disk_find(volume);

    if (disk)
        blob_drop(&disk->import);
    return TRUE;
}

static gboolean do_resize(struct volume *volume, guint64 size, GError **error)
{
    struct disk *disk = disk_find(volume);
    struct blob *new;

    if (disk && disk->dirty)
        return ftruncate(disk->dirty->fd, (off_t)size) == 0;
    if (volume_snap_on_start(volume)) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "volume '%s' has the size of its source", volume_vid(volume));
        return FALSE;
    }
    if (!volume_save_on_stop(volume))
        return TRUE;
    if (!disk || !disk->clean)
        return missing(volume, error);
    if (blob_size(disk->clean) == size)
        return TRUE;
    new = blob_copy(disk->clean, size);
    blob_drop(&disk->clean);
    disk->clean = new;
    return TRUE;
}

static gboolean do_share(struct volume *volume, const struct volume *source, GError **error)
{
    const struct disk *from = disk_find(source);
    struct disk *disk = from ? disk_get(volume) : NULL;

    if (!from)
        return TRUE;
    disk->clean = from->clean ? blob_name(from->clean) : NULL;
    for (guint i = 0; i < from->kept->len; i++) {
        const struct kept *old = from->kept->pdata[i];
        struct kept *kept = g_new0(struct kept, 1);

        *kept = *old;
        kept->public.id = g_strdup(old->public.id);
        kept->image = blob_name(old->image);
        g_ptr_array_add(disk->kept, kept);
    }
    return TRUE;
}

static gboolean do_clone(struct volume *volume, const struct volume *source, GError **error)
{
    const struct disk *from = disk_find(source);
    struct disk *disk;

    if (!from || !from->clean)
        return missing(source, error);
    disk = disk_get(volume);
    blob_drop(&disk->import);
    disk->import = blob_copy(from->clean, blob_size(from->clean));
    g_assert(futimens(disk->import->fd, NULL) == 0); /* it is another state */
    volume_set_nominal(volume, blob_size(from->clean));
    return do_import_commit(volume, error);
}

static gboolean do_revert(struct volume *volume, const char *id, GError **error)
{
    struct kept *kept = kept_find(volume, id, error);
    struct disk *disk = disk_find(volume);
    struct blob *image;

    if (!kept)
        return FALSE;
    image = blob_name(kept->image);
    keep_clean(disk);
    if (!kept->public.pinned)
        g_ptr_array_remove(disk->kept, kept);
    blob_drop(&disk->clean);
    disk->clean = image;
    volume_set_nominal(volume, blob_size(image));
    return TRUE;
}

/* As drivers are called. */

/* The guard is held from here to leave(). FALSE: it is over. */
static gboolean enter(const char *call, const char *vid, struct fake_disk_rule *rule,
                      GError **error)
{
    *rule = disk_script_enter(call, vid);
    g_mutex_lock(&disk_guard);
    return rule->late || !disk_script_fails(rule, call, error);
}

static gboolean leave(const char *call, const struct fake_disk_rule *rule, gboolean done,
                      GError **error)
{
    g_mutex_unlock(&disk_guard);
    return done && !(rule->late && disk_script_fails(rule, call, error));
}

#define CALL(name, parameters, ...)                                              \
    static gboolean disk_##name parameters                                             \
    {                                                                                  \
        struct fake_disk_rule rule;                                                    \
        gboolean done = enter(#name, volume_vid(volume), &rule, error) &&              \
                        do_##name(__VA_ARGS__);                                        \
                                                                                       \
        return leave(#name, &rule, done, error);                                       \
    }

CALL(create, (struct volume *volume, GError **error), volume, error)
CALL(remove, (struct volume *volume, GError **error), volume, error)
CALL(verify, (struct volume *volume, GError **error), volume, error)
CALL(start, (struct volume *volume, GError **error), volume, error)
CALL(stop, (struct volume *volume, GError **error), volume, error)
CALL(import_commit, (struct volume *volume, GError **error), volume, error)
CALL(import_drop, (struct volume *volume, GError **error), volume, error)
CALL(resize, (struct volume *volume, guint64 size, GError **error), volume, size, error)
CALL(revert, (struct volume *volume, const char *id, GError **error), volume, id, error)
CALL(share, (struct volume *volume, const struct volume *source, GError **error), volume,
     source, error)
CALL(clone,
     (struct volume *volume, struct volume *source, const struct watch *watch,
      GError **error), volume, source, error)

static gboolean do_vacant(const struct volume *volume, GError **error)
{
    if (!disk_find(volume))
        return TRUE;
    error_set(error, QMC_ERROR_EXISTS, NULL, "'%s' is there already", volume_vid(volume));
    return FALSE;
}
CALL(vacant, (const struct volume *volume, GError **error), volume, error)

static gboolean do_pin(struct volume *volume, const char *id, gboolean pinned,
                       GError **error)
{
    struct kept *kept = kept_find(volume, id, error);

    if (kept)
        kept->public.pinned = pinned;
    return kept != NULL;
}
CALL(pin, (struct volume *volume, const char *id, gboolean pinned, GError **error), volume,
     id, pinned, error)

static char *disk_import(struct volume *volume, guint64 size, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("import", volume_vid(volume), &rule, error);
    char *path = NULL;

    if (done) {
        struct disk *disk = disk_get(volume);

        blob_drop(&disk->import);
        disk->import = blob_new(size);
        path = blob_path(disk->import);
    }
    if (!leave("import", &rule, done, error))
        g_clear_pointer(&path, g_free);
    return path;
}

static int disk_export(struct volume *volume, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("export", volume_vid(volume), &rule, error);
    const struct disk *disk = disk_find(volume);
    int fd = -1;

    if (done && disk && disk->clean) {
        g_autofree char *path = blob_path(disk->clean);

        fd = open(path, O_RDONLY | O_CLOEXEC);
    } else if (done) {
        missing(volume, error);
    }
    leave("export", &rule, done, NULL);
    return fd;
}

static gboolean disk_setup(struct pool *pool, GError **error)
{
    struct fake_disk_rule rule;

    return leave("setup", &rule, enter("setup", NULL, &rule, error), error);
}

/* What a driver of a disk would find of one name. */
static guint64 disk_sum(const struct disk *disk)
{
    guint64 sum = blob_used(disk->clean) + blob_used(disk->dirty);

    for (guint i = 0; i < disk->kept->len; i++)
        sum += blob_used(((const struct kept *)disk->kept->pdata[i])->image);
    return sum;
}

/* The id of a volume in the pool; NULL: it is in another one. */
static const char *vid_in(const struct pool *pool, const char *key)
{
    const char *name = pool_name(pool);
    gsize length = strlen(name);

    return strncmp(key, name, length) == 0 && key[length] == ':' ? key + length + 1 : NULL;
}

static guint64 pool_sum(const struct pool *pool)
{
    GHashTableIter iter;
    gpointer key, disk;
    guint64 sum = 0;

    if (!disks)
        return 0;
    g_hash_table_iter_init(&iter, disks);
    while (g_hash_table_iter_next(&iter, &key, &disk))
        sum += vid_in(pool, key) ? disk_sum(disk) : 0;
    return sum;
}

static gboolean disk_usage(struct pool *pool, guint64 *size, guint64 *used, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("usage", NULL, &rule, error);
    const struct fake_disk_pool *as = disk_pool_get(pool_name(pool));

    *size = as ? as->size : G_MAXINT64;
    *used = (as ? as->used : 0) + pool_sum(pool);
    return leave("usage", &rule, done, error);
}

static gboolean disk_details(struct pool *pool, struct pool_details *details, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("details", NULL, &rule, error);

    if (done)
        disk_pool_details(pool_name(pool), pool_sum(pool), details);
    return leave("details", &rule, done, error);
}

static gboolean disk_room(struct pool *pool, gboolean metadata, guint64 *bytes,
                          GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("room", NULL, &rule, error) &&
                    disk_pool_room(pool_name(pool), *bytes, error);

    return leave("room", &rule, done, error);
}

static gboolean disk_extend(struct pool *pool, gboolean metadata, guint64 bytes,
                            GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("extend", NULL, &rule, error) &&
                    disk_pool_extend(pool_name(pool), metadata, bytes, error);

    return leave("extend", &rule, done, error);
}

static gboolean disk_carries(const struct pool *pool, const char *dir)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct fake_disk_pool *as = disk_pool_get(pool_name(pool));

    return as && as->carries && g_str_has_prefix(dir, as->carries);
}

static void find_orphans(const struct pool *pool, const struct pool_claims *claims,
                         GPtrArray *orphans)
{
    GHashTableIter iter;
    gpointer key, disk;

    if (!disks)
        return;
    g_hash_table_iter_init(&iter, disks);
    while (g_hash_table_iter_next(&iter, &key, &disk)) {
        const char *vid = vid_in(pool, key);

        if (vid && !g_hash_table_contains(claims->vids, vid))
            remains_add(orphans, REMAIN_IMAGE, vid, disk_sum(disk));
    }
}

static GPtrArray *disk_orphans(struct pool *pool, const struct pool_claims *claims,
                               GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("orphans", NULL, &rule, error);
    g_autoptr(GPtrArray) orphans = remains_new();

    if (done)
        find_orphans(pool, claims, orphans);
    return leave("orphans", &rule, done, error) ? g_steal_pointer(&orphans) : NULL;
}

/* What may go. */

/* As image_at() has it: "VID.img.1@..." */
static char *revision_name(const struct volume *volume, const struct kept *kept)
{
    return g_strdup_printf("%s.img.%s", volume_vid(volume), kept->public.id);
}

static char *import_name(const struct volume *volume)
{
    return g_strdup_printf("%s-import.img", volume_vid(volume));
}

static void find_spare(const struct volume *volume, GPtrArray *spare)
{
    const struct disk *disk = disk_find(volume);
    guint seen = 0;

    if (disk && disk->import) {
        g_autofree char *name = import_name(volume);

        remains_add(spare, REMAIN_IMPORT, name, blob_used(disk->import));
    }
    for (guint i = 0; disk && disk->clean && i < disk->kept->len; i++) {
        const struct kept *kept = disk->kept->pdata[i];
        g_autofree char *name = revision_name(volume, kept);

        if (!kept->public.pinned && seen++ >= volume_keep(volume))
            remains_add(spare, REMAIN_REVISION, name, blob_used(kept->image));
    }
}

static GPtrArray *disk_spare(const struct volume *volume, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("spare", volume_vid(volume), &rule, error);
    g_autoptr(GPtrArray) spare = remains_new();

    if (done)
        find_spare(volume, spare);
    return leave("spare", &rule, done, error) ? g_steal_pointer(&spare) : NULL;
}

static void discard_one(struct disk *disk, const struct volume *volume, const char *gone)
{
    g_autofree char *import = import_name(volume);

    if (g_str_equal(gone, import))
        blob_drop(&disk->import);
    for (guint i = disk->kept->len; i-- > 0;) {
        g_autofree char *name = revision_name(volume, disk->kept->pdata[i]);

        if (g_str_equal(gone, name))
            g_ptr_array_remove_index(disk->kept, i);
    }
}

static gboolean do_discard(struct volume *volume, const GPtrArray *spare, GError **error)
{
    struct disk *disk = disk_find(volume);

    for (guint i = 0; disk && i < spare->len; i++)
        discard_one(disk, volume, ((const struct remain *)spare->pdata[i])->name);
    return TRUE;
}
CALL(discard, (struct volume *volume, const GPtrArray *spare, GError **error), volume, spare,
     error)

static char *disk_vid(const struct pool *pool, const char *prefix, const char *qube,
                      const char *volume)
{
    return g_strjoin("/", prefix, qube, volume, NULL);
}

static const char *const required[] = {NULL};
static const char *const optional[] = {"revisions_to_keep", "ephemeral_volatile", NULL};

static const struct driver driver_fake_disk = {
    .name = FAKE_DISK,
    .required = required,
    .optional = optional,
    .vid = disk_vid,
    .setup = disk_setup,
    .usage = disk_usage,
    .details = disk_details,
    .room = disk_room,
    .extend = disk_extend,
    .orphans = disk_orphans,
    .carries = disk_carries,
    .create = disk_create,
    .remove = disk_remove,
    .vacant = disk_vacant,
    .share = disk_share,
    .verify = disk_verify,
    .start = disk_start,
    .stop = disk_stop,
    .resize = disk_resize,
    .clone = disk_clone,
    .revert = disk_revert,
    .pin = disk_pin,
    .spare = disk_spare,
    .discard = disk_discard,
    .import = disk_import,
    .import_commit = disk_import_commit,
    .import_drop = disk_import_drop,
    .export = disk_export,
    .in_use = disk_in_use,
    .unfinished = disk_unfinished,
    .outdated = disk_outdated,
    .size = disk_size,
    .used = disk_used,
    .path = disk_path,
    .revisions = disk_revisions,
};

static void __attribute__((constructor)) add(void)
{
    driver_add(&driver_fake_disk);
}

/* For tests. */

void fake_disk_reset(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);

    g_clear_pointer(&disks, g_hash_table_unref);
    disk_pool_reset();
    disk_script_reset();
}

static const struct blob *image_at(const struct disk *disk, const char *ending)
{
    if (g_str_equal(ending, ".img"))
        return disk->clean;
    if (g_str_equal(ending, "-dirty.img"))
        return disk->dirty;
    if (g_str_equal(ending, "-import.img"))
        return disk->import;
    for (guint i = 0; i < disk->kept->len; i++) {
        const struct kept *kept = disk->kept->pdata[i];

        if (g_str_has_prefix(ending, ".img.") &&
            g_str_equal(ending + strlen(".img."), kept->public.id))
            return kept->image;
    }
    return NULL;
}

char *fake_disk_path(const struct volume *volume, const char *ending)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);

    return blob_path(disk ? image_at(disk, ending) : NULL);
}

void fake_disk_fill(const struct volume *volume, guint64 bytes)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);
    const struct disk *disk = disk_find(volume);

    blob_fill(disk->clean, bytes);
}

guint fake_disk_volumes(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);

    return disks ? g_hash_table_size(disks) : 0;
}

void fake_disk_pool(const char *name, const struct fake_disk_pool *pool)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&disk_guard);

    disk_pool_set(name, pool);
}
