/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What replaces the content of a volume of driver file while it is not in use, and who
 * reads it. */
#include "config.h"
#include "storage/file-stack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/image.h"
#include "storage/sparse.h"
#include "util/error.h"

char *cowfile_import(struct volume *volume, guint64 size, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (!cowfiles_drop_unfinished(at, error) || !merge_settle(volume, at, error) ||
        !image_mkdir(at->dir, error) || !sparse_create(at->import, size, error))
        return NULL;
    return g_steal_pointer(&at->import);
}

/* Whoever wrote it may have left that to us. */
static gboolean sync_image(const char *image, GError **error)
{
    auto_fd int fd = open(image, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && TEMP_FAILURE_RETRY(fsync(fd)) == 0)
        return TRUE;
    image_error(error, errno, fd < 0 ? "open" : "write", image);
    return FALSE;
}

/* What cows know is about the image that was: they go first. That image stays as the
 * revision, also for a volume that keeps none, until its next run: whoever asked for
 * it may fail yet. */
gboolean cowfile_import_commit(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    struct stat st;
    gboolean there;

    return sync_image(at->import, error) && image_look(at->image, &st, &there, error) &&
           IMAGE_DROP(error, at->cow, at->old, at->replaced) &&
           (!there || image_share(at->image, at->replaced, error)) &&
           image_move(at->import, at->image, error);
}

gboolean cowfile_import_drop(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    return cowfiles_drop_unfinished(at, error);
}

/* What a start would begin from is changed by the qube that has been started. */
static gboolean check_stopped(const struct volume *volume, GError **error)
{
    if (!cowfile_in_use(volume))
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "shut down its qube first",
              "volume '%s' is in use, and driver 'file' gives no copy of it then",
              volume_vid(volume));
    return FALSE;
}

gboolean cowfile_clone(struct volume *volume, struct volume *source,
                       const struct watch *watch, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    auto_of(cowfiles) struct cowfiles *from = cowfiles_new(source);
    struct sparse_copy copy = {
        .source = from->image, .target = at->import, .size = -1, .watch = watch,
    };
    struct stat st;

    if (!check_stopped(source, error) || !merge_none(from, error) ||
        !cowfiles_need(from, &st, error) ||
        !cowfiles_drop_unfinished(at, error) || !merge_settle(volume, at, error) ||
        !image_mkdir(at->dir, error) || !sparse_copy(&copy, error) ||
        !cowfile_import_commit(volume, error))
        return FALSE;
    volume_set_nominal(volume, (guint64)st.st_size);
    return TRUE;
}

/* Two images change their names; the cow knew the one that was. */
static gboolean exchange(const struct cowfiles *at, GError **error)
{
    if (!IMAGE_DROP(error, at->cow))
        return FALSE;
    if (renameat2(AT_FDCWD, at->replaced, AT_FDCWD, at->image, RENAME_EXCHANGE) == 0)
        return image_sync_parent(at->image, error);
    image_error(error, errno, "rename", at->replaced);
    return FALSE;
}

static gboolean check_unused(const struct volume *volume, GError **error)
{
    auto_of(stack) struct stack *stack = stack_open(volume, error);

    return stack && stack_none(stack, "revert", error);
}

gboolean cowfile_revert(struct volume *volume, const char *revision, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    struct stat st;
    gboolean saved, begun;

    /* One that was cut off is what is asked for once more. */
    if (!cowfiles_drop_unfinished(at, error) || !image_look(at->merge, &st, &begun, error) ||
        !merge_settle(volume, at, error) || !check_unused(volume, error) ||
        !image_look(at->old, &st, &saved, error) ||
        !(begun || (saved ? merge_run(volume, at, error) : exchange(at, error))) ||
        !cowfiles_need(at, &st, error))
        return FALSE;
    volume_set_nominal(volume, (guint64)st.st_size);
    return TRUE;
}

/* A start and this exclude each other (driver.in_place). */
int cowfile_export(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    struct stat st;
    int fd;

    if (!check_stopped(volume, error) || !merge_none(at, error) ||
        !cowfiles_need(at, &st, error))
        return -1;
    fd = open(at->image, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        image_error(error, errno, "open", at->image);
    return fd;
}
