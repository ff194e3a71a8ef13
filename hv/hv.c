/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hv/hv-private.h"

#include <signal.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "util/error.h"
#include "util/job.h"
#include "util/log.h"
#include "util/text.h"

#include "hv/event-loop.h"

/* A daemon that hangs is believed to be alive no longer than this. */
#define CONNECT_LIMIT_US (15 * G_USEC_PER_SEC)
/* One that was silent for so long already has to be quicker, or each of the
 * calls that undo something would take as long again. */
#define SILENT_LIMIT_US (2 * G_USEC_PER_SEC)
/* Attempts that never came back; no more are made until one does. */
#define STUCK_LIMIT 4
/* A healthy daemon lets a connection go at once; for another the program does
 * not wait. */
#define FREE_LIMIT_US (G_USEC_PER_SEC / 5)

static const struct hv_driver drivers[] = {
    { .scheme = "xen", .kind = HV_XEN,
      .starts_paused = TRUE, .cpu_means = TRUE, .sums_host_cpu = TRUE,
      .shutdown_flags = VIR_DOMAIN_SHUTDOWN_PARAVIRT,
      .leftover_id = leftover_xen_id,
      .leftover_destroy = leftover_xen_destroy },
    { .scheme = "qemu", .kind = HV_QEMU, .takes_files = TRUE,
      .starts_paused = TRUE, .cpu_means = TRUE, .accelerates = TRUE,
      .resizes_disks = TRUE,
      .stats_flags = VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT },
    { .scheme = "test", .kind = HV_TEST, .takes_files = TRUE,
      .counts_free = TRUE },
};

static const struct hv_driver *find_driver(const char *uri)
{
    gsize len = strcspn(uri, "+:");

    for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (strlen(drivers[i].scheme) == len &&
            !strncmp(drivers[i].scheme, uri, len))
            return &drivers[i];
    return NULL;
}

struct hv *hv_new(const char *uri, GError **error)
{
    const struct hv_driver *driver = uri ? find_driver(uri) : &drivers[0];
    struct hv *hv;

    if (!driver) {
        error_set(error, QMC_ERROR_INVALID,
                  "use xen:///, qemu:///system or test:///default",
                  "no support for the hypervisor '%s'", uri);
        return NULL;
    }
    hv = g_new0(struct hv, 1);
    g_atomic_ref_count_init(&hv->refs);
    hv->uri = g_strdup(uri);
    hv->driver = driver;
    hv->local = uri && g_str_has_prefix(uri, "test:///");
    hv->busy.seen = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    hv->suspects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_mutex_init(&hv->lock);
    g_cond_init(&hv->changed);
    return hv;
}

struct hv *hv_ref(struct hv *hv)
{
    g_atomic_ref_count_inc(&hv->refs);
    return hv;
}

void hv_unref(struct hv *hv)
{
    if (!g_atomic_ref_count_dec(&hv->refs))
        return;
    g_clear_error(&hv->failure);
    g_hash_table_unref(hv->busy.seen);
    g_hash_table_unref(hv->suspects);
    g_slist_free_full(hv->ended, (GDestroyNotify)g_thread_unref);
    g_mutex_clear(&hv->lock);
    g_cond_clear(&hv->changed);
    g_free(hv->lost);
    g_free(hv->uri);
    g_free(hv);
}

/* Threads: each is joined when it has announced its end, so that none is seen
 * half gone; one that is stuck in libvirt is never waited for. */

struct thread {
    struct hv *hv;
    void (*fn)(struct hv *, gpointer);
    gpointer data;
};

static gpointer thread_main(gpointer arg)
{
    g_autofree struct thread *t = arg;
    struct hv *hv = t->hv;

    t->fn(hv, t->data);
    g_mutex_lock(&hv->lock);
    hv->threads--;
    hv->ended = g_slist_prepend(hv->ended, g_thread_ref(g_thread_self()));
    g_cond_broadcast(&hv->changed);
    g_mutex_unlock(&hv->lock);
    hv_unref(hv);
    return NULL;
}

static void thread_join(gpointer thread)
{
    g_thread_join(thread);
}

/* Lock held; they do not want it any more. */
static void join_ended(struct hv *hv)
{
    g_slist_free_full(g_steal_pointer(&hv->ended), thread_join);
}

void hv_thread(struct hv *hv, const char *name,
               void (*fn)(struct hv *, gpointer), gpointer data)
{
    struct thread *t = g_new(struct thread, 1);
    sigset_t all, old;

    join_ended(hv);
    *t = (struct thread){ hv_ref(hv), fn, data };
    hv->threads++;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    g_thread_unref(g_thread_new(name, thread_main, t));
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void hv_free(struct hv *hv)
{
    gint64 end = g_get_monotonic_time() + FREE_LIMIT_US;

    if (!hv)
        return;
    hv_unwatch(hv);
    g_mutex_lock(&hv->lock);
    hv->freed = TRUE;
    hv_drop(hv, NULL);
    while (hv->threads && g_cond_wait_until(&hv->changed, &hv->lock, end))
        ;
    join_ended(hv);
    g_mutex_unlock(&hv->lock);
    hv_unref(hv);
}

enum hv_kind hv_kind(const struct hv *hv)
{
    return hv->driver->kind;
}

gboolean hv_offline(const struct hv *hv)
{
    return !hv->uri;
}

gboolean hv_takes_files(const struct hv *hv)
{
    return hv->driver->takes_files;
}

void hv_copy_text(char *to, gsize size, const char *untrusted_text)
{
    g_autofree char *text = text_sanitise(untrusted_text, -1);
    const char *end;

    g_strlcpy(to, text, size);
    g_utf8_validate(to, -1, &end);
    to[end - to] = '\0';
}

/* The connection */

static void swallow(void *data, virErrorPtr error)
{
}

static gpointer libvirt_start(gpointer data)
{
    virSetErrorFunc(NULL, swallow);
    return GINT_TO_POINTER(virInitialize() == 0);
}

static void close_thread(struct hv *hv, gpointer conn)
{
    virConnectClose(conn);
}

void hv_drop(struct hv *hv, const char *why)
{
    g_free(hv->lost);
    hv->lost = g_strdup(why);
    hv->serial++;
    hv->opening = FALSE;
    g_cond_broadcast(&hv->changed);
    if (!hv->conn)
        return;
    hv_thread(hv, "hv-close", close_thread, hv->conn);
    hv->conn = NULL;
}

void hv_abandon(struct hv *hv)
{
    if (hv->local)
        return;
    g_mutex_lock(&hv->lock);
    hv_drop(hv, "the hypervisor does not answer");
    g_mutex_unlock(&hv->lock);
}

gboolean hv_drop_if_dead(struct hv *hv, virConnectPtr conn, const char *why)
{
    if (virConnectIsAlive(conn) != 0)
        return FALSE;
    g_mutex_lock(&hv->lock);
    if (hv->conn == conn) {
        log_line("hv", "connection to %s lost", hv->uri);
        hv_drop(hv, why ? why : "the connection broke");
    }
    g_mutex_unlock(&hv->lock);
    return TRUE;
}

/* A call that the keepalive ends leaves a source behind that points into its
 * stack, and the next of several waiting ones jumps into it (CVE-2024-4418, May
 * 2024; 10.4 is the first release that is surely later). Before, deadlines alone
 * notice a daemon that hangs. */
static gboolean keepalive_works(void)
{
    unsigned long version = 0;

    return virGetVersion(&version, NULL, NULL) == 0 && version >= 10004000;
}

static virConnectPtr open_connection(const struct hv *hv, GError **error)
{
    static GOnce once = G_ONCE_INIT;
    virConnectPtr conn;

    g_once(&once, libvirt_start, NULL);
    /* libvirt keeps nothing alive without a loop; a local driver has nobody to
     * lose. */
    if (!hv->local)
        event_loop_start();
    conn = virConnectOpen(hv->uri);
    if (!conn)
        virt_error_set_conn(error, hv->uri);
    else if (!hv->local && keepalive_works() &&
             virConnectSetKeepAlive(conn, KEEPALIVE_SECONDS, KEEPALIVE_COUNT) < 0)
        log_line("hv", "no keepalive: %s", virGetLastErrorMessage());
    return conn;
}

static void open_thread(struct hv *hv, gpointer data)
{
    unsigned serial = GPOINTER_TO_UINT(data);
    g_autoptr(GError) failure = NULL;
    virConnectPtr conn = open_connection(hv, &failure);

    g_mutex_lock(&hv->lock);
    hv->stuck--;
    hv->silent = FALSE;
    if (serial == hv->serial && !hv->freed) {
        hv->opening = FALSE;
        hv->conn = g_steal_pointer(&conn);
        hv->failure = g_steal_pointer(&failure);
    }
    g_cond_broadcast(&hv->changed);
    g_mutex_unlock(&hv->lock);
    if (conn)
        virConnectClose(conn);
}

static void set_silent(struct hv *hv, GError **error)
{
    g_autofree char *hint = g_strdup_printf(
        "see whether libvirtd runs: systemctl status libvirtd, then virsh -c "
        "'%s' list", hv->uri);

    error_set(error, QMC_ERROR_CONN, hint,
              "cannot connect to the hypervisor '%s': it does not answer",
              hv->uri);
}

static void open_start(struct hv *hv)
{
    g_clear_error(&hv->failure);
    hv->opening = TRUE;
    hv->stuck++;
    hv->serial++;
    hv_thread(hv, "hv-open", open_thread, GUINT_TO_POINTER(hv->serial));
}

/* Lock held. libvirt cannot be told to stop connecting, so that a thread does it
 * and is left alone when it takes too long. */
static gboolean open_and_wait(struct hv *hv, GError **error)
{
    gint64 end = g_get_monotonic_time() +
                 (hv->silent ? SILENT_LIMIT_US : CONNECT_LIMIT_US);
    unsigned serial;

    if (!hv->opening && hv->stuck >= STUCK_LIMIT) {
        set_silent(hv, error);
        return FALSE;
    }
    if (!hv->opening)
        open_start(hv);
    serial = hv->serial;
    while (hv->opening && hv->serial == serial)
        if (!g_cond_wait_until(&hv->changed, &hv->lock, end) &&
            hv->opening && hv->serial == serial) {
            hv->silent = TRUE;
            hv_drop(hv, "the hypervisor does not answer");
        }
    if (hv->conn)
        return TRUE;
    if (hv->serial == serial && hv->failure)
        g_propagate_error(error, g_error_copy(hv->failure));
    else
        set_silent(hv, error);
    return FALSE;
}

virConnectPtr hv_acquire(struct hv *hv, GError **error)
{
    virConnectPtr conn = NULL;

    job_may_block();
    if (!hv->uri) {
        error_set(error, QMC_ERROR_CONN, "leave out --offline",
                  "the hypervisor is not used in offline mode");
        return NULL;
    }
    g_mutex_lock(&hv->lock);
    if (hv->conn && virConnectIsAlive(hv->conn) == 0)
        hv_drop(hv, "the connection broke");
    if (hv->freed) {
        set_silent(hv, error);
    } else if (hv->conn || open_and_wait(hv, error)) {
        conn = hv->conn;
        virConnectRef(conn);
    }
    g_mutex_unlock(&hv->lock);
    return conn;
}

/* libvirt writes to the socket of a daemon that died, which would end the
 * program; a library may not decide how the program takes SIGPIPE. */
static void pipe_guard_enter(sigset_t *old)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, old);
}

static void pipe_guard_leave(const sigset_t *old)
{
    const struct timespec at_once = { 0, 0 };
    sigset_t set;

    if (sigismember(old, SIGPIPE))
        return;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigtimedwait(&set, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

/* A connection that broke after as long as the keepalive waits. */
static void note_silence(struct hv *hv, gint64 began)
{
    if (g_get_monotonic_time() - began <
        KEEPALIVE_SECONDS * (KEEPALIVE_COUNT - 1) * G_USEC_PER_SEC)
        return;
    g_mutex_lock(&hv->lock);
    hv->silent = TRUE;
    g_mutex_unlock(&hv->lock);
}

static gboolean call_once(struct hv_call *call, gboolean *again, GError **error)
{
    virConnectPtr conn = hv_acquire(call->hv, error);
    gint64 began = g_get_monotonic_time();
    gboolean ok;

    if (!conn)
        return FALSE;
    ok = call->run(call, conn, error);
    if (!ok && !call->hv->local && virConnectIsAlive(conn) == 0)
        note_silence(call->hv, began);
    *again = !ok && hv_drop_if_dead(call->hv, conn, NULL) && !call->acted;
    virConnectClose(conn);
    return ok;
}

static gboolean call_twice(struct hv_call *call, GError **error)
{
    g_autoptr(GError) first = NULL;
    gboolean again = FALSE;

    if (call_once(call, &again, &first))
        return TRUE;
    if (again)
        return call_once(call, &again, error);
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}

gboolean hv_call(struct hv_call *call, GError **error)
{
    struct hv *hv = hv_ref(call->hv);
    gboolean ok;
    sigset_t old;

    pipe_guard_enter(&old);
    ok = call_twice(call, error);
    pipe_guard_leave(&old);
    hv_unref(hv);
    return ok;
}

static gboolean run_nothing(struct hv_call *call, virConnectPtr conn,
                            GError **error)
{
    return TRUE;
}

gboolean hv_connect(struct hv *hv, GError **error)
{
    struct hv_call call = { .run = run_nothing, .hv = hv };

    return hv_call(&call, error);
}
