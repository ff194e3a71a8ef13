/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the driver file (spec/storage.md 2.2): an image that is changed in place,
 * and a cow that keeps what is overwritten for whoever needs the state before. All
 * [W]. */
#pragma once

#include <sys/stat.h>

#include "storage/file-plan.h"
#include "storage/volume-private.h"

/* The files of a volume. */
struct cowfiles {
    char *vid;
    char *dir;
    char *image;    /* what there is now; a running origin writes to it */
    char *cow;      /* what it was before, or what a snapshot's qube has written */
    char *old;      /* the cow of the last run: the revision */
    char *replaced; /* the whole image before an import: the revision in its place */
    char *import;   /* content that is still coming in */
    char *old_aside, *replaced_aside; /* one of those, until an import has come to its end */
    char *merge;    /* names the cow that a revert is putting back */
    char *layer;    /* of a root volatile.img beside it: what is written to it in layout r3, if
                     * it is taken as it is; of others NULL */
};
struct cowfiles *cowfiles_new(const struct volume *volume);
void cowfiles_free(struct cowfiles *at);
AUTO_DEFINE(cowfiles, struct cowfiles, cowfiles_free)

gboolean cowfiles_name_valid(const char *volume);
/* Whether a file may be one of the volume's, by its name ("private", "private-cow.img"); or
 * of any. */
gboolean cowfiles_is_of(const char *volume, const char *file);
gboolean cowfiles_is_any(const char *file);
gboolean cowfiles_drop_all(const struct cowfiles *at, GError **error);
/* There is something that the next one would drop. */
gboolean cowfiles_unfinished(const struct cowfiles *at);
/* Their paths. */
GPtrArray *cowfiles_cut_off(const struct cowfiles *at, GError **error);
/* What an import that fails, or is cut off, gives back: the revision. */
gboolean cowfiles_set_aside(const struct cowfiles *at, GError **error);
gboolean cowfiles_restore(const struct cowfiles *at, GError **error);
gboolean cowfiles_drop_unfinished(const struct cowfiles *at, GError **error);
/* EXISTS, naming one of its files; else there is none. */
gboolean cowfiles_none(const struct cowfiles *at, GError **error);
/* Other names of what is committed in `from`. */
gboolean cowfiles_share(const struct cowfiles *at, const struct cowfiles *from,
                        GError **error);
/* NOTFOUND naming the file and the volume. */
gboolean cowfiles_need(const struct cowfiles *at, struct stat *st, GError **error);

enum cow_state {
    COW_NONE,
    COW_EMPTY,
    COW_SAVED, /* something is in it */
    COW_LOST,  /* it was full once: what is in it means nothing any more */
};
gboolean cow_look(const char *cow, enum cow_state *state, GError **error);
/* Whether an image of that size has place for all that it was made from. */
gboolean cow_fits(const char *cow, guint64 size, gboolean *fits, GError **error);
/* There is an empty one for an origin of that size, or the one that is in use. */
gboolean cow_prepare(const char *cow, guint64 origin, GError **error);

/* Which layout a pool has: what the file .layout in its directory says, r3 or r4; r4 where
 * there is none. Only a start goes by it, and it may change at any time: what was started is
 * known by its devices and files. INVALID for another word. */
gboolean cowfile_layout(const struct pool *pool, enum file_layout *layout, GError **error);
/* Of a layout that cannot be read: r4. */
const struct file_plan *cowfile_plan(const struct volume *volume);
/* What its flags make of it; of layout r3 more is changed in place. */
enum file_kind cowfile_kind(const struct volume *volume);

/* The devices of a volume. Nobody else changes those of its pool meanwhile, in this
 * process or another. */
struct stack;
struct stack *stack_open(const struct volume *volume, GError **error);
void stack_close(struct stack *stack);
AUTO_DEFINE(stack, struct stack, stack_close)
/* Makes what is missing of them; on failure what it made is gone. */
gboolean stack_build(struct stack *stack, GError **error);
/* Removes what the volume's qube had, and what nobody needs any more without it
 * (F-4). BUSY if it is still open. Nothing there is success. */
gboolean stack_tear(struct stack *stack, GError **error);
/* STATE, with what is wanted: a qube stands on the volume's image alone, without its past, and
 * not with any change to it. */
gboolean stack_none_alone(struct stack *stack, const char *verb, GError **error);
/* STATE, with what is wanted: devices, whoever's, stand on the volume's image. */
gboolean stack_none(struct stack *stack, const char *verb, GError **error);
/* A device that is the origin, if there is one, gets the size of the image. */
gboolean stack_resize(struct stack *stack, guint64 size, GError **error);
/* Puts back what the cow `old` saved, into the image; what that overwrites is saved
 * in the cow. What was cut off goes on. */
gboolean stack_merge(struct stack *stack, const char *old, GError **error);

/* Without a lock, and without libdevmapper: is it there, and where. */
gboolean stack_is_running(const struct volume *volume);
char *stack_path(const struct volume *volume);
/* It is a root whose changes are in the file `layer`. */
gboolean stack_is_alone(const struct volume *volume);
/* Its image is, or at its next start would be, the layer of a root: it has none itself. */
gboolean stack_is_layer(const struct volume *volume);

/* A revert that was cut off is ended. Success if there is none. */
gboolean merge_settle(const struct volume *volume, const struct cowfiles *at, GError **error);
/* STATE for one that was cut off: the image is half of one state and half of another. */
gboolean merge_none(const struct cowfiles *at, GError **error);
gboolean merge_run(struct stack *stack, const struct cowfiles *at, GError **error);
/* What the qube wrote into the image is on the disk. Success if there is none. */
gboolean cowfiles_sync(const struct cowfiles *at, GError **error);
/* What the image has is on the disk, and what the cow has becomes the revision, by what the
 * volume keeps at least. */
gboolean cow_commit(const struct cowfiles *at, guint keep, GError **error);

gboolean cowfile_create(struct volume *volume, GError **error);
gboolean cowfile_remove(struct volume *volume, GError **error);
gboolean cowfile_vacant(const struct volume *volume, GError **error);
gboolean cowfile_share(struct volume *volume, const struct volume *source, GError **error);
gboolean cowfile_start(struct volume *volume, GError **error);
gboolean cowfile_stop(struct volume *volume, GError **error);
gboolean cowfile_resize(struct volume *volume, guint64 size, GError **error);
gboolean cowfile_clone(struct volume *volume, struct volume *source,
                       const struct watch *watch, GError **error);
gboolean cowfile_revert(struct volume *volume, const char *revision, GError **error);
char *cowfile_import(struct volume *volume, guint64 size, GError **error);
gboolean cowfile_import_commit(struct volume *volume, GError **error);
gboolean cowfile_import_drop(struct volume *volume, GError **error);
int cowfile_export(struct volume *volume, GError **error);
gboolean cowfile_in_use(const struct volume *volume, GError **error);
GPtrArray *cowfile_spare(const struct volume *volume, GError **error);
gboolean cowfile_discard(struct volume *volume, const GPtrArray *spare, GError **error);
GPtrArray *cowfile_orphans(struct pool *pool, const struct pool_claims *claims,
                           GError **error);
GPtrArray *cowfile_revisions(const struct volume *volume, GError **error);
