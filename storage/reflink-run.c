/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to the files of driver file-reflink. Each step leaves a state
 * that the next operation can go on from (spec/storage.md 3.5). */
#include "config.h"
#include "storage/reflink-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "storage/image.h"
#include "storage/loop.h"
#include "storage/sparse.h"
#include "util/error.h"
#include "util/log.h"


static gboolean needs_size(const struct volume *volume, GError **error)
{
    if (volume_nominal(volume) > 0)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "set its size in the store",
              "volume '%s' has no size", volume_vid(volume));
    return FALSE;
}

gboolean reflink_create(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    if (!images_drop_all(at, error))
        return FALSE;
    if (volume_snap_on_start(volume) || !volume_save_on_stop(volume))
        return TRUE;
    return needs_size(volume, error) && image_mkdir(at->dir, error) &&
           sparse_create(at->clean, volume_nominal(volume), error);
}

gboolean reflink_vacant(const struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    return images_none(at, error);
}

/* Committed images are never changed in place but by a volume that keeps no
 * revisions, and that has only one of the names at work. */
gboolean reflink_share(struct volume *volume, const struct volume *source,
                       GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    auto_of(images) struct images *from = images_new(source);
    g_autoptr(GError) again = NULL;

    if (images_share(at, from, error))
        return TRUE;
    if (!images_drop_all(at, &again))
        log_line("storage", "after a failed share: %s", again->message);
    return FALSE;
}

gboolean reflink_remove(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    if (!images_drop_all(at, error))
        return FALSE;
    if (rmdir(at->dir) == 0)
        return image_sync_parent(at->dir, error);
    /* ENOTDIR: a link in its place is not the volume's */
    if (errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
        return TRUE;
    image_error(error, errno, "remove the directory", at->dir);
    return FALSE;
}

/* Sets *taken if the precache became the dirty image. */
static gboolean take_precache(const struct images *at, const struct stat *clean,
                              gboolean *taken, GError **error)
{
    struct stat st;
    gboolean there;

    *taken = FALSE;
    if (!image_look(at->precache, &st, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    /* Somebody changed the clean image behind our back. */
    if (!image_same_version(&st, clean))
        return image_unlink(at->precache, error);
    *taken = image_move(at->precache, at->dirty, error);
    return *taken;
}

/* The time is kept: it tells a run that wrote nothing, see is_unchanged(). */
static gboolean copy_to_dirty(const struct images *at, GError **error)
{
    struct sparse_copy copy = {
        .source = at->clean, .target = at->dirty, .size = -1, .keep_time = TRUE,
    };

    return sparse_copy(&copy, error);
}

static gboolean start_origin(const struct images *at, GError **error)
{
    struct stat clean;
    gboolean taken;

    if (!image_need(at->clean, at->vid, &clean, error) ||
        !take_precache(at, &clean, &taken, error))
        return FALSE;
    return taken || copy_to_dirty(at, error);
}

static gboolean start_in_place(const struct images *at, gboolean dirty,
                               GError **error)
{
    struct stat clean;

    /* Revisions go only when it is sure that there is something newer. */
    if (!dirty && !image_need(at->clean, at->vid, &clean, error))
        return FALSE;
    return revisions_prune(at, 0, error) && image_unlink(at->precache, error) &&
           (dirty || image_move(at->clean, at->dirty, error));
}

static gboolean start_snapshot(const struct images *at,
                               const struct volume *volume, GError **error)
{
    auto_of(images) struct images *source = images_new(volume_source(volume));
    struct stat st;

    /* The link stays while the qube runs: it tells later whether the source
     * is still what this volume was made from. */
    return image_need(source->clean, source->vid, &st, error) &&
           IMAGE_DROP(error, at->dirty, at->clean, at->precache) &&
           image_mkdir(at->dir, error) &&
           image_share(source->clean, at->clean, error) &&
           copy_to_dirty(at, error);
}

static gboolean start_scratch(const struct images *at,
                              const struct volume *volume, GError **error)
{
    return needs_size(volume, error) && IMAGE_DROP(error, at->dirty, at->clean) &&
           image_mkdir(at->dir, error) &&
           sparse_scratch(at->dirty, volume_nominal(volume), error);
}

gboolean reflink_start(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    struct stat st;
    gboolean dirty;

    if (!images_drop_unfinished(at, error) ||
        !image_look(at->dirty, &st, &dirty, error))
        return FALSE;
    if (volume_in_place(volume))
        return start_in_place(at, dirty, error);
    if (dirty && volume_save_on_stop(volume))
        return TRUE;
    if (volume_snap_on_start(volume))
        return start_snapshot(at, volume, error);
    if (volume_save_on_stop(volume))
        return start_origin(at, error);
    return start_scratch(at, volume, error);
}

static gboolean stop_saved(const struct images *at, const struct volume *volume,
                           GError **error)
{
    struct stat st;
    gboolean dirty;

    if (!image_look(at->dirty, &st, &dirty, error))
        return FALSE;
    if (!dirty)
        return TRUE;
    if (volume_in_place(volume))
        return image_sync(at->dirty, error) &&
               image_move(at->dirty, at->clean, error);
    return images_commit_run(at, volume, error);
}

static gboolean stop_unsaved(const struct images *at, struct volume *volume,
                             GError **error)
{
    struct stat st;
    gboolean dirty;

    if (!image_look(at->dirty, &st, &dirty, error))
        return FALSE;
    /* After a power loss it may have none. */
    if (dirty && st.st_size > 0 && !volume_snap_on_start(volume))
        volume_set_nominal(volume, (guint64)st.st_size);
    return IMAGE_DROP(error, at->dirty, at->clean, at->precache);
}

gboolean reflink_stop(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    if (!images_drop_unfinished(at, error))
        return FALSE;
    return volume_save_on_stop(volume) ? stop_saved(at, volume, error)
                                       : stop_unsaved(at, volume, error);
}

/* The size is back to what it was if the new one did not reach the disk. */
static gboolean set_size(int fd, const char *path, guint64 size, GError **error)
{
    struct stat st;
    int errnum;

    if (fstat(fd, &st) == 0 &&
        TEMP_FAILURE_RETRY(ftruncate(fd, (off_t)size)) == 0) {
        if (TEMP_FAILURE_RETRY(fsync(fd)) == 0)
            return TRUE;
        errnum = errno;
        if ((guint64)st.st_size < size && ftruncate(fd, st.st_size) < 0)
            log_line("storage", "'%s' stays at its new size: %s", path,
                     g_strerror(errno));
        errno = errnum;
    }
    image_error(error, errno, "resize", path);
    return FALSE;
}

static gboolean resize_live(const struct images *at, guint64 size, GError **error)
{
    auto_fd int fd = open(at->dirty, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        image_error(error, errno, "open", at->dirty);
        return FALSE;
    }
    return set_size(fd, at->dirty, size, error) &&
           loop_refresh(at->dirty, error);
}

/* A new file: the old one may have other names, which keep their size. */
static gboolean resize_clean(const struct images *at, guint64 size, GError **error)
{
    struct sparse_copy copy = {
        .source = at->clean, .target = at->clean, .size = (gint64)size,
    };
    struct stat st;

    if (!image_need(at->clean, at->vid, &st, error))
        return FALSE;
    if ((guint64)st.st_size == size)
        return TRUE;
    return image_unlink(at->precache, error) && sparse_copy(&copy, error);
}

gboolean reflink_resize(struct volume *volume, guint64 size, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    struct stat st;
    gboolean dirty;

    if (!images_drop_unfinished(at, error) ||
        !image_look(at->dirty, &st, &dirty, error))
        return FALSE;
    if (dirty)
        return resize_live(at, size, error);
    if (volume_snap_on_start(volume)) {
        error_set(error, QMC_ERROR_STATE,
                  "resize its source, or resize it while the qube runs",
                  "volume '%s' has the size of its source '%s' at each start",
                  at->vid, volume_vid(volume_source(volume)));
        return FALSE;
    }
    return !volume_save_on_stop(volume) || resize_clean(at, size, error);
}
