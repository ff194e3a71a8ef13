/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the kernel's device-mapper (spec/storage.md 4.1-4.3). Private to
 * storage, [W]. Thread safe, though libdevmapper is not: calls are one after the
 * other. Device rules of dom0 never look at what is inside (udev's "other rules"
 * are off), and a device is there, or gone, with its node in /dev/mapper when a call
 * returns; udevd need not run for it.
 *
 * All may fail with UNSUPPORTED (the kernel has no device-mapper), DENIED, NOTFOUND
 * (no such device), BUSY (it is open), TIMEOUT (udevd does not answer), else IO. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "util/auto.h"

/* One target over the whole device; operands in params are MAJOR:MINOR. */
struct dm_table {
    guint64 sectors; /* of 512 bytes */
    const char *type, *params;
    gboolean readonly;
    gboolean secret; /* params hold a key: the kernel wipes its buffers */
};

struct dm_node {
    gboolean exists, suspended;
    guint opens; /* who has it open, other devices too */
    dev_t dev;
};

/* UNSUPPORTED or DENIED if there is no point in trying. */
gboolean dm_usable(GError **error);

/* Missing is no error. */
gboolean dm_node_look(const char *name, struct dm_node *node, GError **error);
/* On failure it is not there. */
gboolean dm_node_create(const char *name, const struct dm_table *table, GError **error);
/* The new table takes the place of the old one in one step; also of a device that is
 * suspended, which is resumed by it. */
gboolean dm_node_reload(const char *name, const struct dm_table *table, GError **error);
/* A device of one target gets another length, with the operands it has; a key among them
 * is seen by nobody. */
gboolean dm_node_stretch(const char *name, guint64 sectors, GError **error);
/* Whoever writes to it waits until it is resumed. */
gboolean dm_node_suspend(const char *name, GError **error);
gboolean dm_node_resume(const char *name, GError **error);
/* Missing is success. udevd may hold it for a moment: tried again for some seconds. */
gboolean dm_node_remove(const char *name, GError **error);
/* The devices it stands on: dev_t. */
GArray *dm_node_deps(const char *name, GError **error);
/* Sectors, and the type of the (first) target, which the caller frees. */
gboolean dm_node_table(const char *name, guint64 *sectors, char **type, GError **error);

/* Names that begin so; none where the kernel has no device-mapper. */
GPtrArray *dm_names(const char *prefix, GError **error);
/* The same by the nodes in /dev/mapper: for getters, without a right or a lock. */
GPtrArray *dm_nodes(const char *prefix);
/* "/dev/mapper/NAME" */
char *dm_path(const char *name);
/* Bytes of the device with that node, whoever may open it; 0: not known. */
guint64 dm_path_size(const char *path);

enum dm_health {
    DM_HEALTHY,
    DM_INVALID,      /* the store was full or could not be read: it is lost */
    DM_OVERFLOW,     /* the same, not yet noted in the store */
    DM_MERGE_FAILED,
};

struct dm_snapshot {
    enum dm_health health;
    guint64 used, total, metadata; /* sectors; used is metadata: nothing is saved in it */
};
/* Of targets snapshot and snapshot-merge. */
gboolean dm_snapshot_look(const char *name, struct dm_snapshot *snapshot, GError **error);
