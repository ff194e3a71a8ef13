/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large and how full pools and volumes are: named on main, read on a worker
 * [W], put into the model on main. What went meanwhile is passed over. */
#pragma once

#include "core/model.h"

/* g_array_unref() them. */
GArray *figures_of_pools(const struct model *model);
GArray *figures_of_volumes(const struct model *model,
                           GHashTable *uuids); /* NULL: of all qubes */

void figures_read_pools(GArray *figures);   /* [W] */
void figures_read_volumes(GArray *figures); /* [W] */

/* What was read goes over into the model. */
void figures_apply_pools(GArray *figures, struct model *model);
/* With one EVENT_VOLUMES, if there are any. */
void figures_apply_volumes(const GArray *figures, struct model *model);
