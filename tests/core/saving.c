/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "saving.h"

#include "hv-fake.h"

struct world *world;

void saving_setup(void)
{
    fake_reset();
    rename_errno = 0;
    rename_then = NULL;
    world = world_new("test:///fake", NULL);
}

void saving_teardown(void)
{
    world_free(world);
}
