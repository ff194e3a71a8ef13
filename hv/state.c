/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hv/state.h"

#include <glib.h>

static const char *const words[] = {
    [POWER_UNKNOWN] = "NA",         [POWER_HALTED] = "Halted",
    [POWER_TRANSIENT] = "Transient", [POWER_RUNNING] = "Running",
    [POWER_PAUSED] = "Paused",      [POWER_SUSPENDED] = "Suspended",
    [POWER_HALTING] = "Halting",    [POWER_DYING] = "Dying",
    [POWER_CRASHED] = "Crashed",
};

/* Indexed by virDomainState. */
static const enum power_state of_active[] = {
    POWER_RUNNING, /* NOSTATE */
    POWER_RUNNING, /* RUNNING */
    POWER_RUNNING, /* BLOCKED */
    POWER_PAUSED,  /* PAUSED */
    POWER_HALTING, /* SHUTDOWN: on its way down */
    POWER_DYING,   /* SHUTOFF, yet active: being torn down */
    POWER_CRASHED, /* CRASHED */
    POWER_SUSPENDED, /* PMSUSPENDED */
};

const char *power_state_word(enum power_state state)
{
    return words[state];
}

enum power_state power_state_of_virt(int active, int virt_state)
{
    if (!active)
        return POWER_HALTED;
    if (virt_state < 0 || virt_state >= (int)G_N_ELEMENTS(of_active))
        return POWER_UNKNOWN;
    return of_active[virt_state];
}
