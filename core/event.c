/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/event.h"

struct listener {
    guint id;
    event_fn fn; /* NULL: gone, swept when nobody is being called */
    gpointer data;
};

struct events {
    GArray *listeners;
    guint last_id;
    int depth; /* of nested emits */
    gboolean dirty;
};

struct events *events_new(void)
{
    struct events *events = g_new0(struct events, 1);

    events->listeners = g_array_new(FALSE, FALSE, sizeof(struct listener));
    return events;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    g_array_unref(events->listeners);
    g_free(events);
}

guint events_listen(struct events *events, event_fn fn, gpointer data)
{
    struct listener listener = { ++events->last_id, fn, data };

    g_array_append_val(events->listeners, listener);
    return listener.id;
}

static struct listener *at(const struct events *events, guint i)
{
    return &g_array_index(events->listeners, struct listener, i);
}

static void sweep(struct events *events)
{
    for (guint i = events->listeners->len; i-- > 0;)
        if (!at(events, i)->fn)
            g_array_remove_index(events->listeners, i);
    events->dirty = FALSE;
}

void events_ignore(struct events *events, guint id)
{
    for (guint i = 0; i < events->listeners->len; i++)
        if (at(events, i)->id == id)
            at(events, i)->fn = NULL;
    events->dirty = TRUE;
    if (events->depth == 0)
        sweep(events);
}

void events_emit(struct events *events, const struct event *event)
{
    guint n = events->listeners->len; /* newcomers wait for the next event */

    events->depth++;
    for (guint i = 0; i < n; i++) {
        struct listener listener = *at(events, i);

        if (listener.fn)
            listener.fn(event, listener.data);
    }
    if (--events->depth == 0 && events->dirty)
        sweep(events);
}
