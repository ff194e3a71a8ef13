/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an image becomes the clean one of its volume (spec/storage.md 2.3, R-5). */
#include "config.h"
#include "storage/reflink-private.h"

#include <unistd.h>

#include "storage/image.h"
#include "storage/sparse.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/log.h"

gboolean images_commit(const struct images *at, const char *image, guint keep,
                       GError **error)
{
    return revisions_prune(at, keep, error) && image_sync(image, error) &&
           image_unlink(at->precache, error) && image_move(image, at->clean, error);
}

/* TRUE if the run wrote nothing. Then the old state makes no revision: it would
 * push out one that differs. The new one is committed even so, because times
 * can lag behind data after a power loss. */
static gboolean is_unchanged(const struct images *at)
{
    struct stat dirty, clean;

    return stat(at->dirty, &dirty) == 0 && stat(at->clean, &clean) == 0 &&
           image_same_version(&dirty, &clean);
}

/* The clone of the clean image that the next start takes by a rename, made when nobody waits
 * for it. Without it a start makes its own, so failure is no error. Where blocks cannot be
 * shared it would be a copy at each stop, and is left out. */
static void make_precache(const struct images *at)
{
    struct sparse_copy copy = {
        .source = at->clean, .target = at->precache, .size = -1,
        .keep_time = TRUE, .clone_only = TRUE,
    };
    g_autoptr(GError) error = NULL;

    if (!sparse_copy(&copy, &error) && !error_is(error, QMC_ERROR_UNSUPPORTED))
        log_line("storage", "no precache: %s", error->message);
}

gboolean images_commit_run(const struct images *at, const struct volume *volume,
                           GError **error)
{
    guint keep = volume_keep(volume);

    if (!is_unchanged(at) && !revisions_add(at, keep, error))
        return FALSE;
    if (!images_commit(at, at->dirty, keep, error))
        return FALSE;
    if (!volume_snap_on_start(volume))
        make_precache(at);
    return TRUE;
}
