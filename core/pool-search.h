/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies in pools and nobody needs: without an owner, or what reclaiming would delete.
 * Named on main, read on a worker [W], put into the model on main. */
#pragma once

#include "core/model.h"

/* Of all pools that can be used; g_ptr_array_unref() it. */
GPtrArray *pool_searches_new(const struct model *model);
/* A pool that cannot be read stays unknown. */
void pool_searches_run(GPtrArray *searches); /* [W] */
/* What was found goes over into the model. With one EVENT_POOLS. */
void pool_searches_apply(GPtrArray *searches, struct model *model);
