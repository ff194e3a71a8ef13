/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How each hypervisor wants its domains written. A profile is a row; each of
 * its modes is a list of sections that are written in order. */
#pragma once

#include "hv/domxml-writer.h"
#include "hv/domxml.h"

typedef void (*domxml_section)(struct domxml_writer *w,
                               const struct dom_spec *spec);

struct domxml_mode {
    enum virt_mode mode;
    const domxml_section *sections; /* up to NULL */
};

struct domxml_profile {
    const char *type; /* domain/@type */
    const char *accelerated_type; /* the same where dom_spec.kvm is set */
    const char *disk_prefix; /* what "xvd" of a target becomes */
    const struct domxml_mode *modes;
    gsize n_modes;
};

extern const struct domxml_profile domxml_xen, domxml_qemu, domxml_test;

/* Sections that more than one profile uses. */
void domxml_identity(struct domxml_writer *w, const struct dom_spec *spec);
void domxml_memory(struct domxml_writer *w, const struct dom_spec *spec);
void domxml_boot_kernel(struct domxml_writer *w, const struct dom_spec *spec);
void domxml_stop_actions(struct domxml_writer *w, const struct dom_spec *spec);
extern const domxml_section domxml_xen_pv[], domxml_xen_pvh[];

/* "xvdb" -> "vdb" where the profile has other names; a target with another
 * prefix stays. */
char *domxml_target(const struct domxml_profile *profile, const char *target);
/* NULL if there is none (no such hypervisor). */
const struct domxml_profile *domxml_profile_of(enum hv_kind kind);
