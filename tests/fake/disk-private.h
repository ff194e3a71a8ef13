/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the driver in memory share. */
#pragma once

#include "disk-blob.h"
#include "storage/volume-private.h"

struct kept {
    struct revision public;
    struct blob *image;
};

/* Of one volume. */
struct disk {
    struct blob *clean, *dirty, *import;
    GPtrArray *kept; /* struct kept, newest first */
};

extern GMutex disk_guard; /* of all disks */

/* NULL: it has nothing. */
struct disk *disk_find(const struct volume *volume);

/* disk-look.c: the getters, which take the guard. */
gboolean disk_in_use(const struct volume *volume, GError **error);
gboolean disk_unfinished(const struct volume *volume);
gboolean disk_outdated(const struct volume *volume);
guint64 disk_size(const struct volume *volume);
guint64 disk_used(const struct volume *volume);
char *disk_path(const struct volume *volume);
GPtrArray *disk_revisions(const struct volume *volume, GError **error);
