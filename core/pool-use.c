/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/pool-use.h"

#include <string.h>

#include "core/growth.h"
#include "util/error.h"
#include "util/near.h"
#include "util/text.h"

GArray *pool_shares(const struct model *model, const char *pool)
{
    GArray *shares = g_array_new(FALSE, FALSE, sizeof(struct pool_share));

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        for (guint k = 0; k < qube->volumes->len; k++) {
            struct pool_share share = {
                qube, &g_array_index(qube->volumes, struct volume_config, k)};

            if (g_strcmp0(share.config->pool, pool) == 0)
                g_array_append_val(shares, share);
        }
    }
    return shares;
}

guint pool_shares_qubes(const GArray *shares)
{
    const struct qube *last = NULL;
    guint n = 0;

    for (guint i = 0; i < shares->len; i++) {
        const struct qube *qube = g_array_index(shares, struct pool_share, i).qube;

        n += qube != last;
        last = qube;
    }
    return n;
}

static const char *const properties[] = {
    "default_pool", "default_pool_root", "default_pool_private", "default_pool_volatile",
    "default_pool_kernel", NULL,
};

GPtrArray *pool_defaults(const struct model *model, const char *pool)
{
    GPtrArray *found = g_ptr_array_new();

    for (const char *const *property = properties; *property; property++) {
        g_autofree char *name = model_global(model, *property);

        if (g_strcmp0(name, pool) == 0 &&
            (found->len == 0 || model_global_is_explicit(model, *property)))
            g_ptr_array_add(found, (gpointer)(gintptr)*property);
    }
    return found;
}

char *pool_in_use(const struct model *model, const char *pool)
{
    g_autoptr(GArray) shares = pool_shares(model, pool);
    g_autoptr(GPtrArray) defaults = pool_defaults(model, pool);

    if (shares->len > 0) {
        const struct pool_share *first = &g_array_index(shares, struct pool_share, 0);
        g_autofree char *more =
            shares->len > 1 ? g_strdup_printf(" and %u more", shares->len - 1) : g_strdup("");

        return g_strdup_printf("volume '%s:%s'%s %s in it", first->qube->name,
                               first->config->name, more, shares->len > 1 ? "are" : "is");
    }
    if (defaults->len > 0)
        return g_strdup_printf("'%s' is set to it", (const char *)defaults->pdata[0]);
    return NULL;
}

/* --- claims --- */

static void claim_home(const struct qube *qube, const char *prefix, GHashTable *homes)
{
    if (prefix)
        g_hash_table_add(homes, g_build_filename(prefix, qube->name, NULL));
}

static void claim_volumes(const struct qube *qube, GHashTable *names, GHashTable *vids)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        const char *vid = config->volume ? volume_vid(config->volume)
                                         : volume_config_get(config, "vid");

        if (vid && config->pool && g_hash_table_contains(names, config->pool))
            g_hash_table_add(vids, g_strdup(vid));
    }
}

static GHashTable *set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

struct pool_claims *pool_claims_new(const struct model *model, const struct pool *pool)
{
    struct pool_claims *claims = g_new(struct pool_claims, 1);
    g_autoptr(GHashTable) names = set_new();

    *claims = (struct pool_claims){set_new(), set_new()};
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (entry->pool && pool_same_place(entry->pool, pool))
            g_hash_table_add(names, g_strdup(entry->name));
    }
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        claim_volumes(qube, names, claims->vids);
        /* Of an unknown class nobody knows where it has its directory. */
        claim_home(qube, qube->class ? qube->class->dir_prefix : "appvms", claims->homes);
        claim_home(qube, qube->class ? NULL : "vm-templates", claims->homes);
    }
    return claims;
}

void pool_claims_free(struct pool_claims *claims)
{
    g_hash_table_unref(claims->vids);
    g_hash_table_unref(claims->homes);
    g_free(claims);
}

/* --- how it is --- */

guint64 pool_entry_figure(const struct pool_entry *entry, const char *name)
{
    return pool_details_get(&entry->details, name);
}

static int percent_of(guint64 used, guint64 size)
{
    if (used == G_MAXUINT64 || size == G_MAXUINT64 || size == 0)
        return -1;
    return (int)((double)used / (double)size * 100 + 0.5);
}

int pool_entry_percent(const struct pool_entry *entry)
{
    return entry->usage_known ? percent_of(entry->used, entry->size) : -1;
}

int pool_entry_metadata_percent(const struct pool_entry *entry)
{
    return percent_of(pool_entry_figure(entry, "metadata_usage"),
                      pool_entry_figure(entry, "metadata_size"));
}

enum pool_level pool_entry_level(const struct pool_entry *entry)
{
    int most = MAX(pool_entry_percent(entry), pool_entry_metadata_percent(entry));

    if (most >= POOL_URGENT)
        return POOL_ALARM;
    if (most >= POOL_NEARLY_FULL)
        return POOL_WARNING;
    return entry->details.trouble ? POOL_ALARM : POOL_FINE;
}

char *pool_entry_health(const struct pool_entry *entry)
{
    int data = pool_entry_percent(entry), metadata = pool_entry_metadata_percent(entry);

    if (entry->trouble)
        return g_strdup(entry->trouble);
    if (entry->details.trouble)
        return g_strdup(entry->details.trouble);
    if (metadata >= POOL_NEARLY_FULL)
        return g_strdup_printf("its metadata is %d%% full", metadata);
    if (data >= POOL_NEARLY_FULL)
        return g_strdup_printf("it is %d%% full", data);
    return NULL;
}

gboolean pool_entry_full_in(const struct pool_entry *entry, gint64 *seconds,
                            const char **what)
{
    guint64 metadata = pool_entry_figure(entry, "metadata_size");
    gint64 left;
    gboolean told = FALSE;

    if (entry->usage_known && entry->growth &&
        growth_full_in(entry->growth, entry->size, &left)) {
        *seconds = left;
        *what = "data";
        told = TRUE;
    }
    if (metadata != G_MAXUINT64 && entry->metadata_growth &&
        growth_full_in(entry->metadata_growth, metadata, &left) &&
        (!told || left < *seconds)) {
        *seconds = left;
        *what = "metadata";
        told = TRUE;
    }
    return told;
}

struct pool_entry *pool_entry_named(const struct model *model, const char *name,
                                    GError **error)
{
    struct pool_entry *entry = model_pool(model, name);
    g_autoptr(GPtrArray) names = NULL;
    g_autofree char *shown = NULL, *hint = NULL;
    const char *near;

    if (entry)
        return entry;
    names = g_ptr_array_new();
    for (guint i = 0; i < model->pools->len; i++)
        g_ptr_array_add(names, ((const struct pool_entry *)model->pools->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    near = near_find(name, (const char *const *)names->pdata);
    hint = near ? g_strdup_printf("did you mean '%s'?", near)
                : g_strdup("'qmc pool ls' lists them");
    shown = text_sanitise(name, -1);
    error_set(error, QMC_ERROR_NOTFOUND, hint, "there is no pool '%s'", shown);
    return NULL;
}

struct pool_entry *pool_entry_usable(const struct model *model, const char *name,
                                     GError **error)
{
    struct pool_entry *entry = pool_entry_named(model, name, error);

    if (!entry || entry->pool)
        return entry;
    error_set(error, QMC_ERROR_UNSUPPORTED, "see what is wrong with it: qmc xml check",
              "pool '%s' cannot be used: %s", entry->name,
              entry->trouble ? entry->trouble : "qmc does not work with its driver yet");
    return NULL;
}
