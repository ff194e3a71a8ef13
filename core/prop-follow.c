/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a change of a property must not break, and what else of the store follows
 * it (spec/qubes-xml.md 2.6, 2.7). */
#include "config.h"

#include "core/prop-rules.h"

#include <unistd.h>

#include "core/model-private.h"
#include "util/error.h"

/* --- rules of single properties --- */

gboolean may_kernel(const struct model *model, const struct qube *qube,
                    const char *value, GError **error)
{
    g_autofree char *dir =
        value && *value ? prop_kernel_dir(model, qube, value) : NULL;
    g_autofree char *image = dir ? g_build_filename(dir, "vmlinuz", NULL) : NULL;

    if (!image || access(image, F_OK) == 0)
        return TRUE;
    error_set(error, QMC_ERROR_NOTFOUND, "choose one that is installed in dom0",
              "there is no kernel '%s': '%s' is missing", value, image);
    return FALSE;
}

gboolean may_netvm(const struct model *model, const struct qube *qube,
                   const char *value, GError **error)
{
    return check_netvm(model, qube, value ? value : "", error);
}

static gboolean follows_default_netvm(const struct qube *qube)
{
    const struct prop_row *row =
        qube->class ? prop_find("netvm", qube->class->id) : NULL;

    return row && row->global && !qube_is_explicit(qube, "netvm");
}

/* Whoever on the way out follows the default would be its own netvm. */
gboolean may_default_netvm(const struct model *model, const struct qube *qube,
                           const char *value, GError **error)
{
    const struct qube *target = value ? model_qube_named(model, value) : NULL;
    const struct qube *at = target;

    for (int hops = 0; at && hops < MODEL_HOPS; hops++) {
        if (follows_default_netvm(at)) {
            error_set(error, QMC_ERROR_INVALID, "set the netvm of that qube first",
                      "'%s' is no value for 'default_netvm': '%s' would be "
                      "connected to itself", value, at->name);
            return FALSE;
        }
        at = qube_get_vm(model, at, "netvm");
    }
    return TRUE;
}

/* Of what is set: where the default is no good either, that has to be changed. */
static gboolean may_be_base(const struct model *model, const struct qube *qube,
                            const char *property, const char *value, GError **error)
{
    const struct prop_row *row = prop_find(property, qube ? qube->class->id : 0);
    const struct qube *target = value ? model_qube_named(model, value) : NULL;
    g_autofree char *usual = qube ? qube_get_default(model, qube, row) : NULL;
    g_autofree char *name = NULL, *hint = NULL;

    if (!target || g_strcmp0(value, usual) == 0 ||
        qube_get_bool(model, target, "template_for_dispvms"))
        return TRUE;
    name = qube_shell_name(target);
    hint = g_strdup_printf("qmc prefs %s template_for_dispvms True", name);
    error_set(error, QMC_ERROR_INVALID,
              target->class && prop_find("template_for_dispvms", target->class->id)
                  ? hint : "choose an AppVM or StandaloneVM that lends itself to them",
              "'%s' is no value for '%s': disposables cannot be based on it", value,
              property);
    return FALSE;
}

gboolean may_default_dispvm(const struct model *model, const struct qube *qube,
                            const char *value, GError **error)
{
    return may_be_base(model, qube, "default_dispvm", value, error);
}

gboolean may_management_dispvm(const struct model *model, const struct qube *qube,
                               const char *value, GError **error)
{
    return may_be_base(model, qube, "management_dispvm", value, error);
}

/* More memory can be plugged in while it runs. */
static gboolean hotplugs(const struct model *model, const struct qube *qube)
{
    const char *says = qube_feature_template(model, qube, "memory-hotplug");
    g_autofree char *mode = qube_get(model, qube, "virt_mode");
    g_autofree char *kernel = qube_get(model, qube, "kernel");
    g_autofree char *dir = NULL, *file = NULL;

    if (says || g_strcmp0(mode, "hvm") == 0)
        return says && *says;
    if (!kernel || !*kernel) {
        says = qube_feature_template(model, qube, "supported-feature.memory-hotplug");
        return says && *says;
    }
    dir = prop_kernel_dir(model, qube, kernel);
    file = dir ? g_build_filename(dir, "memory-hotplug-supported", NULL) : NULL;
    return file && access(file, F_OK) == 0;
}

/* What balances memory has been told the old one. */
gboolean may_maxmem(const struct model *model, const struct qube *qube,
                    const char *value, GError **error)
{
    g_autofree char *name = NULL, *hint = NULL;

    if (qube->state == POWER_HALTED || qube->state == POWER_UNKNOWN ||
        hotplugs(model, qube))
        return TRUE;
    name = qube_shell_name(qube);
    hint = g_strdup_printf("shut it down first: qmc stop %s", name);
    error_set(error, QMC_ERROR_STATE, hint,
              "cannot change 'maxmem' of '%s': it is not halted, and memory cannot be "
              "plugged into it", qube->name);
    return FALSE;
}

static gboolean refuse_used(const char *why, const struct qube *qube,
                            const char *by, const char *property, GError **error)
{
    error_set(error, QMC_ERROR_STATE, "change that first",
              "'%s' cannot stop %s: '%s' of %s%s%s names it", qube->name, why,
              property, by ? "'" : "", by ? by : "the system", by ? "'" : "");
    return FALSE;
}

static gboolean names(const GArray *values, const char *property,
                      const struct qube *qube)
{
    const struct prop_value *value = prop_values_find(values, property);

    return value && g_str_equal(value->text, qube->name);
}

gboolean may_provides_network(const struct model *model, const struct qube *qube,
                              const char *value, GError **error)
{
    if (g_strcmp0(value, "True") == 0)
        return TRUE;
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = model->qubes->pdata[i];

        if (qube_get_vm(model, other, "netvm") == qube)
            return refuse_used("providing network", qube, other->name, "netvm",
                               error);
    }
    return !names(model->globals, "default_netvm", qube) ||
           refuse_used("providing network", qube, NULL, "default_netvm", error);
}

static const struct qube *user_of(const struct model *model, const char *property,
                                  const struct qube *qube)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = model->qubes->pdata[i];

        if (other != qube && names(other->props, property, qube))
            return other;
    }
    return NULL;
}

/* What is explicit counts: who follows a default finds another one. */
gboolean may_template_for_dispvms(const struct model *model,
                                  const struct qube *qube, const char *value,
                                  GError **error)
{
    static const char *const uses[] = { "template", "default_dispvm",
                                        "management_dispvm" };
    static const char why[] = "being a template of disposables";

    if (g_strcmp0(value, "True") == 0)
        return TRUE;
    for (gsize use = 0; use < G_N_ELEMENTS(uses); use++) {
        const struct qube *user = user_of(model, uses[use], qube);

        if (user || names(model->globals, uses[use], qube))
            return refuse_used(why, qube, user ? user->name : NULL, uses[use],
                               error);
    }
    return TRUE;
}

/* Disposables have the images of the template below them. */
gboolean may_template(const struct model *model, const struct qube *qube,
                      const char *value, GError **error)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = model->qubes->pdata[i];

        if (other->state == POWER_HALTED || !other->class ||
            other->class->id != CLASS_DISP ||
            qube_get_vm(model, other, "template") != qube)
            continue;
        error_set(error, QMC_ERROR_STATE, "shut that down first",
                  "cannot change 'template' of '%s': its disposable '%s' runs",
                  qube->name, other->name);
        return FALSE;
    }
    return TRUE;
}

/* --- what follows --- */

/* One tag of the prefix, where the first of them was; name NULL: none. */
static void tag_replace(struct qube *qube, const char *prefix, const char *name)
{
    gint at = -1;

    for (guint i = qube->tags->len; i-- > 0;) {
        if (!g_str_has_prefix(qube->tags->pdata[i], prefix))
            continue;
        g_ptr_array_remove_index(qube->tags, i);
        at = (gint)i;
    }
    if (name)
        g_ptr_array_insert(qube->tags, at, g_strconcat(prefix, name, NULL));
}

static void tag_follow(const struct model *model, struct qube *qube,
                       const char *property)
{
    g_autofree char *name = qube_get(model, qube, property);
    g_autofree char *prefix = g_strconcat(property, "-", NULL);

    tag_replace(qube, prefix, name);
}

void follow_guivm(struct model *model, struct qube *qube, const char *before)
{
    tag_follow(model, qube, "guivm");
}

void follow_audiovm(struct model *model, struct qube *qube, const char *before)
{
    tag_follow(model, qube, "audiovm");
}

void follow_relayvm(struct model *model, struct qube *qube, const char *before)
{
    tag_follow(model, qube, "relayvm");
}

/* Whose property is that of the system. */
static void tags_follow(struct model *model, const char *property)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];

        if (!qube->class || !prop_find(property, qube->class->id) ||
            qube_is_explicit(qube, property))
            continue;
        tag_follow(model, qube, property);
        model_touch(model, qube);
    }
}

void follow_default_guivm(struct model *model, struct qube *qube, const char *before)
{
    tags_follow(model, "guivm");
}

void follow_default_audiovm(struct model *model, struct qube *qube,
                            const char *before)
{
    tags_follow(model, "audiovm");
}

void follow_provides_network(struct model *model, struct qube *qube,
                             const char *before)
{
    if (qube_get_bool(model, qube, "provides_network"))
        qube_put_feature(qube, "servicevm", "1");
    else
        qube_drop_feature(qube, "servicevm");
}

/* The one that was it keeps what is switched off there (T37: unless it is the
 * same). */
void follow_clockvm(struct model *model, struct qube *qube, const char *before)
{
    static const char service[] = "service.clocksync";
    g_autofree char *after = model_global(model, "clockvm");
    struct qube *new = after ? model_qube_named(model, after) : NULL;
    struct qube *old = before ? model_qube_named(model, before) : NULL;
    const char *was = old ? qube_feature(old, service) : NULL;

    if (new && !qube_feature(new, service)) {
        qube_put_feature(new, service, "1");
        model_touch(model, new);
    }
    if (was && *was) {
        qube_drop_feature(old, service);
        model_touch(model, old);
    }
}

/* Where the snapshots of the template's volume come from. */
static const char *origin_vid(const struct volume_config *origin)
{
    const char *source = volume_config_get(origin, "source");
    const char *vid = source ? source : volume_config_get(origin, "vid");

    return vid || !origin->volume ? vid : volume_vid(origin->volume);
}

static void source_follow(struct volume_config *config,
                          const struct volume_config *origin)
{
    const char *vid = origin_vid(origin);
    const char *size = volume_config_get(origin, "size");

    /* One that names no source finds it by the template. */
    if (!vid || !volume_config_get(config, "source"))
        return;
    volume_config_set(config, "source", vid);
    if (origin->pool)
        volume_config_set(config, "pool", origin->pool);
    if (size)
        volume_config_set(config, "size", size);
}

static gboolean is_based(const struct model *model, const struct qube *qube,
                         const struct qube *base)
{
    return qube->class && qube->class->id == CLASS_DISP &&
           qube_get_vm(model, qube, "template") == base;
}

static void sources_follow(const struct model *model, struct qube *qube)
{
    const struct qube *template = qube_get_vm(model, qube, "template");

    for (guint i = 0; template && i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        const struct class_volume *row = class_volume_find(qube->class, config->name);
        const struct volume_config *origin = qube_volume(template, config->name);

        if (row && row->snap_on_start && origin)
            source_follow(config, origin);
    }
}

/* Disposables snapshot what their template is a snapshot of. */
void follow_template(struct model *model, struct qube *qube, const char *before)
{
    sources_follow(model, qube);
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *other = model->qubes->pdata[i];

        if (!is_based(model, other, qube))
            continue;
        sources_follow(model, other);
        model_touch(model, other);
    }
}
