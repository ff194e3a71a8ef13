/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a qube has on disk and leaves there when it goes out of the store, because
 * nobody can tell what is its own, or reach it: its entry is damaged, or one of its
 * volumes cannot be used. Main. */
#pragma once

#include "core/model.h"

/* Its entry is damaged: what it has cannot be told from what others have there. */
gboolean kept_is_damaged(const struct qube *qube);
/* The volume that cannot be used; NULL: it has none such. */
const struct volume_config *kept_because(const struct model *model,
                                         const struct qube *qube);
/* Its directory and volumes, as far as the store says: "directory
 * /var/lib/qubes/appvms/work, volume private 'appvms/work/private' of pool 'big'". NULL:
 * nothing is kept; "": nobody knows what. Paths as the machine of the store has them.
 * Caller frees. */
char *kept_text(const struct model *model, const struct qube *qube);
