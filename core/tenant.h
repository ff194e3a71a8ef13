/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who else lives in the directory of a qube: a pool, the directory or an image of
 * another qube, by whatever way it leads there. Names are no proof: a link, a bind
 * mount or an odd dir_path leads into a directory that does not show in its path. So
 * directories are compared by device and inode. */
#pragma once

#include "core/model.h"

struct tenants;

/* Main: all that the store has, copied for a worker. */
struct tenants *tenants_new(const char *root, const struct model *model);
void tenants_free(struct tenants *tenants);
AUTO_DEFINE(tenants, struct tenants, tenants_free)
/* That qube lives there by right: what it has does not count. */
void tenants_except(struct tenants *tenants, const char *uuid);

/* [W] Whether the directory, with all below it, can go or get another name without
 * hurting anybody. STATE names who else has something in it, and where; BUSY: something
 * is mounted on it or in it; DENIED: something in it is immutable. What is no directory,
 * or not there, can. */
gboolean tenants_check(const struct tenants *tenants, const char *dir, GError **error);
