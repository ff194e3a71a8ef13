/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One qube of the old store (spec/qubes-xml.md 7.2, 7.3): rows say what becomes of
 * each attribute. */
#include "config.h"

#include "core/import-private.h"

#include <string.h>

#include "core/device-assignment.h"
#include "core/feature.h"
#include "core/import-literal.h"
#include "core/model-private.h"
#include "util/error.h"

gboolean import_put(struct importer *importer, struct qube *qube, const char *property,
                    const struct import_say *say)
{
    const struct prop_row *row = prop_find(property, qube->class->id);
    g_autofree char *value = NULL;
    g_autoptr(GError) cause = NULL;
    struct import_say no = *say;

    no.deed = IMPORT_DROPPED;
    no.to = NULL;
    if (row && prop_validate(row, importer->model, qube, say->to, &cause)) {
        value = prop_canonical(row, importer->model, say->to);
        qube_put(qube, row, value ? value : say->to);
        import_say(importer->import, qube, say);
        return TRUE;
    }
    no.why = cause ? cause->message : "its class has no such property in Qubes 4";
    import_say(importer->import, qube, &no);
    return FALSE;
}

static void put_feature(struct importer *importer, struct qube *qube, const char *name,
                        const struct import_say *say)
{
    g_autofree char *to = g_strdup_printf("%s='%s'", name, say->to);
    struct import_say done = *say;
    g_autoptr(GError) cause = NULL;

    if (feature_check(name, say->to, &cause)) {
        qube_put_feature(qube, name, say->to);
        done.to = to;
    } else {
        done.deed = IMPORT_DROPPED;
        done.to = NULL;
        done.why = cause->message;
    }
    import_say(importer->import, qube, &done);
}

/* Set where it differs from what Qubes 3 took it for. */
static const struct simple {
    const char *name, *usual;
    const char *why; /* what is to be done about it; NULL: nothing */
} simple[] = {
    { "include_in_backups", "True", NULL },
    { "vcpus", "2", NULL },
    { "memory", "400", NULL },
    { "maxmem", "4000", NULL },
    { "default_user", "user", NULL },
    { "debug", "False", NULL },
    { "autostart", "False", "set it once more to have it started with the machine" },
    { "qrexec_timeout", "60", NULL },
    { "mac", NULL, NULL },
    { "backup_timestamp", NULL, NULL },
};

static void put_simple(struct importer *importer, const struct old_qube *old)
{
    for (gsize i = 0; i < G_N_ELEMENTS(simple); i++) {
        const char *value = old_get_some(old->attrs, simple[i].name);

        if (!value || (simple[i].usual &&
                       g_ascii_strcasecmp(value, simple[i].usual) == 0))
            continue;
        import_put(importer, old->qube, simple[i].name,
                   &(struct import_say){
                       simple[i].why ? IMPORT_DOUBTFUL : IMPORT_TAKEN, simple[i].name,
                       value, value, simple[i].why });
    }
}

/* Kernel and its options: what the default was is another one now. */
static void put_kernel(struct importer *importer, const struct old_qube *old,
                       const char *name)
{
    g_autofree char *uses = g_strdup_printf("uses_default_%s", name);
    const char *uses_default = old_get(old->attrs, uses);
    const char *value = old_get_some(old->attrs, name);

    if (!uses_default || g_ascii_strcasecmp(uses_default, "true") == 0)
        return;
    import_put(importer, old->qube, name,
               &(struct import_say){ IMPORT_TAKEN, name, value ? value : "none",
                                     value ? value : "", NULL });
}

static void put_mode(struct importer *importer, const struct old_qube *old)
{
    const struct import_say element = { .what = "element", .from = old->element };
    struct import_say say = element;

    if (old->kind->hvm) {
        say.to = "hvm";
        import_put(importer, old->qube, "virt_mode", &say);
        say.to = "";
        import_put(importer, old->qube, "kernel", &say);
        put_feature(importer, old->qube, "linux-stubdom", &say);
        return;
    }
    put_kernel(importer, old, "kernel");
    put_kernel(importer, old, "kernelopts");
    say.to = "pv";
    if (importer->pv)
        import_put(importer, old->qube, "virt_mode", &say);
}

static void put_label(struct importer *importer, const struct old_qube *old)
{
    const char *value = old_get(old->attrs, "label");
    struct import_say say = { IMPORT_TAKEN, "label", value, value, NULL };

    if (!value || !model_label(importer->model, value))
        say = (struct import_say){ IMPORT_CHANGED, "label", value, "red",
                                   "there is no such label" };
    import_put(importer, old->qube, "label", &say);
}

static void put_network(struct importer *importer, const struct old_qube *old)
{
    if (!old->kind->net && !old->kind->proxy)
        return;
    import_put(importer, old->qube, "provides_network",
               &(struct import_say){ IMPORT_TAKEN, "element", old->element, "True", NULL });
    prop_find("provides_network", old->qube->class->id)
        ->follow(importer->model, old->qube, NULL);
}

/* Features that stand for an attribute with this word. */
static const struct {
    const char *attr, *word, *feature, *value;
} features[] = {
    { "internal", "true", "internal", "1" },
    { "seamless_gui_mode", "true", "gui-seamless", "1" },
    { "pci_e820_host", "false", "pci-e820-host", "" },
    { "qrexec_installed", "true", "qrexec", "1" },
    { "guiagent_installed", "true", "gui", "1" },
};

static void put_features(struct importer *importer, const struct old_qube *old)
{
    gboolean agents = !old->kind->hvm &&
                      (old->kind->template ||
                       (old->qube->class->id == CLASS_STANDALONE &&
                        !old->kind->net && !old->kind->proxy));
    const char *zone = old_get_some(old->attrs, "timezone");
    struct import_say say = { .what = "element", .from = old->element, .to = "1" };

    if (agents) {
        put_feature(importer, old->qube, "qrexec", &say);
        put_feature(importer, old->qube, "gui", &say);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        say = (struct import_say){ IMPORT_TAKEN, features[i].attr, features[i].word,
                                   features[i].value, NULL };
        if (old_is(old->attrs, features[i].attr, features[i].word))
            put_feature(importer, old->qube, features[i].feature, &say);
    }
    if (zone && strcmp(zone, "localtime") != 0)
        put_feature(importer, old->qube, "timezone",
                    &(struct import_say){ IMPORT_TAKEN, "timezone", zone, zone, NULL });
}

/* Services. */

static const struct {
    const char *service, *feature;
} renamed[] = {
    { "qubes-update-check", "check-updates" },
    { "yum-proxy-setup", FEATURE_SERVICE "updates-proxy-setup" },
    { "qubes-yum-proxy", FEATURE_SERVICE "qubes-updates-proxy" },
};

/* The service that gives memory back is maxmem by another name. */
static void put_balloon(struct importer *importer, struct qube *qube, gboolean on)
{
    if (!on)
        import_put(importer, qube, "maxmem",
                   &(struct import_say){ IMPORT_CHANGED, "services", "meminfo-writer",
                                         "0", "what it did is what maxmem does" });
}

static void put_service(struct importer *importer, struct qube *qube,
                        const struct literal_flag *flag)
{
    g_autofree char *feature = g_strconcat(FEATURE_SERVICE, flag->name, NULL);
    const char *name = feature;

    if (strcmp(flag->name, "meminfo-writer") == 0) {
        put_balloon(importer, qube, flag->on);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(renamed); i++)
        if (strcmp(renamed[i].service, flag->name) == 0)
            name = renamed[i].feature;
    put_feature(importer, qube, name,
                &(struct import_say){ IMPORT_TAKEN, "services", flag->name,
                                      flag->on ? "1" : "", NULL });
}

static void put_services(struct importer *importer, const struct old_qube *old)
{
    const char *text = old_get(old->attrs, "services");
    g_autoptr(GError) cause = NULL;
    g_autoptr(GArray) flags = literal_flags(text ? text : "", &cause);

    if (!flags)
        import_say(importer->import, old->qube,
                   &(struct import_say){ IMPORT_DOUBTFUL, "services", text, NULL,
                                         cause->message });
    for (guint i = 0; flags && i < flags->len; i++)
        put_service(importer, old->qube, &g_array_index(flags, struct literal_flag, i));
}

/* Devices. */

/* "00:14.0", perhaps with the segment 0 before it, as "00_14.0"; NULL: neither. */
static char *port_of(const char *text)
{
    static const char form[] = "xx:xx.x";
    char *port;

    if (g_str_has_prefix(text, "0000:"))
        text += strlen("0000:");
    if (strlen(text) != strlen(form))
        return NULL;
    for (gsize i = 0; form[i]; i++)
        if (form[i] == 'x' ? !g_ascii_isxdigit(text[i]) : text[i] != form[i])
            return NULL;
    port = g_ascii_strdown(text, -1);
    port[2] = '_';
    return port;
}

static gboolean is_assigned(const struct qube *qube,
                            const struct device_assignment *device)
{
    for (guint i = 0; i < qube->devices->len; i++)
        if (device_assignment_same(qube->devices->pdata[i], device))
            return TRUE;
    return FALSE;
}

static void put_device(struct importer *importer, struct qube *qube, const char *text,
                       gboolean lenient)
{
    const struct pair option = { g_intern_string("no-strict-reset"), g_strdup("True") };
    struct device_assignment *device = device_assignment_new("pci");
    struct import_say say = { IMPORT_DROPPED, "pcidevs", text, NULL, NULL };

    device->backend = g_strdup("dom0");
    device->port = port_of(text);
    g_array_append_val(device->options, option);
    if (!lenient)
        g_array_set_size(device->options, 0);
    if (!device->port)
        say.why = "it is no address of a PCI device";
    else if (is_assigned(qube, device))
        say.why = "it is there twice";
    else
        say = (struct import_say){
            IMPORT_DOUBTFUL, "pcidevs", text, device->port,
            "it is the address that the old system had: see with lspci whether the same "
            "device has it here before the qube starts",
        };
    import_say(importer->import, qube, &say);
    if (say.deed == IMPORT_DROPPED) {
        device_assignment_free(device);
        return;
    }
    g_ptr_array_add(qube->devices, device);
    qube->has_pci = TRUE;
}

static void put_devices(struct importer *importer, const struct old_qube *old)
{
    const char *text = old_get(old->attrs, "pcidevs");
    gboolean lenient = old_is(old->attrs, "pci_strictreset", "false");
    g_autoptr(GError) cause = NULL;
    g_autoptr(GPtrArray) ports = literal_list(text ? text : "", &cause);

    qube_devices_edit(old->qube);
    if (!ports)
        import_say(importer->import, old->qube,
                   &(struct import_say){ IMPORT_DOUBTFUL, "pcidevs", text, NULL,
                                         cause->message });
    for (guint i = 0; ports && i < ports->len; i++)
        put_device(importer, old->qube, ports->pdata[i], lenient);
}

/* What Qubes 4 adds to every qube when it reads the store. */
static void put_tags(struct importer *importer, struct qube *qube)
{
    static const char *const properties[] = { "guivm", "audiovm" };

    for (gsize i = 0; i < G_N_ELEMENTS(properties); i++)
        prop_find(properties[i], qube->class->id)->follow(importer->model, qube, NULL);
}

void import_qube_fill(struct importer *importer, struct old_qube *old)
{
    const char *drive = old_get_some(old->attrs, "drive");

    put_label(importer, old);
    put_simple(importer, old);
    put_mode(importer, old);
    put_network(importer, old);
    put_features(importer, old);
    put_services(importer, old);
    put_devices(importer, old);
    put_tags(importer, old->qube);
    if (drive)
        import_say(importer->import, old->qube,
                   &(struct import_say){ IMPORT_DROPPED, "drive", drive, NULL,
                                         "attach it when the qube is started" });
}
