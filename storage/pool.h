/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place where volumes live. Immutable after pool_new(): may be shared
 * between threads. */
#pragma once

#include <glib.h>

#include "storage/driver.h"
#include "util/auto.h"

/* One parameter as it stands in the store. */
struct pool_param {
    const char *name;
    const char *value;
};

/* root ("" or a directory) is put before absolute directories; params ends
 * with a NULL name. NOTFOUND: unknown driver; INVALID: a parameter is missing,
 * unknown or bad (named). No disk access. */
struct pool *pool_new(const char *name, const char *driver, const char *root,
                      const struct pool_param *params, GError **error);
struct pool *pool_ref(struct pool *pool);
void pool_unref(struct pool *pool);
AUTO_DEFINE(pool, struct pool, pool_unref)

const char *pool_name(const struct pool *pool);
const struct driver *pool_driver(const struct pool *pool);
/* As in the store; NULL if not given. */
const char *pool_param(const struct pool *pool, const char *name);
/* The directory on this machine (below root); NULL if the driver has none. */
const char *pool_dir(const struct pool *pool);
int pool_revisions_to_keep(const struct pool *pool);
gboolean pool_ephemeral_volatile(const struct pool *pool);

/* [W] Makes the directories; refuses a file system that cannot do it. */
gboolean pool_setup(struct pool *pool, GError **error);
/* [W] Bytes; NOTFOUND if the directory is not there, UNSUPPORTED where the
 * driver has no such figure. */
gboolean pool_usage(struct pool *pool, guint64 *size, guint64 *used,
                    GError **error);
