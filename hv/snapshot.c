/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All figures of one tick (spec/lifecycle.md 8). */
#include "config.h"

#include "hv/hv-private.h"

#include <string.h>

#include <libvirt/virterror.h>

#include "util/error.h"

#define STATS                                                                  \
    (VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON)

struct snapshot_call {
    struct hv_call call;
    struct hv_snapshot *snapshot;
};

static gboolean set_error(struct hv *hv, GError **error)
{
    virt_error_set(error, hv->uri, "cannot read the figures of '%s'", hv->uri);
    return FALSE;
}

static gboolean fill_identity(struct hv_domain *d, virDomainPtr dom)
{
    const char *untrusted_name = virDomainGetName(dom);

    if (!untrusted_name || virDomainGetUUIDString(dom, d->uuid) < 0)
        return FALSE;
    hv_copy_text(d->name, sizeof d->name, untrusted_name);
    d->id = (int)virDomainGetID(dom);
    return TRUE;
}

/* One by one */

/* FALSE: it went away meanwhile. */
static gboolean fill_info(struct hv *hv, struct hv_domain *d, virDomainPtr dom)
{
    virDomainInfo info;

    if (!fill_identity(d, dom) || virDomainGetInfo(dom, &info) < 0)
        return FALSE;
    /* Shut off may mean either: being torn down, or gone since the listing. */
    if (info.state == VIR_DOMAIN_SHUTOFF && virDomainIsActive(dom) != 1)
        return FALSE;
    d->state = power_state_of_virt(TRUE, info.state);
    d->memory_kib = info.memory;
    d->maxmem_kib = info.maxMem;
    d->cpu_known = hv->driver->cpu_means;
    if (d->cpu_known)
        d->cpu_ns = info.cpuTime;
    return TRUE;
}

/* By the bulk call */

static guint64 param_u64(virDomainStatsRecordPtr record, const char *name)
{
    unsigned long long value = 0;

    virTypedParamsGetULLong(record->params, record->nparams, name, &value);
    return value;
}

static void add_record(struct hv *hv, struct hv_snapshot *s,
                       virDomainStatsRecordPtr record)
{
    struct hv_domain d = { 0 };
    int state = VIR_DOMAIN_NOSTATE;

    /* The test driver has the call, but not all of its figures. */
    if (!param_u64(record, "balloon.current")) {
        if (fill_info(hv, &d, record->dom))
            g_array_append_val(s->domains, d);
        return;
    }
    if (!fill_identity(&d, record->dom))
        return;
    virTypedParamsGetInt(record->params, record->nparams, "state.state", &state);
    d.state = power_state_of_virt(TRUE, state);
    d.memory_kib = param_u64(record, "balloon.current");
    d.maxmem_kib = param_u64(record, "balloon.maximum");
    d.cpu_known = hv->driver->cpu_means &&
                  virTypedParamsGet(record->params, record->nparams, "cpu.time");
    if (d.cpu_known)
        d.cpu_ns = param_u64(record, "cpu.time");
    g_array_append_val(s->domains, d);
}

static gboolean add_bulk(struct hv *hv, virConnectPtr conn,
                         struct hv_snapshot *s, GError **error)
{
    unsigned flags = VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |
                     hv->driver->stats_flags;
    virDomainStatsRecordPtr *records = NULL;
    int n = virConnectGetAllDomainStats(conn, STATS, &records, flags);

    if (n < 0)
        return set_error(hv, error);
    for (int i = 0; i < n; i++)
        add_record(hv, s, records[i]);
    virDomainStatsRecordListFree(records);
    return TRUE;
}

static gboolean add_each(struct hv *hv, virConnectPtr conn,
                         struct hv_snapshot *s, GError **error)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(conn, &domains,
                                     VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (n < 0)
        return set_error(hv, error);
    for (int i = 0; i < n; i++) {
        struct hv_domain d = { 0 };

        if (fill_info(hv, &d, domains[i]))
            g_array_append_val(s->domains, d);
        virDomainFree(domains[i]);
    }
    free(domains);
    return TRUE;
}

static gboolean add_domains(struct hv *hv, virConnectPtr conn,
                            struct hv_snapshot *s, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (g_atomic_int_get(&hv->no_bulk))
        return add_each(hv, conn, s, error);
    if (add_bulk(hv, conn, s, &local))
        return TRUE;
    if (!error_is(local, QMC_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_atomic_int_set(&hv->no_bulk, TRUE);
    return add_each(hv, conn, s, error);
}

/* The host */

static guint64 busy_since(struct hv_busy *busy, GHashTable *now,
                          const struct hv_domain *d)
{
    const guint64 *old = g_hash_table_lookup(busy->seen,
                                             GINT_TO_POINTER(d->id));

    g_hash_table_insert(now, GINT_TO_POINTER(d->id),
                        g_memdup2(&d->cpu_ns, sizeof d->cpu_ns));
    if (!old)
        return d->cpu_ns;
    return d->cpu_ns > *old ? d->cpu_ns - *old : 0;
}

static void sum_domains(struct hv *hv, struct hv_snapshot *s)
{
    GHashTable *now = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    struct hv_busy *busy = &hv->busy;

    g_mutex_lock(&hv->lock);
    for (guint i = 0; i < s->domains->len; i++)
        busy->total_ns += busy_since(
            busy, now, &g_array_index(s->domains, struct hv_domain, i));
    g_hash_table_unref(busy->seen);
    busy->seen = now;
    s->host.cpu_busy_ns = busy->total_ns;
    s->host.cpu_known = TRUE;
    g_mutex_unlock(&hv->lock);
}

static void ask_cpu(virConnectPtr conn, struct hv_host *host)
{
    g_autofree virNodeCPUStats *stats = NULL;
    int n = 0;

    virNodeGetCPUStats(conn, VIR_NODE_CPU_STATS_ALL_CPUS, NULL, &n, 0);
    stats = g_new0(virNodeCPUStats, n);
    if (!n || virNodeGetCPUStats(conn, VIR_NODE_CPU_STATS_ALL_CPUS, stats, &n,
                                 0) < 0)
        return;
    for (int i = 0; i < n; i++)
        if (!strcmp(stats[i].field, VIR_NODE_CPU_STATS_KERNEL) ||
            !strcmp(stats[i].field, VIR_NODE_CPU_STATS_USER))
            host->cpu_busy_ns += stats[i].value;
    host->cpu_known = TRUE;
}

static void add_host_cpu(struct hv *hv, virConnectPtr conn,
                         struct hv_snapshot *s)
{
    if (hv->driver->sums_host_cpu)
        sum_domains(hv, s);
    else if (hv->driver->cpu_means)
        ask_cpu(conn, &s->host);
}

/* What the test driver calls free memory is a constant. */
static void count_free(struct hv_snapshot *s)
{
    s->host.free_kib = s->host.memory_kib;
    s->host.free_known = TRUE;
    for (guint i = 0; i < s->domains->len; i++)
        s->host.free_kib -=
            MIN(s->host.free_kib,
                g_array_index(s->domains, struct hv_domain, i).memory_kib);
}

static void add_host(struct hv *hv, virConnectPtr conn, struct hv_snapshot *s)
{
    struct hv_host *host = &s->host;
    unsigned long long free_bytes;
    virNodeInfo info;

    if (virNodeGetInfo(conn, &info) == 0) {
        hv_copy_text(host->model, sizeof host->model, info.model);
        host->cpus = info.cpus;
        host->memory_kib = info.memory;
    }
    if (hv->driver->counts_free) {
        count_free(s);
        return;
    }
    free_bytes = virNodeGetFreeMemory(conn);
    host->free_known = free_bytes > 0;
    host->free_kib = free_bytes / 1024;
}

static int by_uuid(gconstpointer a, gconstpointer b)
{
    return strcmp(((const struct hv_domain *)a)->uuid,
                  ((const struct hv_domain *)b)->uuid);
}

static gboolean run_snapshot(struct hv_call *call, virConnectPtr conn,
                             GError **error)
{
    struct hv_snapshot *s = ((struct snapshot_call *)call)->snapshot;

    g_array_set_size(s->domains, 0);
    s->taken_us = g_get_monotonic_time();
    if (!add_domains(call->hv, conn, s, error))
        return FALSE;
    g_array_sort(s->domains, by_uuid);
    add_host(call->hv, conn, s);
    add_host_cpu(call->hv, conn, s);
    if (virConnectIsAlive(conn) != 0)
        return TRUE;
    /* What looks like domains that vanished was the end of the connection. */
    error_set(error, QMC_ERROR_CONN, "see whether libvirtd runs",
              "cannot read the figures of '%s': the connection broke",
              call->hv->uri);
    return FALSE;
}

struct hv_snapshot *hv_snapshot(struct hv *hv, GError **error)
{
    struct hv_snapshot *s = g_new0(struct hv_snapshot, 1);
    struct snapshot_call call = { { .run = run_snapshot, .hv = hv }, s };

    s->domains = g_array_new(FALSE, TRUE, sizeof(struct hv_domain));
    if (hv_call(&call.call, error))
        return s;
    hv_snapshot_free(s);
    return NULL;
}
