/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/homes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "storage/volume-private.h"
#include "util/error.h"
#include "util/file.h"

#define DEPTH_MAX 8

const char *const homes_prefixes[] = {"appvms", "vm-templates", NULL};

char *homes_vid(const struct pool *pool, const char *prefix, const char *qube,
                const char *volume)
{
    return g_strjoin("/", prefix, qube, volume, NULL);
}

gboolean homes_check(const struct volume *volume, gboolean (*name_valid)(const char *name),
                     GError **error)
{
    g_auto(GStrv) parts = g_strsplit(volume_vid(volume), "/", -1);

    if (g_strv_length(parts) == 3 && g_strv_contains(homes_prefixes, parts[0]) &&
        volume_component_valid(parts[1], strlen(parts[1])) && name_valid(parts[2]))
        return TRUE;
    error_set(error, QMC_ERROR_INVALID,
              "it is appvms/QUBE/VOLUME or vm-templates/QUBE/VOLUME",
              "'%s' is no volume id of pool '%s'", volume_vid(volume),
              pool_name(volume_pool(volume)));
    return FALSE;
}

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

void homes_spare_add(GPtrArray *spare, const struct volume *volume, enum remain_kind kind,
                     const char *path)
{
    remains_add(spare, kind, name_in(volume_pool(volume), path), used_of(path));
}

gboolean homes_discard(struct volume *volume, const GPtrArray *spare, GError **error)
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

struct search {
    struct pool *pool;
    const struct pool_claims *claims;
    const struct homes_images *images;
    GPtrArray *orphans;
};

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

static gboolean is_owned(const struct search *search, const GPtrArray *volumes,
                         const char *file)
{
    for (guint i = 0; i < volumes->len; i++)
        if (search->images->is_of(volumes->pdata[i], file))
            return TRUE;
    return FALSE;
}

static gboolean add_images(const struct search *search, const char *home,
                           const GPtrArray *volumes, GError **error)
{
    g_autofree char *dir = g_build_filename(pool_dir(search->pool), home, NULL);
    g_autoptr(GPtrArray) names = file_list(dir, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);

        if (search->images->is_any(names->pdata[i]) && !is_dir(path) &&
            !is_owned(search, volumes, names->pdata[i]))
            remains_add(search->orphans, REMAIN_IMAGE, name_in(search->pool, path),
                        used_of(path));
    }
    return names != NULL;
}

static gboolean add_home(const struct search *search, const char *home, GError **error)
{
    g_autofree char *path = g_build_filename(pool_dir(search->pool), home, NULL);
    g_autoptr(GPtrArray) volumes = volumes_in(search->claims, home);

    if (!is_dir(path))
        return TRUE;
    if (volumes->len > 0 || g_hash_table_contains(search->claims->homes, home))
        return add_images(search, home, volumes, error);
    remains_add(search->orphans, REMAIN_DIRECTORY, home, tree_used(path, 0));
    return TRUE;
}

static gboolean add_homes(const struct search *search, const char *prefix, GError **error)
{
    g_autofree char *dir = g_build_filename(pool_dir(search->pool), prefix, NULL);
    g_autoptr(GPtrArray) names = NULL;
    gboolean fine = TRUE;

    /* It is made by the first volume that comes there. */
    if (access(dir, F_OK) < 0 && errno == ENOENT && is_dir(pool_dir(search->pool)))
        return TRUE;
    names = file_list(dir, error);
    for (guint i = 0; names && i < names->len && fine; i++) {
        g_autofree char *home = g_build_filename(prefix, names->pdata[i], NULL);

        fine = add_home(search, home, error);
    }
    return names && fine;
}

GPtrArray *homes_orphans(struct pool *pool, const struct pool_claims *claims,
                         const struct homes_images *images, GError **error)
{
    g_autoptr(GPtrArray) orphans = remains_new();
    const struct search search = {pool, claims, images, orphans};

    for (const char *const *prefix = homes_prefixes; *prefix; prefix++)
        if (!add_homes(&search, *prefix, error))
            return NULL;
    return g_steal_pointer(&orphans);
}
