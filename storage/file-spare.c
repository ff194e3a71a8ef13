/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of driver file may go: never what a device stands on, nor what the end of a revert
 * that was cut off needs. */
#include "config.h"
#include "storage/file-private.h"

#include "storage/dm.h"
#include "storage/file-node.h"
#include "storage/homes.h"
#include "util/error.h"

/* A qube may run on what was a state of its template long before the present one. */
static gboolean is_stood_on(const char *path)
{
    g_autoptr(GPtrArray) snapshots = dm_nodes("snapshot-"), origins = dm_nodes("origin-");
    g_autofree char *ident = node_ident(path);

    return ident && (node_uses(snapshots, ident) || node_uses(origins, ident));
}

static gboolean add_unfinished(GPtrArray *spare, const struct volume *volume,
                               const struct cowfiles *at, GError **error)
{
    g_autoptr(GPtrArray) paths = cowfiles_cut_off(at, error);

    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = paths->pdata[i];

        homes_spare_add(spare, volume,
                        g_str_equal(path, at->import) ? REMAIN_IMPORT : REMAIN_TEMPORARY, path);
    }
    return paths != NULL;
}

static gboolean add_if_there(GPtrArray *spare, const struct volume *volume,
                             enum remain_kind kind, const char *path, GError **error)
{
    struct stat st;
    gboolean there;

    if (!image_look(path, &st, &there, error))
        return FALSE;
    if (there && !is_stood_on(path))
        homes_spare_add(spare, volume, kind, path);
    return TRUE;
}

/* There is one revision, in either form: where both are the one is newer that a run has
 * made. What is changed in place has no cow (its start drops it). */
static gboolean add_revisions(GPtrArray *spare, const struct volume *volume,
                              const struct cowfiles *at, GError **error)
{
    gboolean none = volume_keep(volume) == 0, has_image, has_old, reverting;
    struct stat st;

    /* Without the image the revision may be all there is. */
    if (!image_look(at->image, &st, &has_image, error) ||
        !image_look(at->old, &st, &has_old, error) ||
        !image_look(at->merge, &st, &reverting, error))
        return FALSE;
    if (!has_image || reverting)
        return TRUE;
    return (!none || add_if_there(spare, volume, REMAIN_REVISION, at->old, error)) &&
           ((!none && !has_old) ||
            add_if_there(spare, volume, REMAIN_REVISION, at->replaced, error)) &&
           (!volume_in_place(volume) ||
            add_if_there(spare, volume, REMAIN_REVISION, at->cow, error));
}

/* A cow of what saves nothing is of the time when it did, or of nobody's making. */
static gboolean add_cow(GPtrArray *spare, const struct volume *volume,
                        const struct cowfiles *at, GError **error)
{
    return volume_snap_on_start(volume) ||
           add_if_there(spare, volume, REMAIN_TEMPORARY, at->cow, error);
}

GPtrArray *cowfile_spare(const struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    g_autoptr(GPtrArray) spare = remains_new();

    if (!add_unfinished(spare, volume, at, error) ||
        !(volume_save_on_stop(volume) ? add_revisions : add_cow)(spare, volume, at, error))
        return NULL;
    return g_steal_pointer(&spare);
}

static gboolean check_unused(const struct volume *volume, const GPtrArray *spare,
                             GError **error)
{
    const char *dir = pool_dir(volume_pool(volume));

    for (guint i = 0; i < spare->len; i++) {
        const struct remain *remain = spare->pdata[i];
        g_autofree char *path = g_build_filename(dir, remain->name, NULL);

        if (!is_stood_on(path))
            continue;
        error_set(error, QMC_ERROR_STATE, "shut down the qubes that are based on it first",
                  "'%s' stays: a qube has just begun to use it", path);
        return FALSE;
    }
    return TRUE;
}

/* Nobody makes a device meanwhile. */
gboolean cowfile_discard(struct volume *volume, const GPtrArray *spare, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    auto_of(stack) struct stack *stack = stack_open(volume, error);

    return stack && check_unused(volume, spare, error) && cowfiles_restore(at, error) &&
           homes_discard(volume, spare, error);
}

GPtrArray *cowfile_orphans(struct pool *pool, const struct pool_claims *claims,
                           GError **error)
{
    static const struct homes_images images = {cowfiles_is_of, cowfiles_is_any};

    return homes_orphans(pool, claims, &images, error);
}
