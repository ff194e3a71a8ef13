/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changed: typed events on main. Listeners read the model for the rest. */
#pragma once

#include <glib.h>

struct op;

enum event_type {
    EVENT_MODEL,     /* loaded or reloaded: forget everything you knew */
    EVENT_QUBE,      /* configuration of uuid changed */
    EVENT_STATE,     /* power state or busy of uuid changed */
    EVENT_STATS,     /* figures of a tick are in */
    EVENT_POOLS,     /* pool usage is in */
    EVENT_VOLUMES,   /* volume figures are in */
    EVENT_OP,        /* op was queued, made a step, or ended */
    EVENT_HV,        /* connection came or went; text; down is a warning */
    EVENT_MODE,      /* direct, shared, read-only changed */
    EVENT_NOTE,      /* a sentence for the event line; warning or not */
};

struct event {
    enum event_type type;
    const char *uuid;  /* NULL: none */
    const char *text;  /* sanitised, NULL: none */
    gboolean warning;
    struct op *op;     /* EVENT_OP */
};
typedef void (*event_fn)(const struct event *event, gpointer data);

struct events;
struct events *events_new(void);
void events_free(struct events *events);
/* Listeners may add and remove themselves while being called. */
guint events_listen(struct events *events, event_fn fn, gpointer data);
void events_ignore(struct events *events, guint id);
void events_emit(struct events *events, const struct event *event);
