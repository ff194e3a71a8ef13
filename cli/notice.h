/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line says beside its data: always stderr, always
 * sanitised, one line each. */
#pragma once

#include <glib.h>

/* "qmc: MESSAGE", then "hint: NEXT STEP" if the error has one. */
void notice_error(const GError *error);
void notice_line(const char *format, ...) G_GNUC_PRINTF(1, 2);
