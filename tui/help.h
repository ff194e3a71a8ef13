/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of the help screen: keys from the rows of a screen, the rest from
 * its topic in help/. */
#pragma once

#include "core/op.h"
#include "tui/screen.h"

/* Lines for a terminal of that width. GPtrArray of char *; caller unrefs. */
GPtrArray *help_lines(const struct screen_class *class, int width);
/* How an operation is typed, what it does and what it asks. */
GPtrArray *help_lines_op(const struct op_row *row, int width);
/* The keys of every screen. */
GPtrArray *help_lines_all(int width);
