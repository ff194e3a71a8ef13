/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/notice.h"
#include "core/orphan.h"
#include "core/pool-use.h"
#include "util/error.h"

static void put_usage(struct out *out, const struct pool_entry *entry)
{
    out_size(out, entry->usage_known ? entry->size : G_MAXUINT64);
    out_size(out, entry->usage_known ? entry->used : G_MAXUINT64);
}

static gboolean run_ls(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"driver", NULL, OUT_TEXT, 0},
        {"size", NULL, OUT_SIZE, 0},
        {"usage", NULL, OUT_SIZE, 0},
        {"path", NULL, OUT_TEXT, OUT_SHRINK},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    auto_of(out) struct out *out = out_new(columns);
    gboolean fine = engine_refresh_pools(cli->engine, CLI_READ_MS, error);

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        out_row(out);
        out_text(out, entry->name);
        out_text(out, entry->driver);
        put_usage(out, entry);
        out_text(out, pool_entry_dir(entry));
        if (entry->trouble)
            notice_line("%s", entry->trouble);
    }
    out_print(out, cli->form);
    return fine;
}

const struct cmd cmd_pool_ls = {
    .words = "pool ls",
    .args = "",
    .brief = "list the storage pools and how full they are",
    .help = "Sizes are bytes in lines and JSON; '-' or null where the driver of the\n"
            "pool has no such figure, or cannot be asked now: stderr says why.\n",
    .max_args = 0,
    .run = run_ls,
};

/* --- info --- */

static gboolean is_parameter(const struct pair *pair)
{
    return strcmp(pair->name, "name") != 0 && strcmp(pair->name, "driver") != 0;
}

static struct out *parameters_table(const struct pool_entry *entry)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0}, {"value", NULL, OUT_TEXT, 0}, {NULL},
    };
    struct out *table = out_new(columns);

    for (guint i = 0; i < entry->attrs->len; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (!is_parameter(pair))
            continue;
        out_row(table);
        out_text(table, pair->name);
        out_text(table, pair->value);
    }
    return table;
}

static struct out *defaults_table(const struct model *model, const struct pool_entry *entry)
{
    static const struct out_column columns[] = {{"name", NULL, OUT_TEXT, 0}, {NULL}};
    g_autoptr(GPtrArray) defaults = pool_defaults(model, entry->name);
    struct out *table = out_new(columns);

    for (guint i = 0; i < defaults->len; i++) {
        out_row(table);
        out_text(table, defaults->pdata[i]);
    }
    return table;
}

static struct out *volumes_table(const struct model *model, const struct pool_entry *entry)
{
    static const struct out_column columns[] = {
        {"qube", NULL, OUT_TEXT, 0},  {"name", NULL, OUT_TEXT, 0},
        {"size", NULL, OUT_SIZE, 0},  {"usage", NULL, OUT_SIZE, 0},
        {"vid", NULL, OUT_TEXT, OUT_SHRINK}, {NULL},
    };
    g_autoptr(GArray) shares = pool_shares(model, entry->name);
    struct out *table = out_new(columns);

    for (guint i = 0; i < shares->len; i++) {
        const struct pool_share *share = &g_array_index(shares, struct pool_share, i);
        const struct volume *volume = share->config->volume;

        out_row(table);
        out_text(table, share->qube->name);
        out_text(table, share->config->name);
        out_size(table, share->config->size);
        out_size(table, share->config->used);
        out_text(table, volume ? volume_vid(volume)
                               : volume_config_get(share->config, "vid"));
    }
    return table;
}

static void put_settings(struct out *out, const struct pool_entry *entry)
{
    const struct pool *pool = entry->pool;
    gboolean keeps = pool && pool_driver(pool)->revisions;

    if (keeps)
        out_signed(out, pool_revisions_to_keep(pool));
    else
        out_number(out, -1);
    out_bool(out, pool && pool_ephemeral_volatile(pool));
}

static void put_health(struct out *out, const struct pool_entry *entry)
{
    g_autofree char *health = pool_entry_health(entry);
    gboolean counts = entry->pool && pool_driver(entry->pool)->usage;

    if (!health && (!entry->pool || (counts && !entry->usage_known)))
        out_text(out, NULL);
    else
        out_text(out, health ? health : "ok");
}

static void print_info(const struct cli *cli, const struct pool_entry *entry)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"driver", NULL, OUT_TEXT, 0},
        {"parameters", NULL, OUT_NESTED, 0},
        {"path", NULL, OUT_TEXT, 0},
        {"revisions_to_keep", NULL, OUT_NUMBER, 0},
        {"ephemeral_volatile", NULL, OUT_BOOL, 0},
        {"size", NULL, OUT_SIZE, 0},
        {"usage", NULL, OUT_SIZE, 0},
        {"metadata_size", NULL, OUT_SIZE, 0},
        {"metadata_usage", NULL, OUT_SIZE, 0},
        {"extend_free", NULL, OUT_SIZE, 0},
        {"included_in", NULL, OUT_TEXT, 0},
        {"defaults", NULL, OUT_NESTED, 0},
        {"health", NULL, OUT_TEXT, 0},
        {"volumes", NULL, OUT_NESTED, 0},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    auto_of(out) struct out *out = out_new(columns);

    out_row(out);
    out_text(out, entry->name);
    out_text(out, entry->driver);
    out_nested(out, parameters_table(entry));
    out_text(out, pool_entry_dir(entry));
    put_settings(out, entry);
    put_usage(out, entry);
    out_size(out, pool_entry_figure(entry, "metadata_size"));
    out_size(out, pool_entry_figure(entry, "metadata_usage"));
    out_size(out, pool_entry_figure(entry, "extend_free"));
    out_text(out, entry->included_in);
    out_nested(out, defaults_table(model, entry));
    put_health(out, entry);
    out_nested(out, volumes_table(model, entry));
    out_print_record(out, cli->form);
}

static gboolean run_info(struct cli *cli, GError **error)
{
    const struct model *model = engine_model(cli->engine);
    const char *name = options_args(cli->options)[0];
    const struct pool_entry *entry = pool_entry_named(model, name, error);
    gboolean fine = entry && engine_refresh_pools(cli->engine, CLI_READ_MS, error) &&
                    engine_refresh_volumes(cli->engine, NULL, CLI_READ_MS, error);

    if (!fine)
        return FALSE;
    entry = pool_entry_named(model, name, error);
    if (!entry)
        return FALSE;
    print_info(cli, entry);
    return TRUE;
}

const struct cmd cmd_pool_info = {
    .words = "pool info",
    .args = "POOL",
    .brief = "show everything about one pool",
    .help = "included_in: the pool that has its directory, or the file system that this is on;\n"
            "defaults: the properties of the system that lead to it; extend_free: what it can\n"
            "be extended by; health: ok, or what is wrong with it as last looked at.\n",
    .min_args = 1,
    .max_args = 1,
    .run = run_info,
};

/* --- what changes one --- */

static gboolean submit(struct cli *cli, GHashTable *args, GError **error)
{
    return batch_run(cli, options_cmd(cli->options)->op,
                     (const char *const[]){"dom0", NULL}, args, error);
}

/* What follows the second word is in lines. */
static gboolean run_add(struct cli *cli, GError **error)
{
    static const char *const names[] = {"name", "driver", NULL};
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_named(names, given);
    g_autofree char *parameters = g_strjoinv("\n", (char **)(gintptr)(given + 2));

    op_args_set(args, "parameters", parameters);
    return submit(cli, args, error);
}

const struct cmd cmd_pool_add = {
    .words = "pool add",
    .args = "NAME DRIVER K=V...",
    .brief = "make a pool",
    .help = "DRIVER is file-reflink, file, lvm_thin or linux-kernel. Those of files need\n"
            "dir_path=DIRECTORY, which is made if it is not there; lvm_thin needs\n"
            "volume_group= and thin_pool=, which are there. Others: revisions_to_keep=N,\n"
            "ephemeral_volatile=True; setup_check=False takes a file system that cannot share\n"
            "blocks. Only a pool that is ready is written to the store.\n",
    .min_args = 2,
    .max_args = -1,
    .op = "pool-add",
    .run = run_add,
};

static gboolean run_set(struct cli *cli, GError **error)
{
    static const char *const names[] = {"pool", "name", "value", NULL};
    g_autoptr(GHashTable) args = batch_named(names, options_args(cli->options));

    return submit(cli, args, error);
}

const struct cmd cmd_pool_set = {
    .words = "pool set",
    .args = "POOL NAME VALUE",
    .brief = "change how a pool keeps its volumes",
    .help = "NAME is revisions_to_keep (a number; -1: none, and images are changed in place),\n"
            "for volumes that have no number of their own, or ephemeral_volatile (True:\n"
            "scratch volumes are encrypted with a key that is thrown away; False).\n",
    .min_args = 3,
    .max_args = 3,
    .op = "pool-set",
    .run = run_set,
};

static gboolean run_rm(struct cli *cli, GError **error)
{
    static const char *const names[] = {"pool", NULL};
    g_autoptr(GHashTable) args = batch_named(names, options_args(cli->options));

    return submit(cli, args, error);
}

const struct cmd cmd_pool_rm = {
    .words = "pool rm",
    .args = "POOL",
    .brief = "take a pool out of the store",
    .help = "Nothing in it is deleted. It is refused while volumes are in it, or a default\n"
            "leads to it. Needs --confirm POOL.\n",
    .min_args = 1,
    .max_args = 1,
    .op = "pool-rm",
    .run = run_rm,
};

/* --- room --- */

/* What goes is looked at first. */
static gboolean run_reclaim(struct cli *cli, GError **error)
{
    static const char *const names[] = {"pool", NULL};
    g_autoptr(GHashTable) args = batch_named(names, options_args(cli->options));
    gboolean agreed = options_has(cli->options, "yes") || options_has(cli->options, "confirm");
    const struct batch_call call = {
        .op = options_cmd(cli->options)->op,
        .names = (const char *const[]){"dom0", NULL},
        .args = args,
        .dry_run = !agreed,
        .how = "nothing was deleted: add --yes to do it",
    };

    return batch_do(cli, &call, error);
}

const struct cmd cmd_pool_reclaim = {
    .words = "pool reclaim",
    .args = "POOL",
    .brief = "win back what no qube needs",
    .help = "Lists it, and deletes it with --yes: what was cut off, imports that did not\n"
            "become a state, outdated copies for a faster start, and more earlier states\n"
            "than are kept. Never anything of a qube that runs, nor what is pinned. As much\n"
            "as is said comes back at most: what is shared with another state does not.\n",
    .min_args = 1,
    .max_args = 1,
    .op = "pool-reclaim",
    .run = run_reclaim,
};

static gboolean run_extend(struct cli *cli, GError **error)
{
    static const char *const names[] = {"pool", "size", NULL};
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);

    for (gsize i = 0; names[i]; i++)
        op_args_set(args, names[i], given[i]);
    return submit(cli, args, error);
}

static const struct option_row extend_options[] = {
    {"metadata", 0, NULL, "add it to the metadata, not to the data"},
    {NULL},
};

const struct cmd cmd_pool_extend = {
    .words = "pool extend",
    .args = "POOL SIZE",
    .brief = "make a thin pool larger",
    .help = "SIZE is how much it gets more, of what is free in its volume group (extend_free of\n"
            "'pool info'): 5G. It goes by whole extents. Pools in a directory have the room of\n"
            "their file system.\n",
    .options = extend_options,
    .min_args = 2,
    .max_args = 2,
    .op = "pool-extend",
    .run = run_extend,
};

/* --- orphans --- */

struct search {
    GPtrArray *found;
    GError *error;
    gboolean over;
};

static void search_done(gpointer found, const GError *error, gpointer data)
{
    struct search *search = data;

    search->found = found;
    search->error = error ? g_error_copy(error) : NULL;
    search->over = TRUE;
}

/* NULL: it cannot be told. Caller unrefs. */
static GPtrArray *search_pool(struct cli *cli, struct pool *pool, GError **error)
{
    struct search search = {NULL};

    orphans_submit(cli->engine, pool, search_done, &search);
    while (!search.over)
        g_main_context_iteration(NULL, TRUE);
    if (search.error)
        g_propagate_error(error, search.error);
    return search.found;
}

static void put_orphans(struct out *out, const char *pool, const GPtrArray *found)
{
    for (guint i = 0; i < found->len; i++) {
        const struct remain *remain = found->pdata[i];

        out_row(out);
        out_text(out, pool);
        out_text(out, remain_kind_word(remain->kind));
        out_text(out, remain->name);
        out_size(out, remain->used);
    }
}

/* Of one that was not named it is said why not. */
static gboolean look_in(struct cli *cli, const struct pool_entry *entry, gboolean named,
                        struct out *out, GError **error)
{
    g_autoptr(GError) failed = NULL;
    g_autoptr(GPtrArray) found = search_pool(cli, entry->pool, &failed);

    if (found)
        put_orphans(out, entry->name, found);
    else if (named)
        g_propagate_error(error, g_steal_pointer(&failed));
    else if (!error_is(failed, QMC_ERROR_UNSUPPORTED))
        notice_error(failed);
    return found || !named;
}

static gboolean run_orphans(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"pool", NULL, OUT_TEXT, 0},
        {"kind", NULL, OUT_TEXT, 0},
        {"name", NULL, OUT_TEXT, 0},
        {"usage", NULL, OUT_SIZE, 0},
        {NULL},
    };
    const struct model *model = engine_model(cli->engine);
    const char *name = options_args(cli->options)[0];
    auto_of(out) struct out *out = out_new(columns);

    if (name && !pool_entry_usable(model, name, error))
        return FALSE;
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (!entry->pool || (name && strcmp(entry->name, name) != 0))
            continue;
        if (!look_in(cli, entry, name != NULL, out, error))
            return FALSE;
    }
    out_print(out, cli->form);
    return TRUE;
}

const struct cmd cmd_pool_orphans = {
    .words = "pool orphans",
    .args = "[POOL]",
    .brief = "list what is in pools and of no volume",
    .help = "Images and directories that no volume of the store has, with what they take.\n"
            "Nothing is deleted: 'qmc xml check' says whose they may have been.\n",
    .max_args = 1,
    .run = run_orphans,
};
