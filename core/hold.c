/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/hold.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/engine-private.h"
#include "core/layout.h"
#include "core/store-history.h"
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
    char *name;  /* sanitised */
    char *asked; /* as a domain of it is called; NULL: the name is another one's */
    GPtrArray *volumes;
    gboolean stamped; /* it is of a file */
    struct file_stamp stamp;
    char *said;  /* what the store said of it, see said_of() */
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

/* Its name and, a line each, where its volumes are that can be written to. */
static char *said_of(const struct qube *qube)
{
    GString *text = g_string_new(qube->name);

    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume *volume =
            g_array_index(qube->volumes, struct volume_config, i).volume;
        const struct volume *source = volume ? volume_source(volume) : NULL;

        if (volume && volume_rw(volume))
            g_string_append_printf(text, "\n%s %s %s", pool_name(volume_pool(volume)),
                                   volume_vid(volume), source ? volume_vid(source) : "");
    }
    return g_string_free(text, FALSE);
}

struct hold *hold_new(struct engine *engine, const struct qube *qube)
{
    struct hold *hold = g_new0(struct hold, 1);

    hold->engine = engine;
    hold->asked = qube->nameless ? NULL : g_strdup(qube->name);
    hold->stamped = store_stamp(engine->store, &hold->stamp);
    hold->said = said_of(qube);
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
    g_free(hold->asked);
    g_free(hold->said);
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
        if (hold->lock) {
            volumes_own(hold->volumes);
            return TRUE;
        }
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
    if (!layout_mkdirs(dir, error) ||
        !lock_wait(hold, timeout_ms, cancel, error))
        return FALSE;
    holder_write(hold->lock, verb);
    return TRUE;
}

gboolean hold_look_own(struct hold *hold, GCancellable *cancel, GError **error)
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

static gboolean check_namesake(const struct hold *hold, GError **error)
{
    struct hv *hv = engine_hv(hold->engine);
    g_autofree char *hint = NULL;
    char other[37];

    if (hv_offline(hv) || hold->state != POWER_HALTED || !hold->asked)
        return TRUE;
    if (!hv_namesake(hv, hold->asked, hold->uuid, other, error))
        return FALSE;
    if (!*other)
        return TRUE;
    hint = g_strdup_printf("shut that domain down: virsh shutdown %s; or go back to the "
                           "copy of the store that has it: qmc xml log", other);
    error_set(error, QMC_ERROR_STATE, hint,
              "'%s' is running, but not as the qube of the store: libvirt has the UUID %s "
              "for that name, the store %s", hold->name, other, hold->uuid);
    return FALSE;
}

gboolean hold_look(struct hold *hold, GCancellable *cancel, GError **error)
{
    return hold_look_own(hold, cancel, error) && check_namesake(hold, error);
}

static gboolean refuse_changed(const struct hold *hold, const struct qube *now,
                               GError **error)
{
    g_autofree char *name = now ? text_sanitise(now->name, -1) : NULL;

    if (!name)
        error_set(error, QMC_ERROR_NOTFOUND, "'qmc ls' lists the qubes",
                  "qube '%s' was removed meanwhile", hold->name);
    else if (!g_str_equal(name, hold->name))
        error_set(error, QMC_ERROR_NOTFOUND, "try again with that name",
                  "qube '%s' was renamed to '%s' meanwhile", hold->name, name);
    else
        error_set(error, QMC_ERROR_BUSY, "try again",
                  "qube '%s' was given other volumes meanwhile", hold->name);
    return FALSE;
}

/* Another program may have had the lock before: what the model says of the qube may be
 * true of somebody else by now. Of a store that cannot be read nobody knows better. */
static gboolean check_current(const struct hold *hold, GError **error)
{
    g_autofree char *path = layout_path(engine_root(hold->engine), LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *reading = NULL;
    g_autofree char *said = NULL;
    const struct qube *qube;
    struct file_stamp now;

    if (!hold->stamped || !file_stamp_path(path, &now, NULL) ||
        file_stamp_equal(&now, &hold->stamp))
        return TRUE;
    reading = store_reading_new(engine_root(hold->engine), path, NULL);
    qube = reading ? model_qube(reading->model, hold->uuid) : NULL;
    said = qube ? said_of(qube) : NULL;
    return !reading || g_strcmp0(said, hold->said) == 0 ||
           refuse_changed(hold, qube, error);
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
    if (engine_check_writable(hold->engine, error) && check_current(hold, error))
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
    volumes_disown(hold->volumes);
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
