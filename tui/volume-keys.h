/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with the selected volume, the same keys wherever one is. */
#pragma once

#include "tui/screen.h"

extern const struct key_row volume_keys[];
