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
#include "util/log.h"

char *cowfile_import(struct volume *volume, guint64 size, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (!cowfiles_drop_unfinished(at, error) || !merge_settle(volume, at, error) ||
        !image_mkdir(at->dir, error) || !sparse_create(at->import, size, error))
        return NULL;
    return g_steal_pointer(&at->import);
}

/* What cows know is about the image that was: none has its name any more when that is
 * another. That image stays as the revision, also for a volume that keeps none, until its
 * next run: whoever asked for it may fail yet. */
static gboolean exchange_import(const struct cowfiles *at, GError **error)
{
    struct stat st;
    gboolean there;

    return image_look(at->image, &st, &there, error) && IMAGE_DROP(error, at->cow) &&
           cowfiles_set_aside(at, error) &&
           (!there || image_share(at->image, at->replaced, error)) &&
           image_move(at->import, at->image, error);
}

/* If it failed the revision is back; else it goes, by the next operation at the latest. */
gboolean cowfile_import_commit(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    gboolean done = image_sync(at->import, error) && exchange_import(at, error);
    g_autoptr(GError) again = NULL;

    if (!cowfiles_drop_unfinished(at, &again))
        log_line("storage", "after an import: %s", again->message);
    return done;
}

gboolean cowfile_import_drop(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    return cowfiles_drop_unfinished(at, error);
}

/* What a start would begin from is changed by the qube that has been started. */
static gboolean check_stopped(const struct volume *volume, GError **error)
{
    gboolean in_use;

    if (!volume_look_in_use(volume, &in_use, error) || !in_use)
        return !in_use;
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

/* Nobody begins to use it between the look and the end. */
static gboolean go_back(const struct volume *volume, const struct cowfiles *at, GError **error)
{
    auto_of(stack) struct stack *stack = stack_open(volume, error);
    struct stat st;
    gboolean saved;

    return stack && stack_none(stack, "revert", error) &&
           image_look(at->old, &st, &saved, error) &&
           (saved ? merge_run(stack, at, error) : exchange(at, error));
}

gboolean cowfile_revert(struct volume *volume, const char *revision, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    struct stat st;
    gboolean begun;

    /* One that was cut off is what is asked for once more. */
    if (!cowfiles_drop_unfinished(at, error) || !image_look(at->merge, &st, &begun, error) ||
        !merge_settle(volume, at, error) || !(begun || go_back(volume, at, error)) ||
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
