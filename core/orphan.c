/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/orphan.h"

#include "core/pool-use.h"

struct search {
    struct pool *pool;
    struct pool_claims *claims;
};

static void search_free(gpointer data)
{
    struct search *search = data;

    pool_unref(search->pool);
    pool_claims_free(search->claims);
    g_free(search);
}

static gpointer search_run(gconstpointer question, GError **error)
{
    const struct search *search = question;

    return pool_orphans(search->pool, search->claims, error);
}

static void found_free(gpointer found)
{
    g_ptr_array_unref(found);
}

struct query *orphans_submit(struct engine *engine, struct pool *pool, query_fn done,
                             gpointer data)
{
    struct query_spec spec = {search_run, found_free, search_free, done, data};
    struct search *search = g_new(struct search, 1);

    *search = (struct search){pool_ref(pool), pool_claims_new(engine_model(engine), pool)};
    return query_submit(engine, search, &spec);
}
