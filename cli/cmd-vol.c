/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/rows.h"
#include "core/op-words.h"
#include "util/error.h"

static void tell_trouble(const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const char *trouble =
            g_array_index(qube->volumes, struct volume_config, i).trouble;

        if (trouble)
            notice_line("%s: %s", qube->name, trouble);
    }
}

static gboolean run_ls(struct cli *cli, GError **error)
{
    const struct model *model = engine_model(cli->engine);
    const char *name = options_args(cli->options)[0];
    const struct qube *only = NULL;
    auto_of(out) struct out *out = rows_volumes_new();
    gboolean fine;

    if (name && !(only = cli_qube(cli, name, error)))
        return FALSE;
    fine = engine_refresh_volumes(cli->engine, only ? only->uuid : NULL,
                                  CLI_READ_MS, error);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (name && strcmp(qube->name, name) != 0)
            continue;
        rows_volumes(out, qube);
        tell_trouble(qube);
    }
    out_print(out, cli->form);
    return fine;
}

const struct cmd cmd_vol_ls = {
    .words = "vol ls",
    .args = "[QUBE]",
    .brief = "list volumes, of all qubes or of one",
    .help = "rw: the guest may write; snap: a fresh snapshot of its source at each\n"
            "start; save: kept when the qube stops; revs: earlier states kept. Sizes\n"
            "are bytes in lines and JSON, '-' or null where they are not known; what is\n"
            "wrong with a volume is said on stderr.\n",
    .max_args = 1,
    .run = run_ls,
};

/* The question of a shrink tells how much is used. */
static void read_used(struct cli *cli, const char *name, GHashTable *args)
{
    const struct qube *qube = op_words_qube(engine_model(cli->engine), name, NULL);

    if (qube && op_args_bool(args, "shrink"))
        engine_refresh_volumes(cli->engine, qube->uuid, CLI_READ_MS, NULL);
}

static gboolean run_resize(struct cli *cli, GError **error)
{
    const char *const *given = options_args(cli->options);
    const char *colon = strchr(given[0], ':');
    g_autofree char *qube = NULL;
    g_autoptr(GHashTable) args = batch_args(cli);

    if (!colon || colon == given[0] || !colon[1]) {
        error_set(error, QMC_ERROR_INVALID, "for example: qmc vol resize work:private 20G",
                  "'%s' does not name a volume as QUBE:VOLUME", given[0]);
        return FALSE;
    }
    qube = g_strndup(given[0], colon - given[0]);
    g_hash_table_insert(args, g_strdup("volume"), g_strdup(colon + 1));
    g_hash_table_insert(args, g_strdup("size"), g_strdup(given[1]));
    read_used(cli, qube, args);
    return batch_run(cli, options_cmd(cli->options)->op,
                     (const char *const[]){qube, NULL}, args, error);
}

static const struct option_row resize_options[] = {
    {"shrink", 0, NULL, "cut the end off; needs --confirm QUBE"},
    {NULL},
};

const struct cmd cmd_vol_resize = {
    .words = "vol resize",
    .args = "QUBE:VOLUME SIZE",
    .brief = "make a volume larger",
    .help = "SIZE is the new size, not the growth: 20G, 20480M, 1.5T; units are powers\n"
            "of 1024, those that end in B (20GB) powers of 1000. A running guest sees\n"
            "the new size at once; its file system may have to be grown in the guest.\n",
    .options = resize_options,
    .min_args = 2,
    .max_args = 2,
    .op = "resize",
    .run = run_resize,
};
