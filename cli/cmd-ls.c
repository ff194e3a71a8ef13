/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/rows.h"

/* Of no qube: pools, labels ... There is no other place for them. */
#define FINDINGS_SHOWN 5

static void count_findings(const struct model *model)
{
    guint count = model->findings->len;

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        count += qube->findings->len;
    }
    for (guint i = 0; i < MIN(model->findings->len, FINDINGS_SHOWN); i++) {
        const struct finding *finding = model->findings->pdata[i];

        notice_line("%s", finding->message);
    }
    if (count > model->findings->len)
        notice_line("the store has %u finding%s; 'qmc show QUBE' explains those "
                    "marked with '!'", count, count == 1 ? "" : "s");
}

static gboolean run(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        ROWS_QUBE_COLUMNS,
        {"findings", NULL, OUT_NESTED, 0},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    auto_of(out) struct out *out = out_new(columns);
    gboolean fine = cli_refresh_states(cli, error);

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        out_row(out);
        rows_qube(out, model, qube);
        out_nested(out, rows_findings(qube->findings));
    }
    out_print(out, cli->form);
    if (cli->form == OUT_TABLE && !cli->quiet)
        count_findings(model);
    return fine;
}

const struct cmd cmd_ls = {
    .words = "ls",
    .args = "",
    .brief = "list the qubes of the store with their states",
    .help = "Columns: name, state, class, label, template, netvm, and how many\n"
            "findings the store has about the qube ('qmc show QUBE' lists them).\n"
            "When the hypervisor cannot be reached the states are NA and the exit\n"
            "status is 6 (7 if it does not answer in time).\n",
    .max_args = 0,
    .run = run,
};
