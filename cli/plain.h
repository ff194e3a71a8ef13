/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line mode: lists the qubes, then takes commands line by line, as they are
 * typed in a shell. No cursor is moved: for speech, braille, terminals that
 * cannot do more, and for files of commands. */
#pragma once

#include "cli/cli.h"

/* Until `quit` or the end of the input. The exit status: of the last command
 * that failed if the input is no terminal. */
int plain_run(struct cli *cli);
