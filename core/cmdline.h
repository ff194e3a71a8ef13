/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of a guest's kernel (spec/lifecycle.md 3.3): parts joined
 * without separators. */
#pragma once

#include <glib.h>

#include "core/start-plan.h"

/* [W] dir holds the kernel, whose package may bring the common part. */
char *cmdline_build(const struct start_plan *plan, enum hv_kind kind,
                    const char *dir);
