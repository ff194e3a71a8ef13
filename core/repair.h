/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be done about a finding: its hint is a command of qmc, or says what is to
 * be done by hand; others follow behind ", or: ", and why behind " (". */
#pragma once

#include <glib.h>

/* The command a hint begins with, without "qmc": whole, quoted as there, without the
 * consent (--confirm, --yes), for that is asked for; what is to be chosen (VALUE, NEW)
 * is left out, with a blank in its place. NULL: it is to be done by hand; or the
 * command is not one that can be typed on a line. hint may be NULL. Caller frees. */
char *repair_command(const char *hint);
/* The property that command sets to a VALUE which is to be chosen: of the qube that
 * is typed so, NULL: of the system. NULL: it does something else. Caller frees. */
char *repair_property(const char *hint, const char *qube);
