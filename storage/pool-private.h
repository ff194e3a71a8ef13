/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What drivers alone need to know of a pool. */
#pragma once

#include "storage/pool.h"

/* As given to pool_new(); "" for the machine itself. */
const char *pool_root(const struct pool *pool);

/* FALSE: make the pool even if copies will be slow. */
gboolean pool_setup_check(const struct pool *pool);

/* [W] How full the file system of the pool's directory is, as driver.usage. */
gboolean pool_fs_usage(struct pool *pool, guint64 *size, guint64 *used, GError **error);
