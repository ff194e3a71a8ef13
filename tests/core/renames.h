/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Renames onto the store that fail when told to, whichever call makes them. Link with
 * $(core_renames_wrap). */
#pragma once

#include <glib.h>

/* Both, for who stands in between another way. */
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags);

extern gint rename_errno; /* 0: they work; atomic */
extern void (*rename_then)(const char *path); /* after one that worked, on its
                                               * thread; NULL: nothing */
