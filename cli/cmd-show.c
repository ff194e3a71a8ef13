/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/cmd.h"
#include "cli/rows.h"

static struct out *features(const struct qube *qube)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"value", NULL, OUT_TEXT, 0},
        {NULL},
    };
    struct out *out = out_new(columns);

    for (guint i = 0; i < qube->features->len; i++) {
        const struct pair *pair = &g_array_index(qube->features, struct pair, i);

        out_row(out);
        out_text(out, pair->name);
        out_text(out, pair->value);
    }
    return out;
}

static struct out *tags(const struct qube *qube)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {NULL},
    };
    struct out *out = out_new(columns);

    for (guint i = 0; i < qube->tags->len; i++) {
        out_row(out);
        out_text(out, qube->tags->pdata[i]);
    }
    return out;
}

static struct out *volumes(const struct qube *qube)
{
    struct out *out = rows_volumes_new();

    rows_volumes(out, qube);
    return out;
}

static gboolean run(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        ROWS_QUBE_COLUMNS,
        {"findings", NULL, OUT_NESTED, 0},
        {"volumes", NULL, OUT_NESTED, 0},
        {"properties", NULL, OUT_NESTED, 0},
        {"features", NULL, OUT_NESTED, 0},
        {"tags", NULL, OUT_NESTED, 0},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    const char *name = options_args(cli->options)[0];
    auto_of(out) struct out *out = out_new(columns);
    const struct qube *qube;
    gboolean fine;

    if (!cli_qube(cli, name, error))
        return FALSE;
    fine = cli_refresh_states(cli, error);
    if (!engine_refresh_volumes(cli->engine, cli_qube(cli, name, NULL)->uuid,
                                CLI_READ_MS, fine ? error : NULL))
        fine = FALSE;
    qube = cli_qube(cli, name, fine ? error : NULL);
    if (!qube)
        return FALSE;
    out_row(out);
    rows_qube(out, model, qube);
    out_nested(out, rows_findings(qube->findings));
    out_nested(out, volumes(qube));
    out_nested(out, rows_properties(model, qube));
    out_nested(out, features(qube));
    out_nested(out, tags(qube));
    out_print_record(out, cli->form);
    return fine;
}

const struct cmd cmd_show = {
    .words = "show",
    .args = "QUBE",
    .brief = "show everything about one qube",
    .help = "Findings, volumes, properties (and whether the store sets them or they\n"
            "are defaults), features and tags.\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
