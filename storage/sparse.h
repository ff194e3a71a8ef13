/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image files with holes: making, copying and sharing them so that the target
 * is either the old file or the complete new one (spec/storage.md 2.3, 3.4,
 * 4.7). Private to storage, [W]. */
#pragma once

#include "storage/watch.h"

/* The target's directory exists. All of these write `target~RANDOM`, sync it,
 * rename it over and sync the directory; mode 0600. On failure the target is
 * what it was (if only the last sync failed it may be the new one) and no other
 * file stays. */

/* `size` bytes of nothing. */
gboolean sparse_create(const char *target, guint64 size, GError **error);
/* The same, but nothing is synced: for what a power loss makes worthless. */
gboolean sparse_scratch(const char *target, guint64 size, GError **error);

struct sparse_copy {
    const char *source, *target;
    gint64 size;         /* of the target; -1: as the source */
    gboolean keep_time;  /* the target's mtime is the source's */
    gboolean clone_only; /* UNSUPPORTED rather than copy the bytes */
    gboolean data_only;  /* new blocks on the disk, nothing shared */
    const struct watch *watch;
};

/* Shares the blocks by FICLONE. Only where the kernel says that it cannot
 * (EBADF, EINVAL, EOPNOTSUPP, EXDEV) the bytes are copied, without the holes:
 * any other answer may be a fault of the disk and is an error. */
gboolean sparse_copy(const struct sparse_copy *copy, GError **error);

/* TRUE if files of this directory can share blocks. FALSE with an error only
 * if that could not be found out. */
gboolean sparse_can_share(const char *dir, gboolean *can, GError **error);
