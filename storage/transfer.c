/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/flow.h"
#include "storage/image.h"
#include "storage/volume-private.h"
#include "util/error.h"
#include "util/job.h"
#include "util/log.h"

/* A disk ends with one: what lies behind the last would not be seen. */
enum { SECTOR = 512 };

struct incoming {
    struct volume *volume;
    char *path;
    guint64 size;
    gboolean committed;
};

static const struct driver *driver_of(const struct volume *volume)
{
    return pool_driver(volume_pool(volume));
}

/* The object is there, and whoever else wants one is refused. */
static gboolean incoming_open(struct incoming *incoming, GError **error)
{
    struct volume *volume = incoming->volume;
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    if (!volume_check_import(volume, error) || !volume_takes_content(volume, error))
        return FALSE;
    incoming->path = driver_of(volume)->import(volume, incoming->size, error);
    if (incoming->path)
        volume_lock_import(volume_lock_of(volume), TRUE);
    return incoming->path != NULL;
}

struct incoming *incoming_new(struct volume *volume, guint64 size, GError **error)
{
    auto_of(incoming) struct incoming *incoming = g_new0(struct incoming, 1);

    job_may_block();
    incoming->volume = volume_ref(volume);
    incoming->size = size ? size : volume_size(volume);
    if (!driver_of(volume)->import) {
        volume_unsupported(volume, "import into", error);
        return NULL;
    }
    return incoming_open(incoming, error) ? g_steal_pointer(&incoming) : NULL;
}

const char *incoming_path(const struct incoming *incoming)
{
    return incoming->path;
}

guint64 incoming_size(const struct incoming *incoming)
{
    return incoming->size;
}

gboolean incoming_commit(struct incoming *incoming, GError **error)
{
    struct volume *volume = incoming->volume;
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    job_may_block();
    incoming->committed = driver_of(volume)->import_commit(volume, error);
    if (incoming->committed)
        volume_set_nominal(volume, incoming->size);
    return incoming->committed;
}

static void incoming_drop(struct incoming *incoming)
{
    struct volume *volume = incoming->volume;
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);
    g_autoptr(GError) error = NULL;

    if (!incoming->committed && !driver_of(volume)->import_drop(volume, &error))
        log_line("storage", "after an import: %s", error->message);
    volume_lock_import(volume_lock_of(volume), FALSE);
}

void incoming_free(struct incoming *incoming)
{
    if (incoming->path)
        incoming_drop(incoming);
    volume_unref(incoming->volume);
    g_free(incoming->path);
    g_free(incoming);
}

static gboolean sync_fd(int fd, const char *name, GError **error)
{
    /* What cannot be synced (a pipe, a terminal) needs it not. */
    if (TEMP_FAILURE_RETRY(fsync(fd)) == 0 || errno == EINVAL || errno == EROFS)
        return TRUE;
    image_error(error, errno, "write", name);
    return FALSE;
}

/* Never made here: a device that is missing must not become a file in /dev. */
static gboolean fill(const struct incoming *incoming, guint64 size,
                     const struct transfer *from, GError **error)
{
    auto_fd int to = open(incoming->path, O_WRONLY | O_CLOEXEC);
    const struct flow flow = {
        .from = from->fd, .to = to, .source = from->name, .target = incoming->path,
        .size = size, .holes = TRUE, .watch = from->watch,
    };

    if (to < 0) {
        image_error(error, errno, "open", incoming->path);
        return FALSE;
    }
    return flow_run(&flow, error) && sync_fd(to, incoming->path, error);
}

gboolean volume_import(struct volume *volume, guint64 size,
                       const struct transfer *from, GError **error)
{
    guint64 whole = (size + SECTOR - 1) / SECTOR * SECTOR;
    auto_of(incoming) struct incoming *incoming = incoming_new(volume, whole, error);

    return incoming && fill(incoming, size ? size : incoming->size, from, error) &&
           incoming_commit(incoming, error);
}

/* Where a start gives the image itself to the qube there is none meanwhile. */
struct outgoing {
    struct volume *volume;
    int fd;
    guint64 size;
};

static void outgoing_clear(struct outgoing *outgoing)
{
    if (outgoing->fd < 0)
        return;
    close(outgoing->fd);
    volume_lock_export(volume_lock_of(outgoing->volume), FALSE);
}
#define auto_outgoing __attribute__((cleanup(outgoing_clear)))

static gboolean find_size(const struct outgoing *outgoing, guint64 *size, GError **error)
{
    if (flow_size(outgoing->fd, size))
        return TRUE;
    image_error(error, errno, "look at the size of", volume_vid(outgoing->volume));
    return FALSE;
}

/* Under the lock: later the state may be another one. */
static gboolean outgoing_open(struct outgoing *outgoing, GError **error)
{
    struct volume *volume = outgoing->volume;
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    if (!driver_of(volume)->export)
        return volume_unsupported(volume, "export", error);
    if (!volume_save_on_stop(volume)) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "volume '%s' saves nothing: there is nothing to copy",
                  volume_vid(volume));
        return FALSE;
    }
    if (!volume_offers_state(volume, error))
        return FALSE;
    outgoing->fd = driver_of(volume)->export(volume, error);
    if (outgoing->fd >= 0)
        volume_lock_export(volume_lock_of(volume), TRUE);
    return outgoing->fd >= 0 && find_size(outgoing, &outgoing->size, error);
}

/* An empty regular file reads as zeros wherever nothing is written to. */
static gboolean prepare_target(const struct transfer *to, guint64 size,
                               gboolean *holes, GError **error)
{
    struct stat st;

    if (fstat(to->fd, &st) < 0) {
        image_error(error, errno, "look at", to->name);
        return FALSE;
    }
    *holes = S_ISREG(st.st_mode) && st.st_size == 0;
    if (!*holes || TEMP_FAILURE_RETRY(ftruncate(to->fd, (off_t)size)) == 0)
        return TRUE;
    image_error(error, errno, "set the size of", to->name);
    return FALSE;
}

gboolean volume_export(struct volume *volume, const struct transfer *to,
                       GError **error)
{
    auto_outgoing struct outgoing outgoing = {.volume = volume, .fd = -1};
    struct flow flow = {
        .to = to->fd, .source = volume_vid(volume), .target = to->name,
        .watch = to->watch,
    };

    job_may_block();
    if (!outgoing_open(&outgoing, error) ||
        !prepare_target(to, outgoing.size, &flow.holes, error))
        return FALSE;
    flow.from = outgoing.fd;
    flow.size = outgoing.size;
    return flow_run(&flow, error) && sync_fd(to->fd, to->name, error);
}

/* Bytes, because what they are kept in is not of one kind. */
static gboolean copy_content(struct volume *volume, struct volume *source,
                             const struct watch *watch, GError **error)
{
    auto_outgoing struct outgoing outgoing = {.volume = source, .fd = -1};
    struct transfer from = {.name = volume_vid(source), .watch = watch};

    if (!outgoing_open(&outgoing, error))
        return FALSE;
    from.fd = outgoing.fd;
    return volume_import(volume, outgoing.size, &from, error);
}

static gboolean clone_alike(struct volume *volume, struct volume *source,
                              const struct watch *watch, GError **error)
{
    auto_hold struct volume_hold hold = volume_hold_take(volume, source);

    return volume_check_import(volume, error) &&
           volume_takes_content(volume, error) && volume_offers_state(source, error) &&
           driver_of(volume)->clone(volume, source, watch, error);
}

static gboolean is_reached(const struct volume *volume, const struct volume *source)
{
    const struct driver *driver = driver_of(volume);

    return driver == driver_of(source) &&
           (!driver->reaches || driver->reaches(volume, source));
}

gboolean volume_clone(struct volume *volume, struct volume *source,
                      const struct watch *watch, GError **error)
{
    job_may_block();
    if (!volume_save_on_stop(volume))
        return TRUE;
    if (volume_lock_of(volume) == volume_lock_of(source)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "volume '%s' cannot be cloned into itself", volume_vid(volume));
        return FALSE;
    }
    if (!volume_save_on_stop(source)) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "volume '%s' saves nothing: there is nothing to clone",
                  volume_vid(source));
        return FALSE;
    }
    return is_reached(volume, source)
               ? clone_alike(volume, source, watch, error)
               : copy_content(volume, source, watch, error);
}
