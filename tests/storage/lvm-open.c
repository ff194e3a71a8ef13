/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the stand-in for `lvm` are files elsewhere: linked with --wrap=open. */
#include "config.h"

#include <fcntl.h>
#include <stdarg.h>

#include "lvm-stand.h"

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
    g_autofree char *there = stand_path(path);
    mode_t mode = 0;
    va_list args;

    if (flags & O_CREAT) {
        va_start(args, flags);
        mode = (mode_t)va_arg(args, int);
        va_end(args);
    }
    return __real_open(there, flags, mode);
}
