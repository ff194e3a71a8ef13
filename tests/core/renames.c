/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/core/renames.h"

#include <errno.h>
#include <stdio.h>

#include "core/layout.h"

gint rename_errno;
void (*rename_then)(const char *path);

static gboolean fails(const char *to)
{
    int errnum = g_atomic_int_get(&rename_errno);

    if (!errnum || !g_str_has_suffix(to, LAYOUT_STORE))
        return FALSE;
    errno = errnum;
    return TRUE;
}

static int follow(int status, const char *to)
{
    int errnum = errno;

    if (status == 0 && rename_then && g_str_has_suffix(to, LAYOUT_STORE))
        rename_then(to);
    errno = errnum;
    return status;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(to) ? -1 : follow(__real_rename(from, to), to);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags)
{
    return fails(to) ? -1
                     : follow(__real_renameat2(from_dir, from, to_dir, to, flags), to);
}
