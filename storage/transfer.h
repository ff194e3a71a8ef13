/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of a volume on its way in and out (spec/storage.md 1.5, 1.10).
 * All [W]. */
#pragma once

#include "storage/volume.h"

/* What is written to an object apart and becomes the state of the volume only by
 * incoming_commit(). Until it is freed whatever else changes the volume is BUSY. */
struct incoming;

/* For exactly `size` bytes; 0: as many as it has now. STATE if it saves nothing or
 * is in use, BUSY if there is an import already. */
struct incoming *incoming_new(struct volume *volume, guint64 size, GError **error);
/* A file or device that is there, and reads as zeros. */
const char *incoming_path(const struct incoming *incoming);
guint64 incoming_size(const struct incoming *incoming);
/* What it had is a revision then, until the next stop also of a volume that keeps none.
 * On failure the volume is what it was. */
gboolean incoming_commit(struct incoming *incoming, GError **error);
/* What was not committed is removed. */
void incoming_free(struct incoming *incoming);
AUTO_DEFINE(incoming, struct incoming, incoming_free)

/* One end of a transfer that is no volume; `name` is what errors call it. */
struct transfer {
    int fd;
    const char *name;
    const struct watch *watch;
};

/* Replaces the content by exactly `size` bytes (0: as many as the volume has now)
 * of what comes, see flow_run(), and by zeros up to a whole sector. */
gboolean volume_import(struct volume *volume, guint64 size,
                       const struct transfer *from, GError **error);
/* Writes the state before the last start, which nothing changes meanwhile, and
 * syncs it; an empty file gets holes. STATE if the volume keeps no such state. */
gboolean volume_export(struct volume *volume, const struct transfer *to,
                       GError **error);
