/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Delete the directory of a qube that is in no store (ux.md 3.2, 5.1). */
#include "config.h"

#include "core/op-private.h"

#include "core/leftover.h"
#include "core/weigh.h"
#include "hv/hv.h"
#include "util/error.h"

#define DEADLINE_MS 300000
#define HELD WEIGHED("held") /* in words, what is in it */

struct sweep {
    char *root, *path;
};

static void sweep_clear(struct op *op)
{
    struct sweep *sweep = op->data;

    g_free(sweep->root);
    g_free(sweep->path);
    g_free(sweep);
}

static gboolean sweep_prepare(struct op *op, GError **error)
{
    struct sweep *sweep = g_new0(struct sweep, 1);

    op->data = sweep;
    sweep->root = g_strdup(engine_root(op->engine));
    sweep->path = g_strdup(op_text(op, "directory"));
    op_plan(op, "directory %s deleted", sweep->path);
    return TRUE;
}

/* Of any UUID: what runs under that name may have its images there. */
static gboolean check_not_running(struct op *op, GError **error)
{
    const struct sweep *sweep = op->data;
    struct hv *hv = engine_hv(op->engine);
    g_autofree char *name = g_path_get_basename(sweep->path);
    struct hv_snapshot *snapshot = hv_offline(hv) ? NULL : hv_snapshot(hv, error);
    gboolean runs = FALSE;

    if (!snapshot)
        return hv_offline(hv);
    for (guint i = 0; i < snapshot->domains->len; i++)
        runs |= g_str_equal(
            g_array_index(snapshot->domains, struct hv_domain, i).name, name);
    hv_snapshot_free(snapshot);
    if (runs)
        error_set(error, QMC_ERROR_STATE, "shut that down first",
                  "cannot delete '%s': a domain '%s' is running", sweep->path, name);
    return !runs;
}

static gboolean sweep_look(struct op *op, GError **error)
{
    const struct sweep *sweep = op->data;

    return check_not_running(op, error) &&
           leftover_check(sweep->root, sweep->path, NULL, error);
}

/* Nothing refers to it, and nobody can take it back. */
static gboolean sweep_run(struct op *op, GError **error)
{
    const struct sweep *sweep = op->data;

    op_step(op, "directory %s deleted", sweep->path);
    if (!check_not_running(op, error) ||
        !leftover_remove(sweep->root, sweep->path, error))
        return FALSE;
    op_set_result(op, "%s is deleted", sweep->path);
    return TRUE;
}

static gboolean sweep_weigh(const char *root, GHashTable *args, GError **error)
{
    char *held = NULL;

    if (!leftover_check(root, g_hash_table_lookup(args, "directory"), &held, error))
        return FALSE;
    g_hash_table_insert(args, g_strdup(HELD), held);
    return TRUE;
}

static char *sweep_stake(const struct model *model, const struct qube *dom0,
                         GHashTable *args)
{
    const char *held = args ? g_hash_table_lookup(args, HELD) : NULL;

    return g_strdup_printf("what is in it is lost%s%s", held ? ": " : "",
                           held ? held : "");
}

static char *sweep_object(const struct qube *dom0, GHashTable *args)
{
    const char *path = args ? g_hash_table_lookup(args, "directory") : NULL;

    return g_path_get_basename(path ? path : "");
}

static const struct op_arg args[] = {
    { "directory", OP_ARG_TEXT, TRUE, "as 'xml check' names it" },
    { NULL },
};

const struct op_row op_sweep = {
    .name = "sweep",
    .label = "Delete",
    .doing = "deleting",
    .done = "deleted",
    .help = "Delete the directory of a qube that is not in the store.",
    .command = "xml sweep {directory}",
    .classes = CLASS_ADMIN,
    .states = ~0u,
    .system = TRUE,
    .offline = TRUE,
    .confirm = CONFIRM_L3,
    .args = args,
    .deadline_ms = DEADLINE_MS,
    .weigh = sweep_weigh,
    .stake = sweep_stake,
    .object = sweep_object,
    .prepare = sweep_prepare,
    .look = sweep_look,
    .run = sweep_run,
    .clear = sweep_clear,
};
