/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls that fail on demand, by the linker's --wrap (fault.syms). */
#pragma once

#include <glib.h>

/* From now on the nth call counted fails with errnum. `only` is the name of
 * the call that counts; NULL: all; "retried": those that a signal may cut off
 * and that are to be repeated then. nth 0 only counts. */
void fault_arm(const char *only, guint nth, int errnum);
/* The number of calls seen since. */
guint fault_disarm(void);

/* Called before each call of that name; NULL: none. */
void fault_watch(const char *call, void (*seen)(void));

/* While set, pwrite() writes at most this many bytes; 0: all. */
void fault_shorten(gsize bytes);
