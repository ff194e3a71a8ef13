/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Renames onto the store that fail when told to, whichever call makes them. Link with
 * $(core_renames_wrap). */
#pragma once

#include <glib.h>

extern gint rename_errno; /* 0: they work; atomic */
extern void (*rename_then)(const char *path); /* after one that worked, on its
                                               * thread; NULL: nothing */
