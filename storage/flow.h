/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a volume on their way from one descriptor to another: a regular
 * file, a block device or a pipe on either side (spec/storage.md 1.10, 4.7).
 * [W] */
#pragma once

#include "storage/watch.h"

struct flow {
    int from, to;
    const char *source, *target; /* what the errors call them */
    guint64 size;                /* bytes to move */
    /* The target reads as zeros where nothing was written: they are left out, and blocks
     * of a file of the same size are shared if they can be. Else every byte is written. */
    gboolean holes;
    const struct watch *watch;
};

/* Moves exactly `size` bytes, from the present offset of a pipe, else from the
 * beginning. INVALID if the source ends before, or goes on behind (of a file or
 * device only the former is looked at); CANCELLED. The target is not synced.
 * `holes` is for a target that has places, not for a pipe. */
gboolean flow_run(const struct flow *flow, GError **error);

/* Bytes of a regular file or a block device. FALSE: of a pipe nobody knows. */
gboolean flow_size(int fd, guint64 *size);
