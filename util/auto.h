/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locals that clean up after themselves, for what GLib has no g_auto for. */
#pragma once

#include <unistd.h>

static inline void auto_fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* A file descriptor closed at the end of the block; hand it on with
 * auto_fd_steal(). */
#define auto_fd __attribute__((cleanup(auto_fd_close), unused))

static inline int auto_fd_steal(int *fd)
{
    int out = *fd;

    *fd = -1;
    return out;
}

/* AUTO_DEFINE(volume, struct volume, volume_free) lets a block say
 * `auto_of(volume) struct volume *v = NULL;`. */
#define AUTO_DEFINE(noun, type, release)                                       \
    static inline void noun##_auto_release(type **object)                      \
    {                                                                          \
        if (*object)                                                           \
            release(*object);                                                  \
    }
/* unused: a lock is held by being there. */
#define auto_of(noun) __attribute__((cleanup(noun##_auto_release), unused))
