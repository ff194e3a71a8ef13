/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files belong to a volume of driver file-reflink. */
#include "config.h"
#include "storage/reflink-private.h"

#include <string.h>

#include "storage/image.h"
#include "util/error.h"
#include "util/file.h"

static const char *const endings[] = {".img", "-dirty.img", "-precache.img",
                                      "-import.img"};

struct images *images_new(const struct volume *volume)
{
    struct images *at = g_new0(struct images, 1);
    g_autofree char *stem = g_build_filename(pool_dir(volume_pool(volume)),
                                             volume_vid(volume), NULL);

    at->vid = g_strdup(volume_vid(volume));
    at->dir = g_path_get_dirname(stem);
    at->clean = g_strconcat(stem, endings[0], NULL);
    at->dirty = g_strconcat(stem, endings[1], NULL);
    at->precache = g_strconcat(stem, endings[2], NULL);
    at->import = g_strconcat(stem, endings[3], NULL);
    return at;
}

void images_free(struct images *at)
{
    g_free(at->vid);
    g_free(at->dir);
    g_free(at->clean);
    g_free(at->dirty);
    g_free(at->precache);
    g_free(at->import);
    g_free(at);
}

gboolean images_name_valid(const char *volume)
{
    return volume_component_valid(volume, strlen(volume)) && !strstr(volume, ".img") &&
           !g_str_has_suffix(volume, "-dirty") &&
           !g_str_has_suffix(volume, "-precache") &&
           !g_str_has_suffix(volume, "-import");
}

/* Length of the part of a file's name that makes it an image of the volume
 * whose clean image is `clean`; 0 if it is none. */
static gsize own_length(const char *clean, const char *file)
{
    gsize stem = strlen(clean) - strlen(endings[0]);
    const char *rest = file + stem;
    gint64 number, time;
    gsize revision;

    if (strncmp(file, clean, stem) != 0)
        return 0;
    if (g_str_has_prefix(rest, ".img.") &&
        (revision = revision_parse(rest + 5, &number, &time)) > 0)
        return stem + 5 + revision;
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_prefix(rest, endings[i]))
            return stem + strlen(endings[i]);
    return 0;
}

static gboolean is_unfinished(const char *clean, const char *file)
{
    gsize own = own_length(clean, file);

    return own > 0 && (image_is_temporary(file + own) ||
                       (file[own] == '\0' &&
                        g_str_has_suffix(file, "-import.img")));
}

static gboolean is_own(const char *clean, const char *file)
{
    gsize own = own_length(clean, file);

    return own > 0 && (image_is_temporary(file + own) || file[own] == '\0');
}

gboolean images_is_of(const char *volume, const char *file)
{
    g_autofree char *clean = g_strconcat(volume, endings[0], NULL);

    return is_own(clean, file);
}

gboolean images_is_any(const char *file)
{
    const char *end = strstr(file, endings[0]);
    g_autofree char *stem = end ? g_strndup(file, (gsize)(end - file)) : NULL;

    return stem && *stem && images_is_of(stem, file);
}

GPtrArray *images_collect(const struct images *at, image_test test, GError **error)
{
    g_autofree char *clean = g_path_get_basename(at->clean);

    return image_collect(at->dir, clean, test, error);
}

static gboolean is_committed(const char *clean, const char *file)
{
    gsize stem = strlen(clean) - strlen(endings[0]);

    return is_own(clean, file) && g_str_has_prefix(file + stem, endings[0]) &&
           !strchr(file, '~');
}

GPtrArray *images_committed(const struct images *at, GError **error)
{
    return images_collect(at, is_committed, error);
}

GPtrArray *images_cut_off(const struct images *at, GError **error)
{
    return images_collect(at, is_unfinished, error);
}

gboolean images_none(const struct images *at, GError **error)
{
    g_autofree char *clean = g_path_get_basename(at->clean);

    return image_none(at->dir, clean, is_own, error);
}

gboolean images_share(const struct images *at, const struct images *from,
                      GError **error)
{
    g_autoptr(GPtrArray) paths = images_committed(from, error);
    gsize stem = strlen(from->clean) - strlen(endings[0]);
    gsize own = strlen(at->clean) - strlen(endings[0]);

    if (!paths || (paths->len && !image_mkdir(at->dir, error)))
        return FALSE;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = paths->pdata[i];
        g_autofree char *name =
            g_strdup_printf("%.*s%s", (int)own, at->clean, path + stem);

        if (!image_share(path, name, error))
            return FALSE;
    }
    return TRUE;
}

gboolean images_unfinished(const struct images *at)
{
    g_autoptr(GPtrArray) paths = images_collect(at, is_unfinished, NULL);

    return paths && paths->len > 0;
}

gboolean images_drop_unfinished(const struct images *at, GError **error)
{
    g_autofree char *clean = g_path_get_basename(at->clean);

    return image_drop_all(at->dir, clean, is_unfinished, error);
}

gboolean images_drop_all(const struct images *at, GError **error)
{
    g_autofree char *clean = g_path_get_basename(at->clean);

    return image_drop_all(at->dir, clean, is_own, error);
}
