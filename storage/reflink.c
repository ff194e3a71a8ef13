/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Driver file-reflink: image files that share blocks (spec/storage.md 2.3). */
#include "config.h"
#include "storage/driver.h"

#include <errno.h>
#include <unistd.h>

#include "storage/ephemeral.h"
#include "storage/homes.h"
#include "storage/image.h"
#include "storage/pool-private.h"
#include "storage/reflink-private.h"
#include "storage/sparse.h"
#include "util/error.h"
#include "util/file.h"

static gboolean reflink_check(const struct volume *volume, GError **error)
{
    return homes_check(volume, images_name_valid, error);
}

static gboolean check_sharing(struct pool *pool, GError **error)
{
    gboolean can = FALSE;

    if (!pool_setup_check(pool))
        return TRUE;
    if (!sparse_can_share(pool_dir(pool), &can, error))
        return FALSE;
    if (!can)
        error_set(error, QMC_ERROR_UNSUPPORTED,
                  "use btrfs or xfs with reflink, or another driver",
                  "pool '%s': the file system of '%s' does not support reflinks",
                  pool_name(pool), pool_dir(pool));
    return can;
}

static gboolean reflink_setup(struct pool *pool, GError **error)
{
    const char *dir = pool_dir(pool);
    gboolean made = access(dir, F_OK) < 0;

    if (!file_mkdirs(dir, 0770, error))
        return FALSE;
    if (!check_sharing(pool, error)) {
        if (made)
            rmdir(dir);
        return FALSE;
    }
    for (const char *const *prefix = homes_prefixes; *prefix; prefix++) {
        g_autofree char *path = g_build_filename(dir, *prefix, NULL);

        if (!file_mkdir(path, 0770, NULL, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean reflink_verify(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    struct stat st;

    if (volume_snap_on_start(volume)) {
        auto_of(images) struct images *source =
            images_new(volume_source(volume));

        return image_need(source->clean, source->vid, &st, error);
    }
    if (!volume_save_on_stop(volume))
        return TRUE;
    /* Changed in place the clean image is away until the next stop. */
    return (volume_in_place(volume) && stat(at->dirty, &st) == 0) ||
           image_need(at->clean, at->vid, &st, error);
}

static gboolean reflink_in_use(const struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    if (access(at->dirty, F_OK) == 0)
        return TRUE;
    if (errno == ENOENT || errno == ENOTDIR)
        return FALSE;
    image_error(error, errno, "look at", at->dirty);
    return TRUE;
}

static gboolean reflink_unfinished(const struct volume *volume)
{
    auto_of(images) struct images *at = images_new(volume);

    return images_unfinished(at) ||
           (!volume_save_on_stop(volume) && access(at->clean, F_OK) == 0);
}

/* The dirty image comes twice because a volume that is changed in place is
 * renamed to it at start, perhaps between the looks. */
static gboolean look_at_current(const struct volume *volume, struct stat *st)
{
    auto_of(images) struct images *at = images_new(volume);

    return stat(at->dirty, st) == 0 || stat(at->clean, st) == 0 ||
           stat(at->dirty, st) == 0;
}

static guint64 reflink_size(const struct volume *volume)
{
    struct stat st;

    if (look_at_current(volume, &st))
        return (guint64)st.st_size;
    if (!volume_snap_on_start(volume))
        return 0;

    /* What it will have at its next start. */
    auto_of(images) struct images *source = images_new(volume_source(volume));

    return stat(source->clean, &st) == 0 ? (guint64)st.st_size : 0;
}

static guint64 reflink_used(const struct volume *volume)
{
    struct stat st;

    if (look_at_current(volume, &st))
        return (guint64)st.st_blocks * 512;
    return volume_save_on_stop(volume) ? G_MAXUINT64 : 0;
}

static char *reflink_path(const struct volume *volume)
{
    auto_of(images) struct images *at = images_new(volume);

    return g_steal_pointer(&at->dirty);
}

static GPtrArray *reflink_revisions(const struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    return revisions_list(at, error);
}

static const char *const required[] = {"dir_path", NULL};
static const char *const optional[] = {"revisions_to_keep", "ephemeral_volatile",
                                       "setup_check", NULL};

const struct driver driver_reflink = {
    .name = "file-reflink",
    .required = required,
    .optional = optional,
    .vid = homes_vid,
    .check = reflink_check,
    .setup = reflink_setup,
    .usage = pool_fs_usage,
    .orphans = reflink_orphans,
    .create = reflink_create,
    .remove = reflink_remove,
    .vacant = reflink_vacant,
    .share = reflink_share,
    .verify = reflink_verify,
    .start = reflink_start,
    .stop = reflink_stop,
    .resize = reflink_resize,
    .clone = reflink_clone,
    .revert = reflink_revert,
    .pin = reflink_pin,
    .import = reflink_import,
    .import_commit = reflink_import_commit,
    .import_drop = reflink_import_drop,
    .export = reflink_export,
    .spare = reflink_spare,
    .discard = homes_discard,
    .in_use = reflink_in_use,
    .unfinished = reflink_unfinished,
    .outdated = reflink_outdated,
    .size = reflink_size,
    .used = reflink_used,
    .path = reflink_path,
    .crypt_name = ephemeral_name,
    .revisions = reflink_revisions,
};
