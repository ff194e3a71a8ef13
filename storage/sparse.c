/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/sparse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/flow.h"
#include "storage/image.h"
#include "util/auto.h"
#include "util/file-draft.h"
#include "util/error.h"
#include "util/log.h"

static gboolean set_size(const struct file_draft *draft, const char *target, guint64 size,
                         GError **error)
{
    if (TEMP_FAILURE_RETRY(ftruncate(file_draft_fd(draft), (off_t)size)) == 0)
        return TRUE;
    image_error(error, errno, "set the size of", target);
    return FALSE;
}

gboolean sparse_create(const char *target, guint64 size, GError **error)
{
    auto_of(file_draft) struct file_draft *draft = file_draft_new(target, 0600, error);

    return draft && set_size(draft, target, size, error) &&
           file_draft_finish(draft, TRUE, error);
}

gboolean sparse_scratch(const char *target, guint64 size, GError **error)
{
    auto_of(file_draft) struct file_draft *draft = file_draft_new(target, 0600, error);

    return draft && set_size(draft, target, size, error) && file_draft_place(draft, error);
}

static gboolean sharing_is_refused(int errnum)
{
    return errnum == EBADF || errnum == EINVAL || errnum == EOPNOTSUPP ||
           errnum == EXDEV;
}

static gboolean fill(int from, int to, const struct sparse_copy *copy, off_t end,
                     GError **error)
{
    if (!copy->data_only) {
        if (TEMP_FAILURE_RETRY(ioctl(to, FICLONE, from)) == 0)
            return TRUE;
        if (!sharing_is_refused(errno)) {
            image_error(error, errno, "clone", copy->source);
            return FALSE;
        }
        if (copy->clone_only) {
            error_set(error, QMC_ERROR_UNSUPPORTED, NULL,
                      "cannot clone '%s': %s", copy->source, g_strerror(errno));
            return FALSE;
        }
        log_line("storage", "copying '%s' byte by byte: %s", copy->source,
                 g_strerror(errno));
    }

    const struct flow flow = {
        .from = from, .to = to, .source = copy->source,
        .target = copy->target, .size = (guint64)end, .holes = TRUE,
        .watch = copy->watch,
    };
    return flow_run(&flow, error);
}

static gboolean open_source(const char *path, int *fd, struct stat *st,
                            GError **error)
{
    auto_fd int source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (source < 0 || fstat(source, st) < 0) {
        image_error(error, errno, "open", path);
        return FALSE;
    }
    if (!S_ISREG(st->st_mode)) {
        error_set(error, QMC_ERROR_IO, NULL,
                  "cannot copy '%s': not a regular file", path);
        return FALSE;
    }
    *fd = auto_fd_steal(&source);
    return TRUE;
}

static gboolean keep_time(const struct sparse_copy *copy, int fd,
                          const struct stat *st, GError **error)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};

    if (!copy->keep_time || futimens(fd, times) == 0)
        return TRUE;
    image_error(error, errno, "set the time of", copy->target);
    return FALSE;
}

gboolean sparse_copy(const struct sparse_copy *copy, GError **error)
{
    auto_of(file_draft) struct file_draft *draft = NULL;
    auto_fd int source = -1;
    struct stat st;

    if (!open_source(copy->source, &source, &st, error))
        return FALSE;
    draft = file_draft_new(copy->target, 0600, error);
    if (!draft)
        return FALSE;

    off_t size = copy->size < 0 ? st.st_size : (off_t)copy->size;

    /* Into a fresh file only: FICLONE over data can fail with EINVAL. */
    return (size == 0 ||
            fill(source, file_draft_fd(draft), copy, MIN(size, st.st_size), error)) &&
           set_size(draft, copy->target, (guint64)size, error) &&
           keep_time(copy, file_draft_fd(draft), &st, error) &&
           file_draft_finish(draft, TRUE, error);
}

gboolean sparse_can_share(const char *dir, gboolean *can, GError **error)
{
    auto_fd int from = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    auto_fd int to = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (from < 0 || to < 0) {
        /* Without unnamed files (overlay, old network file systems) there is
         * no cloning either. */
        *can = FALSE;
        if (errno == EOPNOTSUPP || errno == EISDIR)
            return TRUE;
        image_error(error, errno, "write in", dir);
        return FALSE;
    }
    /* Empty files can be cloned on file systems that cannot clone data. */
    if (TEMP_FAILURE_RETRY(pwrite(from, "qmc", 3, 0)) != 3) {
        image_error(error, errno, "write in", dir);
        return FALSE;
    }
    *can = TEMP_FAILURE_RETRY(ioctl(to, FICLONE, from)) == 0;
    if (*can || sharing_is_refused(errno))
        return TRUE;
    image_error(error, errno, "clone in", dir);
    return FALSE;
}
