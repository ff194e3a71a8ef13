/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of driver file-reflink may go, and what is in its directory that is of no volume.
 * Whatever has a name that the driver never gives is somebody's own. */
#include "config.h"
#include "storage/reflink-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "storage/image.h"
#include "util/file.h"

#define DEPTH_MAX 8

/* --- of a volume --- */

static guint64 used_of(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? (guint64)st.st_blocks * 512 : 0;
}

/* As it is called in the pool. */
static const char *name_in(const struct pool *pool, const char *path)
{
    return path + strlen(pool_dir(pool)) + 1;
}

static gboolean add_unfinished(GPtrArray *spare, const struct volume *volume,
                               const struct images *at, GError **error)
{
    g_autoptr(GPtrArray) paths = images_cut_off(at, error);

    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = paths->pdata[i];

        remains_add(spare, g_str_equal(path, at->import) ? REMAIN_IMPORT : REMAIN_TEMPORARY,
                    name_in(volume_pool(volume), path), used_of(path));
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
        remains_add(spare, REMAIN_PRECACHE, name_in(volume_pool(volume), at->precache),
                    used_of(at->precache));
    return TRUE;
}

static gboolean add_revisions(GPtrArray *spare, const struct volume *volume,
                              const struct images *at, GError **error)
{
    g_autoptr(GPtrArray) paths = revisions_surplus(at, volume_keep(volume), error);

    for (guint i = 0; paths && i < paths->len; i++)
        remains_add(spare, REMAIN_REVISION, name_in(volume_pool(volume), paths->pdata[i]),
                    used_of(paths->pdata[i]));
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

gboolean reflink_discard(struct volume *volume, const GPtrArray *spare, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < spare->len; i++) {
        const struct remain *remain = spare->pdata[i];

        g_ptr_array_add(paths, g_build_filename(pool_dir(volume_pool(volume)), remain->name,
                                                NULL));
    }
    g_ptr_array_add(paths, NULL);
    return image_drop((const char *const *)paths->pdata, error);
}

/* --- of nobody --- */

static gboolean is_dir(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static guint64 tree_used(const char *path, int depth)
{
    g_autoptr(GPtrArray) names =
        depth < DEPTH_MAX && is_dir(path) ? file_list(path, NULL) : NULL;
    guint64 used = used_of(path);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *at = g_build_filename(path, names->pdata[i], NULL);

        used += tree_used(at, depth + 1);
    }
    return used;
}

/* The ids of the volumes that are in one directory, "appvms/work", without it. */
static GPtrArray *volumes_in(const struct pool_claims *claims, const char *home)
{
    GPtrArray *names = g_ptr_array_new();
    gsize len = strlen(home);
    GHashTableIter iter;
    gpointer vid;

    g_hash_table_iter_init(&iter, claims->vids);
    while (g_hash_table_iter_next(&iter, &vid, NULL))
        if (strncmp(vid, home, len) == 0 && ((const char *)vid)[len] == '/')
            g_ptr_array_add(names, (char *)vid + len + 1);
    return names;
}

static gboolean is_owned(const GPtrArray *volumes, const char *file)
{
    for (guint i = 0; i < volumes->len; i++)
        if (images_is_of(volumes->pdata[i], file))
            return TRUE;
    return FALSE;
}

static gboolean add_images(GPtrArray *orphans, const struct pool *pool, const char *home,
                           const GPtrArray *volumes, GError **error)
{
    g_autofree char *dir = g_build_filename(pool_dir(pool), home, NULL);
    g_autoptr(GPtrArray) names = file_list(dir, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);

        if (images_is_any(names->pdata[i]) && !is_dir(path) &&
            !is_owned(volumes, names->pdata[i]))
            remains_add(orphans, REMAIN_IMAGE, name_in(pool, path), used_of(path));
    }
    return names != NULL;
}

static gboolean add_home(GPtrArray *orphans, const struct pool *pool,
                         const struct pool_claims *claims, const char *home, GError **error)
{
    g_autofree char *path = g_build_filename(pool_dir(pool), home, NULL);
    g_autoptr(GPtrArray) volumes = volumes_in(claims, home);

    if (!is_dir(path))
        return TRUE;
    if (volumes->len > 0 || g_hash_table_contains(claims->homes, home))
        return add_images(orphans, pool, home, volumes, error);
    remains_add(orphans, REMAIN_DIRECTORY, home, tree_used(path, 0));
    return TRUE;
}

static gboolean add_homes(GPtrArray *orphans, const struct pool *pool,
                          const struct pool_claims *claims, const char *prefix,
                          GError **error)
{
    g_autofree char *dir = g_build_filename(pool_dir(pool), prefix, NULL);
    g_autoptr(GPtrArray) names = NULL;
    gboolean fine = TRUE;

    /* It is made by the first volume that comes there. */
    if (access(dir, F_OK) < 0 && errno == ENOENT && is_dir(pool_dir(pool)))
        return TRUE;
    names = file_list(dir, error);
    for (guint i = 0; names && i < names->len && fine; i++) {
        g_autofree char *home = g_build_filename(prefix, names->pdata[i], NULL);

        fine = add_home(orphans, pool, claims, home, error);
    }
    return names && fine;
}

GPtrArray *reflink_orphans(struct pool *pool, const struct pool_claims *claims,
                           GError **error)
{
    g_autoptr(GPtrArray) orphans = remains_new();

    for (const char *const *prefix = reflink_prefixes; *prefix; prefix++)
        if (!add_homes(orphans, pool, claims, *prefix, error))
            return NULL;
    return g_steal_pointer(&orphans);
}
