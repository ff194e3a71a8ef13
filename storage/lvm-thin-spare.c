/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a volume in a thin pool may go: never what a stop would make its state, nor the
 * only state there is (spec/storage.md 2.4, L-6, L-10). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <string.h>

#include "storage/remain.h"
#include "util/error.h"

static gboolean is_open(const struct lvm_entry *entry)
{
    return strlen(entry->attr) < 6 || entry->attr[5] != '-';
}

/* Of a run that nobody ended: what it wrote is thrown away by a stop; NULL: there is no such
 * thing, or a qube has it. */
static const struct lvm_entry *left_by_run(const struct thin *at)
{
    const struct volume *volume = at->volume;
    const struct lvm_entry *entry = at->dirty;

    if (volume_save_on_stop(volume))
        return NULL;
    if (!entry && !volume_snap_on_start(volume))
        entry = at->current;
    return entry && !is_open(entry) ? entry : NULL;
}

gboolean lvm_thin_abandoned(const struct volume *volume)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, NULL);

    return at && left_by_run(at);
}

static void add(GPtrArray *spare, enum remain_kind kind, const struct lvm_entry *entry)
{
    if (entry)
        remains_add(spare, kind, entry->key, entry->used);
}

static void add_trash(GPtrArray *spare, const struct thin *at)
{
    for (guint i = 0; i < at->trash->len; i++) {
        g_autofree char *lv = thin_name(at, at->trash->pdata[i]);

        add(spare, REMAIN_TEMPORARY, lvm_table_find(at->table, at->vg, lv));
    }
}

/* Whoever asked may have seen an older table. */
static gboolean has_run(const struct thin *at)
{
    return volume_save_on_stop(at->volume) && (at->dirty || thin_is_marked(at->current));
}

GPtrArray *lvm_thin_spare(const struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);
    g_autoptr(GPtrArray) surplus = NULL;
    GPtrArray *spare;

    if (!at)
        return NULL;
    spare = remains_new();
    add_trash(spare, at);
    if (has_run(at))
        return spare;
    add(spare, REMAIN_SCRATCH, left_by_run(at));
    add(spare, REMAIN_IMPORT, thin_import_is_spare(at) ? at->import : NULL);
    surplus = thin_surplus(at, volume_keep(volume));
    for (guint i = 0; i < surplus->len; i++)
        add(spare, REMAIN_REVISION, ((struct thin_revision *)surplus->pdata[i])->entry);
    return spare;
}

/* Half deleted, a revision would still be taken for a state. */
static gboolean discard(struct thin *at, const struct remain *remain, GError **error)
{
    const char *ending = remain->name + strlen(volume_vid(at->volume));

    return remain->kind == REMAIN_REVISION ? thin_trash(at, ending, error)
                                           : thin_drop(at, ending, error);
}

static gboolean is_still_there(const char *key, GError **error)
{
    error_set(error, QMC_ERROR_IO, "look at what there is: lvs",
              "LVM says that it removed '%s', and it is there", key);
    return FALSE;
}

/* Whatever LVM said. A revision that did not go has another name now. */
static gboolean check_gone(const struct volume *volume, const GPtrArray *spare,
                           GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);

    for (guint i = 0; at && i < spare->len; i++) {
        const struct remain *remain = spare->pdata[i];

        if (lvm_table_find(at->table, at->vg, remain->name + strlen(at->vg) + 1))
            return is_still_there(remain->name, error);
    }
    if (at && at->trash->len > 0) {
        g_autofree char *key = g_strconcat(volume_vid(volume), at->trash->pdata[0], NULL);

        return is_still_there(key, error);
    }
    return at != NULL;
}

gboolean lvm_thin_discard(struct volume *volume, const GPtrArray *spare, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);

    for (guint i = 0; at && i < spare->len; i++)
        if (!discard(at, spare->pdata[i], error))
            return FALSE;
    return at && check_gone(volume, spare, error);
}
