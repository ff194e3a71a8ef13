/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The encrypted layer of a volume whose content is to be gone with its qube: dm-crypt
 * with a key that never leaves memory (spec/storage.md M-16, 4.5). Private to storage,
 * [W], under the volume's lock. */
#pragma once

#include <glib.h>

struct volume;

/* The device's name where vids are DIRECTORY/QUBE/VOLUME. Caller frees. */
char *ephemeral_name(const struct volume *volume);

/* Maps what the driver has started, with a new key, and zeros its beginning, so that
 * nobody takes the noise for a file system. On failure there is no device. */
gboolean ephemeral_open(const struct volume *volume, GError **error);
/* Its device goes, whatever the setting says by now; missing is success. BUSY if
 * somebody has it open. */
gboolean ephemeral_close(const struct volume *volume, GError **error);
/* The device, if there is one, follows the size of what is below it. */
gboolean ephemeral_stretch(const struct volume *volume, GError **error);
/* "/dev/mapper/..." if the device is there, else NULL. Caller frees. */
char *ephemeral_path(const struct volume *volume);
