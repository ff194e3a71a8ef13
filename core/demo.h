/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A private root with real qubes.xml, real small volumes and libvirt's test
 * driver (design.md 1). Touches nothing outside `dir`. Blocks for some
 * milliseconds: before there is an engine. */
#pragma once

#include <glib.h>

/* Makes the root (kept and reused if `dir` holds one already; dir is created
 * below the temporary directory if NULL, and is then to be removed with
 * demo_remove()). *uri is the hypervisor to connect to, with sys-net,
 * sys-firewall, sys-usb and personal running. The process keeps the root to
 * itself until demo_remove() or its end; BUSY if another one has it. */
gboolean demo_make(const char *dir, char **root, char **uri, GError **error);
void demo_remove(const char *root);
