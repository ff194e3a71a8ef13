/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store of a snapshot, as a file: whether it has anything, and how it becomes a
 * revision (spec/storage.md 2.2, F-3). */
#include "config.h"
#include "storage/file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "storage/image.h"
#include "storage/sparse.h"
#include "util/error.h"
#include "util/log.h"

enum {
    CHUNK = 256 * 512,
    MAGIC = 0x70416e53, /* "SnAp" */
};

/* Little-endian on the disk. */
struct header {
    guint32 magic, valid, version, chunk;
};

/* What is saved is noted in the first area before the origin is written to: while
 * that is zero, nothing was overwritten. (How many blocks the file has is no proof:
 * file systems allocate ahead.) */
static enum cow_state judge(const guint8 *bytes)
{
    const guint8 *area = bytes + CHUNK;
    struct header header;

    memcpy(&header, bytes, sizeof header);
    if (GUINT32_FROM_LE(header.magic) != MAGIC)
        return bytes[0] == 0 && memcmp(bytes, bytes + 1, 2 * CHUNK - 1) == 0 ? COW_EMPTY
                                                                             : COW_LOST;
    if (GUINT32_FROM_LE(header.valid) == 0)
        return COW_LOST;
    return area[0] == 0 && memcmp(area, area + 1, CHUNK - 1) == 0 ? COW_EMPTY : COW_SAVED;
}

gboolean cow_look(const char *cow, enum cow_state *state, GError **error)
{
    g_autofree guint8 *bytes = NULL;
    auto_fd int fd = -1;
    struct stat st;
    gboolean there;

    *state = COW_NONE;
    if (!image_look(cow, &st, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    *state = COW_EMPTY;
    fd = open(cow, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        image_error(error, errno, "open", cow);
        return FALSE;
    }
    if (lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO)
        return TRUE;
    bytes = g_malloc0(2 * CHUNK);
    if (TEMP_FAILURE_RETRY(pread(fd, bytes, 2 * CHUNK, 0)) < 0) {
        image_error(error, errno, "read", cow);
        return FALSE;
    }
    *state = judge(bytes);
    return TRUE;
}

static gboolean set_size(const char *cow, guint64 size, GError **error)
{
    auto_fd int fd = open(cow, O_RDWR | O_CLOEXEC);

    if (fd >= 0 && TEMP_FAILURE_RETRY(ftruncate(fd, (off_t)size)) == 0)
        return TRUE;
    image_error(error, errno, fd < 0 ? "open" : "set the size of", cow);
    return FALSE;
}

/* Of another size than we make it is a cow that the size of its origin is not known of: it has
 * less than the file. */
gboolean cow_fits(const char *cow, guint64 size, gboolean *fits, GError **error)
{
    guint64 whole = size / CHUNK * CHUNK;
    gboolean there;
    struct stat st;

    if (!image_look(cow, &st, &there, error))
        return FALSE;
    *fits = there && ((guint64)st.st_size == file_cow_size(whole) ||
                      (guint64)st.st_size <= whole);
    return TRUE;
}

gboolean cow_prepare(const char *cow, guint64 origin, GError **error)
{
    guint64 size = file_cow_size(origin);
    enum cow_state state;
    struct stat st;

    if (!cow_look(cow, &state, error))
        return FALSE;
    if (state == COW_LOST)
        log_line("storage", "'%s' was full once: the state it kept is lost", cow);
    if (state == COW_NONE || state == COW_LOST)
        return sparse_create(cow, size, error);
    /* One that upstream made is too small, as is that of an image that has grown. */
    return (stat(cow, &st) == 0 && (guint64)st.st_size >= size) ||
           set_size(cow, size, error);
}

gboolean cowfiles_sync(const struct cowfiles *at, GError **error)
{
    struct stat st;
    gboolean there;

    return image_look(at->image, &st, &there, error) &&
           (!there || image_sync(at->image, error));
}

gboolean cow_commit(const struct cowfiles *at, guint keep, GError **error)
{
    enum cow_state state;

    if (!cow_look(at->cow, &state, error) || !cowfiles_sync(at, error))
        return FALSE;
    if (keep == 0 && !IMAGE_DROP(error, at->old, at->replaced))
        return FALSE;
    /* A run that wrote nothing makes no revision: it would push out one that differs. */
    if (state == COW_NONE || state == COW_EMPTY)
        return TRUE;
    if (keep == 0 || state == COW_LOST)
        return IMAGE_DROP(error, at->cow, at->old, at->replaced);
    return image_move(at->cow, at->old, error) && IMAGE_DROP(error, at->replaced);
}

static void revision_free(gpointer data)
{
    struct revision *revision = data;

    g_free(revision->id);
    g_free(revision);
}

static gboolean add_revision(GPtrArray *list, const char *path)
{
    struct revision *revision;
    struct stat st;

    if (stat(path, &st) < 0)
        return FALSE;
    revision = g_new0(struct revision, 1);
    revision->id = g_strdup("old");
    revision->number = 1;
    revision->time = st.st_ctim.tv_sec;
    revision->used = (guint64)st.st_blocks * 512;
    g_ptr_array_add(list, revision);
    return TRUE;
}

/* There is one at most, in either form. */
GPtrArray *cowfile_revisions(const struct volume *volume, GError **error)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(revision_free);
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    if (volume_save_on_stop(volume) && !add_revision(list, at->old))
        add_revision(list, at->replaced);
    return list;
}
