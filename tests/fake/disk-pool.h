/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pools of the driver in memory say of themselves. Its guard is held. */
#pragma once

#include "disk-fake.h"
#include "storage/driver.h"

void disk_pool_reset(void);
void disk_pool_set(const char *name, const struct fake_disk_pool *pool);
/* NULL: nobody said anything of it. */
const struct fake_disk_pool *disk_pool_get(const char *name);
/* used: by its volumes, beside what was said. */
void disk_pool_details(const char *name, guint64 used, struct pool_details *details);
/* NOSPACE. */
gboolean disk_pool_room(const char *name, guint64 bytes, GError **error);
gboolean disk_pool_extend(const char *name, gboolean metadata, guint64 bytes, GError **error);
