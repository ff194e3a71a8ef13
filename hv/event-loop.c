/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hv/event-loop.h"

#include <signal.h>

#include <glib-unix.h>
#include <libvirt/libvirt.h>

/* A handle (fd >= 0) or a timer of libvirt. */
struct watcher {
    GSource source;
    int id;
    int fd;
    gpointer tag;    /* of the descriptor in the source */
    int interval_ms; /* timers; < 0: off */
    virEventHandleCallback on_handle;
    virEventTimeoutCallback on_timer;
    void *opaque;
    virFreeCallback release;
};

static GMainContext *context;
static GMutex lock; /* the two below */
static GHashTable *watchers; /* id -> struct watcher */
static int last_id;

static const struct {
    int virt;
    GIOCondition glib;
} conditions[] = {
    { VIR_EVENT_HANDLE_READABLE, G_IO_IN },
    { VIR_EVENT_HANDLE_WRITABLE, G_IO_OUT },
    { VIR_EVENT_HANDLE_ERROR, G_IO_ERR },
    { VIR_EVENT_HANDLE_HANGUP, G_IO_HUP },
};

static GIOCondition to_glib(int events)
{
    int out = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
        if (events & conditions[i].virt)
            out |= conditions[i].glib;
    return out;
}

static int from_glib(GIOCondition events)
{
    int out = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
        if (events & conditions[i].glib)
            out |= conditions[i].virt;
    return out;
}

static void arm(struct watcher *w)
{
    g_source_set_ready_time(
        &w->source, w->interval_ms < 0
                        ? -1 : g_get_monotonic_time() + w->interval_ms * 1000LL);
}

static gboolean dispatch_timer(struct watcher *w)
{
    g_mutex_lock(&lock);
    arm(w);
    g_mutex_unlock(&lock);
    w->on_timer(w->id, w->opaque);
    return G_SOURCE_CONTINUE;
}

static gboolean dispatch(GSource *source, GSourceFunc unused, gpointer data)
{
    struct watcher *w = (struct watcher *)source;
    int events;

    if (w->fd < 0)
        return dispatch_timer(w);
    events = from_glib(g_source_query_unix_fd(source, w->tag));
    if (events)
        w->on_handle(w->id, w->fd, events, w->opaque);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = { .dispatch = dispatch };

static struct watcher *watcher_new(int fd, void *opaque, virFreeCallback release)
{
    struct watcher *w =
        (struct watcher *)g_source_new(&functions, sizeof(struct watcher));

    w->fd = fd;
    w->opaque = opaque;
    w->release = release;
    return w;
}

static int watcher_add(struct watcher *w)
{
    int id;

    g_mutex_lock(&lock);
    id = w->id = ++last_id;
    g_hash_table_insert(watchers, GINT_TO_POINTER(id), w);
    g_source_attach(&w->source, context);
    g_mutex_unlock(&lock);
    return id;
}

/* libvirt may hold the locks that `release` takes: so later, in the loop. */
static gboolean watcher_release(gpointer data)
{
    struct watcher *w = data;

    if (w->release)
        w->release(w->opaque);
    g_source_unref(&w->source);
    return G_SOURCE_REMOVE;
}

static int watcher_remove(int id)
{
    struct watcher *w;
    GSource *idle;

    g_mutex_lock(&lock);
    w = g_hash_table_lookup(watchers, GINT_TO_POINTER(id));
    g_hash_table_remove(watchers, GINT_TO_POINTER(id));
    g_mutex_unlock(&lock);
    if (!w)
        return -1;
    g_source_destroy(&w->source);
    idle = g_idle_source_new();
    g_source_set_callback(idle, watcher_release, w, NULL);
    g_source_attach(idle, context);
    g_source_unref(idle);
    return 0;
}

static int handle_add(int fd, int events, virEventHandleCallback fn,
                      void *opaque, virFreeCallback release)
{
    struct watcher *w = watcher_new(fd, opaque, release);

    w->on_handle = fn;
    w->tag = g_source_add_unix_fd(&w->source, fd, to_glib(events));
    return watcher_add(w);
}

static void handle_update(int id, int events)
{
    struct watcher *w;

    g_mutex_lock(&lock);
    w = g_hash_table_lookup(watchers, GINT_TO_POINTER(id));
    if (w)
        g_source_modify_unix_fd(&w->source, w->tag, to_glib(events));
    g_mutex_unlock(&lock);
}

static int timer_add(int interval_ms, virEventTimeoutCallback fn, void *opaque,
                     virFreeCallback release)
{
    struct watcher *w = watcher_new(-1, opaque, release);

    w->on_timer = fn;
    w->interval_ms = interval_ms;
    arm(w);
    return watcher_add(w);
}

static void timer_update(int id, int interval_ms)
{
    struct watcher *w;

    g_mutex_lock(&lock);
    w = g_hash_table_lookup(watchers, GINT_TO_POINTER(id));
    if (w) {
        w->interval_ms = interval_ms;
        arm(w);
    }
    g_mutex_unlock(&lock);
}

static gpointer loop_main(gpointer data)
{
    for (;;)
        g_main_context_iteration(context, TRUE);
    return NULL;
}

static gpointer start(gpointer data)
{
    sigset_t all, old;

    context = g_main_context_new();
    watchers = g_hash_table_new(NULL, NULL);
    virEventRegisterImpl(handle_add, handle_update, watcher_remove, timer_add,
                         timer_update, watcher_remove);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    g_thread_unref(g_thread_new("hv-events", loop_main, NULL));
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return NULL;
}

void event_loop_start(void)
{
    static GOnce once = G_ONCE_INIT;

    g_once(&once, start, NULL);
}
