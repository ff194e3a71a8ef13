/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/action.h"

#include "tui/screens.h"
#include "util/error.h"

/* Operations long enough to be watched. */
static const char *const followed[] = {"start", "stop", NULL};

gboolean action_ended(const struct op *op)
{
    return op->phase == OP_DONE || op->phase == OP_FAILED;
}

const struct op *action_running(const struct app *app, const char *uuid)
{
    GPtrArray *ops = engine_ops(app_engine(app));

    for (guint i = ops->len; i > 0; i--) {
        const struct op *op = ops->pdata[i - 1];

        if (!action_ended(op) && g_str_equal(op->uuid, uuid))
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
    return why ? why : op_refused(op_find(op), qube);
}

void action_start(struct app *app, const char *op, const char *uuid,
                  GHashTable *args)
{
    struct qube *qube = model_qube(app_model(app), uuid);
    const struct op_row *row = op_find(op);
    const char *refused = action_refused(app, op, uuid);
    struct action action = {op, uuid, args, CONFIRM_L0};

    if (refused) {
        app_note(app, TRUE, "%s: not for '%s': %s", row->label,
                 qube ? qube->name : uuid, refused);
        return;
    }
    action.consent = op_confirm(row, app_model(app), qube, args);
    if (action.consent == CONFIRM_L0)
        action_submit(app, &action);
    else
        question_open(app, &action);
}

void action_submit(struct app *app, const struct action *action)
{
    struct op_request request = {
        .op = action->op,
        .uuid = action->uuid,
        .args = action->args,
        .consent = action->consent,
    };
    g_autoptr(GError) error = NULL;
    struct op *op = engine_submit(app_engine(app), &request, &error);

    if (!op) {
        g_autofree char *what =
            g_strdup_printf("%s: refused", op_find(action->op)->label);

        error_open_refused(app, what, error);
    } else if (g_strv_contains(followed, action->op)) {
        progress_open(app, op);
    }
}

static void action_note_done(struct app *app, const struct op *op)
{
    double seconds = (double)(op->ended_us - op->began_us) / G_USEC_PER_SEC;

    if (op->result)
        app_note(app, FALSE, "%s: %s", op->subject, op->result);
    else if (seconds < 1)
        app_note(app, FALSE, "%s %s", op->subject, op->row->done);
    else
        app_note(app, FALSE, "%s %s in %.1f s", op->subject, op->row->done,
                 seconds);
}

void action_event(struct app *app, const struct op *op)
{
    if (op->phase == OP_DONE)
        action_note_done(app, op);
    if (op->phase != OP_FAILED)
        return;
    app_note(app, TRUE, "%s: %s", op->subject, op->error->message);
    if (!progress_shows(app, op) &&
        !error_is(op->error, QMC_ERROR_CANCELLED) &&
        app_top(app)->class->kind != SCREEN_POPUP)
        error_open(app, op);
}
