/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/action.h"

#include <string.h>

#include "tui/screens.h"
#include "util/error.h"

/* What a key means beyond the bare operation. */
static const struct habit {
    const char *op;
    gboolean follow;        /* long enough to be watched */
    const char *arg, *value;
} habits[] = {
    {"start", TRUE, NULL, NULL},
    {"stop", TRUE, "wait", "true"},
};

static const struct habit *action_habit(const char *op)
{
    for (gsize i = 0; i < G_N_ELEMENTS(habits); i++)
        if (strcmp(habits[i].op, op) == 0)
            return &habits[i];
    return NULL;
}

gboolean action_ended(const struct op *op)
{
    return op->phase == OP_DONE || op->phase == OP_FAILED;
}

struct op *action_running(const struct app *app, const char *uuid)
{
    GPtrArray *ops = engine_ops(app_engine(app));

    for (guint i = ops->len; i > 0; i--) {
        struct op *op = ops->pdata[i - 1];

        if (!action_ended(op) && (!uuid || g_str_equal(op->uuid, uuid)))
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

static void action_put(GHashTable *args, const char *name, const char *value)
{
    g_hash_table_insert(args, g_strdup(name), g_strdup(value));
}

/* What the caller gave and the habit of the key: a yes adds nothing. */
static GHashTable *action_args(const struct action *action)
{
    const struct habit *habit = action_habit(action->op);
    GHashTable *args =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer name, value;

    if (habit && habit->arg)
        action_put(args, habit->arg, habit->value);
    if (!action->args)
        return args;
    g_hash_table_iter_init(&iter, action->args);
    while (g_hash_table_iter_next(&iter, &name, &value))
        action_put(args, name, value);
    return args;
}

void action_submit(struct app *app, const struct action *action)
{
    const struct habit *habit = action_habit(action->op);
    g_autoptr(GHashTable) args = action_args(action);
    struct op_request request = {
        .op = action->op,
        .uuid = action->uuid,
        .args = args,
        .consent = action->consent,
    };
    g_autoptr(GError) error = NULL;
    struct op *op = engine_submit(app_engine(app), &request, &error);

    if (!op) {
        g_autofree char *what =
            g_strdup_printf("%s: refused", op_find(action->op)->label);

        error_open_refused(app, what, error);
    } else if (habit && habit->follow) {
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
    gboolean cancelled = error_is(op->error, QMC_ERROR_CANCELLED);

    if (op->phase == OP_DONE)
        action_note_done(app, op);
    if (op->phase != OP_FAILED)
        return;
    /* What the user asked for is no warning. */
    app_note(app, !cancelled, "%s", op->error->message);
    if (!progress_shows(app, op) && !cancelled &&
        app_top(app)->class->kind != SCREEN_POPUP)
        error_open(app, op);
}
