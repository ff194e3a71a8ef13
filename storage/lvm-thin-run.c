/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to the logical volumes of a volume from its creation to its removal.
 * Each step leaves a state that the next operation can go on from (spec/storage.md 2.4,
 * 3.6). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <string.h>

#include "util/error.h"

static gboolean is_scratch(const struct volume *volume)
{
    return !volume_snap_on_start(volume) && !volume_save_on_stop(volume);
}

static gboolean needs_size(const struct volume *volume, GError **error)
{
    if (volume_nominal(volume) > 0)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "set its size in the store",
              "volume '%s' has no size", volume_vid(volume));
    return FALSE;
}

gboolean lvm_thin_create(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);

    if (!at || !thin_drop_all(at, error))
        return FALSE;
    if (volume_snap_on_start(volume) || !volume_save_on_stop(volume))
        return TRUE;
    return needs_size(volume, error) &&
           thin_create(at, "", volume_nominal(volume), error);
}

gboolean lvm_thin_remove(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);

    return at && thin_drop_all(at, error);
}

gboolean lvm_thin_vacant(const struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_FRESH, error);

    if (!at || thin_is_vacant(at))
        return at != NULL;
    error_set(error, QMC_ERROR_EXISTS, "remove it by hand if nobody needs it: lvremove",
              "a logical volume of '%s' is there already", volume_vid(volume));
    return FALSE;
}

/* --- start --- */

/* An earlier run was not in place: what it wrote comes first. Revisions go only when it
 * is sure that there is something newer. */
static gboolean start_in_place(struct thin *at, GError **error)
{
    const struct lvm_entry *entry = at->dirty ? at->dirty : thin_need(at, error);

    if (!entry || (at->dirty && !thin_commit(at, THIN_DIRTY, FALSE, error)) ||
        (!thin_is_marked(at->dirty ? NULL : at->current) && !thin_mark(at, TRUE, error)))
        return FALSE;
    if (at->dirty || at->revisions->len)
        thin_prune(at, 0);
    return at->dirty || thin_activate(at, entry, error);
}

static gboolean start_snapshot(const struct thin *at, GError **error)
{
    auto_of(thin) struct thin *source =
        thin_beside(at, volume_source(at->volume), error);
    const struct lvm_entry *from = source ? thin_need(source, error) : NULL;

    return from && thin_check_pool(at, error) &&
           (!at->dirty || thin_drop(at, THIN_DIRTY, error)) &&
           thin_snapshot(at, from, THIN_DIRTY, error);
}

static gboolean start_origin(const struct thin *at, GError **error)
{
    const struct lvm_entry *from = thin_need(at, error);

    return from && thin_snapshot(at, from, THIN_DIRTY, error);
}

static gboolean start_scratch(const struct thin *at, GError **error)
{
    return needs_size(at->volume, error) && thin_check_pool(at, error) &&
           (!at->dirty || thin_drop(at, THIN_DIRTY, error)) &&
           (!at->current || thin_drop(at, "", error)) &&
           thin_create(at, "", volume_nominal(at->volume), error);
}

gboolean lvm_thin_start(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_take(volume, error);

    if (!at)
        return FALSE;
    if (volume_in_place(volume))
        return start_in_place(at, error);
    if (at->dirty && volume_save_on_stop(volume))
        return thin_activate(at, at->dirty, error);
    if (volume_snap_on_start(volume))
        return start_snapshot(at, error);
    if (volume_save_on_stop(volume))
        return start_origin(at, error);
    return start_scratch(at, error);
}

/* --- stop --- */

static gboolean is_stopped(const struct thin *at)
{
    if (at->dirty || at->import || at->trash->len || thin_is_marked(at->current))
        return FALSE;
    return !at->current || !is_scratch(at->volume);
}

static gboolean stop_saved(struct thin *at, GError **error)
{
    /* One that the qube could not write to has nothing new (L-11). */
    if (at->dirty && !volume_rw(at->volume))
        return thin_drop(at, THIN_DIRTY, error);
    if (at->dirty) {
        if (!thin_commit(at, THIN_DIRTY, FALSE, error))
            return FALSE;
        thin_prune(at, volume_keep(at->volume));
        return TRUE;
    }
    return !thin_is_marked(at->current) || thin_mark(at, FALSE, error);
}

static gboolean stop_unsaved(const struct thin *at, struct volume *volume, GError **error)
{
    if (at->dirty && !thin_drop(at, THIN_DIRTY, error))
        return FALSE;
    if (!at->current || !is_scratch(volume))
        return TRUE;
    if (at->current->size != thin_round(at, volume_nominal(volume)))
        volume_set_nominal(volume, at->current->size);
    return thin_drop(at, "", error);
}

gboolean lvm_thin_stop(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *before = thin_new(volume, LVM_RECENT, error);
    auto_of(thin) struct thin *at = NULL;

    if (!before || is_stopped(before))
        return before != NULL;
    at = thin_settle(g_steal_pointer(&before), error);
    if (!at)
        return FALSE;
    return volume_save_on_stop(volume) ? stop_saved(at, error)
                                       : stop_unsaved(at, volume, error);
}

/* --- resize --- */

/* Whoever reads the current one would find it changed under him. */
static gboolean check_readers(struct volume *volume, GError **error)
{
    if (!volume_lock_exporting(volume_lock_of(volume)))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "wait until it has ended",
              "volume '%s': a copy of it is being made", volume_vid(volume));
    return FALSE;
}

gboolean lvm_thin_resize(struct volume *volume, guint64 size, GError **error)
{
    auto_of(thin) struct thin *at = thin_take(volume, error);

    if (!at)
        return FALSE;
    if (at->dirty)
        return thin_resize(at, at->dirty, size, error);
    if (volume_snap_on_start(volume)) {
        error_set(error, QMC_ERROR_STATE,
                  "resize its source, or resize it while the qube runs",
                  "volume '%s' has the size of its source '%s' at each start",
                  volume_vid(volume), volume_vid(volume_source(volume)));
        return FALSE;
    }
    if (is_scratch(volume))
        return !at->current || thin_resize(at, at->current, size, error);
    return thin_need(at, error) && check_readers(volume, error) &&
           thin_resize(at, at->current, size, error);
}
