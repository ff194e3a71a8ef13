/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What drivers alone need to know of a volume. */
#pragma once

#include "storage/volume-lock.h"
#include "storage/volume.h"

/* The size kept in the store: what a volume has while it has no image. */
guint64 volume_nominal(const struct volume *volume);
void volume_set_nominal(struct volume *volume, guint64 size);

/* The image is opened in place: nothing to commit, nothing to go back to. */
gboolean volume_in_place(const struct volume *volume);

/* revisions_to_keep as a count (spec/storage.md M-14). */
guint volume_keep(const struct volume *volume);

/* TRUE if a vid may have this component (of len bytes): a plain file name without characters
 * that mean something to us, a shell or a terminal. */
gboolean volume_component_valid(const char *part, gsize len);

struct volume_lock *volume_lock_of(struct volume *volume);
/* volume_lock_take() of both (source: NULL ok); what a driver remembers from before is not
 * believed any more, unless it was owned already. */
struct volume_hold volume_hold_take(struct volume *volume, struct volume *source);

/* BUSY, naming it, while content comes into it. Under its lock. */
gboolean volume_check_import(struct volume *volume, GError **error);
/* UNSUPPORTED: "cannot VERB volume ...". Always FALSE. */
gboolean volume_unsupported(const struct volume *volume, const char *verb,
                            GError **error);
/* STATE for one that is changed in place and in use: it has no state before its
 * start to offer (M-13). NULL is fine. */
gboolean volume_offers_state(const struct volume *source, GError **error);
/* STATE for one that saves nothing, or is in use. */
gboolean volume_takes_content(const struct volume *volume, GError **error);
