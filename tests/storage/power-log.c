/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "power-log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/error.h"

/* As the kernel writes them, little endian, each at the beginning of a sector of the log. */
#define MAGIC 0x6a736677736872ull
enum { FLUSH = 1, FUA = 2, DISCARD = 4, MARK = 8, PIECE = 1 << 20 };

struct head {
    guint64 magic, version, entries;
    guint32 sector_size;
};

struct entry {
    guint64 sector, sectors, flags, length;
};

struct log {
    int fd;
    const char *name;
    guint64 entries, sector_size;
    off_t at; /* of the next entry */
};

static gboolean failed(const char *name, GError **error)
{
    error_set(error, QMC_ERROR_IO, NULL, "'%s': %s", name, g_strerror(errno));
    return FALSE;
}

static gboolean read_all(const struct log *log, void *to, gsize length, off_t at, GError **error)
{
    errno = EIO; /* of one that is too short */
    return pread(log->fd, to, length, at) == (ssize_t)length || failed(log->name, error);
}

static gboolean log_open(struct log *log, const char *name, GError **error)
{
    struct head head;

    *log = (struct log){.fd = open(name, O_RDONLY | O_CLOEXEC), .name = name};
    if (log->fd < 0)
        return failed(name, error);
    if (!read_all(log, &head, sizeof head, 0, error))
        return FALSE;
    if (GUINT64_FROM_LE(head.magic) != MAGIC || GUINT64_FROM_LE(head.version) != 1) {
        error_set(error, QMC_ERROR_INVALID, NULL, "'%s' is no log of dm-log-writes", name);
        return FALSE;
    }
    log->entries = GUINT64_FROM_LE(head.entries);
    log->sector_size = GUINT32_FROM_LE(head.sector_size);
    log->at = (off_t)log->sector_size;
    return TRUE;
}

/* *data is where its data are. A mark has its words in its own sector. */
static gboolean log_next(struct log *log, struct entry *entry, off_t *data, GError **error)
{
    if (!read_all(log, entry, sizeof *entry, log->at, error))
        return FALSE;
    entry->sector = GUINT64_FROM_LE(entry->sector);
    entry->sectors = GUINT64_FROM_LE(entry->sectors);
    entry->flags = GUINT64_FROM_LE(entry->flags);
    entry->length = GUINT64_FROM_LE(entry->length);
    *data = log->at + (entry->flags & MARK ? (off_t)sizeof *entry : (off_t)log->sector_size);
    log->at += (off_t)log->sector_size;
    if (!(entry->flags & DISCARD))
        log->at += (off_t)(entry->sectors * log->sector_size);
    return TRUE;
}

/* --- where it may be cut --- */

static gboolean read_mark(const struct log *log, const struct entry *entry, off_t data,
                          struct cut *cut, GError **error)
{
    memset(cut->mark, 0, sizeof cut->mark);
    return read_all(log, cut->mark, MIN(entry->length, sizeof cut->mark - 1), data, error);
}

GArray *log_cuts(const char *name, gboolean marked, GError **error)
{
    g_autoptr(GArray) cuts = g_array_new(FALSE, TRUE, sizeof(struct cut));
    struct log log;
    gboolean opened = log_open(&log, name, error);
    auto_fd int G_GNUC_UNUSED fd = log.fd;
    struct cut cut = {0};

    if (!opened)
        return NULL;
    for (guint i = 0; i < log.entries; i++) {
        struct entry entry;
        off_t data;

        if (!log_next(&log, &entry, &data, error) ||
            (entry.flags & MARK && !read_mark(&log, &entry, data, &cut, error)))
            return NULL;
        cut.entries = i + 1;
        if (entry.flags & MARK ? marked && g_str_has_suffix(cut.mark, "d")
                               : *cut.mark && entry.flags & (FLUSH | FUA))
            g_array_append_val(cuts, cut);
    }
    return g_steal_pointer(&cuts);
}

/* --- what it did --- */

static gboolean zero(int image, off_t at, off_t length)
{
    return fallocate(image, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, length) == 0;
}

static gboolean copy(const struct log *log, off_t from, int image, off_t to, gsize length,
                     GError **error)
{
    g_autofree char *piece = g_malloc(PIECE);

    for (gsize done = 0; done < length;) {
        gsize now = MIN(length - done, (gsize)PIECE);

        if (!read_all(log, piece, now, from + (off_t)done, error))
            return FALSE;
        if (pwrite(image, piece, now, to + (off_t)done) != (ssize_t)now)
            return failed("the image", error);
        done += now;
    }
    return TRUE;
}

gboolean log_replay(const char *name, guint from, guint to, const char *path, GError **error)
{
    struct log log;
    gboolean opened = log_open(&log, name, error);
    auto_fd int G_GNUC_UNUSED fd = log.fd;
    auto_fd int image = open(path, O_WRONLY | O_CLOEXEC);

    if (!opened)
        return FALSE;
    if (image < 0)
        return failed(path, error);
    for (guint i = 0; i < to; i++) {
        struct entry entry;
        off_t data, at, length;

        if (!log_next(&log, &entry, &data, error))
            return FALSE;
        at = (off_t)(entry.sector * log.sector_size);
        length = (off_t)(entry.sectors * log.sector_size);
        if (i < from || entry.flags & MARK || length == 0)
            continue;
        if (entry.flags & DISCARD ? !zero(image, at, length) && !failed(path, error)
                                  : !copy(&log, data, image, at, (gsize)length, error))
            return FALSE;
    }
    return TRUE;
}
