/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules of disk-fake.h say of a call. */
#pragma once

#include "disk-fake.h"

/* Counts it, and takes as long as they say; all that fit as one. vid NULL ok. */
struct fake_disk_rule disk_script_enter(const char *call, const char *vid);
/* TRUE with the error if it has to fail. */
gboolean disk_script_fails(const struct fake_disk_rule *rule, const char *call,
                           GError **error);
void disk_script_reset(void);
