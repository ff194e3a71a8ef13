/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watching: a supervisor thread keeps a connection alive. The thread of the
 * event loop makes no call that can block, so that it always notices a
 * connection that died. */
#include "config.h"

#include "hv/hv-private.h"

#include <libvirt/virterror.h>

#include "util/error.h"
#include "util/log.h"
#include "util/text.h"

#include "hv/event-loop.h"

#define BACKOFF_MAX_SECONDS 30

/* Shared by main (fn is called there), the supervisor and libvirt's loop. */
struct hv_watch {
    gatomicrefcount refs;
    struct hv *hv; /* a reference */
    GMainContext *context;
    hv_event_fn fn;
    gpointer data;
    gint stopped; /* atomic */
};

static struct hv_watch *watch_ref(struct hv_watch *watch)
{
    g_atomic_ref_count_inc(&watch->refs);
    return watch;
}

static void watch_unref(gpointer data)
{
    struct hv_watch *watch = data;

    if (!g_atomic_ref_count_dec(&watch->refs))
        return;
    g_main_context_unref(watch->context);
    hv_unref(watch->hv);
    g_free(watch);
}

/* To main */

struct post {
    struct hv_watch *watch;
    struct hv_event event;
    char *text;
};

static void post_free(gpointer data)
{
    struct post *post = data;

    watch_unref(post->watch);
    g_free(post->text);
    g_free(post);
}

static gboolean post_deliver(gpointer data)
{
    struct post *post = data;
    struct hv_watch *watch = post->watch;

    if (!g_atomic_int_get(&watch->stopped))
        watch->fn(&post->event, watch->data);
    return G_SOURCE_REMOVE;
}

static void post_event(struct hv_watch *watch, const struct hv_event *event)
{
    struct post *post = g_new(struct post, 1);
    GSource *source = g_idle_source_new();

    post->watch = watch_ref(watch);
    post->event = *event;
    post->event.text = post->text = g_strdup(event->text);
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, post_deliver, post, post_free);
    g_source_attach(source, watch->context);
    g_source_unref(source);
}

static void post_connection(struct hv_watch *watch, enum hv_event_type type,
                            const char *untrusted_text)
{
    g_autofree char *text =
        untrusted_text ? text_sanitise(untrusted_text, -1) : NULL;
    struct hv_event event = { .type = type, .text = text };

    post_event(watch, &event);
}

/* From libvirt's loop */

/* What the reader has to hear of; shutdown (6) is no stop, the guest may still
 * be busy with it (spec/lifecycle.md 5.3). */
static const struct {
    gboolean told;
    enum hv_event_type type;
} lifecycle[] = {
    [VIR_DOMAIN_EVENT_STARTED] = { TRUE, HV_EVENT_DOMAIN },
    [VIR_DOMAIN_EVENT_SUSPENDED] = { TRUE, HV_EVENT_DOMAIN },
    [VIR_DOMAIN_EVENT_RESUMED] = { TRUE, HV_EVENT_DOMAIN },
    [VIR_DOMAIN_EVENT_STOPPED] = { TRUE, HV_EVENT_STOPPED },
    [VIR_DOMAIN_EVENT_SHUTDOWN] = { TRUE, HV_EVENT_DOMAIN },
    [VIR_DOMAIN_EVENT_PMSUSPENDED] = { TRUE, HV_EVENT_DOMAIN },
    [VIR_DOMAIN_EVENT_CRASHED] = { TRUE, HV_EVENT_DOMAIN },
};

static const enum hv_stop stops[] = {
    [VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = HV_STOP_SHUTDOWN,
    [VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = HV_STOP_KILLED,
    [VIR_DOMAIN_EVENT_STOPPED_CRASHED] = HV_STOP_CRASHED,
};

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int code,
                        int detail, void *data)
{
    struct hv_event event = { 0 };

    if (code < 0 || code >= (int)G_N_ELEMENTS(lifecycle) || !lifecycle[code].told)
        return 0;
    event.type = lifecycle[code].type;
    if (event.type == HV_EVENT_STOPPED && detail >= 0 &&
        detail < (int)G_N_ELEMENTS(stops))
        event.stop = stops[detail];
    if (virDomainGetUUIDString(dom, event.uuid) < 0)
        return 0;
    hv_copy_text(event.name, sizeof event.name, virDomainGetName(dom));
    post_event(data, &event);
    return 0;
}

static const char *const close_reasons[] = {
    [VIR_CONNECT_CLOSE_REASON_ERROR] = "the connection broke",
    [VIR_CONNECT_CLOSE_REASON_EOF] = "the hypervisor's daemon went away",
    [VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "the hypervisor's daemon hangs",
    [VIR_CONNECT_CLOSE_REASON_CLIENT] = "the connection was closed",
};

static void on_close(virConnectPtr conn, int reason, void *data)
{
    struct hv_watch *watch = data;
    const char *why = reason >= 0 && reason < (int)G_N_ELEMENTS(close_reasons)
                          ? close_reasons[reason] : NULL;

    if (!g_atomic_int_get(&watch->stopped))
        hv_drop_if_dead(watch->hv, conn, why);
}

/* The supervisor */

struct link {
    struct hv_watch *watch;
    virConnectPtr conn;
    int lifecycle_id; /* -1: not registered */
};

static void link_register(struct link *link)
{
    virConnectPtr conn = link->conn;

    /* A local connection cannot break, and its driver would lose the watch. */
    if (!link->watch->hv->local &&
        virConnectRegisterCloseCallback(conn, on_close, watch_ref(link->watch),
                                        watch_unref) < 0)
        watch_unref(link->watch);
    link->lifecycle_id = virConnectDomainEventRegisterAny(
        conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), watch_ref(link->watch),
        watch_unref);
    if (link->lifecycle_id >= 0)
        return;
    log_line("hv", "no events from the hypervisor: %s",
             virGetLastErrorMessage());
    watch_unref(link->watch);
}

/* May hang with the daemon. */
static void unlink_thread(struct hv *hv, gpointer data)
{
    struct link *link = data;

    if (link->lifecycle_id >= 0)
        virConnectDomainEventDeregisterAny(link->conn, link->lifecycle_id);
    if (!hv->local)
        virConnectUnregisterCloseCallback(link->conn, on_close);
    virConnectClose(link->conn);
    watch_unref(link->watch);
    g_free(link);
    g_mutex_lock(&hv->lock);
    hv->linked = FALSE;
    g_mutex_unlock(&hv->lock);
}

struct supervisor {
    struct hv *hv;
    struct hv_watch *watch;
    struct link *link; /* to the connection that is watched, or NULL */
    gboolean told_down;
    unsigned backoff;  /* seconds */
};

static gboolean stopped(struct supervisor *s)
{
    return g_atomic_int_get(&s->watch->stopped);
}

static void tell_down(struct supervisor *s, const char *untrusted_why)
{
    if (!s->told_down)
        post_connection(s->watch, HV_EVENT_DOWN, untrusted_why);
    s->told_down = TRUE;
}

/* Lock held, as for all below; given up for calls that may block. */
static void attach(struct supervisor *s)
{
    struct link *link;

    /* libvirt refuses the same callback twice; only a local connection is taken
     * over from an earlier watch. */
    if (s->hv->local && s->hv->linked) {
        g_cond_wait(&s->hv->changed, &s->hv->lock);
        return;
    }
    s->hv->linked = TRUE;
    link = g_new(struct link, 1);
    *link = (struct link){ watch_ref(s->watch), s->hv->conn, -1 };
    virConnectRef(link->conn);
    s->link = link;
    g_mutex_unlock(&s->hv->lock);
    link_register(link);
    g_mutex_lock(&s->hv->lock);
    if (s->hv->conn != link->conn)
        return;
    s->told_down = FALSE;
    s->backoff = 0;
    post_connection(s->watch, HV_EVENT_UP, NULL);
}

static void detach(struct supervisor *s)
{
    hv_thread(s->hv, "hv-close", unlink_thread, g_steal_pointer(&s->link));
}

static void wait_backoff(struct supervisor *s)
{
    gint64 end = g_get_monotonic_time();

    s->backoff = s->backoff ? MIN(2 * s->backoff, BACKOFF_MAX_SECONDS) : 1;
    end += s->backoff * G_USEC_PER_SEC;
    while (!stopped(s) && !s->hv->conn)
        if (!g_cond_wait_until(&s->hv->changed, &s->hv->lock, end))
            return;
}

static void reconnect(struct supervisor *s)
{
    g_autoptr(GError) error = NULL;
    gboolean ok;

    g_mutex_unlock(&s->hv->lock);
    ok = hv_connect(s->hv, &error);
    g_mutex_lock(&s->hv->lock);
    if (ok || stopped(s))
        return;
    tell_down(s, error->message);
    wait_backoff(s);
}

static void supervise(struct supervisor *s)
{
    struct hv *hv = s->hv;

    if (s->link && s->link->conn != hv->conn) {
        tell_down(s, hv->lost);
        detach(s);
    } else if (!s->link && hv->conn) {
        attach(s);
    } else if (!hv->conn) {
        reconnect(s);
    } else {
        g_cond_wait(&hv->changed, &hv->lock);
    }
}

static void supervisor_main(struct hv *hv, gpointer data)
{
    struct supervisor s = { .hv = hv, .watch = data };

    g_mutex_lock(&hv->lock);
    while (!stopped(&s))
        supervise(&s);
    if (s.link)
        detach(&s);
    g_mutex_unlock(&hv->lock);
    watch_unref(s.watch);
}

void hv_watch(struct hv *hv, hv_event_fn fn, gpointer data)
{
    struct hv_watch *watch;

    if (hv_offline(hv))
        return;
    event_loop_start();
    watch = g_new0(struct hv_watch, 1);
    g_atomic_ref_count_init(&watch->refs);
    watch->hv = hv_ref(hv);
    watch->context = g_main_context_ref_thread_default();
    watch->fn = fn;
    watch->data = data;
    g_mutex_lock(&hv->lock);
    g_assert(!hv->watch);
    hv->watch = watch;
    hv_thread(hv, "hv-connect", supervisor_main, watch_ref(watch));
    g_mutex_unlock(&hv->lock);
}

void hv_unwatch(struct hv *hv)
{
    struct hv_watch *watch;

    g_mutex_lock(&hv->lock);
    watch = g_steal_pointer(&hv->watch);
    if (watch)
        g_atomic_int_set(&watch->stopped, TRUE);
    g_cond_broadcast(&hv->changed);
    g_mutex_unlock(&hv->lock);
    if (watch)
        watch_unref(watch);
}
