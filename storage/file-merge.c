/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back of driver file: the kernel merges what a cow saved into the image.
 * A marker names that cow, so that what is cut off is ended before anything else is
 * done (spec/storage.md F-6, 3.7). */
#include "config.h"
#include "storage/file-stack.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "storage/dm.h"
#include "storage/file-node.h"
#include "storage/image.h"
#include "util/error.h"
#include "util/file-draft.h"
#include "util/file.h"

enum { POLL = 20000 /* microseconds */, MARKER_MAX = 256 };

static gboolean mark(const struct cowfiles *at, GError **error)
{
    auto_of(file_draft) struct file_draft *draft = file_draft_new(at->merge, 0600, error);
    g_autofree char *cow = node_ident(at->old);
    gsize length = cow ? strlen(cow) : 0;

    if (!draft)
        return FALSE;
    if (!cow || write(file_draft_fd(draft), cow, length) != (gssize)length) {
        image_error(error, cow ? errno : ENOENT, cow ? "write" : "look at",
                    cow ? at->merge : at->old);
        return FALSE;
    }
    return file_draft_finish(draft, TRUE, error);
}

static gboolean merge_failed(const char *name, GError **error)
{
    error_set(error, QMC_ERROR_IO, "see the kernel's log with 'dmesg'; nothing was deleted",
              "the kernel could not merge '%s'", name);
    return FALSE;
}

static gboolean wait_for_merge(const char *name, GError **error)
{
    struct dm_snapshot snapshot;

    for (;;) {
        if (!dm_snapshot_look(name, &snapshot, error))
            return FALSE;
        if (snapshot.health != DM_HEALTHY)
            return merge_failed(name, error);
        if (snapshot.used == snapshot.metadata)
            return TRUE;
        g_usleep(POLL);
    }
}

/* One of the two snapshots of the image, unless it is there. */
static gboolean need_snapshot(struct stack *stack, const char *cow, const char *type,
                              char **name, GError **error)
{
    const struct cowfiles *at = stack_files(stack);
    g_autofree char *base = node_ident(at->image), *ident = node_ident(cow);
    struct snapshot_table what = {.type = type};
    struct dm_node node;

    if (!base || !ident) {
        image_error(error, errno, "look at", base ? cow : at->image);
        return FALSE;
    }
    *name = node_past(base, ident);
    what.name = *name;
    if (!dm_node_look(*name, &node, error))
        return FALSE;
    return node.exists || (stack_operand(stack, at->image, &what.base, error) &&
                           stack_operand(stack, cow, &what.cow, error) &&
                           stack_snapshot(stack, &what, error));
}

/* The kernel copies what a merge overwrites into other snapshots of the image first:
 * so what there is now ends in the cow. */
gboolean stack_merge(struct stack *stack, const char *old, GError **error)
{
    g_autofree char *present = NULL, *merge = NULL;

    return dm_usable(error) &&
           need_snapshot(stack, stack_files(stack)->cow, "snapshot", &present, error) &&
           need_snapshot(stack, old, "snapshot-merge", &merge, error) &&
           wait_for_merge(merge, error) && dm_node_remove(merge, error) &&
           dm_node_remove(present, error);
}

/* The cow has become the revision; or nothing differed, and there is none. */
static gboolean end_merge(const struct cowfiles *at, GError **error)
{
    enum cow_state state;

    if (!cow_look(at->cow, &state, error) || !cow_commit(at, 1, error))
        return FALSE;
    return (state == COW_SAVED || IMAGE_DROP(error, at->old)) &&
           IMAGE_DROP(error, at->merge);
}

static gboolean run(struct stack *stack, const struct cowfiles *at, GError **error)
{
    struct stat st;

    if (!cowfiles_need(at, &st, error) ||
        !cow_prepare(at->cow, (guint64)st.st_size, error))
        return FALSE;
    if (stack_merge(stack, at->old, error))
        return end_merge(at, error);
    stack_unmake(stack);
    return FALSE;
}

gboolean merge_run(struct stack *stack, const struct cowfiles *at, GError **error)
{
    return mark(at, error) && run(stack, at, error);
}

static gboolean go_on(const struct volume *volume, const struct cowfiles *at, GError **error)
{
    auto_of(stack) struct stack *stack = stack_open(volume, error);

    return stack && run(stack, at, error);
}

/* Whether the cow that the marker names is there still: else another one has its name, or
 * none, and the revert had come to its end. */
static gboolean is_wanted(const struct cowfiles *at, gboolean *wanted, GError **error)
{
    g_autoptr(GBytes) bytes = file_read(at->merge, MARKER_MAX, NULL, error);
    g_autofree char *cow = node_ident(at->old), *named = NULL;

    if (!bytes)
        return FALSE;
    named = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    *wanted = g_strcmp0(g_strchomp(named), cow) == 0;
    return TRUE;
}

gboolean merge_settle(const struct volume *volume, const struct cowfiles *at, GError **error)
{
    gboolean there, wanted;
    struct stat st;

    if (!image_look(at->merge, &st, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (!is_wanted(at, &wanted, error))
        return FALSE;
    return wanted ? go_on(volume, at, error) : IMAGE_DROP(error, at->merge);
}

gboolean merge_none(const struct cowfiles *at, GError **error)
{
    struct stat marker;
    gboolean there;

    if (!image_look(at->merge, &marker, &there, error))
        return FALSE;
    if (there)
        error_set(error, QMC_ERROR_STATE, "start or stop the qube it belongs to first",
                  "volume '%s' was being reverted: that has not come to its end", at->vid);
    return !there;
}
