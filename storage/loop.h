/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loop devices (spec/storage.md 4.6), [W]. */
#pragma once

#include <glib.h>

#include "util/auto.h"

/* Attaches an image with LO_AUTOCLEAR (and read-only if asked) and returns the
 * open descriptor: the device goes away by itself when the last user closes
 * it, so keep it open until the hypervisor has it. *device is "/dev/loopN".
 * UNSUPPORTED if the kernel has no loop driver, DENIED without the right. */
int loop_attach(const char *image, gboolean readonly, char **device,
                GError **error);

/* The same for the one device that an image may have below device-mapper: one that
 * is there already is opened (spec/storage.md F-2). BUSY if that shows another part
 * of the image, or may not be written to. */
int loop_attach_one(const char *image, char **device, GError **error);

/* Tells every loop device on this image (by device and inode) its new size. */
gboolean loop_refresh(const char *image, GError **error);

/* Devices now on this image: paths, maybe none. */
GPtrArray *loop_users(const char *image);
