/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files belong to a volume of driver file. */
#include "config.h"
#include "storage/file-private.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "storage/image.h"
#include "util/error.h"

static const char *const endings[] = {
    ".img", "-cow.img", "-cow.img.old", ".img.old", "-import.img", "-merge",
};
enum { COMMITTED = 4 };

struct cowfiles *cowfiles_new(const struct volume *volume)
{
    struct cowfiles *at = g_new0(struct cowfiles, 1);
    g_autofree char *stem = g_build_filename(pool_dir(volume_pool(volume)),
                                             volume_vid(volume), NULL);

    at->vid = g_strdup(volume_vid(volume));
    at->dir = g_path_get_dirname(stem);
    at->image = g_strconcat(stem, endings[0], NULL);
    at->cow = g_strconcat(stem, endings[1], NULL);
    at->old = g_strconcat(stem, endings[2], NULL);
    at->replaced = g_strconcat(stem, endings[3], NULL);
    at->import = g_strconcat(stem, endings[4], NULL);
    at->merge = g_strconcat(stem, endings[5], NULL);
    return at;
}

void cowfiles_free(struct cowfiles *at)
{
    g_free(at->vid);
    g_free(at->dir);
    g_free(at->image);
    g_free(at->cow);
    g_free(at->old);
    g_free(at->replaced);
    g_free(at->import);
    g_free(at->merge);
    g_free(at);
}

gboolean cowfiles_name_valid(const char *volume)
{
    return volume_component_valid(volume, strlen(volume)) && !strstr(volume, ".img") &&
           !g_str_has_suffix(volume, "-cow") && !g_str_has_suffix(volume, "-import") &&
           !g_str_has_suffix(volume, "-merge");
}

gboolean cowfiles_drop(const char *const *paths, GError **error)
{
    gboolean gone = FALSE;

    for (const char *const *path = paths; *path; path++)
        if (!image_unlink(*path, &gone, error))
            return FALSE;
    return !gone || image_sync_parent(paths[0], error);
}

/* '~' and eight of these, one of which is no letter: what a replace leaves that was
 * cut off. */
static gboolean is_temporary(const char *rest)
{
    return *rest == '~' && strlen(rest) == 9 && strpbrk(rest, "0123456789_") &&
           strspn(rest + 1, "abcdefghijklmnopqrstuvwxyz0123456789_") == 8;
}

/* The ending of a file that is the volume's; NULL: of another, or of nobody. Sets
 * *temporary for what a replace has left. */
static const char *own_ending(const char *stem, const char *file, gboolean *temporary)
{
    gsize length = strlen(stem);

    for (gsize i = 0; i < G_N_ELEMENTS(endings) && strncmp(file, stem, length) == 0; i++) {
        const char *rest = file + length;

        if (!g_str_has_prefix(rest, endings[i]))
            continue;
        rest += strlen(endings[i]);
        *temporary = *rest != '\0';
        if (!*rest || is_temporary(rest))
            return endings[i];
    }
    return NULL;
}

enum which { WHICH_ALL, WHICH_UNFINISHED };

static gboolean is_wanted(const struct cowfiles *at, const char *file, enum which which)
{
    g_autofree char *name = g_path_get_basename(at->vid);
    gboolean temporary;
    const char *ending = own_ending(name, file, &temporary);

    return ending && (which == WHICH_ALL || temporary || ending == endings[4]);
}

/* Paths; none if the directory is not there. */
static GPtrArray *collect(const struct cowfiles *at, enum which which, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    DIR *dir = opendir(at->dir);
    struct dirent *entry;
    int errnum;

    if (!dir && errno == ENOENT)
        return g_steal_pointer(&paths);
    while (dir && (errno = 0, entry = readdir(dir)))
        if (is_wanted(at, entry->d_name, which))
            g_ptr_array_add(paths, g_build_filename(at->dir, entry->d_name, NULL));
    errnum = errno;
    if (dir)
        closedir(dir);
    if (errnum == 0)
        return g_steal_pointer(&paths);
    image_error(error, errnum, "read the directory", at->dir);
    return NULL;
}

static gboolean drop(const struct cowfiles *at, enum which which, GError **error)
{
    g_autoptr(GPtrArray) paths = collect(at, which, error);

    if (!paths)
        return FALSE;
    g_ptr_array_add(paths, NULL);
    return cowfiles_drop((const char *const *)paths->pdata, error);
}

gboolean cowfiles_drop_all(const struct cowfiles *at, GError **error)
{
    return drop(at, WHICH_ALL, error);
}

/* An import that was cut off between its names: what is changed in place must not be
 * the revision too. */
static gboolean drop_twin(const struct cowfiles *at, GError **error)
{
    struct stat image, replaced;

    return stat(at->image, &image) < 0 || stat(at->replaced, &replaced) < 0 ||
           image.st_dev != replaced.st_dev || image.st_ino != replaced.st_ino ||
           COWFILES_DROP(error, at->replaced);
}

gboolean cowfiles_drop_unfinished(const struct cowfiles *at, GError **error)
{
    return drop(at, WHICH_UNFINISHED, error) && drop_twin(at, error);
}

gboolean cowfiles_unfinished(const struct cowfiles *at)
{
    g_autoptr(GPtrArray) paths = collect(at, WHICH_UNFINISHED, NULL);

    return paths && paths->len > 0;
}

gboolean cowfiles_none(const struct cowfiles *at, GError **error)
{
    g_autoptr(GPtrArray) paths = collect(at, WHICH_ALL, error);

    if (!paths)
        return FALSE;
    if (paths->len == 0)
        return TRUE;
    error_set(error, QMC_ERROR_EXISTS,
              "look at what it is, then move it away or choose another name",
              "'%s' is there already, and belongs to no qube",
              (const char *)paths->pdata[0]);
    return FALSE;
}

gboolean cowfiles_share(const struct cowfiles *at, const struct cowfiles *from,
                        GError **error)
{
    const char *const sources[COMMITTED] = {from->image, from->cow, from->old, from->replaced};
    const char *const targets[COMMITTED] = {at->image, at->cow, at->old, at->replaced};
    struct stat st;
    gboolean there;

    for (int i = 0; i < COMMITTED; i++)
        if (!image_look(sources[i], &st, &there, error) ||
            (there && (!image_mkdir(at->dir, error) ||
                       !image_share(sources[i], targets[i], error))))
            return FALSE;
    return TRUE;
}

gboolean cowfiles_need(const struct cowfiles *at, struct stat *st, GError **error)
{
    gboolean there = FALSE;

    if (!image_look(at->image, st, &there, error))
        return FALSE;
    if (there)
        return TRUE;
    error_set(error, QMC_ERROR_NOTFOUND,
              "check that the pool's file system is mounted; else restore the "
              "volume from a backup",
              "image '%s' of volume '%s' is missing", at->image, at->vid);
    return FALSE;
}
