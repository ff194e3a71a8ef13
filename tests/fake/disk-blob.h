/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content of the driver in memory; several names may have the same. Its guard is held. */
#pragma once

#include <glib.h>

struct blob {
    guint names;
    int fd;
    guint64 filled; /* said to be used, without memory for it */
};

struct blob *blob_new(guint64 size);
/* One more name of it. */
struct blob *blob_name(struct blob *blob);
/* One less, of those that there are; the place is empty then. */
void blob_drop(struct blob **image);
guint64 blob_size(const struct blob *blob);
void blob_fill(struct blob *blob, guint64 bytes);
guint64 blob_used(const struct blob *blob); /* NULL: 0 */
/* Of that size, with its time and its holes. */
struct blob *blob_copy(const struct blob *from, guint64 size);
/* They are of one size and time. */
gboolean blob_is_version(const struct blob *a, const struct blob *b);
/* That can be opened in this process; NULL: of none. Caller frees. */
char *blob_path(const struct blob *blob);
