/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/pool-search.h"

#include "core/pool-use.h"

struct search {
    struct pool *pool;
    struct pool_claims *claims;
    GPtrArray *volumes;         /* struct volume: of the store, in it */
    GPtrArray *orphans, *spare; /* struct remain; NULL: not known */
};

static void search_free(gpointer data)
{
    struct search *search = data;

    pool_unref(search->pool);
    pool_claims_free(search->claims);
    g_ptr_array_unref(search->volumes);
    g_clear_pointer(&search->orphans, g_ptr_array_unref);
    g_clear_pointer(&search->spare, g_ptr_array_unref);
    g_free(search);
}

static void drop_volume(gpointer volume)
{
    volume_unref(volume);
}

static struct search *search_new(const struct model *model, struct pool *pool)
{
    struct search *search = g_new0(struct search, 1);
    g_autoptr(GArray) shares = pool_shares(model, pool_name(pool));

    search->pool = pool_ref(pool);
    search->claims = pool_claims_new(model, pool);
    search->volumes = g_ptr_array_new_with_free_func(drop_volume);
    for (guint i = 0; i < shares->len; i++) {
        struct volume *volume =
            g_array_index(shares, struct pool_share, i).config->volume;

        if (volume)
            g_ptr_array_add(search->volumes, volume_ref(volume));
    }
    return search;
}

GPtrArray *pool_searches_new(const struct model *model)
{
    GPtrArray *searches = g_ptr_array_new_with_free_func(search_free);

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (entry->pool)
            g_ptr_array_add(searches, search_new(model, entry->pool));
    }
    return searches;
}

/* One that cannot say it keeps the others' from being told. */
static GPtrArray *spare_of(const struct search *search)
{
    g_autoptr(GPtrArray) all = remains_new();

    for (guint i = 0; i < search->volumes->len; i++) {
        g_autoptr(GPtrArray) spare = volume_spare(search->volumes->pdata[i], NULL);

        if (!spare)
            return NULL;
        while (spare->len > 0)
            g_ptr_array_add(all, g_ptr_array_steal_index(spare, spare->len - 1));
    }
    return g_steal_pointer(&all);
}

void pool_searches_run(GPtrArray *searches)
{
    for (guint i = 0; i < searches->len; i++) {
        struct search *search = searches->pdata[i];
        const struct driver *driver = pool_driver(search->pool);

        if (driver->orphans)
            search->orphans = pool_orphans(search->pool, search->claims, NULL);
        if (driver->spare)
            search->spare = spare_of(search);
    }
}

static void put(GPtrArray **place, GPtrArray **found)
{
    g_clear_pointer(place, g_ptr_array_unref);
    *place = g_steal_pointer(found);
}

void pool_searches_apply(GPtrArray *searches, struct model *model)
{
    struct event event = { .type = EVENT_POOLS };

    for (guint i = 0; i < searches->len; i++) {
        struct search *search = searches->pdata[i];
        struct pool_entry *entry = model_pool(model, pool_name(search->pool));

        if (!entry)
            continue;
        put(&entry->orphans, &search->orphans);
        put(&entry->spare, &search->spare);
    }
    events_emit(model->events, &event);
}
