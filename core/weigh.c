/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/weigh.h"

struct weighing {
    const struct op_row *row;
    char *root;
    GHashTable *args; /* of the worker while it runs */
};

static void weighing_free(gpointer data)
{
    struct weighing *weighing = data;

    g_free(weighing->root);
    g_hash_table_unref(weighing->args);
    g_free(weighing);
}

static gpointer weighing_run(gconstpointer question, GError **error)
{
    const struct weighing *weighing = question;
    const struct op_row *row = weighing->row;

    if (row->weigh && !row->weigh(weighing->root, weighing->args, error))
        return NULL;
    return g_hash_table_ref(weighing->args);
}

static void answer_free(gpointer args)
{
    g_hash_table_unref(args);
}

struct query *weigh_submit(struct engine *engine, const struct op_row *row,
                           GHashTable *args, query_fn done, gpointer data)
{
    struct query_spec spec = { weighing_run, answer_free, weighing_free, done, data };
    struct weighing *weighing = g_new(struct weighing, 1);

    weighing->row = row;
    weighing->root = g_strdup(engine_root(engine));
    weighing->args = op_args_copy(args);
    return query_submit(engine, weighing, &spec);
}
