/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/batch.h"
#include "cli/cmd.h"

static gboolean run(struct cli *cli, GError **error)
{
    static const char *const names[] = {"directory", NULL};
    g_autoptr(GHashTable) args = batch_named(names, options_args(cli->options));

    return batch_run(cli, "sweep", (const char *const[]){"dom0", NULL}, args, error);
}

const struct cmd cmd_xml_sweep = {
    .words = "xml sweep",
    .args = "DIRECTORY",
    .brief = "delete the directory of a qube that is not in the store",
    .help = "DIRECTORY is one that 'xml check' says was left over, as it is named there. It\n"
            "goes with all that is in it, images too: needs --confirm with the last part\n"
            "of its path. One that a qube has, or that is being made, is refused.\n",
    .min_args = 1,
    .max_args = 1,
    .op = "sweep",
    .run = run,
};
