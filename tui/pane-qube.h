/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The details of a qube in few lines, for the pane below lists of qubes. */
#pragma once

#include "tui/pane.h"

/* `detail` of a class whose subject is a qube. */
void pane_qube(const struct screen *screen, struct pane *pane);
