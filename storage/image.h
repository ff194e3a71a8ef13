/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps on image files that drivers are made of. Private to storage, [W]. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* "cannot VERB 'path': reason", with a next step where there is one. */
void image_error(GError **error, int errnum, const char *verb, const char *path);

/* FALSE is an error: neither a regular file nor plainly missing. A file that
 * cannot be looked at must never be taken for one that is not there. */
gboolean image_look(const char *path, struct stat *st, gboolean *there,
                    GError **error);

/* TRUE if both were written at the same time with the same size: one is an
 * unmodified copy of the other that kept its time. */
gboolean image_same_version(const struct stat *a, const struct stat *b);

/* Missing is success; sets *gone (never to FALSE) if there was something. */
gboolean image_unlink(const char *path, gboolean *gone, GError **error);

/* Renames over, and syncs the directory (one for both). Two names of one file
 * become one name, which rename(2) does not do. */
gboolean image_move(const char *from, const char *to, GError **error);

/* Another name for the same content: a hard link, or a copy with the same time
 * where the file system refuses one (spec/storage.md R-8). `to` is not there. */
gboolean image_share(const char *from, const char *to, GError **error);

/* Makes the directory, but none of its parents: a pool that is not mounted is
 * not to be filled. */
gboolean image_mkdir(const char *dir, GError **error);

gboolean image_sync_parent(const char *path, GError **error);
