/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools that are as they should be, of drivers of Qubes that have no row in
 * storage/drivers.list yet: settings of their qubes can be changed, and what would touch
 * a volume in one is refused. They are no damage, and nothing in them is. */
#pragma once

#include "core/model.h"

/* A driver of Qubes, and none of ours. */
gboolean driver_is_foreign(const char *driver);
/* "pool 'vm-pool': qmc does not work with lvm_thin yet: ..."; caller frees. */
char *foreign_pool_text(const struct pool_entry *entry);
/* The next step: whose tools do. */
#define FOREIGN_HINT "let qubesd do that, with its own tools: qvm-start, qvm-clone, qvm-volume ..."
/* Always FALSE, UNSUPPORTED: the volume is foreign. */
gboolean foreign_refuse(const struct model *model, const struct qube *qube,
                        const struct volume_config *config, GError **error);
