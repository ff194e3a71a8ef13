/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An earlier store in the place of the present one (spec/qubes-xml.md 6.5). The
 * present one need not be readable, so the engine's own save is no way. */
#include "config.h"

#include "core/op-private.h"

#include "core/engine-private.h"
#include "core/layout.h"
#include "core/store-history.h"
#include "core/store-private.h"
#include "util/error.h"
#include "util/file.h"

#define DEADLINE_MS 60000
#define LOCK_MS 5000

struct restoring {
    char *root, *copy; /* as given */
    char *kept;        /* the path of what was the store; NULL: there was none */
};

static gboolean restore_prepare(struct op *op, GError **error)
{
    struct restoring *restoring = g_new0(struct restoring, 1);

    restoring->root = g_strdup(engine_root(op->engine));
    restoring->copy = g_strdup(op_text(op, "copy"));
    op->data = restoring;
    op_plan(op, "put '%s' in the place of the store, and that among its copies",
            restoring->copy);
    return TRUE;
}

static struct store_reading *read_copy(const struct restoring *restoring,
                                       const char *copy, GError **error)
{
    g_autofree char *path = store_copy_path(restoring->root, copy, error);

    return path ? store_reading_new(restoring->root, path, error) : NULL;
}

static gboolean restore_look(struct op *op, GError **error)
{
    const struct restoring *restoring = op->data;
    auto_of(store_reading) struct store_reading *copy =
        read_copy(restoring, restoring->copy, error);

    return copy != NULL;
}

static char *store_of(const struct restoring *restoring)
{
    return layout_path(restoring->root, LAYOUT_STORE);
}

static gboolean put(struct restoring *restoring, const struct store_reading *copy,
                    GError **error)
{
    g_autofree char *store = store_of(restoring);
    struct file_stamp present;
    gboolean there = file_stamp_path(store, &present, NULL);

    return store_reading_restore(copy, there ? &present : NULL, &restoring->kept,
                                 error);
}

/* Readable or not, it is what was there. */
static gboolean undo(gpointer data, GError **error)
{
    const struct restoring *restoring = data;
    g_autofree char *store = store_of(restoring);
    g_autoptr(GBytes) former = file_read(restoring->kept, STORE_MAX, NULL, error);
    struct file_stamp present;
    struct store_save *save;
    gboolean fine;

    if (!former || !file_stamp_path(store, &present, error))
        return FALSE;
    save = store_save_new_copy(restoring->root, former, &present);
    fine = store_save_run(save, LOCK_MS, error);
    store_save_free(save);
    return fine;
}

static gboolean restore_run(struct op *op, GError **error)
{
    struct restoring *restoring = op->data;
    auto_of(store_reading) struct store_reading *copy = NULL;
    g_autofree char *name = NULL;

    op_step(op, "copy read");
    if (!(copy = read_copy(restoring, restoring->copy, error)))
        return FALSE;
    op_step(op, "store replaced");
    if (!put(restoring, copy, error))
        return FALSE;
    if (restoring->kept)
        op_push_undo(op, "the store", undo, restoring, NULL);
    name = g_path_get_basename(restoring->copy);
    op_set_result(op, "the store is as in '%s'", name);
    return TRUE;
}

/* What was written is what everything else is made from now. */
static gboolean restore_apply(struct op *op, GError **error)
{
    return engine_reload(op->engine, error);
}

static void restore_clear(struct op *op)
{
    struct restoring *restoring = op->data;

    g_free(restoring->root);
    g_free(restoring->copy);
    g_free(restoring->kept);
    g_free(restoring);
}

static char *restore_object(const struct qube *qube, GHashTable *args)
{
    return g_path_get_basename(g_hash_table_lookup(args, "copy"));
}

static const struct op_arg restore_args[] = {
    { "copy", OP_ARG_TEXT, TRUE, "the id of a copy, or a file" },
    { NULL },
};

const struct op_row op_xml_restore = {
    .name = "xml-restore",
    .label = "Restore",
    .doing = "restoring the store",
    .done = "restored",
    .help = "Put an earlier store in the place of the present one.",
    .command = "xml restore {copy}",
    .classes = CLASS_ADMIN,
    .states = ~0u,
    .system = TRUE,
    .unread = TRUE,
    .offline = TRUE,
    .confirm = CONFIRM_L2,
    .consequence = "the present store becomes one of the copies; no volume is "
                   "touched: those of qubes the copy does not have stay",
    .args = restore_args,
    .deadline_ms = DEADLINE_MS,
    .prepare = restore_prepare,
    .look = restore_look,
    .run = restore_run,
    .apply = restore_apply,
    .clear = restore_clear,
    .object = restore_object,
};
