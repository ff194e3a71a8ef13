/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "disk-pool.h"

#include "util/text.h"

static GHashTable *pools; /* name -> struct fake_disk_pool */

void disk_pool_reset(void)
{
    g_clear_pointer(&pools, g_hash_table_unref);
}

void disk_pool_set(const char *name, const struct fake_disk_pool *pool)
{
    if (!pools)
        pools = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(pools, g_strdup(name), g_memdup2(pool, sizeof *pool));
}

const struct fake_disk_pool *disk_pool_get(const char *name)
{
    return pools ? g_hash_table_lookup(pools, name) : NULL;
}

void disk_pool_details(const char *name, guint64 used, struct pool_details *details)
{
    const struct fake_disk_pool *as = disk_pool_get(name);
    const struct pool_figure figures[] = {
        {"data_size", as ? as->size : G_MAXINT64},
        {"data_usage", (as ? as->used : 0) + used},
        {"metadata_size", as ? as->metadata_size : 0},
        {"metadata_usage", as ? as->metadata_used : 0},
        {"extend_free", as ? as->extend_free : 0},
    };

    g_array_append_vals(details->figures, figures,
                        as && as->metadata_size ? G_N_ELEMENTS(figures) : 2);
    details->trouble = g_strdup(as ? as->trouble : NULL);
}

gboolean disk_pool_room(const char *name, guint64 bytes, GError **error)
{
    const struct fake_disk_pool *as = disk_pool_get(name);
    g_autofree char *there = text_size_long(as ? as->extend_free : 0);

    if (as && bytes <= as->extend_free)
        return TRUE;
    error_set(error, QMC_ERROR_NOSPACE, NULL, "pool '%s' can be extended by %s at most", name,
              there);
    return FALSE;
}

gboolean disk_pool_extend(const char *name, gboolean metadata, guint64 bytes, GError **error)
{
    struct fake_disk_pool *as = pools ? g_hash_table_lookup(pools, name) : NULL;

    if (!disk_pool_room(name, bytes, error))
        return FALSE;
    as->extend_free -= bytes;
    *(metadata ? &as->metadata_size : &as->size) += bytes;
    return TRUE;
}
