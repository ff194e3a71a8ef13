/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "disk-fake.h"
#include "disk-script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/driver.h"
#include "storage/volume-private.h"

enum { CHUNK = 65536 };

/* Content; several names may have the same. */
struct image {
    guint names;
    int fd;
};

struct kept {
    struct revision public;
    struct image *image;
};

/* Of one volume. */
struct disk {
    struct image *clean, *dirty, *import;
    GPtrArray *kept; /* struct kept, newest first */
};

static GMutex guard; /* all below */
static GHashTable *disks; /* "POOL:VID" -> struct disk */

/* Images. */

static struct image *image_of(int fd)
{
    struct image *image = g_new0(struct image, 1);

    image->names = 1;
    image->fd = fd;
    return image;
}

static struct image *image_new(guint64 size)
{
    int fd = memfd_create("fake-disk", MFD_CLOEXEC);

    g_assert(fd >= 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, (off_t)size) == 0);
    return image_of(fd);
}

static struct image *image_name(struct image *image)
{
    image->names++;
    return image;
}

static void image_drop(struct image **image)
{
    if (*image && --(*image)->names == 0) {
        close((*image)->fd);
        g_free(*image);
    }
    *image = NULL;
}

static guint64 image_size(const struct image *image)
{
    struct stat st;

    g_assert(fstat(image->fd, &st) == 0);
    return (guint64)st.st_size;
}

static void copy_range(int from, int to, off_t at, off_t end)
{
    g_autofree char *chunk = g_malloc(CHUNK);

    while (at < end) {
        ssize_t n = pread(from, chunk, (size_t)MIN(end - at, CHUNK), at);

        g_assert(n > 0 && pwrite(to, chunk, (size_t)n, at) == n);
        at += n;
    }
}

/* With its time and its holes. */
static struct image *image_copy(const struct image *from, guint64 size)
{
    struct image *image = image_new(size);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    off_t at = 0, end;
    struct stat st;

    while ((at = lseek(from->fd, at, SEEK_DATA)) >= 0 && (guint64)at < size) {
        end = lseek(from->fd, at, SEEK_HOLE);
        copy_range(from->fd, image->fd, at, MIN(end, (off_t)size));
        at = end;
    }
    g_assert(fstat(from->fd, &st) == 0);
    times[1] = st.st_mtim;
    g_assert(futimens(image->fd, times) == 0);
    return image;
}

static gboolean same_version(const struct image *a, const struct image *b)
{
    struct stat one, two;

    g_assert(fstat(a->fd, &one) == 0 && fstat(b->fd, &two) == 0);
    return one.st_size == two.st_size && one.st_mtim.tv_sec == two.st_mtim.tv_sec &&
           one.st_mtim.tv_nsec == two.st_mtim.tv_nsec;
}

/* Disks. */

static void kept_free(gpointer data)
{
    struct kept *kept = data;

    image_drop(&kept->image);
    g_free(kept->public.id);
    g_free(kept);
}

static void disk_free(gpointer data)
{
    struct disk *disk = data;

    image_drop(&disk->clean);
    image_drop(&disk->dirty);
    image_drop(&disk->import);
    g_ptr_array_unref(disk->kept);
    g_free(disk);
}

static char *key_of(const struct volume *volume)
{
    return g_strdup_printf("%s:%s", pool_name(volume_pool(volume)), volume_vid(volume));
}

/* NULL: it has nothing. */
static struct disk *disk_find(const struct volume *volume)
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
    kept->image = image_name(disk->clean);
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
static void commit(struct disk *disk, struct image **image, guint keep)
{
    if (keep > 0)
        keep_clean(disk);
    prune(disk, keep);
    image_drop(&disk->clean);
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
    disk_get(volume)->clean = image_new(volume_nominal(volume));
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
    disk->dirty = image_copy(disk->clean, image_size(disk->clean));
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
    image_drop(&disk->dirty);
    image_drop(&disk->clean);
    disk->clean = image_name(source->clean);
    return start_copy(disk, volume, error);
}

static gboolean do_start(struct volume *volume, GError **error)
{
    struct disk *disk = disk_get(volume);

    image_drop(&disk->import);
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
    image_drop(&disk->dirty);
    disk->dirty = image_new(volume_nominal(volume));
    return TRUE;
}

static void stop_saved(struct disk *disk, const struct volume *volume)
{
    if (volume_in_place(volume)) {
        disk->clean = g_steal_pointer(&disk->dirty);
    } else if (disk->clean && same_version(disk->clean, disk->dirty)) {
        prune(disk, volume_keep(volume));
        image_drop(&disk->clean);
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
    image_drop(&disk->import);
    if (volume_save_on_stop(volume)) {
        if (disk->dirty)
            stop_saved(disk, volume);
        return TRUE;
    }
    if (disk->dirty && !volume_snap_on_start(volume))
        volume_set_nominal(volume, image_size(disk->dirty));
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
        image_drop(&disk->import);
    return TRUE;
}

static gboolean do_resize(struct volume *volume, guint64 size, GError **error)
{
    struct disk *disk = disk_find(volume);
    struct image *new;

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
    if (image_size(disk->clean) == size)
        return TRUE;
    new = image_copy(disk->clean, size);
    image_drop(&disk->clean);
    disk->clean = new;
    return TRUE;
}

static gboolean do_share(struct volume *volume, const struct volume *source, GError **error)
{
    const struct disk *from = disk_find(source);
    struct disk *disk = from ? disk_get(volume) : NULL;

    if (!from)
        return TRUE;
    disk->clean = from->clean ? image_name(from->clean) : NULL;
    for (guint i = 0; i < from->kept->len; i++) {
        const struct kept *old = from->kept->pdata[i];
        struct kept *kept = g_new0(struct kept, 1);

        *kept = *old;
        kept->public.id = g_strdup(old->public.id);
        kept->image = image_name(old->image);
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
    image_drop(&disk->import);
    disk->import = image_copy(from->clean, image_size(from->clean));
    g_assert(futimens(disk->import->fd, NULL) == 0); /* it is another state */
    volume_set_nominal(volume, image_size(from->clean));
    return do_import_commit(volume, error);
}

static gboolean do_revert(struct volume *volume, const char *id, GError **error)
{
    struct kept *kept = kept_find(volume, id, error);
    struct disk *disk = disk_find(volume);
    struct image *image;

    if (!kept)
        return FALSE;
    image = image_name(kept->image);
    keep_clean(disk);
    if (!kept->public.pinned)
        g_ptr_array_remove(disk->kept, kept);
    image_drop(&disk->clean);
    disk->clean = image;
    volume_set_nominal(volume, image_size(image));
    return TRUE;
}

/* As drivers are called. */

/* The guard is held from here to leave(). FALSE: it is over. */
static gboolean enter(const char *call, const char *vid, struct fake_disk_rule *rule,
                      GError **error)
{
    *rule = disk_script_enter(call, vid);
    g_mutex_lock(&guard);
    return rule->late || !disk_script_fails(rule, call, error);
}

static gboolean leave(const char *call, const struct fake_disk_rule *rule, gboolean done,
                      GError **error)
{
    g_mutex_unlock(&guard);
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

static char *path_of(const struct image *image)
{
    return g_strdup_printf("/proc/self/fd/%d", image ? image->fd : -1);
}

static char *disk_import(struct volume *volume, guint64 size, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("import", volume_vid(volume), &rule, error);
    char *path = NULL;

    if (done) {
        struct disk *disk = disk_get(volume);

        image_drop(&disk->import);
        disk->import = image_new(size);
        path = path_of(disk->import);
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
        g_autofree char *path = path_of(disk->clean);

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

static guint64 used_by(const struct image *image)
{
    struct stat st;

    return image && fstat(image->fd, &st) == 0 ? (guint64)st.st_blocks * 512 : 0;
}

static gboolean disk_usage(struct pool *pool, guint64 *size, guint64 *used, GError **error)
{
    struct fake_disk_rule rule;
    gboolean done = enter("usage", NULL, &rule, error);
    GHashTableIter iter;
    gpointer data;

    *size = G_MAXINT64;
    *used = 0;
    if (disks) {
        g_hash_table_iter_init(&iter, disks);
        while (g_hash_table_iter_next(&iter, NULL, &data))
            *used += used_by(((struct disk *)data)->clean) +
                     used_by(((struct disk *)data)->dirty);
    }
    return leave("usage", &rule, done, error);
}

/* The getters. */

static gboolean disk_in_use(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);

    return disk && disk->dirty;
}

static gboolean disk_unfinished(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);

    return disk && (disk->import || !volume_save_on_stop(volume));
}

static gboolean disk_outdated(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);
    const struct disk *source = disk_find(volume_source(volume));

    return disk && disk->clean && source && source->clean &&
           disk->clean != source->clean && !same_version(disk->clean, source->clean);
}

static guint64 disk_size(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);
    const struct disk *source =
        volume_snap_on_start(volume) ? disk_find(volume_source(volume)) : NULL;

    return disk && disk->dirty        ? image_size(disk->dirty)
           : disk && disk->clean      ? image_size(disk->clean)
           : source && source->clean ? image_size(source->clean)
                                      : 0;
}

static guint64 disk_used(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);

    if (disk && (disk->dirty || disk->clean))
        return used_by(disk->dirty ? disk->dirty : disk->clean);
    return volume_save_on_stop(volume) ? G_MAXUINT64 : 0;
}

static char *disk_path(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);

    return disk && disk->dirty ? path_of(disk->dirty) : NULL;
}

static void listed_free(gpointer data)
{
    struct revision *revision = data;

    g_free(revision->id);
    g_free(revision);
}

static GPtrArray *disk_revisions(const struct volume *volume)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    GPtrArray *list = g_ptr_array_new_with_free_func(listed_free);
    const struct disk *disk = disk_find(volume);

    for (guint i = 0; disk && i < disk->kept->len; i++) {
        const struct kept *kept = disk->kept->pdata[i];
        struct revision *revision = g_new(struct revision, 1);

        *revision = kept->public;
        revision->id = g_strdup(kept->public.id);
        revision->used = used_by(kept->image);
        g_ptr_array_add(list, revision);
    }
    return list;
}

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

/* In place of storage/driver.c. */

#define DRIVER(noun) extern const struct driver driver_##noun;
#include "storage/drivers.list"
#undef DRIVER

static const struct driver *const drivers[] = {
#define DRIVER(noun) &driver_##noun,
#include "storage/drivers.list"
#undef DRIVER
    &driver_fake_disk,
    NULL,
};

const struct driver *driver_find(const char *name)
{
    for (const struct driver *const *driver = drivers; *driver; driver++)
        if (g_str_equal((*driver)->name, name))
            return *driver;
    return NULL;
}

const struct driver *const *driver_all(void)
{
    return drivers;
}

/* For tests. */

void fake_disk_reset(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    g_clear_pointer(&disks, g_hash_table_unref);
    disk_script_reset();
}

static const struct image *image_at(const struct disk *disk, const char *ending)
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
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    const struct disk *disk = disk_find(volume);

    return path_of(disk ? image_at(disk, ending) : NULL);
}

guint fake_disk_volumes(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    return disks ? g_hash_table_size(disks) : 0;
}
