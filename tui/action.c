/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/action.h"

#include "tui/screens.h"
#include "util/error.h"

/* So many names are not read before a yes that is one key away. */
#define NAMES_MAX 10
/* Of those left out; the rest is counted. */
#define LEFT_MAX 3

gboolean action_is_of_volume(const struct op_row *row)
{
    for (const struct op_arg *arg = row->args; arg && arg->name; arg++)
        if (arg->type == OP_ARG_VOLUME)
            return TRUE;
    return FALSE;
}

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
    const struct qube *qube = model_qube(app_model(app), uuid);
    const struct op_row *row = op_find(op);
    const char *why = engine_refused(app_engine(app), row);

    if (!qube && !row->unread)
        return "it is gone";
    if (why)
        return why;
    /* What is urgent passes the queue; for the rest one thing after the other. */
    if (qube && qube->busy && !row->urgent)
        return "another operation works on it";
    return op_refused(row, qube);
}

void action_refuse(struct app *app, const struct op_row *row, const GError *error)
{
    g_autofree char *what = g_strdup_printf("%s: refused", row->label);

    error_open_refused(app, what, error);
}

/* Asks for what `given` does not cover. */
static void action_ask(struct app *app, struct action *action,
                       enum confirm given)
{
    if (action->consent > given)
        question_open(app, action);
    else
        action_submit(app, action);
}

void action_start_weighed(struct app *app, const struct action *weighed,
                          enum confirm given)
{
    const struct model *model = app_model(app);
    struct action action = *weighed;

    action.consent = op_confirm(op_find(action.op), model, model_qube(model, action.uuid),
                                action.args);
    action_ask(app, &action, given);
}

/* Whether all is known that it has to know. */
static gboolean action_is_whole(const struct op_row *row, GHashTable *args)
{
    for (const struct op_arg *arg = row->args; arg && arg->name; arg++)
        if (arg->required && !(args && g_hash_table_contains(args, arg->name)))
            return FALSE;
    return TRUE;
}

static void action_start_given(struct app *app, const struct action *wanted,
                               enum confirm given)
{
    const char *op = wanted->op, *uuid = wanted->uuid;
    struct qube *qube = model_qube(app_model(app), uuid);
    const struct op_row *row = op_find(op);
    const char *refused = action_refused(app, op, uuid);
    struct action action = *wanted;
    g_autoptr(GError) error = NULL;

    if (refused) {
        app_note_on(app, uuid, TRUE, "%s: not for '%s': %s", row->label,
                    qube ? qube->name : uuid, refused);
        return;
    }
    /* Nothing is asked that will not be done. */
    if (row->fits && action_is_whole(row, action.args) &&
        !row->fits(app_model(app), qube, action.args, &error)) {
        action_refuse(app, row, error);
        return;
    }
    if (row->weigh && action_is_whole(row, action.args))
        weigh_open(app, &action, given);
    else
        action_start_weighed(app, &action, given);
}

void action_start(struct app *app, const char *op, const char *uuid,
                  GHashTable *args)
{
    struct action action = {.op = op, .uuid = uuid, .args = args};

    action_start_given(app, &action, CONFIRM_L0);
}

/* --- several --- */

char **action_targets(const struct screen *screen)
{
    const struct screen_class *class = screen->class;
    g_auto(GStrv) marks = class->marks ? class->marks(screen) : NULL;
    const char *one = class->subject ? class->subject(screen) : NULL;
    char **subject;

    if (marks && *marks)
        return g_steal_pointer(&marks);
    subject = g_new0(char *, 2);
    subject[0] = g_strdup(one);
    return subject;
}

gboolean action_can(const struct screen *screen, const char *op)
{
    g_auto(GStrv) uuids = action_targets(screen);

    for (gsize i = 0; uuids[i]; i++)
        if (!action_refused(screen->app, op, uuids[i]))
            return TRUE;
    return FALSE;
}

gboolean action_can_unpause(const struct screen *screen)
{
    return !action_can(screen, "pause") && action_can(screen, "unpause");
}

struct choice {
    GPtrArray *uuids; /* borrowed; those it is possible for, and a NULL */
    GString *left;    /* "vault (it is not running)" */
    guint n_left;
    enum confirm consent, given;
    GHashTable *args; /* or NULL */
    const char *title; /* or NULL */
};

static void choice_leave(struct choice *choice, const struct qube *qube,
                         const char *why)
{
    if (choice->n_left++ >= LEFT_MAX)
        return;
    g_string_append_printf(choice->left, "%s%s (%s)",
                           choice->left->len ? ", " : "",
                           qube ? qube->name : "a qube", why);
}

static void choice_take(struct choice *choice, struct app *app,
                        const struct op_row *row, char *uuid)
{
    const struct qube *qube = model_qube(app_model(app), uuid);
    const char *why = action_refused(app, row->name, uuid);
    g_autoptr(GError) error = NULL;

    if (!why && choice->args && row->fits &&
        !row->fits(app_model(app), qube, choice->args, &error))
        why = error->message;
    if (why) {
        choice_leave(choice, qube, why);
        return;
    }
    choice->consent = MAX(choice->consent,
                          op_confirm(row, app_model(app), qube, choice->args));
    g_ptr_array_add(choice->uuids, uuid);
}

static void choice_close(struct choice *choice)
{
    if (choice->n_left > LEFT_MAX)
        g_string_append_printf(choice->left, " and %u more",
                               choice->n_left - LEFT_MAX);
    g_ptr_array_add(choice->uuids, NULL);
}

static void action_start_choice(struct app *app, const struct op_row *row,
                                const struct choice *choice)
{
    struct action action = {
        .op = row->name,
        .args = choice->args,
        .consent = choice->consent,
        .uuids = (char *const *)choice->uuids->pdata,
        .left = choice->n_left ? choice->left->str : NULL,
        .title = choice->title,
    };

    if (action.consent == CONFIRM_L1 && choice->uuids->len > NAMES_MAX + 1 &&
        choice->given == CONFIRM_L0)
        action.consent = CONFIRM_L2;
    action_ask(app, &action, choice->given);
}

static void action_start_several(struct app *app, const struct action *wanted,
                                 enum confirm given)
{
    const struct op_row *row = op_find(wanted->op);
    struct choice choice = {.uuids = g_ptr_array_new(),
                            .left = g_string_new(NULL),
                            .given = given,
                            .consent = wanted->consent,
                            .args = wanted->args,
                            .title = wanted->title};

    for (gsize i = 0; wanted->uuids[i]; i++)
        choice_take(&choice, app, row, wanted->uuids[i]);
    choice_close(&choice);
    if (choice.uuids->len > 1)
        action_start_choice(app, row, &choice);
    else if (choice.n_left)
        app_note(app, TRUE, "%s: for none of the %u %s: %s", row->label,
                 choice.n_left, given == CONFIRM_L0 ? "marked" : "named",
                 choice.left->str);
    g_ptr_array_unref(choice.uuids);
    g_string_free(choice.left, TRUE);
}

void action_start_all(struct app *app, const char *op, char *const *uuids)
{
    struct action action = {.op = op, .uuid = uuids[0], .uuids = uuids};

    if (uuids[0] && !uuids[1])
        action_start(app, op, uuids[0], NULL);
    else
        action_start_several(app, &action, CONFIRM_L0);
}

void action_start_typed(struct app *app, const struct action *typed)
{
    struct action action = *typed;

    action.uuid = typed->uuids[0];
    action.consent = CONFIRM_L0;
    if (!action.uuid || action.uuids[1]) {
        action_start_several(app, &action, typed->consent);
        return;
    }
    action.uuids = NULL;
    action_start_given(app, &action, typed->consent);
}

void action_start_edit(struct app *app, const struct action *edit)
{
    struct action action = *edit;

    action.uuid = edit->uuids[0];
    if (!action.uuid)
        return;
    if (!action.uuids[1]) {
        action.uuids = NULL;
        action_start_given(app, &action, CONFIRM_L0);
        return;
    }
    /* What follows from one key for several is said first. */
    action.consent = CONFIRM_L1;
    action_start_several(app, &action, CONFIRM_L0);
}

/* --- submitting --- */

/* What the caller gave; a person who sees the steps waits for the end. */
static GHashTable *action_args(const struct action *action,
                               const struct op_row *row)
{
    GHashTable *args = op_args_copy(action->args);

    if (row->wait_arg && !g_hash_table_contains(args, row->wait_arg))
        op_args_set(args, row->wait_arg, "true");
    return args;
}

static struct op *action_request(struct app *app, const struct action *action,
                                 const char *uuid, GError **error)
{
    g_autoptr(GHashTable) args = action_args(action, op_find(action->op));
    struct op_request request = {
        .op = action->op,
        .uuid = uuid,
        .args = args,
        .consent = action->consent,
    };

    return engine_submit(app_engine(app), &request, error);
}

/* Nobody watches the steps of several: notes tell how each ends. What is
 * refused only now is rare, and told when the rest is on its way. */
static void action_submit_all(struct app *app, const struct action *action)
{
    const struct op_row *row = op_find(action->op);
    g_autoptr(GError) refused = NULL;
    guint n = 0;

    for (gsize i = 0; action->uuids[i]; i++)
        if (action_request(app, action, action->uuids[i],
                           refused ? NULL : &refused))
            n++;
    app_note(app, FALSE, "%s %u %s%s%s", row->doing, n, n == 1 ? "qube" : "qubes",
             action->left ? "; left out: " : "", action->left ? action->left : "");
    if (refused)
        action_refuse(app, row, refused);
}

void action_submit(struct app *app, const struct action *action)
{
    const struct op_row *row = op_find(action->op);
    g_autoptr(GError) error = NULL;
    struct op *op;

    if (action->uuids) {
        action_submit_all(app, action);
        return;
    }
    op = action_request(app, action, action->uuid, &error);
    if (!op)
        action_refuse(app, row, error);
    else if (row->lengthy)
        progress_open(app, op);
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

/* One box at a time: where there is one, the line says where the rest is told. */
static void action_note_failed(struct app *app, const struct op *op)
{
    gboolean boxed = app_top(app)->class->kind == SCREEN_POPUP;
    gboolean shown = progress_shows(app, op);

    app_note_on(app, op->uuid, TRUE, "%s was %s%s%s: %s", op->subject,
                op->phase == OP_PARTIAL ? "" : "not ", op->row->done,
                boxed && !shown ? " (7 tells more)" : "", op->error->message);
    if (!boxed && !shown)
        error_open(app, op);
}

void action_event(struct app *app, const struct op *op)
{
    /* Nobody follows the figures of volumes. */
    if (op_over(op) && action_is_of_volume(op->row))
        engine_request_volumes(app_engine(app), op->uuid);
    if (op->phase == OP_DONE)
        action_note_done(app, op);
    if (!op->error)
        return;
    /* What the user asked for is no warning; what stayed has been told. */
    if (error_is(op->error, QMC_ERROR_CANCELLED))
        app_note_on(app, op->uuid, FALSE, "%s%s", op->error->message,
                    op->undone && !op->left ? "; nothing of it is left" : "");
    else
        action_note_failed(app, op);
}
