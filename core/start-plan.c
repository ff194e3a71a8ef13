/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/start-plan.h"

#include <string.h>

#include "core/engine.h"
#include "core/foreign.h"
#include "core/layout.h"
#include "util/error.h"

#define CHAIN_MAX 16
#define LETTER_EXTRA 'e'
#define LETTER_LAST 'y'

static const char *keep(struct start_plan *plan, char *text)
{
    g_autofree char *owned = text;

    return owned && *owned ? g_string_chunk_insert(plan->text, owned) : NULL;
}

static void disk_clear(gpointer data)
{
    struct start_disk *disk = data;

    volume_unref(disk->volume);
}

static void plan_free(gpointer data)
{
    struct start_plan *plan = data;

    g_clear_pointer(&plan->hold, hold_free);
    g_free(plan->prohibited);
    g_free(plan->kernel);
    g_free(plan->kernels_dir);
    g_free(plan->kernelopts);
    g_free(plan->security);
    g_free(plan->bootmode);
    g_free(plan->netvm);
    g_array_unref(plan->disks);
    g_string_chunk_free(plan->text);
    g_free(plan);
}

static gboolean feature_set(const struct model *model, const struct qube *qube,
                            const char *feature)
{
    const char *value = qube_feature_template(model, qube, feature);

    return value && *value;
}

static gboolean read_virt_mode(struct start_plan *plan, const struct model *model,
                               const struct qube *qube, GError **error)
{
    static const char *const words[] = {
        [VIRT_PV] = "pv", [VIRT_PVH] = "pvh", [VIRT_HVM] = "hvm"
    };
    g_autofree char *word = qube_get(model, qube, "virt_mode");

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_strcmp0(word, words[i]) == 0) {
            plan->spec.virt_mode = i;
            return TRUE;
        }
    }
    error_set(error, QMC_ERROR_INVALID, "use pv, pvh or hvm",
              "qube '%s' has the unknown virt_mode '%s'", qube->name,
              word ? word : "");
    return FALSE;
}

static gboolean read_number(const struct model *model, const struct qube *qube,
                            const char *property, guint64 *out, GError **error)
{
    gint64 value = qube_get_int(model, qube, property, -1);

    if (value >= 0) {
        *out = (guint64)value;
        return TRUE;
    }
    error_set(error, QMC_ERROR_INVALID, NULL,
              "qube '%s' has no usable value for '%s'", qube->name, property);
    return FALSE;
}

static gboolean read_machine(struct start_plan *plan, const struct model *model,
                             const struct qube *qube, GError **error)
{
    guint64 vcpus;

    if (!read_virt_mode(plan, model, qube, error) ||
        !read_number(model, qube, "memory", &plan->spec.memory_mib, error) ||
        !read_number(model, qube, "maxmem", &plan->spec.maxmem_mib, error) ||
        !read_number(model, qube, "vcpus", &vcpus, error))
        return FALSE;
    plan->spec.vcpus = (unsigned)vcpus;
    plan->spec.name = keep(plan, g_strdup(qube->name));
    plan->spec.uuid = keep(plan, g_strdup(qube->uuid));
    plan->spec.timezone =
        keep(plan, g_strdup(qube_feature_template(model, qube, "timezone")));
    return TRUE;
}

static const struct qube *network_of(const struct model *model,
                                     const struct qube *qube)
{
    const struct qube *netvm = qube_get_vm(model, qube, "netvm");

    return netvm && netvm->class && !(netvm->class->id & CLASS_ADMIN) ? netvm
                                                                      : NULL;
}

static void read_network(struct start_plan *plan, const struct model *model,
                         const struct qube *qube)
{
    const struct qube *netvm = network_of(model, qube);

    if (!netvm)
        return;
    plan->netvm = g_strdup(netvm->name);
    plan->spec.mac = keep(plan, qube_get(model, qube, "mac"));
    plan->spec.ip = keep(plan, qube_get(model, qube, "ip"));
    plan->spec.ip6 = keep(plan, qube_get(model, qube, "ip6"));
}

static char *security_words(const struct model *model, const struct qube *qube)
{
    static const char *const modules[] = { "apparmor", "selinux" };

    for (gsize i = 0; i < G_N_ELEMENTS(modules); i++)
        if (g_strcmp0(qube_feature_template(model, qube, modules[i]), "1") == 0)
            return g_strdup_printf(" %s=1 security=%s", modules[i], modules[i]);
    return g_strdup("");
}

static char *bootmode_words(const struct model *model, const struct qube *qube)
{
    g_autofree char *mode = qube_get(model, qube, "bootmode");
    g_autofree char *key = NULL;
    const char *words = NULL;

    if (mode && !g_str_equal(mode, "default")) {
        key = g_strdup_printf("boot-mode.kernelopts.%s", mode);
        words = qube_feature_template(model, qube, key);
    }
    return words && *words ? g_strdup_printf(" %s", words) : g_strdup("");
}

static gboolean read_kernel(struct start_plan *plan, struct engine *engine,
                            const struct qube *qube, GError **error)
{
    const struct model *model = engine_model(engine);
    const struct volume_config *config = qube_volume(qube, "kernel");
    g_autofree char *kernel = qube_get(model, qube, "kernel");
    const char *dir =
        config && config->volume ? pool_dir(volume_pool(config->volume)) : NULL;

    plan->kernels_dir = dir ? g_strdup(dir)
                            : layout_path(engine_root(engine), LAYOUT_KERNELS);
    if (!kernel || !*kernel)
        return TRUE;
    if (strchr(kernel, '/') || *kernel == '.') {
        error_set(error, QMC_ERROR_INVALID, "choose one of the kernels installed",
                  "qube '%s' has the impossible kernel name '%s'", qube->name,
                  kernel);
        return FALSE;
    }
    plan->kernel = g_steal_pointer(&kernel);
    return TRUE;
}

static void read_options(struct start_plan *plan, const struct model *model,
                         const struct qube *qube)
{
    plan->kernelopts = qube_get(model, qube, "kernelopts");
    plan->security = security_words(model, qube);
    plan->bootmode = bootmode_words(model, qube);
    plan->is_linux =
        g_strcmp0(qube_feature_template(model, qube, "os"), "Linux") == 0;
    plan->no_common = feature_set(model, qube, "no-default-kernelopts");
    plan->no_nomodeset = feature_set(model, qube, "no-nomodeset");
}

/* The four of every qube have their places, others follow in order. */
static char target_letter(const char *volume, char *next)
{
    static const char *const fixed[] = { "root", "private", "volatile",
                                         "kernel" };

    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
        if (g_str_equal(volume, fixed[i]))
            return (char)('a' + i);
    return (*next)++;
}

gboolean start_target(const struct qube *qube, const char *volume,
                      char target[8])
{
    char next = LETTER_EXTRA;

    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        char letter = target_letter(config->name, &next);

        if (!g_str_equal(config->name, volume) || letter > LETTER_LAST)
            continue;
        g_snprintf(target, 8, "xvd%c", letter);
        return TRUE;
    }
    return FALSE;
}

gboolean start_usable(const struct model *model, const struct qube *qube,
                      const struct volume_config *config, GError **error)
{
    g_autofree char *hint = qube_hint_show(qube);
    const struct volume_config *rival;
    const struct qube *owner;

    if (config->foreign)
        return foreign_refuse(model, qube, config, error);
    if (!config->volume) {
        error_set(error, QMC_ERROR_STATE, hint,
                  "volume '%s' of '%s' cannot be used", config->name, qube->name);
        return FALSE;
    }
    rival = model_volume_rival(model, config, &owner);
    if (!rival)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "give each its own vid in the store",
              "volume '%s' of '%s' cannot be used: volume '%s' of '%s' has the "
              "same image", config->name, qube->name, rival->name, owner->name);
    return FALSE;
}

static gboolean add_disk(struct start_plan *plan, const struct qube *qube,
                         const struct volume_config *config, GError **error)
{
    struct start_disk disk = { NULL };

    if (!start_target(qube, config->name, disk.target)) {
        error_set(error, QMC_ERROR_UNSUPPORTED, "remove volumes it does not need",
                  "volume '%s' of '%s' has no place: a qube has up to %d disks",
                  config->name, qube->name, LETTER_LAST - 'a' + 1);
        return FALSE;
    }
    disk.volume = volume_ref(config->volume);
    g_array_append_val(plan->disks, disk);
    return TRUE;
}

static gboolean read_disks(struct start_plan *plan, const struct model *model,
                           const struct qube *qube, GError **error)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (!start_usable(model, qube, config, error) ||
            !add_disk(plan, qube, config, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean plan_fill(struct start_plan *plan, struct engine *engine,
                          const struct qube *qube, GError **error)
{
    const struct model *model = engine_model(engine);
    const char *prohibited = qube_feature(qube, "prohibit-start");

    if (qube->broken || !qube->class) {
        g_autofree char *hint = qube_hint_show(qube);

        error_set(error, QMC_ERROR_STATE, hint,
                  "the entry of qube '%s' in the store is damaged", qube->name);
        return FALSE;
    }
    plan->hold = hold_new(engine, qube);
    plan->prohibited =
        prohibited && *prohibited ? g_strdup(prohibited) : NULL;
    if (!read_machine(plan, model, qube, error) ||
        !read_kernel(plan, engine, qube, error) ||
        !read_disks(plan, model, qube, error))
        return FALSE;
    read_options(plan, model, qube);
    read_network(plan, model, qube);
    return TRUE;
}

static struct start_plan *plan_new(struct engine *engine, const struct qube *qube,
                                   GError **error)
{
    struct start_plan *plan = g_new0(struct start_plan, 1);

    plan->disks = g_array_new(FALSE, TRUE, sizeof(struct start_disk));
    g_array_set_clear_func(plan->disks, disk_clear);
    plan->text = g_string_chunk_new(256);
    if (plan_fill(plan, engine, qube, error))
        return plan;
    plan_free(plan);
    return NULL;
}

static gboolean in_circles(GPtrArray *plans, const struct qube *qube,
                           GError **error)
{
    for (guint i = 0; i < plans->len; i++) {
        const struct start_plan *plan = plans->pdata[i];

        if (!g_str_equal(plan->spec.uuid, qube->uuid))
            continue;
        error_set(error, QMC_ERROR_INVALID, "give one of them another net qube",
                  "the net qubes of '%s' go in circles", qube->name);
        return TRUE;
    }
    return FALSE;
}

GPtrArray *start_plans_new(struct engine *engine, const struct qube *qube,
                           GError **error)
{
    g_autoptr(GPtrArray) plans = g_ptr_array_new_with_free_func(plan_free);

    while (qube) {
        struct start_plan *plan;

        if (in_circles(plans, qube, error))
            return NULL;
        plan = plan_new(engine, qube, error);
        if (!plan)
            return NULL;
        g_ptr_array_add(plans, plan);
        qube = network_of(engine_model(engine), qube);
    }
    return g_steal_pointer(&plans);
}
