/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/rows.h"

#include <string.h>

#include "core/prop-change.h"

static const char *const severities[] = {
    [SEVERITY_INFO] = "info",
    [SEVERITY_WARN] = "warn",
    [SEVERITY_STOP] = "stop",
};

/* A bad value, or any of a qube of unknown class, means nothing to us, but what
 * stands in the store is still worth showing. The last one counts. */
static const char *kept_text(const struct qube *qube, const char *property)
{
    const char *text = NULL;

    for (guint i = 0; i < qube->props->len; i++) {
        const struct prop_value *value =
            &g_array_index(qube->props, struct prop_value, i);

        if (strcmp(value->name, property) == 0)
            text = value->text;
    }
    return text && *text ? text : NULL;
}

static void add_property(struct out *out, const struct model *model,
                         const struct qube *qube, const char *property)
{
    g_autofree char *value = qube_get(model, qube, property);

    out_text(out, value && *value ? value : kept_text(qube, property));
}

void rows_qube(struct out *out, const struct model *model, const struct qube *qube)
{
    out_text(out, qube->name);
    if (qube->state == POWER_UNKNOWN)
        out_unknown(out, power_state_word(qube->state));
    else
        out_text(out, power_state_word(qube->state));
    out_text(out, qube->class_name);
    add_property(out, model, qube, "label");
    add_property(out, model, qube, "template");
    add_property(out, model, qube, "netvm");
    out_number(out, qube->qid);
    out_text(out, *qube->uuid ? qube->uuid : NULL);
    out_number(out, qube_get_int(model, qube, "memory", -1));
    out_number(out, qube_get_int(model, qube, "maxmem", -1));
    out_number(out, qube_get_int(model, qube, "vcpus", -1));
}

void rows_finding(struct out *out, const struct finding *finding)
{
    out_text(out, severities[finding->severity]);
    out_text(out, finding->message);
    out_text(out, finding->hint);
}

struct out *rows_findings(const GPtrArray *findings)
{
    static const struct out_column columns[] = {
        {"severity", NULL, OUT_TEXT, 0},
        {"message", NULL, OUT_TEXT, 0},
        {"hint", NULL, OUT_TEXT, 0},
        {NULL},
    };
    struct out *out = out_new(columns);

    for (guint i = 0; i < findings->len; i++) {
        out_row(out);
        rows_finding(out, findings->pdata[i]);
    }
    return out;
}

struct out *rows_properties_new(void)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"explicit", "set", OUT_BOOL, 0},
        {"value", NULL, OUT_TEXT, 0},
        {"bad", NULL, OUT_BOOL, OUT_DETAIL},
        {"effective", NULL, OUT_TEXT, OUT_DETAIL},
        {NULL},
    };

    return out_new(columns);
}

void rows_property(struct out *out, const struct model *model,
                   const struct qube *qube, const struct prop_row *row)
{
    g_autofree char *said = change_said(model, qube, row);
    g_autofree char *counts = change_before(model, qube, row);
    gboolean bad = change_bad(model, qube, row) != NULL;

    out_row(out);
    out_text(out, row->name);
    out_bool(out, bad || change_is_explicit(model, qube, row));
    out_text(out, said);
    out_bool(out, bad);
    out_text(out, counts);
}

struct out *rows_properties(const struct model *model, const struct qube *qube)
{
    struct out *out = rows_properties_new();
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    for (gsize i = 0; i < n; i++)
        if (qube ? qube->class && rows[i].classes & qube->class->id
                 : rows[i].classes == 0)
            rows_property(out, model, qube, &rows[i]);
    return out;
}

struct out *rows_volumes_new(void)
{
    static const struct out_column columns[] = {ROWS_VOLUME_COLUMNS, {NULL}};

    return out_new(columns);
}

/* As configured, also where the volume itself could not be built. Upstream
 * leaves the attribute away for False. */
static gboolean attr_true(const struct volume_config *config, const char *attr)
{
    const char *text = volume_config_get(config, attr);

    return text && g_ascii_strcasecmp(text, "True") == 0;
}

void rows_volume(struct out *out, const struct qube *qube,
                 const struct volume_config *config)
{
    out_text(out, qube->name);
    out_text(out, config->name);
    out_text(out, config->pool ? config->pool : volume_config_get(config, "pool"));
    out_size(out, config->size ? config->size : G_MAXUINT64);
    out_size(out, config->used);
    out_bool(out, attr_true(config, "rw"));
    out_bool(out, attr_true(config, "snap_on_start"));
    out_bool(out, attr_true(config, "save_on_stop"));
    out_number(out, config->revisions);
    out_text(out, volume_config_get(config, "vid"));
}

void rows_volumes(struct out *out, const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        out_row(out);
        rows_volume(out, qube,
                    &g_array_index(qube->volumes, struct volume_config, i));
    }
}
