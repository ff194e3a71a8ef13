/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "disk-blob.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

static struct blob *blob_of(int fd)
{
    struct blob *blob = g_new0(struct blob, 1);

    blob->names = 1;
    blob->fd = fd;
    return blob;
}

struct blob *blob_new(guint64 size)
{
    int fd = memfd_create("fake-disk", MFD_CLOEXEC);

    g_assert(fd >= 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, (off_t)size) == 0);
    return blob_of(fd);
}

struct blob *blob_name(struct blob *blob)
{
    blob->names++;
    return blob;
}

void blob_drop(struct blob **blob)
{
    if (*blob && --(*blob)->names == 0) {
        close((*blob)->fd);
        g_free(*blob);
    }
    *blob = NULL;
}

guint64 blob_size(const struct blob *blob)
{
    struct stat st;

    g_assert(fstat(blob->fd, &st) == 0);
    return (guint64)st.st_size;
}

static void copy_range(int from, int to, off_t at, off_t end)
{
    g_autofree char *chunk = g_malloc(CHUNK);

    while (at < end) {
        ssize_t n = pread(from, chunk, (size_t)MIN(end - at, CHUNK), at);

        g_assert(n > 0 && pwrite(to, chunk, (size_t)n, at) == n);
        at += n;
    }
}

/* With its time and its holes. */
struct blob *blob_copy(const struct blob *from, guint64 size)
{
    struct blob *blob = blob_new(size);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    off_t at = 0, end;
    struct stat st;

    while ((at = lseek(from->fd, at, SEEK_DATA)) >= 0 && (guint64)at < size) {
        end = lseek(from->fd, at, SEEK_HOLE);
        copy_range(from->fd, blob->fd, at, MIN(end, (off_t)size));
        at = end;
    }
    g_assert(fstat(from->fd, &st) == 0);
    times[1] = st.st_mtim;
    g_assert(futimens(blob->fd, times) == 0);
    blob->filled = from->filled;
    return blob;
}

gboolean blob_is_version(const struct blob *a, const struct blob *b)
{
    struct stat one, two;

    g_assert(fstat(a->fd, &one) == 0 && fstat(b->fd, &two) == 0);
    return one.st_size == two.st_size && one.st_mtim.tv_sec == two.st_mtim.tv_sec &&
           one.st_mtim.tv_nsec == two.st_mtim.tv_nsec;
}

void blob_fill(struct blob *blob, guint64 bytes)
{
    blob->filled = bytes;
}

guint64 blob_used(const struct blob *blob)
{
    struct stat st;

    return blob && fstat(blob->fd, &st) == 0
               ? blob->filled + (guint64)st.st_blocks * 512 : 0;
}

char *blob_path(const struct blob *blob)
{
    return g_strdup_printf("/proc/self/fd/%d", blob ? blob->fd : -1);
}
