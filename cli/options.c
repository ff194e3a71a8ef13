/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/options.h"

#include <string.h>

#include "cli/cmd.h"
#include "util/error.h"
#include "util/near.h"

struct options {
    const struct cmd *cmd;
    GHashTable *values; /* name of a row -> GPtrArray of text, NULL-terminated */
    GPtrArray *args;    /* NULL-terminated when parsed */
    char *group;        /* first word of a verb of two, not complete yet */
    char **next;        /* not read yet */
    gboolean only_args; /* after "--" */
};

static const struct option_row global[] = {
    {"root", 0, "DIR", "work on the system below DIR (also: QMC_ROOT)"},
    {"connect", 'c', "URI", "the hypervisor; xen:///system if not given"},
    {"json", 0, NULL, "print data as JSON"},
    {"quiet", 'q', NULL, "say nothing about success"},
    {"verbose", 'v', NULL, "say each step of an operation"},
    {"dry-run", 'n', NULL, "check and print the plan, change nothing"},
    {"yes", 'y', NULL, "do it without a question"},
    {"confirm", 0, "NAME", "consent to losing data of the qube NAME", TRUE},
    {"offline", 0, NULL, "never ask the hypervisor"},
    {"readonly", 0, NULL, "refuse every change"},
    {"demo", 0, NULL, "a system to play with; --root DIR keeps it"},
    {"plain", 0, NULL, "line by line, without a full screen"},
    {"color", 0, "WHEN", "auto, always, never, 16 or mono"},
    {"theme", 0, "NAME", "default, light, mono, high-contrast, blue-yellow"},
    {"ascii", 0, NULL, "draw with ASCII alone"},
    {"mouse", 0, NULL, "let the mouse select, sort and scroll"},
    {"help", 'h', NULL, "explain the verb, or list the verbs"},
    {"version", 0, NULL, "print the version"},
    {NULL},
};

const struct option_row *options_global(void)
{
    return global;
}

static const struct option_row *row_named(const struct option_row *rows,
                                          const char *name, gsize len)
{
    for (; rows && rows->name; rows++)
        if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
            return rows;
    return NULL;
}

static const struct option_row *row_lettered(const struct option_row *rows,
                                             char letter)
{
    for (; rows && rows->name; rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

static const struct option_row *own_rows(const struct options *options)
{
    return options->cmd ? options->cmd->options : NULL;
}

static void add_names(GPtrArray *names, const struct option_row *rows)
{
    for (; rows && rows->name; rows++)
        g_ptr_array_add(names, g_strdup(rows->name));
}

static void error_unknown(const struct options *options, const char *arg,
                          GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *word = g_strndup(arg + 2 * (arg[1] == '-'),
                                      strcspn(arg + 2 * (arg[1] == '-'), "="));
    g_autofree char *hint = NULL;
    const char *near;

    add_names(names, global);
    add_names(names, own_rows(options));
    g_ptr_array_add(names, NULL);
    near = near_find(word, (const char *const *)names->pdata);
    if (near)
        hint = g_strdup_printf("did you mean '--%s'?", near);
    else if (!options->cmd)
        hint = g_strdup("'qmc help' lists verbs and options; those of a verb stand "
                        "behind it");
    else
        hint = g_strdup_printf("'qmc help %s' lists its options",
                               options->cmd->words);
    error_set(error, QMC_ERROR_INVALID, hint,
              "there is no option '%s'%s%s", arg,
              options->cmd ? " for " : "", options->cmd ? options->cmd->words : "");
}

static void value_add(struct options *options, const char *name, const char *value)
{
    GPtrArray *all = g_hash_table_lookup(options->values, name);

    if (all) {
        g_ptr_array_insert(all, (int)all->len - 1, g_strdup(value));
        return;
    }
    all = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(all, g_strdup(value));
    g_ptr_array_add(all, NULL);
    g_hash_table_insert(options->values, g_strdup(name), all);
}

static gboolean take_value(struct options *options, const struct option_row *row,
                           const char *value, GError **error)
{
    if (!row->value && value) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "option '--%s' takes no value, but got '%s'", row->name, value);
        return FALSE;
    }
    if (row->value && !value)
        value = *options->next ? *options->next++ : NULL;
    if (row->value && (!value || !*value)) {
        g_autofree char *hint = g_strdup_printf("--%s %s: %s", row->name,
                                                row->value, row->help);
        error_set(error, QMC_ERROR_INVALID, hint,
                  "option '--%s' needs a value", row->name);
        return FALSE;
    }
    value_add(options, row->name, value ? value : "");
    return TRUE;
}

static gboolean parse_long(struct options *options, const char *arg, GError **error)
{
    const char *name = arg + 2;
    gsize len = strcspn(name, "=");
    const struct option_row *row = row_named(global, name, len);

    if (!row)
        row = row_named(own_rows(options), name, len);
    if (!row) {
        error_unknown(options, arg, error);
        return FALSE;
    }
    return take_value(options, row, name[len] ? name + len + 1 : NULL, error);
}

static gboolean parse_letters(struct options *options, const char *arg,
                              GError **error)
{
    for (const char *letter = arg + 1; *letter; letter++) {
        const struct option_row *row = row_lettered(global, *letter);

        if (!row)
            row = row_lettered(own_rows(options), *letter);
        if (!row) {
            error_unknown(options, arg, error);
            return FALSE;
        }
        if (row->value)
            return take_value(options, row, letter[1] ? letter + 1 : NULL, error);
        if (!take_value(options, row, NULL, error))
            return FALSE;
    }
    return TRUE;
}

/* One more word of the verb. */
static gboolean parse_verb(struct options *options, const char *word,
                           GError **error)
{
    g_autofree char *words = options->group
                                 ? g_strdup_printf("%s %s", options->group, word)
                                 : g_strdup(word);

    options->cmd = cmd_find(words);
    if (options->cmd)
        return TRUE;
    if (!options->group && cmd_is_group(word)) {
        options->group = g_steal_pointer(&words);
        return TRUE;
    }
    cmd_error_unknown(words, error);
    return FALSE;
}

static gboolean is_option(const struct options *options, const char *arg)
{
    return !options->only_args && arg[0] == '-' && arg[1] &&
           !g_ascii_isdigit(arg[1]);
}

static gboolean parse_one(struct options *options, const char *arg, GError **error)
{
    if (!options->only_args && strcmp(arg, "--") == 0) {
        options->only_args = TRUE;
        return TRUE;
    }
    if (is_option(options, arg))
        return arg[1] == '-' ? parse_long(options, arg, error)
                             : parse_letters(options, arg, error);
    if (!options->cmd)
        return parse_verb(options, arg, error);
    g_ptr_array_add(options->args, g_strdup(arg));
    return TRUE;
}

static gboolean check_count(const struct options *options, GError **error)
{
    const struct cmd *cmd = options->cmd;
    int given = options->args->len;
    g_autofree char *hint = NULL;

    if (!cmd && options->group) {
        cmd_error_unknown(options->group, error);
        return FALSE;
    }
    if (!cmd || (given >= cmd->min_args &&
                 (cmd->max_args < 0 || given <= cmd->max_args)))
        return TRUE;
    hint = cmd_usage(cmd);
    if (given < cmd->min_args)
        error_set(error, QMC_ERROR_INVALID, hint, "'%s' needs %s", cmd->words,
                  cmd->args);
    else
        error_set(error, QMC_ERROR_INVALID, hint,
                  "'%s' has no use for the argument '%s'", cmd->words,
                  (const char *)options->args->pdata[cmd->max_args]);
    return FALSE;
}

struct options *options_parse(char **argv, GError **error)
{
    auto_of(options) struct options *options = g_new0(struct options, 1);

    options->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify)g_ptr_array_unref);
    options->args = g_ptr_array_new_with_free_func(g_free);
    options->next = argv + 1;
    while (*options->next)
        if (!parse_one(options, *options->next++, error))
            return NULL;
    if (options->group && !options->cmd && !options_has(options, "help"))
        options->cmd = cmd_find_ls(options->group);
    if (!options_has(options, "help") && !check_count(options, error))
        return NULL;
    if (options->group && !options->cmd)
        g_ptr_array_add(options->args, g_strdup(options->group));
    g_ptr_array_add(options->args, NULL);
    return g_steal_pointer(&options);
}

void options_free(struct options *options)
{
    g_hash_table_unref(options->values);
    g_ptr_array_unref(options->args);
    g_free(options->group);
    g_free(options);
}

const struct cmd *options_cmd(const struct options *options)
{
    return options->cmd;
}

gboolean options_has(const struct options *options, const char *name)
{
    return g_hash_table_contains(options->values, name);
}

const char *options_text(const struct options *options, const char *name)
{
    const GPtrArray *all = g_hash_table_lookup(options->values, name);

    return all ? all->pdata[all->len - 2] : NULL;
}

const char *const *options_all(const struct options *options, const char *name)
{
    static const char *const none[] = {NULL};
    const GPtrArray *all = g_hash_table_lookup(options->values, name);

    return all ? (const char *const *)all->pdata : none;
}

const char *const *options_args(const struct options *options)
{
    return (const char *const *)options->args->pdata;
}
