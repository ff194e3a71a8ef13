/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "util/error.h"
#include "util/text.h"

static void print_tags(const struct cli *cli, const struct qube *qube)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {NULL},
    };
    auto_of(out) struct out *out = out_new(columns);

    for (guint i = 0; i < qube->tags->len; i++) {
        out_row(out);
        out_text(out, qube->tags->pdata[i]);
    }
    out_print(out, cli->form);
}

static const struct {
    const char *word, *op; /* op NULL: list them */
} deeds[] = {
    {"ls", NULL},
    {"add", "tag-add"},
    {"del", "tag-del"},
};

static gboolean error_usage(const struct cli *cli, const char *word,
                            const char *why, GError **error)
{
    g_autofree char *usage = cmd_usage(options_cmd(cli->options));
    g_autofree char *shown = text_sanitise(word, -1);

    error_set(error, QMC_ERROR_INVALID, usage, "'%s' %s", shown, why);
    return FALSE;
}

/* Whether there is a tag where there has to be one. */
static gboolean check_tag(const struct cli *cli, const char *word, gboolean needed,
                          GError **error)
{
    const char *const *given = options_args(cli->options);
    gboolean there = given[1] && given[2];

    return there == needed ||
           error_usage(cli, word, needed ? "needs a tag" : "takes no tag", error);
}

static gboolean run(struct cli *cli, GError **error)
{
    static const char *const names[] = {"tag", NULL};
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_named(names, given[1] ? given + 2 : given + 1);
    const char *word = given[1] ? given[1] : "ls";
    struct qube *qube;
    gsize i = 0;

    while (i < G_N_ELEMENTS(deeds) && strcmp(deeds[i].word, word) != 0)
        i++;
    if (i == G_N_ELEMENTS(deeds))
        return error_usage(cli, word, "is none of ls, add, del", error);
    if (!check_tag(cli, word, deeds[i].op != NULL, error))
        return FALSE;
    if (deeds[i].op)
        return batch_run(cli, deeds[i].op, (const char *const[]){given[0], NULL},
                         args, error);
    qube = cli_qube(cli, given[0], error);
    if (!qube)
        return FALSE;
    print_tags(cli, qube);
    return TRUE;
}

const struct cmd cmd_tag = {
    .words = "tag",
    .args = "QUBE [ls|add|del [TAG]]",
    .brief = "list, add or remove tags of a qube",
    .help = "A tag has letters, digits, _ and -. Adding one that is there, or removing\n"
            "one that is not, is no error.\n",
    .min_args = 1,
    .max_args = 3,
    .op = "tag-add",
    .run = run,
};
