/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text into a new file, written on a worker, mode 0600; a file of that name is
 * never replaced. How it went stands in the event line. */
#pragma once

#include "tui/app.h"

/* Takes a reference; `what` begins the sentence: "the event log". "~/x" is below
 * the home of the user. */
void save_lines(struct app *app, GPtrArray *lines, const char *what,
                const char *path);
/* What the terminal shows: it is drawn first. */
void save_screen(struct app *app, const char *path);
