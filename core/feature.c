/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/feature.h"

#include <arpa/inet.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"

#define SERVICE_MAX 48
#define VM_CONFIG_MAX 52
#define PERSIST_MAX 54

static gboolean refuse(const char *text, const char *why, GError **error)
{
    g_autofree char *shown = text_sanitise_value(text, -1);

    error_set(error, QMC_ERROR_INVALID, NULL, "'%s' %s", shown, why);
    return FALSE;
}

/* --- single features --- */

static gboolean check_service(const char *name, const char *value, GError **error)
{
    if (*name == '\0' || g_str_equal(name, ".") || g_str_equal(name, ".."))
        return refuse(name, "is no name of a service", error);
    if (strlen(name) > SERVICE_MAX && !g_str_has_prefix(name, "app-dispvm."))
        return refuse(name, "is no name of a service: 48 characters are the most",
                      error);
    return TRUE;
}

static gboolean check_vm_config(const char *name, const char *value, GError **error)
{
    if (g_ascii_isalpha(*name) && strlen(name) <= VM_CONFIG_MAX)
        return TRUE;
    return refuse(name, "is no name for 'vm-config': it begins with a letter and "
                  "has 52 characters at most", error);
}

static gboolean is_octal(const char *text)
{
    return *text && strspn(text, "01234567") == strlen(text);
}

/* A path, or type:owner:group:mode:path. */
static gboolean is_persistent(const char *value)
{
    g_auto(GStrv) part = g_strsplit(value, ":", 5);

    if (*value == '/')
        return TRUE;
    return g_strv_length(part) == 5 &&
           (g_str_equal(part[0], "file") || g_str_equal(part[0], "dir")) &&
           *part[1] && *part[2] && is_octal(part[3]) && *part[4] == '/';
}

static gboolean check_persist(const char *name, const char *value, GError **error)
{
    if (*name == '\0' || strlen(name) > PERSIST_MAX)
        return refuse(name, "is no name for 'custom-persist': one to 54 characters "
                      "are needed", error);
    return is_persistent(value) ||
           refuse(value, "is no value for 'custom-persist': an absolute path or "
                  "type:owner:group:mode:path is needed", error);
}

static gboolean check_address(const char *name, const char *value, GError **error)
{
    struct in_addr address;

    return inet_pton(AF_INET, value, &address) == 1 ||
           refuse(value, "is no IPv4 address", error);
}

static gboolean check_digits(const char *name, const char *value, GError **error)
{
    return strspn(value, "0123456789") == strlen(value) ||
           refuse(value, "is no number: digits are needed", error);
}

static gboolean check_seconds(const char *name, const char *value, GError **error)
{
    char *end;

    g_ascii_strtod(value, &end);
    return *end == '\0' || refuse(value, "is no number of seconds", error);
}

/* Sorted by name. */
static const struct feature_row rows[] = {
    { "anon-timezone", WALK_TEMPLATE, .help = "its time zone is hidden" },
    { "apparmor", WALK_TEMPLATE, .help = "its kernel uses AppArmor" },
    { "audio-model", WALK_TEMPLATE, .help = "sound card it sees" },
    { "boot-mode.", WALK_TEMPLATE, .help = "a boot mode it offers" },
    { "custom-persist.", .check = check_persist,
      .help = "what of its root stays" },
    { "deferred-netvm-original", .managed = TRUE,
      .help = "netvm it had when it was paused" },
    { "gui", WALK_TEMPLATE, .help = "it has a GUI agent" },
    { "gui-emulated", WALK_TEMPLATE, .help = "its emulated screen is shown" },
    { "gui-videoram-min", WALK_TEMPLATE_ADMIN, .help = "least video memory, KiB" },
    { "gui-videoram-overhead", WALK_TEMPLATE_ADMIN,
      .help = "video memory beyond the screen, KiB" },
    { "internal", .help = "it is not shown in menus" },
    { "ipv6", WALK_NETVM, .help = "it has an IPv6 address" },
    { "linux-stubdom", WALK_TEMPLATE, .help = "its device model runs on Linux" },
    { "memory-hotplug", WALK_TEMPLATE, .help = "its memory grows by hotplug" },
    { "net.fake-gateway", WALK_TEMPLATE, .check = check_address,
      .help = "gateway it is told" },
    { "net.fake-ip", WALK_TEMPLATE, .check = check_address,
      .help = "address it is told" },
    { "net.fake-netmask", WALK_TEMPLATE, .check = check_address,
      .help = "netmask it is told" },
    { "no-default-kernelopts", WALK_TEMPLATE,
      .help = "its kernel gets no options but its own" },
    { "no-nomodeset", WALK_TEMPLATE, .help = "its kernel may set video modes" },
    { "os", WALK_TEMPLATE, .help = "Linux, Windows" },
    { "pci-e820-host", .help = "it sees the memory map of the host" },
    { "preload-dispvm", .managed = TRUE, .help = "disposables started ahead" },
    { "preload-dispvm-completed", .managed = TRUE,
      .help = "when disposables were started ahead" },
    { "preload-dispvm-delay", .check = check_seconds,
      .help = "seconds before a disposable is started ahead" },
    { "preload-dispvm-in-progress", .managed = TRUE,
      .help = "disposables that are being started ahead" },
    { "preload-dispvm-max", .check = check_digits,
      .help = "how many disposables are started ahead" },
    { "preload-dispvm-threshold", .check = check_digits,
      .help = "memory to be left free by that, MiB" },
    { "prohibit-start", .help = "why it must not be started" },
    { "qemu-extra-args", WALK_TEMPLATE, .help = "arguments of its device model" },
    { "qrexec", WALK_TEMPLATE, .help = "it has a qrexec agent" },
    { "selinux", WALK_TEMPLATE, .help = "its kernel uses SELinux" },
    { FEATURE_SERVICE, .check = check_service, .help = "a service in it" },
    { "servicevm", .help = "it serves other qubes" },
    { "stubdom-qrexec", WALK_TEMPLATE, .help = "its device model has qrexec" },
    { "supported-feature.", WALK_TEMPLATE, .help = "a feature it says it has" },
    { "supported-rpc.", WALK_TEMPLATE, .help = "a call it says it answers" },
    { "supported-service.", WALK_TEMPLATE, .help = "a service it says it has" },
    { "suspend-s0ix", WALK_ADMIN, .help = "the host sleeps by s0ix" },
    { "timezone", WALK_TEMPLATE, .help = "time zone of its clock" },
    { "uefi", WALK_TEMPLATE, .help = "it boots by UEFI" },
    { "video-model", WALK_TEMPLATE, .help = "video card it sees" },
    { "vm-config.", .check = check_vm_config, .help = "a setting it can read" },
};

const struct feature_row *feature_rows(gsize *n)
{
    *n = G_N_ELEMENTS(rows);
    return rows;
}

static gboolean is_family(const struct feature_row *row)
{
    return g_str_has_suffix(row->name, ".");
}

/* Each load asks for each feature of each qube: most rows differ in the first letter. */
const struct feature_row *feature_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].name[0] == name[0] &&
            (is_family(&rows[i]) ? g_str_has_prefix(name, rows[i].name)
                                 : g_str_equal(name, rows[i].name)))
            return &rows[i];
    return NULL;
}

/* --- reading --- */

static const char *own_or_along(const struct model *model, const struct qube *qube,
                                const char *property, const char *name,
                                const struct qube **from)
{
    const char *value;

    if (!qube || property)
        return qube ? qube_feature_along(model, qube, property, name, from) : NULL;
    value = qube_feature(qube, name);
    if (value && from)
        *from = qube;
    return value;
}

const char *feature_get(const struct model *model, const struct qube *qube,
                        const char *name, const struct qube **from)
{
    static const struct {
        const char *property;
        gboolean admin;
    } ways[] = {
        [WALK_OWN] = { NULL, FALSE },
        [WALK_TEMPLATE] = { "template", FALSE },
        [WALK_NETVM] = { "netvm", FALSE },
        [WALK_ADMIN] = { NULL, TRUE },
        [WALK_TEMPLATE_ADMIN] = { "template", TRUE },
    };
    const struct feature_row *row = feature_find(name);
    enum feature_walk way = row ? row->walk : WALK_OWN;
    const char *value = own_or_along(model, qube, ways[way].property, name, from);

    if (value || !ways[way].admin)
        return value;
    return own_or_along(model, model_qube_named(model, "dom0"), NULL, name, from);
}

/* --- checking --- */

static gboolean name_ok(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("_.-", *c))
            return FALSE;
    return *name != '\0';
}

static gboolean value_ok(const char *value)
{
    for (const char *c = value; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            return FALSE;
    return TRUE;
}

gboolean feature_is_text(const char *name, const char *value)
{
    const struct feature_row *row = feature_find(name);

    return name_ok(name) && !value_ok(value) && (!row || !row->check);
}

gboolean feature_check(const char *name, const char *value, GError **error)
{
    const struct feature_row *row = feature_find(name);
    gsize known = row && is_family(row) ? strlen(row->name) : 0;

    if (row && row->managed) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "cannot change the feature '%s': the system keeps it", name);
        return FALSE;
    }
    /* What was stored by somebody else can always go. */
    if (!value)
        return TRUE;
    if (!name_ok(name))
        return refuse(name, "is no name of a feature: letters, digits, _, . and - "
                      "are allowed", error);
    if (!value_ok(value))
        return refuse(value, "is no value of a feature: printable ASCII is allowed",
                      error);
    /* Empty means off, whatever it is about; the name has to do all the same. */
    if (!row || !row->check || (*value == '\0' && !known))
        return TRUE;
    return row->check(name + known, value, error);
}
