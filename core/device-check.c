/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with assignments of devices; each stays as it is. */
#include "config.h"

#include "core/device-private.h"

#include <string.h>

#include "core/store-private.h"
#include "util/text.h"

#define DROPPED "it is kept, but qubesd drops it: mend"
#define REFUSED "qubesd does not load the store with it: mend"

/* Options by class; NULL: any. */
static const struct {
    const char *class, *option;
} options[] = {
    { "pci", "permissive" },       { "pci", "no-strict-reset" },
    { "block", "frontend-dev" },   { "block", "read-only" },
    { "block", "devtype" },        { "usb", NULL },
    { "mic", NULL },
};

static gboolean class_known(const char *class)
{
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
        if (g_str_equal(options[i].class, class))
            return TRUE;
    return FALSE;
}

static gboolean option_known(const char *class, const char *option)
{
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
        if (g_str_equal(options[i].class, class) &&
            (!options[i].option || g_str_equal(options[i].option, option)))
            return TRUE;
    return FALSE;
}

static gboolean is_hex(const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isxdigit(text[i]))
            return FALSE;
    return TRUE;
}

/* "00_14.0" */
static gboolean is_function(const char *text, gsize len)
{
    return len == 7 && is_hex(text, 2) && text[2] == '_' && is_hex(text + 3, 2) &&
           text[5] == '.' && is_hex(text + 6, 1);
}

/* Of 4.2, or a path over bridges, perhaps with a segment: "00_08.1-00_00.0". */
static gboolean is_pci_port(const char *port)
{
    g_auto(GStrv) hops = g_strsplit(port, "-", -1);
    const char *first = hops[0];

    if (!first)
        return FALSE;
    if (strlen(first) == 12 && is_hex(first, 4) && first[4] == '_')
        first += 5;
    if (!is_function(first, strlen(first)))
        return FALSE;
    for (guint i = 1; hops[i]; i++)
        if (!is_function(hops[i], strlen(hops[i])))
            return FALSE;
    return TRUE;
}

static char *shown(const struct device_assignment *device)
{
    g_autofree char *text = device_assignment_name(device);

    return text_sanitise(text, -1);
}

/* " id=\"00_14.0\"" as it stands in the element, or "" where there is none. */
static char *attr_shown(const struct device_assignment *device, const char *name)
{
    gsize begin, end;

    if (!xml_attr_find(device->text, 0, name, &begin, &end))
        return g_strdup("");
    g_autofree char *attr = g_strndup(device->text + begin, end - begin);
    g_autofree char *shown = text_sanitise(attr, -1);
    return g_strconcat(" ", shown, NULL);
}

/* Takes the message. */
static void device_find(struct qube *qube, const struct device_assignment *device,
                        enum severity severity, const char *deed, char *message)
{
    g_autofree char *backend = attr_shown(device, "backend-domain");
    g_autofree char *port = attr_shown(device, "id");
    g_autofree char *hint =
        store_by_hand("%s <device%s%s> of '%s'", deed, backend, port, qube->name);

    qube_find(qube, severity, hint, "%s", message);
    g_free(message);
}

static void option_check(struct qube *qube, const struct device_assignment *device,
                         const struct pair *option)
{
    g_autofree char *what = shown(device);

    if (class_known(device->class) && !option_known(device->class, option->name))
        device_find(qube, device, SEVERITY_WARN, "take that option out of",
                    g_strdup_printf("device '%s' of '%s' has the option '%s', which is none",
                                    what, qube->name, option->name));
    if (*option->value == '\0' || g_str_equal(option->value, "None"))
        device_find(qube, device, SEVERITY_WARN, "give it one in",
                    g_strdup_printf("the option '%s' of device '%s' of '%s' has no value",
                                    option->name, what, qube->name));
}

/* It stays, but says nothing to anybody. */
static void unknown_check(struct qube *qube, const struct device_assignment *device)
{
    g_autofree char *what = shown(device);
    g_autofree char *attrs =
        device->attrs ? text_sanitise(device->attrs + 1, -1) : NULL;

    if (device->attrs)
        device_find(qube, device, SEVERITY_INFO, "it is kept; if it was meant, mend",
                    g_strdup_printf("device '%s' of '%s' has what is not understood: %s",
                                    what, qube->name, attrs));
    if (device->elements)
        device_find(qube, device, SEVERITY_INFO, "it is kept; if it was meant, mend",
                    g_strdup_printf("device '%s' of '%s' has an element that is not "
                                    "understood", what, qube->name));
}

static gboolean is_lost(const struct model *model, const struct device_assignment *device)
{
    return device->backend && !model_qube_named(model, device->backend);
}

/* In the order of qubesd (spec 1.8): modes, the backend, the port. */
static void flaw_check(const struct model *model, struct qube *qube,
                       const struct device_assignment *device)
{
    g_autofree char *what = shown(device);
    gboolean refused = device->after == DEVICE_REFUSED_FIRST ||
                       (device->after == DEVICE_REFUSED && class_known(device->class) &&
                        !is_lost(model, device));

    device_find(qube, device, refused ? SEVERITY_STOP : SEVERITY_WARN,
                refused ? REFUSED : DROPPED,
                g_strdup_printf("device '%s' of '%s' cannot be used: %s", what, qube->name,
                                device->flaw));
}

static void port_check(const struct model *model, struct qube *qube,
                       const struct device_assignment *device)
{
    g_autofree char *what = NULL;
    gboolean dropped = (device->flaw && device->after == DEVICE_DROPPED) ||
                       is_lost(model, device);

    if (!g_str_equal(device->class, "pci") || !device->port || is_pci_port(device->port))
        return;
    what = shown(device);
    device_find(qube, device, dropped ? SEVERITY_WARN : SEVERITY_STOP,
                "an id such as 00_14.0 is needed: mend",
                g_strdup_printf("device '%s' of '%s' is at no port of PCI", what,
                                qube->name));
}

static void device_check(const struct model *model, struct qube *qube,
                         const struct device_assignment *device)
{
    g_autofree char *what = shown(device);

    if (device->flaw)
        flaw_check(model, qube, device);
    if (!class_known(device->class))
        device_find(qube, device, SEVERITY_INFO, DROPPED,
                    g_strdup_printf("device '%s' of '%s' is of an unknown class", what,
                                    qube->name));
    if (is_lost(model, device))
        device_find(qube, device, SEVERITY_WARN, DROPPED,
                    g_strdup_printf("device '%s' of '%s' cannot be used: there is no "
                                    "qube '%s'", what, qube->name, device->backend));
    port_check(model, qube, device);
    unknown_check(qube, device);
    for (guint i = 0; i < device->options->len; i++)
        option_check(qube, device, &g_array_index(device->options, struct pair, i));
}

static guint device_hash(gconstpointer data)
{
    const struct device_assignment *device = data;

    return (device->backend ? g_str_hash(device->backend) : 0) ^
           (device->port ? g_str_hash(device->port) * 31 : 0);
}

static gboolean device_equal(gconstpointer a, gconstpointer b)
{
    return device_assignment_same(a, b);
}

static void twice_check(struct qube *qube)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(device_hash, device_equal);

    for (guint i = 0; i < qube->devices->len; i++) {
        struct device_assignment *device = qube->devices->pdata[i];
        g_autofree char *what = NULL;

        if (device->flaw || g_hash_table_add(seen, device))
            continue;
        what = shown(device);
        device_find(qube, device, SEVERITY_STOP, "remove the second",
                    g_strdup_printf("device '%s' of '%s' is assigned twice", what,
                                    qube->name));
    }
}

void devices_check(const struct model *model, struct qube *qube)
{
    for (guint i = 0; i < qube->devices->len; i++)
        device_check(model, qube, qube->devices->pdata[i]);
    if (qube->devices->len > 1)
        twice_check(qube);
}
