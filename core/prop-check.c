/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/prop-rules.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"

#define SEE_CLASSES "'qmc ls' shows the class of each qube"

static gboolean refuse_with(const char *property, const char *value, const char *why,
                            const char *hint, GError **error)
{
    g_autofree char *shown = text_sanitise_value(value, -1);

    error_set(error, QMC_ERROR_INVALID, hint, "'%s' is no value for '%s': %s",
              shown, property, why);
    return FALSE;
}

static gboolean refuse(const char *property, const char *value, const char *why,
                       GError **error)
{
    return refuse_with(property, value, why, NULL, error);
}

/* The next step is to set something of the qube that was named. */
static gboolean refuse_until(const char *property, const struct qube *target,
                             const char *why, const char *needed, GError **error)
{
    g_autofree char *name = qube_shell_name(target);
    g_autofree char *hint =
        g_strdup_printf("choose another one, or: qmc prefs %s %s True", name, needed);

    return refuse_with(property, target->name, why,
                       prop_find(needed, target->class ? target->class->id : 0)
                           ? hint : "choose another one", error);
}

static gboolean is_hex(char c)
{
    return g_ascii_isxdigit(c);
}

static gboolean only(const char *text, gsize len, const char *extra)
{
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum(text[i]) && !strchr(extra, text[i]))
            return FALSE;
    return TRUE;
}

gboolean check_default_user(const struct model *model, const struct qube *qube,
                            const char *value, GError **error)
{
    if (only(value, strlen(value), "_-+,."))
        return TRUE;
    return refuse("default_user", value,
                  "letters, digits and _-+,. are allowed", error);
}

/* One interface: a letter for the bus, then six hexadecimal digits or stars. */
static gboolean interface_ok(const char *code)
{
    if (!strchr("bump*", code[0]))
        return FALSE;
    for (int i = 1; i < 7; i++)
        if (code[i] != '*' && (!is_hex(code[i]) || g_ascii_isupper(code[i])))
            return FALSE;
    return TRUE;
}

static int code_compare(gconstpointer a, gconstpointer b)
{
    return strncmp(a, b, 7);
}

/* Sorted, each once. */
char *spell_devices_denied(const char *text)
{
    gsize n = strlen(text) / 7;
    g_autofree char *all = g_strdup(text);
    GString *out = g_string_new(NULL);

    if (strlen(text) % 7 != 0)
        return g_string_free(g_string_assign(out, text), FALSE);
    if (n)
        qsort(all, n, 7, code_compare);
    for (gsize i = 0; i < n; i++)
        if (i == 0 || code_compare(all + 7 * i, all + 7 * (i - 1)) != 0)
            g_string_append_len(out, all + 7 * i, 7);
    return g_string_free(out, FALSE);
}

gboolean check_devices_denied(const struct model *model, const struct qube *qube,
                              const char *value, GError **error)
{
    gsize len = strlen(value);
    gboolean ok = len % 7 == 0;

    for (gsize i = 0; ok && i < len; i += 7)
        ok = interface_ok(value + i);
    return ok || refuse("devices_denied", value,
                        "codes of seven characters such as u03**** are needed",
                        error);
}

static struct qube *template_named(const struct model *model, const char *value,
                                   GError **error)
{
    struct qube *template = *value ? model_qube_named(model, value) : NULL;

    if (!template)
        refuse_with("template", value, "a template is needed", SEE_CLASSES, error);
    return template;
}

static gboolean template_fits(const char *property, const struct qube *template,
                              GError **error)
{
    if (template->class && template->class->id == CLASS_TEMPLATE)
        return TRUE;
    return refuse_with(property, template->name, "it is not a TemplateVM",
                       SEE_CLASSES, error);
}

gboolean check_template(const struct model *model, const struct qube *qube,
                        const char *value, GError **error)
{
    struct qube *template = template_named(model, value, error);

    return template && template_fits("template", template, error);
}

gboolean check_default_template(const struct model *model, const struct qube *qube,
                                const char *value, GError **error)
{
    const struct qube *template = *value ? model_qube_named(model, value) : NULL;

    return !template || template_fits("default_template", template, error);
}

gboolean check_default_netvm(const struct model *model, const struct qube *qube,
                             const char *value, GError **error)
{
    const struct qube *netvm = *value ? model_qube_named(model, value) : NULL;

    return !netvm || qube_get_bool(model, netvm, "provides_network") ||
           refuse_until("default_netvm", netvm, "it does not provide network",
                        "provides_network", error);
}

gboolean check_disp_template(const struct model *model, const struct qube *qube,
                             const char *value, GError **error)
{
    struct qube *template = template_named(model, value, error);

    if (!template)
        return FALSE;
    if (qube_get_bool(model, template, "template_for_dispvms"))
        return TRUE;
    return refuse_until("template", template, "its template_for_dispvms is not set",
                        "template_for_dispvms", error);
}

static gboolean is_path(const char *value)
{
    return strchr(value, '/') || g_str_equal(value, ".") || g_str_equal(value, "..");
}

gboolean check_kernel(const struct model *model, const struct qube *qube,
                      const char *value, GError **error)
{
    return !is_path(value) ||
           refuse("kernel", value, "a version is needed, not a path", error);
}

gboolean check_default_kernel(const struct model *model, const struct qube *qube,
                              const char *value, GError **error)
{
    return !is_path(value) ||
           refuse("default_kernel", value, "a version is needed, not a path", error);
}

gboolean check_kernelopts(const struct model *model, const struct qube *qube,
                          const char *value, GError **error)
{
    if (g_utf8_strlen(value, -1) <= 512)
        return TRUE;
    return refuse("kernelopts", value, "512 characters are the most", error);
}

gboolean check_keyboard_layout(const struct model *model, const struct qube *qube,
                               const char *value, GError **error)
{
    g_auto(GStrv) part = g_strsplit(value, "+", -1);
    gboolean ok = g_strv_length(part) == 3 && part[0][0] != '\0';

    for (const char *c = ok ? part[0] : ""; *c; c++)
        ok = ok && g_ascii_isalpha(*c);
    ok = ok && only(part[1], strlen(part[1]), "_-") &&
         only(part[2], strlen(part[2]), "_:,-");
    return ok || refuse("keyboard_layout", value,
                        "layout+variant+options is needed, such as us++", error);
}

gboolean check_mac(const struct model *model, const struct qube *qube,
                   const char *value, GError **error)
{
    gboolean ok = strlen(value) == 17;

    for (int i = 0; ok && i < 17; i++)
        ok = i % 3 == 2 ? value[i] == ':' : is_hex(value[i]);
    return ok || refuse("mac", value,
                        "six pairs of hexadecimal digits with : are needed", error);
}

/* Does the way from `netvm` to the outside come past `qube`? Where it goes round
 * without it, others are to blame. */
static gboolean leads_back(const struct model *model, const struct qube *netvm,
                           const struct qube *qube)
{
    int hops = 0;

    while (netvm && netvm != qube && hops++ < MODEL_HOPS)
        netvm = qube_get_vm(model, netvm, "netvm");
    return netvm == qube;
}

gboolean check_netvm(const struct model *model, const struct qube *qube,
                     const char *value, GError **error)
{
    const struct qube *netvm = *value ? model_qube_named(model, value) : NULL;

    if (!netvm)
        return TRUE;
    if (!qube_get_bool(model, netvm, "provides_network"))
        return refuse_until("netvm", netvm, "it does not provide network",
                            "provides_network", error);
    if (qube && leads_back(model, netvm, qube))
        return refuse_with("netvm", value, "the chain of netvms would come back",
                           "choose one that does not use it", error);
    return TRUE;
}

gboolean check_virt_mode(const struct model *model, const struct qube *qube,
                         const char *value, GError **error)
{
    static const char *const modes[] = { "hvm", "pv", "pvh", NULL };

    if (!g_strv_contains(modes, value))
        return refuse("virt_mode", value, "hvm, pv or pvh is needed", error);
    if (g_str_equal(value, "pvh") && qube && qube->has_pci)
        return refuse("virt_mode", value, "PCI devices are assigned", error);
    return TRUE;
}
