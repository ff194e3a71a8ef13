/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
    gboolean armed;
    const char *only;
    guint nth, seen;
    int errnum;
} fault;
static gsize longest;
static struct {
    const char *call;
    void (*seen)(void);
} watched;

void fault_arm(const char *only, guint nth, int errnum)
{
    fault.armed = TRUE;
    fault.only = only;
    fault.nth = nth;
    fault.seen = 0;
    fault.errnum = errnum;
}

guint fault_disarm(void)
{
    fault.armed = FALSE;
    return fault.seen;
}

void fault_watch(const char *call, void (*seen)(void))
{
    watched.call = call;
    watched.seen = seen;
}

void fault_shorten(gsize bytes)
{
    longest = bytes;
}

static gboolean counts(const char *call, gboolean retried)
{
    if (!fault.only)
        return TRUE;
    if (g_str_equal(fault.only, "retried"))
        return retried;
    return g_str_equal(fault.only, call);
}

/* What it calls itself is not seen. */
static void tell(const char *call)
{
    void (*seen)(void) = watched.seen;

    if (!seen || !g_str_equal(watched.call, call))
        return;
    watched.seen = NULL;
    seen();
    watched.seen = seen;
}

static gboolean fails(const char *call, gboolean retried)
{
    tell(call);
    if (!fault.armed || !counts(call, retried) || ++fault.seen != fault.nth)
        return FALSE;
    errno = fault.errnum;
    return TRUE;
}

#define WRAP(type, call, retried, failure, parameters, ...)                    \
    type __real_##call parameters;                                             \
    type __wrap_##call parameters;                                             \
    type __wrap_##call parameters                                              \
    {                                                                          \
        return fails(#call, retried) ? failure : __real_##call(__VA_ARGS__);   \
    }

WRAP(int, rename, FALSE, -1, (const char *a, const char *b), a, b)
WRAP(int, link, FALSE, -1, (const char *a, const char *b), a, b)
WRAP(int, unlink, FALSE, -1, (const char *path), path)
WRAP(int, mkdir, FALSE, -1, (const char *path, mode_t mode), path, mode)
WRAP(int, rmdir, FALSE, -1, (const char *path), path)
WRAP(int, stat, FALSE, -1, (const char *path, struct stat *st), path, st)
WRAP(int, fstat, FALSE, -1, (int fd, struct stat *st), fd, st)
WRAP(int, ftruncate, TRUE, -1, (int fd, off_t size), fd, size)
WRAP(int, fchmod, FALSE, -1, (int fd, mode_t mode), fd, mode)
WRAP(int, futimens, FALSE, -1, (int fd, const struct timespec *t), fd, t)
WRAP(off_t, lseek, FALSE, -1, (int fd, off_t at, int how), fd, at, how)
WRAP(ssize_t, pread, TRUE, -1, (int fd, void *to, size_t n, off_t at), fd, to, n, at)
WRAP(ssize_t, __pread_chk, TRUE, -1,
     (int fd, void *to, size_t n, off_t at, size_t room), fd, to, n, at, room)
WRAP(ssize_t, pwrite, TRUE, -1,
     (int fd, const void *from, size_t n, off_t at), fd, from,
     longest ? MIN(n, longest) : n, at)
WRAP(DIR *, opendir, FALSE, NULL, (const char *path), path)

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    struct stat st;

    __real_fstat(fd, &st);
    return fails("fsync", !S_ISDIR(st.st_mode)) ? -1 : __real_fsync(fd);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return fails("open", FALSE) ? -1 : __real_open(path, flags, mode);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    void *argument;

    va_start(rest, request);
    argument = va_arg(rest, void *);
    va_end(rest);
    return fails("ioctl", TRUE) ? -1 : __real_ioctl(fd, request, argument);
}
