/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/flow.h"

#include <errno.h>
#include <linux/fs.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/image.h"
#include "util/error.h"

/* Zeros shorter than this are not worth a hole. */
enum { HOLE = 4096, CHUNK = 64 * HOLE };

struct pump {
    const struct flow *flow;
    gboolean seeks;  /* the source: pieces are read by their place */
    gboolean places; /* the target: pieces are written to their place */
    GCancellable *cancellable;
    guint64 at;      /* bytes moved */
    char *chunk;
};

static gboolean look(int fd, const char *path, gboolean *places, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        image_error(error, errno, "look at", path);
        return FALSE;
    }
    *places = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
    return TRUE;
}

gboolean flow_size(int fd, guint64 *size)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return FALSE;
    if (S_ISBLK(st.st_mode))
        return ioctl(fd, BLKGETSIZE64, size) == 0;
    if (!S_ISREG(st.st_mode))
        return FALSE;
    *size = (guint64)st.st_size;
    return TRUE;
}

static gboolean read_failed(const struct pump *pump, GError **error)
{
    image_error(error, errno, "read", pump->flow->source);
    return FALSE;
}

static gboolean write_failed(const struct pump *pump, GError **error)
{
    image_error(error, errno, "write", pump->flow->target);
    return FALSE;
}

static gboolean was_cancelled(const struct pump *pump, GError **error)
{
    if (!g_cancellable_is_cancelled(pump->cancellable))
        return FALSE;
    error_set(error, QMC_ERROR_CANCELLED, NULL, "cannot copy '%s': cancelled",
              pump->flow->source);
    return TRUE;
}

/* Whoever fills a pipe may never come: a cancel must end the wait. */
static void wait_for_source(const struct pump *pump)
{
    struct pollfd fds[2] = {
        {.fd = pump->flow->from, .events = POLLIN},
        {.fd = g_cancellable_get_fd(pump->cancellable), .events = POLLIN},
    };

    if (fds[1].fd < 0)
        return;
    poll(fds, 2, -1);
    g_cancellable_release_fd(pump->cancellable);
}

/* -1 with errno; 0: the source ends here. */
static ssize_t take(const struct pump *pump, size_t want)
{
    int from = pump->flow->from;

    if (pump->seeks)
        return TEMP_FAILURE_RETRY(pread(from, pump->chunk, want, (off_t)pump->at));
    wait_for_source(pump);
    if (g_cancellable_is_cancelled(pump->cancellable))
        return 0;
    return TEMP_FAILURE_RETRY(read(from, pump->chunk, want));
}

static gboolean put(const struct pump *pump, const char *data, size_t len, guint64 at)
{
    int to = pump->flow->to;

    while (len > 0) {
        ssize_t done = pump->places
                           ? TEMP_FAILURE_RETRY(pwrite(to, data, len, (off_t)at))
                           : TEMP_FAILURE_RETRY(write(to, data, len));

        if (done < 0)
            return FALSE;
        data += done;
        len -= (size_t)done;
        at += (guint64)done;
    }
    return TRUE;
}

static gboolean is_zero(const char *data, size_t len)
{
    return len == 0 || (data[0] == 0 && memcmp(data, data + 1, len - 1) == 0);
}

/* Bytes from `done` on that are written, or left out, together. */
static size_t run_length(const char *data, size_t len, size_t done, gboolean zero)
{
    size_t end = done;

    while (end < len && is_zero(data + end, MIN((size_t)HOLE, len - end)) == zero)
        end += MIN((size_t)HOLE, len - end);
    return end - done;
}

static gboolean put_without_zeros(const struct pump *pump, size_t len)
{
    size_t done = 0;

    while (done < len) {
        size_t data;

        done += run_length(pump->chunk, len, done, TRUE);
        data = run_length(pump->chunk, len, done, FALSE);
        if (!put(pump, pump->chunk + done, data, pump->at + done))
            return FALSE;
        done += data;
    }
    return TRUE;
}

static void advance(struct pump *pump, guint64 len)
{
    const struct watch *watch = pump->flow->watch;

    pump->at += len;
    if (watch && watch->progress)
        watch->progress(pump->at, pump->flow->size, watch->data);
}

static gboolean ends_early(const struct pump *pump, GError **error)
{
    error_set(error, QMC_ERROR_INVALID, "give the size that it has",
              "'%s' ends after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes",
              pump->flow->source, pump->at, pump->flow->size);
    return FALSE;
}

static gboolean move_data(struct pump *pump, guint64 stop, GError **error)
{
    while (pump->at < stop) {
        ssize_t got = take(pump, (size_t)MIN((guint64)CHUNK, stop - pump->at));

        if (got < 0)
            return read_failed(pump, error);
        if (was_cancelled(pump, error))
            return FALSE;
        if (got == 0)
            return ends_early(pump, error);
        if (!(pump->flow->holes ? put_without_zeros(pump, (size_t)got)
                                : put(pump, pump->chunk, (size_t)got, pump->at)))
            return write_failed(pump, error);
        advance(pump, (guint64)got);
    }
    return TRUE;
}

static gboolean move_zeros(struct pump *pump, guint64 stop, GError **error)
{
    if (pump->flow->holes) {
        if (stop > pump->at)
            advance(pump, stop - pump->at);
        return TRUE;
    }
    memset(pump->chunk, 0, CHUNK);
    while (pump->at < stop) {
        size_t len = (size_t)MIN((guint64)CHUNK, stop - pump->at);

        if (was_cancelled(pump, error))
            return FALSE;
        if (!put(pump, pump->chunk, len, pump->at))
            return write_failed(pump, error);
        advance(pump, len);
    }
    return TRUE;
}

/* The next piece of data from `at` on. Without a notion of holes (a pipe, a
 * device, an old file system) all is data. FALSE with errno 0: none is left. */
static gboolean next_data(const struct pump *pump, guint64 *data, guint64 *stop)
{
    int fd = pump->flow->from;
    off_t at, hole;

    *data = pump->at;
    *stop = pump->flow->size;
    /* A device that only makes bytes (/dev/zero) says 0 to any seek. */
    if (!pump->seeks)
        return TRUE;
    at = lseek(fd, (off_t)pump->at, SEEK_DATA);
    if (at < 0 && errno == EINVAL)
        return TRUE;
    if (at < 0 || (guint64)at >= pump->flow->size) {
        errno = at < 0 && errno != ENXIO ? errno : 0;
        return FALSE;
    }
    hole = lseek(fd, at, SEEK_HOLE);
    if (hole < 0)
        return FALSE;
    *data = (guint64)at;
    *stop = MIN((guint64)hole, pump->flow->size);
    return TRUE;
}

/* A file that ends early has no hole there to move. */
static gboolean move_rest(struct pump *pump, GError **error)
{
    guint64 there = pump->flow->size;

    if (pump->seeks && !flow_size(pump->flow->from, &there))
        return read_failed(pump, error);
    return move_zeros(pump, MIN(there, pump->flow->size), error) &&
           (pump->at == pump->flow->size || ends_early(pump, error));
}

static gboolean move_all(struct pump *pump, GError **error)
{
    guint64 data, stop;

    while (pump->at < pump->flow->size) {
        if (!next_data(pump, &data, &stop))
            return errno == 0 ? move_rest(pump, error) : read_failed(pump, error);
        if (!move_zeros(pump, data, error) || !move_data(pump, stop, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_end(struct pump *pump, GError **error)
{
    ssize_t got;

    if (pump->seeks)
        return TRUE;
    got = take(pump, 1);
    if (got < 0)
        return read_failed(pump, error);
    if (was_cancelled(pump, error))
        return FALSE;
    if (got == 0)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "give the size that it has",
              "'%s' goes on behind %" G_GUINT64_FORMAT " bytes",
              pump->flow->source, pump->flow->size);
    return FALSE;
}

/* Two files of one file system can have the same blocks. Where they cannot, for whatever
 * reason, the bytes are moved, and tell themselves what is wrong with a disk. */
static gboolean share_all(struct pump *pump)
{
    const struct flow *flow = pump->flow;
    struct stat from, to;

    if (!flow->holes || !flow->size || fstat(flow->from, &from) < 0 ||
        fstat(flow->to, &to) < 0 || !S_ISREG(from.st_mode) || !S_ISREG(to.st_mode) ||
        (guint64)from.st_size != flow->size || to.st_size != from.st_size ||
        TEMP_FAILURE_RETRY(ioctl(flow->to, FICLONE, flow->from)) < 0)
        return FALSE;
    advance(pump, flow->size);
    return TRUE;
}

static gboolean move_or_share(struct pump *pump, GError **error)
{
    return share_all(pump) ? !was_cancelled(pump, error)
                           : move_all(pump, error) && check_end(pump, error);
}

gboolean flow_run(const struct flow *flow, GError **error)
{
    g_autofree char *chunk = g_malloc(CHUNK);
    struct pump pump = {
        .flow = flow, .chunk = chunk,
        .cancellable = flow->watch ? flow->watch->cancellable : NULL,
    };

    return look(flow->from, flow->source, &pump.seeks, error) &&
           look(flow->to, flow->target, &pump.places, error) &&
           move_or_share(&pump, error);
}
