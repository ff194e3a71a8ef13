/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the making of a volume of driver file to its end. Each step leaves a state that
 * the next operation can go on from (spec/storage.md 3.7). */
#include "config.h"
#include "storage/file-stack.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "storage/image.h"
#include "storage/loop.h"
#include "storage/sparse.h"
#include "util/error.h"
#include "util/log.h"

static gboolean needs_size(const struct volume *volume, GError **error)
{
    if (volume_nominal(volume) > 0)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "set its size in the store",
              "volume '%s' has no size", volume_vid(volume));
    return FALSE;
}

static gboolean tear(const struct volume *volume, GError **error)
{
    auto_of(stack) struct stack *stack = stack_open(volume, error);

    return stack && stack_tear(stack, error);
}

/* The directory of the pool is there, or nothing of the volume is. */
static gboolean tear_if_any(const struct volume *volume, const struct cowfiles *at,
                            GError **error)
{
    return (access(at->dir, F_OK) < 0 && errno == ENOENT) || tear(volume, error);
}

gboolean cowfile_create(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (!tear_if_any(volume, at, error) || !cowfiles_drop_all(at, error))
        return FALSE;
    if (volume_snap_on_start(volume) || !volume_save_on_stop(volume))
        return TRUE;
    return needs_size(volume, error) && image_mkdir(at->dir, error) &&
           sparse_create(at->image, volume_nominal(volume), error);
}

gboolean cowfile_vacant(const struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    return cowfiles_none(at, error);
}

gboolean cowfile_share(struct volume *volume, const struct volume *source, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    auto_of(cowfiles) struct cowfiles *from = cowfiles_new(source);
    g_autoptr(GError) again = NULL;

    if (!merge_none(from, error))
        return FALSE;
    if (cowfiles_share(at, from, error))
        return TRUE;
    if (!cowfiles_drop_all(at, &again))
        log_line("storage", "after a failed share: %s", again->message);
    return FALSE;
}

gboolean cowfile_remove(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (!tear_if_any(volume, at, error) || !cowfiles_drop_all(at, error))
        return FALSE;
    if (rmdir(at->dir) == 0)
        return image_sync_parent(at->dir, error);
    /* ENOTDIR: a link in its place is not the volume's */
    if (errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
        return TRUE;
    image_error(error, errno, "remove the directory", at->dir);
    return FALSE;
}

static gboolean start_origin(struct volume *volume, const struct cowfiles *at, GError **error)
{
    auto_of(stack) struct stack *stack = NULL;
    struct stat st;

    if (!cowfiles_need(at, &st, error))
        return FALSE;
    if (stack_is_running(volume))
        return TRUE;
    return (stack = stack_open(volume, error)) && stack_none_alone(stack, "start", error) &&
           cow_prepare(at->cow, (guint64)st.st_size, error) && stack_build(stack, error);
}

/* What it was is nobody's any more: it goes only when that is sure. A whole image that an
 * import has left is as good as before. */
static gboolean start_in_place(struct volume *volume, const struct cowfiles *at,
                               GError **error)
{
    auto_of(stack) struct stack *stack = NULL;
    struct stat st;

    return cowfiles_need(at, &st, error) && (stack = stack_open(volume, error)) &&
           stack_none(stack, "start", error) &&
           IMAGE_DROP(error, at->old, at->cow) &&
           (volume_keep(volume) > 0 || IMAGE_DROP(error, at->replaced));
}

/* What a crash left of the one before has gone by now. */
static gboolean make_cows(const struct volume *volume, const struct cowfiles *at,
                          guint64 size, GError **error)
{
    auto_of(cowfiles) struct cowfiles *source = cowfiles_new(volume_source(volume));

    return (stack_is_running(volume_source(volume)) ||
            cow_prepare(source->cow, size, error)) &&
           image_mkdir(at->dir, error) && sparse_create(at->cow, file_cow_size(size), error);
}

/* Under a name of the root's first: what a replace of volatile.img begins with would be dropped
 * by the start of volatile, which goes on at the same time. */
static gboolean make_layer(const struct cowfiles *at, guint64 size, GError **error)
{
    return image_mkdir(at->dir, error) &&
           sparse_create(at->cow, file_cow_size(size), error) &&
           image_move(at->cow, at->layer, error);
}

/* Nobody keeps what a source was that is changed in place. */
static gboolean check_source(const struct volume *source, GError **error)
{
    if (cowfile_kind(source) != FILE_IN_PLACE || !stack_is_running(source))
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "shut down the qube it belongs to first",
              "volume '%s' is in use and keeps no state to start from", volume_vid(source));
    return FALSE;
}

static gboolean start_snapshot(struct volume *volume, const struct cowfiles *at,
                               GError **error)
{
    auto_of(cowfiles) struct cowfiles *source = cowfiles_new(volume_source(volume));
    auto_of(stack) struct stack *stack = NULL;
    struct stat st;

    /* Others that start from it at the same time want the same cow. */
    return cowfiles_need(source, &st, error) && merge_none(source, error) &&
           (stack = stack_open(volume, error)) &&
           check_source(volume_source(volume), error) &&
           stack_tear(stack, error) && IMAGE_DROP(error, at->cow) &&
           (cowfile_plan(volume)->excludes_template
                ? make_layer(at, (guint64)st.st_size, error)
                : make_cows(volume, at, (guint64)st.st_size, error)) &&
           stack_build(stack, error);
}

/* What is asked for would not be done. */
static gboolean check_plain(const struct volume *volume, GError **error)
{
    if (!volume_ephemeral(volume))
        return TRUE;
    error_set(error, QMC_ERROR_UNSUPPORTED, "set its 'ephemeral' to False",
              "volume '%s' cannot be encrypted: in layout r3 it is a layer of its root",
              volume_vid(volume));
    return FALSE;
}

static gboolean start_volatile(struct volume *volume, const struct cowfiles *at,
                               GError **error)
{
    if (!cowfile_plan(volume)->attached)
        return check_plain(volume, error);
    return needs_size(volume, error) && IMAGE_DROP(error, at->image, at->cow) &&
           image_mkdir(at->dir, error) &&
           sparse_create(at->image, volume_nominal(volume), error);
}

gboolean cowfile_start(struct volume *volume, GError **error)
{
    static gboolean (*const starts[FILE_KINDS])(struct volume *, const struct cowfiles *,
                                                GError **) = {
        [FILE_ORIGIN] = start_origin, [FILE_IN_PLACE] = start_in_place,
        [FILE_SNAPSHOT] = start_snapshot, [FILE_VOLATILE] = start_volatile,
    };
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    enum file_layout layout;

    return cowfile_layout(volume_pool(volume), &layout, error) &&
           cowfiles_drop_unfinished(at, error) && merge_settle(volume, at, error) &&
           starts[cowfile_kind(volume)](volume, at, error);
}

static gboolean stop_saved(struct volume *volume, const struct cowfiles *at, GError **error)
{
    if (volume_in_place(volume))
        return !volume_rw(volume) || cowfiles_sync(at, error);
    if (!tear_if_any(volume, at, error))
        return FALSE;
    return volume_rw(volume) ? cow_commit(at, volume_keep(volume), error)
                             : IMAGE_DROP(error, at->cow);
}

static gboolean stop_unsaved(struct volume *volume, const struct cowfiles *at, GError **error)
{
    gboolean alone = stack_is_alone(volume);
    struct stat st;

    if (volume_snap_on_start(volume))
        return tear_if_any(volume, at, error) && IMAGE_DROP(error, at->cow) &&
               (!alone || IMAGE_DROP(error, at->layer));
    if (stack_is_layer(volume))
        return tear_if_any(volume, at, error) && IMAGE_DROP(error, at->image, at->cow);
    if (stat(at->image, &st) == 0)
        volume_set_nominal(volume, (guint64)st.st_size);
    return IMAGE_DROP(error, at->image, at->cow);
}

gboolean cowfile_stop(struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (!cowfiles_drop_unfinished(at, error) || !merge_settle(volume, at, error))
        return FALSE;
    return volume_save_on_stop(volume) ? stop_saved(volume, at, error)
                                       : stop_unsaved(volume, at, error);
}

/* A file that gets smaller is without what its revision would be merged into, unless that
 * is of an image as small. */
static gboolean before_shrink(struct stack *stack, const struct cowfiles *at, guint64 size,
                              GError **error)
{
    gboolean fits;

    return stack_none(stack, "shrink", error) && cow_fits(at->old, size, &fits, error) &&
           (fits || IMAGE_DROP(error, at->old)) && IMAGE_DROP(error, at->cow);
}

static gboolean set_size(const char *image, guint64 size, GError **error)
{
    auto_fd int fd = open(image, O_RDWR | O_CLOEXEC);

    if (fd >= 0 && TEMP_FAILURE_RETRY(ftruncate(fd, (off_t)size)) == 0 &&
        TEMP_FAILURE_RETRY(fsync(fd)) == 0)
        return TRUE;
    image_error(error, errno, "resize", image);
    return FALSE;
}

static gboolean resize_image(const struct cowfiles *at, guint64 size, GError **error)
{
    return set_size(at->image, size, error) && loop_refresh(at->image, error);
}

/* Nobody begins to use it between the look and the end. */
static gboolean resize_saved(const struct volume *volume, const struct cowfiles *at,
                             gboolean shrinks, guint64 size, GError **error)
{
    auto_of(stack) struct stack *stack = stack_open(volume, error);

    return stack && stack_none_alone(stack, "resize", error) &&
           (!shrinks || before_shrink(stack, at, size, error)) &&
           resize_image(at, size, error) && stack_resize(stack, size, error);
}

static gboolean refuse_snapshot(const struct volume *volume, GError **error)
{
    error_set(error, QMC_ERROR_STATE, "resize its source while both are shut down",
              "volume '%s' has the size of its source '%s' at each start",
              volume_vid(volume), volume_vid(volume_source(volume)));
    return FALSE;
}

gboolean cowfile_resize(struct volume *volume, guint64 size, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    struct stat st;
    gboolean there;

    if (volume_snap_on_start(volume))
        return refuse_snapshot(volume, error);
    if (!cowfiles_drop_unfinished(at, error) || !merge_settle(volume, at, error) ||
        !image_look(at->image, &st, &there, error))
        return FALSE;
    if (!there || stack_is_layer(volume))
        return !volume_save_on_stop(volume) || cowfiles_need(at, &st, error);
    return volume_save_on_stop(volume)
               ? resize_saved(volume, at, size < (guint64)st.st_size, size, error)
               : resize_image(at, size, error);
}

gboolean cowfile_in_use(const struct volume *volume, GError **error)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    enum file_kind kind = cowfile_kind(volume);
    enum cow_state state;

    if (kind == FILE_VOLATILE)
        return access(at->image, F_OK) == 0;
    if (kind == FILE_SNAPSHOT)
        return access(at->cow, F_OK) == 0 || stack_is_running(volume);
    if (stack_is_running(volume))
        return TRUE;
    /* What is in the cow then is for the revert, which the next operation ends. */
    if (access(at->merge, F_OK) == 0)
        return FALSE;
    /* After a crash: what was before it is still in there. */
    return !volume_in_place(volume) &&
           (!cow_look(at->cow, &state, error) || state >= COW_SAVED);
}
