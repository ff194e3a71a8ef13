/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the screen looks like, for golden files: attributes and colours. */
#pragma once

#include "tests/tui/console.h"

/* A line per line of the terminal, a letter per cell, a blank where it looks
 * as a terminal does by itself; "~" for a line of `masked` that differs from
 * run to run. Then what the letters mean. Caller frees. */
char *looks_text(const char *masked);
