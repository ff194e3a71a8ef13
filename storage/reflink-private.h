/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the driver file-reflink (spec/storage.md 2.3): the files of a
 * volume, its revisions, and what happens to them. All [W]. */
#pragma once

#include <sys/stat.h>

#include "storage/image.h"
#include "storage/volume-private.h"

/* The files of a volume. `clean` is the committed state and never changed in
 * place, so it may have other names: a revision, a snapshot's evidence. */
struct images {
    char *vid;
    char *dir;
    char *clean;
    char *dirty;    /* what the VM writes to */
    char *precache; /* a clone of clean with its time, to start by a rename */
    char *import;   /* content that is still coming in */
};
struct images *images_new(const struct volume *volume);
void images_free(struct images *at);
AUTO_DEFINE(images, struct images, images_free)

/* Whether a file may be one of the volume's, by its name ("private", "private.img"); or of
 * any. */
gboolean images_is_of(const char *volume, const char *file);
gboolean images_is_any(const char *file);

/* FALSE for a volume name whose files could be taken for another volume's. */
gboolean images_name_valid(const char *volume);

/* Deletes what interrupted work left behind, known by its names; or whatever this volume ever
 * made. A directory that is not there is success. */
gboolean images_drop_unfinished(const struct images *at, GError **error);
gboolean images_unfinished(const struct images *at); /* there is any */
gboolean images_drop_all(const struct images *at, GError **error);
/* Paths in the volume's directory whose file name passes the test; none if the
 * directory is not there. */
GPtrArray *images_collect(const struct images *at, image_test test, GError **error);
/* The same for what is committed: the clean image and its revisions. */
GPtrArray *images_committed(const struct images *at, GError **error);
/* The same for what images_drop_unfinished() deletes. */
GPtrArray *images_cut_off(const struct images *at, GError **error);
/* EXISTS, naming one of its files; else there is none. */
gboolean images_none(const struct images *at, GError **error);
/* Other names of the committed ones of `from`, in the place of this volume. */
gboolean images_share(const struct images *at, const struct images *from,
                      GError **error);

/* Newest first; struct revision, freed by the array. */
GPtrArray *revisions_list(const struct images *at, GError **error);
/* The files of one of them: its own, and the one that pins it, which is another name
 * of the same, out of reach of who prunes by the count; NULL: there is none. FALSE: there
 * is no such revision. The paths are the caller's. */
gboolean revision_paths(const struct images *at, const char *id, char **path, char **pin,
                        GError **error);
char *revision_pin_path(const struct images *at, const char *id);
/* If `text` goes on like a revision's file ("3@2026-11-21T10:00:00Z", or with ".pin"): its
 * length, with number and time; else 0. */
gsize revision_parse(const char *text, gint64 *number, gint64 *time);
/* Makes the clean image the newest revision, if it is not one already, and
 * deletes the oldest beyond `keep`. */
gboolean revisions_add(const struct images *at, guint keep, GError **error);
/* Syncs nothing: what comes back after a power loss goes with the next one. */
gboolean revisions_prune(const struct images *at, guint keep, GError **error);

/* Paths of those that revisions_prune() deletes; NULL with an error. */
GPtrArray *revisions_surplus(const struct images *at, guint keep, GError **error);

/* Makes a synced image the clean one. The old one has its revision by now. */
gboolean images_commit(const struct images *at, const char *image, guint keep,
                       GError **error);
/* The dirty one, whose revision is made before. */
gboolean images_commit_run(const struct images *at, const struct volume *volume,
                           GError **error);

gboolean reflink_create(struct volume *volume, GError **error);
gboolean reflink_remove(struct volume *volume, GError **error);
gboolean reflink_vacant(const struct volume *volume, GError **error);
gboolean reflink_share(struct volume *volume, const struct volume *source,
                       GError **error);
gboolean reflink_start(struct volume *volume, GError **error);
gboolean reflink_stop(struct volume *volume, GError **error);
gboolean reflink_resize(struct volume *volume, guint64 size, GError **error);
gboolean reflink_clone(struct volume *volume, struct volume *source,
                       const struct watch *watch, GError **error);
gboolean reflink_pin(struct volume *volume, const char *revision, gboolean pinned,
                     GError **error);
gboolean reflink_revert(struct volume *volume, const char *revision, GError **error);
char *reflink_import(struct volume *volume, guint64 size, GError **error);
gboolean reflink_import_commit(struct volume *volume, GError **error);
gboolean reflink_import_drop(struct volume *volume, GError **error);
int reflink_export(struct volume *volume, GError **error);
GPtrArray *reflink_spare(const struct volume *volume, GError **error);
GPtrArray *reflink_orphans(struct pool *pool, const struct pool_claims *claims,
                           GError **error);
gboolean reflink_outdated(const struct volume *volume);
