/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/hold.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/engine.h"
#include "core/layout.h"
#include "util/error.h"
#include "util/file.h"
#include "util/log.h"
#include "util/text.h"

#define DYING_POLL_MS 250
#define DYING_LIMIT_MS 30000
#define LOCK_POLL_MS 100
#define HOLDER_MAX 64

struct hold {
    struct engine *engine;
    char uuid[37];
    char *name; /* sanitised */
    GPtrArray *volumes;
    struct file_lock *lock;
    enum power_state state;
};

/* An image that another qube may have in use is not this one's to clean up. */
static gboolean is_own(struct engine *engine, const struct volume_config *config)
{
    const struct qube *owner;

    return config->volume &&
           !model_volume_rival(engine_model(engine), config, &owner);
}

struct hold *hold_new(struct engine *engine, const struct qube *qube)
{
    struct hold *hold = g_new0(struct hold, 1);

    hold->engine = engine;
    g_strlcpy(hold->uuid, qube->uuid, sizeof hold->uuid);
    hold->name = text_sanitise(qube->name, -1);
    hold->volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_unref);
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (is_own(engine, config))
            g_ptr_array_add(hold->volumes, volume_ref(config->volume));
    }
    return hold;
}

void hold_free(struct hold *hold)
{
    hold_release(hold);
    g_ptr_array_unref(hold->volumes);
    g_free(hold->name);
    g_free(hold);
}

const char *hold_name(const struct hold *hold)
{
    return hold->name;
}

const char *hold_uuid(const struct hold *hold)
{
    return hold->uuid;
}

GPtrArray *hold_volumes(const struct hold *hold)
{
    return hold->volumes;
}

enum power_state hold_state(const struct hold *hold)
{
    return hold->state;
}

static gboolean nap(int ms, GCancellable *cancel, GError **error)
{
    g_usleep((gulong)ms * 1000);
    if (!g_cancellable_is_cancelled(cancel))
        return TRUE;
    error_set(error, QMC_ERROR_CANCELLED, NULL, "cancelled while waiting");
    return FALSE;
}

static char *lock_path(const struct hold *hold)
{
    g_autofree char *dir = layout_path(engine_root(hold->engine), LAYOUT_RUN);

    return g_strdup_printf("%s/%s.lock", dir, hold->uuid);
}

static void holder_write(struct file_lock *lock, const char *verb)
{
    char text[HOLDER_MAX];
    int n = g_snprintf(text, sizeof text, "%d %s\n", (int)getpid(), verb);
    int fd = file_lock_fd(lock);

    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        log_line("hold", "cannot write who holds the lock");
}

/* "'start' (process 1234)", from a file anybody who may lock can write. */
static char *holder_read(const char *path)
{
    g_autoptr(GBytes) bytes = file_read(path, HOLDER_MAX, NULL, NULL);
    g_autofree char *untrusted_text = NULL;
    char verb[32];
    int pid;

    if (bytes)
        untrusted_text = text_sanitise(g_bytes_get_data(bytes, NULL),
                                       (gssize)g_bytes_get_size(bytes));
    if (untrusted_text &&
        sscanf(untrusted_text, "%d %31[a-z -]", &pid, verb) == 2)
        return g_strdup_printf("'%s' of process %d", g_strchomp(verb), pid);
    return g_strdup("another process");
}

static void refuse_busy(const struct hold *hold, const char *path, GError **error)
{
    g_autofree char *holder = holder_read(path);

    error_set(error, QMC_ERROR_BUSY, "wait until it is done, then try again",
              "qube '%s' is being worked on by %s", hold->name, holder);
}

/* Waits in short turns, so that a cancelled job gives up at once. */
static gboolean lock_wait(struct hold *hold, int timeout_ms,
                          GCancellable *cancel, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_autofree char *path = lock_path(hold);

    while (TRUE) {
        g_autoptr(GError) local = NULL;

        hold->lock = file_lock_take(path, TRUE, 0, &local);
        if (hold->lock)
            return TRUE;
        if (!error_is(local, QMC_ERROR_BUSY)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        if (g_get_monotonic_time() >= end) {
            refuse_busy(hold, path, error);
            return FALSE;
        }
        if (!nap(LOCK_POLL_MS, cancel, error))
            return FALSE;
    }
}

static gboolean lock_take(struct hold *hold, const char *verb, int timeout_ms,
                          GCancellable *cancel, GError **error)
{
    g_autofree char *dir = layout_path(engine_root(hold->engine), LAYOUT_RUN);

    if (!g_uuid_string_is_valid(hold->uuid)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "qube '%s' has no usable uuid", hold->name);
        return FALSE;
    }
    if (!file_mkdirs(dir, 0770, error) ||
        !lock_wait(hold, timeout_ms, cancel, error))
        return FALSE;
    holder_write(hold->lock, verb);
    return TRUE;
}

gboolean hold_look(struct hold *hold, GCancellable *cancel, GError **error)
{
    struct hv *hv = engine_hv(hold->engine);
    int waited = 0;

    if (hv_offline(hv)) {
        hold->state = POWER_HALTED;
        return TRUE;
    }
    while (hv_state(hv, hold->uuid, &hold->state, NULL, error)) {
        if (hold->state != POWER_DYING)
            return TRUE;
        if (waited >= DYING_LIMIT_MS) {
            error_set(error, QMC_ERROR_STATE, "see the hypervisor's log",
                      "qube '%s' is still being torn down after %d s",
                      hold->name, DYING_LIMIT_MS / 1000);
            return FALSE;
        }
        if (!nap(DYING_POLL_MS, cancel, error))
            return FALSE;
        waited += DYING_POLL_MS;
    }
    return FALSE;
}

static gboolean stop_work(struct hold *hold, GError **error)
{
    if (hold->state != POWER_HALTED || hv_offline(engine_hv(hold->engine)))
        return TRUE;
    return volumes_stop(hold->volumes, error);
}

gboolean hold_lock(struct hold *hold, const char *verb, int timeout_ms,
                   GCancellable *cancel, GError **error)
{
    job_may_block();
    if (!lock_take(hold, verb, timeout_ms, cancel, error))
        return FALSE;
    if (engine_check_writable(hold->engine, error))
        return TRUE;
    hold_release(hold);
    return FALSE;
}

gboolean hold_take(struct hold *hold, const char *verb, int timeout_ms,
                   GCancellable *cancel, GError **error)
{
    if (!hold_lock(hold, verb, timeout_ms, cancel, error))
        return FALSE;
    if (hold_look(hold, cancel, error) && stop_work(hold, error))
        return TRUE;
    hold_release(hold);
    return FALSE;
}

void hold_release(struct hold *hold)
{
    if (!hold->lock)
        return;
    if (ftruncate(file_lock_fd(hold->lock), 0) != 0)
        log_line("hold", "cannot clear who held the lock");
    file_lock_release(g_steal_pointer(&hold->lock));
}

static gboolean any_in_use(const struct hold *hold)
{
    for (guint i = 0; i < hold->volumes->len; i++)
        if (volume_in_use(hold->volumes->pdata[i]))
            return TRUE;
    return FALSE;
}

gboolean hold_check_halted(const struct hold *hold, const char *verb, GError **error)
{
    if (hold->state != POWER_HALTED) {
        error_set(error, QMC_ERROR_STATE, "shut it down first",
                  "cannot %s '%s': it is not halted", verb, hold->name);
        return FALSE;
    }
    if (!hv_offline(engine_hv(hold->engine)) || !any_in_use(hold))
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "do it with the hypervisor connected",
              "cannot %s '%s' offline: it may be running", verb, hold->name);
    return FALSE;
}
