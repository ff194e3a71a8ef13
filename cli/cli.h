/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a verb has at hand: its command line and, but for the bare ones, the
 * engine with the store loaded. */
#pragma once

#include "cli/options.h"
#include "cli/out.h"
#include "core/engine.h"

struct cli {
    const struct options *options;
    enum out_form form;
    gboolean quiet;
    int status;      /* what a verb that did its work ends with, if not 0 */
    struct engine *engine;
    char *demo_root; /* to be removed at the end */
    int signal;      /* the first of INT, TERM, HUP that came; 0 */
    guint sources[3];
    void (*interrupted)(gpointer data); /* on main, for each signal; NULL ok */
    gpointer interrupted_data;
};

/* Makes the engine (and the demo) as the options say; loads nothing. */
gboolean cli_open(struct cli *cli, GError **error);
/* The engine, the demo and the signal handlers go. */
void cli_close(struct cli *cli);

/* From here on INT, TERM and HUP are kept in `signal` instead of ending the
 * program. */
void cli_signals_take(struct cli *cli);
void cli_signals_leave(struct cli *cli);

/* Looks whether a signal came while nothing turned the loop. */
gboolean cli_interrupted(struct cli *cli);

/* NOTFOUND names the nearest. */
struct qube *cli_qube(struct cli *cli, const char *name, GError **error);

/* CANCELLED: nobody waits for the end of the operation. */
void cli_set_left(const struct op *op, GError **error);

/* One reading of the states, bounded in time (ux.md 6.2). */
gboolean cli_refresh_states(struct cli *cli, GError **error);
/* Milliseconds a reading may take. */
#define CLI_READ_MS 5000
