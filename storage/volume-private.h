/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What drivers alone need to know of a volume. */
#pragma once

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
