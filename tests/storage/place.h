/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bench keeps its volumes: what differs from driver to driver. A program links
 * one of place-files.c (file-reflink), place-file.c (file), place-lvm.c (lvm_thin) and
 * place-memory.c (the fake). */
#pragma once

#include "storage/volume.h"

/* Its driver is in the list beside those of storage/drivers.list; NULL: none. */
extern const char *const place_driver;
/* Files of other names can be put beside those of a volume. */
extern const gboolean place_has_names;

/* A snapshot in use has a clean image, that says what it was made from; and a stop knows
 * that nothing was written. */
extern const gboolean place_has_evidence;
/* Its driver has volumes of that kind (of bench.h), and this machine what they need. */
gboolean place_takes(int kind);
/* TRUE if blocks can be shared there. */
gboolean place_shares(const char *dir);
struct pool *place_pool(const char *dir, gboolean shares, GError **error);
/* What a hypervisor does with what was started: that alone may say that it is in use. Of one at
 * a time. */
void place_take(const struct volume *volume);
void place_let_go(void);
/* The bench is over. */
void place_end(void);

/* A path for the image of a volume with this ending ("-dirty.img"). Caller frees. */
char *place_image(const struct volume *volume, const char *ending);
/* Names beside it that hold `part`. */
guint place_count(const struct volume *volume, const char *part);
