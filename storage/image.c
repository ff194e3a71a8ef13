/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/image.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/sparse.h"
#include "util/error.h"
#include "util/file.h"

/* The next step where it is another one for pools; NULL: that of errno. */
static const char *hint_for(int errnum)
{
    return errnum == EACCES  ? "run qmc as a user who may change the pool's directory"
           : errnum == EPERM ? "see with 'lsattr' whether it is protected, or run qmc as a "
                               "user who may change the pool's directory"
                             : NULL;
}

void image_error(GError **error, int errnum, const char *verb, const char *path)
{
    error_set_errno(error, errnum, hint_for(errnum), "cannot %s '%s'", verb,
                    path);
}

gboolean image_look(const char *path, struct stat *st, gboolean *there,
                    GError **error)
{
    if (stat(path, st) < 0) {
        if (errno != ENOENT) {
            image_error(error, errno, "look at", path);
            return FALSE;
        }
        *there = FALSE;
        return TRUE;
    }
    if (!S_ISREG(st->st_mode)) {
        error_set(error, QMC_ERROR_IO, "move it away",
                  "'%s' is in the way: not a regular file", path);
        return FALSE;
    }
    *there = TRUE;
    return TRUE;
}

gboolean image_same_version(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

gboolean image_unlink(const char *path, gboolean *gone, GError **error)
{
    if (unlink(path) == 0) {
        *gone = TRUE;
        return TRUE;
    }
    if (errno == ENOENT)
        return TRUE;
    image_error(error, errno, "remove", path);
    return FALSE;
}

gboolean image_sync_parent(const char *path, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);

    return file_fsync_dir(dir, error);
}

gboolean image_move(const char *from, const char *to, GError **error)
{
    struct stat a, b;

    if (rename(from, to) < 0) {
        image_error(error, errno, "rename", from);
        return FALSE;
    }
    if (stat(from, &a) == 0 && stat(to, &b) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino && unlink(from) < 0) {
        image_error(error, errno, "remove", from);
        return FALSE;
    }
    return image_sync_parent(to, error);
}

static gboolean link_is_refused(int errnum)
{
    return errnum == EMLINK || errnum == EXDEV || errnum == EPERM ||
           errnum == EOPNOTSUPP;
}

gboolean image_share(const char *from, const char *to, GError **error)
{
    if (link(from, to) == 0)
        return image_sync_parent(to, error);
    if (!link_is_refused(errno)) {
        image_error(error, errno, "link", from);
        return FALSE;
    }

    struct sparse_copy copy = {
        .source = from, .target = to, .size = -1, .keep_time = TRUE,
    };
    return sparse_copy(&copy, error);
}

gboolean image_mkdir(const char *dir, GError **error)
{
    if (mkdir(dir, 0770) == 0)
        return image_sync_parent(dir, error);
    if (errno == EEXIST)
        return TRUE;
    image_error(error, errno, "make the directory", dir);
    return FALSE;
}
