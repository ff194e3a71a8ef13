/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU on any Linux (spec/lifecycle.md 3.10): what Xen calls pv and pvh is a q35
 * machine that boots the given kernel, or its first disk. */
#include "config.h"

#include "hv/domxml-profile.h"

/* Every device at boot takes a port; this many stay free for hot-plug. */
#define FREE_ROOT_PORTS 8
/* Network, channel, balloon and USB beside the disks. */
#define FIXED_DEVICES 4

static void write_os(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "os", NULL);
    domxml_text(w, "type", "hvm", "arch", "x86_64", "machine", "q35", NULL);
    domxml_boot_kernel(w, spec);
    domxml_leaf(w, "boot", "dev", "cdrom", NULL);
    domxml_leaf(w, "boot", "dev", "hd", NULL);
    domxml_end(w);
}

static void write_features(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "features", NULL);
    domxml_leaf(w, "acpi", NULL);
    domxml_leaf(w, "apic", NULL);
    domxml_end(w);
    domxml_leaf(w, "clock", "offset", "utc", NULL);
}

static void write_power(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "pm", NULL);
    domxml_leaf(w, "suspend-to-mem", "enabled", "yes", NULL);
    domxml_end(w);
}

static void write_target(struct domxml_writer *w, const struct dom_disk *disk)
{
    gboolean cdrom = g_str_equal(disk->devtype, "cdrom");
    g_autofree char *virtio = domxml_target(&domxml_qemu, disk->target);
    g_autofree char *sata = g_strconcat("s", virtio + 1, NULL);

    domxml_leaf(w, "target", "dev", cdrom ? sata : virtio, "bus",
                cdrom ? "sata" : "virtio", NULL);
}

static void write_disk(struct domxml_writer *w, const struct dom_disk *disk)
{
    domxml_begin(w, "disk", "type", disk->is_file ? "file" : "block", "device",
                 disk->devtype, NULL);
    domxml_leaf(w, "driver", "name", "qemu", "type", "raw", NULL);
    domxml_leaf(w, "source", disk->is_file ? "file" : "dev", disk->path, NULL);
    write_target(w, disk);
    if (disk->readonly)
        domxml_leaf(w, "readonly", NULL);
    domxml_text(w, "serial", disk->serial, NULL);
    domxml_end(w);
}

static void write_ports(struct domxml_writer *w, const struct dom_spec *spec)
{
    gsize ports = spec->n_disks + FIXED_DEVICES + FREE_ROOT_PORTS;

    domxml_leaf(w, "controller", "type", "pci", "model", "pcie-root", NULL);
    while (ports--)
        domxml_leaf(w, "controller", "type", "pci", "model", "pcie-root-port",
                    NULL);
}

static void write_interface(struct domxml_writer *w,
                            const struct dom_spec *spec)
{
    domxml_begin(w, "interface", "type", "user", NULL);
    domxml_leaf(w, "mac", "address", spec->mac, NULL);
    domxml_leaf(w, "model", "type", "virtio", NULL);
    domxml_end(w);
}

static void write_consoles(struct domxml_writer *w)
{
    domxml_begin(w, "serial", "type", "pty", NULL);
    domxml_leaf(w, "target", "port", "0", NULL);
    domxml_end(w);
    domxml_begin(w, "console", "type", "pty", NULL);
    domxml_leaf(w, "target", "type", "serial", "port", "0", NULL);
    domxml_end(w);
    domxml_begin(w, "channel", "type", "unix", NULL);
    domxml_leaf(w, "target", "type", "virtio", "name", "org.qemu.guest_agent.0",
                NULL);
    domxml_end(w);
}

static void write_screen(struct domxml_writer *w)
{
    domxml_leaf(w, "input", "type", "tablet", "bus", "usb", NULL);
    domxml_begin(w, "graphics", "type", "vnc", "port", "-1", NULL);
    domxml_leaf(w, "listen", "type", "none", NULL);
    domxml_end(w);
    domxml_begin(w, "video", NULL);
    domxml_leaf(w, "model", "type", "vga", NULL);
    domxml_end(w);
}

static void write_devices(struct domxml_writer *w, const struct dom_spec *spec)
{
    domxml_begin(w, "devices", NULL);
    for (gsize i = 0; i < spec->n_disks; i++)
        write_disk(w, &spec->disks[i]);
    write_ports(w, spec);
    if (spec->netvm)
        write_interface(w, spec);
    write_consoles(w);
    write_screen(w);
    domxml_begin(w, "memballoon", "model", "virtio", NULL);
    domxml_leaf(w, "stats", "period", "3", NULL);
    domxml_end(w);
    domxml_end(w);
}

static const domxml_section sections[] = {
    domxml_identity,     domxml_memory, write_os,      write_features,
    domxml_stop_actions, write_power,   write_devices, NULL,
};

static const struct domxml_mode modes[] = {
    { VIRT_PV, sections },
    { VIRT_PVH, sections },
};

const struct domxml_profile domxml_qemu = {
    .type = "qemu",
    .accelerated_type = "kvm",
    .disk_prefix = "vd",
    .modes = modes,
    .n_modes = G_N_ELEMENTS(modes),
};
