/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/cmd.h"

#include <string.h>

#include "util/error.h"
#include "util/near.h"

#define CMD(name) extern const struct cmd cmd_##name;
#include "cli/cmds.list"
#undef CMD

static const struct cmd *const all[] = {
#define CMD(name) &cmd_##name,
#include "cli/cmds.list"
#undef CMD
    NULL,
};

const struct cmd *const *cmd_all(void)
{
    return all;
}

const struct cmd *cmd_find(const char *words)
{
    for (gsize i = 0; all[i]; i++)
        if (strcmp(all[i]->words, words) == 0)
            return all[i];
    return NULL;
}

const struct cmd *cmd_find_ls(const char *group)
{
    g_autofree char *words = g_strconcat(group, " ls", NULL);

    return cmd_find(words);
}

static gboolean in_group(const struct cmd *cmd, const char *word)
{
    gsize len = strlen(word);

    return strncmp(cmd->words, word, len) == 0 && cmd->words[len] == ' ';
}

gboolean cmd_is_group(const char *word)
{
    for (gsize i = 0; all[i]; i++)
        if (in_group(all[i], word))
            return TRUE;
    return FALSE;
}

char *cmd_usage(const struct cmd *cmd)
{
    GString *usage = g_string_new("usage: qmc ");

    g_string_append(usage, cmd->words);
    if (*cmd->args)
        g_string_append_printf(usage, " %s", cmd->args);
    for (const struct option_row *row = cmd->options; row && row->name; row++)
        g_string_append_printf(usage, row->needed ? " --%s%s%s" : " [--%s%s%s]%s",
                               row->name, row->value ? " " : "",
                               row->value ? row->value : "", row->many ? "..." : "");
    return g_string_free(usage, FALSE);
}

/* "'vol ls', 'vol resize'" */
static char *group_members(const char *word)
{
    GString *members = g_string_new(NULL);

    for (gsize i = 0; all[i]; i++)
        if (in_group(all[i], word))
            g_string_append_printf(members, "%s'%s'", members->len ? ", " : "",
                                   all[i]->words);
    return g_string_free(members, FALSE);
}

static const char *near_verb(const char *words)
{
    const char *names[G_N_ELEMENTS(all)] = {NULL};

    for (gsize i = 0; all[i]; i++)
        names[i] = all[i]->words;
    return near_find(words, names);
}

void cmd_error_unknown(const char *words, GError **error)
{
    g_autofree char *members = group_members(words);
    const char *near = near_verb(words);
    g_autofree char *hint = NULL;

    if (*members) {
        error_set(error, QMC_ERROR_INVALID, members,
                  "'%s' needs a second word", words);
        return;
    }
    hint = near ? g_strdup_printf("did you mean '%s'?", near)
                : g_strdup("'qmc help' lists the verbs");
    error_set(error, QMC_ERROR_INVALID, hint, "there is no verb '%s'", words);
}
