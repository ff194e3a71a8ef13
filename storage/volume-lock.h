/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One lock per volume and process, however many struct volume stand for it
 * (spec/storage.md 3.1). Private to storage. */
#pragma once

#include <glib.h>

#include "util/auto.h"

struct volume_lock;

struct volume_lock *volume_lock_get(const char *pool, const char *vid);
void volume_lock_put(struct volume_lock *lock);

/* Content on its way in or out takes longer than a lock may be held: it is noted
 * here, by who holds the lock. */
void volume_lock_import(struct volume_lock *lock, gboolean begins);
gboolean volume_lock_importing(struct volume_lock *lock);
void volume_lock_export(struct volume_lock *lock, gboolean begins);
gboolean volume_lock_exporting(struct volume_lock *lock);

/* Whoever has its lock, or that of its qube, owns it until he lets it go: as many times.
 * TRUE: nobody did before, and somebody else may have changed it until now. */
gboolean volume_lock_own(struct volume_lock *lock);
void volume_lock_disown(struct volume_lock *lock);

/* Own exclusively and source (or NULL) shared, so that qubes of one template
 * start at the same time. Two are always taken in the same order: operations
 * that name each other's volumes cannot wait for each other for ever. */
struct volume_hold {
    struct volume_lock *own, *source;
    gboolean first; /* as volume_lock_own() says */
};
struct volume_hold volume_lock_take(struct volume_lock *own,
                                    struct volume_lock *source);
void volume_hold_release(struct volume_hold *hold);
#define auto_hold __attribute__((cleanup(volume_hold_release), unused))
