/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a pool and of no volume of the store, searched for on a worker. Main. */
#pragma once

#include "core/query.h"
#include "storage/remain.h"

/* done gets struct remain by name, a GPtrArray to be unreffed. Errors of pool_orphans();
 * TIMEOUT. */
struct query *orphans_submit(struct engine *engine, struct pool *pool, query_fn done,
                             gpointer data);
