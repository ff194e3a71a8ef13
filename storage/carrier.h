/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On which block device a directory is (spec/storage.md 2.8). Private to storage. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* [W] The device of the file system that has it, also of one that hides it (btrfs). FALSE:
 * it is on none. */
gboolean carrier_of(const char *dir, dev_t *dev);

/* [W] Whether it is a device-mapper device that stands on the one with that name, and on
 * nothing between them. Goes by sysfs, which is at `sys`: nobody needs a right for that. */
gboolean carrier_stands_on(const char *sys, dev_t dev, const char *name);

/* What is mounted where a directory is, by the text of /proc/self/mountinfo: "/dev/vg/lv";
 * NULL: nothing that it knows. Caller frees. */
char *carrier_source(const char *untrusted_mountinfo, const char *dir);
