/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the drivers of image files have in common of a pool's directory: DIR/PREFIX/QUBE,
 * with the images of the volumes of that qube. Private to storage. */
#pragma once

#include "storage/image.h"
#include "storage/volume.h"

/* The directories that have those of qubes; ends with NULL. No others: udev rules of dom0
 * hide loop devices below these from blkid. */
extern const char *const homes_prefixes[];

/* driver.vid */
char *homes_vid(const struct pool *pool, const char *prefix, const char *qube,
                const char *volume);
/* INVALID unless the id is PREFIX/QUBE/VOLUME, of which the driver knows the last. */
gboolean homes_check(const struct volume *volume, gboolean (*name_valid)(const char *name),
                     GError **error);

/* Adds an image by its path; what it uses is looked up, [W]. */
void homes_spare_add(GPtrArray *spare, const struct volume *volume, enum remain_kind kind,
                     const char *path);
/* driver.discard, [W] */
gboolean homes_discard(struct volume *volume, const GPtrArray *spare, GError **error);

/* Which files are images: of one volume ("private", "private.img"), or of any. */
struct homes_images {
    image_test is_of;
    gboolean (*is_any)(const char *file);
};
/* driver.orphans, [W]. Whatever has a name that the driver never gives is somebody's own. */
GPtrArray *homes_orphans(struct pool *pool, const struct pool_claims *claims,
                         const struct homes_images *images, GError **error);
