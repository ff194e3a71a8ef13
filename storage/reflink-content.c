/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What replaces the content of a volume of driver file-reflink while it is not in
 * use, and who reads it (spec/storage.md 2.3). */
#include "config.h"
#include "storage/reflink-private.h"

#include <errno.h>
#include <fcntl.h>

#include "storage/image.h"
#include "storage/sparse.h"

gboolean reflink_pin(struct volume *volume, const char *revision, gboolean pinned,
                     GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    g_autofree char *path = NULL, *pin = NULL;

    if (!revision_paths(at, revision, &path, &pin, error))
        return FALSE;
    if (pinned && !pin) {
        pin = revision_pin_path(at, revision);
        return image_share(path, pin, error);
    }
    if (pinned || !pin)
        return TRUE;
    if (path)
        return IMAGE_DROP(error, pin);
    path = g_strconcat(at->clean, ".", revision, NULL);
    return image_move(pin, path, error);
}

/* A revision that is pinned stays one. */
static gboolean take_revision(const struct images *at, const char *path, const char *pin,
                              GError **error)
{
    if (!pin)
        return image_move(path, at->clean, error);
    return image_share(pin, at->import, error) &&
           image_move(at->import, at->clean, error);
}

/* What is clean so far is kept as a revision even by a volume that keeps none
 * else: to go back is no reason to lose the present. */
gboolean reflink_revert(struct volume *volume, const char *revision, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    g_autofree char *path = NULL, *pin = NULL;
    struct stat st;

    if (!images_drop_unfinished(at, error) ||
        !revision_paths(at, revision, &path, &pin, error) ||
        !image_need(path ? path : pin, at->vid, &st, error) ||
        !revisions_add(at, 1, error) ||
        !image_unlink(at->precache, error) ||
        !take_revision(at, path, pin, error))
        return FALSE;
    volume_set_nominal(volume, (guint64)st.st_size);
    return TRUE;
}

char *reflink_import(struct volume *volume, guint64 size, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    if (!images_drop_unfinished(at, error) || !image_mkdir(at->dir, error) ||
        !sparse_scratch(at->import, size, error))
        return NULL;
    return g_steal_pointer(&at->import);
}

/* Kept here too, until the next stop: whoever asked for it may fail yet. */
static gboolean commit_import(const struct images *at, guint keep, GError **error)
{
    guint kept = MAX(keep, 1);

    return revisions_add(at, kept, error) && images_commit(at, at->import, kept, error);
}

gboolean reflink_import_commit(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    struct stat st;

    return image_need(at->import, at->vid, &st, error) &&
           commit_import(at, volume_keep(volume), error);
}

gboolean reflink_import_drop(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);

    return images_drop_unfinished(at, error);
}

static gboolean clone_over(const struct images *at, struct sparse_copy *copy, guint keep,
                           GError **error)
{
    copy->target = at->import;
    return sparse_copy(copy, error) && commit_import(at, keep, error);
}

/* There is no state that would have to stay until the copy is whole, which saves a move
 * and the wait for it. */
static gboolean clone_into_nothing(const struct images *at, struct sparse_copy *copy,
                                   GError **error)
{
    copy->target = at->clean;
    return image_unlink(at->precache, error) && sparse_copy(copy, error);
}

gboolean reflink_clone(struct volume *volume, struct volume *source,
                       const struct watch *watch, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    auto_of(images) struct images *from = images_new(source);
    struct sparse_copy copy = {.source = from->clean, .size = -1, .watch = watch};
    struct stat st, own;
    gboolean there;

    if (!image_need(from->clean, from->vid, &st, error) ||
        !image_mkdir(at->dir, error) || !images_drop_unfinished(at, error) ||
        !image_look(at->clean, &own, &there, error) ||
        !(there ? clone_over(at, &copy, volume_keep(volume), error)
                : clone_into_nothing(at, &copy, error)))
        return FALSE;
    volume_set_nominal(volume, (guint64)st.st_size);
    return TRUE;
}

/* A clean image is never written to, so it may be read for as long as it takes. */
int reflink_export(struct volume *volume, GError **error)
{
    auto_of(images) struct images *at = images_new(volume);
    struct stat st;
    int fd;

    if (!image_need(at->clean, at->vid, &st, error))
        return -1;
    fd = open(at->clean, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        image_error(error, errno, "open", at->clean);
    return fd;
}

/* By the inode: a revert makes the source older (trap 24). Where links are refused
 * the evidence is a copy with the time. */
gboolean reflink_outdated(const struct volume *volume)
{
    auto_of(images) struct images *at = images_new(volume);
    auto_of(images) struct images *source = images_new(volume_source(volume));
    struct stat own, now;

    return stat(at->clean, &own) == 0 && stat(source->clean, &now) == 0 &&
           (own.st_dev != now.st_dev || own.st_ino != now.st_ino) &&
           !image_same_version(&own, &now);
}
