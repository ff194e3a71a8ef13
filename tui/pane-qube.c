/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/pane-qube.h"

#include "tui/app.h"
#include "tui/meter.h"
#include "tui/qube-text.h"
#include "tui/volume-text.h"

/* "-" for what is not there, so that the words keep their places. */
static char *pane_value(const struct model *model, const struct qube *qube,
                        const char *property)
{
    char *value = qube_get(model, qube, property);

    if (value && *value)
        return value;
    g_free(value);
    return g_strdup("-");
}

/* Nothing where the class has no such property: dom0. */
static char *pane_part(const struct model *model, const struct qube *qube,
                       const char *property, const char *unit)
{
    g_autofree char *value = qube_get(model, qube, property);

    return value && *value ? g_strdup_printf("  %s%s", value, unit) : g_strdup("");
}

static void pane_qube_what(const struct model *model, const struct qube *qube,
                           struct pane *pane)
{
    g_autofree char *label = pane_value(model, qube, "label");
    g_autofree char *mode = pane_part(model, qube, "virt_mode", "");
    g_autofree char *vcpus = pane_part(model, qube, "vcpus", " vcpus");
    g_autofree char *xid =
        qube->xid >= 0 ? g_strdup_printf("  xid %d", qube->xid) : g_strdup("");

    pane_line(pane, STYLE_STRONG, "%s  [%s]  %s  %s%s%s%s", qube->name,
              style_label_letters(label), qube->class_name,
              qube_text_state(qube), xid, mode, vcpus);
}

/* The properties are in MiB; maxmem 0 is a qube whose memory is not balanced. */
static void pane_qube_memory(const struct model *model, const struct qube *qube,
                             struct pane *pane)
{
    gint64 least = qube_get_int(model, qube, "memory", 0);
    gint64 most = qube_get_int(model, qube, "maxmem", 0);
    g_autofree char *now =
        qube->memory_kib ? text_size(qube->memory_kib * 1024)
                         : g_strdup(qube->state == POWER_HALTED ? "-" : "?");
    g_autofree char *low = text_size((guint64)MAX(least, 0) << 20);
    g_autofree char *high = text_size((guint64)MAX(most, 0) << 20);

    if (most > least)
        pane_line(pane, STYLE_NORMAL, "mem %s of %s..%s max", now, low, high);
    else
        pane_line(pane, STYLE_NORMAL, "mem %s of %s fixed", now, low);
}

static void pane_qube_base(const struct model *model, const struct qube *qube,
                           struct pane *pane)
{
    g_autofree char *template = pane_value(model, qube, "template");
    g_autofree char *kernel = pane_value(model, qube, "kernel");
    g_autofree char *netvm = pane_value(model, qube, "netvm");

    pane_line(pane, STYLE_NORMAL, "template %s  kernel %s", template, kernel);
    pane_line(pane, STYLE_NORMAL, "net %s%s", netvm,
              *netvm == '-' || qube_is_explicit(qube, "netvm") ? "" : " (default)");
}

/* What can be told of the volume itself needs a reading, which takes a moment. */
static void pane_qube_volume(const struct volume_config *config,
                             struct pane *pane)
{
    int percent = volume_percent(config);
    g_autofree char *size = text_size(config->size);
    g_autofree char *used = percent >= 0 ? text_size(config->used) : NULL;

    if (percent >= 0)
        pane_line(pane, percent >= METER_ATTENTION ? STYLE_WARN : STYLE_NORMAL,
                  "%-8s %6s/%6s %3d%%  pool %s  %d revisions", config->name, used, size,
                  percent, config->pool ? config->pool : "-",
                  MAX(config->revisions, 0));
    else
        pane_line(pane, STYLE_NORMAL, "%-8s      ?/%6s       pool %s", config->name, size,
                  config->pool ? config->pool : "-");
}

/* Kernels are nothing that fills up. */
static void pane_qube_volumes(const struct qube *qube, struct pane *pane)
{
    static const char *const names[] = {"private", "root", "volatile"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct volume_config *config = qube_volume(qube, names[i]);

        if (config)
            pane_qube_volume(config, pane);
        if (config && config->trouble)
            pane_line(pane, STYLE_WARN, "! %s", config->trouble);
    }
}

void pane_qube(const struct screen *screen, struct pane *pane)
{
    const struct model *model = app_model(screen->app);
    const char *uuid = screen->class->subject(screen);
    const struct qube *qube = uuid ? model_qube(model, uuid) : NULL;

    if (!qube)
        return;
    pane_qube_what(model, qube, pane);
    for (guint i = 0; i < MIN(qube->findings->len, 2); i++)
        pane_line(pane, STYLE_WARN, "! %s",
                  ((const struct finding *)qube->findings->pdata[i])->message);
    if (qube->class && qube->class->id == CLASS_ADMIN)
        return;
    pane_qube_memory(model, qube, pane);
    pane_qube_base(model, qube, pane);
    pane_qube_volumes(qube, pane);
}
