/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain XML: a plain description in, text out (spec/lifecycle.md 3). Pure:
 * no connection, no file system. One profile per hypervisor. */
#pragma once

#include <glib.h>

enum hv_kind { HV_XEN, HV_QEMU, HV_TEST };
enum virt_mode { VIRT_PV, VIRT_PVH, VIRT_HVM };

struct dom_disk {
    const char *path;    /* block device, or a file where the hypervisor takes files */
    gboolean is_file;
    const char *target;  /* xvda ...; profiles rename it (vda) */
    const char *devtype; /* "disk" or "cdrom" */
    const char *serial;  /* volume name */
    const char *backend; /* NULL: dom0 */
    const char *script;  /* NULL: none */
    gboolean readonly;
};

struct dom_spec {
    const char *name, *uuid;
    enum virt_mode virt_mode;
    guint64 memory_mib;  /* what it starts with */
    guint64 maxmem_mib;  /* 0: no balancing */
    unsigned vcpus;
    const char *kernel, *initrd, *cmdline; /* NULL: from the image */
    /* Of this host; hv_create() sets them. */
    gboolean no_rdrand;  /* the CPU needs it hidden */
    gboolean kvm;        /* accelerates qemu */
    const char *netvm, *mac, *ip, *ip6;    /* netvm NULL: no interface */
    const char *timezone;                  /* feature timezone, hvm clock */
    const struct dom_disk *disks;
    gsize n_disks;
};

/* The document for virDomainDefineXML. INVALID if two disks share a target,
 * UNSUPPORTED for a virt_mode the profile has no row for. */
char *domxml_build(enum hv_kind kind, const struct dom_spec *spec, GError **error);
