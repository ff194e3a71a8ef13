/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hypervisor (spec/lifecycle.md 1, 2.8, 3.10, 11.2). The only door to
 * libvirt: nobody else holds a connection or a domain. tests/fake implements
 * the same functions with a script instead of libvirt.
 *
 * Calls marked [W] may block for as long as libvirt does: workers only.
 * Domains are named by UUID; one that libvirt does not know is not an error
 * for questions (halted, -1, 0) and NOTFOUND or STATE for actions. Nothing but
 * hv_create() ever defines a domain. A connection to a daemon that is silent for
 * 5 s x 3 ends: the calls that wait for it return CONN. */
#pragma once

#include <glib.h>

#include "hv/domxml.h"
#include "hv/state.h"

struct hv;

/* No connection is made. uri: xen:///system, test:///..., qemu:///...,
 * test+unix:///...; NULL means "offline": every [W] call fails CONN with a
 * sentence that says so. UNSUPPORTED for a scheme without a profile. */
struct hv *hv_new(const char *uri, GError **error);
/* Does not wait for calls that are stuck: they return CONN some day. */
void hv_free(struct hv *hv);

enum hv_kind hv_kind(const struct hv *hv);
gboolean hv_offline(const struct hv *hv);
/* TRUE: give image files to hv_create(); FALSE: only block devices. */
gboolean hv_takes_files(const struct hv *hv);

/* [W] Connects if there is no live connection. Every [W] call does it itself. */
gboolean hv_connect(struct hv *hv, GError **error);
/* Any thread: closes the connection under calls that are stuck, so that the
 * next call makes a new one. */
void hv_abandon(struct hv *hv);

struct hv_domain {
    char uuid[37];
    char name[64];
    int id;                 /* xid */
    enum power_state state;
    guint64 memory_kib, maxmem_kib;
    guint64 cpu_ns;
    gboolean cpu_known;     /* the test driver's CPU time means nothing */
};

struct hv_host {
    char model[64];
    unsigned cpus;
    guint64 memory_kib, free_kib;
    gboolean free_known;
    guint64 cpu_busy_ns; /* since boot, all CPUs; rates are the reader's */
    gboolean cpu_known;
};

/* Everything of one tick: active domains, sorted by UUID, and the host. */
struct hv_snapshot {
    gint64 taken_us; /* g_get_monotonic_time() */
    struct hv_host host;
    GArray *domains; /* struct hv_domain */
};
/* [W] One bulk statistics call (where the driver has none: one list and one
 * info call per active domain). */
struct hv_snapshot *hv_snapshot(struct hv *hv, GError **error);
void hv_snapshot_free(struct hv_snapshot *snapshot);
const struct hv_domain *hv_snapshot_find(const struct hv_snapshot *snapshot,
                                         const char *uuid);

/* [W] xid may be NULL; -1 when not active. A domain that a failed hv_create()
 * left behind is active here even if libvirt does not know it. */
gboolean hv_state(struct hv *hv, const char *uuid, enum power_state *state,
                  int *xid, GError **error);

/* [W] The UUID of an active domain that has the name and not that UUID; "": there is
 * none. What runs under the name of a qube uses its images, whoever it is. */
gboolean hv_namesake(struct hv *hv, const char *name, const char *uuid, char other[37],
                     GError **error);

/* [W] Defines and creates it paused, in one step for the caller: when this
 * fails no domain of that UUID is active and no new definition stays, or the
 * message says what is left and why. EXISTS if the name belongs to another
 * UUID; NOSPACE if there is not enough memory. */
gboolean hv_create(struct hv *hv, const struct dom_spec *spec, int *xid,
                   GError **error);
/* [W] */
gboolean hv_resume(struct hv *hv, const char *uuid, GError **error);
gboolean hv_suspend(struct hv *hv, const char *uuid, GError **error);
/* [W] Asks the guest; success does not mean it obeys. */
gboolean hv_shutdown(struct hv *hv, const char *uuid, GError **error);
/* [W] STATE if it is not active. */
gboolean hv_destroy(struct hv *hv, const char *uuid, GError **error);
/* [W] Success if there is no definition. */
gboolean hv_undefine(struct hv *hv, const char *uuid, GError **error);
/* [W] Tells the hypervisor that a disk of an active domain grew. On Xen the
 * back end sees the new size by itself: success without a call. */
gboolean hv_disk_resized(struct hv *hv, const char *uuid, const char *target,
                         guint64 bytes, GError **error);

enum hv_event_type {
    HV_EVENT_DOMAIN,  /* something happened to uuid: read it again */
    HV_EVENT_STOPPED, /* uuid stopped, see `stop` */
    HV_EVENT_UP,      /* (re)connected: read everything again */
    HV_EVENT_DOWN,    /* connection lost; text says why */
};
/* Why, as far as the hypervisor can tell. */
enum hv_stop { HV_STOP_OTHER, HV_STOP_SHUTDOWN, HV_STOP_KILLED, HV_STOP_CRASHED };
struct hv_event {
    enum hv_event_type type;
    enum hv_stop stop;
    char uuid[37];
    char name[64];
    const char *text;
};
typedef void (*hv_event_fn)(const struct hv_event *event, gpointer data);

/* Main. Starts the hv-events thread, connects in the background and reconnects with
 * back-off 1, 2, 4 ... 30 s for ever. Callbacks run on main. Programs that only
 * ask once do not call this. At most one watcher. */
void hv_watch(struct hv *hv, hv_event_fn fn, gpointer data);
void hv_unwatch(struct hv *hv);
