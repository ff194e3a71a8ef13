/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "storage/image.h"
#include "util/error.h"
#include "util/job.h"
#include "util/log.h"
#include "util/secret.h"

enum {
    /* What a guest wrote is never looked at: no blkid, no partitions (trap 54). */
    UDEV_FLAGS = DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG | DM_UDEV_DISABLE_DISK_RULES_FLAG |
                 DM_UDEV_DISABLE_OTHER_RULES_FLAG,
    UDEV_SECONDS = 30,
    UDEV_TICK = 2000, /* microseconds */
    LEVEL_MASK = 7,
    LEVEL_ERROR = 3,
    LEVEL_WARNING = 4,
};

static GMutex guard;        /* the library keeps state of its own */
/* What it said first in this request, and errno then: of a creation, which is many
 * requests in one, it keeps no other. Under guard. */
static char complaint[200];
static int complaint_errno;

G_GNUC_PRINTF(5, 6)
static void on_log(int level, const char *file, int line, int errnum, const char *format, ...)
{
    int now = errno;
    char text[sizeof complaint];
    va_list rest;

    level &= LEVEL_MASK;
    if (level > LEVEL_WARNING)
        return;
    va_start(rest, format);
    g_vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    if (level <= LEVEL_ERROR && !*complaint) {
        g_strlcpy(complaint, text, sizeof complaint);
        complaint_errno = now;
    }
    log_line("dm", "%s", text);
    errno = now;
}

static void prepare_library(void)
{
    static gboolean done;

    complaint[0] = '\0';
    complaint_errno = 0;
    if (done)
        return;
    dm_log_with_errno_init(on_log);
    dm_set_name_mangling_mode(DM_STRING_MANGLING_NONE);
    done = TRUE;
}

gboolean dm_usable(GError **error)
{
    auto_fd int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

    job_may_block();
    if (fd >= 0)
        return TRUE;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        error_set(error, QMC_ERROR_UNSUPPORTED, "load the kernel module 'dm_mod'",
                  "cannot open '/dev/mapper/control': the kernel has no device-mapper");
    else if (errno == EACCES || errno == EPERM)
        error_set(error, QMC_ERROR_DENIED, "run qmc as root",
                  "cannot open '/dev/mapper/control': %s", g_strerror(errno));
    else
        image_error(error, errno, "open", "/dev/mapper/control");
    return FALSE;
}

/* One request of the kernel, and all that is asked about it. */
struct request {
    struct dm_task *task;
    const char *verb, *name;
};

static void request_clear(struct request *request)
{
    if (request->task)
        dm_task_destroy(request->task);
    g_mutex_unlock(&guard);
}
#define auto_request __attribute__((cleanup(request_clear)))

static struct request request_begin(int type, const char *verb, const char *name)
{
    struct request request = {.verb = verb, .name = name};

    job_may_block();
    g_mutex_lock(&guard);
    prepare_library();
    request.task = dm_task_create(type);
    if (request.task && name && !dm_task_set_name(request.task, name))
        g_clear_pointer(&request.task, dm_task_destroy);
    return request;
}

/* Those that need another reaction than the errno of a file. */
static const struct {
    int errnum;
    QmcErrorCode code;
    const char *hint;
} reactions[] = {
    {EBUSY, QMC_ERROR_BUSY, "see with 'dmsetup info' and 'lsof' who has it open"},
    {ENXIO, QMC_ERROR_NOTFOUND, NULL},
    {EINVAL, QMC_ERROR_IO, "see the kernel's log with 'dmesg'; the module may be missing"},
};

static gboolean request_failed(const struct request *request, GError **error)
{
    int asked = request->task ? dm_task_get_errno(request->task) : ENOMEM;
    int errnum = asked ? asked : complaint_errno;
    const char *name = request->name ? request->name : "/dev/mapper";

    if (!dm_usable(error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(reactions); i++)
        if (reactions[i].errnum == errnum) {
            error_set(error, reactions[i].code, reactions[i].hint,
                      "cannot %s the device '%s': %s", request->verb, name,
                      g_strerror(errnum));
            return FALSE;
        }
    if (errnum)
        error_set_errno(error, errnum, NULL, "cannot %s the device '%s'", request->verb,
                        name);
    else
        error_set(error, QMC_ERROR_IO, NULL, "cannot %s the device '%s': %s",
                  request->verb, name, *complaint ? complaint : "no reason given");
    return FALSE;
}

static gboolean run_plain(struct request *request, GError **error)
{
    return (request->task && dm_task_run(request->task)) || request_failed(request, error);
}

/* Until udevd has done its rules; the library makes the nodes where there is none. */
static gboolean wait_for_udev(uint32_t cookie)
{
    gint64 end = g_get_monotonic_time() + UDEV_SECONDS * G_USEC_PER_SEC;
    int ready = 0;

    if (!cookie || !dm_udev_get_sync_support())
        return dm_udev_wait(cookie);
    while (!ready && g_get_monotonic_time() < end) {
        if (!dm_udev_wait_immediate(cookie, &ready))
            return FALSE;
        if (!ready)
            g_usleep(UDEV_TICK);
    }
    /* Nobody will come: in its place, or the semaphore would stay for ever. */
    if (!ready && dm_udev_complete(cookie))
        dm_udev_wait_immediate(cookie, &(int){0});
    return ready;
}

/* With the event that goes to udevd. A failed one frees its semaphore too. */
static gboolean run_settled(struct request *request, GError **error)
{
    uint16_t flags = UDEV_FLAGS;
    uint32_t cookie = 0;
    gboolean done, settled;

    if (dm_udev_get_sync_support())
        flags |= DM_UDEV_DISABLE_LIBRARY_FALLBACK;
    if (!request->task || !dm_task_set_cookie(request->task, &cookie, flags))
        return request_failed(request, error);
    done = dm_task_run(request->task);
    settled = wait_for_udev(cookie);
    if (!done)
        return request_failed(request, error);
    if (!settled)
        error_set(error, QMC_ERROR_TIMEOUT, "see whether udevd runs, then try again",
                  "cannot %s the device '%s': udevd does not answer", request->verb,
                  request->name);
    return settled;
}

static gboolean add_table(const struct request *request, const struct dm_table *table)
{
    struct dm_task *task = request->task;

    return task && (!table->readonly || dm_task_set_ro(task)) &&
           (!table->secret || dm_task_secure_data(task)) &&
           dm_task_add_target(task, 0, table->sectors, table->type, table->params);
}

gboolean dm_node_look(const char *name, struct dm_node *node, GError **error)
{
    auto_request struct request request = request_begin(DM_DEVICE_INFO, "look at", name);
    struct dm_info info;

    if (!run_plain(&request, error))
        return FALSE;
    if (!dm_task_get_info(request.task, &info))
        return request_failed(&request, error);
    *node = (struct dm_node){
        .exists = info.exists != 0, .suspended = info.suspended != 0,
        .opens = (guint)MAX(info.open_count, 0), .dev = makedev(info.major, info.minor),
    };
    return TRUE;
}

gboolean dm_node_create(const char *name, const struct dm_table *table, GError **error)
{
    g_autofree char *uuid = g_strconcat("QMC-", name, NULL);
    auto_request struct request request = request_begin(DM_DEVICE_CREATE, "make", name);

    if (!add_table(&request, table) || !dm_task_set_uuid(request.task, uuid) ||
        !dm_task_set_add_node(request.task, DM_ADD_NODE_ON_CREATE))
        return request_failed(&request, error);
    return run_settled(&request, error);
}

static gboolean load(const char *name, const struct dm_table *table, GError **error)
{
    auto_request struct request request =
        request_begin(DM_DEVICE_RELOAD, "load a table for", name);

    if (!add_table(&request, table))
        return request_failed(&request, error);
    return run_plain(&request, error);
}

gboolean dm_node_reload(const char *name, const struct dm_table *table, GError **error)
{
    return load(name, table, error) && dm_node_resume(name, error);
}

static struct secret *params_of(const char *name, char **type, GError **error)
{
    auto_request struct request request =
        request_begin(DM_DEVICE_TABLE, "read the table of", name);
    uint64_t start, length;
    char *target = NULL, *params = NULL;
    struct secret *copy;

    if (!request.task || !dm_task_secure_data(request.task)) {
        request_failed(&request, error);
        return NULL;
    }
    if (!run_plain(&request, error))
        return NULL;
    dm_get_next_target(request.task, NULL, &start, &length, &target, &params);
    if (!target || !params) {
        request_failed(&request, error);
        return NULL;
    }
    copy = secret_new(strlen(params) + 1, error);
    if (!copy)
        return NULL;
    memcpy(secret_bytes(copy), params, strlen(params));
    *type = g_strdup(target);
    return copy;
}

gboolean dm_node_stretch(const char *name, guint64 sectors, GError **error)
{
    g_autofree char *type = NULL;
    auto_of(secret) struct secret *params = params_of(name, &type, error);

    return params && dm_node_reload(name, &(struct dm_table){
        .sectors = sectors, .type = type, .secret = TRUE,
        .params = (const char *)secret_bytes(params),
    }, error);
}

gboolean dm_node_suspend(const char *name, GError **error)
{
    auto_request struct request request =
        request_begin(DM_DEVICE_SUSPEND, "suspend", name);

    /* No file system of ours is on it that would have to be frozen. */
    if (request.task && !dm_task_skip_lockfs(request.task))
        return request_failed(&request, error);
    return run_plain(&request, error);
}

gboolean dm_node_resume(const char *name, GError **error)
{
    auto_request struct request request = request_begin(DM_DEVICE_RESUME, "resume", name);

    return run_settled(&request, error);
}

static gboolean remove_existing(const char *name, GError **error)
{
    auto_request struct request request = request_begin(DM_DEVICE_REMOVE, "remove", name);

    if (request.task && !dm_task_retry_remove(request.task))
        return request_failed(&request, error);
    return run_settled(&request, error);
}

gboolean dm_node_remove(const char *name, GError **error)
{
    g_autoptr(GError) local = NULL;
    struct dm_node node;

    if (!dm_node_look(name, &node, error))
        return FALSE;
    if (!node.exists || remove_existing(name, &local) ||
        error_is(local, QMC_ERROR_NOTFOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

GArray *dm_node_deps(const char *name, GError **error)
{
    auto_request struct request request =
        request_begin(DM_DEVICE_DEPS, "see what is below", name);
    GArray *devices;
    struct dm_deps *deps;

    if (!run_plain(&request, error))
        return NULL;
    deps = dm_task_get_deps(request.task);
    if (!deps) {
        request_failed(&request, error);
        return NULL;
    }
    devices = g_array_new(FALSE, FALSE, sizeof(dev_t));
    for (uint32_t i = 0; i < deps->count; i++) {
        dev_t device = (dev_t)deps->device[i];

        g_array_append_val(devices, device);
    }
    return devices;
}

gboolean dm_node_table(const char *name, guint64 *sectors, char **type, GError **error)
{
    auto_request struct request request =
        request_begin(DM_DEVICE_TABLE, "read the table of", name);
    uint64_t start, length;
    char *target = NULL, *params = NULL;

    if (!run_plain(&request, error))
        return FALSE;
    dm_get_next_target(request.task, NULL, &start, &length, &target, &params);
    if (!target)
        return request_failed(&request, error);
    *sectors = length;
    *type = g_strdup(target);
    return TRUE;
}

GPtrArray *dm_nodes(const char *prefix)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open("/dev/mapper", 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir)))
        if (g_str_has_prefix(entry, prefix))
            g_ptr_array_add(list, g_strdup(entry));
    return list;
}

guint64 dm_path_size(const char *path)
{
    g_autofree char *file = NULL, *text = NULL;
    struct stat st;

    if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
        return 0;
    file = g_strdup_printf("/sys/dev/block/%u:%u/size", major(st.st_rdev),
                           minor(st.st_rdev));
    return g_file_get_contents(file, &text, NULL, NULL)
               ? g_ascii_strtoull(text, NULL, 10) * 512
               : 0;
}

static GPtrArray *list_names(const char *prefix, GError **error)
{
    auto_request struct request request = request_begin(DM_DEVICE_LIST, "list", NULL);
    GPtrArray *list;
    const struct dm_names *names;
    uint32_t next = 0;

    if (!run_plain(&request, error))
        return NULL;
    names = dm_task_get_names(request.task);
    if (!names) {
        request_failed(&request, error);
        return NULL;
    }
    list = g_ptr_array_new_with_free_func(g_free);
    /* A record without a device ends the list of none. */
    if (names->dev)
        do {
            names = (const struct dm_names *)(const void *)((const char *)names + next);
            if (g_str_has_prefix(names->name, prefix))
                g_ptr_array_add(list, g_strdup(names->name));
            next = names->next;
        } while (next);
    return list;
}

GPtrArray *dm_names(const char *prefix, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (dm_usable(&local))
        return list_names(prefix, error);
    if (error_is(local, QMC_ERROR_UNSUPPORTED))
        return g_ptr_array_new_with_free_func(g_free);
    /* Without the right to ask: what is seen. */
    return dm_nodes(prefix);
}

char *dm_path(const char *name)
{
    return g_strconcat("/dev/mapper/", name, NULL);
}

static enum dm_health health_of(const struct dm_status_snapshot *status)
{
    return status->invalid        ? DM_INVALID
           : status->overflow     ? DM_OVERFLOW
           : status->merge_failed ? DM_MERGE_FAILED
                                  : DM_HEALTHY;
}

static gboolean parse_snapshot(const char *params, struct dm_snapshot *snapshot)
{
    struct dm_pool *memory = dm_pool_create("status", 256);
    struct dm_status_snapshot *status = NULL;
    gboolean good = memory && params && dm_get_status_snapshot(memory, params, &status);

    if (good)
        *snapshot = (struct dm_snapshot){
            .health = health_of(status), .used = status->used_sectors,
            .total = status->total_sectors, .metadata = status->metadata_sectors,
        };
    if (memory)
        dm_pool_destroy(memory);
    return good;
}

gboolean dm_snapshot_look(const char *name, struct dm_snapshot *snapshot, GError **error)
{
    auto_request struct request request =
        request_begin(DM_DEVICE_STATUS, "read the status of", name);
    uint64_t start, length;
    char *target = NULL, *params = NULL;

    if (!run_plain(&request, error))
        return FALSE;
    dm_get_next_target(request.task, NULL, &start, &length, &target, &params);
    if (target && g_str_has_prefix(target, "snapshot") && parse_snapshot(params, snapshot))
        return TRUE;
    error_set(error, QMC_ERROR_IO, NULL, "the device '%s' is no snapshot: its status is '%s'",
              name, params ? params : "");
    return FALSE;
}
