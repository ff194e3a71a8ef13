/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "saving.h"

#include <errno.h>
#include <stdio.h>

#include "core/layout.h"
#include "hv-fake.h"

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

struct world *world;
gint rename_errno;
void (*rename_then)(const char *path);

int __wrap_rename(const char *from, const char *to)
{
    int errnum = g_atomic_int_get(&rename_errno);

    if (!g_str_has_suffix(to, LAYOUT_STORE))
        return __real_rename(from, to);
    if (errnum || __real_rename(from, to) < 0) {
        errno = errnum ? errnum : errno;
        return -1;
    }
    if (rename_then)
        rename_then(to);
    return 0;
}

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
