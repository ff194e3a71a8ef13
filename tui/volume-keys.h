/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with the selected volume, the same keys wherever one is. */
#pragma once

#include "tui/screen.h"

/* Before these: open it, in a list of volumes. */
extern const struct key_row volume_open_keys[];
extern const struct key_row volume_keys[];
