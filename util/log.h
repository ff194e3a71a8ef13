/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the program tells whoever debugs it: a ring of lines, and stderr while
 * no screen is up. Never user-facing text, never secrets. Thread safe. */
#pragma once

#include <glib.h>

/* module is a literal such as "hv". The text is sanitised. */
void log_line(const char *module, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Lines also go to stderr (QMC_DEBUG=1, never while curses is up). */
void log_to_stderr(gboolean on);
/* The newest lines, oldest first; at most 1000 are kept. */
GPtrArray *log_lines(void);
