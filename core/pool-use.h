/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the model has to do with one pool: who has volumes in it, which defaults lead to
 * it, how it is. Main thread; pointers are good until the next turn of the loop. */
#pragma once

#include "core/model.h"

struct pool_share {
    const struct qube *qube;
    const struct volume_config *config;
};

/* struct pool_share, those of a qube together; also of volumes that cannot be used.
 * Caller unrefs. */
GArray *pool_shares(const struct model *model, const char *pool);
guint pool_shares_qubes(const GArray *shares);
/* Global properties that name it, char * (static): those that only follow default_pool
 * are left out where that does. Caller unrefs. */
GPtrArray *pool_defaults(const struct model *model, const char *pool);
/* What an empty pool is not: "it holds 'work:private' and 3 more"; NULL: nobody has
 * anything of it. Caller frees. */
char *pool_in_use(const struct model *model, const char *pool);
/* Volumes and directories of the store, for pool_orphans(): of all pools in the same
 * place. Free with pool_claims_free(). */
struct pool_claims *pool_claims_new(const struct model *model, const struct pool *pool);
void pool_claims_free(struct pool_claims *claims);

/* In percent, of data and of metadata: from so much on it is said, and is urgent. */
#define POOL_NEARLY_FULL 90
#define POOL_URGENT 95
enum pool_level { POOL_FINE, POOL_WARNING, POOL_ALARM };
/* As last read; an alarm also for what its driver finds wrong. */
enum pool_level pool_entry_level(const struct pool_entry *entry);
/* Rounded; -1: not known, or it has none. */
int pool_entry_percent(const struct pool_entry *entry);
int pool_entry_metadata_percent(const struct pool_entry *entry);
/* At the rate seen, whichever of both comes first: seconds until then, and "data" or
 * "metadata". FALSE: that cannot be told (growth.h). */
gboolean pool_entry_full_in(const struct pool_entry *entry, gint64 *seconds,
                            const char **what);
/* What is wrong with it as last read, in a clause; NULL: nothing, or it was not read. The
 * caller's. */
char *pool_entry_health(const struct pool_entry *entry);
/* Last reading; G_MAXUINT64: it has no such figure. */
guint64 pool_entry_figure(const struct pool_entry *entry, const char *name);
/* NOTFOUND names the nearest. */
struct pool_entry *pool_entry_named(const struct model *model, const char *name,
                                    GError **error);
/* The same; UNSUPPORTED if it cannot be used. */
struct pool_entry *pool_entry_usable(const struct model *model, const char *name,
                                     GError **error);
