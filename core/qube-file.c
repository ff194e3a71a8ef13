/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/qube-file.h"

#include <string.h>

#include "core/home.h"
#include "core/layout.h"
#include "util/error.h"
#include "util/job.h"

#define DIR_MODE 0775

void qube_file_clear(struct qube_file *file)
{
    g_clear_pointer(&file->path, g_free);
    g_clear_pointer(&file->bytes, g_bytes_unref);
}

char *qube_file_path(const char *root, const struct qube *qube, const char *name)
{
    g_autofree char *home = home_path(root, qube->class, qube->name);

    return home ? g_build_filename(home, name, NULL) : NULL;
}

gboolean qube_file_read(struct qube_file *file, const char *path, gsize max_bytes,
                        GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct file_stamp stamp;
    GBytes *bytes;

    job_may_block();
    bytes = file_read(path, max_bytes, &stamp, &cause);
    if (!bytes && !error_is(cause, QMC_ERROR_NOTFOUND)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    file->path = g_strdup(path);
    file->bytes = bytes;
    file->there = bytes != NULL;
    if (bytes)
        file->stamp = stamp;
    return TRUE;
}

/* Whether the file is the one that was read, or as absent as it was. */
static gboolean check_same(const struct qube_file *file, GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct file_stamp now;
    gboolean there;

    if (!file_check_no_link(file->path, error))
        return FALSE;
    there = file_stamp_path(file->path, &now, &cause);
    if (!there && !error_is(cause, QMC_ERROR_NOTFOUND)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (there == file->there && (!there || file_stamp_equal(&now, &file->stamp)))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "look at it, then try again",
              "'%s' was changed by another program meanwhile", file->path);
    return FALSE;
}

gboolean qube_file_replace(struct qube_file *file, mode_t mode, const char *data,
                           gsize len, GError **error)
{
    const struct file_replace how = {
        .path = file->path, .mode = mode, .group = LAYOUT_GROUP,
        .was = file->there ? &file->stamp : NULL, .first = !file->there,
    };
    g_autofree char *dir = g_path_get_dirname(file->path);

    job_may_block();
    if (!check_same(file, error) || !file_mkdirs(dir, DIR_MODE, error) ||
        !file_replace(&how, data, len, &file->stamp, error))
        return FALSE;
    file->there = TRUE;
    return TRUE;
}

gboolean qube_file_remove(struct qube_file *file, GError **error)
{
    job_may_block();
    if (!check_same(file, error))
        return FALSE;
    if (file->there && !file_remove(file->path, &file->stamp, NULL, error))
        return FALSE;
    file->there = FALSE;
    return TRUE;
}

gboolean qube_file_restore(struct qube_file *file, mode_t mode, GError **error)
{
    const char *data;
    gsize len;

    if (!file->bytes)
        return qube_file_remove(file, error);
    data = g_bytes_get_data(file->bytes, &len);
    return qube_file_replace(file, mode, data, len, error);
}
