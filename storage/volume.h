/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk of a qube and the state machine common to all drivers
 * (spec/storage.md 1.1-1.6). Thread safe: operations take the volume's own
 * mutex (source before own where both are needed), getters take none. Two
 * struct volume with the same pool name and vid in one process share that
 * mutex. [W] calls may block. */
#pragma once

#include <glib.h>

#include "storage/pool.h"

struct volume_spec {
    const char *name;  /* role: root, private, volatile, kernel ... */
    const char *vid;
    guint64 size;      /* nominal; the image wins */
    gboolean rw, snap_on_start, save_on_stop;
    int revisions_to_keep; /* >= -1; -1: snapshots disabled */
    int ephemeral;         /* -1 unset, 0, 1 */
    gboolean as_is; /* whoever gets it lays nothing over it: a root must be writable */
    struct volume *source; /* iff snap_on_start; same pool */
};

struct revision {
    char *id;      /* as upstream names it: "3@2026-11-21T10:00:00Z" */
    gint64 number; /* order; the clock is not */
    gint64 time;   /* seconds since the epoch, UTC */
    guint64 used;
    gboolean pinned; /* stays, and does not count among those that are kept */
};

/* Checks M-1, M-2 and the driver's own rules; no disk access. */
struct volume *volume_new(struct pool *pool, const struct volume_spec *spec,
                          GError **error);
/* What it was made from; pointers are those of the volume. */
void volume_spec_of(const struct volume *volume, struct volume_spec *spec);
/* The same one with another id. INVALID as above. */
struct volume *volume_new_like(const struct volume *volume, const char *vid,
                               GError **error);
struct volume *volume_ref(struct volume *volume);
void volume_unref(struct volume *volume);
AUTO_DEFINE(volume, struct volume, volume_unref)

struct pool *volume_pool(const struct volume *volume);
const char *volume_name(const struct volume *volume);
const char *volume_vid(const struct volume *volume);
gboolean volume_rw(const struct volume *volume);
gboolean volume_snap_on_start(const struct volume *volume);
gboolean volume_save_on_stop(const struct volume *volume);
int volume_revisions_to_keep(const struct volume *volume);
gboolean volume_as_is(const struct volume *volume);
gboolean volume_ephemeral(const struct volume *volume); /* computed, M-16 */
struct volume *volume_source(const struct volume *volume);

gboolean volume_create(struct volume *volume, GError **error);  /* [W] */
gboolean volume_remove(struct volume *volume, GError **error);  /* [W] */
/* [W] EXISTS, naming it, if there is something of a volume with this vid:
 * volume_create() would destroy it. */
gboolean volume_vacant(struct volume *volume, GError **error);
/* [W] Gives it, which has nothing yet, content and revisions of another volume of
 * its pool, at no cost in space; either may be removed then. For a volume that
 * gets another vid: the new one is whole before the old one goes. STATE if the
 * source is in use, EXISTS if it has something. */
gboolean volume_share(struct volume *volume, struct volume *source, GError **error);
/* [W] NOTFOUND: names the missing file */
gboolean volume_verify(struct volume *volume, GError **error);
gboolean volume_start(struct volume *volume, GError **error);   /* [W] */
gboolean volume_stop(struct volume *volume, GError **error);    /* [W] */
/* [W] STATE if not rw. Smaller than now: INVALID unless `shrink`, and STATE if
 * it is in use. Refreshes loop devices on the image. The nominal size follows
 * on success. */
gboolean volume_resize(struct volume *volume, guint64 size, gboolean shrink,
                       GError **error);
/* [W] The committed content of another volume, maybe of another pool; one that has
 * nothing yet is created by it. Nothing happens to one that saves nothing. */
gboolean volume_clone(struct volume *volume, struct volume *source,
                      const struct watch *watch, GError **error);
/* [W] Makes a revision (NULL: the newest) the present state; what is there now
 * becomes a revision first. STATE if it is in use, NOTFOUND naming those there are. */
gboolean volume_revert(struct volume *volume, const char *revision, GError **error);
/* [W] NOTFOUND, naming those there are; NULL: if there is none at all. */
gboolean volume_has_revision(const struct volume *volume, const char *revision,
                             GError **error);
/* [W] A pinned revision stays until it is unpinned, or the volume goes. NOTFOUND. */
gboolean volume_pin(struct volume *volume, const char *revision, gboolean pinned,
                    GError **error);
/* [W] What may go of it: struct remain, the caller's; nothing while it is in use, or
 * content comes into it. */
GPtrArray *volume_spare(struct volume *volume, GError **error);
/* [W] Deletes what volume_spare() says now; *gone (NULL ok) is that. Nothing is success.
 * What went before a failure is gone. */
gboolean volume_reclaim(struct volume *volume, GPtrArray **gone, GError **error);

/* A start gives its committed state itself to the qube: who reads that has to keep the qube
 * from being started, by whomever. */
gboolean volume_written_in_place(const struct volume *volume);
/* [W] Started and not stopped since, whatever a stop does with the content; also if that
 * cannot be told: nobody may take it for one that is at rest. */
gboolean volume_in_use(const struct volume *volume);
/* [W] The same; FALSE is an error: it cannot be told. */
gboolean volume_look_in_use(const struct volume *volume, gboolean *in_use, GError **error);
/* [W] A stop has something to do: it is in use, or work on it was cut off; or that cannot
 * be told. */
gboolean volume_unsettled(const struct volume *volume);
/* [W] In use, and a stop will save what was written. */
gboolean volume_is_dirty(const struct volume *volume);
/* [W] Started from a state that its source no longer has. */
gboolean volume_is_outdated(const struct volume *volume);
guint64 volume_size(const struct volume *volume);               /* [W] image, else nominal */
/* [W] G_MAXUINT64: not known, or what it takes is not there */
guint64 volume_used(const struct volume *volume);
/* [W] what the VM gets; NULL: nothing */
char *volume_path(const struct volume *volume);
/* [W] Whoever gets that may write to it: it is rw, and not given out read-only for a layer
 * of the guest's own. */
gboolean volume_writable(const struct volume *volume);
/* [W] The directory of its files; NULL: it has none. Caller frees. */
char *volume_dir(const struct volume *volume);
/* [W] newest first; free with g_ptr_array_unref. NULL: they cannot be told. */
GPtrArray *volume_revisions(const struct volume *volume);

/* Nobody else changes them from now on until volumes_disown(), which has to follow: what is
 * decided in between is decided by what is found now, not by what was remembered. For who
 * has the lock of their qube; each operation does it for itself, too. */
void volumes_own(GPtrArray *volumes);
void volumes_disown(GPtrArray *volumes);

/* [W] All volumes in parallel, waits for all, returns the first error in
 * array order and logs the others. volumes_start stops what it started when
 * one of them fails. */
gboolean volumes_verify(GPtrArray *volumes, GError **error);
gboolean volumes_start(GPtrArray *volumes, GError **error);
gboolean volumes_stop(GPtrArray *volumes, GError **error);
/* [W] One of them is; with an error: none that can be told, and not all can. */
gboolean volumes_unsettled(GPtrArray *volumes, GError **error);
