/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Power states (spec/lifecycle.md 1.1). */
#pragma once

enum power_state {
    POWER_UNKNOWN, /* the hypervisor was not asked, or does not answer ("NA") */
    POWER_HALTED,
    POWER_TRANSIENT,
    POWER_RUNNING,
    POWER_PAUSED,
    POWER_SUSPENDED,
    POWER_HALTING,
    POWER_DYING,
    POWER_CRASHED,
};

/* "Halted", "Running" ...: Qubes' own words; "NA" for unknown. */
const char *power_state_word(enum power_state state);
/* libvirt's state code of an active domain -> ours; RUNNING stands for "not
 * known to be usable yet", core decides between Running and Transient. */
enum power_state power_state_of_virt(int active, int virt_state);
