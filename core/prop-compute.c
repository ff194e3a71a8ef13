/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/prop-rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/layout.h"
#include "storage/pool.h"
#include "util/file.h"

#define KERNELOPTS_MAX 65536

static gboolean truthy(const char *feature)
{
    return feature && *feature;
}

static struct qube *template_of(const struct model *model, const struct qube *qube)
{
    return qube_get_vm(model, qube, "template");
}

char *compute_name(const struct model *model, const struct qube *qube)
{
    return g_strdup(qube->name);
}

char *compute_qid(const struct model *model, const struct qube *qube)
{
    return g_strdup_printf("%d", qube->qid);
}

char *compute_uuid(const struct model *model, const struct qube *qube)
{
    return g_strdup(qube->uuid);
}

char *compute_klass(const struct model *model, const struct qube *qube)
{
    return g_strdup(qube->class_name);
}

/* -1 says that it does not run; where its state is not known, this is not
 * either. */
char *compute_xid(const struct model *model, const struct qube *qube)
{
    return qube->state == POWER_UNKNOWN ? NULL : g_strdup_printf("%d", qube->xid);
}

/* Only an HVM may have a device model of its own, and only Xenstore knows its
 * number. */
char *compute_stubdom_xid(const struct model *model, const struct qube *qube)
{
    g_autofree char *mode = qube_get(model, qube, "virt_mode");

    if (qube->state != POWER_HALTED && g_strcmp0(mode, "hvm") == 0)
        return NULL;
    return g_strdup("-1");
}

/* What only Xenstore knows, while the qube runs. */
char *compute_untold(const struct model *model, const struct qube *qube)
{
    return NULL;
}

char *compute_is_preload(const struct model *model, const struct qube *qube)
{
    return g_strdup(qube_is_preload(model, qube) ? "True" : "False");
}

static char *mib_text(guint64 kib)
{
    return kib ? g_strdup_printf("%" G_GUINT64_FORMAT, kib / 1024) : NULL;
}

char *compute_maxmem_of_host(const struct model *model, const struct qube *qube)
{
    return mib_text(model->host.memory_kib);
}

char *compute_maxmem_of_dom0(const struct model *model, const struct qube *qube)
{
    return mib_text(qube->maxmem_kib);
}

char *compute_no_cpus(const struct model *model, const struct qube *qube)
{
    return model->host.cpus ? g_strdup_printf("%u", model->host.cpus) : NULL;
}

char *compute_updateable(const struct model *model, const struct qube *qube)
{
    return g_strdup(qube->class && qube->class->has_template ? "False" : "True");
}

char *compute_in_backups_of_disp(const struct model *model, const struct qube *qube)
{
    return g_strdup(qube_get_bool(model, qube, "auto_cleanup") ? "False" : "True");
}

char *compute_dispvm_of_disp(const struct model *model, const struct qube *qube)
{
    return qube_get(model, qube, "template");
}

static const char *icon_kind(const struct model *model, const struct qube *qube)
{
    enum class_id id = qube->class->id;

    if (id == CLASS_ADMIN)
        return "adminvm";
    if (id == CLASS_TEMPLATE ||
        (id == CLASS_APP && qube_get_bool(model, qube, "template_for_dispvms")))
        return "templatevm";
    if (truthy(qube_feature(qube, "servicevm")))
        return "servicevm";
    if (id == CLASS_DISP)
        return "dispvm";
    if (id == CLASS_STANDALONE)
        return "standalonevm";
    return id == CLASS_REMOTE ? "remotevm" : "appvm";
}

char *compute_icon(const struct model *model, const struct qube *qube)
{
    g_autofree char *label = NULL;

    if (!qube->class)
        return NULL;
    label = qube->class->id == CLASS_ADMIN ? g_strdup("black")
                                           : qube_get(model, qube, "label");
    return label ? g_strdup_printf("%s-%s", icon_kind(model, qube), label) : NULL;
}

char *compute_virt_mode(const struct model *model, const struct qube *qube)
{
    struct qube *template = template_of(model, qube);

    if (qube->has_pci)
        return g_strdup("hvm");
    return template ? qube_get(model, template, "virt_mode") : g_strdup("pvh");
}

char *compute_keyboard_layout(const struct model *model, const struct qube *qube)
{
    struct qube *gui = qube_get_vm(model, qube, "guivm");
    char *layout = gui && gui != qube ? qube_get(model, gui, "keyboard_layout") : NULL;

    return layout ? layout : g_strdup("us++");
}

/* Memory. */

static gboolean has_service_claims(const struct qube *qube)
{
    for (guint i = 0; i < qube->features->len; i++)
        if (g_str_has_prefix(g_array_index(qube->features, struct pair, i).name,
                             "supported-service."))
            return TRUE;
    return FALSE;
}

/* An HVM whose inside is not known to give memory back. */
static gboolean lacks_balloon(const struct model *model, const struct qube *qube)
{
    const struct qube *at = qube;
    gboolean claims = FALSE;

    if (!truthy(qube_feature_template(model, qube, "qrexec")))
        return TRUE;
    for (int hops = 0; at && hops < MODEL_HOPS; hops++) {
        claims = claims || has_service_claims(at);
        at = template_of(model, at);
    }
    return claims && !truthy(qube_feature_template(
                         model, qube, "supported-service.meminfo-writer"));
}

char *compute_maxmem(const struct model *model, const struct qube *qube)
{
    g_autofree char *mode = qube_get(model, qube, "virt_mode");
    struct qube *template = template_of(model, qube);
    gint64 most = 4000;

    if (qube->has_pci ||
        (g_strcmp0(mode, "hvm") == 0 && lacks_balloon(model, qube)))
        return g_strdup("0");
    if (template)
        return qube_get(model, template, "maxmem");
    if (g_strcmp0(qube_feature(qube, "os"), "Linux") == 0)
        most = MIN(qube_get_int(model, qube, "memory", 400), G_MAXINT32) * 10;
    if (model->host.memory_kib > 0)
        most = MIN(most, (gint64)(model->host.memory_kib / 2048));
    return g_strdup_printf("%" G_GINT64_FORMAT, most);
}

/* Kernel options. */

char *prop_kernel_dir(const struct model *model, const struct qube *qube,
                      const char *kernel)
{
    struct volume_config *volume = qube ? qube_volume(qube, "kernel") : NULL;
    g_autofree char *name = volume && volume->pool
                                ? g_strdup(volume->pool)
                                : model_global(model, "default_pool_kernel");
    struct pool_entry *entry = name ? model_pool(model, name) : NULL;
    const char *dir = entry && entry->pool ? pool_dir(entry->pool) : NULL;

    if (!dir || strchr(kernel, '/'))
        return NULL;
    return g_build_filename(dir, kernel, NULL);
}

/* Text of a default-kernelopts file of the kernel, or NULL. */
static char *kernel_file(const struct model *model, const struct qube *qube,
                         const char *kernel, const char *file)
{
    g_autofree char *dir = prop_kernel_dir(model, qube, kernel);
    g_autofree char *path = dir ? g_build_filename(dir, file, NULL) : NULL;
    g_autoptr(GBytes) bytes = path ? file_read(path, KERNELOPTS_MAX, NULL, NULL) : NULL;
    g_autofree char *text = NULL;

    if (!bytes)
        return NULL;
    text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return g_utf8_validate(text, -1, NULL) ? g_strdup(g_strstrip(text)) : NULL;
}

/* Guests run without PAT unless the kernel's own file or the user says
 * otherwise; the kernel that dom0 provides is Linux, so only a qube that says
 * it is something else is left alone. */
static char *kernelopts_builtin(const struct model *model, const struct qube *qube,
                                const char *words)
{
    const char *os = qube_feature_template(model, qube, "os");
    gboolean linux_guest = !truthy(os) || g_str_equal(os, "Linux");

    if (!linux_guest)
        return g_strdup(words);
    return *words ? g_strdup_printf("nopat %s", words) : g_strdup("nopat");
}

static char *kernelopts_pci(const struct model *model, const struct qube *qube,
                            const char *kernel)
{
    g_autofree char *file =
        kernel_file(model, qube, kernel, "default-kernelopts-pci.txt");
    g_autofree char *words = file ? g_steal_pointer(&file)
                                  : kernelopts_builtin(model, qube, "");
    const struct qube *dom0 = model_qube_named(model, "dom0");

    if (dom0 && truthy(qube_feature(dom0, "suspend-s0ix")))
        return g_strconcat(words, " qubes_exp_pm_use_suspend=1", NULL);
    return g_steal_pointer(&words);
}

char *compute_kernelopts(const struct model *model, const struct qube *qube)
{
    g_autofree char *kernel = qube_get(model, qube, "kernel");
    struct qube *template = template_of(model, qube);
    char *file;

    if (!kernel || *kernel == '\0')
        return g_strdup("");
    if (qube->has_pci)
        return kernelopts_pci(model, qube, kernel);
    if (template)
        return qube_get(model, template, "kernelopts");
    file = kernel_file(model, qube, kernel, "default-kernelopts-nopci.txt");
    return file ? file : kernelopts_builtin(model, qube, "swiotlb=2048");
}

/* Boot modes. */

static gboolean bootmode_known(const struct model *model, const struct qube *qube,
                               const char *mode)
{
    g_autofree char *key = g_strdup_printf("boot-mode.kernelopts.%s", mode);

    return g_str_equal(mode, "default") || qube_feature_template(model, qube, key);
}

char *compute_bootmode_for_apps(const struct model *model, const struct qube *qube)
{
    const char *mode = qube_feature(qube, "boot-mode.appvm-default");

    return g_strdup(mode ? mode : "default");
}

char *compute_bootmode(const struct model *model, const struct qube *qube)
{
    const char *active = qube_feature(qube, "boot-mode.active");
    const struct qube *at = template_of(model, qube);

    if (active && bootmode_known(model, qube, active))
        return g_strdup(active);
    for (int hops = 0; at && hops < MODEL_HOPS; hops++) {
        g_autofree char *mode = qube_get(model, at, "appvm_default_bootmode");

        if (mode && bootmode_known(model, qube, mode))
            return g_steal_pointer(&mode);
        at = template_of(model, at);
    }
    return g_strdup("default");
}

/* Addresses. */

static gboolean is_networked(const struct model *model, const struct qube *qube)
{
    return qube_get_bool(model, qube, "provides_network") ||
           qube_get_vm(model, qube, "netvm");
}

static gboolean is_disp(const struct qube *qube)
{
    return qube->class && qube->class->id == CLASS_DISP;
}

static gint64 address_id(const struct model *model, const struct qube *qube)
{
    return is_disp(qube) ? qube_get_int(model, qube, "dispid", 0) : qube->qid;
}

char *compute_ip(const struct model *model, const struct qube *qube)
{
    gint64 id = address_id(model, qube), block = 0, host = id;

    if (!is_networked(model, qube) || id < 0)
        return NULL;
    if (id > 254) { /* .0 and .255 are left out from here on */
        block = (id - 1) / 254;
        host = (id - 1) % 254 + 1;
    }
    return g_strdup_printf("10.%d.%d.%d", is_disp(qube) ? 138 : 137, (int)block,
                           (int)host);
}

static gboolean has_ipv6(const struct model *model, const struct qube *qube)
{
    for (int hops = 0; qube && hops < MODEL_HOPS; hops++) {
        const char *value = qube_feature(qube, "ipv6");

        if (value)
            return truthy(value);
        qube = qube_get_vm(model, qube, "netvm");
    }
    return FALSE;
}

char *compute_ip6(const struct model *model, const struct qube *qube)
{
    gint64 id = address_id(model, qube);

    if (!is_networked(model, qube) || id < 0 || !has_ipv6(model, qube))
        return NULL;
    return g_strdup_printf("fd09:24ef:4179::%s:%x", is_disp(qube) ? "a8a" : "a89",
                           (unsigned)id);
}

char *compute_visible_ip(const struct model *model, const struct qube *qube)
{
    const char *fake = qube_feature_template(model, qube, "net.fake-ip");

    return truthy(fake) ? g_strdup(fake) : qube_get(model, qube, "ip");
}

char *compute_visible_ip6(const struct model *model, const struct qube *qube)
{
    return qube_get(model, qube, "ip6");
}

char *compute_visible_netmask(const struct model *model, const struct qube *qube)
{
    const char *fake = qube_feature_template(model, qube, "net.fake-netmask");

    if (truthy(fake))
        return g_strdup(fake);
    return g_strdup(qube_get_vm(model, qube, "netvm") ? "255.255.255.255" : NULL);
}

char *compute_gateway(const struct model *model, const struct qube *qube)
{
    return qube_get_bool(model, qube, "provides_network")
               ? qube_get(model, qube, "visible_ip") : NULL;
}

char *compute_gateway6(const struct model *model, const struct qube *qube)
{
    return qube_get_bool(model, qube, "provides_network") && has_ipv6(model, qube)
               ? qube_get(model, qube, "visible_ip6") : NULL;
}

char *compute_visible_gateway(const struct model *model, const struct qube *qube)
{
    const char *fake = qube_feature_template(model, qube, "net.fake-gateway");
    struct qube *netvm = qube_get_vm(model, qube, "netvm");

    if (truthy(fake))
        return g_strdup(fake);
    return netvm ? qube_get(model, netvm, "gateway") : NULL;
}

char *compute_visible_gateway6(const struct model *model, const struct qube *qube)
{
    struct qube *netvm = qube_get_vm(model, qube, "netvm");

    return netvm && has_ipv6(model, qube) ? qube_get(model, netvm, "gateway6") : NULL;
}

char *compute_dns(const struct model *model, const struct qube *qube)
{
    return g_strdup(is_networked(model, qube) ? "10.139.1.1 10.139.1.2" : NULL);
}

/* Pools. */

static const char *pool_attr(const struct pool_entry *entry, const char *name)
{
    for (guint i = 0; i < entry->attrs->len; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (g_str_equal(pair->name, name))
            return pair->value;
    }
    return NULL;
}

static const char *pool_by(const struct model *model, const char *driver_prefix,
                           const char *attr, const char *wanted)
{
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = g_ptr_array_index(model->pools, i);

        if (g_str_has_prefix(entry->driver, driver_prefix) &&
            g_strcmp0(pool_attr(entry, attr), wanted) == 0)
            return entry->name;
    }
    return NULL;
}

/* Upstream also asks device-mapper which thin pool backs "/": that is a
 * question about the machine, not about the store. */
char *compute_default_pool(const struct model *model, const struct qube *qube)
{
    const char *thin = g_getenv("DEFAULT_LVM_POOL"), *name = NULL;

    if (model_pool(model, "default"))
        return g_strdup("default");
    if (thin)
        name = pool_by(model, "lvm_thin", "thin_pool", thin);
    if (!name)
        name = pool_by(model, "file", "dir_path", LAYOUT_BASE);
    return g_strdup(name);
}
