/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains of libxl (spec/lifecycle.md 3.1-3.6). */
#include "config.h"

#include "hv/domxml-profile.h"

static void write_cpu(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "cpu", "mode", "host-passthrough", NULL);
    domxml_leaf(w, "feature", "name", "vmx", "policy", "disable", NULL);
    domxml_leaf(w, "feature", "name", "svm", "policy", "disable", NULL);
    if (spec->no_rdrand)
        domxml_leaf(w, "feature", "name", "rdrand", "policy", "disable", NULL);
    domxml_leaf(w, "feature", "name", "invtsc", "policy", "require", NULL);
    domxml_end(w);
}

static void write_os(struct domxml_writer *w, const struct dom_spec *spec,
                     const char *machine, const char *type)
{
    domxml_begin(w, "os", NULL);
    domxml_text(w, "type", type, "arch", "x86_64", "machine", machine, NULL);
    domxml_boot_kernel(w, spec);
    domxml_end(w);
}

static void write_os_pv(struct domxml_writer *w, const struct dom_spec *spec)
{
    write_os(w, spec, "xenpv", "linux");
}

static void write_os_pvh(struct domxml_writer *w, const struct dom_spec *spec)
{
    write_os(w, spec, "xenpvh", "xenpvh");
}

static void write_features(struct domxml_writer *w, const struct dom_spec *spec)
{
    static const char *const names[] = { "pae", "acpi", "apic", "viridian" };

    domxml_begin(w, "features", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        domxml_leaf(w, names[i], NULL);
    domxml_end(w);
}

static void write_clock(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "clock", "offset", "utc", "adjustment", "reset", NULL);
    domxml_leaf(w, "timer", "name", "tsc", "mode", "native", NULL);
    domxml_end(w);
}

static void write_disk(struct domxml_writer *w, const struct dom_disk *disk)
{
    domxml_begin(w, "disk", "type", disk->is_file ? "file" : "block", "device",
                 disk->devtype, NULL);
    if (disk->is_file) {
        domxml_leaf(w, "source", "file", disk->path, NULL);
    } else {
        domxml_leaf(w, "driver", "name", "phy", NULL);
        domxml_leaf(w, "source", "dev", disk->path, NULL);
    }
    domxml_leaf(w, "target", "dev", disk->target, NULL);
    if (disk->readonly)
        domxml_leaf(w, "readonly", NULL);
    if (disk->backend)
        domxml_leaf(w, "backenddomain", "name", disk->backend, NULL);
    if (disk->script)
        domxml_leaf(w, "script", "path", disk->script, NULL);
    domxml_end(w);
}

static void write_interface(struct domxml_writer *w,
                            const struct dom_spec *spec)
{
    domxml_begin(w, "interface", "type", "ethernet", NULL);
    domxml_leaf(w, "mac", "address", spec->mac, NULL);
    if (spec->ip)
        domxml_leaf(w, "ip", "address", spec->ip, NULL);
    if (spec->ip6)
        domxml_leaf(w, "ip", "address", spec->ip6, "family", "ipv6", NULL);
    domxml_leaf(w, "backenddomain", "name", spec->netvm, NULL);
    domxml_leaf(w, "script", "path", "vif-route-qubes", NULL);
    domxml_end(w);
}

static void write_devices(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "devices", NULL);
    for (gsize i = 0; i < spec->n_disks; i++)
        write_disk(w, &spec->disks[i]);
    if (spec->netvm)
        write_interface(w, spec);
    domxml_begin(w, "console", "type", "pty", NULL);
    domxml_leaf(w, "target", "type", "xen", "port", "0", NULL);
    domxml_end(w);
    domxml_end(w);
}

const domxml_section domxml_xen_pv[] = {
    domxml_identity, domxml_memory,       write_os_pv,   write_clock,
    domxml_stop_actions, write_devices, NULL,
};

const domxml_section domxml_xen_pvh[] = {
    domxml_identity, domxml_memory,       write_cpu,     write_os_pvh,
    write_features,  write_clock,   domxml_stop_actions, write_devices, NULL,
};

static const struct domxml_mode modes[] = {
    { VIRT_PV, domxml_xen_pv },
    { VIRT_PVH, domxml_xen_pvh },
};

const struct domxml_profile domxml_xen = {
    .type = "xen",
    .disk_prefix = "xvd",
    .modes = modes,
    .n_modes = G_N_ELEMENTS(modes),
};
