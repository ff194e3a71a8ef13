/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal shows, as text in a file. */
#pragma once

#include "tui/app.h"

/* Draws the screen and writes it on a worker, mode 0600; a file of that name is
 * never replaced. How it went stands in the event line. */
void save_screen(struct app *app, const char *path);
