/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

extern const struct cmd cmd_help;

#define INDENT 2
#define WIDTH 31

static const struct {
    int status;
    const char *meaning;
} statuses[] = {
    {0, "done"},
    {1, "failed, or the store cannot be read"},
    {2, "the command line is wrong"},
    {3, "no such qube, volume or file"},
    {4, "refused by its state, or at work elsewhere"},
    {5, "refused by rights, or read-only"},
    {6, "the hypervisor cannot be reached"},
    {7, "not done in time"},
    {8, "some of several failed, or some of it stayed"},
    {9, "needs consent: --yes or --confirm NAME"},
    {10, "xml check: nothing is wrong"},
    {11, "xml check: remarks"},
    {12, "xml check: warnings"},
    {13, "xml check: grave findings, or it cannot be read"},
    {130, "interrupted (128 + signal); undone if it could be"},
};

static void print_pair(const char *left, const char *right)
{
    printf("%*s%-*s%s\n", INDENT, "", WIDTH - INDENT, left, right);
}

static void print_options(const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        g_autoptr(GString) left = g_string_new(NULL);

        if (rows->letter)
            g_string_append_printf(left, "-%c, ", rows->letter);
        g_string_append_printf(left, "--%s%s%s", rows->name,
                               rows->value ? " " : "",
                               rows->value ? rows->value : "");
        print_pair(left->str, rows->help);
    }
}

static void print_verbs(const char *group)
{
    const struct cmd *const *all = cmd_all();

    for (gsize i = 0; all[i]; i++) {
        g_autofree char *left = g_strdup_printf("%s %s", all[i]->words, all[i]->args);

        if (!group || (g_str_has_prefix(all[i]->words, group) &&
                       all[i]->words[strlen(group)] == ' '))
            print_pair(left, all[i]->brief);
    }
}

static void print_all(void)
{
    puts("usage: qmc [OPTION...] [VERB [ARGUMENT...]]\n\n"
         "Without a verb: the full screen on a terminal, the listing elsewhere.\n"
         "With --plain, or on a terminal that cannot show it: line by line.\n\n"
         "Verbs:");
    print_verbs(NULL);
    puts("\nOptions, before or after the verb:");
    print_options(options_global());
    puts("\nExit status:");
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_autofree char *left = g_strdup_printf("%d", statuses[i].status);

        print_pair(left, statuses[i].meaning);
    }
    puts("\n'qmc help VERB' says more about one. Try 'qmc --demo'.");
}

static void print_cmd(const struct cmd *cmd)
{
    g_autofree char *usage = cmd_usage(cmd);

    printf("%s\n\n%c%s.\n%s", usage, g_ascii_toupper(*cmd->brief), cmd->brief + 1,
           cmd->help);
    if (cmd->options) {
        puts("\nOptions:");
        print_options(cmd->options);
    }
    puts("\n'qmc help' lists the options of all verbs.");
}

/* Also for --help, behind a verb, half of one, or none. */
static gboolean run_help(struct cli *cli, GError **error)
{
    const struct cmd *cmd = options_cmd(cli->options);
    const char *const *args = options_args(cli->options);
    g_autofree char *words =
        g_strjoin(" ", args[0] ? args[0] : "", args[0] ? args[1] : NULL, NULL);

    if (!cmd || cmd == &cmd_help)
        cmd = cmd_find(words);
    if (cmd)
        print_cmd(cmd);
    else if (!*words)
        print_all();
    else if (cmd_is_group(words))
        print_verbs(words);
    else
        cmd_error_unknown(words, error);
    return cmd || !*words || cmd_is_group(words);
}

const struct cmd cmd_help = {
    .words = "help",
    .args = "[VERB]",
    .brief = "explain a verb, or list the verbs",
    .help = "",
    .max_args = 2,
    .bare = TRUE,
    .run = run_help,
};

static gboolean run_version(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"version", NULL, OUT_TEXT, 0},
        {NULL},
    };
    auto_of(out) struct out *out = out_new(columns);

    if (cli->form != OUT_JSON) {
        puts(PACKAGE_STRING);
        return TRUE;
    }
    out_row(out);
    out_text(out, PACKAGE_NAME);
    out_text(out, PACKAGE_VERSION);
    out_print(out, cli->form);
    return TRUE;
}

const struct cmd cmd_version = {
    .words = "version",
    .args = "",
    .brief = "print the version",
    .help = "",
    .max_args = 0,
    .bare = TRUE,
    .run = run_version,
};
