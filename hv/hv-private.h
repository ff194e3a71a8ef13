/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside hv: the connection and how calls use it. */
#pragma once

#include <libvirt/libvirt.h>

#include "util/qmc-error.h"

#include "hv/hv.h"

/* What differs between libvirt's drivers: one row each in hv.c. */
struct hv_driver {
    const char *scheme;
    enum hv_kind kind;
    gboolean takes_files;   /* disks may be image files */
    gboolean starts_paused; /* knows VIR_DOMAIN_START_PAUSED */
    gboolean cpu_means;     /* CPU times are real */
    gboolean sums_host_cpu; /* every CPU second of the host is some domain's */
    gboolean counts_free;   /* free memory is what the domains leave */
    gboolean accelerates;   /* may have KVM */
    gboolean resizes_disks; /* wants to be told that a disk grew */
    unsigned shutdown_flags; /* asked first; then without flags */
    unsigned stats_flags;    /* beside ACTIVE in the bulk call */
    /* [W] For a domain that a failed creation left where libvirt does not see
     * it: its id (0: there is none); its end, a success if there is none. Both
     * NULL: cannot happen. */
    gboolean (*leftover_id)(const char *uuid, int *id, GError **error);
    gboolean (*leftover_destroy)(const char *uuid, GError **error);
};

/* Of every connection but local ones. */
#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_COUNT 3

struct hv_watch;

/* The times already counted into hv_host.cpu_busy_ns, which never falls when a
 * domain goes away. */
struct hv_busy {
    GHashTable *seen; /* domain id -> guint64 ns */
    guint64 total_ns;
};

struct hv {
    gatomicrefcount refs; /* of owner, threads, watches and calls */
    char *uri;            /* NULL: offline */
    const struct hv_driver *driver;
    gboolean local;       /* the state lives and dies with the connection */
    gint no_bulk;         /* atomic: the driver has no bulk statistics */

    GMutex lock; /* all below */
    GCond changed;
    virConnectPtr conn; /* NULL: none */
    unsigned serial;    /* of the newest attempt; others' results are dropped */
    gboolean opening;
    unsigned stuck;     /* threads inside virConnectOpen() */
    unsigned threads; /* that run */
    GSList *ended;    /* GThread: to be joined */
    gboolean freed;
    GError *failure; /* of the last attempt */
    char *lost;      /* why the last connection ended, or NULL */
    struct hv_watch *watch;
    gboolean linked; /* a watch has callbacks on a connection */
    struct hv_busy busy;
    gboolean silent;      /* the daemon took as long as is allowed, and longer */
    GHashTable *suspects; /* UUIDs created and not yet resumed */
};

struct hv *hv_ref(struct hv *hv);
void hv_unref(struct hv *hv);

/* A reference to the live connection, made if there is none; the caller gives
 * it back with virConnectClose(). */
virConnectPtr hv_acquire(struct hv *hv, GError **error);
/* TRUE if conn is dead; then it is not in use any more. why may be NULL. */
gboolean hv_drop_if_dead(struct hv *hv, virConnectPtr conn, const char *why);
/* Lock held. Takes conn out of use and closes it on a thread of its own. */
void hv_drop(struct hv *hv, const char *why);
/* Lock held. Runs fn on a thread of its own that keeps hv alive and gets no
 * signals. */
void hv_thread(struct hv *hv, const char *name, void (*fn)(struct hv *, gpointer),
               gpointer data);

/* One call of ours: runs on a live connection, and once more on a new one if the
 * old one turns out dead before anything was changed. */
struct hv_call {
    gboolean (*run)(struct hv_call *call, virConnectPtr conn, GError **error);
    struct hv *hv;
    const char *uuid;
    gboolean acted; /* set by run before the first change */
};
gboolean hv_call(struct hv_call *call, GError **error);

/* For Xen, by xl. A domain that has run is not touched: STATE. */
gboolean leftover_xen_id(const char *uuid, int *id, GError **error);
gboolean leftover_xen_destroy(const char *uuid, GError **error);
/* Its parts that read text: the id of a UUID in 'xl vm-list' (0: none); whether
 * 'xl list ID' shows a paused domain without any CPU time. */
int leftover_xen_find(const char *untrusted_list, const char *uuid);
gboolean leftover_xen_never_ran(const char *untrusted_list);

/* A bounded, displayable copy of a name that others chose. */
void hv_copy_text(char *to, gsize size, const char *untrusted_text);

/* No connection could be made: CONN, or DENIED. */
void virt_error_set_conn(GError **error, const char *uri);
/* Turns the calling thread's libvirt error into ours: "FORMAT: its text". */
void virt_error_set(GError **error, const char *uri, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* What an error of libvirt (code, domain, text) means to a caller. */
QmcErrorCode virt_error_meaning(int code, int domain, const char *text);
/* The code of the calling thread's last libvirt error. */
int virt_error_code(void);
