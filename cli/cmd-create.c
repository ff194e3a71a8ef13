/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "util/error.h"
#include "util/text.h"

static gboolean check_needed(const struct cli *cli, GError **error)
{
    const struct cmd *cmd = options_cmd(cli->options);
    g_autofree char *usage = cmd_usage(cmd);

    for (const struct option_row *row = cmd->options; row->name; row++) {
        if (!row->needed || options_has(cli->options, row->name))
            continue;
        error_set(error, QMC_ERROR_INVALID, usage, "'%s' needs '--%s %s'", cmd->words,
                  row->name, row->value);
        return FALSE;
    }
    return TRUE;
}

/* Several become the lines of one argument. */
static gboolean check_lines(const struct cli *cli, GError **error)
{
    const char *const *all = options_all(cli->options, "property");

    for (; all && *all; all++) {
        g_autofree char *name = NULL;

        if (!strchr(*all, '\n'))
            continue;
        name = text_sanitise(*all, (gssize)strcspn(*all, "=\n"));
        error_set(error, QMC_ERROR_INVALID, "give it a value of one line",
                  "'%s' is not set: its value has a line break", name);
        return FALSE;
    }
    return TRUE;
}

static gboolean run(struct cli *cli, GError **error)
{
    g_autoptr(GHashTable) args = batch_args(cli);

    if (!check_needed(cli, error) || !check_lines(cli, error))
        return FALSE;
    g_hash_table_insert(args, g_strdup("name"),
                        g_strdup(options_args(cli->options)[0]));
    return batch_run(cli, options_cmd(cli->options)->op,
                     (const char *const[]){"dom0", NULL}, args, error);
}

static const struct option_row own_options[] = {
    {"class", 0, "CLASS", "AppVM, TemplateVM, StandaloneVM, DispVM or RemoteVM",
     .needed = TRUE},
    {"label", 0, "LABEL", "red, orange, yellow, green, gray, blue, purple, black",
     .needed = TRUE},
    {"template", 0, "QUBE", "what it is based on, if not on the default one"},
    {"pool", 0, "POOL", "where its volumes are made"},
    {"property", 0, "NAME=VALUE", "set from the beginning; may be repeated", TRUE},
    {NULL},
};

/* What is done to the first word with the second. */
static gboolean run_named(struct cli *cli, GError **error)
{
    static const char *const names[] = {"name", NULL};
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_named(names, given + 1);

    return batch_run(cli, options_cmd(cli->options)->op,
                     (const char *const[]){given[0], NULL}, args, error);
}

const struct cmd cmd_clone = {
    .words = "clone",
    .args = "QUBE NEW",
    .brief = "make a qube like another one, with a copy of its data",
    .help = "One that runs is copied as it was before its start. The address and the\n"
            "time of the last backup are not taken over, revisions neither. What a\n"
            "failed clone has made is removed again.\n",
    .min_args = 2,
    .max_args = 2,
    .op = "clone",
    .run = run_named,
};

const struct cmd cmd_rename = {
    .words = "rename",
    .args = "QUBE NEW",
    .brief = "give a halted qube another name",
    .help = "Whoever refers to it in the store follows: properties, devices, tags,\n"
            "sources of volumes. Policy files and menus of dom0 are left alone.\n",
    .min_args = 2,
    .max_args = 2,
    .op = "rename",
    .run = run_named,
};

static gboolean run_rm(struct cli *cli, GError **error)
{
    const struct cmd *cmd = options_cmd(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);

    return batch_run(cli, cmd->op, options_args(cli->options), args, error);
}

const struct cmd cmd_rm = {
    .words = "rm",
    .args = "QUBE...",
    .brief = "remove qubes with all their data",
    .help = "Each needs its --confirm NAME, or its name typed when asked. What others\n"
            "still refer to is not removed; all of them are named. Several go one after\n"
            "the other, so those who use another one are named first. Its preloaded\n"
            "disposables go with it, if none of them runs. The store is saved, then the\n"
            "data are deleted.\n",
    .min_args = 1,
    .max_args = -1,
    .op = "remove",
    .run = run_rm,
};

const struct cmd cmd_create = {
    .words = "create",
    .args = "NAME",
    .brief = "make a qube",
    .help = "A StandaloneVM with a --template begins with a copy of the root of that one,\n"
            "and of its settings; a TemplateVM is best made with 'clone'. What a failed\n"
            "creation has made is removed again.\n",
    .options = own_options,
    .min_args = 1,
    .max_args = 1,
    .op = "create",
    .run = run,
};
