/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words in a line, the current one in brackets: "[Overview]  Volumes   Log". */
#pragma once

#include "tui/draw.h"

/* Fills one line. Words that have no room are left out, the current one never. */
void tabs_draw(struct rect line, const char *const *titles, guint n,
               guint current);
