/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/leftover.h"

#include <string.h>
#include <sys/stat.h>

#include "core/home.h"
#include "core/layout.h"
#include "core/name.h"
#include "core/store-history.h"
#include "util/error.h"
#include "util/file.h"
#include "util/job.h"
#include "util/text.h"

#define DEPTH_MAX 8

/* --- what is in it --- */

static void leftover_free(gpointer data)
{
    struct leftover *leftover = data;

    g_free(leftover->path);
    g_free(leftover->name);
    g_free(leftover);
}

static void count(struct leftover *leftover, const char *path, int depth)
{
    g_autoptr(GDir) dir = depth < DEPTH_MAX ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *at = g_build_filename(path, name, NULL);
        struct stat st;

        if (lstat(at, &st) != 0)
            continue;
        leftover->used += (guint64)st.st_blocks * 512;
        if (S_ISDIR(st.st_mode)) {
            count(leftover, at, depth + 1);
            continue;
        }
        leftover->files++;
        leftover->images += strstr(name, ".img") != NULL;
    }
}

static struct leftover *leftover_new(const char *path)
{
    struct leftover *leftover = g_new0(struct leftover, 1);

    leftover->path = g_strdup(path);
    leftover->name = g_path_get_basename(path);
    count(leftover, path, 0);
    return leftover;
}

char *leftover_words(const struct leftover *leftover)
{
    g_autofree char *used = text_size_long(leftover->used);
    guint n = leftover->images ? leftover->images : leftover->files;
    const char *what = leftover->images ? "image" : "file";

    return leftover->files == 0
               ? g_strdup("nothing")
               : g_strdup_printf("%u %s%s, %s", n, what, n == 1 ? "" : "s", used);
}

/* --- whose it is --- */

static gboolean has_volume_in(const struct qube *qube, const char *below)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        const char *vid = config->volume ? volume_vid(config->volume)
                                         : volume_config_get(config, "vid");
        const char *source = volume_config_get(config, "source");

        if ((vid && g_str_has_prefix(vid, below)) ||
            (source && g_str_has_prefix(source, below)))
            return TRUE;
    }
    return FALSE;
}

/* Whoever might have it counts: of a damaged entry nobody knows what it has. */
static gboolean is_owned(const struct model *model, const char *prefix,
                         const char *name)
{
    g_autofree char *below = g_strdup_printf("%s/%s/", prefix, name);

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];
        gboolean has_home = !qube->class || g_strcmp0(qube->class->dir_prefix, prefix) == 0;

        if ((has_home && g_str_equal(qube->name, name)) || has_volume_in(qube, below))
            return TRUE;
    }
    return FALSE;
}

/* --- where to look --- */

static void look_in(GPtrArray *found, const struct model *model, const char *base,
                    const char *prefix)
{
    g_autofree char *parent = g_build_filename(base, prefix, NULL);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(parent, name, NULL);
        struct stat st;

        if (name_safe(name) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
            !is_owned(model, prefix, name) && !home_is_being_made(path))
            g_ptr_array_add(found, leftover_new(path));
    }
}

/* Pools may share a directory. */
static GPtrArray *bases(const char *root, const struct model *model)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(all, layout_path(root, LAYOUT_BASE));
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];
        const char *dir = pool_entry_dir(entry);

        if (dir && !g_ptr_array_find_with_equal_func(all, dir, g_str_equal, NULL))
            g_ptr_array_add(all, g_strdup(dir));
    }
    return all;
}

static int by_path(gconstpointer a, gconstpointer b)
{
    const struct leftover *one = *(struct leftover *const *)a;
    const struct leftover *two = *(struct leftover *const *)b;

    return strcmp(one->path, two->path);
}

GPtrArray *leftovers_find(const char *root, const struct model *model)
{
    g_autoptr(GPtrArray) dirs = bases(root, model);
    GPtrArray *found = g_ptr_array_new_with_free_func(leftover_free);

    job_may_block();
    for (guint i = 0; i < dirs->len; i++) {
        look_in(found, model, dirs->pdata[i], "appvms");
        look_in(found, model, dirs->pdata[i], "vm-templates");
    }
    g_ptr_array_sort(found, by_path);
    return found;
}

gboolean leftover_check(const char *root, const char *path, char **words,
                        GError **error)
{
    g_autofree char *store = layout_path(root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *reading =
        store_reading_new(root, store, error);
    g_autoptr(GPtrArray) found = reading ? leftovers_find(root, reading->model) : NULL;

    for (guint i = 0; found && i < found->len; i++) {
        const struct leftover *leftover = found->pdata[i];

        if (!g_str_equal(leftover->path, path))
            continue;
        if (words)
            *words = leftover_words(leftover);
        return TRUE;
    }
    if (found)
        error_set(error, QMC_ERROR_NOTFOUND, "'qmc xml check' lists what is left over",
                  "'%s' is no directory that was left over", path);
    return FALSE;
}

gboolean leftover_remove(const char *root, const char *path, GError **error)
{
    return leftover_check(root, path, NULL, error) && home_remove(path, error);
}
