/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The event loop that libvirt runs its sockets and timers on, with a thread of
 * its own. libvirt's default one shares GLib's default context, and with it
 * the work of the main thread. */
#pragma once

/* Once per process, before the first connection; it cannot be taken back.
 * Later calls do nothing. */
void event_loop_start(void);
