/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes stores of any size by core's own writer, and times their loading and
 * saving beside libxml2's reading of the same bytes.
 *
 *   store make ROOT QUBES
 *   store time ROOT        prints NAME=MICROSECONDS lines, medians */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>
#include <libxml/parser.h>

#include "core/model-private.h"
#include "core/store.h"
#include "util/file.h"

#define ROUNDS 15

static _Noreturn void die(const GError *error)
{
    g_printerr("store: %s\n", error ? error->message : "usage");
    exit(1);
}

static void put(struct qube *qube, const char *property, const char *value)
{
    qube_put(qube, prop_find(property, qube->class->id), value);
}

static void add_volume(struct qube *qube, const struct class_volume *row)
{
    static const char *const sizes[] = {"2147483648", "21474836480", "5368709120"};
    struct volume_config *config = qube_volume_add(qube, row->name);
    gboolean kernel = g_str_equal(row->name, "kernel");
    g_autofree char *vid = g_strdup_printf("%s/%s/%s", qube->class->dir_prefix,
                                           qube->name, row->name);

    volume_config_set(config, "pool", kernel ? "linux-kernel" : "varlibqubes");
    volume_config_set(config, "vid", kernel ? "6.12.54-1.fc41" : vid);
    volume_config_set(config, "revisions_to_keep", kernel ? "0" : "1");
    volume_config_set(config, "rw", row->rw ? "True" : "False");
    volume_config_set(config, "save_on_stop", row->save_on_stop ? "True" : "False");
    volume_config_set(config, "snap_on_start", row->snap_on_start ? "True" : "False");
    if (!kernel)
        volume_config_set(config, "size", sizes[qube->qid % (int)G_N_ELEMENTS(sizes)]);
    if (row->snap_on_start)
        volume_config_set(config, "source", "vm-templates/fedora-42-xfce/root");
}

/* About what a qube of a used system has. */
static void add_features(struct qube *qube)
{
    static const char *const features[] = {
        "gui", "qrexec", "os", "qubes-agent-version", "menu-items",
        "service.cups", "service.network-manager", "supported-service.cups",
        "supported-rpc.qubes.VMShell", "last-update",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(features); i++)
        qube_put_feature(qube, features[i], i % 3 ? "1" : "");
    qube_add_tag(qube, "guivm-dom0");
    qube_add_tag(qube, "created-by-dom0");
}

/* Those that others refer to come first. */
static const char *const bases[] = {"fedora-42-xfce", "debian-13-minimal",
                                    "whonix-workstation-18", "sys-firewall"};

#define TEMPLATES 3
#define FIREWALL 4 /* qid */

/* Rows that differ as those of a used system do: alike ones cost a terminal
 * hardly anything. */
static char *qube_name(int qid)
{
    static const char *const first[] = {"work", "personal", "bank", "dev", "media",
                                        "vault", "client"};
    static const char *const second[] = {"mail", "web", "keys", "build", "chat"};

    if (qid <= (int)G_N_ELEMENTS(bases))
        return g_strdup(bases[qid - 1]);
    return g_strdup_printf("%s-%s-%d", first[qid % (int)G_N_ELEMENTS(first)],
                           second[qid % (int)G_N_ELEMENTS(second)], qid);
}

static void put_varied(struct qube *qube, int qid)
{
    static const char *const labels[] = {"red", "orange", "yellow", "green", "gray",
                                         "blue", "purple", "black"};
    static const char *const memories[] = {"400", "1200", "300", "4000"};

    put(qube, "label", labels[qid % (int)G_N_ELEMENTS(labels)]);
    put(qube, "memory", memories[qid % (int)G_N_ELEMENTS(memories)]);
    put(qube, "netvm", qid <= FIREWALL || qid % 4 == 0 ? "" : bases[FIREWALL - 1]);
    if (qid == FIREWALL)
        put(qube, "provides_network", "True");
    if (qid > TEMPLATES)
        put(qube, "template", bases[qid % TEMPLATES]);
}

/* The UUIDs are those of the scripted hypervisor's domains. */
static void add_qube(struct model *model, int qid)
{
    g_autofree char *name = qube_name(qid);
    g_autofree char *uuid = g_strdup_printf("00000000-0000-4000-8000-%012d", qid);
    struct qube *qube = qube_new(name, uuid, qid,
                                 qid <= TEMPLATES ? "TemplateVM" : "AppVM");
    GError *error = NULL;

    put_varied(qube, qid);
    put(qube, "vcpus", "2");
    add_features(qube);
    for (const struct class_volume *v = qube->class->volumes; v->name; v++)
        add_volume(qube, v);
    if (!model_add(model, qube, &error))
        die(error);
}

static void make(const char *root, int qubes)
{
    struct store *store = store_new(root);
    struct model *model = model_new();
    GError *error = NULL;

    for (int i = 1; i <= qubes; i++)
        add_qube(model, i);
    if (!store_write_new(store, model, &error))
        die(error);
    model_free(model);
    store_free(store);
}

enum figure { READ, LOAD, SAVE, SYNC, FIGURES };

struct bench {
    struct store *store;
    struct model *model;
    GBytes *bytes;
    double figures[FIGURES][ROUNDS];
};

static double since(gint64 began)
{
    return (double)(g_get_monotonic_time() - began);
}

/* The tree is freed outside: qmc's model lives on, too. */
static double time_read(struct bench *bench)
{
    gsize len;
    const char *data = g_bytes_get_data(bench->bytes, &len);
    gint64 began = g_get_monotonic_time();
    xmlDoc *doc = xmlReadMemory(data, (int)len, "store", NULL, XML_PARSE_NONET);
    double took = since(began);

    if (!doc)
        die(NULL);
    xmlFreeDoc(doc);
    return took;
}

static double time_load(struct bench *bench)
{
    GError *error = NULL;
    gint64 began;
    double took;

    model_free(bench->model);
    bench->model = model_new();
    began = g_get_monotonic_time();
    if (!store_load(bench->store, bench->model, &error))
        die(error);
    took = since(began);
    return took;
}

/* One property of the last qube, to the disk. */
static double time_save(struct bench *bench, int round)
{
    struct qube *qube = bench->model->qubes->pdata[bench->model->qubes->len - 1];
    g_autofree char *memory = g_strdup_printf("%d", 400 + round);
    gint64 began = g_get_monotonic_time();
    struct store_save *save;
    GError *error = NULL;
    double took;

    put(qube, "memory", memory);
    model_touch(bench->model, qube);
    save = store_save_new(bench->store, bench->model, "bench");
    if (!store_save_run(save, 1000, &error))
        die(error);
    store_save_commit(save, bench->model);
    took = since(began);
    store_save_free(save);
    return took;
}

/* What any program pays for the same bytes: written, synced, renamed. */
static double time_sync(struct bench *bench)
{
    g_autofree char *path = g_strconcat(store_path(bench->store), ".peer", NULL);
    struct file_replace how = { .path = path, .mode = 0600 };
    gint64 began = g_get_monotonic_time();
    GError *error = NULL;
    gsize len;
    const char *data = g_bytes_get_data(bench->bytes, &len);

    if (!file_replace(&how, data, len, NULL, &error))
        die(error);
    return since(began);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct bench *bench)
{
    static const char *const names[] = { "read", "load", "save", "sync" };

    for (int i = 0; i < FIGURES; i++) {
        qsort(bench->figures[i], ROUNDS, sizeof(double), by_size);
        printf("%s=%.0f\n", names[i], bench->figures[i][ROUNDS / 2]);
    }
    printf("bytes=%" G_GSIZE_FORMAT "\n", g_bytes_get_size(bench->bytes));
}

static void time_all(const char *root)
{
    struct bench bench = { .store = store_new(root), .model = model_new() };
    GError *error = NULL;

    bench.bytes = file_read(store_path(bench.store), 64 << 20, NULL, &error);
    if (!bench.bytes)
        die(error);
    for (int i = -1; i < ROUNDS; i++) {
        int at = MAX(i, 0); /* the first warms up */

        bench.figures[READ][at] = time_read(&bench);
        bench.figures[LOAD][at] = time_load(&bench);
        bench.figures[SAVE][at] = time_save(&bench, i);
        bench.figures[SYNC][at] = time_sync(&bench);
    }
    report(&bench);
    g_bytes_unref(bench.bytes);
    model_free(bench.model);
    store_free(bench.store);
}

int main(int argc, char **argv)
{
    if (argc == 4 && g_str_equal(argv[1], "make"))
        make(argv[2], atoi(argv[3]));
    else if (argc == 3 && g_str_equal(argv[1], "time"))
        time_all(argv[2]);
    else
        die(NULL);
    return 0;
}
