/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/batch.h"
#include "cli/cmd.h"

static gboolean run(struct cli *cli, GError **error)
{
    const struct cmd *cmd = options_cmd(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);

    return batch_run(cli, cmd->op, options_args(cli->options), args, error);
}

const struct cmd cmd_start = {
    .words = "start",
    .args = "QUBE...",
    .brief = "start qubes",
    .help = "Returns when the qube runs. What a failed start has done is undone.\n",
    .min_args = 1,
    .max_args = -1,
    .op = "start",
    .run = run,
};

static const struct option_row stop_options[] = {
    {"wait", 0, NULL, "return when they are down, volumes saved"},
    {"timeout", 0, "N", "with --wait: give up after N seconds"},
    {"force", 0, NULL, "kill it if it is paused"},
    {NULL},
};

const struct cmd cmd_stop = {
    .words = "stop",
    .args = "QUBE...",
    .brief = "ask qubes to shut down",
    .help = "Without --wait it returns as soon as the guest was asked, whether it\n"
            "obeys or not. A timeout (exit status 7) kills nothing.\n",
    .options = stop_options,
    .min_args = 1,
    .max_args = -1,
    .op = "stop",
    .run = run,
};

const struct cmd cmd_kill = {
    .words = "kill",
    .args = "QUBE...",
    .brief = "stop qubes at once, as pulling the plug does",
    .help = "What the guest has not written yet is lost. Killing a disposable, which\n"
            "loses all of its data, or the net qube of others that run needs --yes.\n",
    .min_args = 1,
    .max_args = -1,
    .op = "kill",
    .run = run,
};

const struct cmd cmd_pause = {
    .words = "pause",
    .args = "QUBE...",
    .brief = "freeze running qubes",
    .help = "Paused qubes keep their memory; 'qmc unpause' lets them go on.\n",
    .min_args = 1,
    .max_args = -1,
    .op = "pause",
    .run = run,
};

const struct cmd cmd_unpause = {
    .words = "unpause",
    .args = "QUBE...",
    .brief = "let paused qubes go on",
    .help = "",
    .min_args = 1,
    .max_args = -1,
    .op = "unpause",
    .run = run,
};
