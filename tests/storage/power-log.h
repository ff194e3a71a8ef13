/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dm-log-writes has written down of a device (the kernel's
 * admin-guide/device-mapper/log-writes.rst): writes that a flush has made durable, in
 * order, and marks between them. */
#pragma once

#include <glib.h>

/* Where the log may be cut: power was lost after so many entries, when that was the last
 * mark. */
struct cut {
    guint entries;
    char mark[16];
};

/* All of them: after each flush, and, if `marked`, at each mark that ends with 'd': what
 * was reported as done then has to be in front of it. Those before the first mark are
 * left out. Free with g_array_unref. */
GArray *log_cuts(const char *log, gboolean marked, GError **error);

/* Does what the entries from..to of the log did, to a file or a device. */
gboolean log_replay(const char *log, guint from, guint to, const char *image, GError **error);
