/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files belong to a volume of driver file. */
#include "config.h"
#include "storage/file-private.h"

#include <string.h>
#include <unistd.h>

#include "storage/image.h"
#include "util/error.h"

enum ending { IMAGE, COW, OLD, REPLACED, IMPORT, MERGE, OLD_ASIDE, REPLACED_ASIDE };

static const char *const endings[] = {
    [IMAGE] = ".img",
    [COW] = "-cow.img",
    [OLD] = "-cow.img.old",
    [REPLACED] = ".img.old",
    [IMPORT] = "-import.img",
    [MERGE] = "-merge",
    [OLD_ASIDE] = "-cow.img.aside",
    [REPLACED_ASIDE] = ".img.aside",
};

struct cowfiles *cowfiles_new(const struct volume *volume)
{
    struct cowfiles *at = g_new0(struct cowfiles, 1);
    g_autofree char *stem = g_build_filename(pool_dir(volume_pool(volume)),
                                             volume_vid(volume), NULL);

    at->vid = g_strdup(volume_vid(volume));
    at->dir = g_path_get_dirname(stem);
    at->image = g_strconcat(stem, endings[IMAGE], NULL);
    at->cow = g_strconcat(stem, endings[COW], NULL);
    at->old = g_strconcat(stem, endings[OLD], NULL);
    at->replaced = g_strconcat(stem, endings[REPLACED], NULL);
    at->import = g_strconcat(stem, endings[IMPORT], NULL);
    at->merge = g_strconcat(stem, endings[MERGE], NULL);
    at->old_aside = g_strconcat(stem, endings[OLD_ASIDE], NULL);
    at->replaced_aside = g_strconcat(stem, endings[REPLACED_ASIDE], NULL);
    if (g_str_equal(volume_name(volume), "root"))
        at->layer = g_build_filename(at->dir, "volatile.img", NULL);
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
    g_free(at->old_aside);
    g_free(at->replaced_aside);
    g_free(at->layer);
    g_free(at);
}

gboolean cowfiles_name_valid(const char *volume)
{
    return volume_component_valid(volume, strlen(volume)) && !strstr(volume, ".img") &&
           !g_str_has_suffix(volume, "-cow") && !g_str_has_suffix(volume, "-import") &&
           !g_str_has_suffix(volume, "-merge");
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
        if (!*rest || image_is_temporary(rest))
            return endings[i];
    }
    return NULL;
}

gboolean cowfiles_is_of(const char *stem, const char *file)
{
    gboolean temporary;

    return own_ending(stem, file, &temporary) != NULL;
}

gboolean cowfiles_is_any(const char *file)
{
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        const char *end = strstr(file, endings[i]);
        g_autofree char *stem = end ? g_strndup(file, (gsize)(end - file)) : NULL;

        if (stem && *stem && cowfiles_is_of(stem, file))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_unfinished(const char *stem, const char *file)
{
    gboolean temporary;
    const char *ending = own_ending(stem, file, &temporary);

    return ending && (temporary || ending == endings[IMPORT]);
}

/* Of an import that came to its end: before that they are the revision. */
static gboolean is_aside(const char *stem, const char *file)
{
    gboolean temporary;
    const char *ending = own_ending(stem, file, &temporary);

    return ending && (ending == endings[OLD_ASIDE] || ending == endings[REPLACED_ASIDE]);
}

static char *stem_of(const struct cowfiles *at)
{
    return g_path_get_basename(at->vid);
}

gboolean cowfiles_drop_all(const struct cowfiles *at, GError **error)
{
    g_autofree char *stem = stem_of(at);

    return image_drop_all(at->dir, stem, cowfiles_is_of, error);
}

/* An import that was cut off between its names: what is changed in place must not be
 * the revision too. */
static gboolean drop_twin(const struct cowfiles *at, GError **error)
{
    struct stat image, replaced;

    return stat(at->image, &image) < 0 || stat(at->replaced, &replaced) < 0 ||
           image.st_dev != replaced.st_dev || image.st_ino != replaced.st_ino ||
           IMAGE_DROP(error, at->replaced);
}

static gboolean move_if_there(const char *from, const char *to, gboolean *there, GError **error)
{
    struct stat st;

    return image_look(from, &st, there, error) && (!*there || image_move(from, to, error));
}

gboolean cowfiles_set_aside(const struct cowfiles *at, GError **error)
{
    gboolean old, replaced;

    /* Where both are, the one is newer that a run has made. */
    return move_if_there(at->old, at->old_aside, &old, error) &&
           (old ? IMAGE_DROP(error, at->replaced)
                : move_if_there(at->replaced, at->replaced_aside, &replaced, error));
}

/* The name of the import goes in the moment in which the image is another. */
gboolean cowfiles_restore(const struct cowfiles *at, GError **error)
{
    gboolean cut_off, old, moved;
    struct stat st;

    if (!image_look(at->import, &st, &cut_off, error) ||
        !image_look(at->old_aside, &st, &old, error))
        return FALSE;
    if (!cut_off)
        return TRUE;
    return old ? IMAGE_DROP(error, at->replaced) &&
                     image_move(at->old_aside, at->old, error)
               : move_if_there(at->replaced_aside, at->replaced, &moved, error);
}

gboolean cowfiles_drop_unfinished(const struct cowfiles *at, GError **error)
{
    g_autofree char *stem = stem_of(at);

    return cowfiles_restore(at, error) && image_drop_all(at->dir, stem, is_aside, error) &&
           image_drop_all(at->dir, stem, is_unfinished, error) && drop_twin(at, error);
}

static gboolean has_aside(const struct cowfiles *at)
{
    return access(at->old_aside, F_OK) == 0 || access(at->replaced_aside, F_OK) == 0;
}

GPtrArray *cowfiles_cut_off(const struct cowfiles *at, GError **error)
{
    g_autofree char *stem = stem_of(at);

    return image_collect(at->dir, stem, is_unfinished, error);
}

gboolean cowfiles_unfinished(const struct cowfiles *at)
{
    g_autoptr(GPtrArray) paths = cowfiles_cut_off(at, NULL);

    return (paths && paths->len > 0) || has_aside(at);
}

gboolean cowfiles_none(const struct cowfiles *at, GError **error)
{
    g_autofree char *stem = stem_of(at);

    return image_none(at->dir, stem, cowfiles_is_of, error);
}

gboolean cowfiles_share(const struct cowfiles *at, const struct cowfiles *from,
                        GError **error)
{
    const char *const sources[] = {from->image, from->cow, from->old, from->replaced};
    const char *const targets[] = {at->image, at->cow, at->old, at->replaced};
    struct stat st;
    gboolean there;

    if (!cowfiles_restore(from, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        if (!image_look(sources[i], &st, &there, error) ||
            (there && (!image_mkdir(at->dir, error) ||
                       !image_share(sources[i], targets[i], error))))
            return FALSE;
    return TRUE;
}

gboolean cowfiles_need(const struct cowfiles *at, struct stat *st, GError **error)
{
    return image_need(at->image, at->vid, st, error);
}
