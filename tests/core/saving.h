/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A world whose store can refuse to be replaced, for tests of operations that
 * write it. Link with $(core_renames_wrap). */
#pragma once

#include "tests/core/renames.h"
#include "world.h"

extern struct world *world;

/* Around each test. */
void saving_setup(void);
void saving_teardown(void);
