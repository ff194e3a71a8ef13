/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A world whose store can refuse to be replaced, for tests of operations that
 * write it. Link with -Wl,--wrap=rename. */
#pragma once

#include "world.h"

extern struct world *world;
extern gint rename_errno; /* of a rename onto the store; 0: it works; atomic */
extern void (*rename_then)(const char *path); /* after one that worked, on its
                                               * thread; NULL: nothing */

/* Around each test. */
void saving_setup(void);
void saving_teardown(void);
