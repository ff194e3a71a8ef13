/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A qube as workers see it, and the lock on it across processes (design.md 4):
 * <root>/run/qmc/UUID.lock, held over start, stop work and resize with the
 * hypervisor's state read again under it. The file names its holder, because
 * a lock query cannot. */
#pragma once

#include <gio/gio.h>

#include "core/model.h"
#include "util/auto.h"

struct engine;
struct hold;

/* Main: copies what a worker needs. Volumes without a handle are left out. */
struct hold *hold_new(struct engine *engine, const struct qube *qube);
/* Any thread; releases the lock too. */
void hold_free(struct hold *hold);
AUTO_DEFINE(hold, struct hold, hold_free)

const char *hold_name(const struct hold *hold);
const char *hold_uuid(const struct hold *hold);
GPtrArray *hold_volumes(const struct hold *hold); /* struct volume */

/* [W] Takes the lock, waiting at most timeout_ms (BUSY names the holder), asks
 * whether the store may be written at all (DENIED) and still has the qube under that
 * name (NOTFOUND) with those volumes (BUSY), waits for a domain that is
 * being torn down and reads its state as hold_look() does. A halted qube gets its stop
 * work done here, so that whatever follows finds clean volumes. Offline the state reads
 * Halted and no stop work is done. `verb` is shown to others. */
gboolean hold_take(struct hold *hold, const char *verb, int timeout_ms,
                   GCancellable *cancel, GError **error);
/* [W] The same, but no hypervisor is asked and no stop work is done: for what does not
 * depend on the state. */
gboolean hold_lock(struct hold *hold, const char *verb, int timeout_ms,
                   GCancellable *cancel, GError **error);
void hold_release(struct hold *hold);
/* As read when it was taken. */
enum power_state hold_state(const struct hold *hold);

/* [W] STATE ("cannot VERB 'work': ...") unless it was halted then. Offline, where
 * that is not known, unless none of its volumes is in use. */
gboolean hold_check_halted(const struct hold *hold, const char *verb, GError **error);

/* [W] The state now, past a teardown in progress; needs no lock. STATE if a domain of its
 * name runs that has another UUID than the store says: the qube is not running then, and
 * yet somebody has its images in use. */
gboolean hold_look(struct hold *hold, GCancellable *cancel, GError **error);
/* [W] The same of its own domain alone: to take back what was made for that, and where
 * nothing depends on who else runs. */
gboolean hold_look_own(struct hold *hold, GCancellable *cancel, GError **error);
