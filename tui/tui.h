/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console: everything the program needs to know of it. */
#pragma once

#include "core/engine.h"

/* Runs the full screen until the user leaves or a signal ends it; the terminal
 * is restored on every way out. Returns the exit status. The engine is loaded
 * by the console itself, after the first frame is ready to be drawn. */
int tui_run(struct engine *engine);

/* Before it: one of the settings, as `:set` takes them. INVALID, NOTFOUND. */
gboolean tui_set(const char *name, const char *value, GError **error);

/* FALSE if the terminal cannot do it (no tty, TERM=dumb, no cursor movement);
 * *why is static. */
gboolean tui_possible(const char **why);
