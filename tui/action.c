/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/action.h"

#include "tui/screens.h"
#include "util/error.h"

struct op *action_running(const struct app *app, const char *uuid)
{
    GPtrArray *ops = engine_ops(app_engine(app));

    for (guint i = ops->len; i > 0; i--) {
        struct op *op = ops->pdata[i - 1];

        if (!op_over(op) && (!uuid || g_str_equal(op->uuid, uuid)))
            return op;
    }
    return NULL;
}

const char *action_refused(const struct app *app, const char *op,
                           const char *uuid)
{
    struct qube *qube = model_qube(app_model(app), uuid);
    const char *why = engine_readonly(app_engine(app));

    if (!qube)
        return "it is gone";
    if (why)
        return why;
    /* What is urgent passes the queue; for the rest one thing after the other. */
    if (qube->busy && !op_find(op)->urgent)
        return "another operation works on it";
    return op_refused(op_find(op), qube);
}

void action_start(struct app *app, const char *op, const char *uuid,
                  GHashTable *args)
{
    struct qube *qube = model_qube(app_model(app), uuid);
    const struct op_row *row = op_find(op);
    const char *refused = action_refused(app, op, uuid);
    struct action action = {op, uuid, args, CONFIRM_L0};

    if (refused) {
        app_note_on(app, uuid, TRUE, "%s: not for '%s': %s", row->label,
                    qube ? qube->name : uuid, refused);
        return;
    }
    action.consent = op_confirm(row, app_model(app), qube, args);
    if (action.consent == CONFIRM_L0)
        action_submit(app, &action);
    else
        question_open(app, &action);
}

static void action_put(GHashTable *args, const char *name, const char *value)
{
    g_hash_table_insert(args, g_strdup(name), g_strdup(value));
}

/* What the caller gave; a person who sees the steps waits for the end. */
static GHashTable *action_args(const struct action *action,
                               const struct op_row *row)
{
    GHashTable *args =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer name, value;

    if (row->wait_arg)
        action_put(args, row->wait_arg, "true");
    if (!action->args)
        return args;
    g_hash_table_iter_init(&iter, action->args);
    while (g_hash_table_iter_next(&iter, &name, &value))
        action_put(args, name, value);
    return args;
}

void action_submit(struct app *app, const struct action *action)
{
    const struct op_row *row = op_find(action->op);
    g_autoptr(GHashTable) args = action_args(action, row);
    struct op_request request = {
        .op = action->op,
        .uuid = action->uuid,
        .args = args,
        .consent = action->consent,
    };
    g_autoptr(GError) error = NULL;
    struct op *op = engine_submit(app_engine(app), &request, &error);

    if (!op) {
        g_autofree char *what = g_strdup_printf("%s: refused", row->label);

        error_open_refused(app, what, error);
    } else if (row->lengthy) {
        progress_open(app, op);
    }
}

static void action_note_done(struct app *app, const struct op *op)
{
    double seconds = (double)(op->ended_us - op->began_us) / G_USEC_PER_SEC;

    if (op->result)
        app_note_on(app, op->uuid, FALSE, "%s: %s", op->subject, op->result);
    else if (seconds < 1)
        app_note_on(app, op->uuid, FALSE, "%s %s", op->subject, op->row->done);
    else
        app_note_on(app, op->uuid, FALSE, "%s %s in %.1f s", op->subject,
                    op->row->done, seconds);
}

void action_event(struct app *app, const struct op *op)
{
    gboolean cancelled = error_is(op->error, QMC_ERROR_CANCELLED);

    if (op->phase == OP_DONE)
        action_note_done(app, op);
    if (op->phase != OP_FAILED)
        return;
    /* What the user asked for is no warning. */
    app_note_on(app, op->uuid, !cancelled, "%s", op->error->message);
    if (!progress_shows(app, op) && !cancelled &&
        app_top(app)->class->kind != SCREEN_POPUP)
        error_open(app, op);
}
