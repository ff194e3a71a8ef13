/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Driver file: sparse files and dm-snapshot (spec/storage.md 2.2). */
#include "config.h"
#include "storage/driver.h"

#include <unistd.h>

#include "storage/dm.h"
#include "storage/ephemeral.h"
#include "storage/file-private.h"
#include "storage/homes.h"
#include "storage/image.h"
#include "storage/pool-private.h"
#include "util/error.h"
#include "util/file.h"

static gboolean check(const struct volume *volume, GError **error)
{
    const char *pool = pool_name(volume_pool(volume));

    if (!homes_check(volume, cowfiles_name_valid, error))
        return FALSE;
    if (volume_snap_on_start(volume) && volume_save_on_stop(volume))
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "volume '%s' in pool '%s': driver 'file' cannot save what is made from a "
                  "source at each start", volume_vid(volume), pool);
    else if (volume_revisions_to_keep(volume) > 1)
        error_set(error, QMC_ERROR_INVALID, "set revisions_to_keep to -1, 0 or 1",
                  "volume '%s' in pool '%s': driver 'file' keeps one revision, not %d",
                  volume_vid(volume), pool, volume_revisions_to_keep(volume));
    else
        return TRUE;
    return FALSE;
}

static gboolean setup(struct pool *pool, GError **error)
{
    const char *dir = pool_dir(pool);

    if (!file_mkdirs(dir, 0770, error))
        return FALSE;
    for (const char *const *prefix = homes_prefixes; *prefix; prefix++) {
        g_autofree char *path = g_build_filename(dir, *prefix, NULL);

        if (!image_mkdir(path, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean verify(struct volume *volume, GError **error)
{
    const struct volume *has = volume_snap_on_start(volume) ? volume_source(volume) : volume;
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(has);
    struct stat st;

    return !volume_save_on_stop(has) || cowfiles_need(at, &st, error);
}

/* Of a snapshot that runs what its qube has: its source may have grown meanwhile. The layer of
 * a root has another size than a volume of its own would have. */
static guint64 size_of(const struct volume *volume)
{
    const struct volume *has = volume_snap_on_start(volume) ? volume_source(volume) : volume;
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(has);
    g_autofree char *path = has != volume ? stack_path(volume) : NULL;
    guint64 running = path ? dm_path_size(path) : 0;
    struct stat st;

    if (running || stack_is_layer(volume))
        return running;
    return stat(at->image, &st) == 0 ? (guint64)st.st_size : 0;
}

static guint64 blocks_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (guint64)st.st_blocks * 512 : 0;
}

static guint64 used_of(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (volume_snap_on_start(volume))
        return blocks_of(at->cow);
    if (volume_save_on_stop(volume) && access(at->image, F_OK) < 0)
        return G_MAXUINT64;
    return blocks_of(at->image) + blocks_of(at->cow);
}

static gboolean unfinished(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    return access(at->merge, F_OK) == 0 || cowfiles_unfinished(at);
}

static gboolean writable(const struct volume *volume)
{
    return cowfile_plan(volume)->rw;
}

static char *dir_of(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    return g_steal_pointer(&at->dir);
}

static const char *const required[] = {"dir_path", NULL};
static const char *const optional[] = {"revisions_to_keep", "ephemeral_volatile", NULL};

const struct driver driver_file = {
    .name = "file",
    .required = required,
    .optional = optional,
    .in_place = TRUE,
    .keep_max = 1,
    .vid = homes_vid,
    .check = check,
    .setup = setup,
    .usage = pool_fs_usage,
    .orphans = cowfile_orphans,
    .create = cowfile_create,
    .remove = cowfile_remove,
    .vacant = cowfile_vacant,
    .share = cowfile_share,
    .verify = verify,
    .start = cowfile_start,
    .stop = cowfile_stop,
    .resize = cowfile_resize,
    .clone = cowfile_clone,
    .revert = cowfile_revert,
    .import = cowfile_import,
    .import_commit = cowfile_import_commit,
    .import_drop = cowfile_import_drop,
    .export = cowfile_export,
    .spare = cowfile_spare,
    .discard = cowfile_discard,
    .in_use = cowfile_in_use,
    .unfinished = unfinished,
    .size = size_of,
    .used = used_of,
    .path = stack_path,
    .writable = writable,
    .crypt_name = ephemeral_name,
    .dir = dir_of,
    .revisions = cowfile_revisions,
};
