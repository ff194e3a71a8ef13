/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hv/domxml.h"

#include "util/error.h"

#include "hv/domxml-profile.h"

static const struct domxml_profile *const profiles[] = {
    [HV_XEN] = &domxml_xen,
    [HV_QEMU] = &domxml_qemu,
    [HV_TEST] = &domxml_test,
};

static const char *const mode_words[] = {
    [VIRT_PV] = "pv",
    [VIRT_PVH] = "pvh",
    [VIRT_HVM] = "hvm",
};

const struct domxml_profile *domxml_profile_of(enum hv_kind kind)
{
    return profiles[kind];
}

char *domxml_target(const struct domxml_profile *profile, const char *target)
{
    if (!g_str_has_prefix(target, "xvd"))
        return g_strdup(target);
    return g_strconcat(profile->disk_prefix, target + strlen("xvd"), NULL);
}

void domxml_identity(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_text(w, "name", spec->name, NULL);
    domxml_text(w, "uuid", spec->uuid, NULL);
}

void domxml_memory(struct domxml_writer *w, const struct dom_spec *spec)
{
    guint64 most = spec->maxmem_mib ? spec->maxmem_mib : spec->memory_mib;

    domxml_number(w, "memory", most, "unit", "MiB", NULL);
    domxml_number(w, "currentMemory", spec->memory_mib, "unit", "MiB", NULL);
    domxml_number(w, "vcpu", spec->vcpus, "placement", "static", NULL);
}

void domxml_boot_kernel(struct domxml_writer *w, const struct dom_spec *spec)
{
    /* A command line without a kernel stops qemu dead. */
    if (!spec->kernel)
        return;
    domxml_text(w, "kernel", spec->kernel, NULL);
    domxml_text(w, "initrd", spec->initrd, NULL);
    domxml_text(w, "cmdline", spec->cmdline, NULL);
}

void domxml_stop_actions(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_text(w, "on_poweroff", "destroy", NULL);
    domxml_text(w, "on_reboot", "destroy", NULL);
    domxml_text(w, "on_crash", "destroy", NULL);
}

static const domxml_section *find_sections(const struct domxml_profile *profile,
                                           enum virt_mode mode)
{
    for (gsize i = 0; i < profile->n_modes; i++)
        if (profile->modes[i].mode == mode)
            return profile->modes[i].sections;
    return NULL;
}

static gboolean check_targets(const struct dom_spec *spec, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; i < spec->n_disks; i++) {
        const char *target = spec->disks[i].target;

        if (g_hash_table_add(seen, (gpointer)(guintptr)target))
            continue;
        error_set(error, QMC_ERROR_INVALID,
                  "give one of them another frontend-dev",
                  "two disks of '%s' share the target '%s'", spec->name,
                  target);
        return FALSE;
    }
    return TRUE;
}

char *domxml_build(enum hv_kind kind, const struct dom_spec *spec,
                   GError **error)
{
    const struct domxml_profile *profile = domxml_profile_of(kind);
    const domxml_section *section = find_sections(profile, spec->virt_mode);
    gboolean accelerated = spec->kvm && profile->accelerated_type;
    struct domxml_writer w;

    if (!section) {
        error_set(error, QMC_ERROR_UNSUPPORTED,
                  "choose another virt_mode for the qube",
                  "virt_mode '%s' of '%s' cannot be started on this hypervisor",
                  mode_words[spec->virt_mode], spec->name);
        return NULL;
    }
    if (!check_targets(spec, error))
        return NULL;
    domxml_writer_init(&w);
    domxml_begin(&w, "domain", "type",
                 accelerated ? profile->accelerated_type : profile->type, NULL);
    for (; *section; section++)
        (*section)(&w, spec);
    domxml_end(&w);
    return domxml_writer_finish(&w, error);
}
