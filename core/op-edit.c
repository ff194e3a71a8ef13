/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/op-edit.h"

#include "core/hold.h"
#include "core/prop-link.h"
#include "util/error.h"

#define LOCK_MS 2000

static gboolean same_link(const struct op *op, const struct edit *edit,
                          GError **error)
{
    const struct edit *former = op_former(op);

    if (!former || !former->link ||
        (edit->link && g_str_equal(former->link->path, edit->link->path)))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "try again",
              "cannot %s '%s': it was renamed meanwhile", op->row->name, op->subject);
    return FALSE;
}

gboolean edit_prepare(struct op *op, const struct edit *edit, GError **error)
{
    struct edit *data = g_memdup2(edit, sizeof *edit);

    op->data = data;
    if (!same_link(op, edit, error))
        return FALSE;
    if (data->link)
        prop_link_plan(op, data->link);
    op_plan(op, "%s", data->step);
    if (!data->same)
        op_plan(op, "write that to the store");
    return TRUE;
}

static gboolean hold_halted(struct op *op, struct hold *hold, GError **error)
{
    const char *verb = op->row->phrase ? op->row->phrase : op->row->name;

    op_step(op, "%s locked", op->subject);
    return hold_take(hold, op->row->name, LOCK_MS, op_cancellable(op), error) &&
           hold_check_halted(hold, verb, error);
}

gboolean edit_run(struct op *op, GError **error)
{
    const struct edit *edit = op->data;

    if (edit->hold && !edit->same && !hold_halted(op, edit->hold, error))
        return FALSE;
    if (edit->link && !prop_link_step(op, edit->link, error))
        return FALSE;
    op_step(op, "%s", edit->step);
    op_set_result(op, "%s", edit->result);
    return TRUE;
}

void edit_clear(struct op *op)
{
    struct edit *edit = op->data;

    if (edit->hold)
        hold_free(edit->hold);
    if (edit->link)
        prop_link_free(edit->link);
    g_free(edit->step);
    g_free(edit->result);
    g_free(edit);
}

gboolean edit_is_same(const struct op *op)
{
    return ((const struct edit *)op->data)->same;
}

const char *edit_arg(GHashTable *args, const char *name)
{
    return args ? g_hash_table_lookup(args, name) : NULL;
}
