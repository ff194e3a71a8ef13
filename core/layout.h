/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where things are (spec/qubes-xml.md 6.8), below --root. root "" is the
 * machine itself. All strings returned are the caller's. */
#pragma once

#include <glib.h>

/* Absolute paths of the store (dir_path, kernels) are read below root too. */
char *layout_path(const char *root, const char *absolute);

/* [W] Makes one of the directories below, a layout_path(), and what is missing above it.
 * From LAYOUT_BASE or LAYOUT_RUN on they are LAYOUT_MODE and of LAYOUT_GROUP, as upstream
 * has them, so that whoever of that group may write the store can take the locks, too.
 * Elsewhere as file_mkdirs(). */
gboolean layout_mkdirs(const char *dir, GError **error);

#define LAYOUT_MODE 02770
#define LAYOUT_GROUP "qubes"

#define LAYOUT_BASE "/var/lib/qubes"
#define LAYOUT_STORE LAYOUT_BASE "/qubes.xml"
#define LAYOUT_BACKUP LAYOUT_BASE "/backup" /* qubesd's */
#define LAYOUT_HISTORY LAYOUT_BACKUP "/qmc"
#define LAYOUT_KERNELS LAYOUT_BASE "/vm-kernels"
#define LAYOUT_RUN "/run/qmc"
#define LAYOUT_QUBESD "/run/qubesd.sock"
