/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/rows.h"
#include "core/prop-change.h"
#include "util/error.h"
#include "util/text.h"

static const char *const arg_names[] = {"name", "value", NULL};

/* What is looked up: of a qube, or (NULL) of the system. */
struct query {
    const struct qube *qube;
    const char *name; /* of the property; NULL: all */
};

/* What is printed is what the store says. In JSON a member tells. */
static void warn_bad(const struct cli *cli, const struct qube *qube,
                     const struct prop_row *row)
{
    const struct model *model = engine_model(cli->engine);
    g_autofree char *counts = NULL;

    if (cli->form == OUT_JSON || !change_bad(model, qube, row))
        return;
    counts = change_before(model, qube, row);
    notice_line("warning: '%s' of %s is wrong in the store: what counts is %s (qmc xml "
                "check says more)",
                row->name, qube ? qube->name : "the system",
                counts && *counts ? counts : "none");
}

static void warn_all(const struct cli *cli, const struct qube *qube)
{
    const GArray *values = qube ? qube->props : engine_model(cli->engine)->globals;

    for (guint i = 0; i < values->len; i++) {
        const struct prop_value *value =
            &g_array_index(values, struct prop_value, i);

        if (value->bad && value->row)
            warn_bad(cli, qube, value->row);
    }
}

static gboolean print_all(struct cli *cli, const struct query *query, GError **error)
{
    auto_of(out) struct out *out = NULL;
    g_autofree char *uuid = query->qube ? g_strdup(query->qube->uuid) : NULL;
    gboolean fine = cli_refresh_states(cli, error);
    const struct model *model = engine_model(cli->engine);

    const struct qube *qube = uuid ? model_qube(model, uuid) : NULL;
    out = rows_properties(model, qube);
    out_print(out, cli->form);
    warn_all(cli, qube);
    return fine;
}

/* Nothing but the value, as the store says it: for scripts. */
static void print_value(const struct model *model, const struct query *query,
                        const struct prop_row *row)
{
    g_autofree char *value = change_said(model, query->qube, row);
    g_autofree char *shown = text_sanitise_value(value, -1);

    printf("%s\n", shown);
}

static gboolean print_one(struct cli *cli, struct query *query, GError **error)
{
    const struct model *model = engine_model(cli->engine);
    const struct prop_row *row = change_row(query->qube, query->name, error);
    auto_of(out) struct out *out = NULL;
    gboolean fine;

    if (!row)
        return FALSE;
    /* Only what is computed depends on more than the store. */
    fine = !row->computed || cli_refresh_states(cli, error);
    if (cli->form != OUT_JSON) {
        print_value(model, query, row);
        warn_bad(cli, query->qube, row);
        return fine;
    }
    out = rows_properties_new();
    rows_property(out, model, query->qube, row);
    out_print(out, cli->form);
    return fine;
}

static gboolean read_props(struct cli *cli, struct query query, GError **error)
{
    return query.name ? print_one(cli, &query, error)
                      : print_all(cli, &query, error);
}

static gboolean change(struct cli *cli, const char *op, const char *qube,
                       const char *const *words, GError **error)
{
    g_autoptr(GHashTable) args = batch_named(arg_names, words);

    return batch_run(cli, op, (const char *const[]){qube, NULL}, args, error);
}

/* With --unset there is a name, and no value. */
static gboolean check_unset(const struct cli *cli, const char *const *names,
                            GError **error)
{
    g_autofree char *usage = NULL;

    if (names[0] && !names[1])
        return TRUE;
    usage = cmd_usage(options_cmd(cli->options));
    error_set(error, QMC_ERROR_INVALID, usage,
              "'--unset' needs the name of one property, and no value");
    return FALSE;
}

static gboolean run_prefs(struct cli *cli, GError **error)
{
    const char *const *args = options_args(cli->options);
    struct qube *qube;

    if (options_has(cli->options, "unset"))
        return check_unset(cli, args + 1, error) &&
               change(cli, "unset", args[0], args + 1, error);
    if (args[1] && args[2])
        return change(cli, "set", args[0], args + 1, error);
    qube = cli_qube(cli, args[0], error);
    return qube && read_props(cli, (struct query){qube, args[1]}, error);
}

static const struct option_row unset_options[] = {
    {"unset", 0, NULL, "let it follow its default again"},
    {NULL},
};

const struct cmd cmd_prefs = {
    .words = "prefs",
    .args = "QUBE [NAME [VALUE]]",
    .brief = "show or set properties of a qube",
    .help = "With a NAME its value alone, an empty line if it has none; with a VALUE\n"
            "that is set. '' is no qube: qmc prefs work netvm ''. A value that was set\n"
            "stays when the default changes; --unset takes it back. A running qube\n"
            "follows most changes at its next start. Where the store says what cannot be\n"
            "used, that is printed, with a warning of what counts instead.\n",
    .options = unset_options,
    .min_args = 1,
    .max_args = 3,
    .op = "set",
    .run = run_prefs,
};

static gboolean run_global(struct cli *cli, GError **error)
{
    const char *const *args = options_args(cli->options);

    if (options_has(cli->options, "unset"))
        return check_unset(cli, args, error) &&
               change(cli, "global-unset", "dom0", args, error);
    if (args[0] && args[1])
        return change(cli, "global-set", "dom0", args, error);
    return read_props(cli, (struct query){NULL, args[0]}, error);
}

const struct cmd cmd_global = {
    .words = "global",
    .args = "[NAME [VALUE]]",
    .brief = "show or set properties of the system as a whole",
    .help = "As 'prefs' does for a qube. Most are defaults of qubes that have no value\n"
            "of their own.\n",
    .options = unset_options,
    .max_args = 2,
    .op = "global-set",
    .run = run_global,
};
