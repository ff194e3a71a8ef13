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

/* Missing is success. Syncs nothing: for what may come back after a power loss. */
gboolean image_unlink(const char *path, GError **error);

/* Renames over, and syncs the directory (one for both). Two names of one file
 * become one name, which rename(2) does not do. */
gboolean image_move(const char *from, const char *to, GError **error);

/* Another name for the same content: a hard link, or a copy with the same time
 * where the file system refuses one (spec/storage.md R-8). `to` is not there. */
gboolean image_share(const char *from, const char *to, GError **error);

/* Makes the directory, but none of its parents: a pool that is not mounted is
 * not to be filled. */
gboolean image_mkdir(const char *dir, GError **error);

/* For what others have written into it. On failure its bytes are written once more, and
 * it may be another file then: a second call means what it says (spec/storage.md R-5). */
gboolean image_sync(const char *image, GError **error);
gboolean image_sync_parent(const char *path, GError **error);

/* Whether this, behind the name of an image, makes it what a replace leaves that was cut
 * off, upstream's or ours: '~' and eight of a-z, 0-9 and _, of which one at least is no
 * letter. What a person calls his copy ("private.img~original") is his. */
gboolean image_is_temporary(const char *rest);

/* Deletes them, and syncs the directory of the first. Missing is success. */
gboolean image_drop(const char *const *paths, GError **error);
#define IMAGE_DROP(error, ...) image_drop((const char *const[]){__VA_ARGS__, NULL}, error)

/* Whether a file in a volume's directory is one of those that are asked for; `of` is what
 * the volume is known by there. */
typedef gboolean (*image_test)(const char *of, const char *file);
/* Their paths; none if the directory is not there. */
GPtrArray *image_collect(const char *dir, const char *of, image_test test, GError **error);
gboolean image_drop_all(const char *dir, const char *of, image_test test, GError **error);
/* EXISTS, naming one; else there is none. */
gboolean image_none(const char *dir, const char *of, image_test test, GError **error);

/* NOTFOUND, with the volume's id, if it is missing. */
gboolean image_need(const char *path, const char *vid, struct stat *st, GError **error);
