/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's test driver takes the sections of Xen as they are (spec/lifecycle.md
 * 3.10); what it would refuse belongs to HVM domains only. */
#include "config.h"

#include "hv/domxml-profile.h"

static const struct domxml_mode modes[] = {
    { VIRT_PV, domxml_xen_pv },
    { VIRT_PVH, domxml_xen_pvh },
};

const struct domxml_profile domxml_test = {
    .type = "test",
    .disk_prefix = "xvd",
    .modes = modes,
    .n_modes = G_N_ELEMENTS(modes),
};
