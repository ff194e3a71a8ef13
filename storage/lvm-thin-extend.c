/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thin pool gets more of what is free in its volume group (spec/storage.md 2.4, L-3;
 * ux.md 4.9). Its data and its metadata are logical volumes: both go by whole extents. */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include "util/error.h"
#include "util/text.h"

static gboolean too_little(const struct pool *pool, const struct lvm_entry *entry,
                           GError **error)
{
    g_autofree char *unit = text_size_long(entry->extent);
    g_autofree char *hint = g_strdup_printf("add at least %s", unit);

    error_set(error, QMC_ERROR_INVALID, hint,
              "pool '%s' is not extended by less than one extent of its volume group: %s",
              pool_name(pool), unit);
    return FALSE;
}

static gboolean too_much(const struct pool *pool, const struct lvm_entry *entry,
                         GError **error)
{
    g_autofree char *there = text_size_long(entry->free);

    if (entry->free > 0)
        error_set(error, QMC_ERROR_NOSPACE, "choose less, or give it another disk: vgextend",
                  "pool '%s' can be extended by %s at most: that is free in volume group '%s'",
                  pool_name(pool), there, entry->vg);
    else
        error_set(error, QMC_ERROR_NOSPACE, "give it another disk: vgextend",
                  "pool '%s' cannot be extended: nothing is free in volume group '%s'",
                  pool_name(pool), entry->vg);
    return FALSE;
}

gboolean lvm_thin_room(struct pool *pool, gboolean metadata, guint64 *bytes, GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(LVM_FRESH, error);
    const struct lvm_entry *entry = table ? thin_pool_find(pool, table, error) : NULL;
    guint64 whole;

    if (!entry)
        return FALSE;
    whole = *bytes - *bytes % MAX(entry->extent, (guint64)1);
    if (whole == 0)
        return too_little(pool, entry, error);
    if (whole > entry->free)
        return too_much(pool, entry, error);
    *bytes = whole;
    return TRUE;
}

/* 0: not known, as of metadata while it is not active. */
static gboolean read_size(struct pool *pool, gboolean metadata, guint64 *size,
                          GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(LVM_FRESH, error);
    const struct lvm_entry *entry = table ? thin_pool_find(pool, table, error) : NULL;

    if (!entry)
        return FALSE;
    *size = metadata ? entry->metadata_size : entry->size;
    return TRUE;
}

/* A command that failed at its end, or was killed, may have done it. */
static void say_failed(struct pool *pool, gboolean metadata, guint64 before,
                       const GError *failed, GError **error)
{
    guint64 after = 0;
    gboolean known = read_size(pool, metadata, &after, NULL) && before > 0;
    g_autofree char *more = text_size_long(after > before ? after - before : 0);
    const char *part = metadata ? "its metadata have" : "it has";

    if (!known || after <= before) {
        g_propagate_error(error, g_error_copy(failed));
        return;
    }
    error_set(error, (QmcErrorCode)failed->code, "look at it before you add more: lvs -a",
              "%s; but %s %s more now", failed->message, part, more);
}

/* What LVM says that it did. */
static gboolean check_done(struct pool *pool, gboolean metadata, guint64 least,
                           GError **error)
{
    guint64 after = 0;

    if (!read_size(pool, metadata, &after, error)) {
        g_prefix_error(error, "pool '%s' is extended, as LVM says, but ", pool_name(pool));
        return FALSE;
    }
    if (after >= least || after == 0)
        return TRUE;
    error_set(error, QMC_ERROR_IO, "look at what there is: lvs -a",
              "LVM says that it extended pool '%s', and it did not", pool_name(pool));
    return FALSE;
}

gboolean lvm_thin_extend(struct pool *pool, gboolean metadata, guint64 bytes, GError **error)
{
    const struct lvm_request request = {
        metadata ? LVM_EXTEND_META : LVM_EXTEND, pool_param(pool, "volume_group"),
        pool_param(pool, "thin_pool"), NULL, bytes,
    };
    g_autoptr(GError) failed = NULL;
    guint64 before = 0;

    if (!read_size(pool, metadata, &before, error))
        return FALSE;
    if (lvm_change(&request, &failed))
        return check_done(pool, metadata, before ? before + bytes : 0, error);
    say_failed(pool, metadata, before, failed, error);
    return FALSE;
}
