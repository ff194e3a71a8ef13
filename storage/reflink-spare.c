/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of driver file-reflink may go, and what is in its directory that is of no volume. */
#include "config.h"
#include "storage/reflink-private.h"

#include "storage/homes.h"

static gboolean add_unfinished(GPtrArray *spare, const struct volume *volume,
                               const struct images *at, GError **error)
{
    g_autoptr(GPtrArray) paths = images_cut_off(at, error);

    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = paths->pdata[i];

        homes_spare_add(spare, volume,
                        g_str_equal(path, at->import) ? REMAIN_IMPORT : REMAIN_TEMPORARY, path);
    }
    return paths != NULL;
}

/* A good one has the blocks of its image: it would bring nothing, and cost a copy at the
 * next start. */
static gboolean add_precache(GPtrArray *spare, const struct volume *volume,
                             const struct images *at, GError **error)
{
    struct stat precache, clean;
    gboolean there, has_clean;

    if (!image_look(at->precache, &precache, &there, error) ||
        !image_look(at->clean, &clean, &has_clean, error))
        return FALSE;
    if (there && !(has_clean && image_same_version(&precache, &clean)))
        homes_spare_add(spare, volume, REMAIN_PRECACHE, at->precache);
    return TRUE;
}

static gboolean add_revisions(GPtrArray *spare, const struct volume *volume,
                              const struct images *at, GError **error)
{
    g_autoptr(GPtrArray) paths = revisions_surplus(at, volume_keep(volume), error);

    for (guint i = 0; paths && i < paths->len; i++)
        homes_spare_add(spare, volume, REMAIN_REVISION, paths->pdata[i]);
    return paths != NULL;
}

/* Without a clean image a revision may be all that there is of the volume. */
static gboolean has_present(const struct images *at, gboolean *has, GError **error)
{
    struct stat st;

    return image_look(at->clean, &st, has, error);
}

GPtrArray *reflink_spare(const struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    g_autoptr(GPtrArray) spare = remains_new();
    gboolean present = FALSE;

    if (!has_present(at, &present, error) || !add_unfinished(spare, volume, at, error) ||
        !add_precache(spare, volume, at, error) ||
        (present && !add_revisions(spare, volume, at, error)))
        return NULL;
    return g_steal_pointer(&spare);
}

GPtrArray *reflink_orphans(struct pool *pool, const struct pool_claims *claims,
                           GError **error)
{
    static const struct homes_images images = {images_is_of, images_is_any};

    return homes_orphans(pool, claims, &images, error);
}
