/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/sparse.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/file.h"
#include "util/log.h"

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

static gboolean unlink_if_there(const char *path, gboolean *gone, GError **error)
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

gboolean image_unlink(const char *path, GError **error)
{
    gboolean gone;

    return unlink_if_there(path, &gone, error);
}

/* After a failed sync the kernel may call the pages clean although they never
 * reached the disk; a second sync would then succeed and prove nothing. The
 * bytes are written once more, and the caller is told all the same. */
static void write_again(const char *image)
{
    struct sparse_copy copy = {
        .source = image, .target = image, .size = -1, .data_only = TRUE,
    };
    g_autoptr(GError) error = NULL;

    if (!sparse_copy(&copy, &error))
        log_line("storage", "writing again after a failed sync: %s",
                 error->message);
}

gboolean image_sync(const char *image, GError **error)
{
    auto_fd int fd = open(image, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        image_error(error, errno, "open", image);
        return FALSE;
    }
    if (TEMP_FAILURE_RETRY(fsync(fd)) == 0)
        return TRUE;
    image_error(error, errno, "write", image);
    write_again(image);
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

gboolean image_is_temporary(const char *rest)
{
    enum { RANDOM = 8 };
    gsize letters;

    if (*rest++ != '~')
        return FALSE;
    letters = strspn(rest, "abcdefghijklmnopqrstuvwxyz");
    return letters < RANDOM &&
           strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789_") == RANDOM &&
           rest[RANDOM] == '\0';
}

gboolean image_drop(const char *const *paths, GError **error)
{
    gboolean gone = FALSE;

    for (const char *const *path = paths; *path; path++)
        if (!unlink_if_there(*path, &gone, error))
            return FALSE;
    return !gone || image_sync_parent(paths[0], error);
}

GPtrArray *image_collect(const char *dir, const char *of, image_test test, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    DIR *stream = opendir(dir);
    struct dirent *entry;
    int errnum;

    if (!stream && errno == ENOENT)
        return g_steal_pointer(&paths);
    while (stream && (errno = 0, entry = readdir(stream)))
        if (test(of, entry->d_name))
            g_ptr_array_add(paths, g_build_filename(dir, entry->d_name, NULL));
    errnum = errno;
    if (stream)
        closedir(stream);
    if (errnum == 0)
        return g_steal_pointer(&paths);
    image_error(error, errnum, "read the directory", dir);
    return NULL;
}

gboolean image_drop_all(const char *dir, const char *of, image_test test, GError **error)
{
    g_autoptr(GPtrArray) paths = image_collect(dir, of, test, error);

    if (!paths)
        return FALSE;
    g_ptr_array_add(paths, NULL);
    return image_drop((const char *const *)paths->pdata, error);
}

gboolean image_none(const char *dir, const char *of, image_test test, GError **error)
{
    g_autoptr(GPtrArray) paths = image_collect(dir, of, test, error);

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

gboolean image_need(const char *path, const char *vid, struct stat *st, GError **error)
{
    gboolean there = FALSE;

    if (!image_look(path, st, &there, error))
        return FALSE;
    if (there)
        return TRUE;
    error_set(error, QMC_ERROR_NOTFOUND,
              "check that the pool's file system is mounted; else restore the "
              "volume from a backup",
              "image '%s' of volume '%s' is missing", path, vid);
    return FALSE;
}
