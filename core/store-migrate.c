/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What earlier releases wrote and later ones read as something else
 * (spec/qubes-xml.md 1.10). Only the model follows: the bytes stay. A property that was
 * renamed is written in the new way when it is set or unset, the rest when its qube
 * changes for another reason. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/feature.h"
#include "core/model-private.h"
#include "util/text.h"

#define OF_NET "default_fw_netvm"
#define WRITTEN_SO "it is written as that with the next change"

static const char *same(const char *canonical)
{
    return canonical;
}

static const char *mode_of_hvm(const char *canonical)
{
    return g_str_equal(canonical, "True") ? "hvm" : "pv";
}

/* Both are bool. */
static const struct {
    const char *old, *new;
    const char *(*convert)(const char *canonical);
} renamed[] = {
    { "hvm", "virt_mode", mode_of_hvm },
    { "dispvm_allowed", "template_for_dispvms", same },
};

static void put(struct qube *qube, const struct prop_row *row, const char *value)
{
    qube_put(qube, row, value);
    prop_values_find(qube->props, row->name)->unsaid = TRUE;
}

/* NULL: nothing was. */
static const struct prop_value *prop_rename(struct qube *qube, gsize i)
{
    const struct prop_row *row = prop_find(renamed[i].new, qube->class->id);
    struct prop_value *value = row ? prop_values_find(qube->props, renamed[i].old) : NULL;
    g_autofree char *canonical = NULL;

    if (!value || qube_is_explicit(qube, row->name))
        return NULL;
    canonical = prop_canonical(prop_find("debug", CLASS_APP), NULL, value->text);
    if (!canonical)
        return NULL;
    g_free(value->text);
    *value = (struct prop_value){ row, row->name, g_strdup(renamed[i].convert(canonical)),
                                   .unsaid = TRUE };
    return value;
}

void store_migrate_names(struct qube *qube)
{
    for (gsize i = 0; i < G_N_ELEMENTS(renamed); i++)
        prop_rename(qube, i);
}

const char *store_migrated_name(const char *old)
{
    for (gsize i = 0; i < G_N_ELEMENTS(renamed); i++)
        if (g_str_equal(renamed[i].old, old))
            return renamed[i].new;
    return NULL;
}

static void props_take(struct qube *qube)
{
    for (gsize i = 0; i < G_N_ELEMENTS(renamed); i++) {
        const struct prop_value *value = prop_rename(qube, i);
        g_autofree char *name = NULL, *hint = NULL;

        if (!value)
            continue;
        name = qube_shell_name(qube);
        hint = g_strdup_printf("qmc prefs %s %s %s", name, value->name, value->text);
        qube_find(qube, SEVERITY_INFO, hint, "'%s' of '%s' counts as '%s', which is %s",
                  renamed[i].old, qube->name, value->name, value->text);
    }
}

/* The service that gives memory back is maxmem by another name. */
static void balloon_take(struct qube *qube)
{
    const struct prop_row *row = prop_find("maxmem", qube->class->id);
    const char *value = qube_feature(qube, FEATURE_MEMINFO);

    if (!value || !row || row->computed)
        return;
    if (*value == '\0')
        put(qube, row, "0");
    qube_find(qube, SEVERITY_INFO, WRITTEN_SO,
              "feature '%s' of '%s' counts as maxmem, which %s", FEATURE_MEMINFO,
              qube->name, *value ? "it leaves alone" : "is 0");
    qube_drop_feature(qube, FEATURE_MEMINFO);
}

/* Those that lend their network had a default of their own. */
static void netvm_take(const struct model *model, struct qube *qube, const char *name)
{
    const struct prop_row *row = prop_find("netvm", qube->class->id);
    g_autofree char *own = qube_shell_name(qube), *provider = text_shell_quote(name);
    g_autofree char *hint = NULL;

    if (!row || qube_is_explicit(qube, "netvm") ||
        !qube_get_bool(model, qube, "provides_network"))
        return;
    put(qube, row, name);
    hint = g_strdup_printf("qmc prefs %s netvm %s", own, provider);
    qube_find(qube, SEVERITY_INFO, hint,
              "the netvm of '%s' is '%s', as the global property '" OF_NET "' says",
              qube->name, name);
}

static void netvms_take(struct model *model)
{
    const struct prop_value *value = prop_values_find(model->globals, OF_NET);
    const struct prop_value *usual = prop_values_find(model->globals, "default_netvm");

    if (!value || !model_qube_named(model, value->text) ||
        (usual && g_str_equal(usual->text, value->text)))
        return;
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];

        if (qube->class)
            netvm_take(model, qube, value->text);
    }
}

gboolean store_migrates(const char *global)
{
    return g_str_equal(global, OF_NET);
}

void store_settle(struct model *model, const char *global)
{
    for (guint i = 0; store_migrates(global) && i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];
        const struct prop_value *netvm = prop_values_find(qube->props, "netvm");

        if (netvm && netvm->unsaid)
            model_touch(model, qube);
    }
}

void store_migrate(struct model *model)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];

        if (!qube->class)
            continue;
        props_take(qube);
        balloon_take(qube);
    }
    netvms_take(model);
}
