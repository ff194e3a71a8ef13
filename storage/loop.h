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

/* Tells every loop device on this image (by device and inode) its new size. */
gboolean loop_refresh(const char *image, GError **error);

/* Devices now on this image: paths, maybe none. */
GPtrArray *loop_users(const char *image);
