/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/cmd.h"
#include "cli/notice.h"

static gboolean run(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"driver", NULL, OUT_TEXT, 0},
        {"size", NULL, OUT_SIZE, 0},
        {"usage", NULL, OUT_SIZE, 0},
        {"path", NULL, OUT_TEXT, OUT_SHRINK},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    auto_of(out) struct out *out = out_new(columns);
    gboolean fine = engine_refresh_pools(cli->engine, CLI_READ_MS, error);

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        out_row(out);
        out_text(out, entry->name);
        out_text(out, entry->driver);
        out_size(out, entry->usage_known ? entry->size : G_MAXUINT64);
        out_size(out, entry->usage_known ? entry->used : G_MAXUINT64);
        out_text(out, pool_entry_dir(entry));
        if (entry->trouble)
            notice_line("%s", entry->trouble);
    }
    out_print(out, cli->form);
    return fine;
}

const struct cmd cmd_pool_ls = {
    .words = "pool ls",
    .args = "",
    .brief = "list the storage pools and how full they are",
    .help = "Sizes are bytes in lines and JSON; '-' or null where the driver of the\n"
            "pool has no such figure, or cannot be asked now: stderr says why.\n",
    .max_args = 0,
    .run = run,
};
