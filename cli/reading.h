/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that a verb reads: on a worker, while main waits and turns its loop. */
#pragma once

#include <glib.h>

/* [W] What is in the file; NULL with the error. */
typedef gpointer (*reading_fn)(const char *path, GError **error);

/* Main. The result is the caller's; drop frees one that comes too late (TIMEOUT). */
gpointer reading_wait(const char *path, reading_fn read, GDestroyNotify drop,
                      GError **error);
