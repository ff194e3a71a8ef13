/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thin pool as a whole (spec/storage.md 2.1, 2.4 L-13, 2.8, 7.6). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <string.h>

#include "storage/carrier.h"
#include "storage/remain.h"
#include "util/error.h"

enum { HIGH = 9000 /* hundredths of a percent */ };

const struct lvm_entry *thin_pool_find(const struct pool *pool, const struct lvm_table *table,
                                       GError **error)
{
    const char *vg = pool_param(pool, "volume_group");
    const char *name = pool_param(pool, "thin_pool");
    const struct lvm_entry *entry = lvm_table_find(table, vg, name);

    if (entry && entry->attr[0] == 't')
        return entry;
    error_set(error, QMC_ERROR_NOTFOUND, "see which there are: lvs",
              "pool '%s': %s '%s/%s'", pool_name(pool),
              entry ? "this is no thin pool:" : "there is no thin pool", vg, name);
    return NULL;
}

gboolean lvm_thin_setup(struct pool *pool, GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(LVM_FRESH, error);

    return table && thin_pool_find(pool, table, error) != NULL;
}

gboolean lvm_thin_usage(struct pool *pool, guint64 *size, guint64 *used, GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(LVM_SHOWN, error);
    const struct lvm_entry *entry = table ? thin_pool_find(pool, table, error) : NULL;

    if (!entry)
        return FALSE;
    *size = entry->size;
    *used = entry->used;
    return TRUE;
}

/* NULL: nothing. Metadata first: without them all is lost. */
static char *trouble_of(const struct lvm_entry *pool)
{
    char health = strlen(pool->attr) > 8 ? pool->attr[8] : '-';

    if (health == 'F')
        return g_strdup("it has failed: lvconvert --repair");
    if (!pool->needs_check && pool->has_metadata && pool->metadata >= HIGH)
        return g_strdup_printf("its metadata are %u%% full", pool->metadata / 100);
    if (health == 'M' || pool->needs_check)
        return g_strdup("its metadata are damaged: lvconvert --repair");
    if (health == 'D' || pool->data >= 10000)
        return g_strdup("out of data space");
    if (pool->data >= HIGH)
        return g_strdup_printf("its data space is %u%% full", pool->data / 100);
    return NULL;
}

gboolean lvm_thin_details(struct pool *pool, struct pool_details *details, GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(LVM_SHOWN, error);
    const struct lvm_entry *entry = table ? thin_pool_find(pool, table, error) : NULL;

    if (!entry)
        return FALSE;

    const struct pool_figure figures[] = {
        {"data_size", entry->size}, {"data_usage", entry->used},
        {"extend_free", entry->free},
        {"metadata_size", entry->metadata_size}, {"metadata_usage", entry->metadata_used},
    };

    g_array_append_vals(details->figures, figures, entry->has_metadata ? 5 : 3);
    details->trouble = trouble_of(entry);
    return TRUE;
}

/* Every volume of it stands on the device that LVM makes for the pool itself. */
gboolean lvm_thin_carries(const struct pool *pool, const char *dir)
{
    g_autofree char *name =
        lvm_node_name(pool_param(pool, "volume_group"), pool_param(pool, "thin_pool"));
    g_autofree char *inside = g_strconcat(name, "-tpool", NULL);
    dev_t dev;

    return carrier_of(dir, &dev) && carrier_stands_on("/sys", dev, inside);
}

/* --- what is nobody's --- */

static gboolean is_claimed(const struct pool_claims *claims, const char *vg, const char *lv,
                           gsize length)
{
    g_autofree char *vid = g_strdup_printf("%s/%.*s", vg, (int)length, lv);

    return g_hash_table_contains(claims->vids, vid);
}

/* Of a volume that the store has, by whichever of its dashes the name may be cut. */
static gboolean has_owner(const struct pool_claims *claims, const struct lvm_entry *entry,
                          enum thin_kind *kind)
{
    gint64 number;

    *kind = THIN_IS_CURRENT;
    if (is_claimed(claims, entry->vg, entry->lv, strlen(entry->lv)))
        return TRUE;
    for (const char *dash = strchr(entry->lv, '-'); dash; dash = strchr(dash + 1, '-')) {
        gsize length = (gsize)(dash - entry->lv);
        g_autofree char *lv = g_strndup(entry->lv, length);
        enum thin_kind part = thin_kind_of(lv, entry->lv, &number);

        if (part == THIN_IS_NONE)
            continue;
        *kind = part;
        if (is_claimed(claims, entry->vg, entry->lv, length))
            return TRUE;
    }
    return FALSE;
}

GPtrArray *lvm_thin_orphans(struct pool *pool, const struct pool_claims *claims,
                            GError **error)
{
    static const enum remain_kind kinds[] = {
        [THIN_IS_CURRENT] = REMAIN_IMAGE, [THIN_IS_DIRTY] = REMAIN_IMAGE,
        [THIN_IS_IMPORT] = REMAIN_IMPORT, [THIN_IS_BACK] = REMAIN_REVISION,
        [THIN_IS_PIN] = REMAIN_REVISION, [THIN_IS_TRASH] = REMAIN_TEMPORARY,
    };
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(LVM_RECENT, error);
    const struct lvm_entry *thin = table ? thin_pool_find(pool, table, error) : NULL;
    const struct lvm_entry *const *entries;
    GPtrArray *orphans;
    guint n;

    if (!thin)
        return NULL;
    orphans = remains_new();
    n = lvm_table_range(table, thin->vg, "vm-", &entries);
    for (guint i = 0; i < n; i++) {
        enum thin_kind kind;

        if (g_str_equal(entries[i]->pool, thin->lv) && !has_owner(claims, entries[i], &kind))
            remains_add(orphans, kinds[kind], entries[i]->key, entries[i]->used);
    }
    return orphans;
}
