/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/batch.h"
#include "cli/cmd.h"
#include "core/label.h"

static gboolean run_ls(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"number", NULL, OUT_NUMBER, 0},
        {"color", NULL, OUT_TEXT, 0},
        {"qubes", NULL, OUT_NUMBER, 0},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    auto_of(out) struct out *out = out_new(columns);

    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = model->labels->pdata[i];

        out_row(out);
        out_text(out, label->name);
        out_number(out, label->index);
        out_text(out, label->color);
        out_number(out, model_label_users(model, label, NULL));
    }
    out_print(out, cli->form);
    return TRUE;
}

const struct cmd cmd_label_ls = {
    .words = "label ls",
    .args = "",
    .brief = "list the labels",
    .help = "qubes: how many have the label.\n",
    .max_args = 0,
    .run = run_ls,
};

static gboolean submit(struct cli *cli, const char *op, GError **error)
{
    static const char *const names[] = {"name", "color", NULL};
    g_autoptr(GHashTable) args = batch_named(names, options_args(cli->options));

    return batch_run(cli, op, (const char *const[]){"dom0", NULL}, args, error);
}

static gboolean run_add(struct cli *cli, GError **error)
{
    return submit(cli, "label-add", error);
}

const struct cmd cmd_label_add = {
    .words = "label add",
    .args = "NAME COLOR",
    .brief = "add a label",
    .help = "NAME has letters, digits, '-', '_' and '.'; COLOR is 0xRRGGBB.\n",
    .min_args = 2,
    .max_args = 2,
    .op = "label-add",
    .run = run_add,
};

static gboolean run_rm(struct cli *cli, GError **error)
{
    return submit(cli, "label-rm", error);
}

const struct cmd cmd_label_rm = {
    .words = "label rm",
    .args = "NAME",
    .brief = "remove a label that no qube has",
    .help = "The first eight are always there.\n",
    .min_args = 1,
    .max_args = 1,
    .op = "label-rm",
    .run = run_rm,
};
